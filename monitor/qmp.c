/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A QMP session: greeting, negotiation, requests in order, one response each.
 *
 * Input is read and taken apart in the context of the back end: the monitors' thread
 * where that can be, else the main loop. Requests are carried out in the main loop; those
 * out of band at once, where they were read.
 *
 * Input is only taken while few requests wait and the client reads its
 * responses, so that neither can pile up: a client that stops reading stops
 * being served, and the guest goes on.
 */

#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "config-host.h"
#include "qemu/coroutine.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qobject/json-parser.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"

#define MAX_WAITING 8

typedef struct MonitorQMP {
    Monitor common;
    bool pretty;
    bool offers_oob;       /* has a thread to read its input */
    GMainContext *context; /* of the back end's handlers; NULL: the main loop's */

    /* Used in that context only. */
    JSONMessageParser parser;
    /* Input that came in one piece with requests that have to wait. */
    GByteArray *input;
    QEMUBH *input_bh; /* there may be room for it */

    QEMUBH *bh; /* in the main loop: carries out the next request */

    /* Guards the rest. Taken before out_lock. */
    QemuMutex lock;
    /* What the client may use: qmp_negotiation_commands at first. */
    const QmpCommandList *commands;
    bool oob;         /* the client may use exec-oob */
    bool busy;        /* the main loop carries out a request */
    unsigned session; /* counts connections: a request of an old one is not answered */
    GQueue waiting;   /* Request *, oldest first */
} MonitorQMP;

typedef struct Request {
    QObject *json; /* or */
    Error *err;    /* of parsing */
    /* When it is carried out: what the client may use, and which connection it is of. */
    const QmpCommandList *commands;
    bool oob;
    unsigned session;
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
    QList *capabilities = qlist_new();
    g_autoptr(QDict) greeting = NULL;

    if (mon->offers_oob) {
        qlist_append_str(capabilities, "oob");
    }
    greeting = qdict_from_jsonf_nofail(
        "{'QMP': {'version': {'qemu': {'micro': %d, 'minor': %d, 'major': %d},"
        " 'package': %s}, 'capabilities': %p}}",
        QEMU_VERSION_MICRO, QEMU_VERSION_MINOR, QEMU_VERSION_MAJOR, "Rhea " RHEA_VERSION,
        capabilities);
    send_json(mon, greeting);
}

void monitor_qmp_send_event(Monitor *common, const QDict *event)
{
    MonitorQMP *mon = container_of(common, MonitorQMP, common);

    QEMU_LOCK_GUARD(&mon->lock);
    if (mon->commands == qmp_commands) {
        send_json(mon, event);
    }
}

/* Any thread. */
void monitor_qmp_overrun(Monitor *common)
{
    qemu_bh_schedule(container_of(common, MonitorQMP, common)->input_bh);
}

static QDict *error_response(Error *err)
{
    return qdict_from_jsonf_nofail("{'error': {'class': %s, 'desc': %s}}",
                                   error_class_str(error_get_class(err)), error_get_pretty(err));
}

/* ---- carrying out, in the main loop or (out of band) where it was read ---- */

static void answer(MonitorQMP *mon, Request *req)
{
    g_autoptr(QDict) rsp = NULL;

    if (req->err) {
        rsp = error_response(req->err);
    } else {
        Monitor *old = monitor_set_cur(&mon->common);
        rsp = qmp_dispatch(req->commands, req->json, req->oob);
        monitor_set_cur(old);
    }
    QEMU_LOCK_GUARD(&mon->lock);
    if (rsp && req->session == mon->session) {
        send_json(mon, rsp);
    }
}

/* Under the lock: notes what holds for @req now that it is its turn. */
static void stamp(MonitorQMP *mon, Request *req)
{
    req->commands = mon->commands;
    req->oob = mon->oob;
    req->session = mon->session;
}

