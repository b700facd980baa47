/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paging without long mode: 32-bit, 4 MiB pages, PAE with NX; error codes, A and D, WP. */
#include "common.h"
#include "prologue32.inc"

#define PD    0x100000
#define PT    0x101000
#define PDPT  0x110000 /* PAE */
#define PD2   0x111000
#define PT2   0x112000
#define PTE(lin)  (PT + (((lin) >> 12) & 0x3ff) * 4)
#define PTE2(lin) (PT2 + (((lin) >> 12) & 0x1ff) * 8)

/* A reserved bit in a present entry. The emulator that the payloads were also run on omits P. */
#ifdef REFERENCE
#define RSVD 8
#else
#define RSVD 9
#endif

#define FLUSH movl %cr3, %eax; movl %eax, %cr3
/* A page fault with this error code at this address */
#define EXPECT_PF(err, lin, insn...) EXPECT(14, err, insn); CHECK(exc_cr2, $(lin))

start32:
        /* the first 4 MiB identity-mapped, for everyone */
        movl $PT, %edi
        movl $0x7, %eax
        movl $1024, %ecx
1:      movl %eax, (%edi)
        addl $4, %edi
        addl $0x1000, %eax
        loop 1b
        movl $PT + 7, PD
        movl $PD, %eax
        movl %eax, %cr3
        movl $0x00, PTE(0x200000)   /* not present */
        movl $0x201003, PTE(0x201000)   /* supervisor */
        movl $0x202005, PTE(0x202000)   /* user, read only */
        movl $0x203001, PTE(0x203000)   /* supervisor, read only */
        movl $0x204007, PTE(0x204000)
        movl $0x205007, PTE(0x205000)
        movl $0x208007, PTE(0x207000)   /* two views of 208000h */
        movl %cr0, %eax
        orl $0x80000000, %eax
        movl %eax, %cr0
        jmp 1f
1:
        /* ---- supervisor, WP clear ---- */
        EXPECT_PF(0, 0x200123, movl 0x200123, %eax)
        EXPECT_PF(2, 0x200000, movl %eax, 0x200000)
        EXPECT_PF(2, 0x200000, movl %eax, 0x1ffffe)
        EXPECT_PF(0, 0x200000, movl 0x1ffffd, %eax)
        EXPECT_PF(0, 0x800000, movl 0x800000, %eax)
        EXPECT_PF(0, 0x200010, movl $0x200010, %eax; jmp *%eax)
        EXPECT(NO_EXC, 0, movl %eax, 0x201000)
        EXPECT(NO_EXC, 0, movl %eax, 0x202000)
        EXPECT(NO_EXC, 0, movl %eax, 0x203000)
        EXPECT_PF(0, 0x200000, movl $0x200000, %esi; lodsl)
        EXPECT_PF(2, 0x200000, movl $0x1ffffc, %edi; movl $2, %ecx; rep stosl)
        CHECK(%ecx, $1)
        CHECK(%edi, $0x200000)
        /* PUSH leaves ESP alone when it faults */
        movl %esp, %ebp
        EXPECT_PF(0, 0x200000, pushl 0x200000)
        CHECK(%esp, %ebp)

        /* ---- accessed and dirty ---- */
        CHECK(PTE(0x204000), $0x204007)
        movl 0x204000, %eax
        CHECK(PTE(0x204000), $0x204027)
        movl %eax, 0x204000
        CHECK(PTE(0x204000), $0x204067)
        movl %eax, 0x205ff0
        CHECK(PTE(0x205000), $0x205067)
        movl PD, %eax
        andl $0x60, %eax
        CHECK(%eax, $0x20)
        /* two linear pages, one frame */
        movl $0x1234, 0x207010
        CHECK(0x208010, $0x1234)

        /* ---- user ---- */
        TO_USER
        EXPECT_PF(4, 0x200000, movl 0x200000, %eax)
        EXPECT_PF(6, 0x200000, movl %eax, 0x200000)
        EXPECT_PF(5, 0x201000, movl 0x201000, %eax)
        EXPECT_PF(7, 0x201000, movl %eax, 0x201000)
        EXPECT(NO_EXC, 0, movl 0x202000, %eax)
        EXPECT_PF(7, 0x202000, movl %eax, 0x202000)
        EXPECT_PF(7, 0x202000, xchgl %eax, 0x202000)
        EXPECT_PF(5, 0x203000, movl 0x203000, %eax)
        EXPECT_PF(5, 0x201000, movl $0x201000, %eax; jmp *%eax)
        /* across pages: the second faults, and nothing is written to the first */
        movl $0, 0x1ffffc
        EXPECT_PF(6, 0x200000, movl $-1, 0x1ffffe)
        CHECK(0x1ffffc, $0)
        TO_KERNEL

        /* ---- supervisor, WP set ---- */
        movl %cr0, %eax
        orl $0x10000, %eax
        movl %eax, %cr0
        EXPECT_PF(3, 0x202000, movl %eax, 0x202000)
        EXPECT_PF(3, 0x203000, movl %eax, 0x203000)
        EXPECT(NO_EXC, 0, movl 0x203000, %eax)
        EXPECT(NO_EXC, 0, movl %eax, 0x201000)
        movl %cr0, %eax
        andl $~0x10000, %eax
        movl %eax, %cr0
        EXPECT(NO_EXC, 0, movl %eax, 0x202000)

        /* ---- changes of the tables ---- */
        movl $0x206007, PTE(0x200000)
        movl $0x5678, 0x206004
        CHECK(0x200004, $0x5678)
        movl $0x209007, PTE(0x200000)
        movl $0x9abc, 0x209004
        invlpg 0x200000
        CHECK(0x200004, $0x9abc)
        movl $0, PTE(0x200000)
        FLUSH
        EXPECT_PF(0, 0x200004, movl 0x200004, %eax)
        /* CR4.PGE: global pages survive a MOV to CR3 */
        movl %cr4, %eax
        orl $0x80, %eax
        movl %eax, %cr4
        movl $0x209107, PTE(0x200000)
        CHECK(0x200004, $0x9abc)
        movl $0x206107, PTE(0x200000)
        invlpg 0x200000
        CHECK(0x200004, $0x5678)
        movl $0, PTE(0x200000)
        movl %cr4, %eax
        andl $~0x80, %eax
        movl %eax, %cr4
        EXPECT_PF(0, 0x200004, movl 0x200004, %eax)

        /* ---- 4 MiB pages ---- */
        movl $0x400087, PD + 4
        EXPECT_PF(0, 0x400087 - 0x87 + 0x800000, movl 0xc00000, %eax)
        movl %cr4, %eax
        orl $0x10, %eax
        movl %eax, %cr4
        FLUSH
        movl $0x4321, 0x7ffffc
        CHECK(0x7ffffc, $0x4321)
        movl PD + 4, %eax
        CHECK(%eax, $0x4000e7)
        movl $0x1000087, PD + 4
        invlpg 0x400000
        CHECK(0x7ffffc, $0)
        movl $0x2600087, PD + 8     /* bit 21 is reserved */
        EXPECT_PF(RSVD, 0x800000, movl 0x800000, %eax)
        EXPECT_PF(RSVD | 2, 0x800000, movl %eax, 0x800000)
        movl $0x400085, PD + 8      /* user, read only */
        TO_USER
        EXPECT_PF(7, 0x812345, movb %al, 0x812345)
        TO_KERNEL

        /* ---- code that changes itself, in both views of a page ---- */
        movl $0xc3c0ff90, 0x208000      /* nop; inc eax; ret */
        movb $0xc3, 0x208003
        xorl %eax, %eax
        movl $0x208000, %ebx
        call *%ebx
        call *%ebx
        CHECK(%eax, $2)
        movb $0xc8, 0x207002            /* dec eax, through the other view */
        call *%ebx
        CHECK(%eax, $1)
        call self_modify
        CHECK(%eax, $0x77)

        /* ---- PAE and NX ---- */
        movl %cr0, %eax
        andl $0x7fffffff, %eax
        movl %eax, %cr0
        movl $PT2, %edi
        movl $0x7, %eax
        movl $512, %ecx
