/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing what was chosen when a qcow2 image was made: version, width of refcounts, lazy
 * refcounts, size. Main thread; each step runs in a coroutine with s->lock held.
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "crypto-io.h"
#include "qcow2.h"
#include "qemu/bswap.h"
#include "qobject/qdict.h"

#define NOT_GIVEN UINT64_MAX

typedef struct Amend {
    char *compat, *backing_file, *backing_fmt, *data_file;
    bool lazy_refcounts, data_file_raw;
    bool lazy_given, raw_given;
    uint64_t refcount_bits, size;
    LuksAmendOpts slots;
} Amend;

#define OPT(name, type, field, ...)                                                                \
    {                                                                                              \
        name, type, offsetof(Amend, field), __VA_ARGS__                                            \
    }

const BdrvOpt qcow2_amend_opts[] = {
    OPT("backing_file", BDRV_OPT_STR, backing_file, NULL, "File name of a base image"),
    OPT("backing_fmt", BDRV_OPT_STR, backing_fmt, NULL, "Image format of the base image"),
    OPT("compat", BDRV_OPT_STR, compat, NULL, "Compatibility level (v2 [0.10] or v3 [1.1])"),
    OPT("data_file", BDRV_OPT_STR, data_file, NULL, "File name of an external data file"),
    OPT("data_file_raw", BDRV_OPT_BOOL, data_file_raw, NULL,
        "The external data file must stay valid as a raw image"),
    OPT("lazy_refcounts", BDRV_OPT_BOOL, lazy_refcounts, NULL, "Postpone refcount updates"),
    OPT("refcount_bits", BDRV_OPT_NUM, refcount_bits, NULL,
        "Width of a reference count entry in bits"),
    LUKS_AMEND_OPTS("encrypt.", Amend, slots),
    OPT("size", BDRV_OPT_SIZE, size, NULL, "Virtual disk size"),
    {NULL},
};

/* What a step needs; @err of a step that fails. */
typedef struct Step {
    BlockDriverState *bs;
    int (*coroutine_fn run)(struct Step *step);
    int refcount_order;
    const char *data_file;
    void (*progress)(void *, int64_t, int64_t);
    void *opaque;
    Error *err;
} Step;

static int coroutine_fn step_entry(void *opaque)
{
    Step *step = opaque;
    Qcow2State *s = step->bs->opaque;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    while (qcow2_wait_allocs(step->bs, 0, INT64_MAX, true)) {
        /* Look again. */
    }
    ret = qcow2_commit(step->bs);
    if (ret >= 0) {
        ret = step->run(step);
    }
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

static bool run_step(Step *step, int (*coroutine_fn run)(Step *step), const char *what,
                     Error **errp)
{
    int ret;

    step->run = run;
    ret = bdrv_run_co(step->bs, step_entry, step);
    if (step->err) {
        error_propagate(errp, g_steal_pointer(&step->err));
    } else if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not change %s", what);
    }
    return ret >= 0;
}

/* The header as it is in memory; if that fails, as it is with @old. */
static int coroutine_fn put_header(BlockDriverState *bs, const Qcow2State *old)
{
    Qcow2State *s = bs->opaque;
    int ret = qcow2_update_header(bs);

    if (ret < 0) {
        s->version = old->version;
        s->header_length = old->header_length;
        s->incompatible = old->incompatible;
        s->compatible = old->compatible;
        s->autoclear = old->autoclear;
        s->refcount_order = old->refcount_order;
        s->reftable_offset = old->reftable_offset;
        s->reftable_size = old->reftable_size;
        if (qcow2_update_header(bs) < 0) {
            s->header_unsure = true;
        }
    }
    return ret;
}

/* ---- version ---- */

static int coroutine_fn upgrade(Step *step)
{
    BlockDriverState *bs = step->bs;
    Qcow2State *s = bs->opaque, old = *s;
    int ret;

    s->version = 3;
    s->header_length = sizeof(Qcow2Header);
    ret = put_header(bs, &old);
    bs->supported_zero_flags = s->version >= 3 ? BDRV_REQ_MAY_UNMAP | BDRV_REQ_NO_FALLBACK : 0;
    return ret;
}

