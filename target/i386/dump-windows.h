/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processors as a crash dump of Windows shows them. BQL held, registers synchronized. */
#ifndef I386_DUMP_WINDOWS_H
#define I386_DUMP_WINDOWS_H

#include "hw/core/cpu.h"

/* Sizes of a CONTEXT of 64 and of 32 bits. */
#define X86_WINDOWS_CONTEXT64 0x4d0
#define X86_WINDOWS_CONTEXT32 0x2cc

void x86_dump_windows_context(CPUState *cs, bool is_64bit, uint8_t *context);
/* Where @virt is with page tables at @cr3, in the mode that @cs is in. false: nowhere. */
bool x86_dump_translate(CPUState *cs, uint64_t cr3, uint64_t virt, uint64_t *phys);

#endif
