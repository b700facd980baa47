/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver for qcow2 images: opening, closing, and what is neither a guest's request nor a table.
 */
#include "qemu/osdep.h"
#include "block/dirty-bitmap.h"
#include "crypto/block.h"
#include "qcow2.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qobject/qdict.h"

static const BdrvOpt qcow2_opts[] = {
    {"l2-cache-size", BDRV_OPT_SIZE, offsetof(Qcow2Options, l2_cache_size)},
    {"refcount-cache-size", BDRV_OPT_SIZE, offsetof(Qcow2Options, refcount_cache_size)},
    {"cache-size", BDRV_OPT_SIZE, offsetof(Qcow2Options, cache_size)},
    {"l2-cache-entry-size", BDRV_OPT_SIZE, offsetof(Qcow2Options, l2_entry_size)},
    {"cache-clean-interval", BDRV_OPT_NUM, offsetof(Qcow2Options, clean_interval)},
    {"lazy-refcounts", BDRV_OPT_BOOL, offsetof(Qcow2Options, lazy)},
    {"pass-discard-request", BDRV_OPT_BOOL, offsetof(Qcow2Options, pass_request)},
    {"pass-discard-snapshot", BDRV_OPT_BOOL, offsetof(Qcow2Options, pass_snapshot)},
    {"pass-discard-other", BDRV_OPT_BOOL, offsetof(Qcow2Options, pass_other)},
    {"discard-no-unref", BDRV_OPT_BOOL, offsetof(Qcow2Options, discard_no_unref)},
    {"encrypt.format", BDRV_OPT_STR, offsetof(Qcow2Options, encrypt_format)},
    {"encrypt.key-secret", BDRV_OPT_STR, offsetof(Qcow2Options, key_secret)},
    {NULL},
};

/* Seconds. */
#define DEFAULT_CLEAN_INTERVAL 600
#define MAX_CLEAN_INTERVAL     (UINT_MAX / 1000)

/* Values that @options do not say, of a node that is opened with @flags. */
static Qcow2Options default_options(const QDict *options, int flags)
{
    return (Qcow2Options){
        .l2_entry_size = UINT64_MAX,
        .clean_interval = DEFAULT_CLEAN_INTERVAL,
        .lazy_given = qdict_haskey(options, "lazy-refcounts"),
        .l2_cache_size = UINT64_MAX,
        .refcount_cache_size = UINT64_MAX,
        .cache_size = UINT64_MAX,
        .pass_request = flags & BDRV_O_UNMAP,
        .pass_snapshot = true,
    };
}

/* What is not given follows: of a total, refcounts get the least, and level 2 tables the rest. */
static bool settle_cache_sizes(const Qcow2State *s, Qcow2Options *o, Error **errp)
{
    bool l2 = o->l2_cache_size != UINT64_MAX, refcount = o->refcount_cache_size != UINT64_MAX;
    uint64_t total = o->cache_size, given = l2 ? o->l2_cache_size : o->refcount_cache_size;

    if (total == UINT64_MAX) {
        o->l2_cache_size = l2 ? o->l2_cache_size : 32 * MiB;
        o->refcount_cache_size = refcount ? o->refcount_cache_size : 4 * MiB;
    } else if (l2 && refcount) {
        error_setg(errp, "cache-size, l2-cache-size and refcount-cache-size may not be set at the "
                         "same time: leave one out");
        return false;
    } else if (!l2 && !refcount) {
        o->refcount_cache_size = MIN(total, QCOW2_CACHE_MIN * (uint64_t)s->cluster_size);
        o->l2_cache_size = total - o->refcount_cache_size;
    } else if (given > total) {
        error_setg(errp, "%s=%" PRIu64 " may not exceed cache-size=%" PRIu64,
                   l2 ? "l2-cache-size" : "refcount-cache-size", given, total);
        return false;
    } else {
        *(l2 ? &o->refcount_cache_size : &o->l2_cache_size) = total - given;
    }
    return true;
}

static bool settle_entry_size(const Qcow2State *s, Qcow2Options *o, Error **errp)
{
    uint64_t size = o->l2_entry_size;

    if (size == UINT64_MAX) {
        o->l2_entry_size = MIN(s->cluster_size, 64 * KiB);
    } else if (size < 1 << QCOW2_MIN_CLUSTER_BITS || (size & (size - 1)) ||
               size > (uint64_t)s->cluster_size) {
        error_setg(errp,
                   "l2-cache-entry-size=%" PRIu64 " must be a power of two between %d and the "
                   "cluster size (%" PRId64 ")",
                   size, 1 << QCOW2_MIN_CLUSTER_BITS, s->cluster_size);
        return false;
    }
    return true;
}