/* Version 2 cannot say that a cluster is zero: it is nothing there, or has zeroes as data. */
static int coroutine_fn expand_zeroes(Step *step)
{
    BlockDriverState *bs = step->bs;
    Qcow2State *s = bs->opaque;
    QEMU_AUTO_VFREE void *zero = NULL;
    int ret = 0;

    zero = qemu_try_blockalign0(bs->file->bs, s->cluster_size);
    if (!zero) {
        return -ENOMEM;
    }
    for (int64_t pos = 0; pos < bs->total_bytes && ret >= 0; pos += s->cluster_size) {
        uint64_t n = s->cluster_size, entry;
        int64_t bytes = MIN(s->cluster_size, bs->total_bytes - pos);
        QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, zero, bytes);
        Qcow2ClusterType type;

        ret = qcow2_lookup(bs, pos, &n, &entry, &type);
        if (ret < 0 || (type != QCOW2_ZERO_PLAIN && type != QCOW2_ZERO_ALLOC)) {
            continue;
        }
        if (!bs->backing && !bs->backing_file[0]) {
            ret = qcow2_set_entries(bs, pos, 1, 0, 0, QCOW2_DISCARD_OTHER);
            ret = ret < 0 ? ret : qcow2_commit_if_full(bs);
        } else {
            qemu_co_mutex_unlock(&s->lock);
            ret = qcow2_co_pwritev_part(bs, pos, bytes, &qiov, 0, 0);
            qemu_co_mutex_lock(&s->lock);
        }
        step->progress(step->opaque, pos, bs->total_bytes);
    }
    return ret < 0 ? ret : qcow2_commit(bs);
}

static int coroutine_fn downgrade(Step *step)
{
    BlockDriverState *bs = step->bs;
    Qcow2State *s = bs->opaque, old = *s;
    int ret;

    if (s->refcount_order != 4) {
        error_setg(&step->err, "compat=0.10 requires refcount_bits=16");
    } else if (s->incompatible) {
        error_setg(&step->err,
                   "Cannot downgrade an image with incompatible features set: 0x%" PRIx64,
                   s->incompatible);
    } else if (s->nb_bitmaps) {
        error_setg(&step->err, "Bitmaps prevent downgrade of image: remove them with 'qemu-img "
                               "bitmap --remove-all'");
    } else if (s->nb_snapshots) {
        /* Their tables may have what version 2 does not know. */
        error_setg(&step->err, "Internal snapshots prevent downgrade of image");
    }
    ret = step->err ? -ENOTSUP : expand_zeroes(step);
    if (ret < 0) {
        return ret;
    }
    s->version = 2;
    s->header_length = 72;
    s->compatible = s->autoclear = 0;
    ret = put_header(bs, &old);
    bs->supported_zero_flags = s->version >= 3 ? BDRV_REQ_MAY_UNMAP | BDRV_REQ_NO_FALLBACK : 0;
    return ret;
}

/* ---- lazy refcounts: counts are not late while amending, so that the bit is all there is ---- */

static int coroutine_fn settle_counts(Step *step)
{
    Qcow2State *s = step->bs->opaque;

    s->lazy = false;
    return qcow2_commit_counts(step->bs);
}

static int coroutine_fn lazy_on(Step *step)
{
    Qcow2State *s = step->bs->opaque, old = *s;

    s->compatible |= QCOW2_COMPAT_LAZY_REFCOUNTS;
    return put_header(step->bs, &old);
}

static int coroutine_fn lazy_off(Step *step)
{
    Qcow2State *s = step->bs->opaque, old = *s;

    s->compatible &= ~(uint64_t)QCOW2_COMPAT_LAZY_REFCOUNTS;
    return put_header(step->bs, &old);
}

/* ---- the external data file ---- */

