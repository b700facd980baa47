/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware that counts how often a loop of two instructions goes round between interrupts of
 * the timer, some 1 ms apart. It writes the counts, 32 bits each, to port E9h, in the second half
 * together with the time stamp counter, and then stops the emulator through port F4h
 * (isa-debug-exit).
 */
#define TICKS 40

        .code16
        .text
        .globl  _start
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movw    $0x7000, %sp
        movw    $tick, 0x20             /* vector 8 */
        movw    $0xf000, 0x22
        movl    $0x1b, %ecx             /* no local APIC: the 8259 reaches the processor */
        movl    $0xfee00100, %eax
        xorl    %edx, %edx
        wrmsr
        movb    $0x11, %al              /* 8259: edge triggered, cascade, ICW4; vectors from 8 */
        outb    %al, $0x20
        movb    $8, %al
        outb    %al, $0x21
        movb    $4, %al
        outb    %al, $0x21
        movb    $1, %al
        outb    %al, $0x21
        movb    $0xfe, %al              /* only the timer */
        outb    %al, $0x21
        movb    $0x34, %al              /* 8254: counter 0, rate generator, 1193 */
        outb    %al, $0x43
        movb    $0xa9, %al
        outb    %al, $0x40
        movb    $0x04, %al
        outb    %al, $0x40
        xorl    %ebx, %ebx
        xorw    %cx, %cx
        sti
loop:   incl    %ebx
        jmp     loop

/* EAX to the port. */
write:  movw    $4, %di
1:      outb    %al, $0xe9
        shrl    $8, %eax
        decw    %di
        jnz     1b
        ret

tick:   movl    %ebx, %eax
        call    write
        incw    %cx
        cmpw    $(TICKS / 2), %cx
        jbe     2f
        rdtsc
        call    write
2:      cmpw    $TICKS, %cx
        je      done
        movb    $0x20, %al
        outb    %al, $0x20
        xorl    %ebx, %ebx
        iretw

done:   xorb    %al, %al
        outb    %al, $0xf4
        hlt

        .org    0xfff0
        ljmp    $0xf000, $_start
        .org    0x10000