/* What is not given, and what does not go with the image in @s. */
static bool settle_options(const Qcow2State *s, Qcow2Options *o, int flags, Error **errp)
{
    if (o->clean_interval > MAX_CLEAN_INTERVAL) {
        error_setg(errp, "cache-clean-interval=%" PRIu64 " is more than %u seconds",
                   o->clean_interval, MAX_CLEAN_INTERVAL);
        return false;
    }
    if (o->lazy && s->version < 3) {
        error_setg(errp, "lazy-refcounts=on requires an image of compatibility level 1.1 or "
                         "above: qemu-img amend -o compat=1.1");
        return false;
    }
    if (flags & BDRV_O_CHECK) {
        /* Contradictions are what it is opened for. */
        o->overlap = 0;
    }
    return settle_cache_sizes(s, o, errp) && settle_entry_size(s, o, errp);
}

void qcow2_settle_lazy(Qcow2State *s)
{
    bool wanted = s->options.lazy_given ? s->options.lazy
                                        : (s->compatible & QCOW2_COMPAT_LAZY_REFCOUNTS) != 0;

    s->lazy = wanted && s->version >= 3;
}

/* Clean caches, and what else follows from s->options. */
static void use_options(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    const Qcow2Options *o = &s->options;

    s->slice_bytes = o->l2_entry_size;
    s->l2_slice = s->l2_size / (s->cluster_size / s->slice_bytes);
    qcow2_cache_free(s->l2_cache);
    qcow2_cache_free(s->refblock_cache);
    s->l2_cache = qcow2_cache_new(bs, o->l2_cache_size, s->slice_bytes);
    s->refblock_cache = qcow2_cache_new(bs, o->refcount_cache_size, s->cluster_size);
    qcow2_settle_lazy(s);
    qcow2_overlap_free(s);
    qcow2_clean_start(bs);
}

static int qcow2_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    return buf_size >= 8 && ldl_be_p(buf) == QCOW2_MAGIC && ldl_be_p(buf + 4) >= 2 ? 100 : 0;
}

static void free_state(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;

    for (guint i = 0; s->unknown_exts && i < s->unknown_exts->len; i++) {
        g_free(g_array_index(s->unknown_exts, Qcow2UnknownExt, i).data);
    }
    if (s->unknown_exts) {
        g_array_free(s->unknown_exts, true);
    }
    qcow2_free_snapshots(bs);
    qcrypto_block_free(s->crypto);
    s->crypto = NULL;
    qcow2_clean_stop(s);
    qcow2_overlap_free(s);
    g_free(s->data_file_name);
    g_free(s->l1);
    if (s->l1_dirty) {
        g_hash_table_unref(s->l1_dirty);
    }
    qcow2_refcount_close(bs);
    qcow2_cache_free(s->l2_cache);
    qcow2_cache_free(s->refblock_cache);
}

static bool read_l1(BlockDriverState *bs, Error **errp)
{
    Qcow2State *s = bs->opaque;
    int ret;

    /* Who asks what the image is may have no more than its beginning. */
    if (!(bs->open_flags & (BDRV_O_CHECK | BDRV_O_NO_IO)) &&
        !qcow2_is_in_file(bs, s->l1_offset, (uint64_t)s->l1_size * 8, "The L1 table", errp)) {
        return false;
    }
    s->l1_dirty = g_hash_table_new(NULL, NULL);
    s->l1 = g_try_malloc(MAX((uint64_t)s->l1_size * 8, 8));
    if (!s->l1) {
        error_setg(errp, "Could not allocate memory for the L1 table");
        return false;
    }
    ret = s->l1_size ? bdrv_pread(bs->file, s->l1_offset, (uint64_t)s->l1_size * 8, s->l1, 0) : 0;
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read L1 table");
        return false;
    }
    for (uint32_t i = 0; i < s->l1_size; i++) {
        s->l1[i] = be64_to_cpu(s->l1[i]);
    }
    return true;
}

static int coroutine_fn repair_entry(void *opaque)
{
    BlockDriverState *bs = opaque;
    BdrvCheckResult result = {0};

    return qcow2_co_check(bs, &result, BDRV_FIX_LEAKS | BDRV_FIX_ERRORS);
}

