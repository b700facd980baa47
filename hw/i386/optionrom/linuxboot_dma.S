/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Option ROM that boots the Linux kernel which the emulator put into fw_cfg:
 * copies setup code, command line, kernel and initrd to where fw_cfg says, by
 * its DMA interface, and enters the kernel's 16-bit entry point.
 *
 * Specifications: Plug and Play BIOS 1.0a (expansion header, BEV); Linux/x86
 * boot protocol, "Running the kernel".
 */

#define FW_CFG_SELECT 0x510
#define FW_CFG_DATA   0x511
#define FW_CFG_DMA    0x514
#define DMA_READ      0x02
#define DMA_SELECT    0x08
#define DMA_ERROR     0x01

#define KERNEL_ADDR  0x07
#define KERNEL_SIZE  0x08
#define INITRD_ADDR  0x0a
#define INITRD_SIZE  0x0b
#define KERNEL_DATA  0x11
#define INITRD_DATA  0x12
#define CMDLINE_ADDR 0x13
#define CMDLINE_SIZE 0x14
#define CMDLINE_DATA 0x15
#define SETUP_ADDR   0x16
#define SETUP_SIZE   0x17
#define SETUP_DATA   0x18

        .code16
        .text
        .global _start
_start:
        .word   0xaa55
        .byte   ROM_SIZE / 512
        lret                            /* initialization: nothing to do */
        .org    0x18
        .word   0                       /* no PCI data structure */
        .word   pnp

        .align  16
pnp:
        .ascii  "$PnP"
        .byte   1                       /* revision */
        .byte   2                       /* length in units of 16 bytes */
        .word   0                       /* no further header */
        .byte   0
        .byte   0                       /* checksum: made good by the build */
        .long   0                       /* device identifier */
        .word   0                       /* manufacturer */
        .word   product
        .long   0                       /* device type */
        .word   0                       /* no boot connection vector */
        .word   0                       /* no disconnect vector */
        .word   boot                    /* bootstrap entry vector */
        .word   0
        .word   0                       /* no static resources */
product:
        .asciz  "Linux loader DMA"

/* eax = 32-bit value of item \key; clobbers ecx, edx, ebp. */
.macro  read_value key
        movw    $\key, %ax
        call    read_item
.endm

/* Copies item \data of size item \size to address item \addr. */
.macro  load_item addr, size, data
        read_value \addr
        movl    %eax, %edi
        read_value \size
        movl    %eax, %esi
        movl    $((\data << 16) | DMA_READ | DMA_SELECT), %eax
        call    dma_read
.endm

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

/* ax: selector. Returns its first four bytes (little endian) in eax. */
read_item:
        movw    $FW_CFG_SELECT, %dx
        outw    %ax, %dx
        movw    $FW_CFG_DATA, %dx
        xorl    %eax, %eax
        movw    $4, %cx
1:      inb     %dx, %al
        rorl    $8, %eax
        loop    1b
        ret

/* eax: control word, edi: address, esi: length. Ends in an endless wait on an error. */
dma_read:
        testl   %esi, %esi
        jz      2f
        subw    $16, %sp
        movw    %sp, %bp
        bswapl  %eax
        movl    %eax, (%bp)
        movl    %esi, %eax
        bswapl  %eax
        movl    %eax, 4(%bp)
        movl    $0, 8(%bp)              /* address, high half */
        movl    %edi, %eax
        bswapl  %eax
        movl    %eax, 12(%bp)
        /* Physical address of the block; the write of its low half starts the transfer. */
        xorl    %eax, %eax
        movw    $FW_CFG_DMA, %dx
        outl    %eax, %dx
        xorl    %eax, %eax
        movw    %ss, %ax
        shll    $4, %eax
        movzwl  %bp, %ecx
        addl    %ecx, %eax
        bswapl  %eax
        movw    $(FW_CFG_DMA + 4), %dx
        outl    %eax, %dx
1:      movl    (%bp), %eax
        bswapl  %eax
        testl   $DMA_ERROR, %eax
        jnz     3f
        testl   %eax, %eax
        jnz     1b
        addw    $16, %sp
2:      ret
3:      hlt
        jmp     3b

        .org    ROM_SIZE - 1
        .byte   0                       /* checksum: made good by the build */
