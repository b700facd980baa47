/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debug traps that meet something else: a load of SS, INT1 and INT 1, HLT, SYSRET; DEBUGCTL.
 * The handler writes down where each one arrives.
 */
#include "common.h"
#include "prologue64.inc"

#define WRMSR(msr, lo, hi) movl $(msr), %ecx; movl $(lo), %eax; movl $(hi), %edx; wrmsr
#define DR6_NONE 0xffff0ff0
#define DR6_STEP 0xffff4ff0

/* One trap behind each instruction between the two, and three for STEP_OFF itself. */
#define STEP_ON movl $0, db_count; pushfq; orl $0x100, (%rsp); popfq
#define STEP_OFF pushfq; andl $~0x100, (%rsp); popfq
#define CHECK_MSR(msr, lo) movl $(msr), %ecx; rdmsr; CHECK(%eax, lo)
#define CHECK_DB(n, rip, dr6) CHECK(db_rip + (n) * 4, rip); CHECK(db_dr6 + (n) * 4, $(dr6))

start64:
        movl $1, %ebx
        movl $db, %eax
        movl $0x8e00, %edx
        call set_gate64

        /* ---- a load of SS: no step behind it, one behind the next instruction ---- */
        movl %ss, %eax
        STEP_ON
        movl %eax, %ss
        nop
1:      STEP_OFF
        CHECK(db_count, $4)
        CHECK_DB(0, $1b, DR6_STEP)
        /* nor with what raises the exception itself */
        STEP_ON
        movl %eax, %ss
        .byte 0xf1
1:      STEP_OFF
        CHECK(db_count, $4)
        CHECK_DB(0, $1b, DR6_NONE)
        CHECK(db_dr6 + 4, $DR6_STEP)

        /* ---- a data breakpoint is held back by it ---- */
        movl $new_ss, %eax
        movq %rax, %dr0
        movl $0x70401, %eax             /* loads and stores, 2 bytes */
        movq %rax, %dr7
        movl $0, db_count
        movw new_ss, %ss
        nop
1:      CHECK(db_count, $1)
        CHECK_DB(0, $1b, DR6_NONE + 1)
        movl $0, db_count
        movw new_ss, %ss
        .byte 0xf1
1:      CHECK(db_count, $1)
        CHECK(db_rip, $1b)
        /* A software interrupt goes first; the trap arrives before its handler's first instruction. */
        movl $0, db_count
        movw new_ss, %ss
        int $1
1:      CHECK(db_count, $2)
        CHECK_DB(0, $db, DR6_NONE + 1)
        CHECK(db_rip + 4, $1b)
        movl $0x400, %eax
        movq %rax, %dr7

        /* ---- HLT: the step ends it ---- */
        STEP_ON
        hlt
1:      STEP_OFF
        CHECK(db_count, $4)
        CHECK_DB(0, $1b, DR6_STEP)

        /* ---- SYSRET: a step counts by the flags that it loads ---- */
        WRMSR(0xc0000081, 0, 0x00280038)
        movl $0, db_count
        movl $1f, %ecx
        movl $0x3102, %r11d
        sysretl                         /* to 32-bit code; INT is the same there */
1:      TO_KERNEL64
        CHECK(db_count, $1)
        CHECK_DB(0, $1b, DR6_STEP)
        /* ---- DEBUGCTL.BTF: a step ends at a jump that is taken, and the trap clears it ---- */
        movl $SEL_DATA32, %eax          /* CPL 3 and the way back left them null */
        movl %eax, %ss
        WRMSR(0x1d9, 2, 0)
        STEP_ON
        nop
        xorl %eax, %eax
        jnz 2f
        jz 2f
        nop
2:      nop
        STEP_OFF
        CHECK(db_count, $5)             /* from 2 on one behind each instruction */
        CHECK_DB(0, $2b, DR6_STEP)
        CHECK_MSR(0x1d9, $0)

        /* ---- DEBUGCTL.LBR: the last jump, and the one before the last exception ---- */
        WRMSR(0x1d9, 1, 0)
1:      jmp 2f
        nop
2:      xorl %eax, %eax
        jnz 3f
3:      WRMSR(0x1d9, 0, 0)
        jmp 3f
3:      CHECK_MSR(0x1db, $1b)
        CHECK_MSR(0x1dc, $2b)
        WRMSR(0x1d9, 1, 0)
1:      call 2f
        nop
2:      EXPECT(6, 0, ud2)
        WRMSR(0x1d9, 0, 0)
        CHECK_MSR(0x1dd, $1b)
        CHECK_MSR(0x1de, $2b)
        /* A debug exception is not recorded, and ends the recording. */
        WRMSR(0x1d9, 1, 0)
1:      jmp 2f
        nop
2:      .byte 0xf1
        CHECK_MSR(0x1d9, $0)
        CHECK_MSR(0x1db, $1b)
        CHECK_MSR(0x1dc, $2b)
        movl $SEL_DATA32, %eax
        movl %eax, %ds
        movl %eax, %es
        jmp pass64

db:     pushq %rax
        pushq %rbx
        movl db_count, %ebx
        movq 16(%rsp), %rax
        movl %eax, db_rip(, %rbx, 4)
        movq %dr6, %rax
        movl %eax, db_dr6(, %rbx, 4)
        incl db_count
        movl $DR6_NONE, %eax
        movq %rax, %dr6
        popq %rbx
        popq %rax
        iretq

        .balign 8
db_count: .long 0
db_rip: .fill 8, 4, 0
db_dr6: .fill 8, 4, 0
new_ss: .word SEL_DATA32

#include "epilogue.inc"
