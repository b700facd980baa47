/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter "blkdebug": requests to an image fail, or wait, at the steps of the block layer
 * (events) where a test wants it.
 *
 * Rules, their state and waiting requests are under a lock: requests run in any thread.
 */
#include "qemu/osdep.h"
#include "blkdebug.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"
#include "qemu/module.h"
#include "qobject/qlist.h"
#include "qobject/qstring.h"

typedef struct SuspendedRequest {
    Coroutine *co;
    char *tag;
    QLIST_ENTRY(SuspendedRequest) next;
} SuspendedRequest;

typedef struct BlkdebugState {
    uint64_t align, max_transfer, opt_write_zero, max_write_zero, opt_discard, max_discard;
    uint64_t take_perms, unshare_perms;
    char *config_file;
    QemuMutex lock;
    int state;                                /* lock */
    BlkdebugRules rules;                      /* lock */
    QLIST_HEAD(, SuspendedRequest) suspended; /* lock */
} BlkdebugState;

typedef struct BlkdebugOptions {
    uint64_t align, max_transfer, opt_write_zero, max_write_zero, opt_discard, max_discard;
    char *config;
} BlkdebugOptions;

static const BdrvOpt blkdebug_opts[] = {
    {"config", BDRV_OPT_STR, offsetof(BlkdebugOptions, config)},
    {"align", BDRV_OPT_SIZE, offsetof(BlkdebugOptions, align)},
    {"max-transfer", BDRV_OPT_SIZE, offsetof(BlkdebugOptions, max_transfer)},
    {"opt-write-zero", BDRV_OPT_SIZE, offsetof(BlkdebugOptions, opt_write_zero)},
    {"max-write-zero", BDRV_OPT_SIZE, offsetof(BlkdebugOptions, max_write_zero)},
    {"opt-discard", BDRV_OPT_SIZE, offsetof(BlkdebugOptions, opt_discard)},
    {"max-discard", BDRV_OPT_SIZE, offsetof(BlkdebugOptions, max_discard)},
    {NULL},
};

/* ---- opening ---- */

/* "blkdebug:[CONFIG]:IMAGE" */
static void blkdebug_parse_filename(const char *filename, QDict *options, Error **errp)
{
    const char *rest, *image;

    if (!strstart(filename, "blkdebug:", &rest)) {
        qdict_put_str(options, "x-image", filename);
        return;
    }
    image = strchr(rest, ':');
    if (!image) {
        error_setg(errp,
                   "blkdebug requires both config file and image path: "
                   "'blkdebug:[CONFIG]:IMAGE', not '%s'",
                   filename);
        return;
    }
    if (image != rest) {
        g_autofree char *config = g_strndup(rest, image - rest);

        qdict_put_str(options, "config", config);
    }
    qdict_put_str(options, "x-image", image + 1);
}

static bool check_size(const char *name, uint64_t value, uint64_t align, Error **errp)
{
    if (value >= INT_MAX || value % align) {
        error_setg(errp,
                   "Cannot meet constraints with %s %" PRIu64 ": it must be a multiple of "
                   "%" PRIu64 ", and less than 2 GiB",
                   name, value, align);
        return false;
    }
    return true;
}

static bool check_sizes(BlkdebugState *s, const BlkdebugOptions *o, Error **errp)
{
    uint64_t align = MAX(o->align, 1);
    uint64_t zero_align = MAX(o->opt_write_zero, align);
    uint64_t discard_align = MAX(o->opt_discard, align);

    if (!is_power_of_2(align) || align > BDRV_MAX_REQUEST_ALIGN) {
        error_setg(errp,
                   "Cannot meet constraints with align %" PRIu64 ": it must be a power of "
                   "two, and at most %u",
                   o->align, BDRV_MAX_REQUEST_ALIGN);
        return false;
    }
    if (!check_size("max-transfer", o->max_transfer, align, errp) ||
        !check_size("opt-write-zero", o->opt_write_zero, align, errp) ||
        !check_size("max-write-zero", o->max_write_zero, zero_align, errp) ||
        !check_size("opt-discard", o->opt_discard, align, errp) ||
        !check_size("max-discard", o->max_discard, discard_align, errp)) {
        return false;
    }
    s->align = o->align;
    s->max_transfer = o->max_transfer;
    s->opt_write_zero = o->opt_write_zero;
    s->max_write_zero = o->max_write_zero;
    s->opt_discard = o->opt_discard;
    s->max_discard = o->max_discard;
    return true;
}

