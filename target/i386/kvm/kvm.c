/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM on x86: capabilities, setting up the VM and its vCPUs, and what happens
 * around KVM_RUN (Documentation/virt/kvm/api.rst).
 */
#include "qemu/osdep.h"
#include <sys/ioctl.h>

#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "exec/address-spaces.h"
#include "hw/boards.h"
#include "hw/i386/apic_internal.h"
#include "hw/intc/ioapic.h"
#include "system/cpus.h"
#include "system/runstate.h"
#include "system/system.h"
#include "target/i386/cpu-internal.h"
#include "target/i386/kvm/kvm-i386.h"

/*
 * Pages that KVM needs for itself on processors without unrestricted guests:
 * in the hole below the firmware at 4 GiB.
 */
#define IDENTITY_MAP_ADDR 0xfeffc000ull
#define TSS_ADDR          (IDENTITY_MAP_ADDR + 0x1000)

KVMCaps kvm_caps;

bool kvm_has_smm(void)
{
    return kvm_caps.smm;
}

/* ---- VM ---- */

static const KVMCapability required_capabilities[] = {
    KVM_CAPABILITY(SET_TSS_ADDR, "a place for its task state segment"),
    KVM_CAPABILITY(EXT_CPUID, "CPUID with sub-leaves"),
    KVM_CAPABILITY(MP_STATE, "the run state of vCPUs"),
    KVM_CAPABILITY(VCPU_EVENTS, "pending events of vCPUs"),
    KVM_CAPABILITY(DEBUGREGS, "debug registers"),
    KVM_CAPABILITY(XSAVE, "extended registers"),
    {},
};

static void query_caps(KVMState *s)
{
    kvm_caps = (KVMCaps){
        .xsave = kvm_check_extension(s, KVM_CAP_XSAVE),
        .xcrs = kvm_check_extension(s, KVM_CAP_XCRS),
        .sregs2 = kvm_check_extension(s, KVM_CAP_SREGS2),
        .debugregs = kvm_check_extension(s, KVM_CAP_DEBUGREGS),
        .vcpu_events = kvm_check_extension(s, KVM_CAP_VCPU_EVENTS),
        .mp_state = kvm_check_extension(s, KVM_CAP_MP_STATE),
        .mce = kvm_check_extension(s, KVM_CAP_MCE),
        .tsc_control = kvm_check_extension(s, KVM_CAP_TSC_CONTROL),
        .get_tsc_khz = kvm_check_extension(s, KVM_CAP_GET_TSC_KHZ),
        .smm = kvm_vm_check_extension(s, KVM_CAP_X86_SMM),
        .adjust_clock_stable = kvm_check_extension(s, KVM_CAP_ADJUST_CLOCK) & KVM_CLOCK_TSC_STABLE,
        .xsave_size = sizeof(struct kvm_xsave),
    };
    if (kvm_vm_check_extension(s, KVM_CAP_XSAVE2) > (int)sizeof(struct kvm_xsave)) {
        kvm_caps.xsave2 = true;
        kvm_caps.xsave_size = kvm_vm_check_extension(s, KVM_CAP_XSAVE2);
    }
    /* These two change what the events structure means: they are switched on. */
    kvm_caps.exception_payload = kvm_check_extension(s, KVM_CAP_EXCEPTION_PAYLOAD) &&
                                 kvm_vm_enable_cap(s, KVM_CAP_EXCEPTION_PAYLOAD, 1, 0) == 0;
    kvm_caps.triple_fault_event = kvm_check_extension(s, KVM_CAP_X86_TRIPLE_FAULT_EVENT) &&
                                  kvm_vm_enable_cap(s, KVM_CAP_X86_TRIPLE_FAULT_EVENT, 1, 0) == 0;
}

static bool place_kernel_pages(KVMState *s, Error **errp)
{
    uint64_t identity = IDENTITY_MAP_ADDR;
    int ret = 0;

    if (kvm_check_extension(s, KVM_CAP_SET_IDENTITY_MAP_ADDR)) {
        ret = kvm_vm_ioctl(s, KVM_SET_IDENTITY_MAP_ADDR, &identity);
        if (ret < 0) {
            return kvm_reg_error(errp, "KVM_SET_IDENTITY_MAP_ADDR", ret);
        }
    }
    ret = kvm_vm_ioctl(s, KVM_SET_TSS_ADDR, (void *)(uintptr_t)TSS_ADDR);
    return ret < 0 ? kvm_reg_error(errp, "KVM_SET_TSS_ADDR", ret) : true;
}

