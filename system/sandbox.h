/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -sandbox: the system calls that a running machine is left with. */
#ifndef SYSTEM_SANDBOX_H
#define SYSTEM_SANDBOX_H

#include "qemu/osdep.h"
#include "qapi/error.h"

typedef enum SandboxElevate {
    SANDBOX_ELEVATE_ALLOW,
    SANDBOX_ELEVATE_DENY,     /* no change of user or group */
    SANDBOX_ELEVATE_CHILDREN, /* only child processes gain nothing (no_new_privs) */
} SandboxElevate;

typedef struct SandboxConfig {
    bool enable;
    bool allow_obsolete;
    bool deny_spawn;
    bool deny_resource_control;
    SandboxElevate elevate;
} SandboxConfig;

/* Confines all threads of the process, for good. Main thread, at the end of start-up. */
bool sandbox_enter(const SandboxConfig *config, Error **errp);

#endif
