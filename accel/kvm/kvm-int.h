/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the files of accel/kvm and by target/i386/kvm. Linux:
 * Documentation/virt/kvm/api.rst.
 */
#ifndef ACCEL_KVM_INT_H
#define ACCEL_KVM_INT_H

#include <linux/kvm.h>

#include "exec/memory.h"
#include "qapi/qapi-types-common.h"
#include "qemu/accel.h"
#include "system/kvm.h"

#define TYPE_KVM_ACCEL ACCEL_CLASS_NAME("kvm")
DECLARE_INSTANCE_CHECKER(KVMState, KVM_STATE, TYPE_KVM_ACCEL)

/* One range of guest-physical addresses that the kernel maps to our memory. */
typedef struct KVMSlot {
    hwaddr start;
    uint64_t size; /* 0: the slot number is free */
    void *ram;
    ram_addr_t ram_start;
    int slot;
    uint32_t flags;
    unsigned long *dirty_bmap; /* buffer for KVM_GET_DIRTY_LOG, or NULL */
} KVMSlot;

/* Keeps the slots of one of the kernel's address spaces as an AddressSpace of ours is. */
typedef struct KVMMemoryListener {
    MemoryListener listener;
    KVMState *s;
    KVMSlot *slots; /* s->nr_slots of them */
    unsigned nr_used;
    int as_id; /* 0: memory; 1: System Management Mode */
} KVMMemoryListener;

/* What kernel-irqchip= asks for. */
typedef enum KVMIrqchipMode {
    KVM_IRQCHIP_MODE_AUTO,
    KVM_IRQCHIP_MODE_OFF,
    KVM_IRQCHIP_MODE_SPLIT,
    KVM_IRQCHIP_MODE_ON,
} KVMIrqchipMode;

typedef enum KVMNotifyVmexit {
    NOTIFY_VMEXIT_RUN,            /* count it and go on */
    NOTIFY_VMEXIT_INTERNAL_ERROR, /* stop the guest */
    NOTIFY_VMEXIT_DISABLE,
} KVMNotifyVmexit;

#define KVM_MAX_GSIS 4096

struct KVMState {
    AccelState parent_obj;

    /* configuration */
    char *device;
    KVMIrqchipMode irqchip_mode;
    int64_t shadow_mem; /* bytes, -1: the kernel's choice */
    uint32_t dirty_ring_size;
    KVMNotifyVmexit notify_vmexit;
    uint32_t notify_window;

    /* the kernel's side */
    int fd, vmfd;
    int vcpu_mmap_size;
    unsigned nr_slots, max_vcpus, max_vcpu_id;
    QLIST_HEAD(, KVMParkedVcpu) parked_vcpus; /* BQL */
    bool sync_mmu;
    int robust_singlestep;

    /* memory */
    KVMMemoryListener memory_listener;
    struct kvm_coalesced_mmio_ring *coalesced_mmio_ring;
    bool coalesced_flush_in_progress;
    uint32_t dirty_ring_entries; /* per vCPU; 0: dirty bitmaps */

    /* interrupts */
    struct kvm_irq_routing *irq_routes;
    unsigned nr_allocated_irq_routes;
    unsigned long *used_gsi_bitmap;
    unsigned gsi_count;
    NotifierList irqchip_change_notifiers;
};

/* ---- kvm-all.c ---- */

/* "KVM here has no X (KVM_CAP_Y): do Z" for a capability that nothing works without. */
typedef struct KVMCapability {
    int value;
    const char *name; /* "KVM_CAP_..." */
    const char *what; /* what is missing without it */
} KVMCapability;
#define KVM_CAPABILITY(cap, what)                                                                  \
    {                                                                                              \
        KVM_CAP_##cap, "KVM_CAP_" #cap, what                                                       \
    }

/* False, with @errp naming the first capability of @list (ended by {}) that is missing. */
bool kvm_require_capabilities(KVMState *s, const KVMCapability *list, Error **errp);
int kvm_vm_enable_cap(KVMState *s, unsigned capability, uint64_t arg0, uint64_t arg1);
int kvm_vcpu_enable_cap(CPUState *cpu, unsigned capability, uint64_t arg0);
bool kvm_create_device_supported(KVMState *s, uint64_t type);

/* ---- kvm-memory.c ---- */

/* Gives address space @as to the kernel as its number @as_id. */
void kvm_memory_listener_register(KVMState *s, KVMMemoryListener *kml, AddressSpace *as, int as_id,
                                  const char *name);
/* Dirty ring: moves what vCPUs recorded into the bitmaps. BQL held; @cpu NULL: all. */
uint64_t kvm_dirty_ring_reap(KVMState *s, CPUState *cpu);