static void set_shadow_memory(KVMState *s)
{
    if (s->shadow_mem != -1) {
        uintptr_t pages = s->shadow_mem / 4096;

        if (kvm_vm_ioctl(s, KVM_SET_NR_MMU_PAGES, (void *)pages) < 0) {
            warn_report("kvm-shadow-mem=%" PRId64 ": KVM ignored it", s->shadow_mem);
        }
    }
}

static bool set_notify_exit(KVMState *s, Error **errp)
{
    int ret;

    if (s->notify_vmexit == NOTIFY_VMEXIT_DISABLE ||
        !kvm_check_extension(s, KVM_CAP_X86_NOTIFY_VMEXIT)) {
        if (s->notify_vmexit == NOTIFY_VMEXIT_INTERNAL_ERROR) {
            error_setg(errp, "notify-vmexit=internal-error: KVM on this host lacks "
                             "KVM_CAP_X86_NOTIFY_VMEXIT");
            return false;
        }
        return true;
    }
    ret = kvm_vm_enable_cap(s, KVM_CAP_X86_NOTIFY_VMEXIT,
                            ((uint64_t)s->notify_window << 32) | KVM_X86_NOTIFY_VMEXIT_ENABLED |
                                KVM_X86_NOTIFY_VMEXIT_USER,
                            0);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "notify-vmexit: KVM refused it");
        return false;
    }
    return true;
}

/* ---- System Management Mode: an address space of its own ---- */

typedef struct SMRAMView {
    MemoryRegion root, memory, smram;
    AddressSpace as;
    KVMMemoryListener listener;
    Notifier machine_done;
    KVMState *s;
} SMRAMView;

static void add_smram_view(Notifier *n, void *data)
{
    SMRAMView *v = container_of(n, SMRAMView, machine_done);
    Object *smram = object_resolve_path("/machine/smram", NULL);

    memory_region_init(&v->root, OBJECT(v->s), "mem-smram-root", UINT64_MAX);
    memory_region_init_alias(&v->memory, OBJECT(v->s), "mem-smram", get_system_memory(), 0,
                             UINT64_MAX);
    memory_region_add_subregion_overlap(&v->root, 0, &v->memory, 0);
    if (smram) {
        memory_region_init_alias(&v->smram, OBJECT(v->s), "smram", MEMORY_REGION(smram), 0,
                                 4ull << 30);
        memory_region_add_subregion_overlap(&v->root, 0, &v->smram, 10);
    }
    address_space_init(&v->as, &v->root, "KVM-SMRAM");
    kvm_memory_listener_register(v->s, &v->listener, &v->as, 1, "kvm-smram");
}

static void set_up_smm(KVMState *s)
{
    SMRAMView *v;

    if (!kvm_caps.smm || kvm_vm_check_extension(s, KVM_CAP_MULTI_ADDRESS_SPACE) <= 1) {
        kvm_caps.smm = false;
        return;
    }
    v = g_new0(SMRAMView, 1);
    v->s = s;
    v->machine_done.notify = add_smram_view;
    qemu_add_machine_init_done_notifier(&v->machine_done);
}

/* -overcommit cpu-pm=on: HLT, MWAIT and PAUSE run on the host's CPU without an exit. */
static bool give_power_management(KVMState *s, Error **errp)
{
    int exits = kvm_check_extension(s, KVM_CAP_X86_DISABLE_EXITS) &
                (KVM_X86_DISABLE_EXITS_MWAIT | KVM_X86_DISABLE_EXITS_HLT |
                 KVM_X86_DISABLE_EXITS_PAUSE | KVM_X86_DISABLE_EXITS_CSTATE);
    int ret;

    if (!enable_cpu_pm) {
        return true;
    }
    if (!exits) {
        error_setg(errp, "-overcommit cpu-pm=on: KVM on this host lacks "
                         "KVM_CAP_X86_DISABLE_EXITS");
        return false;
    }
    ret = kvm_vm_enable_cap(s, KVM_CAP_X86_DISABLE_EXITS, exits, 0);
    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_CAP_X86_DISABLE_EXITS", ret);
    }
    kvm_caps.mwait_in_guest = exits & KVM_X86_DISABLE_EXITS_MWAIT;
    return true;
}

