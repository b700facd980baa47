/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers between CPUX86State and the kernel: general ones, segments and
 * control registers, debug registers, XCR0, pending events, run state (api.rst
 * 4.11-4.14, 4.31, 4.32, 4.38, 4.39). MSRs and vectors have files of their own.
 */
#include "qemu/osdep.h"
#include <sys/ioctl.h>

#include "hw/i386/apic_internal.h"
#include "target/i386/kvm/kvm-i386.h"

bool kvm_reg_error(Error **errp, const char *ioctl_name, int ret)
{
    error_setg_errno(errp, -ret, "%s", ioctl_name);
    return false;
}

/* ---- general registers ---- */

static bool getput_regs(X86CPU *cpu, bool set, Error **errp)
{
    CPUX86State *env = &cpu->env;
    struct kvm_regs regs;
    __u64 *const order[CPU_NB_REGS] = {
        &regs.rax, &regs.rcx, &regs.rdx, &regs.rbx, &regs.rsp, &regs.rbp, &regs.rsi, &regs.rdi,
        &regs.r8,  &regs.r9,  &regs.r10, &regs.r11, &regs.r12, &regs.r13, &regs.r14, &regs.r15,
    };
    int ret;

    if (!set) {
        ret = kvm_vcpu_ioctl(CPU(cpu), KVM_GET_REGS, &regs);
        if (ret < 0) {
            return kvm_reg_error(errp, "KVM_GET_REGS", ret);
        }
    }
    for (int i = 0; i < CPU_NB_REGS; i++) {
        if (set) {
            *order[i] = env->regs[i];
        } else {
            env->regs[i] = *order[i];
        }
    }
    if (set) {
        regs.rip = env->eip;
        regs.rflags = env->eflags;
        ret = kvm_vcpu_ioctl(CPU(cpu), KVM_SET_REGS, &regs);
        return ret < 0 ? kvm_reg_error(errp, "KVM_SET_REGS", ret) : true;
    }
    env->eip = env->next_eip = regs.rip;
    env->eflags = regs.rflags;
    return true;
}

/* ---- segments and control registers ---- */

static void seg_to_kvm(const SegmentCache *s, struct kvm_segment *k, bool v8086)
{
    uint32_t f = s->flags;

    *k = (struct kvm_segment){.selector = s->selector, .base = s->base, .limit = s->limit};
    if (v8086) {
        /* SDM vol. 3, 27.3.1.2 */
        k->type = 3;
        k->present = k->s = 1;
        k->dpl = 3;
        return;
    }
    k->type = (f >> DESC_TYPE_SHIFT) & 15;
    k->present = !!(f & DESC_P_MASK);
    k->dpl = (f >> DESC_DPL_SHIFT) & 3;
    k->db = !!(f & DESC_B_MASK);
    k->s = !!(f & DESC_S_MASK);
    k->l = !!(f & DESC_L_MASK);
    k->g = !!(f & DESC_G_MASK);
    k->avl = !!(f & DESC_AVL_MASK);
    k->unusable = !k->present;
}

static void seg_from_kvm(SegmentCache *s, const struct kvm_segment *k)
{
    s->selector = k->selector;
    s->base = k->base;
    s->limit = k->limit;
    s->flags = (k->type << DESC_TYPE_SHIFT) | (k->dpl << DESC_DPL_SHIFT) |
               (k->present && !k->unusable ? DESC_P_MASK : 0) | (k->db ? DESC_B_MASK : 0) |
               (k->s ? DESC_S_MASK : 0) | (k->l ? DESC_L_MASK : 0) | (k->g ? DESC_G_MASK : 0) |
               (k->avl ? DESC_AVL_MASK : 0);
}

