/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The x86 CPU: architectural state, and the object that carries it.
 *
 * Numbers are from the Intel 64 and IA-32 Architectures Software Developer's
 * Manual (SDM) volume 3 and 4, and the AMD64 Architecture Programmer's Manual.
 *
 * Locking: env is written by its own vCPU thread only, or by any thread that
 * holds the BQL while the vCPU is stopped (run_on_cpu otherwise).
 */
#ifndef I386_CPU_H
#define I386_CPU_H

#include "qemu/osdep.h"
#include "exec/hwaddr.h"
#include "exec/target_page.h"
#include "hw/core/cpu.h"
#include "qapi/qapi-types-common.h"
#include "qom/object.h"
#include "target/i386/cpu-features.h"
#include "target/i386/fpu-state.h"
#include "target/i386/msr-index.h"

#define TARGET_LONG_BITS 64

typedef uint64_t target_ulong;
typedef int64_t target_long;

enum {
    R_EAX,
    R_ECX,
    R_EDX,
    R_EBX,
    R_ESP,
    R_EBP,
    R_ESI,
    R_EDI,
    R_R8,
    R_R9,
    R_R10,
    R_R11,
    R_R12,
    R_R13,
    R_R14,
    R_R15,
    CPU_NB_REGS,
};

typedef enum X86Seg {
    R_ES,
    R_CS,
    R_SS,
    R_DS,
    R_FS,
    R_GS,
    X86_NB_SEGS,
    R_LDTR = 6,
    R_TR = 7,
} X86Seg;

/* EFLAGS (SDM vol. 1, 3.4.3) */
#define CC_C         0x0001
#define CC_P         0x0004
#define CC_A         0x0010
#define CC_Z         0x0040
#define CC_S         0x0080
#define CC_O         0x0800
#define CC_ALL       (CC_C | CC_P | CC_A | CC_Z | CC_S | CC_O)
#define EFLAGS_FIXED 0x00000002 /* bit 1 always reads as one */
#define EFLAGS_VALID 0x003f7fd5 /* what exists besides */
#define TF_MASK      0x00000100
#define IF_MASK      0x00000200
#define DF_MASK      0x00000400
#define IOPL_SHIFT   12
#define IOPL_MASK    0x00003000
#define NT_MASK      0x00004000
#define RF_MASK      0x00010000
#define VM_MASK      0x00020000
#define AC_MASK      0x00040000
#define VIF_MASK     0x00080000
#define VIP_MASK     0x00100000
#define ID_MASK      0x00200000

/* Exception vectors (SDM vol. 3, 6.3.1) */
enum {
    EXCP00_DIVZ = 0,
    EXCP01_DB = 1,
    EXCP02_NMI = 2,
    EXCP03_INT3 = 3,
    EXCP04_INTO = 4,
    EXCP05_BOUND = 5,
    EXCP06_ILLOP = 6,
    EXCP07_PREX = 7,
    EXCP08_DBLE = 8,
    EXCP09_XERR = 9,
    EXCP0A_TSS = 10,
    EXCP0B_NOSEG = 11,
    EXCP0C_STACK = 12,
    EXCP0D_GPF = 13,
    EXCP0E_PAGE = 14,
    EXCP10_COPR = 16,
    EXCP11_ALGN = 17,
    EXCP12_MCHK = 18,
    EXCP13_XM = 19,
    EXCP14_VE = 20,
    EXCP15_CP = 21,
};

/* Page fault error code (SDM vol. 3, 4.7) */
#define PG_ERROR_P_MASK    0x01
#define PG_ERROR_W_MASK    0x02
#define PG_ERROR_U_MASK    0x04
#define PG_ERROR_RSVD_MASK 0x08
#define PG_ERROR_I_D_MASK  0x10
#define PG_ERROR_PK_MASK   0x20
#define PG_ERROR_SS_MASK   0x40