/* "NAME.0", "NAME.1"...: permissions. */
static bool read_perms(QDict *options, const char *name, uint64_t *perms, Error **errp)
{
    static const uint64_t bits[] = {
        [BLOCK_PERMISSION_CONSISTENT_READ] = BLK_PERM_CONSISTENT_READ,
        [BLOCK_PERMISSION_WRITE] = BLK_PERM_WRITE,
        [BLOCK_PERMISSION_WRITE_UNCHANGED] = BLK_PERM_WRITE_UNCHANGED,
        [BLOCK_PERMISSION_RESIZE] = BLK_PERM_RESIZE,
    };
    g_autofree char *prefix = g_strdup_printf("%s.", name);
    QDict *dict;
    QList *list;
    bool ok = true;

    qdict_extract_subqdict(options, &dict, prefix);
    qdict_array_split(dict, &list);
    for (const QListEntry *e = qlist_first(list); e && ok; e = qlist_next(e)) {
        QString *text = qobject_to(QString, qlist_entry_obj(e));
        int value =
            text ? qapi_enum_parse(&BlockPermission_lookup, qstring_get_str(text), -1, errp) : -1;

        ok = value >= 0;
        *perms |= ok ? bits[value] : 0;
    }
    if (ok && qdict_size(dict)) {
        error_setg(errp, "'%s' must be a list of permissions", name);
        ok = false;
    }
    qobject_unref(list);
    qobject_unref(dict);
    return ok;
}

static bool open_image(BlockDriverState *bs, QDict *options, Error **errp)
{
    g_autofree char *name = g_strdup(qdict_get_try_str(options, "x-image"));
    BdrvChild *c;

    qdict_del(options, "x-image");
    c = bdrv_open_child(name, options, "image", bs, BDRV_CHILD_FILTERED | BDRV_CHILD_PRIMARY, false,
                        errp);
    return c;
}

static bool blkdebug_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    BlkdebugState *s = bs->opaque;
    BlkdebugOptions o = {0};
    bool ok;

    qemu_mutex_init(&s->lock);
    s->state = 1;
    ok = bdrv_parse_options(&o, blkdebug_opts, options, errp) &&
         blkdebug_read_rules(&s->rules, o.config, options, errp) &&
         read_perms(options, "take-child-perms", &s->take_perms, errp) &&
         read_perms(options, "unshare-child-perms", &s->unshare_perms, errp) &&
         check_sizes(s, &o, errp) && open_image(bs, options, errp);
    s->config_file = o.config;
    if (!ok) {
        return false;
    }
    bdrv_pass_request_flags(bs);
    bs->supported_truncate_flags = bs->file->bs->supported_truncate_flags;
    return true;
}

/* Nothing is in flight: nobody waits. */
static void blkdebug_close(BlockDriverState *bs)
{
    BlkdebugState *s = bs->opaque;
    BlkdebugRule *rule;

    while ((rule = QLIST_FIRST(&s->rules))) {
        QLIST_REMOVE(rule, next);
        blkdebug_rule_free(rule);
    }
    g_free(s->config_file);
    qemu_mutex_destroy(&s->lock);
}

static void blkdebug_child_perm(BlockDriverState *bs, BdrvChild *c, BdrvChildRole role,
                                uint64_t perm, uint64_t shared, uint64_t *nperm, uint64_t *nshared)
{
    BlkdebugState *s = bs->opaque;

    bdrv_default_perms(bs, c, role, perm, shared, nperm, nshared);
    *nperm |= s->take_perms;
    *nshared &= ~s->unshare_perms;
}