/* An image whose counts were not written last time: count anew. */
static bool repair_dirty(BlockDriverState *bs, Error **errp)
{
    int ret = bdrv_run_co(bs, repair_entry, bs);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not repair dirty image");
        return false;
    }
    return true;
}

/* Features that this program does not keep up to date are so no longer. */
static bool clear_unknown_autoclear(BlockDriverState *bs, Error **errp)
{
    Qcow2State *s = bs->opaque;
    uint64_t known = QCOW2_AUTOCLEAR_BITMAPS;

    if (qcow2_has_data_file(s)) {
        known |= QCOW2_AUTOCLEAR_DATA_FILE_RAW;
    }

    /* The bit says that there are bitmaps: one without them means nothing. */
    if (!s->nb_bitmaps) {
        known &= ~(uint64_t)QCOW2_AUTOCLEAR_BITMAPS;
    }
    if (!(s->autoclear & ~known)) {
        return true;
    }
    s->autoclear &= known;
    if (qcow2_update_header(bs) < 0) {
        error_setg(errp, "Could not update qcow2 header");
        return false;
    }
    return true;
}

/*
 * What the image in bs->file says, into memory. @options: NULL when it is read anew. @for_good:
 * bitmaps are in use from here on, if it is writable.
 */
static bool load_image(BlockDriverState *bs, Qcow2Options o, QDict *options, bool for_good,
                       Error **errp)
{
    Qcow2State *s = bs->opaque;
    int flags = bs->open_flags;
    bool writable = bdrv_is_writable(bs) && !(flags & BDRV_O_CHECK);

    qemu_co_mutex_init(&s->lock);
    QLIST_INIT(&s->allocs);
    s->unknown_exts = g_array_new(false, true, sizeof(Qcow2UnknownExt));
    if (!qcow2_read_header(bs, errp) || !qcow2_open_data_file(bs, options, errp) ||
        !qcow2_open_crypto(bs, &o, errp) || !settle_options(s, &o, flags, errp) ||
        !qcow2_refcount_open(bs, errp) || !read_l1(bs, errp) || !qcow2_read_snapshots(bs, errp)) {
        free_state(bs);
        return false;
    }
    s->options = o;
    use_options(bs);
    bs->supported_zero_flags = s->version >= 3 ? BDRV_REQ_MAY_UNMAP | BDRV_REQ_NO_FALLBACK : 0;
    bs->supported_truncate_flags = BDRV_TRUNCATE_ZERO;
    bs->supported_write_flags = 0;
    if (writable && !clear_unknown_autoclear(bs, errp)) {
        free_state(bs);
        return false;
    }
    if (writable && (s->incompatible & QCOW2_INCOMPAT_DIRTY) && !repair_dirty(bs, errp)) {
        free_state(bs);
        return false;
    }
    /* A check looks at them where they are; who only asks what the image is has no use for them. */
    if (!(flags & (BDRV_O_CHECK | BDRV_O_INACTIVE | BDRV_O_NO_IO)) &&
        !qcow2_load_bitmaps(bs, for_good && bdrv_is_writable(bs), errp)) {
        free_state(bs);
        return false;
    }
    return true;
}

static bool qcow2_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    Qcow2Options o = default_options(options, flags);
    bool ok = bdrv_open_file_child(NULL, options, "file", bs, errp) &&
              qcow2_parse_overlap(options, &o.overlap, errp) &&
              bdrv_parse_options(&o, qcow2_opts, options, errp) &&
              load_image(bs, o, options, true, errp);

    if (!ok) {
        bdrv_free_options(&o, qcow2_opts);
    }
    return ok;
}

