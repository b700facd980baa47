/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting from a saved state: a coroutine of the main loop that loads it. */

#include "qemu/osdep.h"
#include "block/aio.h"
#include "qemu/coroutine.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "system/cpus.h"
#include "system/runstate.h"
#include "channel.h"
#include "global-state.h"
#include "incoming.h"
#include "savevm.h"

static struct {
    MigrationStatus status;
    bool deferred;
    bool start_when_done, exit_on_error;
    char *uri;
    StateChannel *channel;
    Error *error;
} incoming;

static void set_status(MigrationStatus status)
{
    incoming.status = status;
    migration_announce_status(status);
}

void incoming_query(MigrationProgress *info)
{
    info->status = incoming.status;
    info->incoming = true;
    info->error = incoming.error ? error_get_pretty(incoming.error) : NULL;
}

bool migration_incoming_is_deferred(void)
{
    return incoming.deferred;
}

void migration_incoming_set_autostart(bool start_when_done)
{
    incoming.start_when_done = start_when_done;
}

bool migration_incoming_autostart(void)
{
    return incoming.start_when_done;
}

static void fail(Error *err)
{
    error_prepend(&err, "cannot start from the saved state in %s: ", incoming.uri);
    error_report_err(error_copy(err));
    error_free(incoming.error);
    incoming.error = err;
    set_status(MIGRATION_STATUS_FAILED);
    if (incoming.exit_on_error) {
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_ERROR);
    } else {
        incoming.deferred = true; /* the next attempt starts from a reset */
    }
}

/* Loaded: what the machine did when it was saved, it does again. */
static void run_or_stay(void)
{
    RunState saved = global_state_get_runstate();

    if (runstate_is_live(saved)) {
        if (incoming.start_when_done) {
            vm_start();
        } else {
            runstate_set(RUN_STATE_PAUSED);
        }
    } else {
        runstate_set(runstate_transition_allowed(RUN_STATE_INMIGRATE, saved) ? saved
                                                                             : RUN_STATE_PAUSED);
    }
}

static void coroutine_fn process_incoming_migration_co(void *opaque)
{
    QEMUFile *f = migration_channel_file(incoming.channel, false);
    Error *err = NULL, *child_error = NULL;
    bool at_end;

    set_status(MIGRATION_STATUS_ACTIVE);
    qemu_loadvm_state(f, &err);
    at_end = qemu_file_get_error(f) == -EIO;
    qemu_fclose(f);
    if (!migration_channel_finish(g_steal_pointer(&incoming.channel), false, &child_error) && err &&
        at_end) {
        /* The command failed: that is why the stream is too short. */
        error_free(err);
        err = g_steal_pointer(&child_error);
    }
    error_free(child_error);
    if (err) {
        fail(err);
        return;
    }
    run_or_stay();
    set_status(MIGRATION_STATUS_COMPLETED);
}

static void on_channel(StateChannel *channel)
{
    incoming.channel = channel;
    aio_co_enter(qemu_get_aio_context(),
                 qemu_coroutine_create(process_incoming_migration_co, NULL));
}

bool qemu_start_incoming_migration(const char *uri, bool start_when_done, bool exit_on_error,
                                   Error **errp)
{
    if (g_str_equal(uri, "defer")) {
        incoming.deferred = true;
        incoming.start_when_done = start_when_done;
        return true;
    }
    g_free(incoming.uri);
    incoming.uri = g_strdup(uri);
    incoming.start_when_done = start_when_done;
    incoming.exit_on_error = exit_on_error;
    set_status(MIGRATION_STATUS_SETUP);
    incoming.deferred = false;
    if (!migration_channel_open_incoming(uri, on_channel, errp)) {
        incoming.deferred = true;
        set_status(MIGRATION_STATUS_NONE);
        return false;
    }
    return true;
}
