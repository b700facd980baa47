/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Server of the qtest protocol: lines of words in, "OK" or "FAIL" out, one for
 * each, and lines about interrupts in between. Whatever a line holds, the
 * answer to it is no worse than FAIL.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/timer.h"
#include "qtest-internal.h"
#include "system/qtest.h"

/* One command moves the clock no further: timers that fire all the way take their time. */
#define MAX_STEP_NS (24 * 3600 * (int64_t)NANOSECONDS_PER_SECOND)

/* ---- log and replies ---- */

/* @kind: 'R' received, 'S' sent, 'I' about the connection. */
static void log_line(QTestServer *s, char kind, const char *text)
{
    if (s->log) {
        double seconds = (g_get_monotonic_time() - s->start_us) / 1e6;

        fprintf(s->log, "[%c +%f] %s\n", kind, seconds, text);
        fflush(s->log);
    }
}

void qtest_send(QTestServer *s, const char *fmt, ...)
{
    g_autoptr(GString) line = g_string_new(NULL);
    va_list ap;

    va_start(ap, fmt);
    g_string_vprintf(line, fmt, ap);
    va_end(ap);
    log_line(s, 'S', line->str);
    g_string_append_c(line, '\n');
    qemu_chr_fe_write_all(&s->chr, (const uint8_t *)line->str, line->len);
}

bool qtest_number(QTestServer *s, const char *what, const char *word, uint64_t max,
                  uint64_t *result)
{
    /* A sign would be taken, and turned into a large number. */
    if (!g_ascii_isdigit(word[0]) || qemu_strtou64(word, NULL, 0, result) < 0) {
        qtest_send(s, "FAIL %s '%.40s' is not a number", what, word);
        return false;
    }
    if (*result > max) {
        qtest_send(s, "FAIL %s 0x%" PRIx64 " is more than 0x%" PRIx64, what, *result, max);
        return false;
    }
    return true;
}

/* ---- commands about the machine as a whole ---- */

static void move_clock(QTestServer *s, int64_t dest)
{
    qtest_send(s, "OK %" PRIi64, qemu_clock_advance_virtual_time(dest));
}

static bool owns_clock(QTestServer *s)
{
    if (!qtest_enabled()) {
        qtest_send(s, "FAIL the clock can only be moved with -accel qtest");
    }
    return qtest_enabled();
}

static void do_clock_step(QTestServer *s, char **words)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    uint64_t ns;

    if (!owns_clock(s)) {
        return;
    }
    if (words[1]) {
        if (!qtest_number(s, "step", words[1], MIN(MAX_STEP_NS, INT64_MAX - now), &ns)) {
            return;
        }
    } else {
        int64_t deadline = qemu_clock_deadline_ns_all(QEMU_CLOCK_VIRTUAL, QEMU_TIMER_ATTR_ALL);

        /* Nothing is pending: no next time to go to. */
        ns = MAX(deadline, 0);
    }
    move_clock(s, now + ns);
}

static void do_clock_set(QTestServer *s, char **words)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    uint64_t ns;

    if (!owns_clock(s) || !qtest_number(s, "time", words[1], INT64_MAX, &ns)) {
        return;
    }
    if ((int64_t)ns > now && (int64_t)ns - now > MAX_STEP_NS) {
        qtest_send(s, "FAIL time %s is more than a day away", words[1]);
        return;
    }
    move_clock(s, ns);
}

static void do_endianness(QTestServer *s, char **words)
{
    qtest_send(s, "OK little");
}

static const QTestCommand machine_commands[] = {
    {"clock_step", 0, 1, do_clock_step},
    {"clock_set", 1, 1, do_clock_set},
    {"endianness", 0, 0, do_endianness},
    {NULL},
};

/* ---- lines ---- */

static const QTestCommand *find_command(const char *name)
{
    static const QTestCommand *const tables[] = {qtest_access_commands, qtest_irq_commands,
                                                 machine_commands};

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        for (const QTestCommand *cmd = tables[i]; cmd->name; cmd++) {
            if (!strcmp(name, cmd->name)) {
                return cmd;
            }
        }
    }
    return NULL;
}

