/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the qtest server: lines and replies, accesses, interrupt lines. */
#ifndef SYSTEM_QTEST_INTERNAL_H
#define SYSTEM_QTEST_INTERNAL_H

#include "chardev/char-fe.h"
#include "hw/qdev-core.h"

#define QTEST_MAX_IRQS 256
/* Bytes that one command moves at most; a line has two digits for each. */
#define QTEST_MAX_DATA (16 * 1024 * 1024)
#define QTEST_MAX_LINE (2 * QTEST_MAX_DATA + 256)

typedef struct QTestServer {
    CharBackend chr;
    GString *input;   /* an incomplete line */
    bool skip_line;   /* ... that is too long: what follows up to its end is ignored */
    FILE *log;        /* NULL: none */
    int64_t start_us; /* of the connection, for the log */

    /* The device whose lines are reported, and what was said of them last. */
    DeviceState *intercepted;
    bool irq_level[QTEST_MAX_IRQS];
} QTestServer;

/*
 * One command. @words: a NULL-terminated list, the command's name first, of a
 * length that the table below allows. It sends exactly one reply.
 */
typedef void QTestHandler(QTestServer *s, char **words);

typedef struct QTestCommand {
    const char *name;
    int min_args, max_args;
    QTestHandler *handler;
} QTestCommand;

/* Tables that end with a NULL name. */
extern const QTestCommand qtest_access_commands[];
extern const QTestCommand qtest_irq_commands[];

/* Sends a line; the newline is added. */
void qtest_send(QTestServer *s, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/*
 * Argument @word as a number (base as in C) up to @max. If it is not one, the
 * reply that says so is sent and the result is false.
 */
bool qtest_number(QTestServer *s, const char *what, const char *word, uint64_t max,
                  uint64_t *result);

#endif
