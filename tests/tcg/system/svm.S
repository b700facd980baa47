/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SVM: VMRUN and #VMEXIT, intercepts, event injection, virtual interrupts, nested
 * paging. AMD64 APM volume 2, chapter 15. The guest has the host's own segments,
 * tables and IDT.
 */
#include "common.h"
#include "prologue64.inc"

#define VMCB   0x180000
#define HSAVE  0x181000
#define MSRPM  0x182000 /* two pages */
#define IOPM   0x184000 /* three pages */
#define NPML4  0x188000 /* a copy of the host's tables, for nested paging */
#define NPDPT  0x189000
#define NPD    0x18a000
#define NPT    0x18b000
#define GUEST_STACK 0x5000
#define HIDDEN 0x1a0000 /* a page that the nested tables can lack */

#define C(offset) VMCB + (offset)
#define I_CR      C(0x00)
#define I_EXC     C(0x08)
#define I_MISC1   C(0x0c)
#define I_MISC2   C(0x10)
#define I_MISC3   C(0x14)
#define INT_CTL   C(0x60)
#define EXITCODE  C(0x70)
#define EXITINFO1 C(0x78)
#define EXITINFO2 C(0x80)
#define EXITINT   C(0x88)
#define NESTED    C(0x90)
#define EVENTINJ  C(0xa8)
#define NCR3      C(0xb0)
#define NRIP      C(0xc8)
#define G_IDTR    C(0x480)
#define G_RFLAGS  C(0x570)
#define G_RIP     C(0x578)
#define G_RAX     C(0x5f8)
#define G_CR2     C(0x640)
#define VIRT_EXT  C(0xb8)
#define DEBUGCTL  C(0x670)
#define BR_FROM   C(0x678)
#define BR_TO     C(0x680)

/* The guest runs @insn and what follows, VMMCALL at the end; it must leave with @code. */
#define GUEST(code, insn...)                                                                       \
    movl $7f, %edi; call run; jmp 8f; 7: insn; vmmcall; 8:                                         \
    CHECK(EXITCODE, $(code)); CHECK(EXITCODE + 4, $0)

#define VMMCALL 0x81
#define WRMSR(msr, lo) movl $(msr), %ecx; movl $(lo), %eax; xorl %edx, %edx; wrmsr
#define CHECK_MSR(msr, lo) movl $(msr), %ecx; rdmsr; CHECK(%eax, lo)

start64:
        EXPECT(6, 0, vmsave)                    /* EFER.SVME is clear */
        movl $0xc0000080, %ecx
        rdmsr
        orl $0x1000, %eax
        wrmsr
        movl $0xc0010117, %ecx                  /* VM_HSAVE_PA */
        movl $HSAVE + 1, %eax
        xorl %edx, %edx
        EXPECT(13, 0, wrmsr)
        movl $HSAVE, %eax
        wrmsr
        movl $1, %eax
        EXPECT(13, 0, vmrun)
        TO_USER64
        EXPECT(13, 0, vmrun)
        TO_KERNEL64
        call make_vmcb

        /* ---- entry and exit ---- */
        GUEST(VMMCALL, movl $0x1234, %eax)
        CHECK(G_RAX, $0x1234)
        movq NRIP, %rax
        subq G_RIP, %rax
        CHECK(%eax, $3)
        GUEST(0x72, vmmcall_first: cpuid)
        CHECK(G_RIP, $vmmcall_first)
        /* Without the intercept of VMRUN nothing is entered. */
        andl $~1, I_MISC2
        movl $7f, %edi
        call run
