/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Character devices: the object, its life, and data from front end to back end. */

#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "chardev/char-mux.h"
#include "qapi/yank.h"
#include "qemu/id.h"
#include "qemu/lockable.h"
#include "qemu/module.h"

static Object *chardevs_root(void)
{
    return object_get_container("chardevs");
}

/* ---- output ---- */

static void log_write(Chardev *s, const uint8_t *buf, size_t len)
{
    size_t done = 0;

    while (s->logfd >= 0 && done < len) {
        const uint8_t *nl;
        size_t part = len - done;

        if (s->log_timestamp && s->log_at_line_start) {
            g_autoptr(GDateTime) now = g_date_time_new_now_utc();
            g_autofree char *base = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
            g_autofree char *stamp =
                g_strdup_printf("%s.%06dZ ", base, g_date_time_get_microsecond(now));
            if (qemu_write_full(s->logfd, stamp, strlen(stamp)) < 0) {
                return;
            }
            s->log_at_line_start = false;
        }
        nl = s->log_timestamp ? memchr(buf + done, '\n', part) : NULL;
        if (nl) {
            part = nl + 1 - (buf + done);
            s->log_at_line_start = true;
        }
        /* A full disk loses the log, not the guest's output. */
        if (qemu_write_full(s->logfd, buf + done, part) != (ssize_t)part) {
            return;
        }
        done += part;
    }
}

/* The other end takes nothing: a guest that prints to it must not wait for it for ever. */
static bool keeps_stalling(Chardev *s, ChardevClass *cc, int64_t *deadline)
{
    int64_t now = g_get_monotonic_time();

    if (!*deadline) {
        *deadline = now + cc->stall_ms * 1000;
    }
    s->stalled |= now >= *deadline;
    return s->stalled;
}

int qemu_chr_write(Chardev *s, const uint8_t *buf, int len, bool write_all)
{
    ChardevClass *cc = CHARDEV_GET_CLASS(s);
    int offset = 0, res = 0;
    int64_t deadline = 0;

    QEMU_LOCK_GUARD(&s->chr_write_lock);
    while (offset < len) {
        res = cc->chr_write(s, buf + offset, len - offset);
        if (res < 0 && errno == EAGAIN && write_all) {
            if (cc->stall_ms && keeps_stalling(s, cc, &deadline)) {
                break;
            }
            g_usleep(100);
            continue;
        }
        s->stalled = false;
        if (res <= 0) {
            break;
        }
        offset += res;
        if (!write_all) {
            break;
        }
    }
    if (offset > 0) {
        log_write(s, buf, offset);
    }
    return offset || res >= 0 ? offset : res;
}

/* ---- input and events ---- */

int qemu_chr_be_can_write(Chardev *s)
{
    CharBackend *be = s->be;

    return be && be->chr_can_read ? be->chr_can_read(be->opaque) : 0;
}

void qemu_chr_be_write(Chardev *s, const uint8_t *buf, int len)
{
    CharBackend *be = s->be;

    if (be && be->chr_read) {
        be->chr_read(be->opaque, buf, len);
    }
}

void qemu_chr_be_event(Chardev *s, QEMUChrEvent event)
{
    switch (event) {
    case CHR_EVENT_OPENED:
        s->be_open = 1;
        break;
    case CHR_EVENT_CLOSED:
        s->be_open = 0;
        break;
    default:
        break;
    }
    CHARDEV_GET_CLASS(s)->chr_be_event(s, event);
}

static void default_be_event(Chardev *s, QEMUChrEvent event)
{
    CharBackend *be = s->be;

    if (be && be->chr_event) {
        be->chr_event(be->opaque, event);
    }
}

void qemu_chr_be_update_read_handlers(Chardev *s, GMainContext *context)
{
    ChardevClass *cc = CHARDEV_GET_CLASS(s);

    s->gcontext = context;
    if (cc->chr_update_read_handler) {
        cc->chr_update_read_handler(s);
    }
}

void qemu_chr_set_feature(Chardev *chr, ChardevFeature feature)
{
    set_bit(feature, chr->features);
}

bool qemu_chr_has_feature(Chardev *chr, ChardevFeature feature)
{
    return test_bit(feature, chr->features);
}

int qemu_chr_wait_connected(Chardev *chr, Error **errp)
{
    ChardevClass *cc = CHARDEV_GET_CLASS(chr);

    return cc->chr_wait_connected ? cc->chr_wait_connected(chr, errp) : 0;
}

char *qemu_chr_get_filename(Chardev *chr)
{
    QEMU_LOCK_GUARD(&chr->chr_write_lock);
    return g_strdup(chr->filename ? chr->filename : "");
}

