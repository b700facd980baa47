/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code that changes: within the running block, by every kind of store, in the
 * second page of an instruction, through another linear address (SDM vol. 3, 8.1.3).
 */
#include "common.h"
#include "prologue64.inc"

#define AREA  0x190000
#define ALIAS 0x1a0000
#define OTHER 0x1b0000

/* Copy the routine @name to AREA, which RDI points to. */
#define PLACE(name) \
    movl $AREA, %edi; movl $name, %esi; movl $name##_end - name, %ecx; rep movsb; movl $AREA, %edi

/* MOV $imm, %eax; RET with its immediate at TARGET. */
#define TARGET (AREA + 0x801)
#define RESET(at) movb $0xb8, (at) - 1; movl $0x11, at; movl $0xccccccc3, (at) + 4
#define RUN(at, want) movl $(at) - 1, %edx; call *%rdx; CHECK(%eax, $(want))
/* What @insn stores must be executed. */
#define STORE(insn...) RESET(TARGET); RUN(TARGET, 0x11); insn; RUN(TARGET, 0x22)

start64:
        movl $3, %ebp
again:
        /* ---- the running block ---- */
        PLACE(next_insn)
        call *%rdi
        CHECK(%eax, $0x22)
        PLACE(loop_body)
        call *%rdi
        CHECK(%eax, $6)
        PLACE(own_string)
        call *%rdi
        CHECK(%eax, $0x2222)

        /* ---- kinds of stores ---- */
        STORE(movb $0x22, TARGET)
        STORE(movw $0x22, TARGET)
        STORE(movl $0x22, TARGET)
        STORE(movq source, %rax; movq %rax, TARGET)
        STORE(addl $0x11, TARGET)
        STORE(lock addl $0x11, TARGET)
        STORE(movl $0x22, %eax; xchgl %eax, TARGET)
        STORE(movl $0x11, %eax; lock xaddl %eax, TARGET)
        STORE(lock btsl $5, TARGET; btcl $1, TARGET; lock btrl $4, TARGET; btrl $0, TARGET)
        STORE(movl $0x11, %eax; movl $0x22, %ecx; lock cmpxchgl %ecx, TARGET)
        movl $0x22, %ebx
        movl $0xccccccc3, %ecx
        STORE(movl $0x11, %eax; movl $0xccccccc3, %edx; lock cmpxchg8b TARGET)
        STORE(movl $source, %esi; movl $TARGET, %edi; movl $8, %ecx; rep movsb)
        STORE(movl $source, %esi; movl $TARGET, %edi; movsq)
        STORE(movb $0x22, %al; movl $TARGET, %edi; stosb)
        STORE(movb $0x22, %al; movl $TARGET, %edi; movl $1, %ecx; rep stosb)
        STORE(movups source, %xmm0; movups %xmm0, TARGET)
        STORE(movq source, %mm0; movq %mm0, TARGET; emms)
        STORE(fildll source; fistpll TARGET)
        STORE(movl $TARGET + 8, %eax; xchgq %rax, %rsp; pushq source; xchgq %rax, %rsp)
        STORE(pushq source; movl $TARGET, %eax; popq (%rax))
        STORE(stc; setc TARGET; addb $0x21, TARGET)

        /* ---- another linear address ---- */
        movq $AREA + 7, PTE(ALIAS)
        invlpg ALIAS
        STORE(movb $0x22, TARGET - AREA + ALIAS)

        /* ---- the last bytes of a page, and of the next ---- */
        RESET(AREA + 0xffb)
        RUN(AREA + 0xffb, 0x11)
        movq source, %rax
        movq %rax, AREA + 0xffb
        RUN(AREA + 0xffb, 0x22)
        RESET(AREA + 0xfff)
        RUN(AREA + 0xfff, 0x11)
        movb $0x33, AREA + 0x1000
        RUN(AREA + 0xfff, 0x3311)
        movb $0x44, AREA + 0xfff
        RUN(AREA + 0xfff, 0x3344)
        movq AREA + 0x1000, %rax
        movb $0x55, %al
        movq %rax, OTHER
        movq $OTHER + 7, PTE(AREA + 0x1000)
        invlpg AREA + 0x1000
        RUN(AREA + 0xfff, 0x5544)
        movq $AREA + 0x1007, PTE(AREA + 0x1000)
        invlpg AREA + 0x1000
        RUN(AREA + 0xfff, 0x3344)

        decl %ebp
        jnz again
        jmp pass64

next_insn:
        movb $0x22, 1f + 1 - next_insn(%rdi)
1:      movl $0x11, %eax
        ret
next_insn_end:

loop_body:
        xorl %eax, %eax
        movl $3, %ecx
1:      addl $1, %eax
        incb 1b + 2 - loop_body(%rdi)
        decl %ecx
        jnz 1b
        ret
loop_body_end:

/* String instructions that write what follows them. */
own_string:
        movb $0x22, %al
        leaq 1f + 1 - own_string(%rdi), %rdi
        movl $2, %ecx
        rep stosb
1:      movl $0x1111, %eax
        ret
own_string_end:

        .balign 16
source:  .long 0x22, 0xccccccc3, 0xcccccccc, 0xcccccccc

#include "epilogue.inc"
