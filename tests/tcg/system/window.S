/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User code and the pages it reaches, at both ends of its half of the address space: faults,
 * accessed and dirty flags, invalidation, changed code (SDM vol. 3, 4.7, 4.8, 4.10).
 */
#include "common.h"
#include "prologue64.inc"

/* What the tables at PDPT_H map, at 5500_0000_0000h and at 4000_0000_0000h. */
#define HIGH    0x550000000000
#define BOTTOM  0x400000000000
#define PDPT_H  0x110000
#define PD_H    0x111000
#define PT_H    0x112000
#define PTE_H(n) (PT_H + (n) * 8)
/* The last 2 MiB below the gap. */
#define PDPT_T  0x113000
#define PD_T    0x114000
#define PT_T    0x115000
#define LAST    0x7ffffffff000

#define DATA(n) (0x300000 + (n) * 0x1000)
#define FLAGS(pte, want) movl pte, %eax; andl $0x60, %eax; CHECK(%eax, $(want))
#define EXPECT_PF(err, lin, insn...) EXPECT(14, err, insn); CHECKQ(exc_cr2_64, $(lin))
/* The immediate of MOV $imm, %eax; RET. */
#define PATCH(at, imm) movl $(imm), at
#define RUN(want) call *%rdx; CHECK(%eax, $(want))

/* From user code: INVLPG, MOV to CR3. */
#define INVLPG(lin) TO_KERNEL64; movabsq $(lin), %rdx; invlpg (%rdx); TO_USER64
#define RELOAD TO_KERNEL64; movq %cr3, %rax; movq %rax, %cr3; TO_USER64

start64:
        movq $PDPT_H + 7, PML4 + 0xaa * 8
        movq $PDPT_H + 7, PML4 + 0x80 * 8
        movq $PD_H + 7, PDPT_H
        movq $PT_H + 7, PD_H
        movq $PDPT_T + 7, PML4 + 0xff * 8
        movq $PD_T + 7, PDPT_T + 511 * 8
        movq $PT_T + 7, PD_T + 511 * 8
        movl $3, %ebp
        TO_USER64
        movl $10000, %ecx
1:      loop 1b
again:
        movabsq $HIGH, %rbx

        /* ---- accessed and dirty ---- */
        movq $DATA(0) + 7, PTE_H(0)
        movq $DATA(1) + 7, PTE_H(1)
        movq $DATA(2) + 0x27, PTE_H(2)
        INVLPG(HIGH)
        INVLPG(HIGH + 0x1000)
        INVLPG(HIGH + 0x2000)
        movl $0x1234, DATA(0)
        movl $0x1235, DATA(2)
        movl (%rbx), %eax
        CHECK(%eax, $0x1234)
        FLAGS(PTE_H(0), 0x20)
        FLAGS(PTE_H(1), 0)
        movl 0x2000(%rbx), %eax
        CHECK(%eax, $0x1235)
        FLAGS(PTE_H(2), 0x20)
        movl $0x5678, (%rbx)
        CHECK(DATA(0), $0x5678)
        FLAGS(PTE_H(0), 0x60)
        incl 0x2000(%rbx)
        CHECK(DATA(2), $0x1236)
        FLAGS(PTE_H(2), 0x60)
        FLAGS(PTE_H(1), 0)
        movl $7, 0x1000(%rbx)
        FLAGS(PTE_H(1), 0x60)
        andl $~0x60, PTE_H(0)
        INVLPG(HIGH)
        movl (%rbx), %eax
        FLAGS(PTE_H(0), 0x20)
        xorl %eax, %eax
        lock cmpxchgl %ecx, (%rbx)      /* not equal: a store all the same */
        FLAGS(PTE_H(0), 0x60)

        /* ---- faults ---- */
        movq $0, PTE_H(3)
        movq $DATA(4) + 5, PTE_H(4)
        movq $DATA(5) + 3, PTE_H(5)
        movl $0x4444, DATA(4)
        INVLPG(HIGH + 0x3000)
        INVLPG(HIGH + 0x4000)
        INVLPG(HIGH + 0x5000)
        EXPECT_PF(4, HIGH + 0x3010, movl 0x3010(%rbx), %eax)
        EXPECT_PF(6, HIGH + 0x3014, movl %eax, 0x3014(%rbx))
        EXPECT_PF(6, HIGH + 0x3018, incl 0x3018(%rbx))
        movl 0x4000(%rbx), %eax
        CHECK(%eax, $0x4444)
        EXPECT_PF(7, HIGH + 0x4000, incl 0x4000(%rbx))
        CHECK(DATA(4), $0x4444)
        FLAGS(PTE_H(4), 0x20)
        EXPECT_PF(5, HIGH + 0x5000, movl 0x5000(%rbx), %eax)
        FLAGS(PTE_H(5), 0)
        leaq 0x4000(%rbx), %rsp
        EXPECT_PF(6, HIGH + 0x3ff8, pushq %rax)
        movl $2f, %edx
        EXPECT_PF(6, HIGH + 0x3ff8, call *%rdx)
        subq %rbx, %rsp
        CHECK(%esp, $0x4000)
        leaq 0x3ff0(%rbx), %rsp
        movl $0x77, %edx
        EXPECT_PF(4, HIGH + 0x3ff0, popq %rdx)
        CHECK(%edx, $0x77)
        EXPECT_PF(4, HIGH + 0x3ff0, ret)
        subq %rbx, %rsp
        CHECK(%esp, $0x3ff0)
