/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the driver blkdebug and its rules. */
#ifndef BLOCK_BLKDEBUG_H
#define BLOCK_BLKDEBUG_H

#include "block/block_int.h"

typedef enum BlkdebugAction {
    BLKDEBUG_INJECT_ERROR,
    BLKDEBUG_SET_STATE,
    BLKDEBUG_SUSPEND,
} BlkdebugAction;

typedef struct BlkdebugRule {
    BlkdebugEvent event;
    int state; /* 0: any */
    BlkdebugAction action;
    /* inject-error */
    uint64_t iotypes; /* bit n: BlkdebugIOType n */
    int error;
    int64_t offset; /* -1: any */
    bool once, immediately;
    uint64_t delay_ns;
    bool active; /* its event has happened last */
    /* set-state */
    int new_state;
    /* suspend */
    char *tag;
    QLIST_ENTRY(BlkdebugRule) next;
} BlkdebugRule;

typedef QLIST_HEAD(BlkdebugRules, BlkdebugRule) BlkdebugRules;

void blkdebug_rule_free(BlkdebugRule *rule);
/* The rules of the file "config" and of "inject-error.N." and "set-state.N." in @options. */
bool blkdebug_read_rules(BlkdebugRules *rules, const char *config, QDict *options, Error **errp);

#endif
