/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a dump of the guest's memory says about its processors. */
#ifndef I386_DUMP_NOTES_H
#define I386_DUMP_NOTES_H

#include "qemu/osdep.h"

/* Some processor is in long mode: the dump is one of x86-64. Registers synchronized, as below. */
bool x86_dump_is_64bit(void);
/* Appends two ELF notes for each processor to @notes: as the kernel sees a thread, and all. */
void x86_dump_add_notes(GByteArray *notes, bool is_64bit);
/* Appends one note, with names and data padded as they have to be. */
void elf_note_append(GByteArray *notes, const char *name, uint32_t type, const void *desc,
                     size_t size);

/* Calls @fn for each range of virtual addresses with the physical memory that it maps. */
typedef void X86MappingFn(void *opaque, uint64_t phys, uint64_t virt, uint64_t size);
void x86_dump_foreach_mapping(X86MappingFn *fn, void *opaque);

#endif