/* Segment descriptor, second dword (SDM vol. 3, 3.4.5); SegmentCache.flags uses this layout. */
#define DESC_G_MASK        (1u << 23)
#define DESC_B_SHIFT       22
#define DESC_B_MASK        (1u << DESC_B_SHIFT)
#define DESC_L_SHIFT       21
#define DESC_L_MASK        (1u << DESC_L_SHIFT)
#define DESC_AVL_MASK      (1u << 20)
#define DESC_P_MASK        (1u << 15)
#define DESC_DPL_SHIFT     13
#define DESC_DPL_MASK      (3u << DESC_DPL_SHIFT)
#define DESC_S_MASK        (1u << 12)
#define DESC_TYPE_SHIFT    8
#define DESC_TYPE_MASK     (15u << DESC_TYPE_SHIFT)
#define DESC_A_MASK        (1u << 8)
#define DESC_CS_MASK       (1u << 11) /* 1 = code segment */
#define DESC_C_MASK        (1u << 10) /* code: conforming */
#define DESC_R_MASK        (1u << 9)  /* code: readable */
#define DESC_E_MASK        (1u << 10) /* data: expand down */
#define DESC_W_MASK        (1u << 9)  /* data: writable */
#define DESC_TSS_BUSY_MASK (1u << 9)

/* CR0 */
#define CR0_PE_MASK (1u << 0)
#define CR0_MP_MASK (1u << 1)
#define CR0_EM_MASK (1u << 2)
#define CR0_TS_MASK (1u << 3)
#define CR0_ET_MASK (1u << 4)
#define CR0_NE_MASK (1u << 5)
#define CR0_WP_MASK (1u << 16)
#define CR0_AM_MASK (1u << 18)
#define CR0_NW_MASK (1u << 29)
#define CR0_CD_MASK (1u << 30)
#define CR0_PG_MASK (1u << 31)

/* CR4 */
#define CR4_VME_MASK        (1u << 0)
#define CR4_PVI_MASK        (1u << 1)
#define CR4_TSD_MASK        (1u << 2)
#define CR4_DE_MASK         (1u << 3)
#define CR4_PSE_MASK        (1u << 4)
#define CR4_PAE_MASK        (1u << 5)
#define CR4_MCE_MASK        (1u << 6)
#define CR4_PGE_MASK        (1u << 7)
#define CR4_PCE_MASK        (1u << 8)
#define CR4_OSFXSR_MASK     (1u << 9)
#define CR4_OSXMMEXCPT_MASK (1u << 10)
#define CR4_UMIP_MASK       (1u << 11)
#define CR4_LA57_MASK       (1u << 12)
#define CR4_VMXE_MASK       (1u << 13)
#define CR4_SMXE_MASK       (1u << 14)
#define CR4_FSGSBASE_MASK   (1u << 16)
#define CR4_PCIDE_MASK      (1u << 17)
#define CR4_OSXSAVE_MASK    (1u << 18)
#define CR4_SMEP_MASK       (1u << 20)
#define CR4_SMAP_MASK       (1u << 21)
#define CR4_PKE_MASK        (1u << 22)
#define CR4_CET_MASK        (1u << 23)
#define CR4_PKS_MASK        (1u << 24)

/* DR6 / DR7 */
#define DR6_BD      (1u << 13)
#define DR6_BS      (1u << 14)
#define DR6_BT      (1u << 15)
#define DR6_FIXED_1 0xffff0ff0u
#define DR7_GD      (1u << 13)
#define DR7_FIXED_1 0x00000400u

/* Page table entry */
#define PG_PRESENT_MASK  (1ull << 0)
#define PG_RW_MASK       (1ull << 1)
#define PG_USER_MASK     (1ull << 2)
#define PG_PWT_MASK      (1ull << 3)
#define PG_PCD_MASK      (1ull << 4)
#define PG_ACCESSED_MASK (1ull << 5)
#define PG_DIRTY_MASK    (1ull << 6)
#define PG_PSE_MASK      (1ull << 7)
#define PG_GLOBAL_MASK   (1ull << 8)
#define PG_NX_MASK       (1ull << 63)
#define PG_PKRU_BIT      59

/*
 * env->hflags: everything about the mode that decides how an instruction is
 * decoded, translated or checked, in one word, so that a translated block is
 * valid exactly for one value of it. Derived state: x86_update_hflags()
 * recomputes it from eflags, cr0, cr4, efer, xcr0 and the segment caches
 * after any of them changed (but for HF_INHIBIT_IRQ, which is itself state).
 */