/* The main loop is done with a request. */
static void go_on(MonitorQMP *mon)
{
    bool more;

    WITH_QEMU_LOCK_GUARD(&mon->lock)
    {
        mon->busy = false;
        more = !g_queue_is_empty(&mon->waiting);
    }
    if (more) {
        qemu_bh_schedule(mon->bh);
    }
    qemu_bh_schedule(mon->input_bh);
}

static void qmp_free(MonitorQMP *mon)
{
    qemu_mutex_destroy(&mon->lock);
    g_free(mon);
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
        qmp_free(mon);
    } else {
        go_on(mon);
    }
}

bool monitor_qmp_negotiated(Monitor *common, bool oob, Error **errp)
{
    MonitorQMP *mon = container_of(common, MonitorQMP, common);

    QEMU_LOCK_GUARD(&mon->lock);
    if (mon->commands == qmp_commands) {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND, "capabilities were negotiated already");
        return false;
    }
    if (oob && !mon->offers_oob) {
        error_setg(errp, "capability 'oob' is not offered on this kind of character device");
        return false;
    }
    mon->commands = qmp_commands;
    mon->oob = oob;
    return true;
}

/* The next request, unless one is being carried out or the client does not read. */
static Request *next_request(MonitorQMP *mon)
{
    Request *req;

    if (monitor_out_is_high(&mon->common)) {
        return NULL; /* goes on when it is drained */
    }
    QEMU_LOCK_GUARD(&mon->lock);
    req = mon->busy ? NULL : g_queue_pop_head(&mon->waiting);
    if (req) {
        mon->busy = true;
        stamp(mon, req);
    }
    return req;
}

/* One request a time: the main loop has other clients, and a machine to run. */
static void dispatch_bh(void *opaque)
{
    MonitorQMP *mon = opaque;
    Request *req = next_request(mon);

    if (!req) {
        return;
    }
    if (req->json && qmp_needs_coroutine(req->commands, req->json)) {
        CoRequest *co = g_new(CoRequest, 1);

        *co = (CoRequest){mon, req};
        qemu_coroutine_enter(qemu_coroutine_create(answer_co, co));
        return;
    }
    answer(mon, req);
    request_free(req);
    go_on(mon);
}

void monitor_qmp_drained(Monitor *common)
{
    MonitorQMP *mon = container_of(common, MonitorQMP, common);

    qemu_bh_schedule(mon->bh);
    qemu_bh_schedule(mon->input_bh);
}

/* ---- input, in the back end's context ---- */

static void on_message(void *opaque, QObject *json, Error *err)
{
    MonitorQMP *mon = opaque;
    Request *req = g_new0(Request, 1);
    bool at_once;

    req->json = json;
    req->err = err;
    WITH_QEMU_LOCK_GUARD(&mon->lock)
    {
        stamp(mon, req);
        at_once = json && req->oob && qmp_is_oob(json);
        if (!at_once) {
            g_queue_push_tail(&mon->waiting, req);
        }
    }
    if (at_once) {
        answer(mon, req);
        request_free(req);
    } else {
        qemu_bh_schedule(mon->bh);
    }
}