bool kvm_arch_init(MachineState *ms, KVMState *s, Error **errp)
{
    if (!kvm_require_capabilities(s, required_capabilities, errp)) {
        return false;
    }
    query_caps(s);
    if (!give_power_management(s, errp) || !place_kernel_pages(s, errp) || !kvm_msr_init(s, errp) ||
        !set_notify_exit(s, errp)) {
        return false;
    }
    set_shadow_memory(s);
    set_up_smm(s);
    kvm_xsave_init(s);
    return true;
}

bool kvm_arch_irqchip_create(KVMState *s, Error **errp)
{
    int ret;

    if (!kvm_check_extension(s, KVM_CAP_SPLIT_IRQCHIP)) {
        ERRP_GUARD();

        error_setg(errp, "kernel-irqchip=split: KVM on this host lacks KVM_CAP_SPLIT_IRQCHIP");
        error_append_hint(errp, "kernel-irqchip=on and off work.\n");
        return false;
    }
    ret = kvm_vm_enable_cap(s, KVM_CAP_SPLIT_IRQCHIP, IOAPIC_NUM_PINS, 0);
    return ret < 0 ? kvm_reg_error(errp, "KVM_CAP_SPLIT_IRQCHIP", ret) : true;
}

/* ---- vCPU ---- */

unsigned long kvm_arch_vcpu_id(CPUState *cs)
{
    return X86_CPU(cs)->apic_id;
}

static bool set_tsc_khz(X86CPU *cpu, Error **errp)
{
    CPUState *cs = CPU(cpu);
    CPUX86State *env = &cpu->env;
    int64_t khz = env->user_tsc_khz;
    int now = kvm_caps.get_tsc_khz ? kvm_vcpu_ioctl(cs, KVM_GET_TSC_KHZ, NULL) : 0;

    if (khz && khz != now) {
        int ret = kvm_caps.tsc_control ? kvm_vcpu_ioctl(cs, KVM_SET_TSC_KHZ, (void *)(uintptr_t)khz)
                                       : -ENOTSUP;

        if (ret < 0) {
            error_setg(errp,
                       "tsc-frequency: KVM cannot run the TSC at %" PRId64 " kHz on this "
                       "host, whose TSC runs at %d kHz",
                       khz, now);
            return false;
        }
        now = khz;
    }
    if (now > 0) {
        env->tsc_khz = now;
    }
    return true;
}

static bool set_up_mce(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    uint64_t supported = 0;
    int ret;

    if (!kvm_caps.mce || !env->mcg_cap) {
        env->mcg_cap = 0;
        return true;
    }
    ret = kvm_ioctl(kvm_state, KVM_X86_GET_MCE_CAP_SUPPORTED, &supported);
    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_X86_GET_MCE_CAP_SUPPORTED", ret);
    }
    env->mcg_cap &= supported | 0xff;
    if ((env->mcg_cap & 0xff) > (unsigned)kvm_check_extension(kvm_state, KVM_CAP_MCE)) {
        error_setg(errp, "KVM on this host has fewer than %d banks for machine checks",
                   MCE_BANKS_DEF);
        return false;
    }
    ret = kvm_vcpu_ioctl(CPU(cpu), KVM_X86_SETUP_MCE, &env->mcg_cap);
    return ret < 0 ? kvm_reg_error(errp, "KVM_X86_SETUP_MCE", ret) : true;
}

