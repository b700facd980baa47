/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual machine control block and exit codes of SVM. AMD64 APM volume 2,
 * appendix B (tables B-1, B-2) and appendix C.
 */
#ifndef I386_TCG_SVM_VMCB_H
#define I386_TCG_SVM_VMCB_H

/* Control area: offsets */
enum {
    VMCB_INTERCEPTS = 0x000, /* X86_SVM_INTERCEPTS words */
    VMCB_IOPM = 0x040,
    VMCB_MSRPM = 0x048,
    VMCB_TSC_OFFSET = 0x050,
    VMCB_ASID = 0x058,
    VMCB_INT_CTL = 0x060,
    VMCB_INT_STATE = 0x068,
    VMCB_EXITCODE = 0x070,
    VMCB_EXITINFO1 = 0x078,
    VMCB_EXITINFO2 = 0x080,
    VMCB_EXITINTINFO = 0x088,
    VMCB_NESTED = 0x090,
    VMCB_EVENTINJ = 0x0a8,
    VMCB_NCR3 = 0x0b0,
    VMCB_VIRT_EXT = 0x0b8,
    VMCB_NRIP = 0x0c8,
};

/* State save area: offsets */
enum {
    VMCB_ES = 0x400,
    VMCB_CS = 0x410,
    VMCB_SS = 0x420,
    VMCB_DS = 0x430,
    VMCB_FS = 0x440,
    VMCB_GS = 0x450,
    VMCB_GDTR = 0x460,
    VMCB_LDTR = 0x470,
    VMCB_IDTR = 0x480,
    VMCB_TR = 0x490,
    VMCB_CPL = 0x4cb,
    VMCB_EFER = 0x4d0,
    VMCB_CR4 = 0x548,
    VMCB_CR3 = 0x550,
    VMCB_CR0 = 0x558,
    VMCB_DR7 = 0x560,
    VMCB_DR6 = 0x568,
    VMCB_RFLAGS = 0x570,
    VMCB_RIP = 0x578,
    VMCB_RSP = 0x5d8,
    VMCB_RAX = 0x5f8,
    VMCB_STAR = 0x600,
    VMCB_LSTAR = 0x608,
    VMCB_CSTAR = 0x610,
    VMCB_SFMASK = 0x618,
    VMCB_KERNEL_GS_BASE = 0x620,
    VMCB_SYSENTER_CS = 0x628,
    VMCB_SYSENTER_ESP = 0x630,
    VMCB_SYSENTER_EIP = 0x638,
    VMCB_CR2 = 0x640,
    VMCB_G_PAT = 0x668,
    VMCB_DEBUGCTL = 0x670,
    VMCB_BRANCH_FROM = 0x678,
    VMCB_BRANCH_TO = 0x680,
    VMCB_INT_FROM = 0x688,
    VMCB_INT_TO = 0x690,
};

/* What processors want to have below the end of physical memory for either map. */
#define VMCB_MAP_SIZE 0x3000

/* INT_CTL */
#define SVM_V_TPR          0xffull
#define SVM_V_IRQ          (1ull << 8)
#define SVM_V_GIF          (1ull << 9)
#define SVM_V_PRIO_SHIFT   16
#define SVM_V_IGN_TPR      (1ull << 20)
#define SVM_V_GIF_ENABLE   (1ull << 25)
#define SVM_V_VECTOR_SHIFT 32

#define SVM_INT_SHADOW     (1ull << 0) /* INT_STATE */
#define SVM_NESTED_PAGING  (1ull << 0) /* NESTED */
#define SVM_V_LBR          (1ull << 0) /* VIRT_EXT: DEBUGCTL and branch records of the guest's own */
#define SVM_V_VMLOAD       (1ull << 1) /* VIRT_EXT: VMLOAD and VMSAVE of the guest */

/* EVENTINJ and EXITINTINFO (15.20) */
#define SVM_EVENT_VECTOR     0xffull
#define SVM_EVENT_TYPE_SHIFT 8
#define SVM_EVENT_HAS_CODE   (1ull << 11)
#define SVM_EVENT_VALID      (1ull << 31)
#define SVM_EVENT_CODE_SHIFT 32

enum {
    SVM_EVENT_INTR = 0,
    SVM_EVENT_NMI = 2,
    SVM_EVENT_EXCEPTION = 3,
    SVM_EVENT_SOFT_INT = 4,
};

/* Exit codes. Those below 0xc0 are bits of the words of intercepts. */
enum {
    SVM_EXIT_READ_CR = 0x00,
    SVM_EXIT_WRITE_CR = 0x10,
    SVM_EXIT_READ_DR = 0x20,
    SVM_EXIT_WRITE_DR = 0x30,
    SVM_EXIT_EXCEPTION = 0x40,
    SVM_EXIT_INTR = 0x60,
    SVM_EXIT_NMI,
    SVM_EXIT_SMI,
    SVM_EXIT_INIT,
    SVM_EXIT_VINTR,
    SVM_EXIT_CR0_SEL_WRITE,
    SVM_EXIT_READ_IDTR,
    SVM_EXIT_READ_GDTR,
    SVM_EXIT_READ_LDTR,
    SVM_EXIT_READ_TR,
    SVM_EXIT_WRITE_IDTR,
    SVM_EXIT_WRITE_GDTR,
    SVM_EXIT_WRITE_LDTR,
    SVM_EXIT_WRITE_TR,
    SVM_EXIT_RDTSC,
    SVM_EXIT_RDPMC,
    SVM_EXIT_PUSHF,
    SVM_EXIT_POPF,
    SVM_EXIT_CPUID,
    SVM_EXIT_RSM,
    SVM_EXIT_IRET,
    SVM_EXIT_SWINT,
    SVM_EXIT_INVD,
    SVM_EXIT_PAUSE,
    SVM_EXIT_HLT,
    SVM_EXIT_INVLPG,
    SVM_EXIT_INVLPGA,
    SVM_EXIT_IOIO,
    SVM_EXIT_MSR,
    SVM_EXIT_TASK_SWITCH,
    SVM_EXIT_FERR_FREEZE,
    SVM_EXIT_SHUTDOWN,
    SVM_EXIT_VMRUN,
    SVM_EXIT_VMMCALL,
    SVM_EXIT_VMLOAD,
    SVM_EXIT_VMSAVE,
    SVM_EXIT_STGI,
    SVM_EXIT_CLGI,
    SVM_EXIT_SKINIT,
    SVM_EXIT_RDTSCP,
    SVM_EXIT_ICEBP,
    SVM_EXIT_WBINVD,
    SVM_EXIT_MONITOR,
    SVM_EXIT_MWAIT,
    SVM_EXIT_MWAIT_ARMED,
    SVM_EXIT_XSETBV,
    SVM_EXIT_INVPCID = 0xa2,
    SVM_EXIT_NPF = 0x400,
};

#define SVM_EXIT_INVALID UINT64_MAX

/* EXITINFO1 of a nested page fault, above the error code (15.25.6) */
#define SVM_NPF_FINAL (1ull << 32) /* translating the guest's physical address */
#define SVM_NPF_TABLE (1ull << 33) /* walking the guest's page tables */

/* EXITINFO2 of a task switch (15.14.1) */
#define SVM_TASK_IRET     (1ull << 36)
#define SVM_TASK_JUMP     (1ull << 38)
#define SVM_TASK_HAS_CODE (1ull << 44)
#define SVM_TASK_RF       (1ull << 48)

#endif