/* ---- kvm-io.c ---- */

/* The listener hooks for eventfds and coalesced ranges. */
void kvm_io_listener_register(KVMState *s);
void kvm_fill_memory_eventfd_hooks(MemoryListener *l);
void kvm_flush_coalesced_mmio_buffer(void);
/* KVM_EXIT_IO. vCPU thread without BQL. */
void kvm_handle_io(const struct kvm_run *run, MemTxAttrs attrs);

/* ---- kvm-irqchip.c ---- */

bool kvm_irqchip_create(KVMState *s, Error **errp);

/* ---- kvm-vcpu.c ---- */

/* First thing in the vCPU's thread. BQL held. */
bool kvm_init_vcpu(CPUState *cpu, Error **errp);
void kvm_destroy_vcpu(CPUState *cpu);
/* Runs until something has to be looked at; 0 or EXCP_... */
int kvm_cpu_exec(CPUState *cpu);
void kvm_cpu_synchronize_post_reset(CPUState *cpu);
void kvm_cpu_synchronize_post_init(CPUState *cpu);
void kvm_cpu_synchronize_pre_loadvm(CPUState *cpu);
/* Installs the handler of SIG_IPI. */
void kvm_init_cpu_signals(void);

/* ---- kvm-debug.c ---- */

/* Software breakpoints: the bytes they replaced. */
struct kvm_sw_breakpoint {
    vaddr pc;
    uint8_t saved_insn;
    int use_count;
    QTAILQ_ENTRY(kvm_sw_breakpoint) entry;
};
struct kvm_sw_breakpoint *kvm_find_sw_breakpoint(CPUState *cpu, vaddr pc);
bool kvm_sw_breakpoints_active(CPUState *cpu);
int kvm_update_guest_debug(CPUState *cpu, uint64_t reinject_trap);
bool kvm_supports_guest_debug(void);
int kvm_update_guest_debug_ops(CPUState *cpu);
int kvm_insert_breakpoint(CPUState *cpu, int type, vaddr addr, vaddr len);
int kvm_remove_breakpoint(CPUState *cpu, int type, vaddr addr, vaddr len);
void kvm_remove_all_breakpoints(CPUState *cpu);

/* ---- kvm-stats.c ---- */

void kvm_stats_init(KVMState *s);
void kvm_stats_init_vcpu(CPUState *cpu);
void kvm_stats_destroy_vcpu(CPUState *cpu);

/* ---- the target's part: target/i386/kvm/ ---- */

/* How much kvm_arch_put_registers() writes. */
enum {
    KVM_PUT_RUNTIME_STATE, /* what changes while the guest runs */
    KVM_PUT_RESET_STATE,   /* also what a reset sets */
    KVM_PUT_FULL_STATE,    /* everything, after loading a state */
};

bool kvm_arch_init(MachineState *ms, KVMState *s, Error **errp);
bool kvm_arch_irqchip_create(KVMState *s, Error **errp);
unsigned long kvm_arch_vcpu_id(CPUState *cpu);
bool kvm_arch_init_vcpu(CPUState *cpu, Error **errp);
void kvm_arch_destroy_vcpu(CPUState *cpu);
/* BQL held, vCPU stopped or its own thread. False and @errp when the kernel refused something. */
bool kvm_arch_put_registers(CPUState *cpu, int level, Error **errp);
bool kvm_arch_get_registers(CPUState *cpu, Error **errp);
/* Just before and after KVM_RUN. vCPU thread, no BQL. */
void kvm_arch_pre_run(CPUState *cpu, struct kvm_run *run);
MemTxAttrs kvm_arch_post_run(CPUState *cpu, struct kvm_run *run);
/* Events that KVM does not handle by itself; nonzero: the vCPU stays halted. BQL held. */
int kvm_arch_process_async_events(CPUState *cpu);
/* Exits that are the target's own; 0 go on, negative stop. vCPU thread, no BQL. */
int kvm_arch_handle_exit(CPUState *cpu, struct kvm_run *run);
bool kvm_arch_stop_on_emulation_error(CPUState *cpu);

void kvm_arch_update_guest_debug(CPUState *cpu, struct kvm_guest_debug *dbg);
int kvm_arch_insert_sw_breakpoint(CPUState *cpu, struct kvm_sw_breakpoint *bp);
int kvm_arch_remove_sw_breakpoint(CPUState *cpu, struct kvm_sw_breakpoint *bp);
int kvm_arch_insert_hw_breakpoint(vaddr addr, vaddr len, int type);
int kvm_arch_remove_hw_breakpoint(vaddr addr, vaddr len, int type);
void kvm_arch_remove_all_hw_breakpoints(void);

#endif