static int coroutine_fn commit_entry(void *opaque)
{
    BlockDriverState *bs = opaque;
    Qcow2State *s = bs->opaque;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    ret = qcow2_commit(bs);
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

static int coroutine_fn qcow2_co_flush_to_os(BlockDriverState *bs)
{
    return commit_entry(bs);
}

/* Nothing is to be done any more for an image that is as it would be without lazy refcounts. */
static int coroutine_fn finish_entry(void *opaque)
{
    BlockDriverState *bs = opaque;
    Qcow2State *s = bs->opaque;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    ret = qcow2_commit_counts(bs);
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

static void qcow2_close(BlockDriverState *bs)
{
    /* What cannot be written leaves the image as after a power failure: consistent. */
    if (bdrv_is_writable(bs)) {
        Error *err = NULL;

        bdrv_run_co(bs, commit_entry, bs);
        if (!qcow2_store_bitmaps(bs, true, &err)) {
            error_reportf_err(err,
                              "Persistent bitmaps of node '%s' are lost: ", bdrv_shown_name(bs));
        }
        bdrv_run_co(bs, finish_entry, bs);
    }
    free_state(bs);
    bdrv_free_options(&((Qcow2State *)bs->opaque)->options, qcow2_opts);
}

static bool finish(BlockDriverState *bs, Error **errp)
{
    int ret = bdrv_run_co(bs, finish_entry, bs);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not write the tables of '%s'", bdrv_shown_name(bs));
    }
    return ret >= 0;
}

static bool qcow2_inactivate(BlockDriverState *bs, Error **errp)
{
    /* The counts that bitmaps bring are late, too. */
    return bdrv_is_read_only(bs) ||
           (finish(bs, errp) && qcow2_store_bitmaps(bs, true, errp) && finish(bs, errp));
}

/* Somebody else may have changed the image meanwhile: all is read anew. */
static bool qcow2_activate(BlockDriverState *bs, Error **errp)
{
    Qcow2State *s = bs->opaque, old = *s, fresh;

    if (bdrv_refresh_total_bytes(bs->file->bs) < 0) {
        error_setg(errp, "Could not get the size of '%s'", bs->file->bs->filename);
        return false;
    }
    bdrv_release_persistent_dirty_bitmaps(bs);
    *s = (Qcow2State){0};
    if (!load_image(bs, old.options, NULL, true, errp)) {
        *s = old;
        return false;
    }
    fresh = *s;
    *s = old;
    free_state(bs);
    *s = fresh;
    return true;
}

static int64_t coroutine_fn qcow2_co_getlength(BlockDriverState *bs)
{
    return bs->total_bytes;
}

static int coroutine_fn qcow2_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                              int64_t bytes, int64_t *pnum, int64_t *map,
                                              BlockDriverState **file)
{
    Qcow2State *s = bs->opaque;
    uint64_t n = MIN(bytes, 1 * GiB), entry;
    Qcow2ClusterType type;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    ret = qcow2_lookup(bs, offset, &n, &entry, &type);
    qemu_co_mutex_unlock(&s->lock);
    if (ret < 0) {
        return ret;
    }
    *pnum = n;
    switch (type) {
    case QCOW2_UNALLOCATED:
        if (!qcow2_has_subclusters(s) || !qcow2_entry_has_host(s, entry)) {
            return 0;
        }
        /* There is room for it in the file, in a cluster of which other parts may be used. */
        *map = (entry & QCOW2_OFFSET_MASK) + qcow2_cluster_offset(s, offset);
        *file = s->data_file->bs;
        return BDRV_BLOCK_OFFSET_VALID;
    case QCOW2_ZERO_PLAIN:
        return BDRV_BLOCK_ZERO;
    case QCOW2_COMPRESSED:
        return BDRV_BLOCK_DATA | BDRV_BLOCK_COMPRESSED;
    default:
        *map = (entry & QCOW2_OFFSET_MASK) + qcow2_cluster_offset(s, offset);
        *file = s->data_file->bs;
        return BDRV_BLOCK_OFFSET_VALID |
               (type == QCOW2_ZERO_ALLOC ? BDRV_BLOCK_ZERO : BDRV_BLOCK_DATA | BDRV_BLOCK_RECURSE);
    }
}

/* ---- facts ---- */

static int coroutine_fn qcow2_co_get_info(BlockDriverState *bs, BlockDriverInfo *bdi)
{
    Qcow2State *s = bs->opaque;

    bdi->cluster_size = s->cluster_size;
    bdi->is_dirty = s->incompatible & QCOW2_INCOMPAT_DIRTY;
    bdi->subcluster_size = s->subcluster_size;
    bdi->vm_state_offset = qcow2_vmstate_offset(bs);
    return 0;
}