static void blkdebug_refresh_limits(BlockDriverState *bs, Error **errp)
{
    BlkdebugState *s = bs->opaque;

    if (s->align) {
        bs->bl.request_alignment = s->align;
    }
    if (s->max_transfer) {
        bs->bl.max_transfer = s->max_transfer;
    }
    if (s->opt_write_zero) {
        bs->bl.pwrite_zeroes_alignment = s->opt_write_zero;
    }
    if (s->max_write_zero) {
        bs->bl.max_pwrite_zeroes = s->max_write_zero;
    }
    if (s->opt_discard) {
        bs->bl.pdiscard_alignment = s->opt_discard;
    }
    if (s->max_discard) {
        bs->bl.max_pdiscard = s->max_discard;
    }
}

/* Options are given once. */
static bool blkdebug_reopen_prepare(BDRVReopenState *state, Error **errp)
{
    static const char *const names[] = {
        "config",         "align",       "max-transfer", "opt-write-zero",
        "max-write-zero", "opt-discard", "max-discard",  NULL};
    static const char *const lists[] = {"inject-error.", "set-state.", "take-child-perms.",
                                        "unshare-child-perms.", NULL};

    for (int i = 0; names[i]; i++) {
        qdict_del(state->options, names[i]);
    }
    for (int i = 0; lists[i]; i++) {
        qdict_extract_subqdict(state->options, NULL, lists[i]);
    }
    return true;
}

static void blkdebug_refresh_filename(BlockDriverState *bs)
{
    BlkdebugState *s = bs->opaque;
    const char *image = bs->file->bs->exact_filename;

    /* Only "driver", "image" and a file of rules can be said by a file name. */
    if (image[0] && qdict_size(bs->full_open_options) == 2 + !!s->config_file) {
        int n = snprintf(bs->exact_filename, sizeof(bs->exact_filename), "blkdebug:%s:%s",
                         s->config_file ? s->config_file : "", image);

        if (n >= (int)sizeof(bs->exact_filename)) {
            bs->exact_filename[0] = 0;
        }
    }
}

/* ---- events ---- */

static void coroutine_fn suspend_request(BlockDriverState *bs, char *tag)
{
    BlkdebugState *s = bs->opaque;
    SuspendedRequest r = {.co = qemu_coroutine_self(), .tag = tag};

    WITH_QEMU_LOCK_GUARD(&s->lock)
    {
        QLIST_INSERT_HEAD(&s->suspended, &r, next);
    }
    qemu_coroutine_yield();
    g_free(tag);
}

/*
 * Rules of the event decide what fails from now on. A request that reaches a breakpoint, which is
 * used up by it, waits until it is resumed.
 */
static void coroutine_mixed_fn blkdebug_co_debug_event(BlockDriverState *bs, BlkdebugEvent event)
{
    BlkdebugState *s = bs->opaque;
    BlkdebugRule *rule, *next;
    char *tag = NULL;
    bool injected = false;

    WITH_QEMU_LOCK_GUARD(&s->lock)
    {
        int new_state = s->state;

        QLIST_FOREACH_SAFE (rule, &s->rules, next, next) {
            if (rule->event != event || (rule->state && rule->state != s->state)) {
                continue;
            }
            if (rule->action == BLKDEBUG_SET_STATE) {
                new_state = rule->new_state;
            } else if (rule->action == BLKDEBUG_SUSPEND) {
                /* While an image is opened there is no request that could wait. */
                if (!tag && qemu_in_coroutine()) {
                    tag = g_steal_pointer(&rule->tag);
                    QLIST_REMOVE(rule, next);
                    blkdebug_rule_free(rule);
                }
            } else {
                BlkdebugRule *other;

                if (!injected) {
                    QLIST_FOREACH (other, &s->rules, next) {
                        other->active = other->event == BLKDBG_NONE;
                    }
                    injected = true;
                }
                rule->active = true;
            }
        }
        s->state = new_state;
    }
    if (tag) {
        suspend_request(bs, tag);
    }
}

