/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the emulated and the in-kernel I/O APIC have in common: state, its
 * migration, and what the monitor shows.
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/intc/ioapic_internal.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

IOAPICCommonState *ioapics[MAX_IOAPICS + 1];

void ioapic_reset_common(IOAPICCommonState *s)
{
    s->id = 0;
    s->ioregsel = 0;
    s->irr = 0;
    memset(s->eoi_count, 0, sizeof(s->eoi_count));
    for (int i = 0; i < IOAPIC_NUM_PINS; i++) {
        s->ioredtbl[i] = IOAPIC_LVT_MASKED;
    }
}

void ioapic_set_address_space(IOAPICCommonState *s, AddressSpace *as)
{
    s->as = as;
}

IOAPICMessage ioapic_entry_message(uint64_t entry)
{
    uint32_t dest_idx = (entry >> IOAPIC_LVT_DEST_IDX_SHIFT) & 0xffff;
    uint32_t dest_mode = (entry >> IOAPIC_LVT_DEST_MODE_SHIFT) & 1;
    uint32_t delivery = (entry >> IOAPIC_LVT_DELIV_MODE_SHIFT) & IOAPIC_DM_MASK;
    uint32_t trigger = (entry >> IOAPIC_LVT_TRIGGER_MODE_SHIFT) & 1;

    /* SDM volume 3, 11.11: the chip writes its interrupts as MSIs do. */
    return (IOAPICMessage){
        .addr = 0xfee00000 | dest_idx << 4 | dest_mode << 2,
        .data = (entry & IOAPIC_VECTOR_MASK) | delivery << 8 | trigger << 15,
    };
}

static bool ioapic_get_statistics(InterruptStatsProvider *obj, uint64_t **irq_counts,
                                  unsigned int *nb_irqs)
{
    IOAPICCommonState *s = IOAPIC_COMMON(obj);

    *irq_counts = s->irq_count;
    *nb_irqs = IOAPIC_NUM_PINS;
    return true;
}

static void ioapic_print_bits(GString *buf, const char *name, uint32_t bits)
{
    g_string_append_printf(buf, "  %-8s", name);
    for (int i = 0; i < IOAPIC_NUM_PINS; i++) {
        if (bits & (1u << i)) {
            g_string_append_printf(buf, " %d", i);
        }
    }
    g_string_append(buf, bits ? "\n" : " (none)\n");
}

static void ioapic_print_info(InterruptStatsProvider *obj, GString *buf)
{
    static const char *const delivery[] = {"fixed", "lowest", "SMI", "...",
                                           "NMI",   "INIT",   "...", "extINT"};
    IOAPICCommonState *s = IOAPIC_COMMON(obj);
    IOAPICCommonClass *k = IOAPIC_COMMON_GET_CLASS(s);
    uint32_t remote_irr = 0;

    if (k->pre_save) {
        k->pre_save(s);
    }
    g_string_append_printf(buf, "ioapic%d: ver=0x%x id=0x%02x sel=0x%02x", s->index, s->version,
                           s->id, s->ioregsel);
    if (s->ioregsel >= IOAPIC_REG_REDTBL_BASE) {
        g_string_append_printf(buf, " (redir[%u])", (s->ioregsel - IOAPIC_REG_REDTBL_BASE) >> 1);
    }
    g_string_append_c(buf, '\n');
    for (int i = 0; i < IOAPIC_NUM_PINS; i++) {
        uint64_t entry = s->ioredtbl[i];

        g_string_append_printf(
            buf, "  pin %-2d 0x%016" PRIx64 " dest=%" PRIx64 " vec=%-3u %s %-5s %-6s %-6s %s\n", i,
            entry, entry >> IOAPIC_LVT_DEST_SHIFT, (unsigned)(entry & IOAPIC_VECTOR_MASK),
            entry & IOAPIC_LVT_POLARITY ? "active-lo" : "active-hi",
            entry & IOAPIC_LVT_TRIGGER_MODE ? "level" : "edge",
            entry & IOAPIC_LVT_MASKED ? "masked" : "",
            delivery[(entry >> IOAPIC_LVT_DELIV_MODE_SHIFT) & IOAPIC_DM_MASK],
            entry & IOAPIC_LVT_DEST_MODE ? "logical" : "physical");
        if (entry & IOAPIC_LVT_REMOTE_IRR) {
            remote_irr |= 1u << i;
        }
    }
    ioapic_print_bits(buf, "IRR", s->irr);
    ioapic_print_bits(buf, "Remote IRR", remote_irr);
}

