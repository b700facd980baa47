/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels in ELF to a flat image (System V ABI, chapters 4 and 5; i386 and
 * x86-64 supplements). Files are not trusted: every offset is checked.
 */

#include "qemu/osdep.h"
#include <elf.h>
#include "hw/boards.h"
#include "qemu/error-report.h"
#include "qemu/option-place.h"
#include "qemu/units.h"
#include "system/boot-order.h"
#include "x86-boot.h"

void x86_boot_fail(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_vreport(fmt, ap);
    va_end(ap);
    exit(1);
}

char *x86_boot_read_file(const char *property, const char *what, const char *name, size_t *size)
{
    /* What does not fit into the guest's memory cannot be booted. */
    size_t max = MIN(MACHINE(qdev_get_machine())->ram_size, (uint64_t)UINT32_MAX - 1);
    Error *err = NULL;
    char *data = qemu_read_file(name, max, size, &err);

    if (!data) {
        Location loc;

        loc_push_property(property, &loc);
        /* Scripts look for "could not load kernel". */
        x86_boot_fail("could not load %s: %s", what, error_get_pretty(err));
    }
    return data;
}

bool x86_boot_is_elf(const X86DirectBoot *b)
{
    return b->size >= sizeof(Elf32_Ehdr) && !memcmp(b->image, ELFMAG, SELFMAG);
}

void x86_boot_alloc(const X86DirectBoot *b, X86FlatImage *flat, uint64_t start, uint64_t end)
{
    bool low = start >= X86_BOOT_LOW_START && end <= X86_BOOT_LOW_END;

    if ((start < 1 * MiB && !low) || end > b->ram_end || end <= start) {
        x86_boot_fail("kernel '%s' wants to be at 0x%" PRIx64 " to 0x%" PRIx64
                      "; free memory is from 0x%x to 0x%x and from 0x100000 to 0x%" PRIx64,
                      b->name, start, end, X86_BOOT_LOW_START, X86_BOOT_LOW_END, b->ram_end);
    }
    flat->start = start;
    flat->end = end;
    flat->data = g_try_malloc0(end - start);
    if (!flat->data) {
        x86_boot_fail("no memory for kernel '%s' of %" PRIu64 " bytes", b->name, end - start);
    }
}

/* What matters of a program header, of either class. */
typedef struct Segment {
    uint32_t type;
    uint64_t offset, paddr, filesz, memsz;
} Segment;

typedef struct ElfFile {
    bool is64;
    uint64_t entry, phoff;
    unsigned phnum, phentsize;
} ElfFile;

static void parse_header(const X86DirectBoot *b, ElfFile *elf)
{
    const uint8_t *ident = b->image;
    unsigned machine;

    elf->is64 = ident[EI_CLASS] == ELFCLASS64;
    if (ident[EI_DATA] != ELFDATA2LSB || (!elf->is64 && ident[EI_CLASS] != ELFCLASS32) ||
        (elf->is64 && b->size < sizeof(Elf64_Ehdr))) {
        x86_boot_fail("kernel '%s' is no ELF file for x86", b->name);
    }
    if (elf->is64) {
        Elf64_Ehdr h;
        memcpy(&h, b->image, sizeof(h));
        machine = h.e_machine;
        *elf = (ElfFile){true, h.e_entry, h.e_phoff, h.e_phnum, h.e_phentsize};
    } else {
        Elf32_Ehdr h;
        memcpy(&h, b->image, sizeof(h));
        machine = h.e_machine;
        *elf = (ElfFile){false, h.e_entry, h.e_phoff, h.e_phnum, h.e_phentsize};
    }
    if (machine != EM_386 && machine != EM_X86_64) {
        x86_boot_fail("kernel '%s' is an ELF file for another architecture (machine %u)", b->name,
                      machine);
    }
    if (elf->phentsize != (elf->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) || !elf->phnum ||
        elf->phoff > b->size || elf->phnum * elf->phentsize > b->size - elf->phoff) {
        x86_boot_fail("kernel '%s' is truncated: its program headers are not in the file", b->name);
    }
}

