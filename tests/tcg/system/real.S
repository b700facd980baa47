/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real mode: interrupts through the IVT, exceptions, single step, "unreal" segments. */
#include "common.h"
#include "prologue16.inc"

/* Interrupt through the IVT and what it pushes */
#define VECTOR(n, handler) \
    movw $OFF(handler), %ss:((n) * 4); movw $LOAD_SEG, %ss:((n) * 4 + 2)
#define EXPECT16(n, insn...) \
    movb $NO_EXC, OFF(exc_vector); movw $OFF(8f), OFF(exc_resume); insn; \
    8: cmpb $(n), OFF(exc_vector); je 9f; FAIL; 9:
#define CHECKW(val, want) cmpw want, val; je 9f; FAIL; 9:

start16:
        movw $OFF(handlers), %si
        xorw %di, %di
        /* IVT entries 0-31: 8-byte stubs in a row */
1:      movw %si, %ss:(%di)
        movw $LOAD_SEG, %ss:2(%di)
        addw $8, %si
        addw $4, %di
        cmpw $128, %di
        jb 1b

        /* INT n and IRET */
        VECTOR(0x40, int40)
        movw $0x1111, %ax
        stc
        sti
        int $0x40
        cli
        jc 1f
        FAIL
1:      CHECKW(%ax, $0x2222)
        CHECKW(OFF(seen_flags), $0)
        CHECKW(%sp, $STACK0)

        /* faults: the address pushed is that of the instruction */
        xorw %cx, %cx
        movw $5, %ax
        xorw %dx, %dx
        EXPECT16(0, divw %cx)
        addw $2, OFF(exc_ip)
        movw OFF(exc_ip), %ax
        CHECKW(OFF(exc_resume), %ax)
        EXPECT16(6, ud2)
        EXPECT16(5, boundw %ax, OFF(bounds))
        movw $2, %ax
        EXPECT16(NO_EXC, boundw %ax, OFF(bounds))
        movb $0x7f, %al
        addb $1, %al
        EXPECT16(4, into)
        EXPECT16(3, int3)
#ifndef REFERENCE
        EXPECT16(13, movw 0xffff, %ax)
        EXPECT16(12, movw %ss:0xffff, %ax)
        EXPECT16(13, movl 0xfffd, %eax)
        EXPECT16(NO_EXC, movl 0xfffc, %eax)
#endif
        EXPECT16(6, .byte 0x0f, 0x00, 0xc0) /* SLDT: not in real mode */
        EXPECT16(6, lock; nop)
        /* 16 bytes of one instruction */
        EXPECT16(13, .fill 15, 1, 0x2e; .byte 0x90)

        /* single step: one trap after each instruction, IRET to the next */
        VECTOR(1, step)
        movw $0, OFF(steps)
        pushfw
        popw %ax
        orw $0x100, %ax
        pushw %ax
        popfw
        nop                     /* 1 */
        movw %ss, %dx           /* 2 */
        movw %dx, %ss           /* 3: held back */
        nop                     /* 3 */
        movw %ax, %bx           /* 4 */
        andw $0xfeff, %bx       /* 5 */
        pushw %bx               /* 6 */
        popfw                   /* 7 */
        nop
        CHECKW(OFF(steps), $7)

        /* unreal mode: a limit loaded in protected mode stays */
        lgdtl OFF(gdtr)
        movl %cr0, %eax
        orb $1, %al
        movl %eax, %cr0
        jmp 1f
1:      movw $SEL_DATA32, %bx
        movw %bx, %fs
        andb $0xfe, %al
        movl %eax, %cr0
        ljmpw $LOAD_SEG, $OFF(1f)
1:      movl $0x200000, %esi
        movl $0x12345678, %fs:(%esi)
        movl %fs:(%esi), %edx
        cmpl $0x12345678, %edx
        je 1f
        FAIL
1:      xorw %ax, %ax
        movw %ax, %fs           /* base changes, limit not */
        movl %fs:(%esi), %edx
        cmpl $0x12345678, %edx
        je 1f
        FAIL
1:
        /* string wrap, 16-bit address size */
        movw $LOAD_SEG, %ax
        movw %ax, %es
        movw $0xfffe, %di
        movw $2, %cx
        movw $0x55aa, %ax
        cld
        pushw %ds
        movw $0x3000, %dx
        movw %dx, %es
        rep stosw
        popw %ds
        CHECKW(%di, $2)
        CHECKW(%es:0xfffe, $0x55aa)
        CHECKW(%es:0, $0x55aa)

        movw $OFF(msg_ok), %si
        call puts16
        xorb %al, %al
        jmp exit16

fail:   jmp fail16

int40:  pushw %bp
        movw %sp, %bp
        pushfw
        popw %cs:OFF(seen_flags)
        andw $0x0300, %cs:OFF(seen_flags)
        movw $0x2222, %ax
        popw %bp
        iretw

step:   incw %cs:OFF(steps)
        iretw

/* Stub: vector on the stack, then common code that returns to exc_resume. */
        .balign 8
handlers:
        .set vec, 0
        .rept 32
        .balign 8
        pushw $vec
        jmp common
        .set vec, vec + 1
        .endr

common: pushw %bp
        movw %sp, %bp
        pushw %ax
        movw 2(%bp), %ax
        movb %al, %cs:OFF(exc_vector)
        movw 4(%bp), %ax
        movw %ax, %cs:OFF(exc_ip)
        movw %cs:OFF(exc_resume), %ax
        movw %ax, 4(%bp)
        popw %ax
        popw %bp
        addw $2, %sp
        iretw

        .balign 4
bounds: .word 1, 3
exc_vector: .byte 0
        .balign 2
exc_ip: .word 0
exc_resume: .word 0
seen_flags: .word 0
steps:  .word 0
gdtr:   .word 23
        .long gdt
        .balign 8
gdt:    .quad 0
        DESC(0, 0xfffff, 0x9a, 0xc)
        DESC(0, 0xfffff, 0x92, 0xc)

#include "epilogue.inc"
