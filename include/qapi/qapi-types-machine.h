/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration of a machine as the interface speaks it. Members with has_ are optional. */
#ifndef QAPI_TYPES_MACHINE_H
#define QAPI_TYPES_MACHINE_H

#include "qapi/qapi-types-common.h"

/* -smp; 0 stands for "not given" once it is parsed. */
typedef struct SMPConfiguration {
    bool has_cpus, has_drawers, has_books, has_sockets, has_dies, has_clusters, has_modules;
    bool has_cores, has_threads, has_maxcpus;
    int64_t cpus, drawers, books, sockets, dies, clusters, modules, cores, threads, maxcpus;
} SMPConfiguration;

/* -boot; strings are NULL when absent. */
typedef struct BootConfiguration {
    char *order;
    char *once;
    bool has_menu, menu;
    char *splash;
    bool has_splash_time;
    int64_t splash_time; /* ms */
    bool has_reboot_timeout;
    int64_t reboot_timeout; /* ms; -1: don't reboot */
    bool has_strict, strict;
} BootConfiguration;

/* -m */
typedef struct MemorySizeConfiguration {
    bool has_size, has_max_size, has_slots;
    uint64_t size, max_size, slots;
} MemorySizeConfiguration;

typedef enum CacheLevelAndType {
    CACHE_LEVEL_AND_TYPE_L1D,
    CACHE_LEVEL_AND_TYPE_L1I,
    CACHE_LEVEL_AND_TYPE_L2,
    CACHE_LEVEL_AND_TYPE_L3,
    CACHE_LEVEL_AND_TYPE__MAX,
} CacheLevelAndType;
extern const QEnumLookup CacheLevelAndType_lookup;
#define CacheLevelAndType_str(val) qapi_enum_lookup(&CacheLevelAndType_lookup, (val))

typedef enum CpuTopologyLevel {
    CPU_TOPOLOGY_LEVEL_THREAD,
    CPU_TOPOLOGY_LEVEL_CORE,
    CPU_TOPOLOGY_LEVEL_MODULE,
    CPU_TOPOLOGY_LEVEL_CLUSTER,
    CPU_TOPOLOGY_LEVEL_DIE,
    CPU_TOPOLOGY_LEVEL_SOCKET,
    CPU_TOPOLOGY_LEVEL_BOOK,
    CPU_TOPOLOGY_LEVEL_DRAWER,
    CPU_TOPOLOGY_LEVEL_DEFAULT,
    CPU_TOPOLOGY_LEVEL__MAX,
} CpuTopologyLevel;
extern const QEnumLookup CpuTopologyLevel_lookup;
#define CpuTopologyLevel_str(val) qapi_enum_lookup(&CpuTopologyLevel_lookup, (val))

/* Where a CPU sits. */
typedef struct CpuInstanceProperties {
    bool has_node_id, has_drawer_id, has_book_id, has_socket_id, has_die_id, has_cluster_id;
    bool has_module_id, has_core_id, has_thread_id;
    int64_t node_id, drawer_id, book_id, socket_id, die_id, cluster_id, module_id, core_id,
        thread_id;
} CpuInstanceProperties;

#endif /* QAPI_TYPES_MACHINE_H */