/* Only the name: the file is the one that is open. */
static int coroutine_fn rename_data_file(Step *step)
{
    Qcow2State *s = step->bs->opaque;
    char *old = s->data_file_name;
    int ret;

    s->data_file_name = g_strdup(step->data_file);
    ret = qcow2_update_header(step->bs);
    if (ret < 0) {
        g_free(s->data_file_name);
        s->data_file_name = old;
        qcow2_update_header(step->bs);
        return ret;
    }
    g_free(old);
    return 0;
}

static int coroutine_fn raw_off(Step *step)
{
    Qcow2State *s = step->bs->opaque, old = *s;

    s->autoclear &= ~(uint64_t)QCOW2_AUTOCLEAR_DATA_FILE_RAW;
    return put_header(step->bs, &old);
}

/* ---- the width of refcounts ---- */

/* Where the new blocks and their table go: behind all that is there. */
typedef struct NewRefcounts {
    int order;
    uint64_t first, blocks, table_clusters;
    uint64_t *table;
} NewRefcounts;

/*
 * Behind the last cluster that is counted, which the file need not reach. Each block that counts
 * nothing is looked at once, however often the table of an image that is made for it has it.
 */
static int coroutine_fn counted_end(BlockDriverState *bs, uint64_t *end)
{
    Qcow2State *s = bs->opaque;
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    uint64_t block = s->reftable_size, count = 0;
    bool empty = true;
    int ret = 0;

    *end = 0;
    while (block > 0 && empty && ret >= 0) {
        uint64_t offset = s->reftable[--block];

        if (offset && g_hash_table_add(seen, GSIZE_TO_POINTER(offset))) {
            ret = qcow2_refblock_is_empty(bs, block, &empty);
        }
    }
    if (ret < 0 || empty) {
        return ret;
    }
    *end = (block + 1) << s->refblock_bits;
    while (ret >= 0 && !count) {
        ret = qcow2_get_refcount(bs, --*end, &count);
    }
    ++*end;
    return ret;
}

static int coroutine_fn plan_refcounts(BlockDriverState *bs, NewRefcounts *n)
{
    Qcow2State *s = bs->opaque;
    uint64_t per_block = (uint64_t)s->cluster_size * 8 >> n->order, before;
    int64_t length = bdrv_co_getlength(bs->file->bs);
    uint64_t counted;
    int ret;

    if (length < 0) {
        return length;
    }
    n->first = qcow2_clusters(s, length);
    ret = counted_end(bs, &counted);
    if (ret < 0) {
        return ret;
    }
    n->first = MAX(n->first, counted);
    do {
        before = n->blocks + n->table_clusters;
        n->blocks = DIV_ROUND_UP(n->first + before, per_block);
        n->table_clusters = DIV_ROUND_UP(n->blocks * 8, s->cluster_size);
    } while (before != n->blocks + n->table_clusters);
    if (n->table_clusters << s->cluster_bits > QCOW2_MAX_REFTABLE_BYTES) {
        return -EFBIG;
    }
    n->table = g_try_malloc0(n->table_clusters << s->cluster_bits);
    return n->table ? 0 : -ENOMEM;
}

static int coroutine_fn write_block(Step *step, const NewRefcounts *n, uint64_t b, uint8_t *buf)
{
    BlockDriverState *bs = step->bs;
    Qcow2State *s = bs->opaque;
    uint64_t per_block = (uint64_t)s->cluster_size * 8 >> n->order;
    uint64_t max = n->order == 6 ? INT64_MAX : (1ULL << (1 << n->order)) - 1;

    memset(buf, 0, s->cluster_size);
    for (uint64_t i = 0; i < per_block; i++) {
        uint64_t index = b * per_block + i, count = 0;
        int ret = 0;

        if (index < n->first) {
            ret = qcow2_get_refcount(bs, index, &count);
        } else if (index < n->first + n->blocks + n->table_clusters) {
            count = 1;
        }
        if (ret < 0) {
            return ret;
        }
        if (count > max) {
            error_setg(
                &step->err,
                "Cannot decrease refcount entry width to %d bits: Cluster at offset %#" PRIx64
                " has a refcount of %" PRIu64,
                1 << n->order, index << s->cluster_bits, count);
            return -EINVAL;
        }
        qcow2_put_count(n->order, buf, i, count);
    }
    return bdrv_co_pwrite(bs->file, (n->first + b) << s->cluster_bits, s->cluster_size, buf, 0);
}

