/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machines: a type per board and version, whose object at /machine holds the
 * configuration, the topology and everything that was built.
 *
 * A board's class says what it can and what its defaults are; its init() builds
 * it when all properties are set, the memory is there and the accelerator works.
 */
#ifndef HW_BOARDS_H
#define HW_BOARDS_H

#include "hw/qdev-core.h"
#include "qapi/qapi-types-machine.h"
#include "system/reset.h"

typedef struct AccelState AccelState;
typedef struct ConfidentialGuestSupport ConfidentialGuestSupport;
typedef struct DeviceMemoryState DeviceMemoryState;
typedef struct HostMemoryBackend HostMemoryBackend;
typedef struct MemoryRegion MemoryRegion;
typedef struct NumaState NumaState;
typedef struct NVDIMMState NVDIMMState;

#define TYPE_MACHINE_SUFFIX     "-machine"
#define MACHINE_TYPE_NAME(name) (name TYPE_MACHINE_SUFFIX)

#define TYPE_MACHINE            "machine"
OBJECT_DECLARE_TYPE(MachineState, MachineClass, MACHINE)

/*
 * The CPUs and the levels above them; every count is at least 1. threads are
 * per core, cores per module, modules per cluster, clusters per die, and so on.
 */
struct CpuTopology {
    unsigned int cpus; /* present at start */
    unsigned int drawers;
    unsigned int books;
    unsigned int sockets;
    unsigned int dies;
    unsigned int clusters;
    unsigned int modules;
    unsigned int cores;
    unsigned int threads;
    unsigned int max_cpus; /* product of the levels */
};

/* Which levels beside sockets, cores and threads the machine knows. */
typedef struct SMPCompatProps {
    bool prefer_sockets; /* what is not given becomes sockets (versions up to 6.1), not cores */
    bool dies_supported;
    bool clusters_supported;
    bool modules_supported;
    bool books_supported;
    bool drawers_supported;
    bool cache_supported[CACHE_LEVEL_AND_TYPE__MAX];
} SMPCompatProps;

/* One place for a CPU, with who is there. */
typedef struct CPUArchId {
    uint64_t arch_id; /* x86: the APIC ID */
    int64_t vcpus_count;
    CpuInstanceProperties props;
    CPUState *cpu; /* NULL: empty */
    const char *type;
} CPUArchId;

typedef struct CPUArchIdList {
    int len;
    CPUArchId cpus[];
} CPUArchIdList;

struct MachineClass {
    ObjectClass parent_class;

    const char *family; /* NULL for none */
    char *name;         /* the type's name without "-machine" */
    const char *alias;
    const char *desc;
    const char *deprecation_reason;

    void (*init)(MachineState *state);
    void (*reset)(MachineState *state, ResetType type);
    void (*wakeup)(MachineState *state);
    int (*kvm_type)(MachineState *machine, const char *arg);

    int max_cpus; /* 0: 1 */
    int min_cpus;
    int default_cpus; /* without -smp */
    bool is_default;
    bool no_serial, no_parallel, no_floppy, no_cdrom;
    bool has_device_tree, has_shim;   /* what -machine dumpdtb= and shim= are about */
    bool has_acpi_tables, has_smbios; /* -acpitable, -smbios */
    bool pci_allow_0_address;
    bool option_rom_has_mr, rom_file_has_mr;
    bool has_hotpluggable_cpus;
    bool ignore_boot_device_suffixes;
    bool smbus_no_migration_support;
    bool numa_mem_supported;           /* old versions: -numa node,mem= */
    bool auto_enable_numa;             /* one node covers everything when none was given */
    bool auto_enable_numa_with_memhp;  /* ... when there are memory slots */
    bool auto_enable_numa_with_memdev; /* ... when the memory comes from a back end */
    bool cpu_cluster_has_numa_boundary;
    bool default_kernel_irqchip_split;
    bool no_block_default_drives;
    int ide_units_per_bus; /* places for -drive if=ide on each bus; 0: two */
    SMPCompatProps smp_props;

    const char *default_machine_opts;
    const char *default_boot_order;
    const char *default_display;
    const char *default_nic;
    const char *hw_version;
    uint64_t default_ram_size; /* bytes */
    const char *default_cpu_type;
    const char *const *valid_cpu_types; /* NULL-terminated; NULL: any */
    const char *default_ram_id;         /* of the RAM block; NULL: the board has no main memory */
    int minimum_page_bits;
    int numa_mem_align_shift;
    strList *allowed_dynamic_sysbus_devices;

    GPtrArray *compat_props; /* of GlobalProperty *, older versions' last */

    HotplugHandler *(*get_hotplug_handler)(MachineState *machine, DeviceState *dev);
    bool (*hotplug_allowed)(MachineState *state, DeviceState *dev, Error **errp);
    CpuInstanceProperties (*cpu_index_to_instance_props)(MachineState *machine, unsigned cpu_index);
    const CPUArchIdList *(*possible_cpu_arch_ids)(MachineState *machine);
    int64_t (*get_default_cpu_node_id)(const MachineState *ms, int idx);
    /* Old versions round odd sizes; bytes in and out. */
    uint64_t (*fixup_ram_size)(uint64_t size);
};

