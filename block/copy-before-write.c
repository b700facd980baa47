/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter "copy-before-write": what is about to be overwritten is copied to a target first, so
 * that the target (with the rest below it) shows the disk as it was when the filter came.
 */
#include "qemu/osdep.h"
#include "block/block-copy.h"
#include "qapi/qapi-types-block-job.h"
#include "qemu/module.h"
#include "qobject/qdict.h"

/* A reader of the snapshot at the disk itself: no write there meanwhile. */
typedef struct FrozenRead {
    int64_t offset, bytes;
    QLIST_ENTRY(FrozenRead) next;
} FrozenRead;

typedef struct CbwState {
    BdrvChild *target;
    BlockCopy *copy;
    OnCbwError on_error;
    bool discard_source;
    uint64_t timeout_ns; /* 0: none */
    int broken;          /* atomic; -errno: the target is no longer complete */
    /* For who reads the snapshot: */
    CoMutex lock;
    int64_t size;
    HBitmap *access;                 /* what may be read; lock */
    HBitmap *done;                   /* what is in the target, in clusters; lock */
    QLIST_HEAD(, FrozenRead) frozen; /* lock */
    CoQueue thawed;                  /* lock */
} CbwState;

typedef struct CbwOptions {
    char *bitmap_node, *bitmap_name;
    int on_cbw_error;
    uint64_t min_cluster_size, timeout;
} CbwOptions;

static const BdrvOpt cbw_opts[] = {
    {"bitmap.node", BDRV_OPT_STR, offsetof(CbwOptions, bitmap_node)},
    {"bitmap.name", BDRV_OPT_STR, offsetof(CbwOptions, bitmap_name)},
    {"on-cbw-error", BDRV_OPT_ENUM, offsetof(CbwOptions, on_cbw_error), &OnCbwError_lookup},
    {"cbw-timeout", BDRV_OPT_NUM, offsetof(CbwOptions, timeout)},
    {"min-cluster-size", BDRV_OPT_SIZE, offsetof(CbwOptions, min_cluster_size)},
    {NULL},
};

/* ---- requests ---- */

static bool is_frozen(const CbwState *s, int64_t offset, int64_t bytes)
{
    FrozenRead *f;

    QLIST_FOREACH (f, &s->frozen, next) {
        if (offset < f->offset + f->bytes && f->offset < offset + bytes) {
            return true;
        }
    }
    return false;
}

/* The range has been copied: readers go to the target, and those at the disk are waited for. */
static void coroutine_fn note_copied(CbwState *s, int64_t offset, int64_t bytes)
{
    int64_t cluster = block_copy_cluster_size(s->copy);
    int64_t start = QEMU_ALIGN_DOWN(offset, cluster);
    int64_t end = MIN(QEMU_ALIGN_UP(offset + bytes, cluster), s->size);

    qemu_co_mutex_lock(&s->lock);
    if (end > start) {
        hbitmap_set(s->done, start, end - start);
    }
    while (is_frozen(s, offset, bytes)) {
        qemu_co_queue_wait(&s->thawed, &s->lock);
    }
    qemu_co_mutex_unlock(&s->lock);
}

/* A copy that nobody may be waiting for any more. */
typedef struct TimedCopy {
    BlockDriverState *bs;
    int64_t offset, bytes;
    int ret;
} TimedCopy;

static void coroutine_fn timed_copy_entry(void *opaque)
{
    TimedCopy *t = opaque;
    CbwState *s = t->bs->opaque;

    t->ret = block_copy(s->copy, t->offset, t->bytes, NULL);
}

static void timed_copy_free(void *opaque)
{
    TimedCopy *t = opaque;

    bdrv_dec_in_flight(t->bs);
    g_free(t);
}

/* When it takes too long, it goes on, but that is no longer the guest's concern. */
static int coroutine_fn copy_in_time(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    CbwState *s = bs->opaque;
    TimedCopy *t;
    int ret;

    if (!s->timeout_ns) {
        return block_copy(s->copy, offset, bytes, NULL);
    }
    t = g_new(TimedCopy, 1);
    *t = (TimedCopy){bs, offset, bytes};
    bdrv_inc_in_flight(bs);
    ret = qemu_co_timeout(timed_copy_entry, t, s->timeout_ns, timed_copy_free);
    if (!ret) {
        ret = t->ret;
        timed_copy_free(t);
    }
    return ret;
}