#define HF_CPL_MASK    (3u << 0)
#define HF_INHIBIT_IRQ (1u << 2) /* interrupt shadow of STI / MOV SS / POP SS */
#define HF_CS32        (1u << 3) /* 32-bit default operand and address size */
#define HF_SS32        (1u << 4) /* 32-bit stack pointer */
#define HF_CS64        (1u << 5) /* 64-bit code segment active */
#define HF_LMA         (1u << 6) /* long mode active (64-bit or compatibility) */
#define HF_PE          (1u << 7)
#define HF_VM          (1u << 8)  /* virtual-8086 */
#define HF_ADDSEG      (1u << 9)  /* a base of CS, DS, ES or SS is not 0: add segment bases */
#define HF_SEGLIMIT    (1u << 10) /* a limit or type of CS/DS/ES/SS must be checked per access */
#define HF_MP          (1u << 11)
#define HF_EM          (1u << 12)
#define HF_TS          (1u << 13)
#define HF_TF          (1u << 14)
#define HF_OSFXSR      (1u << 15)
#define HF_AVX_EN      (1u << 16) /* CR4.OSXSAVE and XCR0 has SSE|AVX */
#define HF_AVX512_EN   (1u << 17) /* and opmask|ZMM_Hi256|Hi16_ZMM */
#define HF_SMM         (1u << 18)
#define HF_SMAP        (1u << 19) /* CR4.SMAP */
#define HF_AC          (1u << 20) /* EFLAGS.AC (SMAP override / alignment check) */
#define HF_UMIP        (1u << 21)
#define HF_IOBPT       (1u << 22) /* an I/O breakpoint is armed in DR7 */
#define HF_ALIGNCHECK  (1u << 23) /* CR0.AM && AC && CPL == 3 */
#define HF_AMX_EN      (1u << 24)
#define HF_GUEST       (1u << 25) /* running a guest of SVM: between VMRUN and #VMEXIT */

/* hflags2: state of the processor that no block depends on. */
#define HF2_NMI_BLOCKED    (1u << 0)
#define HF2_SMM_INSIDE_NMI (1u << 1)
#define HF2_GIF_CLEAR      (1u << 2) /* SVM's global interrupt flag is clear */
#define HF2_HOST_IF        (1u << 3) /* RFLAGS.IF of the host of HF_GUEST */
#define HF2_SMM_IN_GUEST   (1u << 4) /* RSM goes back to a guest */

typedef struct SegmentCache {
    uint32_t selector;
    uint32_t flags; /* second dword of the descriptor, DESC_* */
    uint64_t base;
    uint32_t limit; /* byte-granular, scaled by G */
} SegmentCache;

#define MTRR_FIXED_NUM 11
#define MTRR_VAR_MAX   8
/* Format of last branch records in IA32_PERF_CAPABILITIES. */
#define LBR_FMT_MASK  0x3full
#define LBR_FMT_HOST  (~LBR_FMT_MASK)

#define MCE_BANKS_DEF 10

typedef struct X86MTRRVar {
    uint64_t base, mask;
} X86MTRRVar;

typedef struct X86TLB X86TLB; /* target/i386/tcg/tlb.h */
typedef struct X86TLBSlot X86TLBSlot;
typedef struct X86JitCPU X86JitCPU; /* target/i386/tcg/jit/, per-vCPU translator state */

/*
 * The smallest TLB: one entry per memory access in translated code (some share
 * one), so that an access that stays in its page needs no look-up by address.
 * One for loads and one for stores, for each MMU index. Only aligned accesses
 * hit: the bits that would be lost are part of what is compared.
 */
#define X86_TLB_MICRO_CLASSES 7   /* by size of the access: 1 << class */
#define X86_TLB_MICRO_SIZE    312 /* of all classes together, see jit/gen-mem.c */
#define X86_TLB_MICRO_SETS    2   /* loads, stores */
#define X86_TLB_MICRO_TOTAL   (X86_TLB_MICRO_SETS * X86_TLB_MICRO_SIZE)

typedef struct X86TLBMicro {
    uint64_t ntag[X86_TLB_MICRO_TOTAL]; /* -1 - (page number << class); 0: unused */
    uintptr_t addend[X86_TLB_MICRO_TOTAL];
    uint64_t misses[X86_TLB_MICRO_TOTAL]; /* counts down to the next look at how fast they come */
    uint64_t since[X86_TLB_MICRO_TOTAL];  /* host TSC at the last one */
} X86TLBMicro;

/*
 * What translated code reaches in the vCPU's state beyond the registers. What it stores often is
 * at the end: no field that it loads lies a multiple of 1024 bytes from one of those, nor from
 * what it stores in CPUX86State: see gen_aliases() in tcg/jit/gen-mem.c.
 */
