/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU in the kernel: making it, running it, handling what makes it exit,
 * and keeping its registers and ours the same (api.rst 4.10, 5).
 *
 * CPUState.vcpu_dirty says where the registers are: true, here, and they are
 * written to the kernel before the guest runs; false, in the kernel.
 */
#include "qemu/osdep.h"
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "exec/address-spaces.h"
#include "accel/kvm/kvm-int.h"
#include "system/cpus.h"
#include "system/memory-failure.h"
#include "system/runstate.h"

/* ---- making and ending ---- */

static bool map_dirty_ring(KVMState *s, CPUState *cpu, Error **errp)
{
    size_t size = s->dirty_ring_entries * sizeof(struct kvm_dirty_gfn);

    if (!s->dirty_ring_entries) {
        return true;
    }
    cpu->kvm_dirty_gfns = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu->kvm_fd,
                               TARGET_PAGE_SIZE * KVM_DIRTY_LOG_PAGE_OFFSET);
    if (cpu->kvm_dirty_gfns == MAP_FAILED) {
        cpu->kvm_dirty_gfns = NULL;
        error_setg_errno(errp, errno, "KVM: could not map the dirty ring of CPU %d",
                         cpu->cpu_index);
        return false;
    }
    return true;
}

/* The kernel keeps a vCPU until the end of the VM, and its id: for a CPU that comes back. */
typedef struct KVMParkedVcpu {
    unsigned long id;
    int fd;
    QLIST_ENTRY(KVMParkedVcpu) node;
} KVMParkedVcpu;

static void park_vcpu(KVMState *s, CPUState *cpu)
{
    KVMParkedVcpu *parked = g_new0(KVMParkedVcpu, 1);

    parked->id = kvm_arch_vcpu_id(cpu);
    parked->fd = cpu->kvm_fd;
    QLIST_INSERT_HEAD(&s->parked_vcpus, parked, node);
}

static int unpark_or_create_vcpu(KVMState *s, unsigned long id)
{
    KVMParkedVcpu *parked;

    QLIST_FOREACH (parked, &s->parked_vcpus, node) {
        if (parked->id == id) {
            int fd = parked->fd;

            QLIST_REMOVE(parked, node);
            g_free(parked);
            return fd;
        }
    }
    return kvm_vm_ioctl(s, KVM_CREATE_VCPU, (void *)id);
}

bool kvm_init_vcpu(CPUState *cpu, Error **errp)
{
    KVMState *s = kvm_state;
    unsigned long id = kvm_arch_vcpu_id(cpu);

    cpu->kvm_fd = unpark_or_create_vcpu(s, id);
    if (cpu->kvm_fd < 0) {
        error_setg_errno(errp, -cpu->kvm_fd, "KVM could not create vCPU %lu", id);
        if (id >= s->max_vcpu_id) {
            ERRP_GUARD();

            error_append_hint(errp,
                              "Ids must be below %u; a topology with sizes that are powers "
                              "of two wastes none.\n",
                              s->max_vcpu_id);
        }
        return false;
    }
    kvm_stats_init_vcpu(cpu);
    cpu->kvm_state = s;
    cpu->vcpu_dirty = true;
    cpu->kvm_run =
        mmap(NULL, s->vcpu_mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu->kvm_fd, 0);
    if (cpu->kvm_run == MAP_FAILED) {
        cpu->kvm_run = NULL;
        error_setg_errno(errp, errno, "KVM: could not map the state of vCPU %lu", id);
        return false;
    }
    if (!s->coalesced_mmio_ring) {
        int page = kvm_check_extension(s, KVM_CAP_COALESCED_MMIO);

        if (page) {
            s->coalesced_mmio_ring = (void *)((char *)cpu->kvm_run + page * TARGET_PAGE_SIZE);
        }
    }
    return map_dirty_ring(s, cpu, errp) && kvm_arch_init_vcpu(cpu, errp);
}