static int blkdebug_debug_breakpoint(BlockDriverState *bs, const char *event, const char *tag)
{
    BlkdebugState *s = bs->opaque;
    int value = qapi_enum_parse(&BlkdebugEvent_lookup, event, -1, NULL);
    BlkdebugRule *rule;

    if (value < 0) {
        return -ENOENT;
    }
    rule = g_new0(BlkdebugRule, 1);
    rule->event = value;
    rule->action = BLKDEBUG_SUSPEND;
    rule->tag = g_strdup(tag);
    WITH_QEMU_LOCK_GUARD(&s->lock)
    {
        QLIST_INSERT_HEAD(&s->rules, rule, next);
    }
    return 0;
}

/* One request that waits with @tag, as the caller's; NULL if there is none. */
static SuspendedRequest *take_suspended(BlkdebugState *s, const char *tag)
{
    SuspendedRequest *r;

    QEMU_LOCK_GUARD(&s->lock);
    QLIST_FOREACH (r, &s->suspended, next) {
        if (!strcmp(r->tag, tag)) {
            QLIST_REMOVE(r, next);
            return r;
        }
    }
    return NULL;
}

static int blkdebug_debug_resume(BlockDriverState *bs, const char *tag)
{
    SuspendedRequest *r = take_suspended(bs->opaque, tag);

    if (!r) {
        return -ENOENT;
    }
    aio_co_wake(r->co);
    return 0;
}

static int blkdebug_debug_remove_breakpoint(BlockDriverState *bs, const char *tag)
{
    BlkdebugState *s = bs->opaque;
    BlkdebugRule *rule, *next;
    SuspendedRequest *r;
    int ret = -ENOENT;

    WITH_QEMU_LOCK_GUARD(&s->lock)
    {
        QLIST_FOREACH_SAFE (rule, &s->rules, next, next) {
            if (rule->action == BLKDEBUG_SUSPEND && !strcmp(rule->tag, tag)) {
                QLIST_REMOVE(rule, next);
                blkdebug_rule_free(rule);
                ret = 0;
            }
        }
    }
    while ((r = take_suspended(s, tag))) {
        aio_co_wake(r->co);
        ret = 0;
    }
    return ret;
}

static bool blkdebug_debug_is_suspended(BlockDriverState *bs, const char *tag)
{
    BlkdebugState *s = bs->opaque;
    SuspendedRequest *r;

    QEMU_LOCK_GUARD(&s->lock);
    QLIST_FOREACH (r, &s->suspended, next) {
        if (!strcmp(r->tag, tag)) {
            return true;
        }
    }
    return false;
}

/* ---- requests ---- */

/* The error that a rule in force has for the request, or 0. */
static int coroutine_fn rule_check(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                   BlkdebugIOType type)
{
    BlkdebugState *s = bs->opaque;
    BlkdebugRule *rule;
    int error = 0;
    bool immediately = true;
    uint64_t delay = 0;

    WITH_QEMU_LOCK_GUARD(&s->lock)
    {
        QLIST_FOREACH (rule, &s->rules, next) {
            if (rule->action == BLKDEBUG_INJECT_ERROR && rule->active &&
                (!rule->state || rule->state == s->state) && (rule->iotypes & (1ULL << type)) &&
                (rule->offset < 0 ||
                 (bytes && rule->offset >= offset && rule->offset < offset + bytes))) {
                break;
            }
        }
        if (!rule) {
            return 0;
        }
        error = rule->error;
        immediately = rule->immediately;
        delay = rule->delay_ns;
        if (rule->once) {
            QLIST_REMOVE(rule, next);
            blkdebug_rule_free(rule);
        }
    }
    if (delay) {
        qemu_co_sleep_ns(QEMU_CLOCK_REALTIME, delay);
    } else if (error && !immediately) {
        aio_co_schedule(qemu_get_current_aio_context(), qemu_coroutine_self());
        qemu_coroutine_yield();
    }
    return -error;
}

