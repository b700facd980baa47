/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a virtual CPU that is the same for every accelerator: its thread,
 * how to stop, kick and interrupt it, work queued for it, its address spaces,
 * break- and watchpoints.
 *
 * A vCPU thread runs guest code without the BQL and takes it to handle exits.
 * Fields say who may touch them: (T) only the vCPU's own thread; (B) with the
 * BQL; (A) with atomics, from any thread; (C) constant once realized.
 */
#ifndef HW_CORE_CPU_H
#define HW_CORE_CPU_H

#include "hw/qdev-core.h"
#include "exec/breakpoint.h"
#include "exec/hwaddr.h"
#include "exec/memattrs.h"
#include "exec/vaddr.h"
#include "qemu/queue.h"
#include "qemu/rcu_queue.h"
#include "qemu/thread.h"
#include "qom/object.h"

typedef struct AccelCPUState AccelCPUState;
typedef struct CPUAddressSpace CPUAddressSpace;
typedef struct CPUJumpCache CPUJumpCache;
typedef struct WriteCoreDumpState WriteCoreDumpState;
struct kvm_run;
struct kvm_dirty_gfn;

#define TYPE_CPU "cpu"
DECLARE_OBJ_CHECKERS(CPUState, CPUClass, CPU, TYPE_CPU)

/* Use this instead of OBJECT_DECLARE_TYPE for the CPU of a target: it is also ArchCPU. */
#define OBJECT_DECLARE_CPU_TYPE(CpuInstanceType, CpuClassType, CPU_MODULE_OBJ_NAME)                \
    typedef struct ArchCPU CpuInstanceType;                                                        \
    OBJECT_DECLARE_TYPE(ArchCPU, CpuClassType, CPU_MODULE_OBJ_NAME);

/* MMU access types, as fault handlers and watchpoints get them. */
typedef enum MMUAccessType {
    MMU_DATA_LOAD = 0,
    MMU_DATA_STORE = 1,
    MMU_INST_FETCH = 2,
} MMUAccessType;

/* CPU_DUMP_*: what dump_state() shows besides the integer registers. */
enum {
    CPU_DUMP_CODE = 0x00010000,
    CPU_DUMP_FPU = 0x00020000,
    CPU_DUMP_CCOP = 0x00040000,
    CPU_DUMP_VPU = 0x00080000,
};

typedef void (*CPUDumpSink)(void *opaque, const char *text);

/* Hooks that an accelerator's translator supplies for a CPU class. */
struct TCGCPUOps;
struct AccelCPUClass;

/**
 * struct CPUClass - what a target supplies. All optional unless noted.
 * Unless noted, called with the BQL held and the vCPU stopped or from its own thread.
 */
struct CPUClass {
    DeviceClass parent_class;

    /* The class for @cpu_model ("qemu64"), or NULL. */
    ObjectClass *(*class_by_name)(const char *cpu_model);
    /* Turns the "feat=on,+x,-y" part of -cpu into global properties of @typename. */
    void (*parse_features)(const char *typename, char *str, Error **errp);

    /* True if the CPU would leave HLT: an interrupt that it takes is pending. Any thread. */
    bool (*has_work)(CPUState *cpu);
    /* Reads or writes @len bytes at virtual @addr; 0 or -1. */
    int (*memory_rw_debug)(CPUState *cpu, vaddr addr, void *buf, size_t len, bool is_write);
    /* Writes the registers as text, for `info registers` and crash reports. */
    void (*dump_state)(CPUState *cpu, CPUDumpSink emit, void *opaque, int flags);
    int64_t (*get_arch_id)(CPUState *cpu);
    bool (*get_paging_enabled)(const CPUState *cpu);
    void (*get_memory_mapping)(CPUState *cpu, MemoryMappingList *list, Error **errp);
    void (*set_pc)(CPUState *cpu, vaddr value);
    vaddr (*get_pc)(CPUState *cpu);
    /* Physical address of the page that @addr is in, or -1; fills *@attrs. */
    hwaddr (*get_phys_page_attrs_debug)(CPUState *cpu, vaddr addr, MemTxAttrs *attrs);
    /* Index of the address space that an access with @attrs uses. Any thread. */
    int (*asidx_from_attrs)(CPUState *cpu, MemTxAttrs attrs);
    /* Panic details of the guest, for GUEST_PANICKED; caller frees. */
    struct GuestPanicInformation *(*get_crash_info)(CPUState *cpu);
    bool (*virtio_is_big_endian)(CPUState *cpu);
    /* Some debug exception of ours hit: return after adjusting the state. */
    void (*debug_excp_handler)(CPUState *cpu);