/* The old data is safe before new data may come. */
static int coroutine_fn copy_before(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                    BdrvRequestFlags flags)
{
    CbwState *s = bs->opaque;
    int ret;

    if ((flags & BDRV_REQ_WRITE_UNCHANGED) || qatomic_read(&s->broken)) {
        return 0;
    }
    ret = copy_in_time(bs, offset, bytes);
    if (ret < 0 && s->on_error == ON_CBW_ERROR_BREAK_SNAPSHOT) {
        /* The guest goes on; whoever uses the target is told. */
        qatomic_cmpxchg(&s->broken, 0, ret);
        return 0;
    }
    if (ret >= 0) {
        note_copied(s, offset, bytes);
    }
    return ret;
}

/* ---- the snapshot ---- */

/*
 * From which child *@n bytes at @offset are to be read; @f is in the list if it is the disk itself.
 * NULL and *@ret: they must not be read.
 */
static BdrvChild *coroutine_fn begin_read(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                          FrozenRead *f, int64_t *n, int *ret)
{
    CbwState *s = bs->opaque;
    BdrvChild *from = NULL;

    qemu_co_mutex_lock(&s->lock);
    *ret = qatomic_read(&s->broken);
    if (!*ret && hbitmap_next_zero(s->access, offset, bytes) >= 0) {
        *ret = -EACCES;
    }
    if (!*ret) {
        from = hbitmap_status(s->done, offset, bytes, n) ? s->target : bs->file;
        *f = (FrozenRead){.offset = offset, .bytes = from == bs->file ? *n : 0};
        QLIST_INSERT_HEAD(&s->frozen, f, next);
    }
    qemu_co_mutex_unlock(&s->lock);
    return from;
}

static int coroutine_fn end_read(BlockDriverState *bs, FrozenRead *f, int ret)
{
    CbwState *s = bs->opaque;
    int broken;

    qemu_co_mutex_lock(&s->lock);
    QLIST_REMOVE(f, next);
    qemu_co_queue_restart_all(&s->thawed);
    /* Then nobody was kept from writing. */
    broken = qatomic_read(&s->broken);
    qemu_co_mutex_unlock(&s->lock);
    return ret < 0 ? ret : broken ? broken : ret;
}

static int coroutine_fn cbw_co_preadv_snapshot(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                               QEMUIOVector *qiov, size_t qiov_offset)
{
    while (bytes) {
        FrozenRead f;
        int64_t n;
        int ret;
        BdrvChild *from = begin_read(bs, offset, bytes, &f, &n, &ret);

        if (!from) {
            return ret;
        }
        ret = end_read(bs, &f, bdrv_co_preadv_part(from, offset, n, qiov, qiov_offset, 0));
        if (ret < 0) {
            return ret;
        }
        offset += n;
        qiov_offset += n;
        bytes -= n;
    }
    return 0;
}

static int coroutine_fn cbw_co_snapshot_status(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                               int64_t *pnum)
{
    FrozenRead f;
    BlockDriverState *file;
    int64_t n, map;
    int ret;
    BdrvChild *from = begin_read(bs, offset, bytes, &f, &n, &ret);

    if (!from) {
        return ret;
    }
    ret = bdrv_co_block_status_above(from->bs, NULL, offset, n, pnum, &map, &file);
    ret = end_read(bs, &f, ret);
    if (ret < 0) {
        return ret;
    }
    /* What nobody in the chain has reads as zeroes. */
    return BDRV_BLOCK_ALLOCATED |
           (ret & BDRV_BLOCK_DATA ? ret & (BDRV_BLOCK_DATA | BDRV_BLOCK_ZERO) : BDRV_BLOCK_ZERO);
}

/* Nobody will read whole clusters of the range again: they need not be copied. */
static int coroutine_fn cbw_co_pdiscard_snapshot(BlockDriverState *bs, int64_t offset,
                                                 int64_t bytes)
{
    CbwState *s = bs->opaque;
    int64_t cluster = block_copy_cluster_size(s->copy);
    int64_t start = QEMU_ALIGN_UP(offset, cluster);
    int64_t end = offset + bytes >= s->size ? s->size : QEMU_ALIGN_DOWN(offset + bytes, cluster);

    if (end <= start) {
        return 0;
    }
    qemu_co_mutex_lock(&s->lock);
    hbitmap_reset(s->access, start, QEMU_ALIGN_UP(end, cluster) - start);
    bdrv_reset_dirty_bitmap(block_copy_todo(s->copy), start, end - start);
    qemu_co_mutex_unlock(&s->lock);
    return bdrv_co_pdiscard(s->target, start, end - start);
}