/* struct kvm_sregs and kvm_sregs2 begin with the same members under the same names. */
#define SREGS_TO_KVM(env, sregs)                                                                   \
    do {                                                                                           \
        bool vm_ = (env)->eflags & VM_MASK;                                                        \
                                                                                                   \
        seg_to_kvm(&(env)->segs[R_CS], &(sregs).cs, vm_);                                          \
        seg_to_kvm(&(env)->segs[R_DS], &(sregs).ds, vm_);                                          \
        seg_to_kvm(&(env)->segs[R_ES], &(sregs).es, vm_);                                          \
        seg_to_kvm(&(env)->segs[R_FS], &(sregs).fs, vm_);                                          \
        seg_to_kvm(&(env)->segs[R_GS], &(sregs).gs, vm_);                                          \
        seg_to_kvm(&(env)->segs[R_SS], &(sregs).ss, vm_);                                          \
        seg_to_kvm(&(env)->tr, &(sregs).tr, false);                                                \
        seg_to_kvm(&(env)->ldt, &(sregs).ldt, false);                                              \
        (sregs).idt = (struct kvm_dtable){.base = (env)->idt.base, .limit = (env)->idt.limit};     \
        (sregs).gdt = (struct kvm_dtable){.base = (env)->gdt.base, .limit = (env)->gdt.limit};     \
        (sregs).cr0 = (env)->cr[0];                                                                \
        (sregs).cr2 = (env)->cr[2];                                                                \
        (sregs).cr3 = (env)->cr[3];                                                                \
        (sregs).cr4 = (env)->cr[4];                                                                \
        (sregs).cr8 = cpu_get_apic_tpr((env)->apic_state);                                         \
        (sregs).efer = (env)->efer;                                                                \
        (sregs).apic_base = cpu_get_apic_base((env)->apic_state);                                  \
    } while (0)

#define SREGS_FROM_KVM(env, sregs)                                                                 \
    do {                                                                                           \
        seg_from_kvm(&(env)->segs[R_CS], &(sregs).cs);                                             \
        seg_from_kvm(&(env)->segs[R_DS], &(sregs).ds);                                             \
        seg_from_kvm(&(env)->segs[R_ES], &(sregs).es);                                             \
        seg_from_kvm(&(env)->segs[R_FS], &(sregs).fs);                                             \
        seg_from_kvm(&(env)->segs[R_GS], &(sregs).gs);                                             \
        seg_from_kvm(&(env)->segs[R_SS], &(sregs).ss);                                             \
        seg_from_kvm(&(env)->tr, &(sregs).tr);                                                     \
        seg_from_kvm(&(env)->ldt, &(sregs).ldt);                                                   \
        (env)->idt = (SegmentCache){.base = (sregs).idt.base, .limit = (sregs).idt.limit};         \
        (env)->gdt = (SegmentCache){.base = (sregs).gdt.base, .limit = (sregs).gdt.limit};         \
        (env)->cr[0] = (sregs).cr0;                                                                \
        (env)->cr[2] = (sregs).cr2;                                                                \
        (env)->cr[3] = (sregs).cr3;                                                                \
        (env)->cr[4] = (sregs).cr4;                                                                \
        (env)->efer = (sregs).efer;                                                                \
    } while (0)

static bool put_sregs(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    struct kvm_sregs sregs = {0};
    int ret;

    SREGS_TO_KVM(env, sregs);
    if (env->interrupt_injected >= 0) {
        sregs.interrupt_bitmap[env->interrupt_injected / 64] |= 1ull
                                                                << (env->interrupt_injected % 64);
    }
    ret = kvm_vcpu_ioctl(CPU(cpu), KVM_SET_SREGS, &sregs);
    return ret < 0 ? kvm_reg_error(errp, "KVM_SET_SREGS", ret) : true;
}

static bool put_sregs2(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    struct kvm_sregs2 sregs = {0};
    bool pae =
        (env->cr[0] & CR0_PG_MASK) && (env->cr[4] & CR4_PAE_MASK) && !(env->efer & MSR_EFER_LMA);
    int ret;

    SREGS_TO_KVM(env, sregs);
    /* The page directory pointers are registers of their own in this mode. */
    if (pae) {
        for (int i = 0; i < 4; i++) {
            sregs.pdptrs[i] = env->pdptr[i];
        }
        sregs.flags |= KVM_SREGS2_FLAGS_PDPTRS_VALID;
    }
    ret = kvm_vcpu_ioctl(CPU(cpu), KVM_SET_SREGS2, &sregs);
    return ret < 0 ? kvm_reg_error(errp, "KVM_SET_SREGS2", ret) : true;
}

static void set_apic_from_sregs(X86CPU *cpu, uint64_t apic_base, uint64_t cr8)
{
    DeviceState *apic = cpu->env.apic_state;

    if (apic) {
        APIC_COMMON(apic)->apicbase = apic_base;
        if (kvm_irqchip_in_kernel()) {
            APIC_COMMON(apic)->tpr = cr8 << 4;
        }
    }
}

