/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual-8086 mode: entry and exit, IOPL-sensitive instructions, VME, I/O permission. */
#include "common.h"
#include "prologue32.inc"

#define VM_FLAG 0x20000
#define VIF     0x80000
#define VIP     0x100000
#define VM_STACK 0x5000

/* Enter virtual-8086 mode with EFLAGS = VM | @flags at the next instruction (16-bit code). */
#define TO_VM(flags) \
    pushl $0x1111; pushl $0x2222; pushl $LOAD_SEG; pushl $0x3333; pushl $0; pushl $VM_STACK; \
    pushl $VM_FLAG + 2 + (flags); pushl $LOAD_SEG; pushl $OFF(7f); iretl; .code16; 7:
#define VM_GP(flags, insn...) \
    movl $NO_EXC, exc_vector; movl $8f, vm_resume; TO_VM(flags); insn; \
    .code32; FAIL; 8: CHECK(exc_vector, $13); CHECK(exc_error, $0)

start32:
        movl $13, %ebx
        movl $vm_fault, %eax
        movb $0x8e, %dh
        call set_gate
        movl $0x41, %ebx
        movl $vm_int, %eax
        movb $0xee, %dh
        call set_gate

        /* ---- IOPL 0: these are all #GP(0) ---- */
        VM_GP(0, cli)
        VM_GP(0, sti)
        VM_GP(0, pushfw)
        VM_GP(0, popfw)
        VM_GP(0, int $0x41)
        VM_GP(0, iretw)
        VM_GP(0, hlt)
        VM_GP(0, movl %cr0, %eax)
        VM_GP(0, inb $0x80, %al)
        VM_GP(0x3000, hlt)

        /* ---- IOPL 3: interrupts go through the IDT, and the frame has the segments ---- */
        movl $0, vm_gs
        TO_VM(0x3200)
        cli
        sti
        pushfw
        popw %ax
        int $0x41
        .code32
        CHECK(vm_cs, $LOAD_SEG)
        CHECK(vm_gs, $0x1111)
        CHECK(vm_fs, $0x2222)
        CHECK(vm_ds, $LOAD_SEG)
        CHECK(vm_es, $0x3333)
        CHECK(vm_ss, $0)
        CHECK(vm_esp, $VM_STACK)
        movl vm_flags, %eax
        andl $0x23200, %eax
        CHECK(%eax, $0x23200)
        movzwl vm_ax, %eax
        andl $0x3200, %eax
        CHECK(%eax, $0x3200)
        /* the handler got null segments */
        CHECK(vm_seen_gs, $0)
        pushfl
        popl %eax
        andl $VM_FLAG, %eax
        CHECK(%eax, $0)

        /* ---- memory: segments are paragraphs, also after changing one ---- */
        movl $0xcafe, 0x3444
        TO_VM(0x3000)
        movw $0x0344, %ax
        movw %ax, %es
        movw %es:4, %ax
        int $0x41
        .code32
        movzwl vm_ax, %eax
        CHECK(%eax, $0xcafe)

        /* ---- VME: IF is virtual below IOPL 3 ---- */
        movl %cr4, %eax
        orl $1, %eax
        movl %eax, %cr4
        movl $vme_1, vm_resume
        TO_VM(0)
        sti
        pushfw
        popw %ax
        movw %ax, %cs:OFF(vme_flags)
        hlt
        .code32
vme_1:
        movzwl vme_flags, %eax
        andl $0x3200, %eax
        CHECK(%eax, $0x3200)            /* VIF shows as IF, IOPL as 3 */
        movl vm_flags, %eax
        andl $VIF | 0x3200, %eax
        CHECK(%eax, $VIF)
        /* STI with an interrupt pending is #GP */
        VM_GP(VIP, sti)
        VM_GP(VIP, pushw $0x200; popfw)
        VM_GP(0, pushw $0x100; popfw)
        VM_GP(0, .byte 0x66; pushf)

        /* INT n: the redirection map, 32 bytes below the I/O map, bit clear: the 8086 program */
        movw $103 + 64, gdt + SEL_TSS
        movb $0x89, gdt + SEL_TSS + 5
        movl $SEL_TSS, %eax
        ltr %ax
        movw $0x68 + 32, tss + 0x66
        movl $8, %ecx
        movl $tss + 0x68, %edi
        xorl %eax, %eax
        rep stosl
        movb $2, tss + 0x68 + 0x41 / 8  /* 41h to the IDT: #GP below IOPL 3 */
        movw $OFF(vm_handler), 0x50 * 4
        movw $LOAD_SEG, 0x50 * 4 + 2
        movl $vme_2, vm_resume
        TO_VM(VIF)
        int $0x50
        movw %ax, %cs:OFF(vme_flags)
        hlt
        .code32
vme_2:
        movzwl vme_flags, %eax
        CHECK(%eax, $0x5050)
        movl vm_flags, %eax
        andl $VIF, %eax
        CHECK(%eax, $VIF)               /* IRET brought it back */
        movzwl vm_pushed, %eax
        andl $0x3200, %eax
        CHECK(%eax, $0x3200)
        VM_GP(0, int $0x41)
        jmp pass

/* In the 8086 program: what INT pushed; VIF is off here. */
        .code16
vm_handler:
        pushw %bp
        movw %sp, %bp
        movw 6(%bp), %ax
        movw %ax, %cs:OFF(vm_pushed)
        popw %bp
        pushfw
        popw %ax
        testw $0x200, %ax
        jnz 1f
        movw $0x5050, %ax
1:      iretw
        .code32

/* #GP from virtual-8086 mode: go on at vm_resume. */
vm_fault:
        movl $SEL_DATA32, %ecx
        movl %ecx, %ds
        movl %ecx, %es
        movl 12(%esp), %ecx
        movl %ecx, vm_flags
        movl (%esp), %ecx
        movl %ecx, exc_error
        movl $13, exc_vector
        movl $STACK0, %esp
        jmp *vm_resume

/* INT 41h: note everything, go on behind it at CPL 0. */
vm_int: movl %gs, %ecx
        pushl %ecx
        movl $SEL_DATA32, %ecx
        movl %ecx, %ds
        popl %ecx
        movl %ecx, vm_seen_gs
        movw %ax, vm_ax
        popl %ebx
        popl vm_cs
        popl vm_flags
        popl vm_esp
        popl vm_ss
        popl vm_es
        popl vm_ds
        popl vm_fs
        popl vm_gs
        movl $SEL_DATA32, %ecx
        movl %ecx, %es
        movl $STACK0, %esp
        addl $LOAD_ADDR, %ebx
        jmp *%ebx

        .balign 4
vm_resume: .long 0
vm_cs:  .long 0
vm_flags: .long 0
vm_esp: .long 0
vm_ss:  .long 0
vm_es:  .long 0
vm_ds:  .long 0
vm_fs:  .long 0
vm_gs:  .long 0
vm_seen_gs: .long 0
vm_ax:  .long 0
vme_flags: .long 0
vm_pushed: .long 0

#include "epilogue.inc"
