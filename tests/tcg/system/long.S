/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Long mode: delivery (alignment, IST), canonical addresses, system calls, NX,
 * SMEP, SMAP, PCID, call gates, compatibility mode; local APIC and SMM.
 */
#include "common.h"
#include "prologue64.inc"

#define EXPECT_PF(err, lin, insn...) EXPECT(14, err, insn); CHECK(exc_cr2_64, $(lin))
#define GDT_COPY 0x1a0000
#define WRMSR(msr, lo, hi) movl $(msr), %ecx; movl $(lo), %eax; movl $(hi), %edx; wrmsr

start64:
        /* ---- delivery ---- */
        movl $STACK0 - 3, %esp
        EXPECT(6, 0, ud2)
        CHECK(exc_frame, $((STACK0 - 3) & ~15) - 48)
        CHECK(%esp, $STACK0 - 3)
        CHECK(exc_ss, $SEL_DATA32)
        movl $STACK0, %esp
        movw $0x8e01, idt64 + 6 * 16 + 4        /* IST1 */
        EXPECT(6, 0, ud2)
        CHECK(exc_frame, $IST1 - 48)
        movw $0x8e01, idt64 + 12 * 16 + 4
        movw $0x8e01, idt64 + 13 * 16 + 4

        /* ---- a code segment that cannot be marked as accessed: nothing has changed ---- */
        movl $gdt, %esi
        movl $GDT_COPY, %edi
        movl $gdt_end - gdt, %ecx
        rep movsb
        andb $~1, GDT_COPY + SEL_CONF + 5
        lgdt gdtr_copy
        andl $~2, PTE(GDT_COPY)
        invlpg GDT_COPY
        movq %cr0, %rax
        orl $0x10000, %eax              /* WP */
        movq %rax, %cr0
        movl $STACK0, %esp
        EXPECT_PF(3, GDT_COPY + SEL_CONF + 4, pushq $SEL_CONF; pushq $8f; lretq)
        CHECK(%esp, $STACK0 - 16)
        movl $STACK0, %esp
        EXPECT_PF(3, GDT_COPY + SEL_CONF + 4, lcall *far_copy)
        CHECK(%esp, $STACK0)
        EXPECT_PF(3, GDT_COPY + SEL_CONF + 4, \
            pushq $SEL_DATA32; pushq $STACK0; pushfq; pushq $SEL_CONF; pushq $8f; iretq)
        CHECK(%esp, $STACK0 - 40)
        movl $STACK0, %esp
        movq %cr0, %rax
        andl $~0x10000, %eax
        movq %rax, %cr0
        orl $2, PTE(GDT_COPY)
        invlpg GDT_COPY
        lgdt gdtr_home

        /* ---- canonical addresses ---- */
        movabsq $0x800000000000, %rax
        EXPECT(13, 0, movl (%rax), %ebx)
        movabsq $0x7ffffffffffe, %rax
#ifndef REFERENCE
        EXPECT(13, 0, movl (%rax), %ebx)
#endif
        EXPECT(14, 0, movb (%rax), %bl)
        movabsq $0xffff7fffffffffff, %rax
        EXPECT(13, 0, movb (%rax), %bl)
        EXPECT(13, 0, invlpg (%rax); lock incl (%rax))
        movabsq $0x800000000000, %rbp
#ifndef REFERENCE
        EXPECT(12, 0, movl (%rbp), %ebx)
        movq %rbp, %rsp
        EXPECT(12, 0, popq %rax)
        movabsq $0x800000001000, %rsp
        EXPECT(12, 0, pushq %rax)
        movl $STACK0, %esp
        EXPECT(13, 0, jmp *%rbp)
#endif
#ifndef REFERENCE
        EXPECT(13, 0, pushq %rbp; ret)
        movl $STACK0, %esp