void kvm_destroy_vcpu(CPUState *cpu)
{
    KVMState *s = kvm_state;

    kvm_arch_destroy_vcpu(cpu);
    kvm_stats_destroy_vcpu(cpu);
    if (cpu->kvm_dirty_gfns) {
        munmap(cpu->kvm_dirty_gfns, s->dirty_ring_entries * sizeof(struct kvm_dirty_gfn));
        cpu->kvm_dirty_gfns = NULL;
    }
    /* The ring of coalesced writes is in the area of the first vCPU, which stays. */
    if (cpu->kvm_run &&
        (char *)s->coalesced_mmio_ring - (char *)cpu->kvm_run >= (ptrdiff_t)s->vcpu_mmap_size) {
        munmap(cpu->kvm_run, s->vcpu_mmap_size);
    }
    park_vcpu(s, cpu);
    cpu->kvm_fd = -1;
}

/* ---- registers here and there ---- */

static void sync_failed(CPUState *cpu, const char *what, Error *err)
{
    error_reportf_err(err, "CPU %d: %s registers: ", cpu->cpu_index, what);
    cpu_dump_state(cpu, stderr, 0);
    vm_stop(RUN_STATE_INTERNAL_ERROR);
}

static void do_synchronize_state(CPUState *cpu, run_on_cpu_data arg)
{
    Error *err = NULL;

    if (cpu->vcpu_dirty) {
        return;
    }
    if (!kvm_arch_get_registers(cpu, &err)) {
        sync_failed(cpu, "reading", err);
    }
    cpu->vcpu_dirty = true;
}

void kvm_cpu_synchronize_state(CPUState *cpu)
{
    if (!cpu->vcpu_dirty && cpu->kvm_run) {
        run_on_cpu(cpu, do_synchronize_state, RUN_ON_CPU_NULL);
    }
}

static void put_registers(CPUState *cpu, int level)
{
    Error *err = NULL;

    if (!kvm_arch_put_registers(cpu, level, &err)) {
        sync_failed(cpu, "writing", err);
    }
    cpu->vcpu_dirty = false;
}

static void do_post_reset(CPUState *cpu, run_on_cpu_data arg)
{
    put_registers(cpu, KVM_PUT_RESET_STATE);
}

void kvm_cpu_synchronize_post_reset(CPUState *cpu)
{
    run_on_cpu(cpu, do_post_reset, RUN_ON_CPU_NULL);
}

static void do_post_init(CPUState *cpu, run_on_cpu_data arg)
{
    put_registers(cpu, KVM_PUT_FULL_STATE);
}

void kvm_cpu_synchronize_post_init(CPUState *cpu)
{
    run_on_cpu(cpu, do_post_init, RUN_ON_CPU_NULL);
}

static void do_pre_loadvm(CPUState *cpu, run_on_cpu_data arg)
{
    cpu->vcpu_dirty = true;
}

void kvm_cpu_synchronize_pre_loadvm(CPUState *cpu)
{
    run_on_cpu(cpu, do_pre_loadvm, RUN_ON_CPU_NULL);
}

/* ---- leaving guest code ---- */

/*
 * Whoever wants the thread's attention sends SIG_IPI. Before KVM_RUN it makes
 * the ioctl return at once, during it interrupts it.
 */
static void sig_ipi(int signum)
{
    if (current_cpu && current_cpu->kvm_run) {
        qatomic_set(&current_cpu->kvm_run->immediate_exit, 1);
    }
}

