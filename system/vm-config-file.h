/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options from a file, see -readconfig. */
#ifndef SYSTEM_VM_CONFIG_FILE_H
#define SYSTEM_VM_CONFIG_FILE_H

#include "qemu/error-report.h"
#include "qapi/error.h"

/* An option and its argument, which is not kept. */
typedef bool ConfigOptionFn(const char *name, const char *arg, void *opaque, Error **errp);

/*
 * Calls @fn for each section of @file, in order, with the current location
 * (error_report) set to it. false and @errp at the first mistake; the location stays then.
 */
bool vm_config_read_file(const char *file, ConfigOptionFn *fn, void *opaque, Error **errp);

#endif
