/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Script for the firmware that installs tables from fw_cfg files: where to
 * place each file, which pointers to relocate, which checksums to compute
 * (docs/devel/acpi.md). File names are those of fw_cfg and have at most 55
 * characters; everything here comes from our own code.
 */
#ifndef HW_ACPI_BIOS_LINKER_LOADER_H
#define HW_ACPI_BIOS_LINKER_LOADER_H

#include "qemu/osdep.h"

#define BIOS_LINKER_LOADER_ENTRY_SIZE 128

typedef struct BIOSLinker {
    GArray *cmd_blob;  /* the script */
    GArray *file_list; /* files that were given memory, with their contents */
} BIOSLinker;

BIOSLinker *bios_linker_loader_init(void);
/* Frees @linker, the script included; the files belong to the caller. */
void bios_linker_loader_cleanup(BIOSLinker *linker);

/* The guest copies @file (current contents @blob) to memory: low (@fseg, 0xf0000) or any. */
void bios_linker_loader_alloc(BIOSLinker *linker, const char *file, GArray *blob, uint32_t align,
                              bool fseg);
/* Byte at @checksum_offset makes the sum of @size bytes from @start zero. */
void bios_linker_loader_add_checksum(BIOSLinker *linker, const char *file, unsigned start,
                                     unsigned size, unsigned checksum_offset);
/*
 * The @size-byte field at @dst_offset of @dst_file receives the guest address of
 * byte @src_offset of @src_file. Writes @src_offset into the field now: the
 * guest adds the address of the file.
 */
void bios_linker_loader_add_pointer(BIOSLinker *linker, const char *dst_file, uint32_t dst_offset,
                                    uint8_t size, const char *src_file, uint32_t src_offset);
/* As before, but the guest writes the address back into writable fw_cfg file @dst_file. */
void bios_linker_loader_write_pointer(BIOSLinker *linker, const char *dst_file, uint32_t dst_offset,
                                      uint8_t size, const char *src_file, uint32_t src_offset);

/*
 * Carry the script out as firmware would, with the files at @base on, @first
 * before the others. What lies there; the files themselves are as before.
 */
GByteArray *bios_linker_loader_install(BIOSLinker *linker, const char *first, uint64_t base);

#endif
