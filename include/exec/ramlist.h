/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of RAM blocks of the process, and notifiers of its changes. */
#ifndef EXEC_RAMLIST_H
#define EXEC_RAMLIST_H

#include "qemu/queue.h"
#include "qemu/thread.h"
#include "qemu/rcu_queue.h"

typedef struct RAMBlock RAMBlock;
typedef struct RAMBlockNotifier RAMBlockNotifier;

/*
 * Writers hold @mutex (and the BQL); readers are in an RCU critical section.
 * Largest blocks come first, so that most look-ups end at the first.
 */
typedef struct RAMList {
    QemuMutex mutex;
    /* Last block found by address: a hint, only ever used after a check. */
    RAMBlock *mru_block;
    QLIST_HEAD(, RAMBlock) blocks;
    /* Changes with every insertion and removal. */
    uint32_t version;
    QLIST_HEAD(, RAMBlockNotifier) notifiers;
} RAMList;

extern RAMList ram_list;

/* Loop over all blocks. RCU critical section, or ram_list.mutex held. */
#define RAMBLOCK_FOREACH(block) QLIST_FOREACH_RCU (block, &ram_list.blocks, next)

/*
 * Someone who mirrors host mappings of RAM (vfio, vhost-user, SEV...). Called
 * with ram_list.mutex not held and the BQL held.
 */
struct RAMBlockNotifier {
    void (*ram_block_added)(RAMBlockNotifier *n, void *host, size_t size, size_t max_size);
    void (*ram_block_removed)(RAMBlockNotifier *n, void *host, size_t size, size_t max_size);
    void (*ram_block_resized)(RAMBlockNotifier *n, void *host, size_t old_size, size_t new_size);
    QLIST_ENTRY(RAMBlockNotifier) next;
};

/* Registers @n and replays the blocks that are there already. BQL held. */
void ram_block_notifier_add(RAMBlockNotifier *n);
void ram_block_notifier_remove(RAMBlockNotifier *n);

void qemu_mutex_lock_ramlist(void);
void qemu_mutex_unlock_ramlist(void);

#endif