7:      CHECK(EXITCODE, $-1)
        CHECK(EXITCODE + 4, $-1)
        orl $1, I_MISC2

        /* ---- exceptions ---- */
        GUEST(0x46, ud2)
        CHECK(EXITINT, $0)
        movl $0x77, G_CR2
        GUEST(0x4e, movl $0x40000000, %ebx; movl %ebx, (%rbx))
        CHECK(EXITINFO1, $2)
        CHECK(EXITINFO2, $0x40000000)
        CHECK(G_CR2, $0x77)
        /* A page fault while an exception is delivered: EXITINTINFO has the first one. */
        andl $~(1 << 6), I_EXC
        movl $0x40000000, G_IDTR + 8
        GUEST(0x4e, ud2)
        CHECK(EXITINT, $0x80000306)
        /* Nobody intercepts: shutdown. */
        andl $~(1 << 14), I_EXC
        GUEST(0x7f, ud2)
        movl $idt64, G_IDTR + 8
        orl $1 << 14, I_EXC

        /* ---- instructions ---- */
        GUEST(0x7b, movl $0x31, %eax; outb %al, $0xe9)
        CHECK(EXITINFO1, $0x00e90210)
        movq EXITINFO2, %rax
        subq G_RIP, %rax
        CHECK(%eax, $2)
        GUEST(VMMCALL, movl $0x20, %eax; outb %al, $0x80)
        GUEST(0x7c, movl $0xc0000081, %ecx; rdmsr)
        CHECK(EXITINFO1, $0)
        GUEST(VMMCALL, movl $0xc0000082, %ecx; rdmsr)
        GUEST(0x65, movq %cr0, %rax; xorl $0x40000000, %eax; movq %rax, %cr0)
        GUEST(VMMCALL, movq %cr0, %rax; xorl $2, %eax; movq %rax, %cr0)
        GUEST(0x14, movq %cr4, %rax; movq %rax, %cr4)
        GUEST(0x75, int $0x44)
        GUEST(0x78, hlt)

        /* What CPUID does not show is no instruction, whatever is intercepted. */
        orl $1 << 6, I_MISC2
        orl $1 << 6, I_EXC
        GUEST(0x46, skinit)
        andl $~(1 << 6), I_EXC
        andl $~(1 << 6), I_MISC2

        movl $4, I_MISC3
        GUEST(0xa2, movl $2, %eax; invpcid HIDDEN, %rax)
        CHECK(EXITINFO1, $HIDDEN)
        CHECK(EXITINFO2, $2)
        movl $0, I_MISC3

        /* ---- events ---- */
        movl $0x41, %ebx
        movl $count_event, %eax
        movl $0x8e00, %edx
        call set_gate64
        movl $0, events
        movl $0x80000041, EVENTINJ
        movl $0, EVENTINJ + 4
        GUEST(VMMCALL, nop)
        CHECK(events, $1)
        CHECK(EVENTINJ, $0x41)
        /* An exception with an error code goes to the handler of all exceptions. */
        movl $0x80000b0d, EVENTINJ
        movl $0x1230, EVENTINJ + 4
        movl $6f, exc_resume
        GUEST(VMMCALL, hlt; 6: nop)
        CHECK(exc_vector, $13)
        CHECK(exc_error, $0x1230)
        movl $0, exc_resume
        /* A virtual interrupt waits for IF. */
        movl $0x100100, INT_CTL                 /* V_IRQ, V_IGN_TPR */
        movl $0x41, INT_CTL + 4
        GUEST(VMMCALL, movl events, %eax; sti; nop; movl events, %edx; cli)
        CHECK(G_RAX, $1)
        CHECK(%edx, $2)
        CHECK(INT_CTL, $0x100000)
        orl $0x10, I_MISC1                      /* VINTR */
        movl $0x100100, INT_CTL
        GUEST(0x64, sti; nop)
        CHECK(events, $2)
        andl $~0x10, I_MISC1
        movl $0, INT_CTL

        /* ---- registers that VMRUN leaves alone ---- */
        movl $0xc0000102, %ecx                  /* KernelGSBase */
        movl $0x5678, %eax
        xorl %edx, %edx
        wrmsr
        movl $VMCB, %eax
        vmsave
        movl $0, %eax
        wrmsr
        movl $VMCB, %eax
        vmload
        rdmsr
        CHECK(%eax, $0x5678)

        /* ---- flags that do not exist ---- */
        movl $0xffc08000 | 0x8028, run_flags
        GUEST(VMMCALL, nop)
        CHECK(G_RFLAGS, $2)
        movl $2, run_flags

        /* ---- branch records: shared, or each world has its own ---- */
        WRMSR(0x1d9, 1)
        GUEST(VMMCALL, movl $0x1d9, %ecx; rdmsr; br1: jmp 5f; nop; 5: nop)
        CHECK(G_RAX, $1)
        CHECK_MSR(0x1d9, $1)
        WRMSR(0x1d9, 0)
        GUEST(VMMCALL, movl $0x1db, %ecx; rdmsr)
        CHECK_MSR(0x1d9, $0)
        movl $1, VIRT_EXT
        movl $1, DEBUGCTL
        movl $0, BR_FROM
        WRMSR(0x1d9, 1)
        GUEST(VMMCALL, br2: jmp br2_to; nop; br2_to: movl $0x1d9, %ecx; xorl %eax, %eax; wrmsr)
        CHECK(DEBUGCTL, $0)
        CHECK(BR_FROM, $br2)
        CHECK(BR_TO, $br2_to)
        CHECK_MSR(0x1d9, $1)
        movl $7f, %edi
        jmp 8f
        nop
7:      vmmcall
8:      movq %rdi, G_RIP
        movl $VMCB, %eax
br3:    jmp br3_to
        nop