    /* Its registers for debuggers; gdbstub/target.h. */
    const struct GdbTarget *gdb;

    /* Core dump notes; see dump/ */
    int (*write_elf64_note)(GByteArray *out, CPUState *cpu, int cpuid);
    int (*write_elf64_qemunote)(GByteArray *out, CPUState *cpu);
    int (*write_elf32_note)(GByteArray *out, CPUState *cpu, int cpuid);
    int (*write_elf32_qemunote)(GByteArray *out, CPUState *cpu);

    /* The CPU's own part of the migration stream. */
    const VMStateDescription *vmsd;
    /* Kind, replacement and reason, when `-cpu help` should warn about the model. */
    const char *deprecation_note;
    const struct TCGCPUOps *tcg_ops;
    /* Called by the accelerator when it is chosen, once per class. */
    void (*init_accel_cpu)(struct AccelCPUClass *accel_cpu, CPUClass *cc);
    struct AccelCPUClass *accel_cpu;
    /* Number of the address spaces the target creates (x86: memory, SMM). */
    int max_as;

    /* Reset: parent phases are kept by hw/core/cpu-common.c. */
    ResettablePhases parent_phases;
};

/* Causes in CPUState::interrupt_request; the rest are the target's (target/i386/cpu.h). */
#define CPU_INTERRUPT_HARD   0x0002 /* the interrupt controller's line is up */
#define CPU_INTERRUPT_EXITTB 0x0004 /* leave the current block: memory map or mode changed */
#define CPU_INTERRUPT_HALT   0x1000 /* stop executing, as if halted */
#define CPU_INTERRUPT_DEBUG  0x2000 /* debugger wants control */
#define CPU_INTERRUPT_RESET  0x4000 /* reset requested for this CPU */

/* CPUState::singlestep_enabled */
#define SSTEP_ENABLE  0x1
#define SSTEP_NOIRQ   0x2
#define SSTEP_NOTIMER 0x4

/* CPUState::exception_index values that mean "leave the execution loop". */
#define EXCP_INTERRUPT           0x10000 /* async interruption */
#define EXCP_HLT                 0x10001 /* HLT reached */
#define EXCP_DEBUG               0x10002 /* breakpoint or single step */
#define EXCP_HALTED              0x10003 /* CPU is halted, waits for an event */
#define EXCP_YIELD               0x10004 /* give up the rest of the time slice */
#define EXCP_ATOMIC              0x10005 /* stop the others and run one instruction alone */

#define UNASSIGNED_CPU_INDEX     -1
#define UNASSIGNED_CLUSTER_INDEX -1

/* Data handed to work items; one word that may be a pointer or a number. */
typedef union run_on_cpu_data {
    int host_int;
    unsigned long host_ulong;
    void *host_ptr;
    vaddr target_ptr;
} run_on_cpu_data;

#define RUN_ON_CPU_HOST_PTR(p)   ((run_on_cpu_data){.host_ptr = (p)})
#define RUN_ON_CPU_HOST_INT(i)   ((run_on_cpu_data){.host_int = (i)})
#define RUN_ON_CPU_HOST_ULONG(u) ((run_on_cpu_data){.host_ulong = (u)})
#define RUN_ON_CPU_TARGET_PTR(v) ((run_on_cpu_data){.target_ptr = (v)})
#define RUN_ON_CPU_NULL          RUN_ON_CPU_HOST_PTR(NULL)

typedef void (*run_on_cpu_func)(CPUState *cpu, run_on_cpu_data data);
struct qemu_work_item;

struct CPUState {
    DeviceState parent_obj;
    CPUClass *cc; /* (C) class of this object, so that hot paths need no cast */

    /* topology: how many of each in the package (C) */
    int nr_threads;
    int nr_cores;