static bool get_sregs(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    struct kvm_sregs sregs;
    int ret = kvm_vcpu_ioctl(CPU(cpu), KVM_GET_SREGS, &sregs);

    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_GET_SREGS", ret);
    }
    env->interrupt_injected = -1;
    for (int i = 0; i < 4; i++) {
        if (sregs.interrupt_bitmap[i]) {
            env->interrupt_injected = i * 64 + ctz64(sregs.interrupt_bitmap[i]);
            break;
        }
    }
    SREGS_FROM_KVM(env, sregs);
    set_apic_from_sregs(cpu, sregs.apic_base, sregs.cr8);
    x86_update_hflags(env);
    return true;
}

static bool get_sregs2(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    struct kvm_sregs2 sregs;
    int ret = kvm_vcpu_ioctl(CPU(cpu), KVM_GET_SREGS2, &sregs);

    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_GET_SREGS2", ret);
    }
    SREGS_FROM_KVM(env, sregs);
    set_apic_from_sregs(cpu, sregs.apic_base, sregs.cr8);
    if (sregs.flags & KVM_SREGS2_FLAGS_PDPTRS_VALID) {
        for (int i = 0; i < 4; i++) {
            env->pdptr[i] = sregs.pdptrs[i];
        }
    }
    x86_update_hflags(env);
    return true;
}

/* ---- debug registers, XCR0 ---- */

static bool put_debugregs(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    struct kvm_debugregs d = {.dr6 = env->dr[6], .dr7 = env->dr[7]};
    int ret;

    for (int i = 0; i < 4; i++) {
        d.db[i] = env->dr[i];
    }
    ret = kvm_vcpu_ioctl(CPU(cpu), KVM_SET_DEBUGREGS, &d);
    return ret < 0 ? kvm_reg_error(errp, "KVM_SET_DEBUGREGS", ret) : true;
}

static bool get_debugregs(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    struct kvm_debugregs d;
    int ret = kvm_vcpu_ioctl(CPU(cpu), KVM_GET_DEBUGREGS, &d);

    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_GET_DEBUGREGS", ret);
    }
    for (int i = 0; i < 4; i++) {
        env->dr[i] = d.db[i];
    }
    env->dr[6] = d.dr6;
    env->dr[7] = d.dr7;
    return true;
}

static bool put_xcrs(X86CPU *cpu, Error **errp)
{
    struct kvm_xcrs x = {.nr_xcrs = 1, .xcrs[0] = {.xcr = 0, .value = cpu->env.xcr0}};
    int ret;

    if (!(cpu->env.features[FEAT_1_ECX] & CPUID_EXT_XSAVE)) {
        return true;
    }
    ret = kvm_vcpu_ioctl(CPU(cpu), KVM_SET_XCRS, &x);
    return ret < 0 ? kvm_reg_error(errp, "KVM_SET_XCRS", ret) : true;
}

static bool get_xcrs(X86CPU *cpu, Error **errp)
{
    struct kvm_xcrs x = {0};
    int ret = kvm_vcpu_ioctl(CPU(cpu), KVM_GET_XCRS, &x);

    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_GET_XCRS", ret);
    }
    for (unsigned i = 0; i < x.nr_xcrs && i < KVM_MAX_XCRS; i++) {
        if (x.xcrs[i].xcr == 0) {
            cpu->env.xcr0 = x.xcrs[i].value;
        }
    }
    return true;
}

/* ---- events ---- */

