/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a target tells a debugger about its CPUs: which registers there are in
 * which order, and their values. All functions: BQL held, the vCPU stopped and
 * its registers synchronized.
 *
 * A @layout is a number of the target's own for one target description. A
 * debugger keeps the one it was given until it connects anew, whatever mode the
 * CPU goes to meanwhile.
 */
#ifndef GDBSTUB_TARGET_H
#define GDBSTUB_TARGET_H

#include "hw/core/cpu.h"

typedef struct GdbTarget {
    /* The layout that fits the mode @cpu is in. */
    unsigned (*layout)(CPUState *cpu);
    /* The target description (gdb manual, "Target Descriptions") of @layout; g_free(). */
    char *(*description)(CPUState *cpu, unsigned layout);
    unsigned (*num_regs)(CPUState *cpu, unsigned layout);
    /* How many of them, from the first, one 'g' packet has; gdb asks for the rest when needed. */
    unsigned (*num_g_regs)(CPUState *cpu, unsigned layout);
    /* Size of register @reg in bytes; 0: there is none. */
    unsigned (*reg_size)(CPUState *cpu, unsigned layout, unsigned reg);
    /* Copies the register to @buf, least significant byte first. */
    void (*read_reg)(CPUState *cpu, unsigned layout, unsigned reg, uint8_t *buf);
    /* Sets it from @buf; false: it takes no such value, and is unchanged. */
    bool (*write_reg)(CPUState *cpu, unsigned layout, unsigned reg, const uint8_t *buf);
    /*
     * The program counter as the debugger sees it in the registers; where segments
     * matter cpu_get_pc(), and breakpoints, are somewhere else.
     */
    vaddr (*get_pc)(CPUState *cpu);
    void (*set_pc)(CPUState *cpu, vaddr pc);
} GdbTarget;

#define GDB_MAX_REG_SIZE 64

#endif