static Segment get_segment(const X86DirectBoot *b, const ElfFile *elf, unsigned index)
{
    const uint8_t *at = b->image + elf->phoff + index * elf->phentsize;

    if (elf->is64) {
        Elf64_Phdr p;
        memcpy(&p, at, sizeof(p));
        return (Segment){p.p_type, p.p_offset, p.p_paddr, p.p_filesz, p.p_memsz};
    } else {
        Elf32_Phdr p;
        memcpy(&p, at, sizeof(p));
        return (Segment){p.p_type, p.p_offset, p.p_paddr, p.p_filesz, p.p_memsz};
    }
}

static void check_segment(const X86DirectBoot *b, const Segment *s, unsigned index)
{
    if (s->offset > b->size || s->filesz > b->size - s->offset) {
        x86_boot_fail("kernel '%s' is truncated: segment %u ends at %" PRIu64 " of %zu bytes",
                      b->name, index, s->offset + s->filesz, b->size);
    }
    if (s->filesz > s->memsz || s->paddr + s->memsz < s->paddr) {
        x86_boot_fail("kernel '%s' has an impossible segment %u (0x%" PRIx64 " bytes at 0x%" PRIx64
                      ")",
                      b->name, index, s->memsz, s->paddr);
    }
}

void x86_boot_load_elf(const X86DirectBoot *b, X86FlatImage *flat, uint64_t *entry)
{
    uint64_t start = UINT64_MAX, end = 0;
    ElfFile elf;

    parse_header(b, &elf);
    for (unsigned i = 0; i < elf.phnum; i++) {
        Segment s = get_segment(b, &elf, i);
        if (s.type == PT_LOAD && s.memsz) {
            check_segment(b, &s, i);
            start = MIN(start, s.paddr);
            end = MAX(end, s.paddr + s.memsz);
        }
    }
    if (!end) {
        x86_boot_fail("kernel '%s' has no segment to load", b->name);
    }
    x86_boot_alloc(b, flat, start, end);
    for (unsigned i = 0; i < elf.phnum; i++) {
        Segment s = get_segment(b, &elf, i);
        if (s.type == PT_LOAD && s.memsz) {
            memcpy(flat->data + (s.paddr - start), b->image + s.offset, s.filesz);
        }
    }
    if (entry) {
        *entry = elf.entry;
    }
}

void x86_boot_publish(const X86DirectBoot *b, const X86FlatImage *kernel, uint32_t entry,
                      GByteArray *info, uint32_t initrd_addr, void *initrd, size_t initrd_size,
                      const char *rom, const uint8_t *rom_data, size_t rom_size)
{
    FWCfgState *s = b->fw_cfg;

    if (info->len > X86_BOOT_INFO_MAX) {
        x86_boot_fail("command line and module list of kernel '%s' are too long (%u of %u bytes)",
                      b->name, info->len, X86_BOOT_INFO_MAX);
    }
    if (entry < kernel->start || entry >= kernel->end) {
        x86_boot_fail("kernel '%s' has its entry point 0x%x outside of itself", b->name, entry);
    }
    fw_cfg_add_i32(s, FW_CFG_KERNEL_ENTRY, entry);
    fw_cfg_add_i32(s, FW_CFG_KERNEL_ADDR, kernel->start);
    fw_cfg_add_i32(s, FW_CFG_KERNEL_SIZE, kernel->end - kernel->start);
    fw_cfg_add_bytes(s, FW_CFG_KERNEL_DATA, kernel->data, kernel->end - kernel->start);
    fw_cfg_add_i32(s, FW_CFG_INITRD_ADDR, initrd_addr);
    fw_cfg_add_i32(s, FW_CFG_INITRD_SIZE, initrd_size);
    if (initrd_size) {
        fw_cfg_add_bytes(s, FW_CFG_INITRD_DATA, initrd, initrd_size);
    }
    fw_cfg_add_i32(s, FW_CFG_SETUP_ADDR, X86_BOOT_INFO_ADDR);
    fw_cfg_add_i32(s, FW_CFG_SETUP_SIZE, info->len);
    fw_cfg_add_bytes(s, FW_CFG_SETUP_DATA, info->data, info->len);
    g_byte_array_free(info, false); /* the bytes are fw_cfg's now */
    if (b->x86ms->option_roms) {
        fw_cfg_add_file(s, rom, (void *)rom_data, rom_size, &error_fatal);
        boot_order_add_rom(rom, 0);
    }
}