2:      movl $STACK3, %esp
        /* Rights may grow without an invalidation. */
        movq $DATA(4) + 7, PTE_H(4)
        incl 0x4000(%rbx)
        CHECK(DATA(4), $0x4445)
        movq $DATA(3) + 7, PTE_H(3)
        movl $9, 0x3010(%rbx)
        CHECK(DATA(3) + 0x10, $9)

        /* ---- accesses that cross into a page that is not there ---- */
        movq $DATA(6) + 7, PTE_H(6)
        movq $0, PTE_H(7)
        INVLPG(HIGH + 0x6000)
        INVLPG(HIGH + 0x7000)
        movl $0x6666, DATA(6) + 0xffc
        EXPECT_PF(4, HIGH + 0x7000, movq 0x6ffc(%rbx), %rax)
        EXPECT_PF(6, HIGH + 0x7000, movq %rax, 0x6ffc(%rbx))
        EXPECT_PF(6, HIGH + 0x7000, movups %xmm0, 0x6ff8(%rbx))
        CHECK(DATA(6) + 0xffc, $0x6666)
        movq $DATA(7) + 7, PTE_H(7)
        movl $0x7777, DATA(7)
        movq 0x6ffc(%rbx), %rax
        CHECKQ(%rax, $0x777700006666)

        /* ---- invalidation ---- */
        movq $DATA(8) + 7, PTE_H(8)
        INVLPG(HIGH + 0x8000)
        movl $1, DATA(8)
        movl $2, DATA(9)
        CHECK(0x8000(%rbx), $1)
        movq $DATA(9) + 7, PTE_H(8)
        INVLPG(HIGH + 0x8000)
        CHECK(0x8000(%rbx), $2)
        movq $DATA(8) + 7, PTE_H(8)
        RELOAD
        CHECK(0x8000(%rbx), $1)
        movl $3, 0x8000(%rbx)
        CHECK(DATA(8), $3)
        movq $0, PTE_H(8)
        RELOAD
        EXPECT_PF(4, HIGH + 0x8000, movl 0x8000(%rbx), %eax)
        /* 2 MiB: every address of the page takes all of it. */
        movl $0x4444, 0x400000
        movl $0x4445, 0x5ff000
        movl $0x6666, 0x600000
        movl $0x6667, 0x7ff000
        movq $0x400087, PD_H + 8
        INVLPG(HIGH + 0x200000)
        CHECK(0x200000(%rbx), $0x4444)
        FLAGS(PD_H + 8, 0x20)
        CHECK(0x3ff000(%rbx), $0x4445)
        movl $0x4446, 0x3ff000(%rbx)
        FLAGS(PD_H + 8, 0x60)
        CHECK(0x5ff000, $0x4446)
        movq $0x600087, PD_H + 8
        INVLPG(HIGH + 0x2aa000)
        CHECK(0x200000(%rbx), $0x6666)
        CHECK(0x3ff000(%rbx), $0x6667)

        /* ---- one page at two addresses ---- */
        movq $DATA(12) + 7, PTE_H(12)
        movq $DATA(12) + 7, PTE_H(13)
        movl $0xc, 0xc000(%rbx)
        CHECK(0xd000(%rbx), $0xc)
        movl $0xd, 0xd000(%rbx)
        CHECK(DATA(12), $0xd)
        CHECK(0xc000(%rbx), $0xd)

        /* ---- changed code ---- */
        movq $DATA(11) + 7, PTE_H(11)
        movb $0xb8, DATA(11)
        movl $0x11, DATA(11) + 1
        movb $0xc3, DATA(11) + 5
        leaq 0xb000(%rbx), %rdx
        RUN(0x11)
        PATCH(0xb001(%rbx), 0x22)
        RUN(0x22)
        PATCH(DATA(11) + 1, 0x33)
        RUN(0x33)
        movl $300, %esi
