/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who carries out persistent reservations of SCSI devices of the host, which takes rights that this
 * process need not have: "-object pr-manager-helper".
 */
#ifndef BLOCK_PR_MANAGER_H
#define BLOCK_PR_MANAGER_H

#include "qemu/coroutine.h"
#include "qom/object.h"

#define TYPE_PR_MANAGER "pr-manager"
OBJECT_DECLARE_TYPE(PRManager, PRManagerClass, PR_MANAGER)

#define PR_CDB_SIZE 16
#define PR_IN       0x5e
#define PR_OUT      0x5f

struct sg_io_hdr;

struct PRManager {
    Object parent_obj;
};

struct PRManagerClass {
    ObjectClass parent_class;

    /*
     * Carries out the command in @io on @fd and puts there how it went. 0, or -errno when there is
     * nobody to do it. A thread of the pool.
     */
    int (*run)(PRManager *pr, int fd, struct sg_io_hdr *io);
    bool (*is_connected)(PRManager *pr);
};

/* For managers: how the command ended, with @len bytes of sense if that is CHECK CONDITION. */
void pr_manager_set_result(struct sg_io_hdr *io, uint8_t status, const uint8_t *sense, size_t len);

/* The object of this id, with a reference; NULL with @errp if it is none of these. */
PRManager *pr_manager_get(const char *id, Error **errp);
/* Is it a command for one? */
bool pr_manager_takes(unsigned long req, const struct sg_io_hdr *io);
/* 0 with the status in @io, also where the manager could not do it. */
int coroutine_fn pr_manager_execute(PRManager *pr, int fd, struct sg_io_hdr *io);

#endif