static int coroutine_fn cbw_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      QEMUIOVector *qiov, size_t qiov_offset,
                                      BdrvRequestFlags flags)
{
    return bdrv_co_preadv_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn cbw_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags)
{
    int ret = copy_before(bs, offset, bytes, flags);

    return ret < 0 ? ret : bdrv_co_pwritev_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn cbw_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                             BdrvRequestFlags flags)
{
    int ret = copy_before(bs, offset, bytes, flags);

    return ret < 0 ? ret : bdrv_co_pwrite_zeroes(bs->file, offset, bytes, flags);
}

static int coroutine_fn cbw_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    int ret = copy_before(bs, offset, bytes, 0);

    return ret < 0 ? ret : bdrv_co_pdiscard(bs->file, offset, bytes);
}

static int64_t coroutine_fn cbw_co_getlength(BlockDriverState *bs)
{
    return bdrv_co_getlength(bs->file->bs);
}

/* ---- the driver ---- */

static void cbw_child_perm(BlockDriverState *bs, BdrvChild *c, BdrvChildRole role, uint64_t perm,
                           uint64_t shared, uint64_t *nperm, uint64_t *nshared)
{
    CbwState *s = bs->opaque;

    if (!(role & BDRV_CHILD_FILTERED)) {
        *nperm = BLK_PERM_WRITE | BLK_PERM_CONSISTENT_READ;
        *nshared = BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE_UNCHANGED;
        return;
    }
    *nperm = perm;
    *nshared = shared;
    if (!QLIST_EMPTY(&bs->parents)) {
        if (perm & BLK_PERM_WRITE) {
            *nperm |= BLK_PERM_CONSISTENT_READ;
        }
        /* Who writes around the filter makes the copy wrong. */
        *nshared &= ~(BLK_PERM_WRITE | BLK_PERM_RESIZE);
    }
    if (s->discard_source) {
        *nperm |= BLK_PERM_WRITE;
    }
}

static bool use_bitmap(BlockDriverState *bs, const CbwOptions *o, Error **errp)
{
    CbwState *s = bs->opaque;
    BdrvDirtyBitmap *todo = block_copy_todo(s->copy), *bm;
    BlockDriverState *node;

    if (!o->bitmap_node && !o->bitmap_name) {
        return true;
    }
    if (!o->bitmap_node || !o->bitmap_name) {
        error_setg(errp, "'bitmap' needs a node and a name");
        return false;
    }
    node = bdrv_lookup_bs(NULL, o->bitmap_node, errp);
    if (!node) {
        return false;
    }
    bm = bdrv_find_dirty_bitmap(node, o->bitmap_name);
    if (!bm) {
        error_setg(errp, "Dirty bitmap '%s' not found", o->bitmap_name);
        return false;
    }
    bdrv_clear_dirty_bitmap(todo, NULL);
    return bdrv_merge_dirty_bitmap(todo, bm, NULL, errp);
}

/* All that is to be copied may be read, and nothing else. */
static void init_snapshot(CbwState *s)
{
    BdrvDirtyBitmap *todo = block_copy_todo(s->copy);
    int order = ctz64(block_copy_cluster_size(s->copy));
    int64_t start, bytes;

    s->access = hbitmap_alloc(s->size, order);
    s->done = hbitmap_alloc(s->size, order);
    for (int64_t at = 0; at < s->size && bdrv_dirty_bitmap_next_dirty_area(todo, at, s->size,
                                                                           s->size, &start, &bytes);
         at = start + bytes) {
        hbitmap_set(s->access, start, bytes);
    }
}

/* That of the disk, which is to be that of the target. */
static bool set_size(BlockDriverState *bs, Error **errp)
{
    CbwState *s = bs->opaque;
    int64_t target = bdrv_getlength(s->target->bs);

    s->size = bdrv_getlength(bs->file->bs);
    if (s->size < 0 || target < 0) {
        error_setg_errno(errp, s->size < 0 ? -s->size : -target, "Cannot tell the size of '%s'",
                         s->size < 0 ? bs->file->bs->node_name : s->target->bs->node_name);
        return false;
    }
    if (s->size != target) {
        error_setg(errp,
                   "Source and target image have different sizes: '%s' has %" PRId64
                   " bytes, '%s' has %" PRId64,
                   bs->file->bs->node_name, s->size, s->target->bs->node_name, target);
        return false;
    }
    return true;
}