typedef struct X86JitHot {
    uint64_t host_rsp;   /* the thread's stack while translated code runs */
    const void *resume;  /* where to continue after a call to C */
    const void *jumps;   /* jump cache of the current mode */
    uint64_t held[2];    /* what the two scratch registers have there: JitInsn.held */
    uint64_t index_mask; /* constants for PEXT: TLB index, page number, jump cache index */
    uint64_t page_mask;
    uint64_t aligned_mask[X86_TLB_MICRO_CLASSES]; /* page number and bits below the size */
    uint64_t jump_low, jump_high;
    uint64_t bit[3];          /* 1, 2, 4 */
    uint64_t not_user;        /* bits that a canonical address has all clear or all set */
    uint64_t not_user_plus_1; /* bits of PEXT of that + 1 that are 0 then */
    uint64_t without_if;      /* all bits but EFLAGS.IF, all but EFLAGS.DF */
    uint64_t without_df;
    uint64_t status_flags; /* CC_ALL */
    uint64_t pushed_flags; /* what PUSHF takes from env->eflags */
    int64_t ticks_offset;  /* see cpus_get_ticks_offset() */
    uint8_t slow_ticks;    /* it has none */
    uint64_t minus_looked; /* see x86_look_at_timers() */
    uint64_t look_again;   /* constant for PEXT: bits that a difference worth a look has */
    uint64_t spins;        /* PAUSE instructions until x86_spun() */
    uint16_t flags;        /* AH: as LAHF, AL: OF */
    uint8_t fpu_parked;    /* vector state is in env->fpu, not in the host's registers */
    uint8_t window;        /* user code of this address space has the window: tcg/window.h */
    uint8_t fault;         /* X86WindowFault of the access that was refused last */
    uint64_t fault_host;
    uint64_t window_faulted; /* page of a fault that the guest is handling, | 2, | 1: a store */
    uint64_t window_mask[2]; /* constants for PDEP: addresses of its two ranges */
    uint64_t window_low;     /* undoes the base of GS */
    uint64_t temp, target;   /* between the two look-ups of an instruction */
    uint64_t refill_address, refill_addend;
    uint64_t address; /* of the operand that is being looked up */
    uint64_t pcbase;  /* eip of the code's page: eip - offset in the page */
} X86JitHot;

/* Words of intercepts in a VMCB; bit n of word w belongs to exit code 32 * w + n. */
#define X86_SVM_INTERCEPTS 6

/* SVM (AMD64 APM volume 2, chapter 15): what VMRUN took from the VMCB. */
typedef struct X86SVMState {
    uint64_t hsave_pa; /* MSR VM_HSAVE_PA */
    uint64_t vm_cr;    /* MSR VM_CR */
    uint64_t vmcb;     /* physical address; the rest counts with HF_GUEST only */
    uint32_t intercept[X86_SVM_INTERCEPTS];
    uint64_t iopm, msrpm;
    uint64_t tsc_offset;
    uint64_t int_ctl; /* V_TPR, V_IRQ ... as in the VMCB */
    uint64_t virt_ext;
    bool nested_paging;
    uint64_t ncr3;
    uint64_t nested_cr4; /* how the nested tables are walked: the host's CR4 and EFER */
    uint64_t nested_efer;
    uint64_t host_pat;
    uint64_t delivering; /* event that is being delivered, as in EXITINTINFO; 0: none */
    uint64_t inject;     /* event that VMRUN has to deliver */
    uint64_t inject_rip; /* and where it returns to */
    /* Between an intercept and the #VMEXIT for it. */
    uint64_t exit_code, exit_info1, exit_info2, exit_next_rip;
    uint64_t fault_address; /* of an intercepted page fault */
} X86SVMState;

/* Blocks of code entered last that the story of a triple fault has; a power of two. */
#define X86_STORY_BLOCKS 16

