/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 32-bit protected mode without paging: segment loads and their faults, gates,
 * privilege changes, tasks, debug registers.
 */
#include "common.h"
#include "prologue32.inc"

#define LOAD(seg, sel) movl $(sel), %eax; movl %eax, %seg

start32:
        /* ---- 16-bit code whose segment goes on beyond 64 KiB, as this payload does ---- */
        movl gdt + SEL_CODE16, %esi
        movl gdt + SEL_CODE16 + 4, %edi
        movl $0x0000ffff, gdt + SEL_CODE16
        movl $0x008f9a00, gdt + SEL_CODE16 + 4
        ljmp $SEL_CODE16, $1f
        .code16
1:      movl $0x12345678, %eax
        movl %cr0, %ebx
        movl %ebx, %cr0
        incl %eax
        ljmpl $SEL_CODE32, $1f
        .code32
1:      CHECK(%eax, $0x12345679)
        movl %esi, gdt + SEL_CODE16
        movl %edi, gdt + SEL_CODE16 + 4

        /* ---- selectors ---- */
        EXPECT(NO_EXC, 0, LOAD(es, 0))
        EXPECT(13, 0, LOAD(ss, 0))
        EXPECT(11, SEL_NP, LOAD(es, SEL_NP))
        EXPECT(12, SEL_NP, LOAD(ss, SEL_NP))
        EXPECT(13, 0x200, LOAD(es, 0x200))
        EXPECT(13, 0x204, LOAD(es, 0x207))
        EXPECT(13, 0x10, LOAD(ss, 0x13))
        EXPECT(13, 0x30, LOAD(ss, SEL_UDATA32))
        EXPECT(13, SEL_CODE32, LOAD(ss, SEL_CODE32))
        EXPECT(13, SEL_RO, LOAD(ss, SEL_RO))
        EXPECT(13, SEL_XO, LOAD(es, SEL_XO))
        EXPECT(13, SEL_TSS, LOAD(es, SEL_TSS))
        EXPECT(NO_EXC, 0, LOAD(es, SEL_CODE32))
        EXPECT(13, SEL_DATA32, ljmp $SEL_DATA32, $0)
        EXPECT(13, 0x28, ljmp $SEL_UCODE32, $0)
        EXPECT(13, 0, ljmp $0, $0)
        EXPECT(13, SEL_LDT, ljmp $SEL_LDT, $0)
        /* the accessed flag was set by the loads */
        movl gdt + SEL_DATA32 + 4, %eax
        andl $0x100, %eax
        CHECK(%eax, $0x100)
#ifndef REFERENCE
        LOAD(es, SEL_SMALL)
        EXPECT(NO_EXC, 0, movl %es:0xffc, %eax)
        EXPECT(13, 0, movl %es:0xffd, %eax)
        EXPECT(13, 0, movb %es:0x1000, %al)
        EXPECT(13, 0, movl %es:0xffffffff, %eax)
        LOAD(es, SEL_DOWN)
        EXPECT(13, 0, movl %es:0xfff, %eax)
        EXPECT(NO_EXC, 0, movl %es:0x1000, %eax)
        EXPECT(NO_EXC, 0, movl %es:0xfffffffc, %eax)
        LOAD(es, SEL_RO)
        EXPECT(NO_EXC, 0, movl %es:0x9000, %eax)
        EXPECT(13, 0, movl %eax, %es:0x9000)
        EXPECT(13, 0, movl %eax, %cs:0x9000)
        LOAD(es, 0)
        EXPECT(13, 0, movl %es:0x9000, %eax)
        EXPECT(13, 0, ljmp $SEL_CODE16, $0x10000)
#endif
        /* ---- locked operands across two pages ---- */
        movl $0x11223344, 0x2fffe
        lock addl $0x01010101, 0x2fffe
        CHECK(0x2fffe, $0x12233445)
        movl $0x5a5a5a5a, %ecx
        movl $0x12233445, %eax
        lock cmpxchgl %ecx, 0x2fffe
        jz 1f
        FAIL
