/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A QMP session: greeting, negotiation, requests in order, one response each.
 *
 * Input is only taken while few requests wait and the client reads its
 * responses, so that neither can pile up: a client that stops reading stops
 * being served, and the guest goes on.
 */

#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "config-host.h"
#include "qemu/coroutine.h"
#include "qemu/main-loop.h"
#include "qobject/json-parser.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"

#define MAX_WAITING 8

typedef struct MonitorQMP {
    Monitor common;
    JSONMessageParser parser;
    bool pretty;
    /* What the client may use: qmp_negotiation_commands at first. */
    const QmpCommandList *commands;
    unsigned session; /* counts connections: a request of an old one is not answered */
    /* Requests (QObject *) and errors of parsing (Error *), oldest first. */
    GQueue waiting;
    QEMUBH *bh;
    /* Input that came in one piece with requests that have to wait. */
    GByteArray *input;
} MonitorQMP;

typedef struct Request {
    QObject *json; /* or */
    Error *err;
} Request;

static void request_free(Request *req)
{
    qobject_unref(req->json);
    error_free(req->err);
    g_free(req);
}

/* ---- output ---- */

static void send_json(MonitorQMP *mon, const QDict *dict)
{
    g_autoptr(GString) text = qobject_to_json_pretty(QOBJECT((QDict *)dict), mon->pretty);

    g_string_append(text, "\r\n");
    monitor_write(&mon->common, text->str, text->len);
}

static void send_greeting(MonitorQMP *mon)
{
    g_autoptr(QDict) greeting = qdict_from_jsonf_nofail(
        "{'QMP': {'version': {'qemu': {'micro': %d, 'minor': %d, 'major': %d},"
        " 'package': %s}, 'capabilities': []}}",
        QEMU_VERSION_MICRO, QEMU_VERSION_MINOR, QEMU_VERSION_MAJOR, "Rhea " RHEA_VERSION);

    send_json(mon, greeting);
}

void monitor_qmp_send_event(Monitor *common, const QDict *event)
{
    MonitorQMP *mon = container_of(common, MonitorQMP, common);

    if (mon->commands == qmp_commands) {
        send_json(mon, event);
    }
}

static QDict *error_response(Error *err)
{
    return qdict_from_jsonf_nofail("{'error': {'class': %s, 'desc': %s}}",
                                   error_class_str(error_get_class(err)), error_get_pretty(err));
}

/* ---- requests ---- */

static bool serving(MonitorQMP *mon)
{
    return g_queue_get_length(&mon->waiting) < MAX_WAITING && !monitor_out_is_high(&mon->common);
}

/* Feeds what was kept, up to the end of a request at a time, while there is room for it. */
static void feed(MonitorQMP *mon)
{
    while (mon->input->len && serving(mon)) {
        const uint8_t *end = memchr(mon->input->data, '}', mon->input->len);
        g_autofree char *piece = NULL;
        size_t n = end ? end + 1 - mon->input->data : mon->input->len;

        piece = g_memdup2(mon->input->data, n);
        g_byte_array_remove_range(mon->input, 0, n);
        json_message_parser_feed(&mon->parser, piece, n);
    }
}

static void answer(MonitorQMP *mon, Request *req)
{
    unsigned session = mon->session;
    g_autoptr(QDict) rsp = NULL;

    if (req->err) {
        rsp = error_response(req->err);
    } else {
        Monitor *old = monitor_set_cur(&mon->common);
        rsp = qmp_dispatch(mon->commands, req->json);
        monitor_set_cur(old);
    }
    if (rsp && session == mon->session) {
        send_json(mon, rsp);
    }
}

static void go_on(MonitorQMP *mon)
{
    feed(mon);
    if (!g_queue_is_empty(&mon->waiting)) {
        qemu_bh_schedule(mon->bh);
    } else {
        qemu_chr_fe_accept_input(&mon->common.chr);
    }
}

typedef struct CoRequest {
    MonitorQMP *mon;
    Request *req;
} CoRequest;

/* The main loop goes on whenever the command yields; this monitor's next request waits. */
static void coroutine_fn answer_co(void *opaque)
{
    CoRequest *co = opaque;
    MonitorQMP *mon = co->mon;

    mon->common.co = qemu_coroutine_self();
    answer(mon, co->req);
    mon->common.co = NULL;
    request_free(co->req);
    g_free(co);
    if (mon->common.dying) {
        g_free(mon);
    } else {
        go_on(mon);
    }
}

