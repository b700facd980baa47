/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start of gdb-guest.c: PVH entry in 32-bit mode, identity-mapped long mode, and
 * the same for a second processor that comes from real mode through a copy of
 * the code between trampoline and trampoline_end at 8000h.
 */
    .section .note.xen, "a", @note
    .long 4, 4, 18
    .asciz "Xen"
    .long _start

    .section .text
    .code32
    .globl _start
_start:
    cli
    mov $stack0_end, %esp
    /* Four GiB in pages of 2 MiB. */
    mov $tables, %edi
    lea 0x1003(%edi), %eax
    mov %eax, (%edi)
    lea 0x2003(%edi), %eax
    mov $4, %ecx
    lea 0x1000(%edi), %edx
1:  mov %eax, (%edx)
    add $0x1000, %eax
    add $8, %edx
    loop 1b
    mov $0x83, %eax
    lea 0x2000(%edi), %edx
    mov $2048, %ecx
2:  mov %eax, (%edx)
    add $0x200000, %eax
    add $8, %edx
    loop 2b
    call enter_long
    .code64
    call main
    hlt

    .code32
/* Returns in 64-bit mode. */
enter_long:
    pop %ebx
    mov %cr4, %eax
    or $0x620, %eax /* PAE, OSFXSR, OSXMMEXCPT */
    mov %eax, %cr4
    mov $tables, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx
    rdmsr
    or $0x100, %eax
    wrmsr
    mov %cr0, %eax
    and $~4, %eax
    or $0x80000003, %eax
    mov %eax, %cr0
    lgdt gdt_pointer
    ljmp $8, $3f
    .code64
3:  mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    jmp *%rbx

    .code16
    .globl trampoline, trampoline_end
trampoline:
    cli
    xor %ax, %ax
    mov %ax, %ds
    lgdtl 0x8000 + (small_pointer - trampoline)
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmpl $24, $ap32
small_pointer:
    .word 31
    .long gdt
trampoline_end:

    .code32
ap32:
    mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $stack1_end, %esp
    call enter_long
    .code64
    call ap_main
    hlt

    .section .data
    .balign 8
gdt:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cf9b000000ffff
gdt_pointer:
    .word 31
    .long gdt

    .bss
    .balign 4096
tables:
    .skip 0x6000
    .skip 4096
stack0_end:
    .skip 4096
stack1_end:

    .section .note.GNU-stack, "", @progbits
