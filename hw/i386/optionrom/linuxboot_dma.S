/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Option ROM that boots the Linux kernel which the emulator put into fw_cfg:
 * copies setup code, command line, kernel and initrd to where fw_cfg says, by
 * its DMA interface, and enters the kernel's 16-bit entry point.
 *
 * Specifications: Plug and Play BIOS 1.0a (expansion header, BEV); Linux/x86
 * boot protocol, "Running the kernel".
 */

#define PRODUCT "Linux loader DMA"
#include "rom-head.inc"

boot:
        cli
        cld
        /* The command block and a stack for us, in the loader's area below the EBDA. */
        movw    $0x7000, %ax
        movw    %ax, %ss
        movl    $0xfff0, %esp
        load_item SETUP_ADDR, SETUP_SIZE, SETUP_DATA
        load_item CMDLINE_ADDR, CMDLINE_SIZE, CMDLINE_DATA
        load_item INITRD_ADDR, INITRD_SIZE, INITRD_DATA
        load_item KERNEL_ADDR, KERNEL_SIZE, KERNEL_DATA

        /* Segment of the setup code; stack and heap end where the command line begins. */
        read_value SETUP_ADDR
        movl    %eax, %ebx
        read_value CMDLINE_ADDR
        subl    %ebx, %eax
        subl    $16, %eax
        movl    %eax, %ecx
        shrl    $4, %ebx
        movw    %bx, %ds
        movw    %bx, %es
        movw    %bx, %fs
        movw    %bx, %gs
        movw    %bx, %ss
        movl    %ecx, %esp
        addw    $0x20, %bx
        pushw   %bx                     /* setup entry: one sector behind its start */
        pushw   $0
        xorl    %eax, %eax
        xorl    %ebx, %ebx
        xorl    %ecx, %ecx
        xorl    %edx, %edx
        xorl    %edi, %edi
        xorl    %ebp, %ebp
        lret

#include "rom-tail.inc"