    QemuThread *thread; /* (C) allocated with the object */
    int thread_id;      /* (A) kernel thread id, for query-cpus-fast */
    bool running;       /* (A) inside cpu_exec_start()/end() */
    bool has_waiter;    /* under the exclusive-section lock */
    /* "There is something for the thread to look at"; see qemu_wait_io_event(). */
    QemuEvent halt_event;
    bool thread_kicked;     /* (A) a kick is on its way: don't send another */
    bool created;           /* (A) the thread has started and initialised itself */
    bool stop;              /* (A) please stop; written with the BQL */
    bool stopped;           /* (A) it did; written with the BQL */
    bool start_powered_off; /* (C) halted until a firmware call or SIPI */
    bool unplug;            /* (A) end the thread */
    bool crash_occurred;    /* (B) guest panic reported through this CPU */
    /*
     * (A) Leave guest code soon: exit_request, written after what the thread is to see.
     * A translator may take the eight bytes as the address of something it can read,
     * which the flag turns into one that is not canonical.
     */
    struct {
        uint8_t poll_address[7];
        bool exit_request;
    } QEMU_ALIGNED(8);
    int exclusive_context_count; /* (T) */
    uint32_t cflags_next_tb;     /* (T) translator */
    /* (A) CPU_INTERRUPT_... Set with cpu_interrupt(), cleared with cpu_reset_interrupt(). */
    uint32_t interrupt_request;
    uint32_t halted; /* (T), or (B) while stopped: waits for an interrupt */
    uint32_t can_do_io;
    int32_t exception_index; /* (T) pending exception or EXCP_..., -1: none */
    int singlestep_enabled;  /* (B) SSTEP_... */
    sigjmp_buf jmp_env;      /* (T) translator's way out of helpers */

    /*
     * (T) With -icount: how many instructions may still run before the thread has to look
     * at the clock, and how many that was when executed ones were last added to it.
     */
    int64_t icount_left, icount_budget;

    QemuMutex work_mutex;
    /* Under work_mutex: functions to run in this thread, oldest first. */
    QSIMPLEQ_HEAD(, qemu_work_item) work_list;

    CPUAddressSpace *cpu_ases; /* (C) num_ases of them */
    int cpu_ases_count;        /* (C) */
    int num_ases;              /* (C) set before realize by the target */
    AddressSpace *as;          /* (C) same as cpu_ases[0].as */
    MemoryRegion *memory;      /* (C) root of it: the "memory" link property */

    QTAILQ_ENTRY(CPUState) node; /* written under the cpu list lock, read under RCU */

    /* (B), changed only while the CPU is stopped or by its own thread */
    QTAILQ_HEAD(, CPUBreakpoint) breakpoints;
    QTAILQ_HEAD(, CPUWatchpoint) watchpoints;
    CPUWatchpoint *watchpoint_hit;
    /* (B) stopped, (T): the breakpoint at the next instruction was reported already. */
    bool pass_breakpoint;

    void *opaque;
    /* (T) host address of the memory access in progress, for precise faults. */
    uintptr_t mem_io_pc;

    /* KVM; -1/NULL under other accelerators */
    int kvm_fd;
    struct KVMState *kvm_state;
    struct kvm_run *kvm_run;
    struct kvm_dirty_gfn *kvm_dirty_gfns;
    uint32_t kvm_fetch_index;
    uint64_t dirty_pages;
    int kvm_vcpu_stats_fd;
    bool vcpu_dirty; /* (T)/(B) stopped: registers here are newer than the kernel's */

    /* What the accelerator keeps per vCPU (struct AccelCPUState is its own). */
    AccelCPUState *accel;

    int cpu_index;     /* (C) */
    int cluster_index; /* (C) */
    uint32_t tcg_cflags;
    bool ignore_memory_transaction_failures;
    bool throttle_thread_scheduled;
    int64_t throttle_us_per_full;
    bool prctl_unalign_sigbus;
};

typedef QTAILQ_HEAD(CPUTailQ, CPUState) CPUTailQ;
extern CPUTailQ cpus_queue;

#define first_cpu     QTAILQ_FIRST_RCU(&cpus_queue)
#define CPU_NEXT(cpu) QTAILQ_NEXT_RCU(cpu, node)
/* BQL, cpu list lock, or an RCU critical section. */
#define CPU_FOREACH(cpu)                QTAILQ_FOREACH_RCU (cpu, &cpus_queue, node)
#define CPU_FOREACH_SAFE(cpu, next_cpu) QTAILQ_FOREACH_SAFE_RCU(cpu, &cpus_queue, node, next_cpu)

