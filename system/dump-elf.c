/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump as ELF core file (System V ABI, chapters 4 and 5): header, program headers (notes, then
 * one for each piece of memory), notes, memory.
 */

#include "qemu/osdep.h"
#include <elf.h>
#include "dump-internal.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"

/* As the class of all dumps is ELF64: a PC has memory up to the end of 4 GiB, its firmware. */

static size_t segment_count(const Dump *d)
{
    return 1 + (d->mappings ? d->mappings : d->blocks)->len;
}

/* From so many segments on, section header 0 tells how many there are. */
static bool needs_section(const Dump *d)
{
    return segment_count(d) >= PN_XNUM;
}

static size_t notes_offset(const Dump *d)
{
    return sizeof(Elf64_Ehdr) + segment_count(d) * sizeof(Elf64_Phdr) +
           (needs_section(d) ? sizeof(Elf64_Shdr) : 0);
}

static void put_header(GByteArray *out, const Dump *d)
{
    size_t n = segment_count(d);
    Elf64_Ehdr h = {
        .e_type = cpu_to_le16(ET_CORE),
        .e_machine = cpu_to_le16(d->is_64bit ? EM_X86_64 : EM_386),
        .e_version = cpu_to_le32(EV_CURRENT),
        .e_phoff = cpu_to_le64(sizeof(h)),
        .e_ehsize = cpu_to_le16(sizeof(h)),
        .e_phentsize = cpu_to_le16(sizeof(Elf64_Phdr)),
        .e_phnum = cpu_to_le16(needs_section(d) ? PN_XNUM : n),
    };

    memcpy(h.e_ident, ELFMAG, SELFMAG);
    h.e_ident[EI_CLASS] = ELFCLASS64;
    h.e_ident[EI_DATA] = ELFDATA2LSB;
    h.e_ident[EI_VERSION] = EV_CURRENT;
    if (needs_section(d)) {
        h.e_shoff = cpu_to_le64(sizeof(h) + n * sizeof(Elf64_Phdr));
        h.e_shentsize = cpu_to_le16(sizeof(Elf64_Shdr));
        h.e_shnum = cpu_to_le16(1);
    }
    g_byte_array_append(out, (const uint8_t *)&h, sizeof(h));
}

static void put_segment(GByteArray *out, uint32_t type, uint64_t offset, uint64_t phys,
                        uint64_t virt, uint64_t size)
{
    Elf64_Phdr h = {
        .p_type = cpu_to_le32(type),
        .p_offset = cpu_to_le64(offset),
        .p_vaddr = cpu_to_le64(virt),
        .p_paddr = cpu_to_le64(phys),
        .p_filesz = cpu_to_le64(size),
        .p_memsz = cpu_to_le64(size),
    };

    g_byte_array_append(out, (const uint8_t *)&h, sizeof(h));
}

/* Where in the file the memory at @phys is, which some block has. */
static uint64_t memory_offset(const Dump *d, uint64_t phys)
{
    uint64_t offset = notes_offset(d) + d->notes->len;

    for (guint i = 0; i < d->blocks->len; i++) {
        const DumpBlock *b = &g_array_index(d->blocks, DumpBlock, i);
        if (phys - b->start < b->size) {
            return offset + (phys - b->start);
        }
        offset += b->size;
    }
    return offset;
}

static void put_segments(GByteArray *out, const Dump *d)
{
    put_segment(out, PT_NOTE, notes_offset(d), 0, 0, d->notes->len);
    for (guint i = 0; !d->mappings && i < d->blocks->len; i++) {
        const DumpBlock *b = &g_array_index(d->blocks, DumpBlock, i);
        put_segment(out, PT_LOAD, memory_offset(d, b->start), b->start, 0, b->size);
    }
    for (guint i = 0; d->mappings && i < d->mappings->len; i++) {
        const DumpMapping *m = &g_array_index(d->mappings, DumpMapping, i);
        put_segment(out, PT_LOAD, memory_offset(d, m->phys), m->phys, m->virt, m->size);
    }
    if (needs_section(d)) {
        Elf64_Shdr h = {.sh_info = cpu_to_le32(segment_count(d))};
        g_byte_array_append(out, (const uint8_t *)&h, sizeof(h));
    }
}

static bool write_block(Dump *d, const DumpBlock *b, Error **errp)
{
    for (uint64_t done = 0; done < b->size;) {
        size_t n = MIN(b->size - done, 1u << 20);

        if (!dump_write(d, b->host + done, n, errp)) {
            return false;
        }
        done += n;
        qatomic_set(&d->completed, d->completed + n);
    }
    return true;
}

bool dump_write_elf(Dump *d, Error **errp)
{
    g_autoptr(GByteArray) head = g_byte_array_new();

    put_header(head, d);
    put_segments(head, d);
    g_byte_array_append(head, d->notes->data, d->notes->len);
    if (!dump_write(d, head->data, head->len, errp)) {
        return false;
    }
    for (guint i = 0; i < d->blocks->len; i++) {
        if (!write_block(d, &g_array_index(d->blocks, DumpBlock, i), errp)) {
            return false;
        }
    }
    return true;
}