#endif
        movl $0xc0000100, %ecx
        movl $0, %eax
        movl $0x80000000, %edx
        EXPECT(13, 0, wrmsr)
        EXPECT(13, 0, movl $0xc0000082, %ecx; wrmsr)
        EXPECT(13, 0, movl $0x12345, %ecx; rdmsr)
        EXPECT(13, 0, movl $0xffffffff, %eax; movl %eax, %eax; movq %rax, %cr4)

        /* ---- two operands at a distance of 2^n pages: they may share an entry of a TLB ---- */
        movl $STACK0 - 8, %ebx
        movl $12, %ecx
1:      movl $0x1000, %eax
        shlq %cl, %rax
        shrq $6, %rax
        leaq (%rbx, %rax), %rdi
        movq $0x1234567, (%rdi)
        pushq (%rdi)
        popq %rax
        CHECK(%eax, $0x1234567)
        movq $2f, (%rdi)
        call *(%rdi)
        jmp 3f
2:      ret
3:      incl %ecx
        cmpl $18, %ecx
        jb 1b

        /* ---- FS and GS ---- */
        WRMSR(0xc0000101, 0x1000, 0)
        WRMSR(0xc0000102, 0x2000, 0)
        movl $0x11, 0x1008
        movl $0x22, 0x2008
        movl %gs:8, %eax
        CHECK(%eax, $0x11)
        swapgs
        movl %gs:8, %eax
        CHECK(%eax, $0x22)
        swapgs
        EXPECT(6, 0, rdfsbase %rax)
        movq %cr4, %rax
        orl $0x10000, %eax
        movq %rax, %cr4
        movabsq $0x123456789abc, %rax
        wrfsbase %rax
        rdfsbase %rbx
        cmpq %rax, %rbx
        je 1f
        FAIL
1:
        movabsq $0x800000000000, %rbx
        EXPECT(13, 0, wrfsbase %rbx)
        movabsq $0xffff7fffffffffff, %rbx
        EXPECT(13, 0, wrgsbase %rbx)
        rdfsbase %rbx
        cmpq %rax, %rbx
        je 1f
        FAIL
1:      movabsq $0xffff800000000000, %rbx
        wrfsbase %rbx
        rdfsbase %rcx
        cmpq %rbx, %rcx
        je 1f
        FAIL
1:      wrfsbase %ecx                   /* the upper half is cleared */
        rdfsbase %rcx
        testq %rcx, %rcx
        je 1f
        FAIL
1:
        /* ---- the time stamp counter ---- */
        WRMSR(0x10, 0, 0x01234567)
        rdtsc
        lfence
        CHECK(%edx, $0x01234567)
        WRMSR(0xc0000103, 0x5a5a5a5a, 0) /* IA32_TSC_AUX */
        movq $-1, %rcx
        rdtscp
        CHECK(%edx, $0x01234567)
        movl $0x5a5a5a5a, %edx
        cmpq %rdx, %rcx
        je 1f
        FAIL
1:
        /* A return to CPL 3 takes selectors that it may not have, and leaves the base. */
        movl $SEL_DATA32, %eax
        movl %eax, %gs
        WRMSR(0xc0000101, 0x1000, 0)
        TO_USER64
        movl %gs:8, %eax
        movl %eax, seen
        movl %gs, %eax
        movl %eax, seen + 4
        TO_KERNEL64
        CHECK(seen, $0x11)
        CHECK(seen + 4, $0)

        /* ---- bases are canonical by the widest address that there could be ---- */
        EXPECT(13, 0, lidt idtr_bad)
        movl $7, %eax
        xorl %ecx, %ecx
        cpuid
        btl $16, %ecx
        jc 1f
        EXPECT(13, 0, lidt idtr_57)
        jmp 2f
1:      EXPECT(NO_EXC, 0, lidt idtr_57; lidt idtr64)
2:
        /* ---- machine check banks: addresses and the rest may be written, a status only cleared ---- */
        movl $0x179, %ecx
        rdmsr
        testb %al, %al
        jz 1f
        EXPECT(NO_EXC, 0, WRMSR(0x402, -1, -1); WRMSR(0x403, -1, -1))
        EXPECT(13, 0, WRMSR(0x401, 1, 0))
        WRMSR(0x402, 0, 0)
        WRMSR(0x403, 0, 0)
