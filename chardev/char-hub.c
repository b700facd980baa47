/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hub: several back ends as one. All get the output, each one's input goes to the front end. It is
 * as fast as the slowest back end that is open; one that is not misses what is written meanwhile.
 */

#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "qemu/lockable.h"
#include "qobject/qlist.h"
#include "qobject/qstring.h"

OBJECT_DECLARE_SIMPLE_TYPE(HubChardev, CHARDEV_HUB)

typedef struct HubBackend {
    HubChardev *hub;
    CharBackend be;
    size_t ahead; /* bytes that it took of what the front end will give again; chr_write_lock */
} HubBackend;

struct HubChardev {
    Chardev parent;

    HubBackend backends[CHAR_LIST_MAX];
    unsigned count;
};

static Chardev *chardev_of(HubBackend *b)
{
    return qemu_chr_fe_get_driver(&b->be);
}

/* ---- output ---- */

/* As much as it takes of what it did not have before. */
static void write_on(HubBackend *b, const uint8_t *buf, size_t len)
{
    while (b->ahead < len) {
        int n = qemu_chr_fe_write(&b->be, buf + b->ahead, len - b->ahead);

        if (n < 0 && errno == EAGAIN) {
            return;
        }
        /* One that is broken does not hold up the others. */
        b->ahead = n <= 0 ? len : b->ahead + n;
    }
}

static int hub_write(Chardev *chr, const uint8_t *buf, int len)
{
    HubChardev *hub = CHARDEV_HUB(chr);
    size_t least = len;

    for (unsigned i = 0; i < hub->count; i++) {
        HubBackend *b = &hub->backends[i];

        if (chr->stalled || !qemu_chr_fe_backend_open(&b->be)) {
            b->ahead = 0; /* what comes is new to it */
        }
        if (qemu_chr_fe_backend_open(&b->be)) {
            write_on(b, buf, len);
            least = MIN(least, b->ahead);
        }
    }
    for (unsigned i = 0; i < hub->count; i++) {
        hub->backends[i].ahead -= MIN(hub->backends[i].ahead, least);
    }
    if (!least && len) {
        errno = EAGAIN;
        return -1;
    }
    return least;
}

/* Of the back end that the others wait for. */
static GSource *hub_add_watch(Chardev *chr, GIOCondition cond)
{
    HubChardev *hub = CHARDEV_HUB(chr);
    HubBackend *slowest = NULL;
    Chardev *base;

    for (unsigned i = 0; i < hub->count; i++) {
        HubBackend *b = &hub->backends[i];

        if (qemu_chr_fe_backend_open(&b->be) && (!slowest || b->ahead < slowest->ahead)) {
            slowest = b;
        }
    }
    base = slowest ? chardev_of(slowest) : NULL;
    if (!base || !CHARDEV_GET_CLASS(base)->chr_add_watch) {
        return NULL;
    }
    QEMU_LOCK_GUARD(&base->chr_write_lock);
    return CHARDEV_GET_CLASS(base)->chr_add_watch(base, cond);
}

/* ---- input and events ---- */

static int on_can_read(void *opaque)
{
    return qemu_chr_be_can_write(CHARDEV(((HubBackend *)opaque)->hub));
}

static void on_read(void *opaque, const uint8_t *buf, int size)
{
    qemu_chr_be_write(CHARDEV(((HubBackend *)opaque)->hub), buf, size);
}

static bool any_open(HubChardev *hub)
{
    for (unsigned i = 0; i < hub->count; i++) {
        if (qemu_chr_fe_backend_open(&hub->backends[i].be)) {
            return true;
        }
    }
    return false;
}

/* It is open while one of them is. */
static void on_event(void *opaque, QEMUChrEvent event)
{
    Chardev *chr = CHARDEV(((HubBackend *)opaque)->hub);

    switch (event) {
    case CHR_EVENT_OPENED:
    case CHR_EVENT_CLOSED:
        if (any_open(CHARDEV_HUB(chr)) != (chr->be_open != 0)) {
            qemu_chr_be_event(chr, event);
        }
        break;
    default:
        qemu_chr_be_event(chr, event);
        break;
    }
}

static void hub_accept_input(Chardev *chr)
{
    HubChardev *hub = CHARDEV_HUB(chr);

    for (unsigned i = 0; i < hub->count; i++) {
        qemu_chr_fe_accept_input(&hub->backends[i].be);
    }
}

static void hub_set_echo(Chardev *chr, bool echo)
{
    HubChardev *hub = CHARDEV_HUB(chr);

    for (unsigned i = 0; i < hub->count; i++) {
        qemu_chr_fe_set_echo(&hub->backends[i].be, echo);
    }
}

static void hub_update_read_handlers(Chardev *chr)
{
    HubChardev *hub = CHARDEV_HUB(chr);

    for (unsigned i = 0; i < hub->count; i++) {
        HubBackend *b = &hub->backends[i];

        qemu_chr_fe_set_handlers(&b->be, on_can_read, on_read, on_event, NULL, b, chr->gcontext,
                                 true);
    }
}

/* ---- the object ---- */

static bool add_backend(HubChardev *hub, const char *id, Error **errp)
{
    HubBackend *b = &hub->backends[hub->count];
    Chardev *chr = qemu_chr_find(id);

    if (!chr) {
        error_setg(errp, "hub: there is no chardev '%s'", id);
        return false;
    }
    if (CHARDEV_IS_MUX(chr) || object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_HUB)) {
        error_setg(errp, "hub: chardev '%s' is a multiplexer or a hub itself", id);
        return false;
    }
    b->hub = hub;
    if (!qemu_chr_fe_init(&b->be, chr, errp)) {
        return false;
    }
    hub->count++;
    return true;
}

static bool hub_open(Chardev *chr, const QDict *opts, bool *be_opened, Error **errp)
{
    HubChardev *hub = CHARDEV_HUB(chr);
    const QListEntry *e;

    QLIST_FOREACH_ENTRY (qdict_get_qlist(opts, "chardevs"), e) {
        if (!add_backend(hub, qstring_get_str(qobject_to(QString, e->value)), errp)) {
            return false;
        }
    }
    *be_opened = any_open(hub);
    return true;
}

/* As a multiplexer: its back ends stay in the main loop. */
static void hub_init(Object *obj)
{
    clear_bit(QEMU_CHAR_FEATURE_GCONTEXT, CHARDEV(obj)->features);
}

static void hub_finalize(Object *obj)
{
    HubChardev *hub = CHARDEV_HUB(obj);

    for (unsigned i = 0; i < hub->count; i++) {
        qemu_chr_fe_deinit(&hub->backends[i].be, false);
    }
}

static const CharOption hub_options[] = {
    {"chardevs", CHAR_OPT_LIST, true},
    {NULL},
};

static void hub_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->options = hub_options;
    cc->stall_ms = 100; /* what a back end that takes nothing may cost */
    cc->chr_open = hub_open;
    cc->chr_write = hub_write;
    cc->chr_add_watch = hub_add_watch;
    cc->chr_accept_input = hub_accept_input;
    cc->chr_set_echo = hub_set_echo;
    cc->chr_update_read_handler = hub_update_read_handlers;
}

static const TypeInfo hub_types[] = {
    {
        .name = TYPE_CHARDEV_HUB,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(HubChardev),
        .instance_init = hub_init,
        .instance_finalize = hub_finalize,
        .class_init = hub_class_init,
    },
};

DEFINE_TYPES(hub_types)