bool kvm_put_events(X86CPU *cpu, int level, Error **errp)
{
    CPUState *cs = CPU(cpu);
    CPUX86State *env = &cpu->env;
    struct kvm_vcpu_events e = {0};
    int ret;

    e.exception.nr = MAX(env->exception_nr, 0);
    e.exception.injected = env->exception_injected;
    e.exception.has_error_code = env->has_error_code;
    e.exception.error_code = env->error_code;
    if (kvm_caps.exception_payload) {
        e.flags |= KVM_VCPUEVENT_VALID_PAYLOAD;
        e.exception.pending = env->exception_pending;
        e.exception_has_payload = env->exception_has_payload;
        e.exception_payload = env->exception_payload;
    }
    e.interrupt.injected = env->interrupt_injected >= 0;
    e.interrupt.nr = MAX(env->interrupt_injected, 0);
    e.interrupt.soft = env->soft_interrupt;
    e.nmi.injected = env->nmi_injected;
    e.nmi.pending = env->nmi_pending;
    e.nmi.masked = !!(env->hflags2 & HF2_NMI_BLOCKED);
    e.sipi_vector = env->sipi_vector;

    if (kvm_caps.smm) {
        e.flags |= KVM_VCPUEVENT_VALID_SMM;
        e.smi.smm = !!(env->hflags & HF_SMM);
        e.smi.smm_inside_nmi = !!(env->hflags2 & HF2_SMM_INSIDE_NMI);
        if (kvm_irqchip_in_kernel()) {
            /* Everything pending is in the kernel from now on. */
            e.smi.pending = cpu_test_interrupt(cs, CPU_INTERRUPT_SMI) || env->smi_pending;
            e.smi.latched_init = !!cpu_test_interrupt(cs, CPU_INTERRUPT_INIT);
            cpu_reset_interrupt(cs, CPU_INTERRUPT_INIT | CPU_INTERRUPT_SMI);
        }
    }
    if (kvm_caps.triple_fault_event) {
        e.flags |= KVM_VCPUEVENT_VALID_TRIPLE_FAULT;
        e.triple_fault.pending = env->triple_fault_pending;
    }
    if (level >= KVM_PUT_RESET_STATE) {
        e.flags |= KVM_VCPUEVENT_VALID_NMI_PENDING;
        if (env->hflags & HF_INHIBIT_IRQ) {
            e.interrupt.shadow = KVM_X86_SHADOW_INT_STI | KVM_X86_SHADOW_INT_MOV_SS;
        }
        e.flags |= KVM_VCPUEVENT_VALID_SIPI_VECTOR | KVM_VCPUEVENT_VALID_SHADOW;
    }
    ret = kvm_vcpu_ioctl(cs, KVM_SET_VCPU_EVENTS, &e);
    return ret < 0 ? kvm_reg_error(errp, "KVM_SET_VCPU_EVENTS", ret) : true;
}

static void get_smm_events(X86CPU *cpu, const struct kvm_vcpu_events *e)
{
    CPUState *cs = CPU(cpu);
    CPUX86State *env = &cpu->env;

    if (!(e->flags & KVM_VCPUEVENT_VALID_SMM)) {
        return;
    }
    env->hflags &= ~HF_SMM;
    env->hflags |= e->smi.smm ? HF_SMM : 0;
    env->hflags2 &= ~HF2_SMM_INSIDE_NMI;
    env->hflags2 |= e->smi.smm_inside_nmi ? HF2_SMM_INSIDE_NMI : 0;
    if (e->smi.pending) {
        cpu_set_interrupt(cs, CPU_INTERRUPT_SMI);
    } else {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_SMI);
    }
    if (e->smi.latched_init) {
        cpu_set_interrupt(cs, CPU_INTERRUPT_INIT);
    } else {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_INIT);
    }
}

static bool get_events(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    struct kvm_vcpu_events e = {0};
    int ret = kvm_vcpu_ioctl(CPU(cpu), KVM_GET_VCPU_EVENTS, &e);

    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_GET_VCPU_EVENTS", ret);
    }
    env->exception_injected = e.exception.injected;
    if (e.flags & KVM_VCPUEVENT_VALID_PAYLOAD) {
        env->exception_pending = e.exception.pending;
        env->exception_has_payload = e.exception_has_payload;
        env->exception_payload = e.exception_payload;
    } else {
        env->exception_pending = 0;
        env->exception_has_payload = 0;
    }
    env->exception_nr = env->exception_injected || env->exception_pending ? e.exception.nr : -1;
    env->has_error_code = e.exception.has_error_code;
    env->error_code = e.exception.error_code;

    env->interrupt_injected = e.interrupt.injected ? e.interrupt.nr : -1;
    env->soft_interrupt = e.interrupt.soft;
    env->hflags &= ~HF_INHIBIT_IRQ;
    env->hflags |= e.interrupt.shadow ? HF_INHIBIT_IRQ : 0;
    env->nmi_injected = e.nmi.injected;
    env->nmi_pending = e.nmi.pending;
    env->hflags2 &= ~HF2_NMI_BLOCKED;
    env->hflags2 |= e.nmi.masked ? HF2_NMI_BLOCKED : 0;
    get_smm_events(cpu, &e);
    env->triple_fault_pending =
        e.flags & KVM_VCPUEVENT_VALID_TRIPLE_FAULT && e.triple_fault.pending;
    env->sipi_vector = e.sipi_vector;
    return true;
}

