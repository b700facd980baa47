/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups with limits. Each limit is a bucket that leaks at its average rate: a request pours its
 * bytes (or itself) in, and who finds it too full waits until enough has leaked. Requests wait in
 * their member's queue; the group lets one go at a time, by members in turn.
 *
 * group->lock guards all of a group and of its members. It is taken in any thread.
 */
#include "qemu/osdep.h"
#include "block/throttle.h"
#include "block/aio.h"
#include "qapi/error.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/queue.h"
#include "qemu/timer.h"

typedef struct BucketState {
    double level, burst_level;
} BucketState;

struct ThrottleMember {
    ThrottleGroup *group;
    CoQueue waiting[2]; /* reads, writes */
    unsigned pending[2];
    int disabled;
    QTAILQ_ENTRY(ThrottleMember) next;
};

typedef struct DirTimer {
    ThrottleGroup *group;
    QEMUTimer timer;
    bool is_write;
} DirTimer;

struct ThrottleGroup {
    char *name;
    int refcnt; /* main thread */
    QTAILQ_ENTRY(ThrottleGroup) list;
    QemuMutex lock;
    ThrottleConfig cfg;
    BucketState bucket[THROTTLE_BUCKETS];
    int64_t leaked_ns; /* when the buckets were looked at */
    QTAILQ_HEAD(, ThrottleMember) members;
    ThrottleMember *last[2]; /* whose turn it was */
    unsigned pending[2];
    bool granted[2]; /* one was woken up, and has not poured yet */
    DirTimer timers[2];
};

static QTAILQ_HEAD(, ThrottleGroup) groups = QTAILQ_HEAD_INITIALIZER(groups);

/* ---- limits ---- */

void throttle_config_init(ThrottleConfig *cfg)
{
    *cfg = (ThrottleConfig){0};
    for (int i = 0; i < THROTTLE_BUCKETS; i++) {
        cfg->bucket[i].burst_length = 1;
    }
}

bool throttle_config_is_limited(const ThrottleConfig *cfg)
{
    for (int i = 0; i < THROTTLE_BUCKETS; i++) {
        if (cfg->bucket[i].avg) {
            return true;
        }
    }
    return false;
}

/* A total, and one direction of the same? */
static bool conflicts(const ThrottleConfig *cfg, ThrottleBucket total)
{
    return (cfg->bucket[total].avg && (cfg->bucket[total + 1].avg || cfg->bucket[total + 2].avg)) ||
           (cfg->bucket[total].max && (cfg->bucket[total + 1].max || cfg->bucket[total + 2].max));
}

bool throttle_config_check(const ThrottleConfig *cfg, Error **errp)
{
    const uint64_t limit = 1000000000000000;

    if (conflicts(cfg, THROTTLE_BPS_TOTAL) || conflicts(cfg, THROTTLE_OPS_TOTAL)) {
        error_setg(errp,
                   "bps/iops/max total values and read/write values cannot be used at the same "
                   "time");
        return false;
    }
    if (cfg->op_size && !cfg->bucket[THROTTLE_OPS_TOTAL].avg &&
        !cfg->bucket[THROTTLE_OPS_READ].avg && !cfg->bucket[THROTTLE_OPS_WRITE].avg) {
        error_setg(errp, "iops size requires an iops value to be set");
        return false;
    }
    for (int i = 0; i < THROTTLE_BUCKETS; i++) {
        uint64_t avg = cfg->bucket[i].avg, max = cfg->bucket[i].max;
        uint64_t length = cfg->bucket[i].burst_length;

        if (avg > limit || max > limit) {
            error_setg(errp, "bps/iops/max values must be within [0, %" PRIu64 "]", limit);
            return false;
        }
        if (!length) {
            error_setg(errp, "the burst length cannot be 0");
            return false;
        }
        if (length > 1 && !max) {
            error_setg(errp, "burst length set without burst rate");
            return false;
        }
        if (max && length > limit / max) {
            error_setg(errp, "burst length too high for this burst rate");
            return false;
        }
        if (max && !avg) {
            error_setg(errp, "bps_max/iops_max require corresponding bps/iops values");
            return false;
        }
        if (max && max < avg) {
            error_setg(errp, "bps_max/iops_max cannot be lower than bps/iops");
            return false;
        }
    }
    return true;
}

/* ---- buckets; lock held ---- */

