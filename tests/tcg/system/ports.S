/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices around the ISA bus of a PC as firmware meets them: a first look at
 * each, and the way of an interrupt from the timer to the processor. Run by
 * tests/tcg/system/run-ports.
 */
#include "common.h"
#include "prologue16.inc"

#define OUT(port, val) movw $(port), %dx; movb $(val), %al; outb %al, %dx
#define IN(port)       movw $(port), %dx; inb %dx, %al
/* AL, under a mask */
#define CHECKIN(port, mask, want) \
    IN(port); andb $(mask), %al; cmpb $(want), %al; je 9f; FAIL; 9:
#define SAY(char) OUT(PORT_TEXT, char)
/* Wait for bits of a port, a million looks long at most. */
#define AWAIT(port, mask, want) \
    movl $1000000, %ecx; 7: IN(port); andb $(mask), %al; cmpb $(want), %al; je 8f; \
    decl %ecx; jnz 7b; FAIL; 8:

start16:
        /* the debug console shows itself */
        CHECKIN(0xe9, 0xff, 0xe9)
        SAY('D')

        /* 8254, channel 2: mode 0 counts while the gate is up */
        OUT(0x61, 0x00)
        OUT(0x43, 0xb0)
        OUT(0x42, 0xa9)
        OUT(0x42, 0x04)                 /* 1193: 1 ms */
        CHECKIN(0x61, 0x20, 0x00)
        OUT(0x61, 0x01)
        AWAIT(0x61, 0x20, 0x20)
        OUT(0x61, 0x00)
        SAY('T')

        /* channel 0 through the 8259 to vector 8; the local APIC, off, lets it pass */
        movl $0x1b, %ecx
        rdmsr
        andl $~0x800, %eax
        wrmsr
        movw $OFF(timer), %ss:(0x08 * 4)
        movw $LOAD_SEG, %ss:(0x08 * 4 + 2)
        OUT(0x20, 0x11)
        OUT(0x21, 0x08)
        OUT(0x21, 0x04)
        OUT(0x21, 0x01)
        OUT(0x21, 0xfe)
        OUT(0x43, 0x34)
        OUT(0x40, 0xa9)
        OUT(0x40, 0x04)
        sti
        movl $100000000, %ecx
1:      cmpb $10, OFF(ticks)
        jae 1f
        decl %ecx
        jnz 1b
        cli
        FAIL
1:      cli
        OUT(0x21, 0xff)
        SAY('I')

        /* clock: century, valid RAM, an update within a second */
        OUT(0x70, 0x0d)
        CHECKIN(0x71, 0xff, 0x80)
        OUT(0x70, 0x32)
        CHECKIN(0x71, 0xff, 0x20)
        OUT(0x70, 0x0c)
        IN(0x71)
        movl $30000000, %ecx
1:      inb $0x71, %al
        testb $0x10, %al
        jnz 1f
        decl %ecx
        jnz 1b
        FAIL
1:      SAY('C')

        /* 8042 and its keyboard */
        OUT(0x64, 0xaa)
        AWAIT(0x64, 0x01, 0x01)
        CHECKIN(0x60, 0xff, 0x55)
        OUT(0x60, 0xff)
        AWAIT(0x64, 0x01, 0x01)
        CHECKIN(0x60, 0xff, 0xfa)
        AWAIT(0x64, 0x01, 0x01)
        CHECKIN(0x60, 0xff, 0xaa)
        SAY('K')

        /* address line 20 by port 92h: 0 and 1 MiB are the same without it */
        movw $0xffff, %ax
        movw %ax, %fs
        OUT(0x92, 0x02)
        movl $0x12345678, %ss:0x600
        movl $0x87654321, %fs:0x610
        CHECK(%ss:0x600, $0x12345678)
        OUT(0x92, 0x00)
        CHECK(%fs:0x610, $0x12345678)
        OUT(0x92, 0x02)
        CHECK(%fs:0x610, $0x87654321)
        SAY('A')

        /* UART, in loopback and out */
        OUT(0x3fc, 0x1a)
        CHECKIN(0x3fe, 0xf0, 0x90)
        OUT(0x3f8, 0x5a)
        AWAIT(0x3fd, 0x01, 0x01)
        CHECKIN(0x3f8, 0xff, 0x5a)
        OUT(0x3fc, 0x03)
        movw $OFF(msg_serial), %si
1:      lodsb
        testb %al, %al
        jz 1f
        movw $0x3f8, %dx
        outb %al, %dx
        jmp 1b
1:      SAY('S')

        /* printer: data, strobe */
        movw $OFF(msg_printer), %si
1:      lodsb
        testb %al, %al
        jz 1f
        movw $0x378, %dx
        outb %al, %dx
        OUT(0x37a, 0x0d)
        OUT(0x37a, 0x0c)
        AWAIT(0x379, 0x80, 0x80)
        jmp 1b
1:      SAY('P')

        /* DMA: an address register through its flip-flop */
        OUT(0x0c, 0x00)
        OUT(0x04, 0x34)
        OUT(0x04, 0x12)
        CHECKIN(0x04, 0xff, 0x34)
        CHECKIN(0x04, 0xff, 0x12)
        CHECKIN(0x0f, 0x0f, 0x0f)
        SAY('M')

        /* VMware's back door: one 32-bit register at one port */
        movl $0x564d5868, %eax
        movl $10, %ecx
        xorl %ebx, %ebx
        movw $0x5658, %dx
        inl %dx, %eax
        CHECK(%eax, $6)
        CHECK(%ebx, $0x564d5868)
        SAY('V')

        CHECKIN(0x505, 0xff, 0x07)
        SAY('\n')
        xorb %al, %al
        jmp exit16

timer:  incb %cs:OFF(ticks)
        pushw %ax
        movb $0x20, %al
        outb %al, $0x20
        popw %ax
        iretw

fail = fail16

ticks:       .byte 0
msg_serial:  .asciz "hello, serial"
msg_printer: .asciz "hello, printer"

#include "epilogue.inc"