/* What a guest sees in CPUID is all that it may use of KVM's and Hyper-V's interfaces. */
static bool enforce_cpuid(CPUState *cs, Error **errp)
{
    X86CPU *cpu = X86_CPU(cs);

    if (cpu->kvm_pv_enforce_cpuid &&
        kvm_vcpu_enable_cap(cs, KVM_CAP_ENFORCE_PV_FEATURE_CPUID, 1) < 0) {
        error_setg(errp, "kvm-pv-enforce-cpuid=on: KVM on this host lacks "
                         "KVM_CAP_ENFORCE_PV_FEATURE_CPUID");
        return false;
    }
    if (cpu->hyperv_enforce_cpuid && kvm_vcpu_enable_cap(cs, KVM_CAP_HYPERV_ENFORCE_CPUID, 1) < 0) {
        error_setg(errp,
                   "hv-enforce-cpuid=on: KVM on this host lacks KVM_CAP_HYPERV_ENFORCE_CPUID");
        return false;
    }
    return true;
}

bool kvm_arch_init_vcpu(CPUState *cs, Error **errp)
{
    X86CPU *cpu = X86_CPU(cs);

    /* Before CPUID, which shows the frequency. */
    if (!set_tsc_khz(cpu, errp) || !kvm_set_cpuid(cpu, errp) || !set_up_mce(cpu, errp)) {
        return false;
    }
    return enforce_cpuid(cs, errp);
}

void kvm_arch_destroy_vcpu(CPUState *cs)
{
}

void kvm_arch_reset_vcpu(X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;

    env->xcr0 = XSTATE_FP_MASK;
    env->kvm_poll_control_msr = env->features[FEAT_KVM] & CPUID_KVM_POLL_CONTROL ? 1 : 0;
    CPU(cpu)->halted = !cpu_is_bsp(cpu);
}

/* ---- around KVM_RUN ---- */

static void inject_nmi_and_smi(CPUState *cs)
{
    int ret = 0;

    if (!cpu_test_interrupt(cs, CPU_INTERRUPT_NMI | CPU_INTERRUPT_SMI)) {
        return;
    }
    if (cpu_test_interrupt(cs, CPU_INTERRUPT_NMI)) {
        bql_lock();
        cpu_reset_interrupt(cs, CPU_INTERRUPT_NMI);
        bql_unlock();
        ret = kvm_vcpu_ioctl(cs, KVM_NMI, NULL);
    }
    if (ret >= 0 && cpu_test_interrupt(cs, CPU_INTERRUPT_SMI)) {
        bql_lock();
        cpu_reset_interrupt(cs, CPU_INTERRUPT_SMI);
        bql_unlock();
        ret = kvm_vcpu_ioctl(cs, KVM_SMI, NULL);
    }
    if (ret < 0) {
        warn_report_once("KVM refused to deliver an NMI or SMI: %s", strerror(-ret));
    }
}

/* Without the kernel's local APIC: interrupts and the task priority are handed over here. */
static void hand_over_interrupts(CPUState *cs, struct kvm_run *run)
{
    X86CPU *cpu = X86_CPU(cs);

    bql_lock();
    /* INIT is done by this thread, not by the kernel. */
    if (cpu_test_interrupt(cs, CPU_INTERRUPT_INIT) || cpu_test_interrupt(cs, CPU_INTERRUPT_SIPI)) {
        cpu_exit(cs);
    }
    if (run->ready_for_interrupt_injection && cpu_test_interrupt(cs, CPU_INTERRUPT_HARD)) {
        int vector;

        cpu_reset_interrupt(cs, CPU_INTERRUPT_HARD);
        vector = cpu_get_pic_interrupt(&cpu->env);
        if (vector >= 0) {
            struct kvm_interrupt intr = {.irq = vector};
            int ret = kvm_vcpu_ioctl(cs, KVM_INTERRUPT, &intr);

            if (ret < 0) {
                warn_report_once("KVM refused interrupt vector 0x%x: %s", vector, strerror(-ret));
            }
        }
    }
    /* Another that waits: the kernel is to return when the guest can take it. */
    run->request_interrupt_window = cpu_test_interrupt(cs, CPU_INTERRUPT_HARD) ? 1 : 0;
    run->cr8 = cpu_get_apic_tpr(cpu->env.apic_state);
    bql_unlock();
}