static int ioapic_pre_save(void *opaque)
{
    IOAPICCommonState *s = opaque;
    IOAPICCommonClass *k = IOAPIC_COMMON_GET_CLASS(s);

    if (k->pre_save) {
        k->pre_save(s);
    }
    return 0;
}

static int ioapic_post_load(void *opaque, int version_id)
{
    IOAPICCommonState *s = opaque;
    IOAPICCommonClass *k = IOAPIC_COMMON_GET_CLASS(s);

    s->irr &= (1u << IOAPIC_NUM_PINS) - 1;
    if (k->post_load) {
        k->post_load(s);
    }
    return 0;
}

static const VMStateDescription vmstate_ioapic_common = {
    .name = "ioapic",
    .version_id = 3,
    .minimum_version_id = 1,
    .pre_save = ioapic_pre_save,
    .post_load = ioapic_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(id, IOAPICCommonState),
            VMSTATE_UINT8(ioregsel, IOAPICCommonState),
            VMSTATE_UNUSED_V(2, 8),
            VMSTATE_UINT32_V(irr, IOAPICCommonState, 2),
            VMSTATE_UINT64_ARRAY(ioredtbl, IOAPICCommonState, IOAPIC_NUM_PINS),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property ioapic_common_properties[] = {
    DEFINE_PROP_UINT8("version", IOAPICCommonState, version, 0x20),
};

static void ioapic_common_realize(DeviceState *dev, Error **errp)
{
    IOAPICCommonState *s = IOAPIC_COMMON(dev);
    IOAPICCommonClass *k = IOAPIC_COMMON_GET_CLASS(s);
    int index = 0;
    Error *err = NULL;

    while (ioapics[index]) {
        index++;
    }
    if (index == MAX_IOAPICS) {
        error_setg(errp, "A machine has at most %d I/O APICs", MAX_IOAPICS);
        return;
    }
    if (s->version != 0x11 && s->version != 0x20) {
        error_setg(errp, "Property 'version' can't be 0x%x: I/O APICs are version 0x11 or 0x20",
                   s->version);
        return;
    }
    s->as = &address_space_memory;
    k->realize(dev, &err);
    if (err) {
        error_propagate(errp, err);
        return;
    }
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->io_memory);
    s->index = index;
    ioapics[index] = s;
}

static void ioapic_common_unrealize(DeviceState *dev)
{
    IOAPICCommonState *s = IOAPIC_COMMON(dev);
    IOAPICCommonClass *k = IOAPIC_COMMON_GET_CLASS(s);
    int i;

    for (i = s->index; i < MAX_IOAPICS; i++) {
        ioapics[i] = ioapics[i + 1];
        if (ioapics[i]) {
            ioapics[i]->index = i;
        }
    }
    if (k->unrealize) {
        k->unrealize(dev);
    }
}

static void ioapic_common_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    InterruptStatsProviderClass *ic = INTERRUPT_STATS_PROVIDER_CLASS(klass);

    dc->realize = ioapic_common_realize;
    dc->unrealize = ioapic_common_unrealize;
    dc->vmsd = &vmstate_ioapic_common;
    device_class_set_props(dc, ioapic_common_properties);
    ic->get_statistics = ioapic_get_statistics;
    ic->print_info = ioapic_print_info;
}

static const TypeInfo ioapic_common_types[] = {
    {
        .name = TYPE_IOAPIC_COMMON,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(IOAPICCommonState),
        .class_size = sizeof(IOAPICCommonClass),
        .class_init = ioapic_common_class_init,
        .abstract = true,
        .interfaces = (const InterfaceInfo[]){{TYPE_INTERRUPT_STATS_PROVIDER}, {}},
    },
};

DEFINE_TYPES(ioapic_common_types)