static int coroutine_fn write_refcounts(Step *step, NewRefcounts *n)
{
    BlockDriverState *bs = step->bs;
    Qcow2State *s = bs->opaque;
    g_autofree uint64_t *disk = NULL;
    QEMU_AUTO_VFREE uint8_t *buf = qemu_try_blockalign(bs->file->bs, s->cluster_size);
    uint64_t entries = (n->table_clusters << s->cluster_bits) / 8;
    int ret = buf ? 0 : -ENOMEM;

    for (uint64_t b = 0; b < n->blocks && ret >= 0; b++) {
        n->table[b] = (n->first + b) << s->cluster_bits;
        ret = write_block(step, n, b, buf);
        step->progress(step->opaque, b, n->blocks);
    }
    if (ret < 0) {
        return ret;
    }
    disk = g_new(uint64_t, entries);
    for (uint64_t i = 0; i < entries; i++) {
        disk[i] = cpu_to_be64(n->table[i]);
    }
    return bdrv_co_pwrite_sync(bs->file, (n->first + n->blocks) << s->cluster_bits, entries * 8,
                               disk, 0);
}

/*
 * New blocks and a table of them are on stable storage; then the header names them, with the width,
 * all in its first sector; then the old ones, which the new ones count, go.
 */
static int coroutine_fn change_width(Step *step)
{
    BlockDriverState *bs = step->bs;
    Qcow2State *s = bs->opaque, old = *s;
    NewRefcounts n = {.order = step->refcount_order};
    g_autofree uint64_t *gone = NULL;
    int ret = plan_refcounts(bs, &n);

    if (ret >= 0) {
        ret = write_refcounts(step, &n);
    }
    if (ret >= 0) {
        s->refcount_order = n.order;
        s->reftable_offset = (n.first + n.blocks) << s->cluster_bits;
        s->reftable_size = (n.table_clusters << s->cluster_bits) / 8;
        ret = put_header(bs, &old);
    }
    if (ret < 0) {
        g_free(n.table);
        return ret;
    }
    gone = s->reftable;
    s->reftable = n.table;
    qcow2_set_refcount_width(s, n.order);
    qcow2_cache_clear(s->refblock_cache);
    g_hash_table_remove_all(s->reftable_dirty);
    s->free_hint = 0;
    s->run_hint = 0;
    s->free_byte = 0;
    for (uint32_t i = 0; i < old.reftable_size; i++) {
        if (gone[i]) {
            qcow2_free_later(bs, gone[i], s->cluster_size, QCOW2_DISCARD_OTHER);
        }
    }
    qcow2_free_later(bs, old.reftable_offset, (uint64_t)old.reftable_size * 8, QCOW2_DISCARD_OTHER);
    return qcow2_commit(bs);
}

/* ---- the driver's function ---- */

static bool parse_compat(const char *compat, int *version, Error **errp)
{
    if (!compat) {
        return true;
    }
    if (!strcmp(compat, "0.10") || !strcmp(compat, "v2")) {
        *version = 2;
    } else if (!strcmp(compat, "1.1") || !strcmp(compat, "v3")) {
        *version = 3;
    } else {
        error_setg(errp, "Unknown compatibility level %s; accepted: 0.10 (v2), 1.1 (v3)", compat);
        return false;
    }
    return true;
}