1:      movl %esi, 0xb001(%rbx)
        call *%rdx
        CHECK(%eax, %esi)
        movl %esi, 0xb800(%rbx)         /* beside the code */
        CHECK(DATA(11) + 0x800, %esi)
        decl %esi
        jnz 1b

        /* ---- the ends of the range ---- */
        movq $DATA(14) + 7, PT_T + 511 * 8
        movl $0xeeee, DATA(14) + 0xff0
        movl $0x77000000, DATA(14) + 0xffc
        movabsq $LAST + 0xff0, %rax
        CHECK((%rax), $0xeeee)
        CHECK(0xc(%rax), $0x77000000)
        EXPECT(13, 0, movl 0xd(%rax), %ecx)
        EXPECT(13, 0, movl 0x10(%rax), %ecx)
        EXPECT(13, 0, movl %ecx, 0x1000(%rax))
        EXPECT(13, 0, movl 0x7ffff000(%rax), %ecx)
        addq $0x20, %rax
        CHECK(-0x20(%rax), $0xeeee)
        EXPECT(13, 0, movl -0x10(%rax), %ecx)
        EXPECT(13, 0, movl (%rax), %ecx)
        movabsq $BOTTOM - 8, %rax
        CHECK(8(%rax), $0x5678)
        EXPECT_PF(4, BOTTOM - 8, movl (%rax), %ecx)
        addq $0x10, %rax
        CHECK(-8(%rax), $0x5678)
        EXPECT_PF(4, BOTTOM - 0x10, movl -0x18(%rax), %ecx)
        movabsq $HIGH + (1 << 48), %rax
        EXPECT(13, 0, movl (%rax), %ecx)
        movabsq $HIGH + (1 << 62), %rax
        EXPECT(13, 0, movl %ecx, (%rax))
        movabsq $0xffff800000000000, %rax
        EXPECT_PF(4, 0xffff800000000000, movl (%rax), %ecx)
        EXPECT(13, 0, movl -8(%rax), %ecx)
        movq $-8, %rax
        EXPECT_PF(6, 0xfffffffffffffff8, movl %ecx, (%rax))
        movl $DATA(0), %ecx
        CHECK(8(%rax, %rcx), $0x5678)

        /* ---- one instruction, many places ---- */
        movl $400, %esi
        movl $0, DATA(0)
        movl $0, DATA(15)
1:      movl $DATA(15), %edi
        testl $1, %esi
        jz 2f
        movq %rbx, %rdi