static int coroutine_fn blkdebug_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                           QEMUIOVector *qiov, size_t qiov_offset,
                                           BdrvRequestFlags flags)
{
    int ret = rule_check(bs, offset, bytes, BLKDEBUG_IO_TYPE_READ);

    return ret ? ret : bdrv_co_preadv_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn blkdebug_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                            QEMUIOVector *qiov, size_t qiov_offset,
                                            BdrvRequestFlags flags)
{
    int ret = rule_check(bs, offset, bytes, BLKDEBUG_IO_TYPE_WRITE);

    return ret ? ret : bdrv_co_pwritev_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

/* The core has the same limits, from blkdebug_refresh_limits(): what is too small is not tried. */
static int coroutine_fn blkdebug_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset,
                                                  int64_t bytes, BdrvRequestFlags flags)
{
    uint32_t align = MAX(bs->bl.request_alignment, bs->bl.pwrite_zeroes_alignment);
    int ret;

    if (bytes < align) {
        return -ENOTSUP;
    }
    ret = rule_check(bs, offset, bytes, BLKDEBUG_IO_TYPE_WRITE_ZEROES);
    return ret ? ret : bdrv_co_pwrite_zeroes(bs->file, offset, bytes, flags);
}

static int coroutine_fn blkdebug_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    uint32_t align = MAX(bs->bl.request_alignment, bs->bl.pdiscard_alignment);
    int ret;

    if (bytes < align) {
        return -ENOTSUP;
    }
    ret = rule_check(bs, offset, bytes, BLKDEBUG_IO_TYPE_DISCARD);
    return ret ? ret : bdrv_co_pdiscard(bs->file, offset, bytes);
}

static int coroutine_fn blkdebug_co_flush(BlockDriverState *bs)
{
    /* The core flushes the image afterwards. */
    return rule_check(bs, 0, 0, BLKDEBUG_IO_TYPE_FLUSH);
}

static int coroutine_fn blkdebug_co_block_status(BlockDriverState *bs, bool want_zero,
                                                 int64_t offset, int64_t bytes, int64_t *pnum,
                                                 int64_t *map, BlockDriverState **file)
{
    int ret = rule_check(bs, offset, bytes, BLKDEBUG_IO_TYPE_BLOCK_STATUS);

    return ret ? ret : bdrv_co_default_block_status(bs, want_zero, offset, bytes, pnum, map, file);
}

static int64_t coroutine_fn blkdebug_co_getlength(BlockDriverState *bs)
{
    return bdrv_co_getlength(bs->file->bs);
}

static const char *const blkdebug_strong_opts[] = {"config", "inject-error.", "set-state.", NULL};

static BlockDriver bdrv_blkdebug = {
    .format_name = "blkdebug",
    .protocol_name = "blkdebug",
    .instance_size = sizeof(BlkdebugState),
    .is_filter = true,
    .bdrv_parse_filename = blkdebug_parse_filename,
    .bdrv_open = blkdebug_open,
    .bdrv_close = blkdebug_close,
    .bdrv_reopen_prepare = blkdebug_reopen_prepare,
    .bdrv_child_perm = blkdebug_child_perm,
    .bdrv_refresh_limits = blkdebug_refresh_limits,
    .bdrv_refresh_filename = blkdebug_refresh_filename,
    .bdrv_co_getlength = blkdebug_co_getlength,
    .bdrv_co_preadv_part = blkdebug_co_preadv,
    .bdrv_co_pwritev_part = blkdebug_co_pwritev,
    .bdrv_co_pwrite_zeroes = blkdebug_co_pwrite_zeroes,
    .bdrv_co_pdiscard = blkdebug_co_pdiscard,
    .bdrv_co_flush_to_disk = blkdebug_co_flush,
    .bdrv_co_block_status = blkdebug_co_block_status,
    .bdrv_co_debug_event = blkdebug_co_debug_event,
    .bdrv_debug_breakpoint = blkdebug_debug_breakpoint,
    .bdrv_debug_remove_breakpoint = blkdebug_debug_remove_breakpoint,
    .bdrv_debug_resume = blkdebug_debug_resume,
    .bdrv_debug_is_suspended = blkdebug_debug_is_suspended,
    .strong_runtime_opts = blkdebug_strong_opts,
};

static void bdrv_blkdebug_init(void)
{
    bdrv_register(&bdrv_blkdebug);
}

block_init(bdrv_blkdebug_init);
