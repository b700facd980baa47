/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code that another processor changes (SDM vol. 3, 8.1.3, cross-modifying code),
 * and that DMA overwrites. Needs two processors and fw_cfg.
 */
#include "common.h"
#include "prologue64.inc"

#define AP_CODE    0x9000 /* page 9: the vector of the SIPI */
#define AP_STACK   0x9e00
#define MB_SEQ     0x9f00 /* run the routine again, serialized before */
#define MB_ACK     0x9f04
#define MB_RESULT  0x9f08
#define AP_ROUTINE 0xa000 /* MOV $imm, %eax; RETF, in real mode */
#define ROUNDS     2000

#define DMA_DESC   0x9d00
#define DMA_TARGET 0x190800

start64:
        movl $AP_CODE, %edi
        movl $ap_code, %esi
        movl $ap_code_end - ap_code, %ecx
        rep movsb
        movl $0, MB_SEQ
        movl $0, MB_ACK
        movw $0xb866, AP_ROUTINE
        movl $0, AP_ROUTINE + 2
        movb $0xcb, AP_ROUTINE + 6

        /* x2APIC mode, INIT and SIPI to all others */
        movl $0x1b, %ecx
        rdmsr
        orl $0xc00, %eax
        wrmsr
        movl $0x830, %ecx
        xorl %edx, %edx
        movl $0xc4500, %eax
        wrmsr
        movl $0xc4600 | AP_CODE >> 12, %eax
        wrmsr

        movl $1, %ebp
1:      movl %ebp, AP_ROUTINE + 2
        movl %ebp, MB_SEQ
2:      pause
        cmpl MB_ACK, %ebp
        jne 2b
        CHECK(MB_RESULT, %ebp)
        incl %ebp
        cmpl $ROUNDS, %ebp
        jb 1b

        /* ---- DMA: the signature "QEMU" pushes two registers ---- */
        movl $0x90909090, DMA_TARGET
        movl $dma_tail, %esi
        movl $DMA_TARGET + 4, %edi
        movl $dma_tail_end - dma_tail, %ecx
        rep movsb
        call pushed
        CHECK(%eax, $0)
        movl $0x0a000000, DMA_DESC      /* select item 0 and read */
        movl $0x04000000, DMA_DESC + 4
        movl $0, DMA_DESC + 8
        movl $DMA_TARGET, %eax
        bswap %eax
        movl %eax, DMA_DESC + 12
        movl $DMA_DESC, %eax
        bswap %eax
        movw $0x518, %dx
        outl %eax, %dx
1:      cmpl $0, DMA_DESC
        jne 1b
        call pushed
        CHECK(%eax, $16)
        jmp pass64

/* How many bytes the routine at DMA_TARGET pushes. */
pushed: movq %rsp, %rbx
        movl $DMA_TARGET, %edx
        call *%rdx
        leaq -8(%rbx), %rcx
        subq %rax, %rcx
        movl %ecx, %eax
        ret

dma_tail:
        movq %rsp, %rax
        leaq -8(%rbx), %rsp
        ret
dma_tail_end:

        .code16
ap_code:
        xorw %ax, %ax
        movw %ax, %ds
        movw %ax, %ss
        movw $AP_STACK, %sp
1:      movl MB_SEQ, %esi
        cmpl MB_ACK, %esi
        je 2f
        xorl %eax, %eax
        cpuid
        lcall $0, $AP_ROUTINE
        movl %eax, MB_RESULT
        movl %esi, MB_ACK
        jmp 1b
2:      lcall $0, $AP_ROUTINE
        pause
        jmp 1b
ap_code_end:
        .code64

#include "epilogue.inc"
