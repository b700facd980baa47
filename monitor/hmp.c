/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session of the human monitor: banner, prompt, lines; and commands for other callers. */

#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "readline.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"

typedef struct MonitorHMP {
    Monitor common;
    ReadLine *rs;
    bool greeted;
    QEMUBH *greet_bh;
} MonitorHMP;

bool hmp_handle_error(Monitor *mon, Error *err)
{
    if (!err) {
        return false;
    }
    monitor_printf(mon, "Error: %s\n", error_get_pretty(err));
    if (error_get_hint(err)) {
        monitor_printf(mon, "%s", error_get_hint(err));
    }
    error_free(err);
    return true;
}

/* ---- lines ---- */

static void rl_print(void *opaque, const char *text)
{
    monitor_puts(opaque, text);
}

static void rl_line(void *opaque, const char *line)
{
    MonitorHMP *mon = opaque;
    Monitor *old = monitor_set_cur(&mon->common);

    hmp_handle_command(&mon->common, line);
    monitor_set_cur(old);
    readline_show_prompt(mon->rs);
}

static void rl_complete(void *opaque, const char *line,
                        void (*add)(void *add_opaque, const char *word), void *add_opaque)
{
    hmp_complete(line, add, add_opaque);
}

static const ReadLineOps readline_ops = {rl_print, rl_line, rl_complete};

const char *monitor_hmp_history(Monitor *common, unsigned i)
{
    MonitorHMP *mon = container_of(common, MonitorHMP, common);

    return common->is_qmp || common->is_collector ? NULL : readline_history(mon->rs, i);
}

/* ---- the back end ---- */

static int hmp_can_read(void *opaque)
{
    MonitorHMP *mon = opaque;

    return monitor_out_is_high(&mon->common) ? 0 : CHR_READ_BUF_LEN;
}

static void hmp_read(void *opaque, const uint8_t *buf, int size)
{
    MonitorHMP *mon = opaque;

    for (int i = 0; i < size; i++) {
        readline_key(mon->rs, buf[i]);
    }
}

void monitor_hmp_drained(Monitor *common)
{
    qemu_chr_fe_accept_input(&common->chr);
}

/*
 * From the main loop, not at once: while a machine is built the focus of a
 * multiplexer moves from user to user, and only the last is to say something.
 */
static void greet(void *opaque)
{
    MonitorHMP *mon = opaque;

    if (mon->common.muxed_out) {
        return;
    }
    if (!mon->greeted) {
        mon->greeted = true;
        monitor_printf(&mon->common, "QEMU %s monitor - type 'help' for more information\n",
                       QEMU_VERSION);
    }
    readline_show_prompt(mon->rs);
}

static void hmp_event(void *opaque, QEMUChrEvent event)
{
    MonitorHMP *mon = opaque;

    switch (event) {
    case CHR_EVENT_OPENED:
        monitor_out_clear(&mon->common);
        readline_restart(mon->rs);
        mon->greeted = false;
        qemu_bh_schedule(mon->greet_bh);
        break;
    case CHR_EVENT_MUX_IN:
        mon->common.muxed_out = false;
        qemu_bh_schedule(mon->greet_bh);
        break;
    case CHR_EVENT_MUX_OUT:
        if (mon->greeted) {
            monitor_puts(&mon->common, "\n");
        }
        mon->common.muxed_out = true;
        break;
    case CHR_EVENT_CLOSED:
        monitor_out_clear(&mon->common);
        readline_restart(mon->rs);
        break;
    default:
        break;
    }
}

bool monitor_init_hmp(Chardev *chr, Error **errp)
{
    MonitorHMP *mon = g_new0(MonitorHMP, 1);

    if (!qemu_chr_fe_init(&mon->common.chr, chr, errp)) {
        g_free(mon);
        return false;
    }
    monitor_data_init(&mon->common, false);
    mon->greet_bh = qemu_bh_new(greet, mon);
    mon->rs = readline_new("(qemu) ", &readline_ops, mon);
    /* Behind other users of a multiplexer it says nothing until the user switches to it. */
    mon->common.muxed_out = CHARDEV_IS_MUX(chr);
    QTAILQ_INSERT_TAIL(&monitor_list, &mon->common, entry);
    qemu_chr_fe_set_handlers_behind(&mon->common.chr, hmp_can_read, hmp_read, hmp_event, mon);
    return true;
}

void monitor_hmp_free(Monitor *common)
{
    MonitorHMP *mon = container_of(common, MonitorHMP, common);

    qemu_bh_delete(mon->greet_bh);
    readline_free(mon->rs);
    monitor_data_destroy(common);
    g_free(mon);
}

/* ---- without a terminal ---- */

char *hmp_execute_to_string(const char *line, int cpu_index)
{
    Monitor mon = {};
    Monitor *old;
    char *text;

    monitor_data_init(&mon, false);
    mon.is_collector = true;
    mon.cpu_index = cpu_index;
    old = monitor_set_cur(&mon);
    hmp_handle_command(&mon, line);
    monitor_set_cur(old);
    text = g_strdup(mon.out->str);
    monitor_data_destroy(&mon);
    return text;
}
