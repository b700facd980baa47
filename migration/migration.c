/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saving the machine: the life of one outgoing migration.
 *
 * The main thread opens the channel and stops the machine; a thread writes the
 * stream, so that monitors go on answering; the main thread finishes.
 */

#include "qemu/osdep.h"
#include "block/aio.h"
#include "exec/target_page.h"
#include "migration/blocker.h"
#include "migration/misc.h"
#include "migration/options.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/thread.h"
#include "qemu/timer.h"
#include "system/cpus.h"
#include "channel.h"
#include "global-state.h"
#include "incoming.h"
#include "ram.h"
#include "savevm.h"

static struct {
    MigrationStatus status; /* main thread */
    StateChannel *channel;
    QEMUFile *file;
    QemuThread thread;
    RunState previous; /* what to go back to when it fails */
    Error *error;      /* of the last failure; the thread's until it is joined */
    int64_t start_ms, setup_ms, stopped_ms, end_ms;
    uint64_t transferred;
} outgoing;

static void (*status_hook)(MigrationStatus status);

void migration_set_status_hook(void (*changed)(MigrationStatus status))
{
    status_hook = changed;
}

void migration_announce_status(MigrationStatus status)
{
    if (status_hook) {
        status_hook(status);
    }
}

static void set_status(MigrationStatus status)
{
    outgoing.status = status;
    migration_announce_status(status);
}

bool migration_is_running(void)
{
    return outgoing.status == MIGRATION_STATUS_SETUP ||
           outgoing.status == MIGRATION_STATUS_ACTIVE ||
           outgoing.status == MIGRATION_STATUS_PRE_SWITCHOVER ||
           outgoing.status == MIGRATION_STATUS_DEVICE ||
           outgoing.status == MIGRATION_STATUS_CANCELLING;
}

static int64_t now_ms(void)
{
    return qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
}

void migration_query(MigrationProgress *info)
{
    RAMSaveStats ram;

    memset(info, 0, sizeof(*info));
    if (outgoing.status == MIGRATION_STATUS_NONE) {
        incoming_query(info);
        return;
    }
    ram_save_stats(&ram);
    info->status = outgoing.status;
    info->error =
        outgoing.status == MIGRATION_STATUS_FAILED ? error_get_pretty(outgoing.error) : NULL;
    info->total_time = (migration_is_running() ? now_ms() : outgoing.end_ms) - outgoing.start_ms;
    info->setup_time = outgoing.setup_ms;
    info->downtime = outgoing.stopped_ms ? info->total_time - outgoing.setup_ms : 0;
    info->transferred =
        migration_is_running() ? qatomic_read(&outgoing.transferred) : outgoing.transferred;
    info->ram_total = ram.total_bytes;
    info->ram_remaining = ram.remaining_bytes;
    info->zero_pages = ram.zero_pages;
    info->normal_pages = ram.normal_pages;
    info->page_size = TARGET_PAGE_SIZE;
}

/* ---- the end ---- */

/* The machine does again what it did. */
static void go_back(void)
{
    if (runstate_is_live(outgoing.previous)) {
        vm_start();
    } else {
        runstate_set(outgoing.previous);
    }
}

/* The thread has ended. */
static void complete(void)
{
    bool cancelled = outgoing.status == MIGRATION_STATUS_CANCELLING;
    Error *child_error = NULL;
    int ret;

    outgoing.transferred = qemu_file_transferred(outgoing.file);
    ret = qemu_fclose(g_steal_pointer(&outgoing.file));
    if (ret && !outgoing.error) {
        error_setg_errno(&outgoing.error, -ret, "writing the saved state failed");
    }
    if (!migration_channel_finish(g_steal_pointer(&outgoing.channel), cancelled || outgoing.error,
                                  &child_error)) {
        if (outgoing.error && !cancelled) {
            error_free(outgoing.error);
            outgoing.error = NULL;
        }
        error_propagate(&outgoing.error, child_error);
    }
    migration_freeze_blockers(false);
    outgoing.end_ms = now_ms();
    if (cancelled || outgoing.error) {
        go_back();
        set_status(cancelled ? MIGRATION_STATUS_CANCELLED : MIGRATION_STATUS_FAILED);
    } else {
        runstate_set(RUN_STATE_POSTMIGRATE);
        set_status(MIGRATION_STATUS_COMPLETED);
    }
}

