/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stopping and starting the machine as a whole: clock, vCPUs, devices, disks. */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "hw/core/cpu.h"
#include "qapi/qapi-events-run-state.h"
#include "system/cpus.h"
#include "system/runstate.h"
#include "runstate-internal.h"

static void (*drain_all)(void);
static int (*flush_all)(void);
/* Stopped while the guest was in S3: that is where it goes on. */
static bool was_suspended;

void vm_stop_add_drain(void (*drain)(void), int (*flush)(void))
{
    drain_all = drain;
    flush_all = flush;
}

/* No request is under way any more, and what was written is on the disks. */
static int settle_io(void)
{
    if (drain_all) {
        drain_all();
    }
    return flush_all ? flush_all() : 0;
}

void vm_set_suspended(bool suspended)
{
    was_suspended = suspended;
}

bool vm_get_suspended(void)
{
    return was_suspended;
}

static int do_vm_stop(RunState state, bool send_event)
{
    RunState old = runstate_get();

    if (runstate_is_live(old)) {
        was_suspended = old == RUN_STATE_SUSPENDED;
        runstate_set(state);
        cpu_disable_ticks();
        if (old == RUN_STATE_RUNNING) {
            pause_all_vcpus();
        }
        vm_state_notify(false, state);
        if (send_event) {
            qapi_event_send_stop();
        }
    }
    return settle_io();
}

int vm_shutdown(void)
{
    return do_vm_stop(RUN_STATE_SHUTDOWN, false);
}

int vm_stop(RunState state)
{
    if (current_cpu) {
        /* The main loop does it, as this thread is one of those to be waited for. */
        qemu_system_vmstop_request_prepare();
        qemu_system_vmstop_request(state);
        cpu_stop_current();
        return 0;
    }
    return do_vm_stop(state, true);
}

int vm_stop_force_state(RunState state)
{
    if (runstate_is_live(runstate_get())) {
        return vm_stop(state);
    }
    runstate_set(state);
    return settle_io();
}

int vm_prepare_start(bool step_pending)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();
    RunState state = was_suspended ? RUN_STATE_SUSPENDED : RUN_STATE_RUNNING;
    RunState requested;

    bool stop_was_pending = runstate_take_vmstop_request(&requested);

    if (runstate_is_running()) {
        if (stop_was_pending) {
            /* Whoever asked for the stop is told that it was, for a moment. */
            qapi_event_send_stop();
            qapi_event_send_resume();
        }
        return -1;
    }
    qapi_event_send_resume();
    if (ops && ops->synchronize_pre_resume) {
        ops->synchronize_pre_resume(step_pending);
    }
    cpu_enable_ticks();
    runstate_set(state);
    vm_state_notify(true, state);
    was_suspended = false;
    return 0;
}

void vm_start(void)
{
    if (!vm_prepare_start(false)) {
        resume_all_vcpus();
    }
}
