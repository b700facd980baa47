/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot sector that takes machine checks: of each it prints MCG_STATUS, and STATUS, ADDR and MISC
 * of bank 9, in hexadecimal, on the first serial port. "~" says that it is ready.
 */
        .code16
        .globl _start
_start:
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movw    $0x7c00, %sp
        movw    $machine_check, 18 * 4
        movw    %ax, 18 * 4 + 2
        movl    %cr4, %eax
        orb     $0x40, %al              /* CR4.MCE */
        movl    %eax, %cr4
        movb    $'~', %al
        call    putc
idle:   hlt
        jmp     idle

machine_check:
        movl    $0x17a, %ecx            /* MCG_STATUS */
        call    print_msr
        movl    $0x425, %ecx            /* MC9_STATUS, ADDR, MISC */
        call    print_msr
        incw    %cx
        call    print_msr
        incw    %cx
        call    print_msr
        xorl    %eax, %eax
        xorl    %edx, %edx
        movl    $0x425, %ecx
        wrmsr
        movl    $0x17a, %ecx
        wrmsr
        movb    $'\n', %al              /* the next may come */
        call    putc
        iretw

print_msr:
        rdmsr
        pushl   %eax
        movl    %edx, %eax
        call    puthex
        popl    %eax
        call    puthex
        movb    $' ', %al
        jmp     putc

puthex: movl    %eax, %ebx
        movw    $8, %si
1:      roll    $4, %ebx
        movb    %bl, %al
        andb    $15, %al
        addb    $'0', %al
        cmpb    $'9', %al
        jbe     2f
        addb    $'a' - '0' - 10, %al
2:      call    putc
        decw    %si
        jnz     1b
        ret

putc:   movw    $0x3f8, %dx
        outb    %al, %dx
        ret

        .org    510
        .word   0xaa55