1:      CHECK(0x2fffe, $0x5a5a5a5a)
        lock cmpxchgl %ebx, 0x2fffe
        jnz 1f
        FAIL
1:      CHECK(%eax, $0x5a5a5a5a)
        movl $1, %ecx
        xchgl %ecx, 0x2fffd
        CHECK(0x2fffd, $1)

        /* ---- LAR, LSL, VERR, VERW ---- */
        movl $SEL_DATA32, %ecx
        larl %ecx, %eax
        jz 1f
        FAIL
1:      andl $0x00f0ff00, %eax
        CHECK(%eax, $0x00c09300)
        lsll %ecx, %eax
        CHECK(%eax, $-1)
        movl $SEL_SMALL, %ecx
        lsll %ecx, %eax
        CHECK(%eax, $0xfff)
        verw %cx
        jz 1f
        FAIL
1:      movl $SEL_XO, %ecx
        verr %cx
        jnz 1f
        FAIL
1:      movl $SEL_RO, %ecx
        verw %cx
        jnz 1f
        FAIL
1:      movl $0x300, %ecx
        larl %ecx, %eax
        jnz 1f
        FAIL
1:
        /* ---- TSS ---- */
#ifndef REFERENCE
        EXPECT(13, 0, xorl %eax, %eax; ltr %ax)
#endif
        EXPECT(13, SEL_TSS, movl $SEL_TSS, %eax; ltr %ax)
        EXPECT(13, SEL_DATA32, movl $SEL_DATA32, %eax; lldt %ax)
        EXPECT(NO_EXC, 0, xorl %eax, %eax; lldt %ax)

        /* ---- CPL 3 ---- */
        movb $0xf2, gdt + SEL_SMALL + 5
        TO_USER
        EXPECT(13, 0, hlt)
        EXPECT(13, 0, cli)
        EXPECT(13, 0, movl %cr0, %eax)
        EXPECT(13, 0, lgdtl gdtr)
        EXPECT(13, 0, inb $0x80, %al)
        EXPECT(13, 0x41 * 8 + 2, int $0x41)
        EXPECT(13, 6 * 8 + 2, int $6)
        EXPECT(13, 0x70 * 8 + 2, int $0x70)
        EXPECT(6, 0, ud2)
        EXPECT(13, SEL_DATA32, LOAD(es, SEL_DATA32))
        EXPECT(13, SEL_DATA32, LOAD(ss, SEL_DATA32))
        EXPECT(13, SEL_CODE32, ljmp $SEL_CODE32, $0)
        /* POPF changes neither IF nor IOPL here */
        pushl $0x3202
        popfl
        pushfl
        popl %eax
        andl $0x3200, %eax
        CHECK(%eax, $0)
#ifndef REFERENCE
        /* a stack with a limit */
        LOAD(ss, SEL_SMALL + 3)
        movl $0x1002, %esp
        EXPECT(12, 0, popl %eax)
        movl $2, %esp
        EXPECT(12, 0, pushl %eax)
        CHECK(%esp, $2)
        EXPECT(12, 0, movl %ss:0xffd, %eax)
        LOAD(ss, SEL_UDATA32)
        movl $STACK3, %esp
#endif
        /* conforming code runs at our level */
        ljmp $SEL_CONF, $1f
1:      movl %cs, %eax
        CHECK(%eax, $SEL_CONF + 3)
        ljmp $SEL_UCODE32, $1f