static void leak(ThrottleGroup *g, int64_t now)
{
    double seconds = MAX(now - g->leaked_ns, 0) / 1e9;

    g->leaked_ns = now;
    for (int i = 0; i < THROTTLE_BUCKETS; i++) {
        BucketState *b = &g->bucket[i];

        b->level = MAX(b->level - g->cfg.bucket[i].avg * seconds, 0);
        b->burst_level = MAX(b->burst_level - g->cfg.bucket[i].max * seconds, 0);
    }
}

/* How long until the bucket is not too full. */
static int64_t bucket_wait(const ThrottleGroup *g, ThrottleBucket i)
{
    double avg = g->cfg.bucket[i].avg, max = g->cfg.bucket[i].max;
    double size = max ? max * g->cfg.bucket[i].burst_length : avg / 10, extra;

    if (!avg) {
        return 0;
    }
    extra = g->bucket[i].level - size;
    if (extra > 0) {
        return extra / avg * 1e9;
    }
    extra = g->bucket[i].burst_level - max / 10;
    return g->cfg.bucket[i].burst_length > 1 && extra > 0 ? (int64_t)(extra / max * 1e9) : 0;
}

static int64_t group_wait(ThrottleGroup *g, bool is_write)
{
    ThrottleBucket used[] = {THROTTLE_BPS_TOTAL, THROTTLE_OPS_TOTAL,
                             is_write ? THROTTLE_BPS_WRITE : THROTTLE_BPS_READ,
                             is_write ? THROTTLE_OPS_WRITE : THROTTLE_OPS_READ};
    int64_t wait = 0;

    leak(g, qemu_clock_get_ns(QEMU_CLOCK_REALTIME));
    for (size_t i = 0; i < ARRAY_SIZE(used); i++) {
        wait = MAX(wait, bucket_wait(g, used[i]));
    }
    return wait;
}

static void pour(ThrottleGroup *g, bool is_write, int64_t bytes)
{
    double ops = g->cfg.op_size && bytes > g->cfg.op_size ? (double)bytes / g->cfg.op_size : 1;
    ThrottleBucket used[] = {THROTTLE_BPS_TOTAL, is_write ? THROTTLE_BPS_WRITE : THROTTLE_BPS_READ,
                             THROTTLE_OPS_TOTAL, is_write ? THROTTLE_OPS_WRITE : THROTTLE_OPS_READ};

    for (size_t i = 0; i < ARRAY_SIZE(used); i++) {
        double units = i < 2 ? (double)bytes : ops;

        g->bucket[used[i]].level += units;
        g->bucket[used[i]].burst_level += units;
    }
}

static void arm_timer(ThrottleGroup *g, bool is_write)
{
    QEMUTimer *timer = &g->timers[is_write].timer;

    if (g->pending[is_write] && !g->granted[is_write] && !timer_pending(timer)) {
        timer_mod(timer, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + group_wait(g, is_write));
    }
}

/* The next member in turn that has a request waiting. */
static ThrottleMember *next_member(ThrottleGroup *g, bool is_write)
{
    ThrottleMember *m = g->last[is_write];

    for (unsigned round = 0; round < 2; round++) {
        for (m = m ? QTAILQ_NEXT(m, next) : QTAILQ_FIRST(&g->members); m;
             m = QTAILQ_NEXT(m, next)) {
            if (m->pending[is_write]) {
                g->last[is_write] = m;
                return m;
            }
        }
    }
    return NULL;
}

/* Main loop. */
static void timer_cb(void *opaque)
{
    DirTimer *t = opaque;
    ThrottleGroup *g = t->group;
    ThrottleMember *m;

    QEMU_LOCK_GUARD(&g->lock);
    if (group_wait(g, t->is_write) > 0) {
        arm_timer(g, t->is_write);
        return;
    }
    m = next_member(g, t->is_write);
    if (m) {
        g->granted[t->is_write] = true;
        qemu_co_enter_next(&m->waiting[t->is_write], &g->lock);
    }
}