/* -icount: guest time is a number of instructions (system/icount.h). Fixed before CPUs are made. */
extern bool icount_on;
static inline bool icount_enabled(void)
{
    return unlikely(icount_on);
}

/* The vCPU that this thread runs, or NULL. */
extern __thread CPUState *current_cpu;

/* ---- the list of CPUs ---- */

void cpu_list_lock(void);
void cpu_list_unlock(void);
/* Gives @cpu the lowest free index unless it has one, and appends it. */
void cpu_list_add(CPUState *cpu);
void cpu_list_remove(CPUState *cpu);
/* Changes with every add and remove. */
unsigned int cpu_list_generation_id_get(void);
CPUState *qemu_get_cpu(int index);
CPUState *cpu_by_arch_id(int64_t id);
bool cpu_exists(int64_t id);

/* ---- creating CPUs ---- */

/* Class of model @cpu_model for CPUs of type @typename, or NULL. */
ObjectClass *cpu_class_by_name(const char *typename, const char *cpu_model);
/* "-cpu MODEL,feat..." to a type name; features become globals. NULL and @errp on error. */
const char *parse_cpu_option_for_type(const char *base_type, const char *cpu_option, Error **errp);
/* Creates and realizes a CPU of @typename; NULL and @errp on failure. */
CPUState *cpu_create(const char *typename, Error **errp);
/* realize/unrealize parts called by the target around qemu_init_vcpu(). */
bool cpu_exec_realizefn(CPUState *cpu, Error **errp);
void cpu_exec_unrealizefn(CPUState *cpu);
void cpu_reset(CPUState *cpu);

/* ---- address spaces ---- */

/*
 * Makes address space @asidx of @cpu, with root @mr, before qemu_init_vcpu().
 * Number 0 is cpu->as. The accelerator's memory_map_changed() hook runs for
 * @cpu whenever the view of one of them changes. BQL held.
 */
void cpu_address_space_init(CPUState *cpu, int asidx, const char *prefix, MemoryRegion *mr);
void cpu_destroy_address_spaces(CPUState *cpu);
AddressSpace *cpu_get_address_space(CPUState *cpu, int asidx);
/* The one that @attrs select. */
int cpu_asidx_from_attrs(CPUState *cpu, MemTxAttrs attrs);
AddressSpace *cpu_addressspace(CPUState *cpu, MemTxAttrs attrs);

/* ---- interrupts and kicks; any thread ---- */

/* Raises causes @mask and makes the vCPU look at them. */
void cpu_interrupt(CPUState *cpu, uint32_t mask);
void cpu_reset_interrupt(CPUState *cpu, uint32_t mask);
/* The bits of @mask that are raised; acquires what was written before they were. */
static inline uint32_t cpu_test_interrupt(CPUState *cpu, uint32_t mask)
{
    return qatomic_load_acquire(&cpu->interrupt_request) & mask;
}
static inline void cpu_set_interrupt(CPUState *cpu, uint32_t mask)
{
    qatomic_or(&cpu->interrupt_request, mask);
}
/* Makes the vCPU leave guest code soon. */
void cpu_exit(CPUState *cpu);
/* The same, and wakes it if it sleeps in HLT. */
void qemu_cpu_kick(CPUState *cpu);
bool qemu_cpu_is_self(CPUState *cpu);
/* Resume a halted CPU (its next wake-up needs no interrupt). BQL held. */
void cpu_resume(CPUState *cpu);
/* Ends the thread of @cpu and waits for it. BQL held. */
void cpu_remove_sync(CPUState *cpu);
static inline bool cpu_is_stopped(CPUState *cpu)
{
    return cpu->stopped;
}
bool cpu_has_work(CPUState *cpu);

/* ---- running functions in a vCPU's thread ---- */