2:      incl (%rdi)
        pushq (%rdi)
        popq %rax
        movq (%rdi), %rcx
        decl %esi
        jnz 1b
        CHECK(DATA(0), $200)
        CHECK(DATA(15), $200)
        movl $0x5678, DATA(0)
        TO_KERNEL64
        movl $0xc0000100, %ecx
        movl $HIGH & 0xffffffff, %eax
        movl $HIGH >> 32, %edx
        wrmsr
        TO_USER64
        CHECK(%fs:0, $0x5678)
        movl $0x4000, %ecx
        CHECK(%fs:(%rcx), $0x4445)
        movl $0x5679, %fs:0
        CHECK(DATA(0), $0x5679)

        /* ---- all kinds of accesses ---- */
        movl $DATA(0), %esi
        movq %rbx, %rdi
        leaq 0x40(%rbx), %rsp
        movabsq $0x1122334455667788, %rax
        pushq %rax
        movq DATA(0) + 0x38, %rcx
        cmpq %rax, %rcx
        je 1f
        FAIL
1:      xchgq %rcx, 0x38(%rbx)
        movb %ah, 0x38(%rbx)
        CHECK(DATA(0) + 0x38, $0x55667777)
        popq 0x8(%rbx)
        CHECK(DATA(0) + 8, $0x55667777)
        movl $STACK3, %esp
        movups (%rbx), %xmm0
        movups %xmm0, 0x103(%rbx)
        CHECK(DATA(0) + 0x10b, $0x55667777)
        fninit
        fildll 8(%rbx)
        fistpll 0x20(%rbx)
        CHECK(DATA(0) + 0x20, $0x55667777)
        movq %rbx, %rsi
        leaq 0x200(%rbx), %rdi
        movl $0x10, %ecx
        rep movsb
        CHECK(DATA(0) + 0x208, $0x55667777)
        movq $1b, 0x28(%rbx)
        movq $2f, 0x28(%rbx)
        jmp *0x28(%rbx)
        FAIL
2:      EXPECT(13, 0, movaps 1(%rbx), %xmm0)
        movl $0, %ecx
        EXPECT(0, 0, divl 0x300(%rbx))

        /* ---- pages of all address spaces, and with keys ---- */
        TO_KERNEL64
        movq %cr4, %rax
        orl $0x400080, %eax             /* PGE, PKE */
        movq %rax, %cr4
        TO_USER64
        movq $DATA(8) + 0x107, PTE_H(8)
        CHECK(0x8000(%rbx), $3)
        movq $DATA(9) + 0x107, PTE_H(8)
        INVLPG(HIGH + 0x8000)
        CHECK(0x8000(%rbx), $2)
        movabsq $DATA(5) + 7 + (1 << 59), %rax
        movq %rax, PTE_H(5)
        movl $0x55, DATA(5)
        CHECK(0x5000(%rbx), $0x55)
        xorl %ecx, %ecx
        xorl %edx, %edx
        movl $4, %eax                   /* no access with key 1 */
        wrpkru
        EXPECT_PF(0x25, HIGH + 0x5000, movl 0x5000(%rbx), %esi)
        movl $8, %eax                   /* no stores */
        wrpkru
        CHECK(0x5000(%rbx), $0x55)
        EXPECT_PF(0x27, HIGH + 0x5000, movl %esi, 0x5000(%rbx))
        xorl %eax, %eax
        wrpkru
        movl $0x56, 0x5000(%rbx)
        CHECK(DATA(5), $0x56)
        movl $0x5678, DATA(0)
        movq $0, PD_H + 8
        TO_KERNEL64
        movq %cr3, %rax
        movq %rax, %cr3
        movabsq $HIGH + 0x8000, %rdx
        invlpg (%rdx)
        TO_USER64
        decl %ebp
        jnz again
        TO_KERNEL64
        movl $SEL_DATA32, %eax
        movl %eax, %ss
        movl %eax, %ds
        jmp pass64

#include "epilogue.inc"
