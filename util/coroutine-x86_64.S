/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Switching stacks on x86-64 (System V ABI): the callee-saved registers are
 * pushed, the stack pointers exchanged, and the other side's registers popped.
 * The FPU's control words, which the ABI counts among them, are the same in
 * every thread and coroutine of this program and stay as they are.
 *
 * Without the .note.gnu.property of CET this object turns shadow stacks off for
 * the program; the return below would not match one.
 */

/* int coroutine_x86_64_switch(void **save_sp, void *new_sp, int action) */
        .text
        .globl  coroutine_x86_64_switch
        .type   coroutine_x86_64_switch, @function
        .p2align 4
coroutine_x86_64_switch:
        .cfi_startproc
        endbr64
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbp, 0
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r12, 0
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r13, 0
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r14, 0
        pushq   %r15
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r15, 0
        movq    %rsp, (%rdi)
        movq    %rsi, %rsp
        /* The frame on the new stack has the same shape, so the notes above hold. */
        movl    %edx, %eax
        popq    %r15
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r15
        popq    %r14
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r14
        popq    %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r13
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r12
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbp
        ret
        .cfi_endproc
        .size   coroutine_x86_64_switch, . - coroutine_x86_64_switch

/*
 * Where a new stack begins: %rbx is the argument for the function in %r12. The
 * undefined return address is where debuggers end a backtrace.
 */
        .globl  coroutine_x86_64_start
        .type   coroutine_x86_64_start, @function
        .p2align 4
coroutine_x86_64_start:
        .cfi_startproc
        .cfi_undefined %rip
        movq    %rbx, %rdi
        call    *%r12
        ud2
        .cfi_endproc
        .size   coroutine_x86_64_start, . - coroutine_x86_64_start

        .section .note.GNU-stack, "", @progbits