/* Bottom half of the main loop; too late when somebody waited for the thread. */
static void on_thread_end(void *opaque)
{
    if (outgoing.file) {
        qemu_thread_join(&outgoing.thread);
        complete();
    }
}

static void *migration_thread(void *opaque)
{
    rcu_register_thread();
    qemu_savevm_state(outgoing.file, &outgoing.error);
    aio_bh_schedule_oneshot(qemu_get_aio_context(), on_thread_end, NULL);
    rcu_unregister_thread();
    return NULL;
}

static void start_thread(void)
{
    qemu_thread_create(&outgoing.thread, "live_migration", migration_thread, NULL,
                       QEMU_THREAD_JOINABLE);
}

static void join_thread(void)
{
    bql_unlock();
    qemu_thread_join(&outgoing.thread);
    bql_lock();
    complete();
}

bool migration_wait(Error **errp)
{
    if (outgoing.status == MIGRATION_STATUS_PRE_SWITCHOVER) {
        error_setg(errp, "the machine is stopped and waits for migrate-continue");
        return false;
    }
    if (migration_is_running()) {
        join_thread();
    }
    if (outgoing.status == MIGRATION_STATUS_FAILED) {
        error_propagate(errp, error_copy(outgoing.error));
        return false;
    }
    return true;
}

void migration_cancel(void)
{
    bool waits = outgoing.status == MIGRATION_STATUS_PRE_SWITCHOVER;

    if (migration_is_running()) {
        set_status(MIGRATION_STATUS_CANCELLING);
        migration_channel_cancel(outgoing.channel);
        if (waits) {
            start_thread(); /* its first write fails, and that is the end as in other states */
        }
    }
}

bool migration_continue(MigrationStatus state, Error **errp)
{
    if (state != MIGRATION_STATUS_PRE_SWITCHOVER || state != outgoing.status) {
        error_setg(errp, "argument 'state': the migration does not wait in '%s', it is in '%s'",
                   MigrationStatus_str(state), MigrationStatus_str(outgoing.status));
        return false;
    }
    set_status(MIGRATION_STATUS_DEVICE);
    start_thread();
    return true;
}

/* ---- the beginning ---- */

static bool may_begin(Error **errp)
{
    if (migration_is_running()) {
        error_setg(errp, "the machine is being saved already");
        return false;
    }
    if (runstate_check(RUN_STATE_INMIGRATE)) {
        error_setg(errp, "the machine waits for a saved state itself");
        return false;
    }
    return savevm_is_possible(errp);
}

bool migrate_to_uri(const char *uri, Error **errp)
{
    int ret;

    if (!may_begin(errp)) {
        return false;
    }
    outgoing.start_ms = now_ms();
    outgoing.stopped_ms = 0;
    outgoing.channel = migration_channel_open_outgoing(uri, errp);
    if (!outgoing.channel) {
        return false;
    }
    set_status(MIGRATION_STATUS_SETUP);
    migration_freeze_blockers(true);
    error_free(outgoing.error);
    outgoing.error = NULL;
    outgoing.file = migration_channel_file(outgoing.channel, true);

    outgoing.previous = runstate_get();
    global_state_store();
    outgoing.stopped_ms = now_ms();
    outgoing.setup_ms = outgoing.stopped_ms - outgoing.start_ms;
    ret = vm_stop_force_state(RUN_STATE_FINISH_MIGRATE);
    set_status(MIGRATION_STATUS_ACTIVE);
    if (ret < 0) {
        /* Who goes on with the state would find older contents on the disks. */
        error_setg_errno(&outgoing.error, -ret, "the machine's disks could not be flushed");
        complete();
    } else if (migrate_capability_enabled(MIGRATION_CAPABILITY_PAUSE_BEFORE_SWITCHOVER)) {
        set_status(MIGRATION_STATUS_PRE_SWITCHOVER);
    } else {
        start_thread();
    }
    return true;
}

/* ---- the process ---- */

void migration_object_init(void)
{
    register_global_state();
    ram_mig_init();
}

void migration_shutdown(void)
{
    migration_channel_stop_listening();
    if (migration_is_running()) {
        migration_cancel();
        join_thread();
    }
}
