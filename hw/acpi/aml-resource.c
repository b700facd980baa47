/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resource descriptors (ACPI 6.5, 6.4). */

#include "qemu/osdep.h"
#include "aml-internal.h"

Aml *aml_resource_template(void)
{
    Aml *term = aml_block(0x11);

    term->form = AML_FORM_TEMPLATE;
    return term;
}

static Aml *descriptor(const uint8_t *head, size_t len)
{
    Aml *term = aml_list_new();

    aml_put(term, head, len);
    return term;
}

/* 6.4.2.5 */
Aml *aml_io(AmlIODecode decode, uint16_t min, uint16_t max, uint8_t align, uint8_t length)
{
    Aml *term = descriptor((uint8_t[]){0x47, decode}, 2);

    aml_put_int(term, min, 2);
    aml_put_int(term, max, 2);
    aml_put_int(term, align, 1);
    aml_put_int(term, length, 1);
    return term;
}

/* 6.4.2.1: two bytes of mask, no flags: edge, active high, exclusive */
Aml *aml_irq_no_flags(uint8_t irq)
{
    Aml *term = descriptor((uint8_t[]){0x22}, 1);

    g_assert(irq < 16);
    aml_put_int(term, 1 << irq, 2);
    return term;
}

/* 6.4.2.2 */
Aml *aml_dma(AmlDmaType type, AmlDmaBusMaster bm, AmlTransferSize size, uint8_t channel)
{
    g_assert(channel < 8);
    return descriptor((uint8_t[]){0x2a, 1 << channel, type << 5 | bm << 2 | size}, 3);
}

/* 6.4.3.6 */
Aml *aml_interrupt(AmlConsumerAndProducer role, AmlLevelAndEdge mode, AmlActiveHighAndLow polarity,
                   AmlShared sharing, const uint32_t *irqs, uint8_t count)
{
    Aml *term = descriptor((uint8_t[]){0x89}, 1);

    aml_put_int(term, 2 + 4 * count, 2);
    aml_put_int(term, role | mode << 1 | polarity << 2 | sharing << 3, 1);
    aml_put_int(term, count, 1);
    for (int i = 0; i < count; i++) {
        aml_put_int(term, irqs[i], 4);
    }
    return term;
}

/* 6.4.3.4 */
Aml *aml_memory32_fixed(uint32_t address, uint32_t size, AmlReadAndWrite rw)
{
    Aml *term = descriptor((uint8_t[]){0x86, 9, 0, rw}, 4);

    aml_put_int(term, address, 4);
    aml_put_int(term, size, 4);
    return term;
}

/* 6.4.3.5: granularity 0, no translation; flags: producer, both ends fixed. */
static Aml *address_space(uint8_t tag, uint8_t type, uint8_t type_flags, int width, uint64_t min,
                          uint64_t max)
{
    Aml *term = descriptor(&tag, 1);

    g_assert(min <= max);
    aml_put_int(term, 3 + 5 * width, 2);
    aml_put_int(term, type, 1);
    aml_put_int(term, 0x0c, 1);
    aml_put_int(term, type_flags, 1);
    aml_put_int(term, 0, width);
    aml_put_int(term, min, width);
    aml_put_int(term, max, width);
    aml_put_int(term, 0, width);
    aml_put_int(term, max - min + 1, width);
    return term;
}

#define TAG_WORD     0x88
#define TAG_DWORD    0x87
#define TAG_QWORD    0x8a

#define SPACE_MEMORY 0
#define SPACE_IO     1
#define SPACE_BUS    2

Aml *aml_word_bus_number(uint16_t min, uint16_t max)
{
    return address_space(TAG_WORD, SPACE_BUS, 0, 2, min, max);
}

/* Type flags: both ISA and non-ISA addresses. */
Aml *aml_word_io(uint16_t min, uint16_t max)
{
    return address_space(TAG_WORD, SPACE_IO, 3, 2, min, max);
}

Aml *aml_dword_memory(AmlCacheable cache, AmlReadAndWrite rw, uint32_t min, uint32_t max)
{
    return address_space(TAG_DWORD, SPACE_MEMORY, cache << 1 | rw, 4, min, max);
}

Aml *aml_qword_memory(AmlCacheable cache, AmlReadAndWrite rw, uint64_t min, uint64_t max)
{
    return address_space(TAG_QWORD, SPACE_MEMORY, cache << 1 | rw, 8, min, max);
}