1:
        /* ---- NX ---- */
        movl $0x80000000, PTE(0x180000) + 4
        movq $0, PTE(0x181000)
        movq %cr3, %rax
        movq %rax, %cr3
        EXPECT_PF(0x11, 0x180000, movl $0x180000, %eax; jmp *%rax)
        EXPECT(NO_EXC, 0, movl 0x180000, %eax)
        EXPECT_PF(0x10, 0x181000, movl $0x181000, %eax; jmp *%rax)
        /* an instruction whose end lies in the missing page */
        movb $0xb8, 0x180fff
        movl $0, PTE(0x180000) + 4
        invlpg 0x180000
        EXPECT_PF(0x10, 0x181000, movl $0x180fff, %eax; jmp *%rax)

        /* ---- SYSCALL, SYSRET ---- */
        WRMSR(0xc0000081, 0, 0x00330038)
        WRMSR(0xc0000082, syscall_entry, 0)
        WRMSR(0xc0000084, 0x300, 0)
        TO_USER64
        stc
        std
        syscall
after_syscall:
        cld
        movl %cs, %eax
        CHECK(%eax, $SEL_UCODE64)
        movl %ss, %eax
        CHECK(%eax, $0x3b)
        CHECK(syscall_rcx, $after_syscall)
        movl syscall_r11, %eax
        andl $0x3f01, %eax
        CHECK(%eax, $0x3401)
        movl $SEL_UDATA32, %eax
        movl %eax, %ss
        EXPECT(13, 0, hlt)
        EXPECT(13, 0, sysretq)
        EXPECT(13, 0, movq %cr0, %rax)
        rdtsc
        TO_KERNEL64
        movq %cr4, %rax
        orl $4, %eax                    /* TSD */
        movq %rax, %cr4
        rdtsc
        TO_USER64
        EXPECT(13, 0, rdtsc)
        EXPECT(13, 0, rdtscp)
        TO_KERNEL64
        movq %cr4, %rax
        andl $~4, %eax
        movq %rax, %cr4
        /* SYSRET to a non-canonical address faults while still at CPL 0 */
        movabsq $0x800000000000, %rcx
        movl $2, %r11d
#ifndef REFERENCE
        EXPECT(13, 0, sysretq)
        CHECK(exc_cs, $SEL_CODE64)
#endif
        /* off without EFER.SCE */
        movl $0xc0000080, %ecx
        rdmsr
        andl $~1, %eax
        wrmsr
        EXPECT(6, 0, syscall)
        orl $1, %eax
        movl $0xc0000080, %ecx
        wrmsr

        /* ---- SYSENTER, SYSEXIT ---- */
        EXPECT(13, 0, sysenter)
        WRMSR(0x174, SEL_CODE64, 0)
        WRMSR(0x175, STACK0 - 0x800, 0)
        WRMSR(0x176, sysenter_entry, 0)
        TO_USER64
        sysenter
        jmp fail64
sysenter_entry:
        CHECK(%esp, $STACK0 - 0x800)
        movl %cs, %eax
        CHECK(%eax, $SEL_CODE64)
        movl $STACK0, %esp

        /* ---- call gate to 64-bit code ---- */
        movl $gate64, %eax
        movw %ax, gdt + SEL_GATE
        movw $SEL_CODE64, gdt + SEL_GATE + 2
        movw $0xec00, gdt + SEL_GATE + 4
        shrl $16, %eax
        movw %ax, gdt + SEL_GATE + 6
        movq $0, gdt + SEL_GATE + 8
        TO_USER64
        lcall *gate_ptr
        CHECK(%esp, $STACK3)
        CHECK(gate_rsp, $STACK0 - 0x400 - 32)
        CHECK(gate_ss, $0)
        movl %cs, %eax
        CHECK(%eax, $SEL_UCODE64)
        TO_KERNEL64
        movl %ss, %eax
        CHECK(%eax, $0)

        /* ---- compatibility mode ---- */
        pushq $SEL_CODE32
        pushq $1f
        lretq
        .code32