static ImageInfoSpecific *qcow2_get_specific_info(BlockDriverState *bs, Error **errp)
{
    Qcow2State *s = bs->opaque;
    ImageInfoSpecific *info = g_new0(ImageInfoSpecific, 1);
    ImageInfoSpecificQCow2 *data = g_new0(ImageInfoSpecificQCow2, 1);

    info->type = IMAGE_INFO_SPECIFIC_KIND_QCOW2;
    info->u.qcow2.data = data;
    data->compat = g_strdup(s->version >= 3 ? "1.1" : "0.10");
    data->compression_type = s->compression_type;
    data->refcount_bits = 1 << s->refcount_order;
    if (s->crypto && s->crypt_method == QCOW2_CRYPT_AES) {
        data->encrypt = g_new0(ImageInfoSpecificQCow2Encryption, 1);
        data->encrypt->format = BLOCKDEV_QCOW2_ENCRYPTION_FORMAT_AES;
    } else if (s->crypto) {
        QCryptoBlockInfoLUKS *luks = qcrypto_block_luks_info(s->crypto);

        data->encrypt = g_new0(ImageInfoSpecificQCow2Encryption, 1);
        data->encrypt->format = BLOCKDEV_QCOW2_ENCRYPTION_FORMAT_LUKS;
        data->encrypt->u.luks = *luks;
        g_free(luks);
    }
    if (s->version >= 3) {
        data->has_lazy_refcounts = data->has_corrupt = data->has_extended_l2 = true;
        data->lazy_refcounts = s->compatible & QCOW2_COMPAT_LAZY_REFCOUNTS;
        data->corrupt = s->incompatible & QCOW2_INCOMPAT_CORRUPT;
        data->extended_l2 = qcow2_has_subclusters(s);
    }
    if (qcow2_has_data_file(s)) {
        data->data_file = g_strdup(s->data_file_name);
        data->has_data_file_raw = true;
        data->data_file_raw = qcow2_data_file_is_raw(s);
    }
    if (s->nb_bitmaps && qcow2_query_bitmaps(bs, &data->bitmaps, NULL)) {
        data->has_bitmaps = true;
    }
    return info;
}

static int qcow2_change_backing_file(BlockDriverState *bs, const char *backing_file,
                                     const char *backing_fmt)
{
    g_autofree char *old_file = g_strdup(bs->backing_file);
    g_autofree char *old_fmt = g_strdup(bs->backing_format);
    int ret;

    if (backing_file && strlen(backing_file) > 1023) {
        return -EINVAL;
    }
    /* Who reads the data file alone sees the disk: all of it. */
    if (backing_file && qcow2_data_file_is_raw(bs->opaque)) {
        return -ENOTSUP;
    }
    pstrcpy(bs->backing_file, sizeof(bs->backing_file), backing_file ? backing_file : "");
    pstrcpy(bs->backing_format, sizeof(bs->backing_format), backing_fmt ? backing_fmt : "");
    ret = qcow2_update_header(bs);
    if (ret < 0) {
        pstrcpy(bs->backing_file, sizeof(bs->backing_file), old_file);
        pstrcpy(bs->backing_format, sizeof(bs->backing_format), old_fmt);
    }
    return ret;
}

static int qcow2_has_zero_init(BlockDriverState *bs)
{
    return 1;
}

/* The passphrase is not asked for again. */
static bool keep_key(BlockDriverState *bs, const Qcow2Options *o, Error **errp)
{
    Qcow2State *s = bs->opaque;

    if (g_strcmp0(o->key_secret, s->options.key_secret)) {
        error_setg(errp, "'encrypt.key-secret' cannot be changed while the image is open");
        return false;
    }
    return true;
}

typedef struct Qcow2Reopen {
    Qcow2Options o;
    /* With another file: what was known of the image before; was it read anew? */
    Qcow2State *old;
    char *backing_file, *backing_format;
    int64_t size;
    bool loaded;
} Qcow2Reopen;

static bool check_other_file(BlockDriverState *bs, Error **errp)
{
    Qcow2State *s = bs->opaque;

    if (s->data_file != bs->file) {
        error_setg(
            errp, "Cannot change the option 'file': the data of image '%s' is in a file of its own",
            bdrv_shown_name(bs));
        return false;
    }
    if (bdrv_dirty_bitmap_first(bs)) {
        error_setg(
            errp,
            "Cannot change the option 'file': dirty bitmaps of node '%s' would not know what "
            "becomes different; remove them first",
            bdrv_shown_name(bs));
        return false;
    }
    return true;
}