void kvm_init_cpu_signals(void)
{
    struct sigaction sa = {.sa_handler = sig_ipi};
    sigset_t set;

    sigaction(SIG_IPI, &sa, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIG_IPI);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* ---- exits ---- */

static int internal_error(CPUState *cpu, struct kvm_run *run)
{
    error_report("KVM internal error %u%s", run->internal.suberror,
                 run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION
                     ? ": it met an instruction that it cannot emulate"
                     : "");
    for (unsigned i = 0; i < run->internal.ndata && i < 16; i++) {
        error_report("  data[%u] = 0x%016" PRIx64, i, (uint64_t)run->internal.data[i]);
    }
    if (run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION &&
        !kvm_arch_stop_on_emulation_error(cpu)) {
        bql_lock();
        kvm_cpu_synchronize_state(cpu);
        cpu_dump_state(cpu, stderr, CPU_DUMP_CODE);
        bql_unlock();
        return EXCP_INTERRUPT;
    }
    return -1;
}

static int system_event(CPUState *cpu, struct kvm_run *run)
{
    switch (run->system_event.type) {
    case KVM_SYSTEM_EVENT_SHUTDOWN:
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
        return EXCP_INTERRUPT;
    case KVM_SYSTEM_EVENT_RESET:
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        return EXCP_INTERRUPT;
    case KVM_SYSTEM_EVENT_CRASH:
        bql_lock();
        kvm_cpu_synchronize_state(cpu);
        qemu_system_guest_panicked(cpu_get_crash_info(cpu));
        bql_unlock();
        return 0;
    default:
        return kvm_arch_handle_exit(cpu, run);
    }
}

static int handle_exit(CPUState *cpu, struct kvm_run *run, MemTxAttrs attrs)
{
    switch (run->exit_reason) {
    case KVM_EXIT_IO:
        kvm_handle_io(run, attrs);
        return 0;
    case KVM_EXIT_MMIO:
        address_space_rw(&address_space_memory, run->mmio.phys_addr, attrs, run->mmio.data,
                         run->mmio.len, run->mmio.is_write);
        return 0;
    case KVM_EXIT_IRQ_WINDOW_OPEN:
        return EXCP_INTERRUPT;
    case KVM_EXIT_SHUTDOWN:
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        return EXCP_INTERRUPT;
    case KVM_EXIT_UNKNOWN:
        error_report("KVM: exit for a reason the kernel does not know either: hardware 0x%" PRIx64,
                     (uint64_t)run->hw.hardware_exit_reason);
        return -1;
    case KVM_EXIT_INTERNAL_ERROR:
        return internal_error(cpu, run);
    case KVM_EXIT_DIRTY_RING_FULL:
        bql_lock();
        kvm_dirty_ring_reap(cpu->kvm_state, NULL);
        bql_unlock();
        return 0;
    case KVM_EXIT_SYSTEM_EVENT:
        return system_event(cpu, run);
    default:
        return kvm_arch_handle_exit(cpu, run);
    }
}

/* One KVM_RUN with what belongs before and after it; 0, EXCP_... or negative. */
static int run_once(CPUState *cpu)
{
    struct kvm_run *run = cpu->kvm_run;
    MemTxAttrs attrs;
    int ret;

    if (cpu->vcpu_dirty) {
        bql_lock();
        put_registers(cpu, KVM_PUT_RUNTIME_STATE);
        bql_unlock();
    }
    kvm_arch_pre_run(cpu, run);
    if (qatomic_read(&cpu->exit_request)) {
        /* The kernel completes a pending I/O, then returns at once. */
        qatomic_set(&run->immediate_exit, 1);
    }
    memory_failure_enter(MEMORY_FAILURE_KERNEL);
    ret = kvm_vcpu_ioctl(cpu, KVM_RUN, NULL);
    memory_failure_enter(MEMORY_FAILURE_OWN);
    attrs = kvm_arch_post_run(cpu, run);
    if (ret == -EINTR || ret == -EAGAIN || (ret < 0 && memory_failure_was_met())) {
        qatomic_set(&run->immediate_exit, 0);
        return EXCP_INTERRUPT;
    }
    if (ret < 0 && !(ret == -EFAULT && run->exit_reason == KVM_EXIT_SYSTEM_EVENT)) {
        error_report("KVM_RUN of CPU %d failed: %s", cpu->cpu_index, strerror(-ret));
        return ret;
    }
    return handle_exit(cpu, run, attrs);
}

int kvm_cpu_exec(CPUState *cpu)
{
    int ret;

    if (kvm_arch_process_async_events(cpu)) {
        return EXCP_HLT;
    }
    bql_unlock();
    cpu_exec_start(cpu);
    do {
        ret = run_once(cpu);
    } while (ret == 0 && !memory_failure_was_met());
    cpu_exec_end(cpu);
    bql_lock();
    memory_failure_handle_met();

    if (ret < 0) {
        kvm_cpu_synchronize_state(cpu);
        cpu_dump_state(cpu, stderr, CPU_DUMP_CODE);
        vm_stop(RUN_STATE_INTERNAL_ERROR);
    }
    return ret;
}
