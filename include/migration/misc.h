/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saving the machine into a channel, and starting from one.
 *
 * A channel is written file:PATH[,offset=N], unix:PATH, exec:COMMAND or fd:N.
 * All functions: main thread, BQL held.
 */
#ifndef MIGRATION_MISC_H
#define MIGRATION_MISC_H

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-types-migration.h"

typedef struct MigrationProgress {
    MigrationStatus status;
    bool incoming;
    const char *error; /* borrowed; NULL unless it failed */
    /* milliseconds; outgoing only */
    int64_t total_time, setup_time, downtime;
    /* bytes, and pages of @page_size bytes; outgoing only */
    uint64_t transferred, ram_total, ram_remaining;
    uint64_t zero_pages, normal_pages, page_size;
} MigrationProgress;

/* Of the last or current one; incoming as long as nothing was saved. */
void migration_query(MigrationProgress *info);
/* Is the machine being saved? */
bool migration_is_running(void);
/* Told of every change of status, after it. */
void migration_set_status_hook(void (*changed)(MigrationStatus status));

/*
 * Stops the machine and begins to save it to @uri in a thread of its own; the
 * status tells how it ends. When it fails the machine goes on as it was.
 */
bool migrate_to_uri(const char *uri, Error **errp);
/* Waits for the end. false and @errp when it failed, or itself waits for migration_continue(). */
bool migration_wait(Error **errp);
/* Goes on in the state @state, in which it waits because it was asked to. */
bool migration_continue(MigrationStatus state, Error **errp);
/* Gives up saving; the status changes when it is done. */
void migration_cancel(void);

/*
 * The machine takes its state from @uri, or with "defer" waits for
 * another call. With @start_when_done it then runs, if it did when it was
 * saved; otherwise it is paused. A mistake that is found later is reported, and
 * ends the process with status 1 if @exit_on_error.
 */
bool qemu_start_incoming_migration(const char *uri, bool start_when_done, bool exit_on_error,
                                   Error **errp);
/* Started with -incoming defer, and no channel yet? */
bool migration_incoming_is_deferred(void);
/* "cont" and "stop" before it is loaded: whether it is to run then. */
void migration_incoming_set_autostart(bool start_when_done);
bool migration_incoming_autostart(void);

/* From qemu_init(), before devices: sections that belong to no device. */
void migration_object_init(void);
/* The same for dirty bitmaps of disks. */
void migration_bitmaps_init(void);
/* Before the machine goes away: cancels and waits. */
void migration_shutdown(void);

#endif