void coroutine_fn throttle_wait(ThrottleMember *m, bool is_write, int64_t bytes)
{
    ThrottleGroup *g = m->group;

    QEMU_LOCK_GUARD(&g->lock);
    if (!m->disabled &&
        (g->pending[is_write] || g->granted[is_write] || group_wait(g, is_write) > 0)) {
        m->pending[is_write]++;
        g->pending[is_write]++;
        arm_timer(g, is_write);
        qemu_co_queue_wait(&m->waiting[is_write], &g->lock);
        m->pending[is_write]--;
        g->pending[is_write]--;
        g->granted[is_write] = false;
    }
    pour(g, is_write, bytes);
    arm_timer(g, is_write);
}

/* ---- members ---- */

ThrottleMember *throttle_member_new(const char *group_name)
{
    ThrottleMember *m = g_new0(ThrottleMember, 1);

    m->group = throttle_group_get(group_name);
    qemu_co_queue_init(&m->waiting[0]);
    qemu_co_queue_init(&m->waiting[1]);
    QEMU_LOCK_GUARD(&m->group->lock);
    QTAILQ_INSERT_TAIL(&m->group->members, m, next);
    return m;
}

void throttle_member_free(ThrottleMember *m)
{
    ThrottleGroup *g = m->group;

    WITH_QEMU_LOCK_GUARD(&g->lock)
    {
        QTAILQ_REMOVE(&g->members, m, next);
        for (int i = 0; i < 2; i++) {
            g->last[i] = g->last[i] == m ? NULL : g->last[i];
        }
    }
    throttle_group_put(g);
    g_free(m);
}

ThrottleGroup *throttle_member_group(ThrottleMember *m)
{
    return m->group;
}

void throttle_member_disable(ThrottleMember *m)
{
    QEMU_LOCK_GUARD(&m->group->lock);
    m->disabled++;
    for (int i = 0; i < 2; i++) {
        while (qemu_co_enter_next(&m->waiting[i], &m->group->lock)) {
            /* All go at once. */
        }
    }
}

void throttle_member_enable(ThrottleMember *m)
{
    QEMU_LOCK_GUARD(&m->group->lock);
    m->disabled--;
}

/* ---- groups ---- */

static ThrottleGroup *find_group(const char *name)
{
    ThrottleGroup *g;

    QTAILQ_FOREACH (g, &groups, list) {
        if (!strcmp(g->name, name)) {
            return g;
        }
    }
    return NULL;
}

bool throttle_group_exists(const char *name)
{
    return find_group(name);
}

ThrottleGroup *throttle_group_get(const char *name)
{
    ThrottleGroup *g = find_group(name);

    if (g) {
        g->refcnt++;
        return g;
    }
    g = g_new0(ThrottleGroup, 1);
    g->name = g_strdup(name);
    g->refcnt = 1;
    qemu_mutex_init(&g->lock);
    throttle_config_init(&g->cfg);
    g->leaked_ns = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);
    QTAILQ_INIT(&g->members);
    for (int i = 0; i < 2; i++) {
        g->timers[i].group = g;
        g->timers[i].is_write = i;
        aio_timer_init(qemu_get_aio_context(), &g->timers[i].timer, QEMU_CLOCK_REALTIME, SCALE_NS,
                       timer_cb, &g->timers[i]);
    }
    QTAILQ_INSERT_TAIL(&groups, g, list);
    return g;
}

void throttle_group_put(ThrottleGroup *g)
{
    if (--g->refcnt) {
        return;
    }
    QTAILQ_REMOVE(&groups, g, list);
    timer_del(&g->timers[0].timer);
    timer_del(&g->timers[1].timer);
    qemu_mutex_destroy(&g->lock);
    g_free(g->name);
    g_free(g);
}

bool throttle_group_in_use(ThrottleGroup *g)
{
    return !QTAILQ_EMPTY(&g->members);
}

const char *throttle_group_name(ThrottleGroup *g)
{
    return g->name;
}

void throttle_group_set_config(ThrottleGroup *g, const ThrottleConfig *cfg)
{
    QEMU_LOCK_GUARD(&g->lock);
    leak(g, qemu_clock_get_ns(QEMU_CLOCK_REALTIME));
    g->cfg = *cfg;
    memset(g->bucket, 0, sizeof(g->bucket));
    /* Who waits for an old limit looks again. */
    for (int i = 0; i < 2; i++) {
        timer_del(&g->timers[i].timer);
        arm_timer(g, i);
    }
}

void throttle_group_get_config(ThrottleGroup *g, ThrottleConfig *cfg)
{
    QEMU_LOCK_GUARD(&g->lock);
    *cfg = g->cfg;
}