void kvm_arch_pre_run(CPUState *cs, struct kvm_run *run)
{
    inject_nmi_and_smi(cs);
    if (!kvm_pic_in_kernel()) {
        if (kvm_apic_in_kernel()) {
            /* Split: the PIC is here, its interrupts are injected as ExtINT. */
            if (run->ready_for_interrupt_injection && cpu_test_interrupt(cs, CPU_INTERRUPT_HARD)) {
                hand_over_interrupts(cs, run);
            } else {
                run->request_interrupt_window = cpu_test_interrupt(cs, CPU_INTERRUPT_HARD) ? 1 : 0;
            }
        } else {
            hand_over_interrupts(cs, run);
        }
    }
}

MemTxAttrs kvm_arch_post_run(CPUState *cs, struct kvm_run *run)
{
    X86CPU *cpu = X86_CPU(cs);
    CPUX86State *env = &cpu->env;
    bool smm = run->flags & KVM_RUN_X86_SMM;

    if (unlikely(run->flags & KVM_RUN_X86_BUS_LOCK)) {
        kvm_bus_lock_met(); /* also beside another reason to leave the guest */
    }
    env->hflags = smm ? env->hflags | HF_SMM : env->hflags & ~HF_SMM;
    env->eflags = run->if_flag ? env->eflags | IF_MASK : env->eflags & ~(uint64_t)IF_MASK;
    if (env->apic_state && !kvm_apic_in_kernel()) {
        bql_lock();
        cpu_set_apic_tpr(env->apic_state, run->cr8);
        if (cpu_get_apic_base(env->apic_state) != run->apic_base) {
            cpu_set_apic_base(env->apic_state, run->apic_base);
        }
        bql_unlock();
    }
    return (MemTxAttrs){.secure = smm};
}

int kvm_arch_process_async_events(CPUState *cs)
{
    X86CPU *cpu = X86_CPU(cs);
    Error *err = NULL;

    if (cpu_test_interrupt(cs, CPU_INTERRUPT_MCE)) {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_MCE);
        kvm_cpu_synchronize_state(cs);
        if (!kvm_put_mce(cpu, &err)) {
            warn_reportf_err(err, "CPU %d: machine check: ", cs->cpu_index);
        }
        cpu->env.exception_nr = EXCP12_MCHK;
        cpu->env.exception_injected = 1;
        cpu->env.has_error_code = 0;
        cs->halted = 0;
    }
    if (cpu_test_interrupt(cs, CPU_INTERRUPT_INIT) && !(cpu->env.hflags & HF_SMM) &&
        !kvm_irqchip_in_kernel()) {
        kvm_cpu_synchronize_state(cs);
        do_cpu_init(cpu);
    }
    if (kvm_irqchip_in_kernel()) {
        return 0;
    }
    if (cpu_test_interrupt(cs, CPU_INTERRUPT_POLL)) {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_POLL);
        apic_poll_irq(cpu->env.apic_state);
    }
    if ((cpu_test_interrupt(cs, CPU_INTERRUPT_HARD) && cpu->env.eflags & IF_MASK) ||
        cpu_test_interrupt(cs, CPU_INTERRUPT_NMI)) {
        cs->halted = 0;
    }
    if (cpu_test_interrupt(cs, CPU_INTERRUPT_SIPI)) {
        kvm_cpu_synchronize_state(cs);
        do_cpu_sipi(cpu);
    }
    return cs->halted;
}

/* ---- exits ---- */

static int handle_halt(X86CPU *cpu)
{
    CPUState *cs = CPU(cpu);
    bool wake = (cpu_test_interrupt(cs, CPU_INTERRUPT_HARD) && cpu->env.eflags & IF_MASK) ||
                cpu_test_interrupt(cs, CPU_INTERRUPT_NMI);

    if (!wake) {
        cs->halted = 1;
        return EXCP_HLT;
    }
    return 0;
}

static int handle_debug(X86CPU *cpu, struct kvm_debug_exit_arch *arch);

static int handle_notify(X86CPU *cpu, struct kvm_run *run)
{
    if (run->notify.flags & KVM_NOTIFY_CONTEXT_INVALID ||
        kvm_state->notify_vmexit == NOTIFY_VMEXIT_INTERNAL_ERROR) {
        error_report("KVM: the guest of CPU %d blocks all events%s", CPU(cpu)->cpu_index,
                     run->notify.flags & KVM_NOTIFY_CONTEXT_INVALID ? ", and its state is lost"
                                                                    : "");
        return -1;
    }
    warn_report_once("KVM: the guest keeps the processor from taking events for a long time");
    return 0;
}

