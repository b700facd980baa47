/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words and numbers of qemu-io's commands: what users type, and what they are told. Main thread. */
#include "qemu/osdep.h"
#include "block/io-cmds.h"
#include "qemu/cutils.h"

/* ---- mistakes ---- */

void io_mistake(IoSession *s, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_string_append_vprintf(s->err, fmt, ap);
    va_end(ap);
    g_string_append_c(s->err, '\n');
}

void io_error(IoSession *s, Error *err)
{
    const char *hint = error_get_hint(err);

    io_mistake(s, "%s%s", s->prefix ? s->prefix : "", error_get_pretty(err));
    g_string_append(s->err, hint ? hint : "");
    error_free(err);
}

void io_usage(IoSession *s, const IoCommand *c)
{
    g_string_append_printf(s->out, "%s %s-- %s\n", c->name, c->args, c->help);
}

/* ---- numbers ---- */

bool io_parse_size(IoSession *s, const char *text, int64_t *value)
{
    uint64_t n;
    int ret = qemu_strtosz(text, NULL, &n);

    if (ret == -ERANGE || (ret >= 0 && n > INT64_MAX)) {
        g_string_append_printf(s->out, "Parsing error: argument too large -- %s\n", text);
        return false;
    }
    if (ret < 0) {
        g_string_append_printf(s->out,
                               "Parsing error: non-numeric argument, or extraneous/"
                               "unrecognized suffix -- %s\n",
                               text);
        return false;
    }
    *value = n;
    return true;
}

char *io_amount(double bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    char text[32];
    unsigned i = 0;

    while (bytes >= 1024 && i < ARRAY_SIZE(units) - 1) {
        bytes /= 1024;
        i++;
    }
    snprintf(text, sizeof(text), "%.3f", bytes);
    if (g_str_has_suffix(text, ".000")) {
        *strchr(text, '.') = 0;
    } else if (!i) {
        snprintf(text, sizeof(text), "%f", bytes);
    }
    return g_strdup_printf("%s %s", text, units[i]);
}

/* Hours only where there are minutes, unless @whole. */
static char *time_text(int64_t ns, bool whole)
{
    double seconds = ns / 1e9;
    int64_t minutes = seconds / 60;

    if (!minutes && !whole) {
        return g_strdup_printf("%05.2f sec", seconds);
    }
    return g_strdup_printf("%" PRId64 ":%02d:%05.2f", minutes / 60, (int)(minutes % 60),
                           seconds - minutes * 60);
}

void io_print_stats(IoSession *s, const char *verb, int64_t offset, int64_t bytes, int64_t ns,
                    bool machine)
{
    double seconds = MAX(ns, 1) / 1e9;
    g_autofree char *size = io_amount(bytes), *rate = io_amount(bytes / seconds);
    g_autofree char *time = time_text(ns, machine);

    if (machine) {
        g_string_append_printf(s->out, "%" PRId64 ",1,%s,%.3f,%.3f\n", bytes, time, bytes / seconds,
                               1 / seconds);
        return;
    }
    g_string_append_printf(s->out,
                           "%s %" PRId64 "/%" PRId64 " bytes at offset %" PRId64
                           "\n%s, 1 ops; %s (%s/sec and %.4f ops/sec)\n",
                           verb, bytes, bytes, offset, size, time, rate, 1 / seconds);
}

void io_dump(IoSession *s, const uint8_t *buf, int64_t offset, int64_t len)
{
    for (int64_t i = 0; i < len; i += 16) {
        g_string_append_printf(s->out, "%08" PRIx64 ":  ", offset + i);
        for (int64_t j = i; j < MIN(i + 16, len); j++) {
            g_string_append_printf(s->out, "%02x ", buf[j]);
        }
        g_string_append_c(s->out, ' ');
        for (int64_t j = i; j < MIN(i + 16, len); j++) {
            g_string_append_c(s->out, g_ascii_isalnum(buf[j]) ? buf[j] : '.');
        }
        g_string_append_c(s->out, '\n');
    }
}