static bool qcow2_reopen_prepare(BDRVReopenState *state, Error **errp)
{
    Qcow2Options o = default_options(state->options, state->flags);
    bool writable = bdrv_is_writable(state->bs);
    Qcow2Reopen *r;
    bool ok;

    /* Caches are made anew, and nothing in them may be dirty then. */
    ok = qcow2_parse_overlap(state->options, &o.overlap, errp) &&
         bdrv_parse_options(&o, qcow2_opts, state->options, errp) &&
         keep_key(state->bs, &o, errp) &&
         settle_options(state->bs->opaque, &o, state->flags, errp) &&
         (!(state->flags & BDRV_O_RDWR) || state->other_file ||
          qcow2_has_refcounts(state->bs, errp)) &&
         (!state->other_file || check_other_file(state->bs, errp)) &&
         (!writable || finish(state->bs, errp));
    if (ok && writable && !(state->flags & BDRV_O_RDWR)) {
        ok = qcow2_store_bitmaps(state->bs, false, errp) && finish(state->bs, errp);
        if (ok) {
            qcow2_bitmaps_to_ro(state->bs);
        }
    }
    if (!ok) {
        bdrv_free_options(&o, qcow2_opts);
        return false;
    }
    r = g_new0(Qcow2Reopen, 1);
    r->o = o;
    state->opaque = r;
    return true;
}

/* What the image was before is what it is again. */
static void back_to_old(BlockDriverState *bs, Qcow2Reopen *r)
{
    *(Qcow2State *)bs->opaque = *r->old;
    pstrcpy(bs->backing_file, sizeof(bs->backing_file), r->backing_file);
    pstrcpy(bs->backing_format, sizeof(bs->backing_format), r->backing_format);
    bs->total_bytes = r->size;
}

static void keep_old(BlockDriverState *bs, Qcow2Reopen *r)
{
    r->old = g_memdup2(bs->opaque, sizeof(Qcow2State));
    r->backing_file = g_strdup(bs->backing_file);
    r->backing_format = g_strdup(bs->backing_format);
    r->size = bs->total_bytes;
    *(Qcow2State *)bs->opaque = (Qcow2State){0};
    bs->backing_file[0] = bs->backing_format[0] = 0;
}

static void free_reopen(Qcow2Reopen *r)
{
    g_free(r->old);
    g_free(r->backing_file);
    g_free(r->backing_format);
    g_free(r);
}

static bool qcow2_reopen_load(BDRVReopenState *state, Error **errp)
{
    ERRP_GUARD();
    BlockDriverState *bs = state->bs;
    Qcow2State *s = bs->opaque;
    Qcow2Reopen *r = state->opaque;

    if (!state->other_file) {
        return true;
    }
    keep_old(bs, r);
    /* Bitmaps are for use after the commit (qcow2_bitmaps_to_rw()). */
    r->loaded = load_image(bs, r->o, NULL, false, errp);
    if (!r->loaded) {
        error_prepend(errp, "Cannot change the option 'file' of '%s': ", bdrv_shown_name(bs));
        return false;
    }
    if (s->data_file != bs->file) {
        error_setg(errp, "The data of image '%s' is in a file of its own, which blockdev-add opens",
                   bdrv_shown_name(bs));
        bdrv_unref_child(bs, s->data_file);
        return false;
    }
    return true;
}

static void qcow2_reopen_commit(BDRVReopenState *state)
{
    Qcow2State *s = state->bs->opaque;
    Qcow2Reopen *r = state->opaque;

    if (r->old) {
        Qcow2State fresh = *s;

        *s = *r->old;
        free_state(state->bs);
        *s = fresh;
        bdrv_free_options(&r->old->options, qcow2_opts);
    } else {
        bdrv_free_options(&s->options, qcow2_opts);
        s->options = r->o;
        use_options(state->bs);
    }
    free_reopen(r);
}

/* The file is writable from here on. */
static void qcow2_reopen_commit_post(BDRVReopenState *state)
{
    Error *err = NULL;

    if ((state->flags & BDRV_O_RDWR) && !(state->flags & BDRV_O_INACTIVE) &&
        !qcow2_bitmaps_to_rw(state->bs, &err)) {
        /* They stay read-only: nothing that is written is missed without being seen. */
        error_reportf_err(err, "Bitmaps of node '%s' stay read-only: ", bdrv_shown_name(state->bs));
    }
}