int kvm_arch_handle_exit(CPUState *cs, struct kvm_run *run)
{
    X86CPU *cpu = X86_CPU(cs);
    int ret;

    switch (run->exit_reason) {
    case KVM_EXIT_HLT:
        bql_lock();
        ret = handle_halt(cpu);
        bql_unlock();
        return ret;
    case KVM_EXIT_SET_TPR:
    case KVM_EXIT_X86_BUS_LOCK:
        return 0;
    case KVM_EXIT_FAIL_ENTRY:
        error_report("KVM: the processor refuses to enter the guest, reason 0x%" PRIx64,
                     (uint64_t)run->fail_entry.hardware_entry_failure_reason);
        if (run->fail_entry.hardware_entry_failure_reason == 0x80000021) {
            error_printf("The guest may be in a state that an Intel processor without support "
                         "for unrestricted guests cannot run, such as real mode after "
                         "protected mode.\n");
        }
        return -1;
    case KVM_EXIT_EXCEPTION:
        error_report("KVM: exception %u with error code 0x%x came out of the guest",
                     run->ex.exception, run->ex.error_code);
        return -1;
    case KVM_EXIT_DEBUG:
        bql_lock();
        ret = handle_debug(cpu, &run->debug.arch);
        bql_unlock();
        return ret;
    case KVM_EXIT_IOAPIC_EOI:
        bql_lock();
        ioapic_eoi_broadcast(run->eoi.vector);
        bql_unlock();
        return 0;
    case KVM_EXIT_NOTIFY:
        return handle_notify(cpu, run);
    default:
        error_report("KVM: unexpected exit %u", run->exit_reason);
        return -1;
    }
}

bool kvm_arch_stop_on_emulation_error(CPUState *cs)
{
    CPUX86State *env = cpu_env(cs);

    bql_lock();
    kvm_cpu_synchronize_state(cs);
    bql_unlock();
    /* User code that cannot be emulated harms only itself: the kernel gave it #UD. */
    return !(env->cr[0] & CR0_PE_MASK) || (env->segs[R_CS].selector & 3) != 3;
}

/* ---- debugging ---- */

#define MAX_HW_BREAKPOINTS 4

/* Those of the debugger, for all CPUs. BQL. */
static struct {
    vaddr addr;
    int len, type; /* types of the remote protocol: 1 execute, 2 write, 4 access */
} hw_breakpoints[MAX_HW_BREAKPOINTS];
static int hw_breakpoint_count;

#define INT3 0xcc

int kvm_arch_insert_sw_breakpoint(CPUState *cs, struct kvm_sw_breakpoint *bp)
{
    const uint8_t int3 = INT3;

    if (cpu_memory_rw_debug(cs, bp->pc, &bp->saved_insn, 1, false) ||
        cpu_memory_rw_debug(cs, bp->pc, (uint8_t *)&int3, 1, true)) {
        return -EINVAL;
    }
    return 0;
}

int kvm_arch_remove_sw_breakpoint(CPUState *cs, struct kvm_sw_breakpoint *bp)
{
    uint8_t now;

    if (cpu_memory_rw_debug(cs, bp->pc, &now, 1, false)) {
        return -EINVAL;
    }
    if (now != INT3) {
        return 0; /* the guest has written something else there */
    }
    return cpu_memory_rw_debug(cs, bp->pc, &bp->saved_insn, 1, true) ? -EINVAL : 0;
}

static int find_hw_breakpoint(vaddr addr, int len, int type)
{
    for (int i = 0; i < hw_breakpoint_count; i++) {
        if (hw_breakpoints[i].addr == addr && hw_breakpoints[i].type == type &&
            (hw_breakpoints[i].len == len || len == -1)) {
            return i;
        }
    }
    return -1;
}

