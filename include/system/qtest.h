/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of devices from outside the emulator: the accelerator "qtest", under
 * which no guest code runs, and the server of the text protocol by which a test
 * program takes the guest's place (docs/devel/qtest.md).
 */
#ifndef SYSTEM_QTEST_H
#define SYSTEM_QTEST_H

#include "qapi/error.h"

/* True while "qtest" is the accelerator in use. */
extern bool qtest_allowed;

static inline bool qtest_enabled(void)
{
    return qtest_allowed;
}

/*
 * Starts the server on the character device that @chardev_spec describes (as in
 * -serial). Commands and replies are copied to the file @log, to standard error
 * if it is NULL, nowhere if it is "none". It serves until the program ends.
 * Main thread, BQL held, once.
 */
bool qtest_server_init(const char *chardev_spec, const char *log, Error **errp);

#endif
