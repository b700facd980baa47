/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that keeps the newest output, for monitor commands to read. */

#include "qemu/osdep.h"
#include "chardev/char.h"
#include "chardev/char-ringbuf.h"
#include "qemu/host-utils.h"
#include "qemu/lockable.h"

#define DEFAULT_SIZE 65536

OBJECT_DECLARE_SIMPLE_TYPE(RingBufChardev, CHARDEV_RINGBUF)

struct RingBufChardev {
    Chardev parent;
    size_t size;       /* a power of two */
    size_t prod, cons; /* counts, not indices */
    uint8_t *cbuf;
};

static int ringbuf_write(Chardev *chr, const uint8_t *buf, int len)
{
    RingBufChardev *d = CHARDEV_RINGBUF(chr);

    for (int i = 0; i < len; i++) {
        d->cbuf[d->prod++ & (d->size - 1)] = buf[i];
        if (d->prod - d->cons > d->size) {
            d->cons = d->prod - d->size;
        }
    }
    return len;
}

bool qemu_chr_is_ringbuf(Chardev *chr)
{
    return object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_RINGBUF) != NULL;
}

size_t ringbuf_count(Chardev *chr)
{
    RingBufChardev *d = CHARDEV_RINGBUF(chr);

    return d->prod - d->cons;
}

size_t ringbuf_read(Chardev *chr, uint8_t *buf, size_t len)
{
    RingBufChardev *d = CHARDEV_RINGBUF(chr);
    size_t i;

    QEMU_LOCK_GUARD(&chr->chr_write_lock);
    for (i = 0; i < len && d->cons != d->prod; i++) {
        buf[i] = d->cbuf[d->cons++ & (d->size - 1)];
    }
    return i;
}

static bool ringbuf_open(Chardev *chr, const QDict *opts, bool *be_opened, Error **errp)
{
    RingBufChardev *d = CHARDEV_RINGBUF(chr);
    int64_t size = qdict_get_try_int(opts, "size", DEFAULT_SIZE);

    if (size <= 0 || size > (1 << 30) || !is_power_of_2(size)) {
        error_setg(errp, "size=%" PRId64 " is not a power of two of at most 1 GiB", size);
        return false;
    }
    d->size = size;
    d->cbuf = g_malloc0(size);
    return true;
}

static void ringbuf_finalize(Object *obj)
{
    g_free(CHARDEV_RINGBUF(obj)->cbuf);
}

static const CharOption ringbuf_options[] = {
    {"size", CHAR_OPT_SIZE},
    {NULL},
};

static void ringbuf_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->options = ringbuf_options;
    cc->chr_open = ringbuf_open;
    cc->chr_write = ringbuf_write;
}

static const TypeInfo ringbuf_types[] = {
    {
        .name = TYPE_CHARDEV_RINGBUF,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(RingBufChardev),
        .instance_finalize = ringbuf_finalize,
        .class_init = ringbuf_class_init,
    },
};

DEFINE_TYPES(ringbuf_types)
