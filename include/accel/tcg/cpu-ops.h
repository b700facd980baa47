/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a target supplies so that the tcg accelerator can run its CPUs. */
#ifndef ACCEL_TCG_CPU_OPS_H
#define ACCEL_TCG_CPU_OPS_H

#include "hw/core/cpu.h"
#include "qapi/qapi-types-common.h"
#include "qemu/units.h"

/* Jumps from one end of the translated code to the other have 31 bits. */
#define TCG_MAX_TB_SIZE (2047 * MiB)

/* The accelerator's properties, as far as a target has to know them. */
typedef struct TCGConfig {
    OnOffAuto translator; /* auto: if this host can */
    uint64_t tb_size;     /* bytes for translated code, at most TCG_MAX_TB_SIZE; 0: the default */
    OnOffAuto window;     /* guest memory mapped for user code; auto: where it pays, if it can be */
    bool one_thread;      /* vCPUs take turns in one thread */
    bool one_insn;        /* look at requests after every instruction */
} TCGConfig;

struct TCGCPUOps {
    /* Once, before the first CPU is realized. BQL held. */
    bool (*start)(const TCGConfig *config, Error **errp);
    /* Around the life of a CPU. BQL held. */
    void (*cpu_init)(CPUState *cpu);
    void (*cpu_free)(CPUState *cpu);
    /* First thing that the vCPU's thread does for it. BQL held. */
    void (*thread_init)(CPUState *cpu);
    /* Runs guest code; returns EXCP_... when the thread is needed. vCPU thread, no BQL. */
    int (*exec)(CPUState *cpu);
    /* One instruction in an exclusive section of its own. vCPU thread, no BQL. */
    void (*exec_atomic)(CPUState *cpu);
    /* Forget every translation of addresses. Any thread; takes effect before new code runs. */
    void (*flush)(CPUState *cpu);
    /* Break- or watchpoints, or single step of @cpu were changed. BQL held, it is stopped. */
    void (*debug_changed)(CPUState *cpu);
    /* For `info jit`. BQL held. */
    void (*describe)(GString *buf);
    /* The CPU was reset. BQL held, vCPU stopped or its own thread. */
    void (*reset)(CPUState *cpu);
};
typedef struct TCGCPUOps TCGCPUOps;

#endif
