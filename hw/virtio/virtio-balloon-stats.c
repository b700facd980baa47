/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics of the guest's memory (virtio 1.3, 5.5.6.3): the driver keeps one
 * buffer in the queue. To give it back is to ask; it returns with new numbers.
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-balloon.h"
#include "qapi/visitor.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"

/* By tag. Sizes are in bytes. */
static const char *const stat_names[VIRTIO_BALLOON_S_COUNT] = {
    "stat-swap-in",      "stat-swap-out",     "stat-major-faults",     "stat-minor-faults",
    "stat-free-memory",  "stat-total-memory", "stat-available-memory", "stat-disk-caches",
    "stat-htlb-pgalloc", "stat-htlb-pgfail",  "stat-oom-kills",        "stat-alloc-stalls",
    "stat-async-scans",  "stat-direct-scans", "stat-async-reclaims",   "stat-direct-reclaims",
};

/* As it is in the buffer. */
typedef struct QEMU_PACKED BalloonStat {
    uint16_t tag;
    uint64_t value;
} BalloonStat;

static void ask_later(VirtIOBalloon *s)
{
    if (s->stats_interval) {
        timer_mod(s->stats_timer,
                  qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + (int64_t)s->stats_interval * 1000);
    } else {
        timer_del(s->stats_timer);
    }
}

static void ask(void *opaque)
{
    VirtIOBalloon *s = opaque;

    if (s->stats_elem) {
        virtqueue_push(s->stats_vq, s->stats_elem, 0);
        virtio_notify(VIRTIO_DEVICE(s), s->stats_vq);
        g_clear_pointer(&s->stats_elem, g_free);
    }
    /* A driver that does not answer is asked again when it does. */
    ask_later(s);
}

static void take(VirtIOBalloon *s, const VirtQueueElement *elem)
{
    BalloonStat stat;

    virtio_balloon_forget_stats(s);
    for (size_t at = 0;
         iov_to_buf(elem->out_sg, elem->out_num, at, &stat, sizeof(stat)) == sizeof(stat);
         at += sizeof(stat)) {
        uint16_t tag = le16_to_cpu(stat.tag);

        if (tag < VIRTIO_BALLOON_S_COUNT) {
            s->stats[tag] = le64_to_cpu(stat.value);
        }
    }
    s->stats_time = g_get_real_time() / G_USEC_PER_SEC;
}

void virtio_balloon_receive_stats(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);
    VirtQueueElement *elem;

    while (vdev->vm_running && (elem = virtqueue_pop(vq, sizeof(*elem)))) {
        if (s->stats_elem) {
            /* One is enough; the driver gets back what it gave before. */
            virtqueue_push(vq, s->stats_elem, 0);
            virtio_notify(vdev, vq);
            g_free(s->stats_elem);
        }
        s->stats_elem = elem;
        take(s, elem);
    }
}

void virtio_balloon_put_back_stats(VirtIOBalloon *s)
{
    if (s->stats_elem) {
        virtqueue_unpop(s->stats_vq, s->stats_elem, 0);
        g_clear_pointer(&s->stats_elem, g_free);
    }
}

void virtio_balloon_forget_stats(VirtIOBalloon *s)
{
    memset(s->stats, 0xff, sizeof(s->stats));
    s->stats_time = 0;
}

/* ---- properties ---- */

static void get_stats(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(obj);
    bool ok = true;

    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    if (visit_start_struct(v, "stats", NULL, 0, errp)) {
        for (int i = 0; i < VIRTIO_BALLOON_S_COUNT && ok; i++) {
            ok = visit_type_uint64(v, stat_names[i], &s->stats[i], errp);
        }
        ok = ok && visit_check_struct(v, errp);
        visit_end_struct(v, NULL);
        ok = ok && visit_type_int(v, "last-update", &s->stats_time, errp) &&
             visit_check_struct(v, errp);
    }
    visit_end_struct(v, NULL);
}

static void get_interval(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    int64_t value = VIRTIO_BALLOON(obj)->stats_interval;

    visit_type_int(v, name, &value, errp);
}

static void set_interval(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(obj);
    int64_t value;

    if (!visit_type_int(v, name, &value, errp)) {
        return;
    }
    if (value < 0 || value > UINT32_MAX) {
        error_setg(errp, "property '%s': expected seconds, 0 (off) to %u, got %" PRId64, name,
                   UINT32_MAX, value);
        return;
    }
    s->stats_interval = value;
    if (s->stats_timer) {
        ask(s);
    }
}

void virtio_balloon_add_stats_properties(ObjectClass *klass)
{
    object_class_property_add(klass, "guest-stats", "guest statistics", get_stats, NULL, NULL,
                              NULL);
    object_class_property_add(klass, "guest-stats-polling-interval", "int", get_interval,
                              set_interval, NULL, NULL)
        ->live = true;
}

void virtio_balloon_stats_init(VirtIOBalloon *s)
{
    virtio_balloon_forget_stats(s);
    s->stats_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, ask, s);
    ask_later(s); /* the interval may have been set before */
}

void virtio_balloon_stats_cleanup(VirtIOBalloon *s)
{
    virtio_balloon_put_back_stats(s);
    g_clear_pointer(&s->stats_timer, timer_free);
}