void qemu_chr_take_filename(Chardev *chr, char *filename)
{
    QEMU_LOCK_GUARD(&chr->chr_write_lock);
    g_free(chr->filename);
    chr->filename = filename;
}

/* ---- other threads ---- */

typedef struct ContextCall {
    void (*fn)(void *opaque);
    void *opaque;
    QemuSemaphore done;
} ContextCall;

static gboolean run_call(gpointer opaque)
{
    ContextCall *call = opaque;

    call->fn(call->opaque);
    qemu_sem_post(&call->done);
    return G_SOURCE_REMOVE;
}

void qemu_chr_call_in_context(GMainContext *context, void (*fn)(void *opaque), void *opaque)
{
    ContextCall call = {fn, opaque};
    GSource *source;

    if (!context || g_main_context_is_owner(context)) {
        fn(opaque);
        return;
    }
    qemu_sem_init(&call.done, 0);
    source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_HIGH);
    g_source_set_callback(source, run_call, &call, NULL);
    g_source_attach(source, context);
    g_source_unref(source);
    qemu_sem_wait(&call.done);
    qemu_sem_destroy(&call.done);
}

bool qemu_chr_is_busy(Chardev *s)
{
    return CHARDEV_IS_MUX(s) ? mux_chr_has_frontends(s) : s->be != NULL;
}

/* ---- creating ---- */

static bool open_log(Chardev *chr, const QDict *opts, Error **errp)
{
    const char *file = qdict_get_try_str(opts, "logfile");
    int flags = O_WRONLY | (qdict_get_try_bool(opts, "logappend", false) ? O_APPEND : O_TRUNC);

    if (!file) {
        return true;
    }
    chr->logfd = qemu_create(file, flags, 0666, errp);
    chr->log_timestamp = qdict_get_try_bool(opts, "logtimestamp", false);
    return chr->logfd >= 0;
}

/* @yank_from: takes over its place as what can be yanked; NULL: gets one of its own. */
static Chardev *create(const char *id, const char *type, const QDict *opts, GMainContext *context,
                       Chardev *yank_from, Error **errp)
{
    g_autoptr(Object) obj = object_new(type);
    Chardev *chr = CHARDEV(obj);
    ChardevClass *cc = CHARDEV_GET_CLASS(chr);
    bool be_opened = true;

    chr->label = g_strdup(id);
    chr->gcontext = context;
    if (cc->supports_yank && !yank_from) {
        if (!yank_register_instance(YANK_INSTANCE_TYPE_CHARDEV, id, errp)) {
            return NULL;
        }
        chr->can_be_yanked = true;
    }
    if (!open_log(chr, opts, errp) ||
        (cc->chr_open && !cc->chr_open(chr, opts, &be_opened, errp))) {
        return NULL;
    }
    if (!chr->filename) {
        chr->filename = g_strdup(type + strlen("chardev-"));
    }
    if (be_opened) {
        qemu_chr_be_event(chr, CHR_EVENT_OPENED);
    }
    if (cc->supports_yank && yank_from) {
        yank_from->can_be_yanked = false;
        chr->can_be_yanked = true;
    }
    return CHARDEV(g_steal_pointer(&obj));
}

Chardev *qemu_chardev_new(const char *id, const char *type, const QDict *opts,
                          GMainContext *context, Error **errp)
{
    g_autofree char *generated = NULL;
    Chardev *chr;

    if (!id) {
        id = generated = id_generate(ID_CHR);
    } else if (qemu_chr_find(id)) {
        error_setg(errp, "there is a chardev '%s' already", id);
        return NULL;
    }
    chr = create(id, type, opts, context, NULL, errp);
    if (!chr) {
        return NULL;
    }
    if (!object_property_try_add_child(chardevs_root(), id, OBJECT(chr), errp)) {
        object_unref(chr);
        return NULL;
    }
    object_unref(chr); /* the container holds it */
    return chr;
}

/* ---- changing ---- */

/* The user of @old gets @new: true, or false and @errp with everything as it was. */
static bool hand_over(Chardev *old, Chardev *new, Error **errp)
{
    CharBackend *be = old->be;
    bool closed = old->be_open && !new->be_open;

    if (closed) {
        qemu_chr_be_event(old, CHR_EVENT_CLOSED);
    }
    qemu_chr_be_update_read_handlers(old, NULL); /* it is read no more: it has no user */
    old->be = NULL;
    qemu_chr_fe_init(be, new, &error_abort); /* it is new, so nobody has it */
    if (be->chr_be_change(be->opaque) >= 0) {
        return true;
    }
    error_setg(errp, "the user of chardev '%s' refused another back end", old->label);
    new->be = NULL;
    qemu_chr_fe_init(be, old, &error_abort);
    be->chr_be_change(be->opaque);
    if (closed) {
        qemu_chr_be_event(old, CHR_EVENT_OPENED);
    }
    return false;
}

