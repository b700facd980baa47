/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A processor that sleeps in MWAIT wakes when another stores to the line that it
 * monitors, and, with bit 0 of ECX, for an interrupt that is masked (SDM vol. 3,
 * 9.10). No wake-up may be lost: nobody else would end the wait.
 */
#include "common.h"
#include "prologue64.inc"

#define AP_CODE  0x9000 /* page 9: the vector of the SIPI */
#define AP_STACK 0x9e00
#define MB_SEQ   0x60f00 /* the monitored line, in a page without code */
#define MB_ACK   0x9f04
#define MB_MODE  0x9f0c /* 1: wait for the masked interrupt */
#define ROUNDS   800
#define X2APIC_ICR 0x830

start64:
        movl $AP_CODE, %edi
        movl $ap_code, %esi
        movl $ap_code_end - ap_code, %ecx
        rep movsb
        movl $0, MB_SEQ
        movl $0, MB_ACK
        movl $0, MB_MODE

        /* x2APIC mode, INIT and SIPI to all others */
        movl $0x1b, %ecx
        rdmsr
        orl $0xc00, %eax
        wrmsr
        movl $X2APIC_ICR, %ecx
        xorl %edx, %edx
        movl $0xc4500, %eax
        wrmsr
        movl $0xc4600 | AP_CODE >> 12, %eax
        wrmsr

        movl $1, %ebp
1:      movl %ebp, MB_SEQ
2:      pause
        cmpl MB_ACK, %ebp
        jne 2b
        /* now and then late, so that the other one really sleeps */
        movl %ebp, %eax
        andl $63, %eax
        jnz 4f
        movl $200000, %ecx
3:      pause
        loop 3b
4:      incl %ebp
        cmpl $ROUNDS, %ebp
        jb 1b

        /* ---- the interrupt ---- */
        movl $1, MB_MODE
        incl %ebp
        movl %ebp, MB_SEQ
1:      pause
        cmpl $2, MB_MODE
        jne 1b
        movl $200000, %ecx
2:      pause
        loop 2b
        movl $X2APIC_ICR, %ecx
        movl $1, %edx           /* to processor 1 */
        movl $0x4040, %eax
        wrmsr
3:      pause
        cmpl $3, MB_MODE
        jne 3b
        jmp pass64

        .code16
ap_code:
        xorw %ax, %ax
        movw %ax, %ss
        movw $AP_STACK, %sp
        movw %ax, %ds
        movw $MB_SEQ >> 4, %ax
        movw %ax, %es
        /* x2APIC mode, enabled, so that the interrupt can be accepted */
        movl $0x1b, %ecx
        rdmsr
        orl $0xc00, %eax
        wrmsr
        movl $0x80f, %ecx
        xorl %edx, %edx
        movl $0x1ff, %eax
        wrmsr
1:      xorl %eax, %eax
        xorl %ecx, %ecx
        xorl %edx, %edx
        .byte 0x26; monitor
        movl %es:0, %esi
        cmpl MB_ACK, %esi
        jne 2f
        xorl %eax, %eax
        mwait
        jmp 1b
2:      movl %esi, MB_ACK
        cmpl $1, MB_MODE
        jne 1b

        xorl %eax, %eax
        .byte 0x26; monitor
        movl $2, MB_MODE
        movl $1, %ecx
3:      mwait
        movl $0x822, %ecx       /* IRR 64 to 95 */
        rdmsr
        xorl %ecx, %ecx
        testl $1, %eax
        jnz 4f
        xorl %eax, %eax
        .byte 0x26; monitor
        movl $1, %ecx
        jmp 3b
4:      movl $3, MB_MODE
5:      hlt
        jmp 5b
ap_code_end:
        .code64

#include "epilogue.inc"