1:      movl $SEL_DATA32, %eax
        movl %eax, %ss
        movl %eax, %ds          /* the returns to CPL 3 took it */
        movl %eax, %es
        incl %eax               /* 40h: INC, not REX */
        CHECK2(%eax, $SEL_DATA32 + 1)
        pushl %eax
        CHECK2(%esp, $STACK0 - 4)
        popl %eax
        movl $NO_EXC, exc_vector
        movl $2f, exc_resume
        ud2
2:      CHECK2(exc_vector, $6)
        CHECK2(exc_cs, $SEL_CODE32)
        ljmp $SEL_CODE64, $1f
        .code64
1:      movl $0, exc_resume

        /* ---- SMEP and SMAP: our own pages become the supervisor's ---- */
        movl $PTE(0), %edi
        movl $0x20, %ecx
1:      andb $~4, (%rdi)
        addl $8, %edi
        loop 1b
        movq %cr3, %rax
        movq %rax, %cr3
        movb $0xc3, 0x182000
        movq %cr4, %rax
        orl $0x300000, %eax
        movq %rax, %cr4
        EXPECT_PF(1, 0x182000, movl 0x182000, %eax)
        EXPECT_PF(3, 0x182000, movl %eax, 0x182000)
        EXPECT_PF(0x11, 0x182000, movl $0x182000, %eax; jmp *%rax)
        stac
        EXPECT(NO_EXC, 0, movl 0x182000, %eax)
        EXPECT(NO_EXC, 0, movl %eax, 0x182000)
        EXPECT_PF(0x11, 0x182000, movl $0x182000, %eax; jmp *%rax)
        clac
        EXPECT_PF(1, 0x182000, movl 0x182000, %eax)
        movq %cr4, %rax
        andl $~0x300000, %eax
        movq %rax, %cr4
        movl $0x182000, %eax
        call *%rax
        movl $PTE(0), %edi
        movl $0x20, %ecx
1:      orb $4, (%rdi)
        addl $8, %edi
        loop 1b
        movq %cr3, %rax
        movq %rax, %cr3