static bool can_change(Chardev *chr, bool to_mux, Error **errp)
{
    if (CHARDEV_IS_MUX(chr) || to_mux) {
        error_setg(errp, "chardev '%s': a multiplexer cannot be changed, nor something into one",
                   chr->label);
        return false;
    }
    if (chr->be && !chr->be->chr_be_change) {
        error_setg(errp, "the user of chardev '%s' does not support a change of its back end",
                   chr->label);
        return false;
    }
    return true;
}

Chardev *qemu_chr_change(Chardev *chr, const QDict *keys, Error **errp)
{
    g_autoptr(QDict) opts = NULL;
    bool mux;
    const char *type = qemu_chr_parse_keys(keys, &opts, &mux, errp);
    g_autofree char *label = g_strdup(chr->label);
    Chardev *new;

    if (!type || !can_change(chr, mux, errp)) {
        return NULL;
    }
    new = create(label, type, opts, NULL, chr->can_be_yanked ? chr : NULL, errp);
    if (!new) {
        return NULL;
    }
    if (chr->be && !hand_over(chr, new, errp)) {
        chr->can_be_yanked |= new->can_be_yanked;
        new->can_be_yanked = false;
        object_unref(new);
        return NULL;
    }
    object_unparent(OBJECT(chr));
    object_property_add_child(chardevs_root(), label, OBJECT(new));
    object_unref(new); /* the container holds it */
    return new;
}

Chardev *qemu_chr_find(const char *name)
{
    Object *obj = object_resolve_path_component(chardevs_root(), name);

    return obj ? CHARDEV(obj) : NULL;
}

bool qemu_chr_remove(const char *id, Error **errp)
{
    Chardev *chr = qemu_chr_find(id);

    if (!chr) {
        error_setg(errp, "there is no chardev '%s'", id);
        return false;
    }
    if (qemu_chr_is_busy(chr)) {
        error_setg(errp, "chardev '%s' is in use", id);
        return false;
    }
    object_unparent(OBJECT(chr));
    return true;
}

typedef struct ForeachData {
    void (*fn)(Chardev *chr, void *opaque);
    void *opaque;
} ForeachData;

static int foreach_child(Object *child, void *opaque)
{
    ForeachData *data = opaque;

    data->fn(CHARDEV(child), data->opaque);
    return 0;
}

void qemu_chr_foreach(void (*fn)(Chardev *chr, void *opaque), void *opaque)
{
    ForeachData data = {fn, opaque};

    object_child_foreach(chardevs_root(), foreach_child, &data);
}

void qemu_chr_cleanup(void)
{
    object_unparent(chardevs_root());
}

/* ---- the object ---- */

static int null_write(Chardev *chr, const uint8_t *buf, int len)
{
    return len;
}

static void char_init(Object *obj)
{
    Chardev *chr = CHARDEV(obj);

    chr->logfd = -1;
    chr->log_at_line_start = true;
    qemu_mutex_init(&chr->chr_write_lock);
    /* What runs in whichever context it is given; others say so themselves. */
    if (CHARDEV_GET_CLASS(chr)->chr_update_read_handler) {
        qemu_chr_set_feature(chr, QEMU_CHAR_FEATURE_GCONTEXT);
    }
}

static void char_finalize(Object *obj)
{
    Chardev *chr = CHARDEV(obj);

    if (chr->be) {
        chr->be->chr = NULL;
    }
    if (chr->can_be_yanked) {
        yank_unregister_instance(YANK_INSTANCE_TYPE_CHARDEV, chr->label);
    }
    g_free(chr->filename);
    g_free(chr->label);
    if (chr->logfd >= 0) {
        close(chr->logfd);
    }
    qemu_mutex_destroy(&chr->chr_write_lock);
}

static void char_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->chr_write = null_write;
    cc->chr_be_event = default_be_event;
}

static const TypeInfo char_types[] = {
    {
        .name = TYPE_CHARDEV,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Chardev),
        .instance_init = char_init,
        .instance_finalize = char_finalize,
        .abstract = true,
        .class_size = sizeof(ChardevClass),
        .class_init = char_class_init,
    },
    {
        .name = TYPE_CHARDEV_NULL,
        .parent = TYPE_CHARDEV,
    },
};

DEFINE_TYPES(char_types)
