/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCPU threads: starting, stopping and waiting; the virtual clock while they do. */
#ifndef SYSTEM_CPUS_H
#define SYSTEM_CPUS_H

#include "hw/core/cpu.h"
#include "qemu/timer.h"
#include "system/accel-ops.h"
#include "system/runstate.h"

/* Main thread, once, before the first vCPU: locks, conditions, the clock. */
void qemu_init_cpu_loop(void);

/*
 * Called at the end of a CPU's realize: gives it the default address space if it
 * has none, starts its thread, and waits until the thread is ready. It stays
 * stopped until resume_all_vcpus().
 */
void qemu_init_vcpu(CPUState *cpu);

/*
 * -overcommit cpu-pm=on: each vCPU has a host CPU of its own, so that the guest may
 * use the host's idle states itself. Set before the accelerator starts.
 */
extern bool enable_cpu_pm;

/* ---- for the thread functions of accelerators ---- */

/* First and last thing the thread says; BQL held. */
void cpu_thread_signal_created(CPUState *cpu);
void cpu_thread_signal_destroyed(CPUState *cpu);
/* May the thread sleep? With the BQL the answer holds as long as it is held. */
bool cpu_thread_is_idle(CPUState *cpu);
bool cpu_can_run(CPUState *cpu);
bool cpu_work_list_empty(CPUState *cpu);
/* Sleeps until a kick finds that @idle(cpu) is false. The vCPU's thread, without the BQL. */
void cpu_sleep_while(CPUState *cpu, bool (*idle)(CPUState *cpu));
/* Sleeps (BQL released) until there is something to do, then runs queued work. */
void qemu_wait_io_event(CPUState *cpu);
void qemu_wait_io_event_common(CPUState *cpu);
/* A breakpoint or step was hit: stop everything for the debugger. BQL held. */
void cpu_handle_guest_debug(CPUState *cpu);
/* The debugger that is told which CPU it was. */
void cpus_set_debug_stop_hook(void (*stopped)(CPUState *cpu));
/* Default kick: SIG_IPI to the thread, once until it has looked. Any thread. */
void cpus_kick_thread(CPUState *cpu);

/* ---- all of them ---- */

/* BQL held. pause waits until all have stopped (a vCPU that calls it stops after returning). */
void pause_all_vcpus(void);
void resume_all_vcpus(void);
void cpu_stop_current(void);

/* Registers into CPUState before reading them, and back after changing them. BQL held. */
void cpu_synchronize_state(CPUState *cpu);
void cpu_synchronize_post_reset(CPUState *cpu);
void cpu_synchronize_post_init(CPUState *cpu);
void cpu_synchronize_pre_loadvm(CPUState *cpu);
void cpu_synchronize_all_states(void);
void cpu_synchronize_all_post_reset(void);
void cpu_synchronize_all_post_init(void);
void cpu_synchronize_all_pre_loadvm(void);
bool cpus_are_resettable(void);

/* ---- run, pause (see runstate.h) ---- */

/* Stops the machine and enters @state: clock, vCPUs, drained I/O. From a vCPU: asynchronously. */
int vm_stop(RunState state);
/* The same when it may already be stopped: at least the run state changes, and I/O is flushed. */
int vm_stop_force_state(RunState state);
int vm_shutdown(void);
/* Runs it. vm_prepare_start() is the part before vCPUs resume; negative: not allowed now. */
void vm_start(void);
int vm_prepare_start(bool step_pending);
/* Drains devices' requests before a stop is complete: the block layer adds itself. */
void vm_stop_add_drain(void (*drain_all)(void), int (*flush_all)(void));

/* ---- clocks ---- */

/* Virtual time runs only between these two. BQL held. */
void cpu_enable_ticks(void);
void cpu_disable_ticks(void);
bool cpu_ticks_enabled(void);
/* ns of QEMU_CLOCK_VIRTUAL, from the accelerator if it has its own. Any thread. */
int64_t cpus_get_virtual_clock(void);
void cpus_set_virtual_clock(int64_t new_time);
/* The default source: host monotonic time minus time spent stopped. */
int64_t cpu_get_clock(void);
/* Cycles that TSC-like counters show; stops with the clock. Any thread. */
int64_t cpu_get_ticks(void);
int64_t cpus_get_elapsed_ticks(void);
/*
 * True: until the clock stops, cpus_get_elapsed_ticks() is RDTSC on the host + *offset.
 * For vCPU threads, which do not run when it has stopped.
 */
bool cpus_get_ticks_offset(int64_t *offset);
/* Part of qemu_init_cpu_loop(): becomes the source of QEMU_CLOCK_VIRTUAL, and migratable state. */
void cpus_init_clock(void);
/* The accelerator, which may have a clock of its own, was chosen. */
void cpus_clock_source_changed(void);

#endif
