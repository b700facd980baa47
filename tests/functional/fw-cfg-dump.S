/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware that writes all fw_cfg files to port E9h: the directory (item 19h)
 * as it is, then each file's bytes in its order. Then it stops the emulator
 * through port F4h (isa-debug-exit).
 */
#define SELECT 0x510
#define DATA   0x511
#define OUT    0xe9

        .code16
        .text
        .globl  _start
_start:
        cli
        movw    $0xf000, %ax
        movw    %ax, %ds
        xorl    %ebx, %ebx
        call    select_directory
        /* The count is big-endian; below 256. */
        movl    $4, %ecx
        call    copy
        movb    %al, %bl
        movl    %ebx, %ecx
        shll    $6, %ecx
        call    copy
        xorl    %esi, %esi              /* index of the file */
next:   cmpl    %ebx, %esi
        jae     done
        call    select_directory
        movl    %esi, %ecx
        shll    $6, %ecx
        addl    $4, %ecx
skip:   inb     %dx, %al
        decl    %ecx
        jnz     skip
        movb    $4, %ah
size:   shll    $8, %edi
        inb     %dx, %al
        movzbl  %al, %ebp
        orl     %ebp, %edi
        decb    %ah
        jnz     size
        movw    %si, %ax
        addw    $0x20, %ax
        movw    $SELECT, %dx
        outw    %ax, %dx
        movw    $DATA, %dx
        movl    %edi, %ecx
        call    copy
        incl    %esi
        jmp     next
done:   movb    $0, %al
        outb    %al, $0xf4
        hlt
        jmp     done

select_directory:
        movw    $0x19, %ax
        movw    $SELECT, %dx
        outw    %ax, %dx
        movw    $DATA, %dx
        ret

/* ecx bytes of the selected item to OUT. */
copy:   testl   %ecx, %ecx
        jz      2f
1:      inb     %dx, %al
        outb    %al, $OUT
        decl    %ecx
        jnz     1b
2:      ret

        .org    0xfff0
        ljmp    $0xf000, $_start
        .org    0xffff
        .byte   0