br3_to: clgi
        vmrun
        WRMSR(0x1d9, 0)
        stgi
        CHECK_MSR(0x1db, $br3)
        CHECK_MSR(0x1dc, $br3_to)
        movl $0, VIRT_EXT

        /* ---- nested paging ---- */
        movl $1, NESTED
        movl $NPML4, NCR3
        GUEST(VMMCALL, movl $0x4321, HIDDEN)
        CHECK(HIDDEN, $0x4321)
        movl $0, NPT + (HIDDEN >> 12) * 8
        GUEST(0x400, movl HIDDEN + 8, %eax)
        CHECK(EXITINFO1, $4)
        CHECK(EXITINFO1 + 4, $1)
        CHECK(EXITINFO2, $HIDDEN + 8)
        movl $HIDDEN + 5, NPT + (HIDDEN >> 12) * 8 /* not writable */
        GUEST(VMMCALL, movl HIDDEN, %eax)
        CHECK(G_RAX, $0x4321)
        GUEST(0x400, movl %eax, HIDDEN)
        CHECK(EXITINFO1, $7)
        /* Nothing is beyond what the nested tables have bits for. */
        movl $HIDDEN + 7, NPT + (HIDDEN >> 12) * 8
        movl PTE(HIDDEN) + 4, %ebx
        movl $1 << 16, PTE(HIDDEN) + 4
        GUEST(0x400, movl HIDDEN, %eax)
        CHECK(EXITINFO1, $4)
        CHECK(EXITINFO1 + 4, $1)
        CHECK(EXITINFO2, $HIDDEN)
        CHECK(EXITINFO2 + 4, $1 << 16)
        movl %ebx, PTE(HIDDEN) + 4
        /* The guest's own tables: the walk counts as a store. */
        movl $PT + 5, NPT + (PT >> 12) * 8
        GUEST(0x400, movl HIDDEN, %eax)
        CHECK(EXITINFO1, $7)
        CHECK(EXITINFO1 + 4, $2)

        /* ---- in real mode VMRUN is no instruction, and so not intercepted ---- */
        movl $0, NESTED
        orl $1 << 6, I_EXC
        movl $0x10, C(0x558)                    /* CR0 */
        movl $0, C(0x548)                       /* CR4 */
        movl $0x1000, C(0x4d0)                  /* EFER */
        movl $0x9b << 16, C(0x410)
        movl $0xffff, C(0x414)
        movl $LOAD_ADDR, C(0x418)
        movl $OFF(7f), %edi
        call run
        jmp 8f
        .code16
7:      vmrun
        .code64
8:      CHECK(EXITCODE, $0x46)
        movl $SEL_DATA32, %eax
        movl %eax, %ss
        movl %eax, %ds
        jmp pass64

count_event:
        incl events
        iretq

/* Runs the guest from EDI until it leaves; its RDX and RBX stay. */
run:    movq %rdi, G_RIP
        movl $GUEST_STACK, C(0x5d8)
        movl run_flags, %eax
        movl %eax, G_RFLAGS
        movl $VMCB, %eax
        clgi
        vmrun
        stgi
        ret

make_vmcb:
        xorl %eax, %eax
        movl $VMCB, %edi
        movl $0xd000 / 4, %ecx
        rep stosl
        movl $PML4, %esi
        movl $NPML4, %edi
        movl $0x4000 / 4, %ecx
        rep movsl
        movl $NPDPT + 7, NPML4
        movl $NPD + 7, NPDPT
        movl $NPT + 7, NPD

        movl $1 << 20, I_CR                     /* writes of CR4 */
        movl $1 << 6 | 1 << 14, I_EXC
        /* CR0 selective, CPUID, INTn, HLT, IOIO, MSR, shutdown */
        movl $1 << 5 | 1 << 18 | 1 << 21 | 1 << 24 | 1 << 27 | 1 << 28 | 1 << 31, I_MISC1
        movl $3, I_MISC2                        /* VMRUN, VMMCALL */
        movl $IOPM, C(0x40)
        movl $MSRPM, C(0x48)
        movl $1, C(0x58)                        /* ASID */
        movb $1 << 1, IOPM + 0xe9 / 8
        movb $1 << 2, MSRPM + 0x800 + 0x81 / 4

        .irp seg, 0, 2, 3
        movl $SEL_DATA32 | 0xc93 << 16, C(0x400 + \seg * 16)
        movl $-1, C(0x404 + \seg * 16)
        .endr
        movl $SEL_CODE64 | 0xa9b << 16, C(0x410)
        movl $-1, C(0x414)
        sgdt scratch
        movzwl scratch, %eax
        movl %eax, C(0x464)
        movl scratch + 2, %eax
        movl %eax, C(0x468)
        movl $0x70 * 16 - 1, G_IDTR + 4
        movl $idt64, G_IDTR + 8
        movl $0xc0000080, %ecx
        rdmsr
        movl %eax, C(0x4d0)
        movq %cr4, %rax
        movl %eax, C(0x548)
        movq %cr3, %rax
        movl %eax, C(0x550)
        movq %cr0, %rax
        movl %eax, C(0x558)
        movl $0x400, C(0x560)
        movl $0xffff0ff0, C(0x568)
        movl $0x00070406, C(0x668)              /* g_PAT */
        movl $0x00070406, C(0x66c)
        ret

        .balign 8
events: .long 0
run_flags: .long 2
scratch: .quad 0, 0

#include "epilogue.inc"
