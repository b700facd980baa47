/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the system payloads share. A payload is a 64 KiB firmware image: it
 * starts at the reset vector in real mode, copies itself to 10000h, runs there,
 * writes text to port E9h and ends with a write to port F4h (0: all passed).
 *
 * A test provokes an exception with EXPECT(): the handlers note what arrived and
 * go on behind it; anything else that arrives is a failure.
 */
#define LOAD_ADDR 0x10000
#define LOAD_SEG  0x1000
#define OFF(sym)  ((sym)-image)

#define PORT_TEXT 0xe9
#define PORT_EXIT 0xf4
#define PORT_SMI  0xf5 /* test harness only: raises an SMI */

/* GDT */
#define SEL_CODE32  0x08
#define SEL_DATA32  0x10
#define SEL_CODE16  0x18
#define SEL_DATA16  0x20
#define SEL_UCODE32 0x2b
#define SEL_UDATA32 0x33
#define SEL_CODE64  0x38
#define SEL_UCODE64 0x43
#define SEL_TSS     0x48 /* two entries in long mode */
#define SEL_TSS2    0x58
#define SEL_LDT     0x68
#define SEL_NP      0x70 /* data, not present */
#define SEL_GATE    0x78 /* call gate */
#define SEL_GATE2   0x80
#define SEL_TGATE   0x88
#define SEL_CONF    0x90 /* conforming code */
#define SEL_SMALL   0x98 /* data, limit 0fffh */
#define SEL_DOWN    0xa0 /* expand-down data, valid above 0fffh */
#define SEL_RO      0xa8
#define SEL_XO      0xb0 /* code, not readable */

#define STACK0      0x8000
#define STACK3      0x7000

/* Descriptor: base, limit (20 bits), access byte, flags nibble */
#define DESC(base, limit, access, flags)                                                           \
    .word(limit) & 0xffff, (base)&0xffff;                                                          \
    .byte((base) >> 16) & 0xff, access, ((limit) >> 16) | ((flags) << 4), ((base) >> 24) & 0xff

#define CAT_(a, b) a##b
#define CAT(a, b)  CAT_(a, b)

/* Go to the failure report of the current mode with this line's number. */
#define FAIL                                                                                       \
    movl $__LINE__, % ebx;                                                                         \
    jmp fail
/* Values of 32-bit operands are compared. */
#define CHECK(val, want)                                                                           \
    cmpl want, val;                                                                                \
    je 9f;                                                                                         \
    FAIL;                                                                                          \
    9:
#define CHECKQ(val, want)                                                                          \
    movabsq want, % r15;                                                                           \
    cmpq % r15, val;                                                                               \
    je 9f;                                                                                         \
    FAIL;                                                                                          \
    9:

#define NO_EXC 0xff
/* CHECK() in 32-bit code of a payload whose FAIL is 64-bit code. */
#define CHECK2(val, want)                                                                          \
    cmpl want, val;                                                                                \
    je 9f;                                                                                         \
    movl $__LINE__, % ebx;                                                                         \
    jmp fail;                                                                                      \
    9:
