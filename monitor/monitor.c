/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QMP and HMP monitors share: the list of them, output that never waits
 * for its reader, and which of them is being served.
 */

#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "hw/core/cpu.h"
#include "qemu/coroutine.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/qemu-print.h"
#include "system/cpus.h"

MonitorList monitor_list = QTAILQ_HEAD_INITIALIZER(monitor_list);

static __thread Monitor *thread_monitor;

/* ---- output ---- */

static void flush_locked(Monitor *mon);

static gboolean out_ready(void *do_not_use, GIOCondition condition, void *opaque)
{
    Monitor *mon = opaque;
    bool was_high = monitor_out_is_high(mon);

    WITH_QEMU_LOCK_GUARD(&mon->out_lock)
    {
        mon->out_watch = 0;
        flush_locked(mon);
    }
    if (was_high && !monitor_out_is_high(mon)) {
        if (mon->is_qmp) {
            monitor_qmp_drained(mon);
        } else {
            monitor_hmp_drained(mon);
        }
    }
    return G_SOURCE_REMOVE;
}

/* As much as the back end takes now; a watch does the rest. */
static void flush_locked(Monitor *mon)
{
    int ret;

    if (mon->is_collector || mon->out_watch || !mon->out->len) {
        return;
    }
    ret = qemu_chr_fe_write(&mon->chr, (const uint8_t *)mon->out->str, mon->out->len);
    if (ret == (int)mon->out->len || (ret < 0 && errno != EAGAIN)) {
        g_string_truncate(mon->out, 0); /* gone, or nobody is there to read it */
        return;
    }
    if (ret > 0) {
        g_string_erase(mon->out, 0, ret);
    }
    mon->out_watch =
        qemu_chr_fe_add_watch(&mon->chr, G_IO_OUT | G_IO_HUP | G_IO_ERR, out_ready, mon);
}

void monitor_write(Monitor *mon, const char *text, size_t len)
{
    bool overrun = false;

    WITH_QEMU_LOCK_GUARD(&mon->out_lock)
    {
        if (mon->out->len + len > MONITOR_OUT_MAX) {
            overrun = !mon->out_overrun && !mon->is_collector;
            mon->out_overrun = true;
        } else {
            g_string_append_len(mon->out, text, len);
            flush_locked(mon);
        }
    }
    if (overrun && mon->is_qmp) {
        monitor_qmp_overrun(mon);
    }
}

bool monitor_out_is_high(Monitor *mon)
{
    QEMU_LOCK_GUARD(&mon->out_lock);
    return mon->out->len >= MONITOR_OUT_HIGH;
}

bool monitor_out_is_overrun(Monitor *mon)
{
    QEMU_LOCK_GUARD(&mon->out_lock);
    return mon->out_overrun;
}

static void drop_watch(Monitor *mon)
{
    GMainContext *context = mon->chr.chr ? mon->chr.chr->gcontext : NULL;
    GSource *source =
        mon->out_watch ? g_main_context_find_source_by_id(context, mon->out_watch) : NULL;

    if (source) {
        g_source_destroy(source);
    }
    mon->out_watch = 0;
}

void monitor_out_clear(Monitor *mon)
{
    QEMU_LOCK_GUARD(&mon->out_lock);
    drop_watch(mon); /* of a connection that is gone */
    g_string_truncate(mon->out, 0);
    mon->out_overrun = false;
}

char *monitor_crlf(const char *text)
{
    GString *crlf = g_string_sized_new(strlen(text) + 16);

    for (const char *p = text; *p; p++) {
        if (*p == '\n') {
            g_string_append_c(crlf, '\r');
        }
        g_string_append_c(crlf, *p);
    }
    return g_string_free(crlf, FALSE);
}

int monitor_puts(Monitor *mon, const char *text)
{
    g_autofree char *crlf = NULL;

    if (mon->is_collector || !strchr(text, '\n')) {
        monitor_write(mon, text, strlen(text));
        return strlen(text);
    }
    crlf = monitor_crlf(text);
    monitor_write(mon, crlf, strlen(crlf));
    return strlen(text);
}

int monitor_vprintf(Monitor *mon, const char *fmt, va_list ap)
{
    g_autofree char *text = NULL;

    if (!mon || mon->is_qmp) {
        return -1;
    }
    text = g_strdup_vprintf(fmt, ap);
    return monitor_puts(mon, text);
}

int monitor_printf(Monitor *mon, const char *fmt, ...)
{
    va_list ap;
    int ret;

    va_start(ap, fmt);
    ret = monitor_vprintf(mon, fmt, ap);
    va_end(ap);
    return ret;
}

/* ---- the current monitor ---- */

/* A command in a coroutine goes on after others had their turn, so it is the coroutine's. */
Monitor *monitor_cur(void)
{
    Coroutine *self = qemu_in_coroutine() ? qemu_coroutine_self() : NULL;
    Monitor *mon;

    if (self) {
        QTAILQ_FOREACH (mon, &monitor_list, entry) {
            if (mon->co == self) {
                return mon;
            }
        }
    }
    return thread_monitor;
}

Monitor *monitor_set_cur(Monitor *mon)
{
    Monitor *old = thread_monitor;

    if (!qemu_in_coroutine()) {
        thread_monitor = mon;
    }
    return old;
}

static bool vprintf_hook(const char *fmt, va_list ap)
{
    Monitor *mon = monitor_cur();

    if (!mon || mon->is_qmp) {
        return false; /* an answer in JSON has no place for it */
    }
    monitor_vprintf(mon, fmt, ap);
    return true;
}

/* ---- the CPU that commands are about ---- */

CPUState *mon_get_cpu(Monitor *mon)
{
    CPUState *cpu = mon->cpu_index >= 0 ? qemu_get_cpu(mon->cpu_index) : NULL;

    if (!cpu) {
        cpu = first_cpu;
    }
    if (cpu) {
        cpu_synchronize_state(cpu);
    }
    return cpu;
}

int monitor_set_cpu(Monitor *mon, int cpu_index)
{
    if (!qemu_get_cpu(cpu_index)) {
        return -1;
    }
    mon->cpu_index = cpu_index;
    return 0;
}

/* ---- life ---- */

void monitor_data_init(Monitor *mon, bool is_qmp)
{
    qemu_mutex_init(&mon->out_lock);
    mon->out = g_string_new(NULL);
    mon->is_qmp = is_qmp;
    mon->cpu_index = -1;
}

void monitor_data_detach(Monitor *mon)
{
    WITH_QEMU_LOCK_GUARD(&mon->out_lock)
    {
        drop_watch(mon);
    }
    qemu_chr_fe_deinit(&mon->chr, false);
}

void monitor_data_destroy(Monitor *mon)
{
    monitor_data_detach(mon);
    g_string_free(mon->out, TRUE);
    qemu_mutex_destroy(&mon->out_lock);
}

bool monitor_init_chardev(Chardev *chr, MonitorMode mode, bool pretty, Error **errp)
{
    return mode == MONITOR_MODE_CONTROL ? monitor_init_qmp(chr, pretty, errp)
                                        : monitor_init_hmp(chr, errp);
}

void monitor_init_core(void)
{
    error_set_vprintf_hook(vprintf_hook);
    qemu_print_set_hook(vprintf_hook);
    qmp_events_init();
    hmp_register_own();
}

/* The last words (SHUTDOWN) go out before the connections are closed, if they go at once. */
void monitor_cleanup(void)
{
    Monitor *mon;

    while ((mon = QTAILQ_FIRST(&monitor_list)) != NULL) {
        QTAILQ_REMOVE(&monitor_list, mon, entry);
        if (mon->is_qmp) {
            monitor_qmp_free(mon);
        } else {
            monitor_hmp_free(mon);
        }
    }
    monitor_thread_cleanup();
    qmp_events_cleanup();
}