bool monitor_qmp_negotiated(Monitor *common)
{
    MonitorQMP *mon = container_of(common, MonitorQMP, common);
    bool before = mon->commands == qmp_commands;

    mon->commands = qmp_commands;
    return !before;
}

/* One request a time: the main loop has other clients, and a machine to run. */
static void dispatch_bh(void *opaque)
{
    MonitorQMP *mon = opaque;
    Request *req;

    if (monitor_out_is_high(&mon->common) || mon->common.co) {
        return; /* goes on when it is drained, resp. when the command is done */
    }
    req = g_queue_pop_head(&mon->waiting);
    if (!req) {
        return;
    }
    if (req->json && qmp_needs_coroutine(mon->commands, req->json)) {
        CoRequest *co = g_new(CoRequest, 1);

        *co = (CoRequest){mon, req};
        qemu_coroutine_enter(qemu_coroutine_create(answer_co, co));
        return;
    }
    answer(mon, req);
    request_free(req);
    go_on(mon);
}

static void on_message(void *opaque, QObject *json, Error *err)
{
    MonitorQMP *mon = opaque;
    Request *req = g_new0(Request, 1);

    req->json = json;
    req->err = err;
    g_queue_push_tail(&mon->waiting, req);
    qemu_bh_schedule(mon->bh);
}

void monitor_qmp_drained(Monitor *common)
{
    MonitorQMP *mon = container_of(common, MonitorQMP, common);

    qemu_bh_schedule(mon->bh);
    qemu_chr_fe_accept_input(&common->chr);
}

/* ---- the back end ---- */

static int qmp_can_read(void *opaque)
{
    MonitorQMP *mon = opaque;

    /* Not before the requests that are here are answered: the end of input may be next. */
    return g_queue_is_empty(&mon->waiting) && !mon->common.co && serving(mon) && !mon->input->len
               ? CHR_READ_BUF_LEN
               : 0;
}

static void qmp_read(void *opaque, const uint8_t *buf, int size)
{
    MonitorQMP *mon = opaque;

    g_byte_array_append(mon->input, buf, size);
    feed(mon);
}

static void drop_input(MonitorQMP *mon)
{
    Request *req;

    while ((req = g_queue_pop_head(&mon->waiting)) != NULL) {
        request_free(req);
    }
    g_byte_array_set_size(mon->input, 0);
    json_message_parser_destroy(&mon->parser);
    json_message_parser_init(&mon->parser, on_message, mon, NULL);
}

static void qmp_event(void *opaque, QEMUChrEvent event)
{
    MonitorQMP *mon = opaque;

    switch (event) {
    case CHR_EVENT_OPENED:
        mon->session++;
        mon->commands = qmp_negotiation_commands;
        drop_input(mon);
        monitor_out_clear(&mon->common);
        send_greeting(mon);
        break;
    case CHR_EVENT_CLOSED:
        mon->session++;
        mon->commands = qmp_negotiation_commands;
        drop_input(mon);
        monitor_out_clear(&mon->common);
        break;
    default:
        break;
    }
}

bool monitor_init_qmp(Chardev *chr, bool pretty, Error **errp)
{
    MonitorQMP *mon = g_new0(MonitorQMP, 1);

    if (!qemu_chr_fe_init(&mon->common.chr, chr, errp)) {
        g_free(mon);
        return false;
    }
    monitor_data_init(&mon->common, true);
    mon->pretty = pretty;
    mon->commands = qmp_negotiation_commands;
    mon->input = g_byte_array_new();
    mon->bh = qemu_bh_new(dispatch_bh, mon);
    g_queue_init(&mon->waiting);
    json_message_parser_init(&mon->parser, on_message, mon, NULL);
    QTAILQ_INSERT_TAIL(&monitor_list, &mon->common, entry);
    qemu_chr_fe_set_echo(&mon->common.chr, true);
    qemu_chr_fe_set_handlers(&mon->common.chr, qmp_can_read, qmp_read, qmp_event, NULL, mon, NULL,
                             true);
    return true;
}

void monitor_qmp_free(Monitor *common)
{
    MonitorQMP *mon = container_of(common, MonitorQMP, common);

    mon->session++;
    drop_input(mon);
    json_message_parser_destroy(&mon->parser);
    qemu_bh_delete(mon->bh);
    g_byte_array_unref(mon->input);
    monitor_data_destroy(common);
    if (common->co) {
        common->dying = true; /* a command still runs; what comes of it goes nowhere */
    } else {
        g_free(mon);
    }
}
