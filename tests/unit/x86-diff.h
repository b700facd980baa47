/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Differential test of x86 instructions: the same code and state on the host's
 * processor (in a sandboxed process), in the interpreter, in the translator.
 */
#ifndef X86_DIFF_H
#define X86_DIFF_H

#include "qemu/osdep.h"
#include "target/i386/cpu.h"
#include "target/i386/tcg/decode.h"

/* One page of code, and data: two writable pages, one read-only; nothing mapped around them. */
#define DIFF_CODE      0x10000000u
#define DIFF_DATA      diff_data
#define DIFF_DATA_LOW  0x20000000u
#define DIFF_DATA_HIGH 0x480000000000u /* for 64-bit code */
#define DIFF_DATA_SIZE 0x2000u
#define DIFF_RO        (DIFF_DATA + DIFF_DATA_SIZE)
#define DIFF_RO_SIZE   0x1000u
#define DIFF_ALL_SIZE  (DIFF_DATA_SIZE + DIFF_RO_SIZE)
#define DIFF_FS_BASE   (DIFF_DATA + 0x800)
#define DIFF_GS_BASE   (DIFF_DATA + 0x1800)

#define DIFF_MAX_CODE  96
#define DIFF_MAX_INSNS 8

typedef struct DiffVector {
    uint16_t fcw, fsw, ftw;
    uint32_t mxcsr;
    uint8_t st[8][16]; /* the first 10 bytes count */
    uint64_t zmm[32][8];
    uint64_t k[8];
} DiffVector;

typedef struct DiffState {
    uint64_t gpr[16];
    uint64_t rip, eflags;
    DiffVector vec;
} DiffState;

typedef struct DiffResult {
    DiffState state;
    int vector; /* of the exception that ended it; 3: ran to the end; -1: it did not end */
    uint32_t error;
    uint64_t cr2;
    uint8_t data[DIFF_DATA_SIZE];
} DiffResult;

typedef struct DiffCase {
    int bits; /* 32 or 64 */
    unsigned len;
    uint8_t code[DIFF_MAX_CODE]; /* filled up with INT3 */
    unsigned ninsn;
    DecodedInsn insn[DIFF_MAX_INSNS];
    DiffState in;
} DiffCase;

/* Where data are, here and there. */
extern uint64_t diff_data;

/* ---- x86-diff-native.c ---- */

/* False: this host cannot run it (no XSAVE ...). @memory: DIFF_ALL_SIZE bytes, for all cases. */
bool diff_native_start(const uint8_t *memory);
void diff_native_run(const DiffCase *cases, unsigned count, DiffResult *results);
void diff_native_stop(void);
#define DIFF_BATCH 64

/* ---- x86-diff-guest.c ---- */

/* Starts GLib's tests, too. */
void diff_guest_setup(int *argc, char ***argv, const uint8_t *memory);
/*
 * Translated code reaches data through the window; false: not on this host. @indirect: as on
 * processors that check no offset by itself.
 */
bool diff_guest_use_window(bool indirect);
bool diff_guest_has_jit(void);
void diff_guest_run(const DiffCase *c, bool jit, DiffResult *r);

/* ---- x86-diff-gen.c ---- */

typedef struct DiffRng {
    uint64_t s;
} DiffRng;

uint64_t diff_random(DiffRng *r);
unsigned diff_below(DiffRng *r, unsigned n);
bool diff_percent(DiffRng *r, unsigned p);
void diff_make_memory(DiffRng *r, uint8_t *memory);
void diff_make_case(DiffRng *r, DiffCase *c, int bits, unsigned ninsn);
/* Prefixes, opcode and ModRM from a row of the decoder's tables (x86-diff-rows.c). */
unsigned diff_put_row(DiffRng *r, uint8_t *b, int bits);

/* What the host has: the guest is given no more. */
extern uint64_t diff_features[FEATURE_WORDS];
void diff_read_features(void);
/* Decode c->code again; false if it is not a list of instructions that can be tested. */
bool diff_decode(DiffCase *c);

#endif
