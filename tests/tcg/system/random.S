/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random bytes as code, in ring 0 and ring 3. The page after "bytes" is filled
 * in by the runner. Whatever exception or interrupt comes, the next round begins
 * at another place with other registers; after a triple fault the machine
 * starts again and goes on, because the state of the generator is in low memory.
 * A character to port E9h for every 4096 rounds. Nothing is checked here: what
 * counts is that the emulator lives.
 */
#include "common.h"
#include "prologue64.inc"

#define STATE 0x500 /* of the generator */
#define COUNT 0x508
#define BYTES 0x18000

start64:
        xorl %ebp, %ebp
1:      movl %ebp, %ebx
        movl $next_round, %eax
        movl $0xee01, %edx              /* IST1: the stack pointer is random */
        call set_gate64
        incl %ebp
        cmpl $0x70, %ebp
        jb 1b
        /* a timer, for endless loops that leave interrupts on */
        movl $0x1b, %ecx
        rdmsr
        orl $0xc00, %eax
        wrmsr
        movl $0x80f, %ecx
        xorl %edx, %edx
        movl $0x1ff, %eax
        wrmsr
        movl $0x832, %ecx
        movl $0x20060, %eax             /* periodic */
        wrmsr
        movl $0x838, %ecx
        movl $1000000, %eax
        wrmsr

next_round:
        movl $IST1, %esp
        cld
        /* ring 0 may have changed these */
        movq %cr0, %rax
        movl $0x80000011, %eax
        movq %rax, %cr0
        movl $0x620, %eax
        movq %rax, %cr4
        movl $0x80b, %ecx
        xorl %eax, %eax
        xorl %edx, %edx
        wrmsr
        incl COUNT
        testl $0xfff, COUNT
        jnz 1f
        movb $'.', %al
        outb %al, $PORT_TEXT
1:      call random
        movq %rax, %r10
        andl $0xff8, %eax
        addl $0x200000, %eax
        movl %eax, %r11d                /* stack pointer */
        btl $20, %r10d
        jc 2f
        pushq $SEL_UDATA32
        pushq %r11
        pushq $0x202
        pushq $SEL_UCODE64
        jmp 3f
2:      pushq $SEL_DATA32
        pushq %r11
        pushq $0x202
        pushq $SEL_CODE64
3:      shrq $32, %r10
        andl $0x3fff, %r10d
        addl $BYTES, %r10d
        pushq %r10
        /* registers: numbers, some of them addresses in RAM */
        .irp reg, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r12, r13, r14, r15
        call random
        movq %rax, %\reg
        .endr
        .irp reg, ebx, edx, edi, r8d, r12d
        andl $0x7fffff, %\reg
        .endr
        call random
        iretq

/* xorshift; keeps all registers but RAX */
random: pushq %rcx
        movq STATE, %rax
        testq %rax, %rax
        jnz 1f
        movq seed, %rax
1:      movq %rax, %rcx
        shlq $13, %rcx
        xorq %rcx, %rax
        movq %rax, %rcx
        shrq $7, %rcx
        xorq %rcx, %rax
        movq %rax, %rcx
        shlq $17, %rcx
        xorq %rcx, %rax
        movq %rax, STATE
        popq %rcx
        ret

        .balign 8
seed:   .quad 0x123456789abcdef

        . = BYTES - LOAD_ADDR
        .fill 0x4000, 1, 0xcc

#include "epilogue.inc"
