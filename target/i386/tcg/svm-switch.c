/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * World switches of SVM: VMRUN and #VMEXIT. AMD64 APM volume 2, 15.5 (VMRUN),
 * 15.6 (#VMEXIT), 15.20 (event injection), 15.25.3 (nested paging).
 *
 * The host's state goes to the page that VM_HSAVE_PA names, in the layout of a
 * VMCB's state save area, so that it is part of the machine's memory.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "exec/address-space.h"
#include "target/i386/msr-index.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/mmu.h"
#include "target/i386/tcg/seg.h"
#include "target/i386/tcg/svm-vmcb.h"
#include "target/i386/tcg/svm.h"
#include "target/i386/tcg/tlb.h"

/* A control block or save area in physical memory. */
typedef struct Block {
    CPUX86State *env;
    hwaddr base;
} Block;

static uint64_t get(const Block *b, unsigned offset)
{
    return address_space_ldq(x86_address_space(b->env), b->base + offset, x86_mem_attrs(b->env),
                             NULL);
}

static void put(const Block *b, unsigned offset, uint64_t val)
{
    address_space_stq(x86_address_space(b->env), b->base + offset, val, x86_mem_attrs(b->env),
                      NULL);
}

/* ---- segments ---- */

static const struct {
    uint16_t offset;
    uint8_t seg;
} switched[] = {{VMCB_ES, R_ES}, {VMCB_CS, R_CS}, {VMCB_SS, R_SS}, {VMCB_DS, R_DS}};

/* ---- what both worlds have in their save areas ---- */

static void save_state(const Block *b, uint64_t rip)
{
    CPUX86State *env = b->env;

    for (size_t i = 0; i < ARRAY_SIZE(switched); i++) {
        x86_save_segment(env, b->base + switched[i].offset, &env->segs[switched[i].seg]);
    }
    x86_save_segment(env, b->base + VMCB_GDTR, &env->gdt);
    x86_save_segment(env, b->base + VMCB_IDTR, &env->idt);
    put(b, VMCB_EFER, env->efer);
    put(b, VMCB_CR4, env->cr[4]);
    put(b, VMCB_CR3, env->cr[3]);
    put(b, VMCB_CR0, env->cr[0]);
    put(b, VMCB_RFLAGS, env->eflags);
    put(b, VMCB_RIP, rip);
    put(b, VMCB_RSP, env->regs[R_ESP]);
    put(b, VMCB_RAX, env->regs[R_EAX]);
}

/* As it is written, without the checks of MOV CR; the caller has made its own. */
static void load_control_registers(CPUX86State *env, uint64_t cr0, uint64_t cr3, uint64_t cr4,
                                   uint64_t efer)
{
    bool long_mode = (efer & MSR_EFER_LME) && (cr0 & CR0_PG_MASK);

    env->efer = long_mode ? efer | MSR_EFER_LMA : efer & ~(uint64_t)MSR_EFER_LMA;
    env->cr[0] = (uint32_t)cr0 | CR0_ET_MASK;
    env->cr[4] = cr4;
    env->cr[3] = cr3;
    x86_tlb_flush_all(env);
    x86_tlb_switch(env, cr4 & CR4_PCIDE_MASK ? cr3 & 0xfff : 0, false);
}

static void load_state(const Block *b)
{
    CPUX86State *env = b->env;

    for (size_t i = 0; i < ARRAY_SIZE(switched); i++) {
        x86_load_segment(env, b->base + switched[i].offset, &env->segs[switched[i].seg]);
    }
    x86_load_segment(env, b->base + VMCB_GDTR, &env->gdt);
    x86_load_segment(env, b->base + VMCB_IDTR, &env->idt);
    env->eflags = (get(b, VMCB_RFLAGS) & EFLAGS_VALID) | EFLAGS_FIXED;
    env->eip = env->next_eip = get(b, VMCB_RIP);
    env->regs[R_ESP] = get(b, VMCB_RSP);
    env->regs[R_EAX] = get(b, VMCB_RAX);
}

/* Of worlds that have branch records of their own (15.23); otherwise they are shared. */
static void save_branches(const Block *b)
{
    const CPUX86State *env = b->env;

    if (env->svm.virt_ext & SVM_V_LBR) {
        put(b, VMCB_DEBUGCTL, env->msr_debugctl);
        put(b, VMCB_BRANCH_FROM, env->msr_branch_from);
        put(b, VMCB_BRANCH_TO, env->msr_branch_to);
        put(b, VMCB_INT_FROM, env->msr_int_from);
        put(b, VMCB_INT_TO, env->msr_int_to);
    }
}

static void load_branches(const Block *b)
{
    CPUX86State *env = b->env;

    if (env->svm.virt_ext & SVM_V_LBR) {
        env->msr_debugctl = get(b, VMCB_DEBUGCTL) & (DEBUGCTL_LBR | DEBUGCTL_BTF);
        env->msr_branch_from = get(b, VMCB_BRANCH_FROM);
        env->msr_branch_to = get(b, VMCB_BRANCH_TO);
        env->msr_int_from = get(b, VMCB_INT_FROM);
        env->msr_int_to = get(b, VMCB_INT_TO);
    }
}

static bool has_pdptes(const CPUX86State *env)
{
    return (env->cr[0] & CR0_PG_MASK) && (env->cr[4] & CR4_PAE_MASK) && !(env->efer & MSR_EFER_LMA);
}

/* ---- VMRUN ---- */

/* Bits of EFER that can be set; EFER.LMA is computed. */
static bool efer_valid(CPUX86State *env, uint64_t efer)
{
    uint32_t ext = env->features[FEAT_8000_0001_EDX];
    uint64_t allowed = MSR_EFER_SVME | MSR_EFER_SCE | MSR_EFER_NXE;

    allowed |= ext & CPUID_EXT2_LM ? MSR_EFER_LME | MSR_EFER_LMA : 0;
    allowed |= ext & CPUID_EXT2_FFXSR ? MSR_EFER_FFXSR : 0;
    return (efer & MSR_EFER_SVME) && !(efer & ~allowed);
}

static bool event_valid(uint64_t event)
{
    unsigned type = event >> SVM_EVENT_TYPE_SHIFT & 7, vector = event & SVM_EVENT_VECTOR;

    if (!(event & SVM_EVENT_VALID)) {
        return true;
    }
    if (type == SVM_EVENT_EXCEPTION) {
        return vector < 32 && vector != EXCP02_NMI;
    }
    return type == SVM_EVENT_INTR || type == SVM_EVENT_NMI || type == SVM_EVENT_SOFT_INT;
}

/* The map at @addr is in the physical address space. */
static bool map_valid(CPUX86State *env, uint64_t addr)
{
    return (addr & ~0xfffull) <= x86_phys_mask(env) - (VMCB_MAP_SIZE - 1);
}

/* 15.5.1, "Canonicalization and Consistency Checks". */
static bool guest_state_valid(const Block *b)
{
    CPUX86State *env = b->env;
    uint64_t cr0 = get(b, VMCB_CR0), cr3 = get(b, VMCB_CR3), cr4 = get(b, VMCB_CR4);
    uint64_t efer = get(b, VMCB_EFER);
    bool paging_64 = (efer & MSR_EFER_LME) && (cr0 & CR0_PG_MASK);
    SegmentCache cs;

    x86_load_segment(env, b->base + VMCB_CS, &cs);
    if (!efer_valid(env, efer) || cr0 >> 32 || ((cr0 & CR0_NW_MASK) && !(cr0 & CR0_CD_MASK)) ||
        (cr4 & ~x86_cr4_writable(env)) || get(b, VMCB_DR6) >> 32 || get(b, VMCB_DR7) >> 32) {
        return false;
    }
    if (paging_64 && (!(cr4 & CR4_PAE_MASK) || !(cr0 & CR0_PE_MASK) ||
                      (cs.flags & DESC_L_MASK && cs.flags & DESC_B_MASK))) {
        return false;
    }
    return !(cr3 & ~x86_phys_mask(env));
}

static bool controls_valid(const Block *b)
{
    CPUX86State *env = b->env;
    bool nested = get(b, VMCB_NESTED) & SVM_NESTED_PAGING;

    if (!x86_svm_intercepts(env, SVM_EXIT_VMRUN) || !(uint32_t)get(b, VMCB_ASID) ||
        !event_valid(get(b, VMCB_EVENTINJ))) {
        return false;
    }
    if ((x86_svm_intercepts(env, SVM_EXIT_IOIO) && !map_valid(env, get(b, VMCB_IOPM))) ||
        (x86_svm_intercepts(env, SVM_EXIT_MSR) && !map_valid(env, get(b, VMCB_MSRPM)))) {
        return false;
    }
    if (!nested) {
        return true;
    }
    return (env->features[FEAT_SVM] & CPUID_SVM_NPT) && (env->cr[0] & CR0_PG_MASK) &&
           !(get(b, VMCB_NCR3) & ~x86_phys_mask(env));
}

static void load_controls(const Block *b)
{
    CPUX86State *env = b->env;
    X86SVMState *svm = &env->svm;

    for (unsigned i = 0; i < X86_SVM_INTERCEPTS; i++) {
        svm->intercept[i] = get(b, VMCB_INTERCEPTS + i * 4);
    }
    svm->vmcb = b->base;
    svm->iopm = get(b, VMCB_IOPM) & ~0xfffull;
    svm->msrpm = get(b, VMCB_MSRPM) & ~0xfffull;
    svm->tsc_offset = get(b, VMCB_TSC_OFFSET);
    svm->int_ctl = get(b, VMCB_INT_CTL);
    if (!(env->features[FEAT_SVM] & CPUID_SVM_VGIF)) {
        svm->int_ctl &= ~SVM_V_GIF_ENABLE;
    }
    svm->virt_ext = get(b, VMCB_VIRT_EXT);
    if (!(env->features[FEAT_SVM] & CPUID_SVM_V_VMSAVE_VMLOAD)) {
        svm->virt_ext &= ~SVM_V_VMLOAD;
    }
    if (!(env->features[FEAT_SVM] & CPUID_SVM_LBRV)) {
        svm->virt_ext &= ~SVM_V_LBR;
    }
    svm->nested_paging = get(b, VMCB_NESTED) & SVM_NESTED_PAGING;
    svm->ncr3 = get(b, VMCB_NCR3);
    svm->nested_cr4 = env->cr[4];
    svm->nested_efer = env->efer;
    svm->delivering = svm->inject = 0;
}

/* A word of the guest's own mode: no more than CPL 0 in real mode, 3 in virtual-8086 mode. */
static void load_cpl(const Block *b)
{
    CPUX86State *env = b->env;
    unsigned cpl = get(b, VMCB_CPL) & 3;

    env->segs[R_SS].flags = (env->segs[R_SS].flags & ~DESC_DPL_MASK) | (uint32_t)cpl
                                                                           << DESC_DPL_SHIFT;
}

static void set_virq_request(CPUX86State *env)
{
    if (env->svm.int_ctl & SVM_V_IRQ) {
        qatomic_or(&env_cpu(env)->interrupt_request, CPU_INTERRUPT_VIRQ);
    } else {
        cpu_reset_interrupt(env_cpu(env), CPU_INTERRUPT_VIRQ);
    }
}

static void enter_guest(const Block *b)
{
    CPUX86State *env = b->env;
    X86SVMState *svm = &env->svm;
    uint64_t event = get(b, VMCB_EVENTINJ);

    env->hflags2 =
        (env->hflags2 & ~(HF2_HOST_IF | HF2_GIF_CLEAR)) | (env->eflags & IF_MASK ? HF2_HOST_IF : 0);
    env->hflags = (env->hflags | HF_GUEST) & ~HF_INHIBIT_IRQ;
    if (get(b, VMCB_INT_STATE) & SVM_INT_SHADOW) {
        env->hflags |= HF_INHIBIT_IRQ;
    }
    load_state(b);
    load_cpl(b);
    env->cr[2] = get(b, VMCB_CR2);
    env->dr[6] = (get(b, VMCB_DR6) & 0xe00f) | DR6_FIXED_1;
    if (svm->nested_paging) {
        svm->host_pat = env->pat;
        env->pat = get(b, VMCB_G_PAT);
    }
    load_control_registers(env, get(b, VMCB_CR0), get(b, VMCB_CR3), get(b, VMCB_CR4),
                           get(b, VMCB_EFER));
    cpu_x86_update_dr7(env, get(b, VMCB_DR7));
    load_branches(b);
    x86_update_hflags(env);
    set_virq_request(env);
    if (event & SVM_EVENT_VALID) {
        svm->inject = event;
        svm->inject_rip = env->eip;
        if ((event >> SVM_EVENT_TYPE_SHIFT & 7) == SVM_EVENT_SOFT_INT &&
            (env->features[FEAT_SVM] & CPUID_SVM_NRIPSAVE)) {
            svm->inject_rip = get(b, VMCB_NRIP);
        }
    }
}

void interp_vmrun(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t addr = env->hflags & HF_CS64 ? env->regs[R_EAX] : (uint32_t)env->regs[R_EAX];
    Block host = {env, env->svm.hsave_pa}, guest = {env, addr};

    x86_svm_require(env);
    if (addr & (0xfff | ~x86_phys_mask(env))) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    save_state(&host, env->next_eip);
    load_controls(&guest);
    if (!controls_valid(&guest) || !guest_state_valid(&guest)) {
        /* Nothing of the guest was loaded; the host goes on behind VMRUN with GIF clear. */
        put(&guest, VMCB_EXITCODE, SVM_EXIT_INVALID);
        env->hflags2 |= HF2_GIF_CLEAR;
        return;
    }
    qemu_log_mask(CPU_LOG_INT, "VMRUN: vmcb %016" PRIx64 " rip %016" PRIx64 "\n", addr,
                  get(&guest, VMCB_RIP));
    save_branches(&host);
    enter_guest(&guest);
    if (has_pdptes(env) && !x86_load_pdptrs(env, env->cr[3])) {
        x86_svm_exit(env, SVM_EXIT_INVALID, 0, 0);
    }
    if (env->svm.inject) {
        x86_exit_with(env, EXCP_SVM_INJECT);
    }
    x86_restart_insn(env);
}

static void inject(CPUX86State *env)
{
    uint64_t event = env->svm.inject;
    X86Event ev = {.vector = event & SVM_EVENT_VECTOR, .return_eip = env->svm.inject_rip};

    env->svm.inject = 0;
    switch (event >> SVM_EVENT_TYPE_SHIFT & 7) {
    case SVM_EVENT_EXCEPTION:
        ev.kind = X86_EVENT_FAULT;
        ev.has_error_code = event & SVM_EVENT_HAS_CODE;
        ev.error_code = event >> SVM_EVENT_CODE_SHIFT;
        env->old_exception = ev.vector;
        break;
    case SVM_EVENT_SOFT_INT:
        ev.kind = X86_EVENT_SOFT_INT;
        break;
    case SVM_EVENT_NMI:
        ev.kind = X86_EVENT_EXTERNAL;
        ev.vector = EXCP02_NMI;
        env->hflags2 |= HF2_NMI_BLOCKED;
        break;
    default:
        ev.kind = X86_EVENT_EXTERNAL;
        break;
    }
    x86_deliver(env, &ev);
    env->old_exception = -1;
}

/* ---- #VMEXIT ---- */

static void leave_guest(CPUX86State *env)
{
    X86SVMState *svm = &env->svm;
    Block guest = {env, svm->vmcb};
    unsigned cpl = x86_cpl(env);
    uint64_t int_ctl;

    save_state(&guest, env->eip);
    put(&guest, VMCB_CR2, env->cr[2]);
    put(&guest, VMCB_DR6, env->dr[6]);
    put(&guest, VMCB_DR7, env->dr[7]);
    save_branches(&guest);
    address_space_stb(x86_address_space(env), svm->vmcb + VMCB_CPL, cpl, x86_mem_attrs(env), NULL);
    put(&guest, VMCB_INT_STATE, env->hflags & HF_INHIBIT_IRQ ? SVM_INT_SHADOW : 0);
    int_ctl = get(&guest, VMCB_INT_CTL) & ~(SVM_V_TPR | SVM_V_IRQ | SVM_V_GIF);
    put(&guest, VMCB_INT_CTL, int_ctl | (svm->int_ctl & (SVM_V_TPR | SVM_V_IRQ | SVM_V_GIF)));
    put(&guest, VMCB_EXITCODE, svm->exit_code);
    put(&guest, VMCB_EXITINFO1, svm->exit_info1);
    put(&guest, VMCB_EXITINFO2, svm->exit_info2);
    put(&guest, VMCB_EXITINTINFO, svm->delivering);
    put(&guest, VMCB_EVENTINJ, get(&guest, VMCB_EVENTINJ) & ~SVM_EVENT_VALID);
    if (env->features[FEAT_SVM] & CPUID_SVM_NRIPSAVE) {
        put(&guest, VMCB_NRIP, svm->exit_next_rip);
    }
    if (svm->nested_paging) {
        put(&guest, VMCB_G_PAT, env->pat);
        env->pat = svm->host_pat;
    }
}

static void enter_host(CPUX86State *env)
{
    Block host = {env, env->svm.hsave_pa};

    env->hflags &= ~(HF_GUEST | HF_INHIBIT_IRQ);
    env->hflags2 = (env->hflags2 | HF2_GIF_CLEAR) & ~HF2_HOST_IF;
    env->svm.delivering = env->svm.inject = 0;
    env->svm.nested_paging = false;
    env->old_exception = -1;
    cpu_reset_interrupt(env_cpu(env), CPU_INTERRUPT_VIRQ);
    load_state(&host);
    env->eflags &= ~(uint64_t)(VM_MASK | RF_MASK);
    /* A single step over VMRUN ends here. */
    env->dr6_pending = env->eflags & TF_MASK ? DR6_BS : 0;
    env->segs[R_SS].flags &= ~DESC_DPL_MASK;
    load_control_registers(env, get(&host, VMCB_CR0) | CR0_PE_MASK, get(&host, VMCB_CR3),
                           get(&host, VMCB_CR4), get(&host, VMCB_EFER));
    if (has_pdptes(env)) {
        x86_load_pdptrs(env, env->cr[3]);
    }
    cpu_x86_update_dr7(env, DR7_FIXED_1);
    load_branches(&host);
    x86_update_hflags(env);
}

static void do_exit(CPUX86State *env)
{
    qemu_log_mask(CPU_LOG_INT,
                  "#VMEXIT: code %" PRIx64 " info %016" PRIx64 " %016" PRIx64 " rip %016" PRIx64
                  "\n",
                  env->svm.exit_code, env->svm.exit_info1, env->svm.exit_info2, env->eip);
    leave_guest(env);
    enter_host(env);
}

void x86_svm_exit(CPUX86State *env, uint64_t code, uint64_t info1, uint64_t info2)
{
    x86_svm_note_exit(env, code, info1, info2, 0);
    x86_exit_with(env, EXCP_SVM_EXIT);
}

void x86_svm_nested_fault(CPUX86State *env, uint64_t info1, uint64_t address)
{
    x86_svm_exit(env, SVM_EXIT_NPF, info1, address);
}

void x86_svm_continue(CPUX86State *env, int what)
{
    if (what == EXCP_SVM_INJECT) {
        inject(env);
    } else {
        do_exit(env);
    }
}

/* ---- between instructions ---- */

bool x86_svm_take_event(CPUX86State *env, unsigned code)
{
    if (!x86_svm_intercepts(env, code)) {
        return false;
    }
    x86_svm_note_exit(env, code, 0, 0, 0);
    do_exit(env);
    return true;
}

bool x86_svm_take_exception(CPUX86State *env, int vector, uint32_t error_code)
{
    if (!x86_svm_intercepts(env, SVM_EXIT_EXCEPTION + vector)) {
        return false;
    }
    x86_svm_note_exit(env, SVM_EXIT_EXCEPTION + vector,
                      x86_vector_has_error_code(vector) ? error_code : 0,
                      vector == EXCP0E_PAGE ? env->svm.fault_address : 0, 0);
    do_exit(env);
    return true;
}