/* The words of @line, without the empty ones that repeated blanks make. */
static char **split_words(const char *line)
{
    char **words = g_strsplit_set(line, " \t\r", 0);
    int n = 0;

    for (int i = 0; words[i]; i++) {
        if (*words[i]) {
            words[n++] = words[i];
        } else {
            g_free(words[i]);
        }
    }
    words[n] = NULL;
    return words;
}

static void process_line(QTestServer *s, const char *line, size_t len)
{
    g_auto(GStrv) words = NULL;
    const QTestCommand *cmd;
    int n_args;

    log_line(s, 'R', line);
    if (strlen(line) != len) {
        qtest_send(s, "FAIL the line has a NUL byte");
        return;
    }
    words = split_words(line);
    if (!words[0]) {
        qtest_send(s, "FAIL empty line");
        return;
    }
    cmd = find_command(words[0]);
    if (!cmd) {
        qtest_send(s, "FAIL unknown command '%.40s'", words[0]);
        return;
    }
    n_args = g_strv_length(words) - 1;
    if (n_args < cmd->min_args || n_args > cmd->max_args) {
        qtest_send(s, "FAIL '%s' takes %d to %d arguments, not %d", cmd->name, cmd->min_args,
                   cmd->max_args, n_args);
        return;
    }
    cmd->handler(s, words);
}

static void qtest_read(void *opaque, const uint8_t *buf, int size)
{
    QTestServer *s = opaque;

    while (size > 0) {
        const uint8_t *nl = memchr(buf, '\n', size);
        int part = nl ? nl - buf : size;

        if (!s->skip_line && s->input->len + part > QTEST_MAX_LINE) {
            s->skip_line = true;
            g_string_truncate(s->input, 0);
            qtest_send(s, "FAIL the line is longer than %d bytes", QTEST_MAX_LINE);
        }
        if (!s->skip_line) {
            g_string_append_len(s->input, (const char *)buf, part);
        }
        if (!nl) {
            return;
        }
        if (!s->skip_line) {
            /* It may end the connection, which empties the buffer. */
            g_autoptr(GString) line = g_steal_pointer(&s->input);

            s->input = g_string_new(NULL);
            process_line(s, line->str, line->len);
        }
        s->skip_line = false;
        buf += part + 1;
        size -= part + 1;
    }
}

/* ---- connection ---- */

static int qtest_can_read(void *opaque)
{
    return 64 * 1024;
}

static void qtest_event(void *opaque, QEMUChrEvent event)
{
    QTestServer *s = opaque;

    switch (event) {
    case CHR_EVENT_OPENED:
        /* Whoever connects starts afresh, and does not know of levels that were told before. */
        g_string_truncate(s->input, 0);
        s->skip_line = false;
        memset(s->irq_level, 0, sizeof(s->irq_level));
        s->start_us = g_get_monotonic_time();
        log_line(s, 'I', "OPENED");
        break;
    case CHR_EVENT_CLOSED:
        log_line(s, 'I', "CLOSED");
        break;
    default:
        break;
    }
}

static bool open_log(QTestServer *s, const char *log, Error **errp)
{
    if (!log) {
        s->log = stderr;
    } else if (strcmp(log, "none") != 0) {
        s->log = fopen(log, "w");
        if (!s->log) {
            error_setg_errno(errp, errno, "-qtest-log: cannot write '%s'", log);
            return false;
        }
    }
    return true;
}

bool qtest_server_init(const char *chardev_spec, const char *log, Error **errp)
{
    /* Holds the end of a character device until the program ends. */
    static QTestServer server;
    Chardev *chr = qemu_chr_new("qtest", chardev_spec, NULL, errp);

    if (!chr || !open_log(&server, log, errp) || !qemu_chr_fe_init(&server.chr, chr, errp)) {
        return false;
    }
    server.input = g_string_new(NULL);
    server.start_us = g_get_monotonic_time();
    qemu_chr_fe_set_handlers(&server.chr, qtest_can_read, qtest_read, qtest_event, NULL, &server,
                             NULL, true);
    qemu_chr_fe_set_echo(&server.chr, true);
    return true;
}