struct MachineState {
    Object parent_obj;

    /* what was asked for; NULL strings: not given */
    char *dtb;
    char *dumpdtb;
    int phandle_start;
    char *dt_compatible;
    bool dump_guest_core;
    bool mem_merge;
    bool usb;
    bool usb_disabled; /* usb=off was given, not just the default */
    char *firmware;
    bool suppress_vmdesc;
    bool enable_graphics;
    bool spcr_wanted; /* no board has that table */
    bool aux_ram_share;
    bool new_accel_vmfd_on_reset;
    char *memory_encryption; /* id of the object that gives it */
    ConfidentialGuestSupport *cgs;
    HostMemoryBackend *memdev;
    uint64_t ram_size, maxram_size; /* bytes */
    uint64_t ram_slots;
    bool ram_size_given; /* ram_size is not just the default */
    BootConfiguration boot_config;
    char *kernel_filename, *kernel_cmdline, *initrd_filename, *shim_filename;
    const char *cpu_type; /* type name; the class's default unless -cpu was given */
    CpuTopology smp;
    CpuTopologyLevel smp_cache[CACHE_LEVEL_AND_TYPE__MAX];
    NumaState *numa_state; /* NULL when the machine knows no NUMA */

    /* what it became */
    void *fdt;
    MemoryRegion *ram; /* all of the main memory */
    DeviceMemoryState *device_memory;
    NVDIMMState *nvdimms_state; /* of boards with modules that keep what is in them */
    CPUArchIdList *possible_cpus;
    AccelState *accelerator;
};

/* The machine at /machine. Only when one exists. */
/* Letters of -boot order=, or those that the machine has without; "" if it takes none. */
const char *machine_boot_order(const MachineState *ms);

static inline MachineState *machine_current(void)
{
    return MACHINE(qdev_get_machine());
}

/*
 * A machine type "<namestr>-machine" from a function that fills in its class.
 *
 *   static void foo_machine_init(MachineClass *mc) { mc->init = foo_init; ... }
 *   DEFINE_MACHINE("foo", foo_machine_init)
 */
#define DEFINE_MACHINE(namestr, machine_initfn)                                                    \
    static void machine_initfn##_class_init(ObjectClass *oc, const void *data)                     \
    {                                                                                              \
        machine_initfn(MACHINE_CLASS(oc));                                                         \
    }                                                                                              \
    static const TypeInfo machine_initfn##_typeinfo[] = {                                          \
        {                                                                                          \
            .name = MACHINE_TYPE_NAME(namestr),                                                    \
            .parent = TYPE_MACHINE,                                                                \
            .class_init = machine_initfn##_class_init,                                             \
        },                                                                                         \
    };                                                                                             \
    DEFINE_TYPES(machine_initfn##_typeinfo)

/* The class called @name, or by that alias; NULL and @errp, which names the nearest. */
MachineClass *machine_class_find(const char *name, Error **errp);
/* The default machine's; NULL when there is none. */
MachineClass *machine_class_default(void);

/* The machine object of @mc as /machine, with its containers; properties are set next. */
MachineState *machine_create(MachineClass *mc);
/*
 * Builds the machine: checks what only the whole configuration can tell, makes
 * the default memory (from @mem_path when that is not NULL), calls init(). All
 * properties are set, the accelerator works. false and @errp.
 */
bool machine_run_board_init(MachineState *machine, const char *mem_path, Error **errp);

/* The region of a back end that becomes main memory: marked as in use, saved with the machine. */
MemoryRegion *machine_consume_memdev(MachineState *machine, HostMemoryBackend *backend);

/* The types that -device may put on the main system bus of this machine. */
void machine_class_allow_dynamic_sysbus_dev(MachineClass *mc, const char *type);
bool device_type_is_dynamic_sysbus(MachineClass *mc, const char *type);

int machine_phandle_start(MachineState *machine);
bool machine_mem_merge(MachineState *machine);
/* All places for CPUs, made on the first call; owned by the machine. */
const CPUArchIdList *machine_possible_cpus(MachineState *machine);

/* ---- -smp --------------------------------------------------------------- */

/* Checks @config and completes it into ms->smp. */
bool machine_parse_smp_config(MachineState *ms, const SMPConfiguration *config, Error **errp);
/* "sockets (2) * cores (4) * threads (1)", of the levels that the machine knows; caller frees. */
char *cpu_hierarchy_to_string(const MachineState *ms);
unsigned int machine_topo_get_cores_per_socket(const MachineState *ms);
unsigned int machine_topo_get_threads_per_socket(const MachineState *ms);

static inline CpuTopologyLevel machine_get_cache_topo_level(const MachineState *ms,
                                                            CacheLevelAndType cache)
{
    return ms->smp_cache[cache];
}

/* ---- -boot -------------------------------------------------------------- */

/* Each letter a-p, none twice. */
bool validate_bootdevices(const char *devices, Error **errp);

#endif /* HW_BOARDS_H */
