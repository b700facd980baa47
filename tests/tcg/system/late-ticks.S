/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A timer ticks every 4 ms while the processor watches its time stamp counter, and
 * run-late-ticks, which waits for a letter on port E9h, stops the whole emulator for a
 * while. The jump of the counter must come with the ticks of that time.
 */
#include "common.h"
#include "prologue32.inc"

#define VECTOR       0x50
#define IOREGSEL     0xfec00000
#define IOWIN        0xfec00010
#define HPET         0xfed00000
#define X2APIC_EOI   0x80b
#define X2APIC_SVR   0x80f
#define X2APIC_LINT0 0x835
/* A jump of at least 40 ms, if the counter has 5 GHz or less, and the ticks of half of that. */
#define JUMP         200000000
#define TICKS        5

start32:
        movl $0x1b, %ecx                /* x2APIC mode, enabled */
        rdmsr
        orl $0xc00, %eax
        wrmsr
        movl $X2APIC_SVR, %ecx
        xorl %edx, %edx
        movl $0x1ff, %eax
        wrmsr
        movl $X2APIC_LINT0, %ecx        /* the PIC's interrupts */
        movl $0x700, %eax
        wrmsr
        movb $0x11, %al
        outb %al, $0x20
        movb $VECTOR, %al
        outb %al, $0x21
        movb $4, %al
        outb %al, $0x21
        movb $1, %al
        outb %al, $0x21
        movb $0xff, %al
        outb %al, $0xa1

        /* ---- the 8254, by the PIC ---- */
        movl $VECTOR, %ebx
        movl $pic_tick, %eax
        movb $0x8e, %dh
        call set_gate
        movb $0xfe, %al
        outb %al, $0x21
        movb $0x34, %al
        outb %al, $0x43
        movb $4772 & 0xff, %al
        outb %al, $0x40
        movb $4772 >> 8, %al
        outb %al, $0x40
        movb $'P', %al
        call watch
        movb $0xff, %al
        outb %al, $0x21

        /* ---- the HPET, by the I/O APIC ---- */
        movl $VECTOR, %ebx
        movl $apic_tick, %eax
        movb $0x8e, %dh
        call set_gate
        movl $0x15, IOREGSEL
        movl $0, IOWIN
        movl $0x14, IOREGSEL
        movl $VECTOR, IOWIN
        movl $0x14c, HPET + 0x100       /* 32 bits, periodic, with its first time and its period */
        movl $400000, HPET + 0x108
        movl $400000, HPET + 0x108
        movl $3, HPET + 0x10            /* counts; timer 0 in place of the 8254 */
        movb $'H', %al
        call watch
        jmp pass

/*
 * AL: letter. EBP: the last look at the counter, EDI: ticks before that, ESI: before the look
 * that precedes it.
 */
watch:  movl $0, ticks
        xorl %edi, %edi
        movb %al, %bl
        rdtsc
        movl %eax, %ebp
        movb %bl, %al
        outb %al, $PORT_TEXT
        sti
1:      movl %edi, %esi
        movl ticks, %edi
        pause
        rdtsc
        movl %eax, %ecx
        subl %ebp, %ecx
        movl %eax, %ebp
        cmpl $JUMP, %ecx
        jb 1b
        movl ticks, %eax
        cli
        subl %esi, %eax
        cmpl $TICKS, %eax
        jae 2f
        movl %eax, exc_error            /* shown with the failure */
        FAIL
2:      ret

pic_tick:
        pushl %eax
        incl ticks
        movb $0x20, %al
        outb %al, $0x20
        popl %eax
        iretl

apic_tick:
        pushl %eax
        pushl %ecx
        pushl %edx
        incl ticks
        movl $X2APIC_EOI, %ecx
        xorl %eax, %eax
        xorl %edx, %edx
        wrmsr
        popl %edx
        popl %ecx
        popl %eax
        iretl

        .balign 4
ticks:  .long 0

#include "epilogue.inc"