/* ---- run state ---- */

static bool put_mp_state(X86CPU *cpu, Error **errp)
{
    CPUState *cs = CPU(cpu);
    CPUX86State *env = &cpu->env;
    struct kvm_mp_state mp = {.mp_state = KVM_MP_STATE_RUNNABLE};
    int ret;

    if (!kvm_irqchip_in_kernel()) {
        return true; /* HLT and INIT are handled here */
    }
    if (env->apic_state && APIC_COMMON(env->apic_state)->wait_for_sipi) {
        mp.mp_state = KVM_MP_STATE_UNINITIALIZED;
    } else if (cs->halted) {
        mp.mp_state = KVM_MP_STATE_HALTED;
    }
    ret = kvm_vcpu_ioctl(cs, KVM_SET_MP_STATE, &mp);
    return ret < 0 ? kvm_reg_error(errp, "KVM_SET_MP_STATE", ret) : true;
}

static bool get_mp_state(X86CPU *cpu, Error **errp)
{
    CPUState *cs = CPU(cpu);
    CPUX86State *env = &cpu->env;
    struct kvm_mp_state mp;
    int ret;

    if (!kvm_irqchip_in_kernel()) {
        return true;
    }
    ret = kvm_vcpu_ioctl(cs, KVM_GET_MP_STATE, &mp);
    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_GET_MP_STATE", ret);
    }
    cs->halted = mp.mp_state == KVM_MP_STATE_HALTED;
    if (env->apic_state) {
        APIC_COMMON(env->apic_state)->wait_for_sipi =
            mp.mp_state == KVM_MP_STATE_UNINITIALIZED || mp.mp_state == KVM_MP_STATE_INIT_RECEIVED;
    }
    return true;
}

/* ---- local APIC ---- */

static bool put_apic(X86CPU *cpu, Error **errp)
{
    DeviceState *apic = cpu->env.apic_state;

    return !apic || !kvm_irqchip_in_kernel() || kvm_apic_put_state(APIC_COMMON(apic), errp);
}

static bool get_apic(X86CPU *cpu, Error **errp)
{
    DeviceState *apic = cpu->env.apic_state;

    return !apic || !kvm_irqchip_in_kernel() || kvm_apic_get_state(APIC_COMMON(apic), errp);
}

/* ---- all of them ---- */

bool kvm_arch_put_registers(CPUState *cs, int level, Error **errp)
{
    X86CPU *cpu = X86_CPU(cs);

    /*
     * MSRs that say what the processor is come first; segments and control
     * registers before what they give a meaning to; events last, for the
     * others may clear them.
     */
    if (level >= KVM_PUT_RESET_STATE && !kvm_put_feature_msrs(cpu, errp)) {
        return false;
    }
    if (!(kvm_caps.sregs2 ? put_sregs2(cpu, errp) : put_sregs(cpu, errp)) ||
        !getput_regs(cpu, true, errp) || !kvm_put_xsave(cpu, errp) ||
        (kvm_caps.xcrs && !put_xcrs(cpu, errp)) || !kvm_put_msrs(cpu, level, errp)) {
        return false;
    }
    if (kvm_caps.vcpu_events && !kvm_put_events(cpu, level, errp)) {
        return false;
    }
    if (level >= KVM_PUT_RESET_STATE && (!put_mp_state(cpu, errp) || !put_apic(cpu, errp))) {
        return false;
    }
    return !kvm_caps.debugregs || put_debugregs(cpu, errp);
}

bool kvm_arch_get_registers(CPUState *cs, Error **errp)
{
    X86CPU *cpu = X86_CPU(cs);
    bool ok = (!kvm_caps.vcpu_events || get_events(cpu, errp)) && get_mp_state(cpu, errp) &&
              getput_regs(cpu, false, errp) && kvm_get_xsave(cpu, errp) &&
              (!kvm_caps.xcrs || get_xcrs(cpu, errp)) &&
              (kvm_caps.sregs2 ? get_sregs2(cpu, errp) : get_sregs(cpu, errp)) &&
              kvm_get_msrs(cpu, errp) && get_apic(cpu, errp) &&
              (!kvm_caps.debugregs || get_debugregs(cpu, errp));

    x86_update_hflags(&cpu->env);
    return ok;
}
