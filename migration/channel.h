/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a saved state goes to or comes from: file, socket, pipe of a command, descriptor. */
#ifndef MIGRATION_CHANNEL_H
#define MIGRATION_CHANNEL_H

#include "migration/qemu-file.h"

typedef struct StateChannel StateChannel;

/* Main thread. NULL and @errp, which names @uri, when it cannot be opened. */
StateChannel *migration_channel_open_outgoing(const char *uri, Error **errp);
/*
 * Calls @ready with the channel when there is something to read: at once, or
 * for a socket when someone has connected. false and @errp if it cannot be opened.
 */
typedef void StateChannelReady(StateChannel *channel);
bool migration_channel_open_incoming(const char *uri, StateChannelReady *ready, Error **errp);
/* Stop waiting for a connection. */
void migration_channel_stop_listening(void);

/* The stream over it. Closing it leaves the channel to be finished. */
QEMUFile *migration_channel_file(StateChannel *channel, bool is_writable);
/* Makes writes fail with ECANCELED, those that wait already, too. Any thread. */
void migration_channel_cancel(StateChannel *channel);
/* Frees it; @failed takes away a file that was written. false when a command failed. */
bool migration_channel_finish(StateChannel *channel, bool failed, Error **errp);

#endif