typedef struct CPUArchState {
    /*
     * Hot part. Translated code reaches it with short displacements from the
     * host stack pointer (docs/devel/translator.md), so new fields go below.
     */
    uint64_t regs[CPU_NB_REGS];
    uint64_t eip;      /* offset in CS of the current instruction */
    uint64_t next_eip; /* see X86InterpFn in tcg/decode.h */
    uint64_t eflags;   /* all flags, always materialized outside translated code */
    uint32_t hflags;
    uint32_t hflags2;

    SegmentCache segs[X86_NB_SEGS];
    SegmentCache ldt, tr;
    SegmentCache gdt, idt; /* base and limit only */
    uint64_t cr[5];        /* cr[1] unused; CR8 lives in the local APIC (TPR) */
    uint64_t dr[8];        /* dr[4], dr[5] unused */
    uint64_t efer;
    uint64_t xcr0;
    uint64_t xss;
    uint32_t pkru;
    uint32_t pkrs;

    /* Exception being delivered; valid between raise and delivery. */
    int error_code;
    bool exception_has_error_code;
    uint8_t exception_is_int; /* 0: a fault; 1: INT n, INT3, INTO; 2: INT1 */
    uint64_t exception_next_eip;
    int old_exception; /* for double fault detection: -1 none */
    uint64_t pdptr[4]; /* PAE: loaded by MOV CR3, not walked */

    /* Vector and x87 state, always in this area when not in translated code. */
    X86FPUState fpu QEMU_ALIGNED(64);

    /* MSRs */
    uint64_t star, lstar, cstar, fmask, kernelgsbase;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
    uint64_t tsc_offset; /* guest TSC = cpus virtual TSC + offset */
    uint64_t tsc_adjust, tsc_aux, tsc_deadline;
    uint64_t pat;
    uint64_t mtrr_fixed[MTRR_FIXED_NUM];
    uint64_t mtrr_deftype;
    X86MTRRVar mtrr_var[MTRR_VAR_MAX];
    uint64_t mcg_cap, mcg_status, mcg_ctl, mcg_ext_ctl;
    uint64_t mce_banks[MCE_BANKS_DEF * 4]; /* CTL, STATUS, ADDR, MISC */
    uint64_t msr_misc_enable, msr_feature_control, msr_smi_count;
    uint64_t msr_spec_ctrl, msr_virt_ssbd, msr_tsx_ctrl, msr_arch_capabilities;
    uint64_t msr_bndcfgs, msr_xfd, msr_xfd_err, msr_debugctl, msr_hwcr;
    uint64_t msr_branch_from, msr_branch_to; /* the last branch while DEBUGCTL.LBR was set */
    uint64_t msr_int_from, msr_int_to; /* and the one before the last interrupt or exception */
    uint64_t msr_u_cet, msr_s_cet, msr_pl_ssp[4], msr_int_ssp_tab;
    uint64_t msr_umwait, msr_pkrs;
    uint64_t smbase;
    uint64_t a20_mask; /* ANDed to physical addresses: bit 20 is clear while A20 is masked */
    /* KVM paravirtual interface */
    uint64_t kvm_wall_clock_msr, kvm_system_time_msr, kvm_async_pf_en_msr, kvm_async_pf_int_msr;
    uint64_t kvm_pv_eoi_en_msr, kvm_steal_time_msr, kvm_poll_control_msr;
    /* Hyper-V interface */
    uint64_t hv_guest_os_id, hv_hypercall, hv_reference_tsc, hv_vp_assist_page;

    /* Events pending for delivery at the next instruction boundary (also migrated). */
    int32_t interrupt_injected; /* external vector accepted but not delivered, -1 none (KVM) */
    uint8_t nmi_pending, nmi_injected, soft_interrupt, has_error_code;
    uint8_t exception_pending, exception_injected, exception_has_payload;
    int32_t exception_nr;
    uint64_t exception_payload;
    uint32_t sipi_vector;
    uint8_t smi_pending;
    bool triple_fault_pending;

    X86SVMState svm;

    /* MONITOR/MWAIT */
    bool monitor_armed;
    uint64_t monitor_paddr;
    struct X86CodeTrack *monitor_track; /* (A) of the monitored page; NULL: it cannot be watched */
    uint32_t monitor_gen;               /* of it, when MONITOR was executed */
    bool monitor_hit;                   /* (A) there was a store while it slept in MWAIT */
    bool mwait_irq; /* it sleeps there, and interrupts that are masked wake it */

    /* CPUID as configured; not migrated, checked instead. Filled by cpu.c. */
    uint32_t cpuid_level, cpuid_xlevel, cpuid_xlevel2;
    uint32_t cpuid_min_level, cpuid_min_xlevel, cpuid_min_xlevel2;
    uint32_t cpuid_max_level, cpuid_max_xlevel, cpuid_max_xlevel2;
    uint32_t cpuid_min_level_func7, cpuid_max_level_func7, cpuid_level_func7;
    uint32_t cpuid_vendor1, cpuid_vendor2, cpuid_vendor3;
    uint32_t cpuid_version;
    uint32_t cpuid_model[12];
    FeatureWordArray features;      /* what the guest sees */
    FeatureWordArray user_features; /* what the user set by name, on or off */
    int64_t tsc_khz, user_tsc_khz;

    DeviceState *apic_state; /* local APIC, NULL without one */

    /* TCG only; reset and owned by target/i386/tcg. */
    X86TLB *tlb;
    X86TLBSlot *tlb_slot; /* the slot of @tlb that the current address space uses */
    bool checks_offsets;  /* offsets from FS and GS must be canonical by themselves */
    uint64_t dr6_pending; /* DR6 bits of traps to deliver after this instruction */
    X86JitCPU *jit;
    X86JitHot jit_hot;
    struct {
        int64_t since;      /* host ticks when jit_hot.spins was set last */
        int64_t keep_until; /* no yield before that */
    } spin;
    X86TLBMicro tlb_micro;
    struct {
        uint64_t entered; /* how many blocks, while the log would tell */
        uint64_t mask;    /* X86_STORY_BLOCKS - 1 */
        uint64_t pc[X86_STORY_BLOCKS];
    } story; /* of a triple fault: tcg/fault-story.h */
} CPUX86State;