static bool check(BlockDriverState *bs, const Amend *a, int version, Error **errp)
{
    const Qcow2State *s = bs->opaque;
    uint64_t bits = a->refcount_bits;

    if ((a->backing_file && strcmp(a->backing_file, bs->backing_file)) ||
        (a->backing_fmt && strcmp(a->backing_fmt, bs->backing_format))) {
        error_setg(errp, "Cannot amend the backing file");
        error_append_hint(errp, "You can use 'qemu-img rebase' instead.\n");
    } else if (a->data_file && !qcow2_has_data_file(s)) {
        error_setg(errp, "data-file can only be set for images that use an external data file");
    } else if (a->data_file_raw && !qcow2_data_file_is_raw(s)) {
        error_setg(errp, "data-file-raw cannot be set on existing images");
    } else if (bits != NOT_GIVEN && (!bits || bits > 64 || (bits & (bits - 1)))) {
        error_setg(errp, "Refcount width must be a power of two and may not exceed 64 bits");
    } else if (version < 3 && bits != NOT_GIVEN && bits != 16) {
        error_setg(errp,
                   "Different refcount widths than 16 bits require compatibility level 1.1 or "
                   "above (use compat=1.1 or greater)");
    } else if (version < 3 && a->lazy_refcounts) {
        error_setg(errp,
                   "Lazy refcounts only supported with compatibility level 1.1 and above (use "
                   "compat=1.1 or greater)");
    } else {
        return true;
    }
    return false;
}

static bool resize(BlockDriverState *bs, uint64_t size, Error **errp)
{
    BlockBackend *blk = blk_new_with_bs(bs, BLK_PERM_RESIZE, BLK_PERM_ALL, errp);
    bool ok = blk && blk_truncate(blk, size, false, PREALLOC_MODE_OFF, 0, errp) >= 0;

    blk_unref(blk);
    return ok;
}

static bool amend(BlockDriverState *bs, const Amend *a, Step *step, bool force, Error **errp)
{
    Qcow2State *s = bs->opaque;
    int version = s->version;

    if (!parse_compat(a->compat, &version, errp) || !check(bs, a, version, errp)) {
        return false;
    }
    if (!run_step(step, settle_counts, "refcounts", errp)) {
        return false;
    }
    if (version > s->version && !run_step(step, upgrade, "the version", errp)) {
        return false;
    }
    step->refcount_order =
        a->refcount_bits == NOT_GIVEN ? s->refcount_order : (int)ctz64(a->refcount_bits);
    if (step->refcount_order != s->refcount_order &&
        !run_step(step, change_width, "the width of refcounts", errp)) {
        return false;
    }
    if (a->lazy_given && s->version >= 3 &&
        !run_step(step, a->lazy_refcounts ? lazy_on : lazy_off, "lazy_refcounts", errp)) {
        return false;
    }
    if (luks_amend_given(&a->slots) && !qcow2_amend_crypto(bs, &a->slots, force, errp)) {
        return false;
    }
    step->data_file = a->data_file;
    if (a->data_file && !run_step(step, rename_data_file, "data_file", errp)) {
        return false;
    }
    if (a->raw_given && !a->data_file_raw && qcow2_data_file_is_raw(s) &&
        !run_step(step, raw_off, "data_file_raw", errp)) {
        return false;
    }
    if (a->size != NOT_GIVEN && !resize(bs, a->size, errp)) {
        return false;
    }
    return version >= s->version || run_step(step, downgrade, "the version", errp);
}

static void no_progress(void *opaque, int64_t done, int64_t total)
{
}

bool qcow2_amend(BlockDriverState *bs, QDict *opts, void (*progress)(void *, int64_t, int64_t),
                 void *opaque, bool force, Error **errp)
{
    Amend a = {.lazy_given = qdict_haskey(opts, "lazy_refcounts"),
               .raw_given = qdict_haskey(opts, "data_file_raw"),
               .slots = LUKS_AMEND_DEFAULTS,
               .refcount_bits = NOT_GIVEN,
               .size = NOT_GIVEN};
    Step step = {.bs = bs, .progress = progress ? progress : no_progress, .opaque = opaque};
    bool ok =
        bdrv_parse_options(&a, qcow2_amend_opts, opts, errp) && amend(bs, &a, &step, force, errp);

    qcow2_settle_lazy(bs->opaque);
    bdrv_free_options(&a, qcow2_amend_opts);
    return ok;
}