static void qcow2_reopen_abort(BDRVReopenState *state)
{
    Qcow2Reopen *r = state->opaque;

    if (r->loaded) {
        bdrv_release_persistent_dirty_bitmaps(state->bs);
        free_state(state->bs);
    }
    if (r->old) {
        back_to_old(state->bs, r);
    }
    if (!bdrv_is_read_only(state->bs) && !(state->flags & BDRV_O_RDWR) &&
        !qcow2_bitmaps_to_rw(state->bs, NULL)) {
        warn_report("Bitmaps of node '%s' stay read-only", bdrv_shown_name(state->bs));
    }
    bdrv_free_options(&r->o, qcow2_opts);
    free_reopen(r);
}

static void qcow2_refresh_limits(BlockDriverState *bs, Error **errp)
{
    Qcow2State *s = bs->opaque;

    bs->bl.pwrite_zeroes_alignment = s->subcluster_size;
    bs->bl.pdiscard_alignment = s->cluster_size;
    if (s->crypt_method) {
        bs->bl.request_alignment = MAX(bs->bl.request_alignment, QCRYPTO_BLOCK_SECTOR_SIZE);
    }
}

static BlockDriver bdrv_qcow2 = {
    .format_name = "qcow2",
    .instance_size = sizeof(Qcow2State),
    .is_format = true,
    .supports_backing = true,
    .create_opts = qcow2_create_opts,
    .bdrv_probe = qcow2_probe,
    .bdrv_open = qcow2_open,
    .bdrv_close = qcow2_close,
    .bdrv_reopen_prepare = qcow2_reopen_prepare,
    .bdrv_reopen_load = qcow2_reopen_load,
    .bdrv_reopen_commit = qcow2_reopen_commit,
    .bdrv_reopen_commit_post = qcow2_reopen_commit_post,
    .bdrv_reopen_abort = qcow2_reopen_abort,
    .bdrv_create = qcow2_create,
    .bdrv_measure = qcow2_measure,
    .amend_opts = qcow2_amend_opts,
    .bdrv_amend = qcow2_amend,
    .bdrv_create_node = qcow2_create_node,
    .bdrv_create_luks = qcow2_create_luks,
    .bdrv_amend_prepare = qcow2_amend_prepare,
    .bdrv_amend_write = qcow2_amend_write,
    .bdrv_refresh_limits = qcow2_refresh_limits,
    .bdrv_co_preadv_part = qcow2_co_preadv_part,
    .bdrv_co_pwritev_part = qcow2_co_pwritev_part,
    .bdrv_co_pwritev_compressed_part = qcow2_co_pwritev_compressed_part,
    .bdrv_co_pwrite_zeroes = qcow2_co_pwrite_zeroes,
    .bdrv_co_pdiscard = qcow2_co_pdiscard,
    .bdrv_co_block_status = qcow2_co_block_status,
    .bdrv_co_flush_to_os = qcow2_co_flush_to_os,
    .bdrv_co_truncate = qcow2_co_truncate,
    .bdrv_co_getlength = qcow2_co_getlength,
    .bdrv_co_get_info = qcow2_co_get_info,
    .bdrv_co_check = qcow2_co_check,
    .bdrv_get_specific_info = qcow2_get_specific_info,
    .bdrv_make_empty = qcow2_make_empty,
    .bdrv_snapshot_create = qcow2_snapshot_create,
    .bdrv_snapshot_goto = qcow2_snapshot_goto,
    .bdrv_snapshot_delete = qcow2_snapshot_delete,
    .bdrv_snapshot_list = qcow2_snapshot_list,
    .bdrv_co_save_vmstate = qcow2_co_save_vmstate,
    .bdrv_co_load_vmstate = qcow2_co_load_vmstate,
    .bdrv_snapshot_load_tmp = qcow2_snapshot_load_tmp,
    .bdrv_change_backing_file = qcow2_change_backing_file,
    .bdrv_inactivate = qcow2_inactivate,
    .bdrv_activate = qcow2_activate,
    .bdrv_can_store_new_dirty_bitmap = qcow2_can_store_new_bitmap,
    .bdrv_remove_persistent_dirty_bitmap = qcow2_remove_bitmap,
    .bdrv_supports_persistent_dirty_bitmap = qcow2_supports_bitmaps,
    .bdrv_has_zero_init = qcow2_has_zero_init,
    .bdrv_drain_begin = qcow2_clean_drain_begin,
    .bdrv_drain_end = qcow2_clean_drain_end,
};

static void bdrv_qcow2_init(void)
{
    bdrv_register(&bdrv_qcow2);
}

block_init(bdrv_qcow2_init);