typedef struct CPUCaches CPUCaches;     /* target/i386/cpu-model.h */
typedef struct X86CPUModel X86CPUModel; /* target/i386/cpu-model.h */

/*
 * X86CPU: one logical processor.
 *
 * jit_stack lies directly below env: translated code runs with the host stack
 * pointer at &env, so that call instructions in it push their return address
 * there. Nothing but translated code and its assembly thunks uses it.
 */
typedef struct ArchCPU {
    CPUState parent_obj;

    uint8_t jit_stack[1024] QEMU_ALIGNED(64);
    CPUX86State env QEMU_ALIGNED(64);

    /* configuration (properties) */
    uint32_t apic_id;
    int32_t node_id, socket_id, die_id, module_id, core_id, thread_id;
    bool check_cpuid, enforce_cpuid, force_features, expose_kvm, expose_tcg;
    bool migratable;
    bool enable_pmu, enable_lmce, enable_l3_cache, cache_info_passthrough, legacy_cache;
    bool legacy_multi_node, consistent_cache, l1_cache_per_core;
    bool vendor_cpuid_only, vendor_cpuid_only_v2, amd_topoext_features_only;
    bool arch_cap_always_on, pdcm_on_even_without_pmu;
    bool host_phys_bits, fill_mtrr_mask, enable_cpuid_0xb, force_cpuid_0x1f;
    bool migrate_smi_count, kvm_pv_enforce_cpuid, vmware_cpuid_freq;
    uint8_t host_phys_bits_limit;
    uint8_t avx10_version;
    uint32_t phys_bits;       /* 0: chosen at realize */
    uint32_t guest_phys_bits; /* UINT32_MAX: chosen at realize */
    uint64_t ucode_rev;       /* 0: the accelerator's default */
    uint64_t lbr_fmt;         /* LBR_FMT_HOST: as the host has it, off without pmu */
    bool lmce_set;

    /* Hyper-V interface; target/i386/hyperv.h */
    uint64_t hyperv_features; /* one bit per hv-* switch */
    uint32_t hyperv_spinlock_attempts;
    OnOffAuto hyperv_no_nonarch_cs;
    bool hyperv_passthrough, hyperv_enforce_cpuid, xen_vapic;
    int32_t hv_max_vps;
    char *hyperv_vendor;
    uint32_t hyperv_ver_id_build, hyperv_ver_id_sp, hyperv_ver_id_sn;
    uint16_t hyperv_ver_id_major, hyperv_ver_id_minor;
    uint8_t hyperv_ver_id_sb;

    /* Topology of the package; set by the machine before realize, 0 counts as 1. */
    uint32_t nr_dies, nr_modules, nr_cores, nr_threads; /* each per the next larger one */

    /* derived at realize */
    FeatureWordArray filtered_features; /* asked for, but not available */
    const CPUCaches *caches;            /* what CPUID describes; NULL: the traditional ones */
    uint64_t xsave_components;          /* XCR0 | XSS bits that the features call for */
    uint32_t mwait[4];                  /* CPUID 05H */
    bool kvm_no_smi_migration;

    /* wiring */
    MemoryRegion *cpu_as_root, *cpu_as_mem, *smram;
    Notifier machine_done;
} X86CPU;