static bool serving(MonitorQMP *mon)
{
    if (monitor_out_is_high(&mon->common)) {
        return false;
    }
    QEMU_LOCK_GUARD(&mon->lock);
    return g_queue_get_length(&mon->waiting) < MAX_WAITING;
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

static void input_bh(void *opaque)
{
    MonitorQMP *mon = opaque;

    if (monitor_out_is_overrun(&mon->common)) {
        qemu_chr_fe_disconnect(&mon->common.chr);
    }
    feed(mon);
    qemu_chr_fe_accept_input(&mon->common.chr);
}

/* Nothing is asked for that is not answered. Under the lock. */
static bool is_idle(MonitorQMP *mon)
{
    return !mon->busy && g_queue_is_empty(&mon->waiting);
}

static int qmp_can_read(void *opaque)
{
    MonitorQMP *mon = opaque;

    if (mon->input->len || !serving(mon)) {
        return 0;
    }
    QEMU_LOCK_GUARD(&mon->lock);
    /*
     * Not before the requests that are here are answered: the end of input may be next.
     * Who wants to interrupt what is going on must be heard, though.
     */
    return mon->oob || is_idle(mon) ? CHR_READ_BUF_LEN : 0;
}

static void qmp_read(void *opaque, const uint8_t *buf, int size)
{
    MonitorQMP *mon = opaque;

    g_byte_array_append(mon->input, buf, size);
    feed(mon);
}

/* A connection begins or ends: what was asked for and not answered is dropped. */
static void reset_session(MonitorQMP *mon)
{
    Request *req;

    WITH_QEMU_LOCK_GUARD(&mon->lock)
    {
        mon->session++;
        mon->commands = qmp_negotiation_commands;
        mon->oob = false;
        while ((req = g_queue_pop_head(&mon->waiting)) != NULL) {
            request_free(req);
        }
        monitor_out_clear(&mon->common);
    }
    g_byte_array_set_size(mon->input, 0);
    json_message_parser_destroy(&mon->parser);
    json_message_parser_init(&mon->parser, on_message, mon, NULL);
}

static void qmp_event(void *opaque, QEMUChrEvent event)
{
    MonitorQMP *mon = opaque;

    if (event == CHR_EVENT_OPENED) {
        reset_session(mon);
        send_greeting(mon);
    } else if (event == CHR_EVENT_CLOSED) {
        reset_session(mon);
    }
}

/* ---- life ---- */

static void attach(void *opaque)
{
    MonitorQMP *mon = opaque;

    qemu_chr_fe_set_handlers(&mon->common.chr, qmp_can_read, qmp_read, qmp_event, NULL, mon,
                             mon->context, true);
}

static void detach(void *opaque)
{
    MonitorQMP *mon = opaque;

    reset_session(mon);
    json_message_parser_destroy(&mon->parser);
    qemu_bh_delete(mon->input_bh);
    monitor_data_detach(&mon->common);
}

bool monitor_init_qmp(Chardev *chr, bool pretty, Error **errp)
{
    IOThread *thread = NULL;
    AioContext *ctx = qemu_get_aio_context();
    MonitorQMP *mon;

    if (qemu_chr_has_feature(chr, QEMU_CHAR_FEATURE_GCONTEXT)) {
        thread = monitor_thread(errp);
        if (!thread) {
            return false;
        }
        ctx = iothread_get_aio_context(thread);
    }
    mon = g_new0(MonitorQMP, 1);
    if (!qemu_chr_fe_init(&mon->common.chr, chr, errp)) {
        g_free(mon);
        return false;
    }
    monitor_data_init(&mon->common, true);
    mon->pretty = pretty;
    mon->offers_oob = thread != NULL;
    mon->context = thread ? iothread_get_g_main_context(thread) : NULL;
    mon->commands = qmp_negotiation_commands;
    mon->input = g_byte_array_new();
    mon->input_bh = aio_bh_new(ctx, input_bh, mon);
    /* Not while a command of another monitor waits for a request in a nested loop. */
    mon->bh = aio_bh_new(iohandler_get_aio_context(), dispatch_bh, mon);
    qemu_mutex_init(&mon->lock);
    g_queue_init(&mon->waiting);
    json_message_parser_init(&mon->parser, on_message, mon, NULL);
    QTAILQ_INSERT_TAIL(&monitor_list, &mon->common, entry);
    qemu_chr_fe_set_echo(&mon->common.chr, true);
    qemu_chr_call_in_context(mon->context, attach, mon);
    return true;
}

void monitor_qmp_free(Monitor *common)
{
    MonitorQMP *mon = container_of(common, MonitorQMP, common);

    qemu_chr_call_in_context(mon->context, detach, mon);
    qemu_bh_delete(mon->bh);
    g_byte_array_unref(mon->input);
    monitor_data_destroy(common);
    if (common->co) {
        common->dying = true; /* a command still runs; what comes of it goes nowhere */
    } else {
        qmp_free(mon);
    }
}