1:      TO_KERNEL

        /* ---- call gate with two parameters ---- */
        movl $gate_target, %eax
        movw %ax, gdt + SEL_GATE
        movw $SEL_CODE32, gdt + SEL_GATE + 2
        movw $0xec02, gdt + SEL_GATE + 4
        shrl $16, %eax
        movw %ax, gdt + SEL_GATE + 6
        TO_USER
        pushl $0x11
        pushl $0x22
        lcall $SEL_GATE + 3, $0
        CHECK(%esp, $STACK3)
        CHECK(%eax, $0x33)
        movl %cs, %eax
        CHECK(%eax, $SEL_UCODE32)
        TO_KERNEL
        movl gate_esp, %eax
        CHECK(%eax, $STACK0 - 0x400 - 24)
        /* its DPL counts */
        movb $0x8c, gdt + SEL_GATE + 5
        TO_USER
        EXPECT(13, SEL_GATE, lcall $SEL_GATE + 3, $0)
        TO_KERNEL
        movb $0x6c, gdt + SEL_GATE + 5
        EXPECT(11, SEL_GATE, lcall $SEL_GATE, $0)

        /* ---- I/O permission map ---- */
        movw $103 + 64, gdt + SEL_TSS
        movb $0x89, gdt + SEL_TSS + 5
        movl $SEL_TSS, %eax
        ltr %ax
        movb $0xff, tss + 0x68 + 0x10
        TO_USER
        EXPECT(NO_EXC, 0, inb $0x70, %al)
        EXPECT(13, 0, inb $0x80, %al)
        EXPECT(13, 0, inw $0x7f, %ax)
        EXPECT(NO_EXC, 0, inb $0x90, %al)
        TO_KERNEL

        /* ---- tasks ---- */
        movl $task2, tss2 + 0x20
        movl $2, tss2 + 0x24
        movl $0x6000, tss2 + 0x38
        movl $0x77, tss2 + 0x28
        movl $SEL_DATA32, tss2 + 0x48
        movl $SEL_CODE32, tss2 + 0x4c
        movl $SEL_DATA32, tss2 + 0x50
        movl $SEL_DATA32, tss2 + 0x54
        movl $SEL_DATA32, tss2 + 0x58
        movl $SEL_DATA32, tss2 + 0x5c
        movl $0x1234, %esi
        clts
        ljmp $SEL_TSS2, $0
        CHECK(%esi, $0x1234)
        movl %cr0, %eax
        andl $8, %eax
        CHECK(%eax, $8)
        str %eax
        andl $0xffff, %eax
        CHECK(%eax, $SEL_TSS)
        movl $SEL_TSS2, %ecx
        larl %ecx, %eax
        andl $0xff00, %eax
        CHECK(%eax, $0x8900)
        movl $SEL_TSS, %ecx
        larl %ecx, %eax
        andl $0xff00, %eax
        CHECK(%eax, $0x8b00)
        EXPECT(13, SEL_TSS, ljmp $SEL_TSS, $0)
        /* CALL: nested, back by IRET */
        lcall $SEL_TSS2, $0
        movzwl tss2, %eax
        CHECK(%eax, $SEL_TSS)
        movl task_flags, %eax
        andl $0x4000, %eax
        CHECK(%eax, $0x4000)
        pushfl
        popl %eax
        andl $0x4000, %eax
        CHECK(%eax, $0)
        /* an interrupt through a task gate */
        movl $0, idt + 0x50 * 8
        movw $SEL_TSS2, idt + 0x50 * 8 + 2
        movl $0x8500, idt + 0x50 * 8 + 4
        movl $0, task_runs
        int $0x50
        CHECK(task_runs, $1)
        int $0x50
        CHECK(task_runs, $2)
        /* faults of the switch; SEL_TSS2 with a short limit */
        movw $102, gdt + SEL_TSS2
        EXPECT(10, SEL_TSS2, ljmp $SEL_TSS2, $0)
        movw $103, gdt + SEL_TSS2
        movb $0x09, gdt + SEL_TSS2 + 5
        EXPECT(11, SEL_TSS2, ljmp $SEL_TSS2, $0)
        movb $0x89, gdt + SEL_TSS2 + 5

        /* ---- double fault ---- */
        movb $0x0e, idt + 13 * 8 + 5
        EXPECT(8, 0, movl $0x200, %eax; movl %eax, %es)
        movb $0x8e, idt + 13 * 8 + 5
        /* but #NP while delivering a benign one is #NP, of a vector: error code 2, EXT */
        movb $0x0e, idt + 6 * 8 + 5