/* What a CPU class stands for. */
typedef enum X86CPUKind {
    X86_CPU_NAMED, /* a model of builtin_x86_defs */
    X86_CPU_BASE,  /* nothing but what is switched on by name */
    X86_CPU_MAX,   /* all that the accelerator can do here */
    X86_CPU_HOST,  /* the same, and it presents itself as the host's processor */
} X86CPUKind;

typedef struct X86CPUClass {
    CPUClass parent_class;
    X86CPUKind kind;
    const X86CPUModel *model; /* NULL but for X86_CPU_NAMED */
    const char *model_description;
    int ordering; /* in -cpu help */
    DeviceRealize parent_realize;
    DeviceUnrealize parent_unrealize;
    ResettablePhases parent_phases;
} X86CPUClass;

#define TYPE_X86_CPU            "x86_64-cpu"
#define X86_CPU_TYPE_SUFFIX     "-" TYPE_X86_CPU
#define X86_CPU_TYPE_NAME(name) (name X86_CPU_TYPE_SUFFIX)
OBJECT_DECLARE_CPU_TYPE(X86CPU, X86CPUClass, X86_CPU)

static inline X86CPU *env_archcpu(CPUX86State *env)
{
    return container_of(env, X86CPU, env);
}

static inline CPUState *env_cpu(CPUX86State *env)
{
    return &env_archcpu(env)->parent_obj;
}

static inline CPUX86State *cpu_env(CPUState *cs)
{
    return &((X86CPU *)cs)->env;
}

static inline int x86_cpl(const CPUX86State *env)
{
    return env->hflags & HF_CPL_MASK;
}

/* Interrupt request bits of CPUState.interrupt_request beyond the common ones. */
#define CPU_INTERRUPT_POLL 0x0010 /* the local APIC has work the vCPU thread must look at */
#define CPU_INTERRUPT_SMI  0x0020
#define CPU_INTERRUPT_NMI  0x0040
#define CPU_INTERRUPT_MCE  0x0080
#define CPU_INTERRUPT_SIPI 0x0100
#define CPU_INTERRUPT_TPR  0x0200
#define CPU_INTERRUPT_INIT 0x0400
#define CPU_INTERRUPT_VIRQ 0x0800 /* a virtual interrupt of SVM waits */

/* V_INTR_MASKING of int_ctl: the host's flag masks interrupts, the guest has a TPR of its own. */
#define X86_SVM_V_INTR_MASKING (1ull << 24)

static inline bool x86_virtual_tpr(const CPUX86State *env)
{
    return (env->hflags & HF_GUEST) && (env->svm.int_ctl & X86_SVM_V_INTR_MASKING);
}

/* Does the processor take interrupts from the local APIC? */
static inline bool x86_takes_interrupts(const CPUX86State *env)
{
    return x86_virtual_tpr(env) ? env->hflags2 & HF2_HOST_IF : env->eflags & IF_MASK;
}

/* What of @req the global interrupt flag of SVM lets through. */
static inline uint32_t x86_gif_visible(const CPUX86State *env, uint32_t req)
{
    const uint32_t held = CPU_INTERRUPT_HARD | CPU_INTERRUPT_NMI | CPU_INTERRUPT_SMI |
                          CPU_INTERRUPT_INIT | CPU_INTERRUPT_VIRQ | CPU_INTERRUPT_MCE;

    return env->hflags2 & HF2_GIF_CLEAR ? req & ~held : req;
}

/*
 * Resolves model, dependencies, levels and register state components of @cpu
 * to what the guest would be shown, before any filtering. Also for the monitor.
 */
bool x86_cpu_expand_features(X86CPU *cpu, Error **errp);
/*
 * Clears from env->features what the accelerator or the host lacks, into
 * filtered_features; with @verbose a warning for each. True if there was any.
 */
