/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct boot of kernels in ELF: the emulator makes one flat image of the
 * kernel, and all that the kernel is told; an option ROM copies both to guest
 * memory through fw_cfg, adds the firmware's memory map and jumps to the
 * kernel (docs/system/direct-boot.md). Mistakes end the program with a message.
 */
#ifndef HW_I386_X86_BOOT_H
#define HW_I386_X86_BOOT_H

#include "hw/i386/x86.h"

typedef struct X86DirectBoot {
    X86MachineState *x86ms;
    FWCfgState *fw_cfg;
    const char *name; /* of the kernel file */
    const uint8_t *image;
    size_t size;
    const char *cmdline;
    uint64_t ram_end; /* of what is free below 4 GiB */
} X86DirectBoot;

/* The kernel as it lies in memory. */
typedef struct X86FlatImage {
    uint64_t start, end; /* guest physical */
    uint8_t *data;
} X86FlatImage;

/* Where the option ROMs put what the kernel is told; at most 64 KiB. */
#define X86_BOOT_INFO_ADDR 0x80000
#define X86_BOOT_INFO_MAX  0x10000

/* Conventional memory that neither firmware nor option ROMs use while they boot a kernel. */
#define X86_BOOT_LOW_START 0x8000
#define X86_BOOT_LOW_END   0x70000

/* Entries of the memory map table, of 24 bytes, that the option ROM fills from INT 15h, E820h. */
#define X86_BOOT_MEMMAP_MAX 128

G_NORETURN void x86_boot_fail(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
char *x86_boot_read_file(const char *property, const char *what, const char *name, size_t *size);

bool x86_boot_is_elf(const X86DirectBoot *b);
/* Loadable segments of an ELF file at their physical addresses. @entry may be NULL. */
void x86_boot_load_elf(const X86DirectBoot *b, X86FlatImage *flat, uint64_t *entry);
/* Memory for @start to @end, zeros; fails when that is not free RAM. */
void x86_boot_alloc(const X86DirectBoot *b, X86FlatImage *flat, uint64_t start, uint64_t end);
/* Hands everything to option ROM @rom. @info is at X86_BOOT_INFO_ADDR. */
void x86_boot_publish(const X86DirectBoot *b, const X86FlatImage *kernel, uint32_t entry,
                      GByteArray *info, uint32_t initrd_addr, void *initrd, size_t initrd_size,
                      const char *rom, const uint8_t *rom_data, size_t rom_size);

/* These return false when the file is not of their kind. */
bool x86_load_multiboot(const X86DirectBoot *b);
bool x86_load_pvh(const X86DirectBoot *b);

/* ---- PVH (x86-pvh.c), for boards that enter the kernel themselves ---- */

/* False when the ELF file has no such entry point. */
bool x86_pvh_find_entry(const X86DirectBoot *b, uint32_t *entry);
/* hvm_start_info and what it points at, for X86_BOOT_INFO_ADDR; no memory map yet. */
GByteArray *x86_pvh_start_info(const X86DirectBoot *b, uint32_t initrd_addr, size_t initrd_size);
void x86_pvh_add_memory(GByteArray *info, uint64_t start, uint64_t size, uint32_t type);
void x86_pvh_set_rsdp(GByteArray *info, uint64_t rsdp);
uint64_t x86_pvh_place_initrd(const X86DirectBoot *b, const X86FlatImage *kernel,
                              const char *initrd_name, size_t initrd_size);

#endif
