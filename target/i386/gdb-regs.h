/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers that a debugger sees; gdb-regs.c lists them, gdbstub.c reads and writes them. */
#ifndef I386_GDB_REGS_H
#define I386_GDB_REGS_H

#include "target/i386/cpu.h"

/* Layouts; what a debugger is told to be debugging. */
enum { X86_GDB_16, X86_GDB_32, X86_GDB_64, X86_GDB_LAYOUTS };

typedef enum X86GdbFeature {
    X86_GDB_CORE,
    X86_GDB_SSE,
    X86_GDB_SEGMENTS,
    X86_GDB_AVX,
    X86_GDB_AVX512,
    X86_GDB_PKEYS,
    X86_GDB_SYSTEM,
    X86_GDB_FEATURES,
} X86GdbFeature;

typedef enum X86GdbKind {
    X86_GDB_GPR,
    X86_GDB_IP,
    X86_GDB_FLAGS,
    X86_GDB_SEG,
    X86_GDB_ST,
    X86_GDB_X87, /* index: order of fctrl, fstat, ftag, fiseg, fioff, foseg, fooff, fop */
    X86_GDB_XMM,
    X86_GDB_MXCSR,
    X86_GDB_SEG_BASE,
    X86_GDB_KERNEL_GS,
    X86_GDB_YMMH,
    X86_GDB_OPMASK,
    X86_GDB_ZMMH,
    X86_GDB_PKRU,
    X86_GDB_CR,
    X86_GDB_DR,
    X86_GDB_EFER,
    X86_GDB_XCR0,
    X86_GDB_TABLE, /* bases and limits of GDT and IDT */
} X86GdbKind;

typedef struct X86GdbReg {
    char name[12];
    const char *type;  /* of gdb, or defined by the feature */
    const char *group; /* NULL: gdb's choice */
    uint8_t feature, kind, index, bytes;
} X86GdbReg;

/* The registers of @layout in order, *@n of them. BQL held. */
const X86GdbReg *x86_gdb_regs(CPUX86State *env, unsigned layout, unsigned *n);
/* The description in XML; g_free(). */
char *x86_gdb_description(CPUX86State *env, unsigned layout);

#endif