bool x86_cpu_filter_features(X86CPU *cpu, bool verbose);
/* What the accelerator can offer of a word, on this host. */
uint64_t x86_cpu_get_supported_feature_word(X86CPU *cpu, FeatureWord w);
/* Names of the features in filtered_features, sorted; g_strfreev(). */
char **x86_cpu_unavailable_features(X86CPU *cpu);
/* Which version the unversioned names stand for: a number, CPU_VERSION_LATEST or _AUTO (1). */
void x86_cpu_set_default_version(int version);
/* `-cpu help`. */
void x86_cpu_list(void);
/* `-cpu MODEL,help`: its properties with type, sorted. */
void x86_cpu_list_properties(ObjectClass *oc);
/* "qemu64" of the class; and the version that it stands for, NULL if that is its own name.
 * g_free(). */
char *x86_cpu_class_get_model_name(X86CPUClass *xcc);
char *x86_cpu_class_get_alias_of(X86CPUClass *xcc);
/* What an accelerator sets on each new CPU before the user's choices; ends with {}. */
typedef struct X86PropDefault {
    const char *prop, *value;
} X86PropDefault;
void x86_cpu_apply_props(X86CPU *cpu, const X86PropDefault *props);

/* "AuthenticAMD" or "HygonGenuine"; Intel; Zhaoxin's two. */
bool x86_cpu_is_amd(const CPUX86State *env);
bool x86_cpu_is_intel(const CPUX86State *env);
bool x86_cpu_is_zhaoxin(const CPUX86State *env);

/* Recompute env->hflags from the registers it is derived from. vCPU thread or stopped. */
void x86_update_hflags(CPUX86State *env);

/*
 * CPUID as the guest sees it: leaf @index, sub-leaf @count. No lock; depends
 * only on configuration and on CR4/XCR0 of @env.
 */
void cpu_x86_cpuid(CPUX86State *env, uint32_t index, uint32_t count, uint32_t *eax, uint32_t *ebx,
                   uint32_t *ecx, uint32_t *edx);

/* Control register, EFER and debug register writes with all side effects but faults. */
void cpu_x86_update_cr0(CPUX86State *env, uint32_t new_cr0);
void cpu_x86_update_cr3(CPUX86State *env, uint64_t new_cr3);
void cpu_x86_update_cr4(CPUX86State *env, uint32_t new_cr4);
void cpu_x86_set_efer(CPUX86State *env, uint64_t val);
void cpu_x86_update_dr7(CPUX86State *env, uint32_t new_dr7);

/* The A20 gate: with 0 bit 20 of physical addresses is masked. BQL held. */
void x86_cpu_set_a20(X86CPU *cpu, int a20_state);

/* Load a segment cache as is (no checks) and update hflags. */
void cpu_x86_load_seg_cache(CPUX86State *env, X86Seg seg, unsigned selector, uint64_t base,
                            unsigned limit, unsigned flags);

/* SIPI: start at @vector << 12 in real mode. vCPU thread. */
void cpu_x86_load_seg_cache_sipi(X86CPU *cpu, uint8_t sipi_vector);
/* INIT: the part of reset that INIT performs (SDM vol. 3, table 9-1). vCPU thread. */
void do_cpu_init(X86CPU *cpu);
void do_cpu_sipi(X86CPU *cpu);

/* Local APIC and PIC: vector of the interrupt to take now, -1 if none. BQL held. */
int cpu_get_pic_interrupt(CPUX86State *env);

/* Guest TSC of this vCPU in cycles. Any thread. */
uint64_t cpu_get_tsc(CPUX86State *env);

/* MSR access shared by TCG, KVM get/put and the monitor; false: #GP. vCPU thread. */
bool x86_cpu_rdmsr(CPUX86State *env, uint32_t index, uint64_t *val);
bool x86_cpu_wrmsr(CPUX86State *env, uint32_t index, uint64_t val);

/* Page-table walk without side effects, for debuggers; -1 if not mapped. */
hwaddr x86_cpu_get_phys_page_attrs_debug(CPUState *cs, vaddr addr, MemTxAttrs *attrs);

/* Does the firmware start on this one? BQL held or vCPU thread. */
bool cpu_is_bsp(X86CPU *cpu);

/* Size in bytes of an XSAVE area that holds @components (XCR0 | XSS bits). */
uint32_t x86_xsave_area_size(uint64_t components, bool compacted);

/* Text of the registers. BQL held, vCPU stopped or own thread. */
void x86_cpu_dump_state(CPUState *cs, CPUDumpSink emit, void *opaque, int flags);

extern const VMStateDescription vmstate_x86_cpu;

#endif
