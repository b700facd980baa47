/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct boot of ELF kernels with a PVH entry point: 32-bit protected mode
 * without paging, EBX pointing to hvm_start_info.
 *
 * Specification: Xen, "x86/HVM direct boot ABI" (docs/misc/pvh), public/elfnote.h.
 */

#include "qemu/osdep.h"
#include <elf.h>
#include "hw/i386/optionrom/optionrom.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "x86-boot.h"

#define XEN_ELFNOTE_PHYS32_ENTRY 18
#define START_MAGIC              0x336ec578
#define NOTE_ALIGN(n)            ROUND_UP((uint64_t)(n), 4)

/* hvm_start_info, version 1; pvh.S knows these offsets. All little endian. */
enum {
    START_MAGIC_OFFSET = 0,
    START_VERSION = 4,
    START_NR_MODULES = 12,
    START_MODLIST = 16,
    START_CMDLINE = 24,
    START_RSDP = 32,
    START_MEMMAP = 40,
    START_MEMMAP_ENTRIES = 48,
    START_SIZE = 56,
    MODULE_SIZE = 32,
};
#define MEMMAP_OFFSET  (START_SIZE + MODULE_SIZE + 8) /* multiple of 8 that pvh.S knows, 96 */
#define CMDLINE_OFFSET (MEMMAP_OFFSET + X86_BOOT_MEMMAP_MAX * 24)

/* Searches notes in [@at, @at + @size) of the file for the entry point. */
static bool find_in_notes(const X86DirectBoot *b, uint64_t at, uint64_t size, uint32_t *entry)
{
    if (at > b->size || size > b->size - at) {
        x86_boot_fail("kernel '%s' is truncated: its notes are not in the file", b->name);
    }
    while (size >= sizeof(Elf32_Nhdr)) {
        const uint8_t *note = b->image + at;
        uint32_t namesz = ldl_le_p(note), descsz = ldl_le_p(note + 4), type = ldl_le_p(note + 8);
        uint64_t desc = sizeof(Elf32_Nhdr) + NOTE_ALIGN(namesz);
        uint64_t next = desc + NOTE_ALIGN(descsz);

        if (desc + descsz > size) {
            return false;
        }
        if (type == XEN_ELFNOTE_PHYS32_ENTRY && namesz == 4 && !memcmp(note + 12, "Xen", 4) &&
            (descsz == 4 || descsz == 8)) {
            *entry = ldl_le_p(note + desc);
            return true;
        }
        if (next >= size) {
            return false;
        }
        at += next;
        size -= next;
    }
    return false;
}

bool x86_pvh_find_entry(const X86DirectBoot *b, uint32_t *entry)
{
    bool is64 = b->image[EI_CLASS] == ELFCLASS64;
    Elf64_Ehdr h64 = {0};
    Elf32_Ehdr h32;
    uint64_t phoff;
    unsigned phnum;

    memcpy(&h32, b->image, sizeof(h32));
    memcpy(&h64, b->image, MIN(sizeof(h64), b->size));
    phoff = is64 ? h64.e_phoff : h32.e_phoff;
    phnum = is64 ? h64.e_phnum : h32.e_phnum;
    for (unsigned i = 0; i < phnum; i++) {
        uint64_t size = is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
        Elf64_Phdr p64;
        Elf32_Phdr p32;

        if (phoff > b->size || (i + 1) * size > b->size - phoff) {
            x86_boot_fail("kernel '%s' is truncated: its program headers are not in the file",
                          b->name);
        }
        if (is64) {
            memcpy(&p64, b->image + phoff + i * size, size);
            if (p64.p_type == PT_NOTE && find_in_notes(b, p64.p_offset, p64.p_filesz, entry)) {
                return true;
            }
        } else {
            memcpy(&p32, b->image + phoff + i * size, size);
            if (p32.p_type == PT_NOTE && find_in_notes(b, p32.p_offset, p32.p_filesz, entry)) {
                return true;
            }
        }
    }
    return false;
}