1:      movl %eax, (%edi)
        movl $0, 4(%edi)
        addl $8, %edi
        addl $0x1000, %eax
        loop 1b
        movl $PD2 + 1, PDPT
        movl $PT2 + 7, PD2
        movl $0x200087, PD2 + 8         /* 2 MiB page */
        movl $0, PTE2(0x180000)
        movl $0x80000000, PTE2(0x181000) + 4    /* NX */
        movl $0x80000000, PTE2(0x183000) + 4
        movl $0x182007, PTE2(0x182000)
        movl $0x00100000, PTE2(0x182000) + 4    /* bit 52 */
        movl %cr4, %eax
        orl $0x20, %eax
        movl %eax, %cr4
        movl $0x101, PDPT + 8           /* nothing reserved; bit 8 is ignored */
        movl $0x1e7, PDPT + 16          /* reserved bits */
        movl $PDPT, %eax
        movl %eax, %cr3
        /* they are checked when paging is turned on */
#ifndef REFERENCE
        movl %cr0, %eax
        orl $0x80000000, %eax
        EXPECT(13, 0, movl %eax, %cr0)
#endif
        movl $0, PDPT + 8
        movl $0, PDPT + 16
        movl $0xc0000080, %ecx
        rdmsr
        orl $0x800, %eax
        wrmsr
        movl %cr0, %eax
        orl $0x80000000, %eax
        movl %eax, %cr0
        jmp 1f
1:      EXPECT_PF(0, 0x180000, movl 0x180000, %eax)
        EXPECT_PF(0x10, 0x180000, movl $0x180000, %eax; jmp *%eax)
        EXPECT_PF(0x11, 0x181000, movl $0x181000, %eax; jmp *%eax)
        EXPECT(NO_EXC, 0, movl 0x181000, %eax)
        EXPECT_PF(RSVD, 0x182000, movl 0x182000, %eax)
        EXPECT_PF(0, 0x40000000, movl 0x40000000, %eax)
        CHECK(PD2 + 8, $0x200087)
        movl $0x31, 0x3ffffc
        CHECK(PD2 + 8, $0x2000e7)
        TO_USER
        EXPECT_PF(0x15, 0x183000, movl $0x183000, %eax; jmp *%eax)
        TO_KERNEL
        /* PDPTEs are registers: a change in memory counts from the next MOV to CR3 */
        movl $PD2 + 1, PDPT + 8
        FLUSH
        CHECK(0x403ffffc, $0x31)
        movl $0x1e7, PDPT + 16
#ifndef REFERENCE
        EXPECT(13, 0, movl %cr3, %eax; movl %eax, %cr3)
#endif
        /* without EFER.NXE bit 63 is reserved */
        movl $0, PDPT + 16
        movl $0xc0000080, %ecx
        rdmsr
        andl $~0x800, %eax
        wrmsr
        EXPECT_PF(RSVD, 0x181000, movl 0x181000, %eax)
        jmp pass

/* The instruction after the store is overwritten by it. */
self_modify:
        movb $0x77, sm_insn + 1
        jmp 1f
1:      movl $0, %eax
        movb $0x11, %al
        movb $0x77, sm_insn2 + 1
sm_insn:
        movb $0x22, %al
        cmpb $0x77, %al
        je sm_insn2
        FAIL
sm_insn2:
        movb $0x33, %al
        ret

#include "epilogue.inc"