static bool cbw_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    CbwState *s = bs->opaque;
    CbwOptions o = {0};
    bool ok = false;

    qemu_co_mutex_init(&s->lock);
    qemu_co_queue_init(&s->thawed);
    if (!bdrv_open_file_child(NULL, options, "file", bs, errp)) {
        return false;
    }
    s->target = bdrv_open_child(NULL, options, "target", bs, BDRV_CHILD_DATA, false, errp);
    if (!s->target || !bdrv_parse_options(&o, cbw_opts, options, errp)) {
        goto out;
    }
    if (o.min_cluster_size & (o.min_cluster_size - 1) || o.min_cluster_size > GiB) {
        error_setg(errp, "min-cluster-size needs to be a power of 2, up to 1 GiB");
        goto out;
    }
    if (o.timeout > UINT32_MAX) {
        error_setg(errp, "cbw-timeout=%" PRIu64 ": at most %u seconds", o.timeout, UINT32_MAX);
        goto out;
    }
    if (!set_size(bs, errp)) {
        goto out;
    }
    s->on_error = o.on_cbw_error;
    s->timeout_ns = o.timeout * NANOSECONDS_PER_SECOND;
    s->copy = block_copy_new(bs->file, s->target, o.min_cluster_size, errp);
    ok = s->copy && use_bitmap(bs, &o, errp);
    if (ok) {
        init_snapshot(s);
    } else {
        block_copy_free(s->copy);
        s->copy = NULL;
    }
    bdrv_pass_request_flags(bs);
out:
    bdrv_free_options(&o, cbw_opts);
    return ok;
}

static void cbw_close(BlockDriverState *bs)
{
    CbwState *s = bs->opaque;

    block_copy_free(s->copy);
    s->copy = NULL;
    if (s->access) {
        hbitmap_free(s->access);
        hbitmap_free(s->done);
    }
}

static BlockDriver bdrv_cbw = {
    .format_name = "copy-before-write",
    .instance_size = sizeof(CbwState),
    .is_filter = true,
    .bdrv_open = cbw_open,
    .bdrv_close = cbw_close,
    .bdrv_child_perm = cbw_child_perm,
    .bdrv_co_getlength = cbw_co_getlength,
    .bdrv_co_preadv_part = cbw_co_preadv,
    .bdrv_co_pwritev_part = cbw_co_pwritev,
    .bdrv_co_pwrite_zeroes = cbw_co_pwrite_zeroes,
    .bdrv_co_pdiscard = cbw_co_pdiscard,
    .bdrv_co_preadv_snapshot = cbw_co_preadv_snapshot,
    .bdrv_co_snapshot_status = cbw_co_snapshot_status,
    .bdrv_co_pdiscard_snapshot = cbw_co_pdiscard_snapshot,
};

/* Permissions must not change when @source is one that others write to: they would lose data. */
static bool allow_discard(BlockDriverState *filter, BlockDriverState *source, Error **errp)
{
    CbwState *s = filter->opaque;
    uint64_t perm, shared;

    bdrv_get_cumulative_perm(filter, &perm, &shared);
    if (perm & BLK_PERM_WRITE) {
        error_setg(errp, "discard-source is for snapshots: node '%s' is written to",
                   source->node_name);
        return false;
    }
    s->discard_source = true;
    if (!bdrv_child_refresh_perms(filter, filter->file, errp)) {
        return false;
    }
    block_copy_set_discard_source(s->copy, true);
    return true;
}

BlockDriverState *cbw_insert(BlockDriverState *source, BlockDriverState *target,
                             const char *node_name, OnCbwError on_error, int64_t min_cluster_size,
                             bool discard_source, Error **errp)
{
    QDict *opts = qdict_new();
    BlockDriverState *filter;

    qdict_put_str(opts, "driver", "copy-before-write");
    qdict_put_str(opts, "file", source->node_name);
    qdict_put_str(opts, "target", target->node_name);
    qdict_put_str(opts, "on-cbw-error", OnCbwError_str(on_error));
    qdict_put_int(opts, "min-cluster-size", min_cluster_size);
    if (node_name) {
        qdict_put_str(opts, "node-name", node_name);
    }
    filter = bdrv_insert_node(source, opts,
                              BDRV_O_RDWR | BDRV_O_ALLOW_RDWR |
                                  (source->open_flags & (BDRV_O_UNMAP | BDRV_O_CACHE_MASK)),
                              errp);
    if (filter && !node_name) {
        filter->implicit = true;
    }
    if (filter && discard_source && !allow_discard(filter, source, errp)) {
        bdrv_drop_filter(filter, NULL);
        bdrv_unref(filter);
        return NULL;
    }
    return filter;
}

BlockCopy *cbw_block_copy(BlockDriverState *filter)
{
    CbwState *s = filter->opaque;

    return s->copy;
}

int cbw_broken(BlockDriverState *filter)
{
    CbwState *s = filter->opaque;

    return qatomic_read(&s->broken);
}

static void bdrv_cbw_init(void)
{
    bdrv_register(&bdrv_cbw);
}

block_init(bdrv_cbw_init);