GByteArray *x86_pvh_start_info(const X86DirectBoot *b, uint32_t initrd_addr, size_t initrd_size)
{
    GByteArray *info = g_byte_array_new();
    size_t cmdline_size = strlen(b->cmdline) + 1;
    uint8_t *p;

    g_byte_array_set_size(info, CMDLINE_OFFSET);
    memset(info->data, 0, info->len);
    g_byte_array_append(info, (uint8_t *)b->cmdline, cmdline_size);
    p = info->data;
    stl_le_p(p + START_MAGIC_OFFSET, START_MAGIC);
    stl_le_p(p + START_VERSION, 1);
    stq_le_p(p + START_CMDLINE, X86_BOOT_INFO_ADDR + CMDLINE_OFFSET);
    stq_le_p(p + START_MEMMAP, X86_BOOT_INFO_ADDR + MEMMAP_OFFSET);
    if (initrd_size) {
        stl_le_p(p + START_NR_MODULES, 1);
        stq_le_p(p + START_MODLIST, X86_BOOT_INFO_ADDR + START_SIZE);
        stq_le_p(p + START_SIZE, initrd_addr);
        stq_le_p(p + START_SIZE + 8, initrd_size);
    }
    return info;
}

void x86_pvh_add_memory(GByteArray *info, uint64_t start, uint64_t size, uint32_t type)
{
    unsigned n = ldl_le_p(info->data + START_MEMMAP_ENTRIES);
    uint8_t *entry = info->data + MEMMAP_OFFSET + n * 24;

    g_assert(n < X86_BOOT_MEMMAP_MAX); /* boards have few ranges */
    stq_le_p(entry, start);
    stq_le_p(entry + 8, size);
    stl_le_p(entry + 16, type);
    stl_le_p(info->data + START_MEMMAP_ENTRIES, n + 1);
}

void x86_pvh_set_rsdp(GByteArray *info, uint64_t rsdp)
{
    stq_le_p(info->data + START_RSDP, rsdp);
}

uint64_t x86_pvh_place_initrd(const X86DirectBoot *b, const X86FlatImage *kernel,
                              const char *initrd_name, size_t initrd_size)
{
    uint64_t room = b->ram_end - ROUND_UP(kernel->end, 4096);

    if (kernel->end + 4096 > b->ram_end || initrd_size + 4096 > room) {
        x86_boot_fail("initrd '%s' of %zu bytes does not fit into memory beside the kernel; give "
                      "the guest more with -m",
                      initrd_name, initrd_size);
    }
    return (b->ram_end - initrd_size) & ~4095ull;
}

bool x86_load_pvh(const X86DirectBoot *b)
{
    MachineState *ms = MACHINE(b->x86ms);
    X86FlatImage kernel;
    uint32_t entry, initrd_addr = 0;
    size_t initrd_size = 0;
    char *initrd = NULL;

    if (!x86_boot_is_elf(b)) {
        return false;
    }
    if (!x86_pvh_find_entry(b, &entry)) {
        x86_boot_fail("ELF kernel '%s' has no PVH entry point (note XEN_ELFNOTE_PHYS32_ENTRY) and "
                      "no multiboot header",
                      b->name);
    }
    x86_boot_load_elf(b, &kernel, NULL);
    if (ms->initrd_filename) {
        initrd = x86_boot_read_file("initrd", "initrd", ms->initrd_filename, &initrd_size);
        initrd_addr = x86_pvh_place_initrd(b, &kernel, ms->initrd_filename, initrd_size);
    }
    x86_boot_publish(b, &kernel, entry, x86_pvh_start_info(b, initrd_addr, initrd_size),
                     initrd_addr, initrd, initrd_size, "genroms/pvh.bin", pvh_rom, pvh_rom_size);
    return true;
}