#ifndef REFERENCE
        EXPECT(11, 6 * 8 + 3, ud2)
#endif
        movb $0x8e, idt + 6 * 8 + 5

        /* ---- debug registers ---- */
        movl $bp_insn, %eax
        movl %eax, %dr0
        movl $0x401, %eax
        movl %eax, %dr7
        xorl %eax, %eax
        movl %eax, %dr6
        xorl %ebx, %ebx
        EXPECT(1, 0, bp_insn: movl $1, %ebx)
        CHECK(%ebx, $0)
        CHECK(exc_eip, $bp_insn)
        movl %dr6, %eax
        CHECK(%eax, $0xffff0ff1)
        movl exc_flags, %eax
        andl $0x10000, %eax
        CHECK(%eax, $0)
        /* RF lets the instruction pass */
        pushfl
        orl $0x10000, (%esp)
        pushl %cs
        pushl $bp_insn2
        movl $bp_insn2, %eax
        movl %eax, %dr0
        movl $0, exc_count
        iretl
bp_insn2:
        movl $2, %ebx
        CHECK(%ebx, $2)
        CHECK(exc_count, $0)
        /* data */
        movl $bp_data, %eax
        movl %eax, %dr1
        xorl %eax, %eax
        movl %eax, %dr6
        movl $0x00d0040c, %eax  /* DR1: write, 4 bytes */
        movl %eax, %dr7
        EXPECT(NO_EXC, 0, movl bp_data, %eax)
        EXPECT(1, 0, movb %al, bp_data + 3)
        movl %dr6, %eax
        CHECK(%eax, $0xffff0ff2)
        EXPECT(1, 0, movl %eax, bp_data - 3)
        EXPECT(NO_EXC, 0, movl %eax, bp_data + 4)
        EXPECT(NO_EXC, 0, movl %eax, bp_data - 4)
        movl $0x00f0040c, %eax  /* reads too */
        movl %eax, %dr7
        EXPECT(1, 0, movl bp_data, %eax)
        /* general detect */
#ifndef REFERENCE
        movl $0x2400, %eax
        movl %eax, %dr7
        EXPECT(1, 0, movl %dr0, %eax)
        movl %dr6, %eax
        andl $0x2000, %eax
        CHECK(%eax, $0x2000)
        movl %dr7, %eax
        CHECK(%eax, $0x400)
#endif
        movl $0x400, %eax
        movl %eax, %dr7
        /* single step */
        movl $0, exc_count
        pushfl
        orl $0x100, (%esp)
        popfl
        nop
        nop
        pushfl
        andl $~0x100, (%esp)
        popfl
        CHECK(exc_count, $5)

        /* ---- alignment check ---- */
        movl %cr0, %eax
        orl $0x40000, %eax
        movl %eax, %cr0
        TO_USER
        pushfl
        orl $0x40000, (%esp)
        popfl
#ifndef REFERENCE
        EXPECT(17, 0, movl bp_data + 1, %eax)
        EXPECT(17, 0, movw %ax, bp_data + 1)
#endif
        EXPECT(NO_EXC, 0, movw %ax, bp_data + 2)
        pushfl
        andl $~0x40000, (%esp)
        popfl
        TO_KERNEL
        jmp pass

gate_target:
        movl %esp, gate_esp
        movl 8(%esp), %eax
        addl 12(%esp), %eax
        movl %eax, %ecx
        movl $SEL_UDATA32, %eax
        movl %ecx, %eax
        lretl $8

task2:  pushfl
        popl task_flags
        incl task_runs
        testl $0x4000, task_flags
        jz 1f
        iretl
        jmp task2
1:      CHECK(%eax, $0x77)
        ljmp $SEL_TSS, $0
        jmp task2

        .balign 4
gate_esp: .long 0
task_flags: .long 0
task_runs: .long 0
        .balign 16
        .long 0
bp_data: .long 0, 0, 0

#include "epilogue.inc"