int kvm_arch_insert_hw_breakpoint(vaddr addr, vaddr len, int type)
{
    if (type == 1) {
        len = 1;
    } else if (type != 2 && type != 4) {
        return -ENOSYS; /* there is no read-only watchpoint */
    } else if ((len != 1 && len != 2 && len != 4 && len != 8) || addr & (len - 1)) {
        return -EINVAL;
    }
    if (hw_breakpoint_count == MAX_HW_BREAKPOINTS) {
        return -ENOBUFS;
    }
    if (find_hw_breakpoint(addr, len, type) >= 0) {
        return -EEXIST;
    }
    hw_breakpoints[hw_breakpoint_count].addr = addr;
    hw_breakpoints[hw_breakpoint_count].len = len;
    hw_breakpoints[hw_breakpoint_count++].type = type;
    return 0;
}

int kvm_arch_remove_hw_breakpoint(vaddr addr, vaddr len, int type)
{
    int n = find_hw_breakpoint(addr, type == 1 ? 1 : (int)len, type);

    if (n < 0) {
        return -ENOENT;
    }
    hw_breakpoints[n] = hw_breakpoints[--hw_breakpoint_count];
    return 0;
}

void kvm_arch_remove_all_hw_breakpoints(void)
{
    hw_breakpoint_count = 0;
}

void kvm_arch_update_guest_debug(CPUState *cs, struct kvm_guest_debug *dbg)
{
    if (kvm_sw_breakpoints_active(cs)) {
        dbg->control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP;
    }
    if (hw_breakpoint_count > 0) {
        dbg->control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP;
        dbg->arch.debugreg[7] = 0x0600;
        for (int i = 0; i < hw_breakpoint_count; i++) {
            /* DR7: type and length (SDM vol. 3, 18.2.4) */
            static const uint8_t len_code[9] = {[1] = 0, [2] = 1, [4] = 3, [8] = 2};
            static const uint8_t type_code[5] = {[1] = 0, [2] = 1, [4] = 3};

            dbg->arch.debugreg[i] = hw_breakpoints[i].addr;
            dbg->arch.debugreg[7] |= (2ull << (i * 2)) |
                                     ((uint64_t)type_code[hw_breakpoints[i].type] << (16 + i * 4)) |
                                     ((uint64_t)len_code[hw_breakpoints[i].len] << (18 + i * 4));
        }
    }
}

/* The debugger is told what was accessed, not only that. */
static void note_watchpoint(CPUState *cs, int n)
{
    /* One CPU stops at a time, with the BQL held, and is asked at once. */
    static CPUWatchpoint hit;
    static const int flags[] = {[2] = BP_MEM_WRITE, [3] = BP_MEM_READ, [4] = BP_MEM_ACCESS};

    if (hw_breakpoints[n].type >= 2) {
        hit = (CPUWatchpoint){.vaddr = hw_breakpoints[n].addr,
                              .hitaddr = hw_breakpoints[n].addr,
                              .len = hw_breakpoints[n].len,
                              .flags = flags[hw_breakpoints[n].type]};
        cs->watchpoint_hit = &hit;
    }
}

/* Is the exit the debugger's? Otherwise the exception goes to the guest. */
static bool debug_exit_is_ours(CPUState *cs, struct kvm_debug_exit_arch *arch)
{
    if (arch->exception != EXCP01_DB) {
        return kvm_find_sw_breakpoint(cs, arch->pc) != NULL;
    }
    if (arch->dr6 & DR6_BS) {
        return cs->singlestep_enabled;
    }
    for (int n = 0; n < hw_breakpoint_count; n++) {
        if (arch->dr6 & (1u << n)) {
            note_watchpoint(cs, n);
            return true;
        }
    }
    return false;
}

static int handle_debug(X86CPU *cpu, struct kvm_debug_exit_arch *arch)
{
    CPUState *cs = CPU(cpu);
    CPUX86State *env = &cpu->env;

    kvm_cpu_synchronize_state(cs);
    if (debug_exit_is_ours(cs, arch)) {
        return EXCP_DEBUG;
    }
    env->exception_nr = arch->exception;
    env->exception_injected = 1;
    env->has_error_code = 0;
    if (arch->exception == EXCP01_DB) {
        env->dr[6] = arch->dr6;
        env->dr[7] = arch->dr7;
    }
    return 0;
}