/* Runs @func in @cpu's thread (at once if that is us) and waits for it. BQL held, also in @func. */
void run_on_cpu(CPUState *cpu, run_on_cpu_func func, run_on_cpu_data data);
/* Queues it; it runs with the BQL held. Any thread. */
void async_run_on_cpu(CPUState *cpu, run_on_cpu_func func, run_on_cpu_data data);
/*
 * Queues @func to run while no vCPU executes guest code, without the BQL. For
 * what changes translated code under everyone's feet. Any thread.
 */
void async_safe_run_on_cpu(CPUState *cpu, run_on_cpu_func func, run_on_cpu_data data);
/* vCPU thread, BQL held: runs what is queued. */
void process_queued_cpu_work(CPUState *cpu);
/* Frees what is queued and wakes those who wait for it (CPU goes away). */
void free_queued_cpu_work(CPUState *cpu);

/* ---- exclusive sections: no vCPU executes guest code but us ---- */

/* vCPU thread, BQL not held: brackets each entry into guest code. */
void cpu_exec_start(CPUState *cpu);
void cpu_exec_end(CPUState *cpu);
/*
 * Any thread outside cpu_exec_start/end, BQL not held: waits until all vCPUs
 * left guest code, and keeps them out until the end. Sections nest.
 */
void start_exclusive(void);
void end_exclusive(void);
bool cpu_in_exclusive_context(const CPUState *cpu);

/* ---- debugging ---- */

/* Virtual memory as @cpu sees it now; writes reach ROM. 0, or -1 if not mapped. */
int cpu_memory_rw_debug(CPUState *cpu, vaddr addr, void *buf, size_t len, bool is_write);
hwaddr cpu_get_phys_page_attrs_debug(CPUState *cpu, vaddr addr, MemTxAttrs *attrs);
hwaddr cpu_get_phys_page_debug(CPUState *cpu, vaddr addr);
bool cpu_paging_enabled(const CPUState *cpu);
void cpu_set_pc(CPUState *cpu, vaddr addr);
vaddr cpu_get_pc(CPUState *cpu);
void cpu_single_step(CPUState *cpu, int enabled);

/* 0 or -errno. The accelerator is told through its update_guest_debug(). */
int cpu_breakpoint_insert(CPUState *cpu, vaddr pc, int flags, CPUBreakpoint **breakpoint);
int cpu_breakpoint_remove(CPUState *cpu, vaddr pc, int flags);
void cpu_breakpoint_remove_by_ref(CPUState *cpu, CPUBreakpoint *breakpoint);
void cpu_breakpoint_remove_all(CPUState *cpu, int mask);
static inline bool cpu_breakpoint_test(CPUState *cpu, vaddr pc, int mask)
{
    CPUBreakpoint *bp;

    QTAILQ_FOREACH (bp, &cpu->breakpoints, entry) {
        if (bp->pc == pc && (bp->flags & mask)) {
            return true;
        }
    }
    return false;
}
int cpu_watchpoint_insert(CPUState *cpu, vaddr addr, vaddr len, int flags,
                          CPUWatchpoint **watchpoint);
int cpu_watchpoint_remove(CPUState *cpu, vaddr addr, vaddr len, int flags);
void cpu_watchpoint_remove_by_ref(CPUState *cpu, CPUWatchpoint *watchpoint);
void cpu_watchpoint_remove_all(CPUState *cpu, int mask);
/* OR of the flags of the watchpoints that overlap [@addr, @addr + @len). */
int cpu_watchpoint_address_matches(CPUState *cpu, vaddr addr, vaddr len);

/* Text through @emit, or to a stdio stream. */
void cpu_dump_state_to(CPUState *cpu, CPUDumpSink emit, void *opaque, int flags);
void cpu_dump_state(CPUState *cpu, FILE *f, int flags);
struct GuestPanicInformation *cpu_get_crash_info(CPUState *cpu);
/* Prints @fmt and the state of @cpu to stderr and the log, then aborts: our own bugs only. */
void cpu_abort(CPUState *cpu, const char *fmt, ...) G_GNUC_PRINTF(2, 3) G_GNUC_NORETURN;

extern const VMStateDescription vmstate_cpu_common;
#define VMSTATE_CPU()                                                                              \
    {                                                                                              \
        .name = "parent_obj", .size = sizeof(CPUState), .vmsd = &vmstate_cpu_common,               \
        .flags = VMS_STRUCT, .offset = 0,                                                          \
    }

#endif