#ifndef REFERENCE
        /* ---- PCID ---- */
        movq %cr4, %rax
        orl $0x20000, %eax
        movq %rax, %cr4
        movl $PML4 + 1, %eax
        movq %rax, %cr3
        movl $0xaa, 0x183000
        movl $0xbb, 0x184000
        movq $0x183007, PTE(0x185000)
        CHECK(0x185000, $0xaa)
        movq $0x184007, PTE(0x185000)
        movq $1, invpcid_desc
        movq $0x185000, invpcid_desc + 8
        xorl %eax, %eax
        invpcid invpcid_desc, %rax
        CHECK(0x185000, $0xbb)
        movq $0x183007, PTE(0x185000)
        movl $1, %eax
        invpcid invpcid_desc, %rax
        CHECK(0x185000, $0xaa)
        movl $PML4 + 2, %eax
        movq %rax, %cr3
        CHECK(0x185000, $0xaa)
        movq $0x184007, PTE(0x185000)
        /* back to the first without a flush, then with one */
        movabsq $0x8000000000000001 + PML4, %rax
        movq %rax, %cr3
        movq %cr3, %rax
        CHECK(%eax, $PML4 + 1)
        shrq $63, %rax
        CHECK(%eax, $0)
        movl $PML4 + 1, %eax
        movq %rax, %cr3
        CHECK(0x185000, $0xbb)
        movl $PML4 + 2, %eax
        movq %rax, %cr3
        CHECK(0x185000, $0xbb)
        movq $0x183007, PTE(0x185000)
        movl $3, %eax
        invpcid invpcid_desc, %rax
        CHECK(0x185000, $0xaa)
        EXPECT(13, 0, movl $4, %eax; invpcid invpcid_desc, %rax)
        EXPECT(13, 0, movq %cr0, %rax; andl $0x7fffffff, %eax; movq %rax, %cr0)
        movl $PML4, %eax
        movq %rax, %cr3
        movq %cr4, %rax
        andl $~0x20000, %eax
        movq %rax, %cr4

        /* ---- local APIC: an interrupt to ourselves, and one that ends HLT ---- */
        movl $0x60, %ebx
        movl $irq_handler, %eax
        movl $0x8e00, %edx
        call set_gate64
        movl $0x1b, %ecx
        rdmsr
        orl $0xc00, %eax
        wrmsr
        WRMSR(0x80f, 0x1ff, 0)          /* on, spurious vector FFh */
        WRMSR(0x83f, 0x60, 0)           /* self IPI */
        CHECK(irq_count, $0)
        sti
        movl irq_count, %ebx            /* in the shadow of STI */
        nop
        cli
        CHECK(%ebx, $0)
        CHECK(irq_count, $1)
        WRMSR(0x832, 0x40060, 0)        /* timer: TSC deadline */
        rdtsc
        shlq $32, %rdx
        orq %rdx, %rax
        addq $2000000, %rax
        movq %rax, %rdx
        shrq $32, %rdx
        movl $0x6e0, %ecx
        wrmsr
        sti
        hlt
        cli
        CHECK(irq_count, $2)

        /* ---- SMM: handler at 38000h, save area at 3FE00h ---- */
        movl $0x38000, %edi
        movl $smm_code, %esi
        movl $smm_code_end - smm_code, %ecx
        rep movsb
        movl $0x1111, %eax
        movq $0x2222, %rbx
        outb %al, $PORT_SMI
        nop
        CHECK(%eax, $0x7777)
        CHECK(%ebx, $0x2222)
        CHECK(smm_marker, $0x5a5a)
        movl $0xc0000080, %ecx
        rdmsr
        andl $0xd01, %eax
        CHECK(%eax, $0xd01)
        EXPECT(6, 0, rsm)
#endif
        jmp pass64

syscall_entry:
        movq %rcx, syscall_rcx
        movq %r11, syscall_r11
        pushfq
        popq %rax
        andl $0x300, %eax
        CHECK(%eax, $0)
        movl %cs, %eax
        CHECK(%eax, $SEL_CODE64)
        movl %ss, %eax
        CHECK(%eax, $0x40)
        sysretq

gate64: movl %esp, gate_rsp
        movl %ss, %eax
        movl %eax, gate_ss
        lretq

irq_handler:
        pushq %rax
        pushq %rcx
        pushq %rdx
        incl irq_count
        WRMSR(0x80b, 0, 0)
        popq %rdx
        popq %rcx
        popq %rax
        iretq

        .code16
smm_code:
        movl $smm_marker, %ebx
        movl $0x5a5a, (%ebx)
        movl $0x3fff8, %ebx             /* saved RAX */
        movl $0x7777, (%ebx)
        rsm
smm_code_end:
        .code64

        .balign 8
syscall_rcx: .quad 0
syscall_r11: .quad 0
invpcid_desc: .quad 0, 0
gate_ptr: .long 0
        .word SEL_GATE + 3
        .balign 4
gate_rsp: .long 0
gate_ss: .long 0
irq_count: .long 0
seen:   .long 0, 0
idtr_57: .word 0x6ff
        .quad 0xff00000000000000
idtr_bad: .word 0x6ff
        .quad 0xaaaaaaaaaaaaaaaa
smm_marker: .long 0
gdtr_copy: .word gdt_end - gdt - 1
        .quad GDT_COPY
gdtr_home: .word gdt_end - gdt - 1
        .quad gdt
far_copy: .long 0
        .word SEL_CONF

#include "epilogue.inc"
