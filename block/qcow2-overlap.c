/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes to a broken image must not make it worse: what is about to be written may not lie where
 * tables are that this program relies on (the option overlap-check). Where it does, the image is
 * marked as corrupt, and nothing of it is used any more.
 *
 * Tables whose places are in other tables are in a map by cluster. It may have too much, as not
 * every change is followed; so what is found is looked for again in a new map before it counts.
 *
 * Nor is what lies behind the end of the file a table: a file that was cut off would show zeroes.
 */
#include "qemu/osdep.h"
#include "qapi/qapi-events-block-core.h"
#include "qapi/qapi-types-block-node.h"
#include "qcow2.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/range.h"
#include "qobject/qdict.h"

struct Qcow2Overlap {
    GHashTable *kinds; /* QCOW2_OL_* by index of the cluster */
};

static const char *const kind_names[QCOW2_OL_KINDS] = {
    "the header",           "the active L1 table",  "an active L2 table",
    "a refcount block",     "the refcount table",   "the snapshot table",
    "an inactive L1 table", "an inactive L2 table", "the bitmap directory",
};

/* ---- options ---- */

typedef struct OverlapOptions {
    int mode, template; /* -1: not given */
    bool on[QCOW2_OL_KINDS];
} OverlapOptions;

#define FLAG(name, kind)                                                                           \
    {                                                                                              \
        "overlap-check." name, BDRV_OPT_BOOL, offsetof(OverlapOptions, on[kind])                   \
    }

static const BdrvOpt overlap_opts[] = {
    FLAG("main-header", QCOW2_OL_HEADER),
    FLAG("active-l1", QCOW2_OL_ACTIVE_L1),
    FLAG("active-l2", QCOW2_OL_ACTIVE_L2),
    FLAG("refcount-block", QCOW2_OL_REFBLOCK),
    FLAG("refcount-table", QCOW2_OL_REFTABLE),
    FLAG("snapshot-table", QCOW2_OL_SNAPSHOTS),
    FLAG("inactive-l1", QCOW2_OL_INACTIVE_L1),
    FLAG("inactive-l2", QCOW2_OL_INACTIVE_L2),
    FLAG("bitmap-directory", QCOW2_OL_BITMAPS),
    {"overlap-check", BDRV_OPT_ENUM, offsetof(OverlapOptions, mode), &Qcow2OverlapCheckMode_lookup},
    {"overlap-check.template", BDRV_OPT_ENUM, offsetof(OverlapOptions, template),
     &Qcow2OverlapCheckMode_lookup},
    {NULL},
};

static unsigned template_mask(int mode)
{
    unsigned all = (1u << QCOW2_OL_KINDS) - 1, on_disk = 1u << QCOW2_OL_INACTIVE_L2;
    unsigned cached =
        1u << QCOW2_OL_ACTIVE_L2 | 1u << QCOW2_OL_REFBLOCK | 1u << QCOW2_OL_INACTIVE_L1;

    switch (mode) {
    case QCOW2_OVERLAP_CHECK_MODE_NONE:
        return 0;
    case QCOW2_OVERLAP_CHECK_MODE_CONSTANT:
        return all & ~on_disk & ~cached;
    case QCOW2_OVERLAP_CHECK_MODE_ALL:
        return all;
    default:
        return all & ~on_disk;
    }
}

bool qcow2_parse_overlap(QDict *options, unsigned *mask, Error **errp)
{
    OverlapOptions o = {.mode = -1, .template = -1};
    unsigned given = 0, on = 0;

    for (int i = 0; i < QCOW2_OL_KINDS; i++) {
        given |= (unsigned)qdict_haskey(options, overlap_opts[i].name) << i;
    }
    if (!bdrv_parse_options(&o, overlap_opts, options, errp)) {
        return false;
    }
    if (o.mode >= 0 && o.template >= 0 && o.mode != o.template) {
        error_setg(errp, "overlap-check=%s and overlap-check.template=%s contradict each other",
                   Qcow2OverlapCheckMode_str(o.mode), Qcow2OverlapCheckMode_str(o.template));
        return false;
    }
    for (int i = 0; i < QCOW2_OL_KINDS; i++) {
        /* The rows of the table are in order. */
        on |= (unsigned)o.on[i] << i;
    }
    *mask = (template_mask(MAX(o.mode, o.template)) & ~given) | on;
    return true;
}

/* ---- the map ---- */

static void note(Qcow2Overlap *map, const Qcow2State *s, uint64_t offset, int kind)
{
    gpointer key = GSIZE_TO_POINTER(offset >> s->cluster_bits);
    gsize kinds = GPOINTER_TO_SIZE(g_hash_table_lookup(map->kinds, key));

    if (offset) {
        g_hash_table_insert(map->kinds, key, GSIZE_TO_POINTER(kinds | 1u << kind));
    }
}

/* What cannot be read cannot be protected. */
static void coroutine_mixed_fn note_inactive(BlockDriverState *bs, Qcow2Overlap *map,
                                             const Qcow2Snapshot *sn)
{
    Qcow2State *s = bs->opaque;
    g_autofree uint64_t *l1 = g_try_new(uint64_t, sn->l1_size);

    if (!l1 || bdrv_pread(bs->file, sn->l1_offset, sn->l1_size * 8ULL, l1, 0) < 0) {
        return;
    }
    for (uint32_t i = 0; i < sn->l1_size; i++) {
        note(map, s, be64_to_cpu(l1[i]) & QCOW2_OFFSET_MASK, QCOW2_OL_INACTIVE_L2);
    }
}

static Qcow2Overlap *coroutine_mixed_fn make_map(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    Qcow2Overlap *map = g_new0(Qcow2Overlap, 1);

    map->kinds = g_hash_table_new(NULL, NULL);
    for (uint32_t i = 0; i < s->l1_size; i++) {
        note(map, s, s->l1[i] & QCOW2_OFFSET_MASK, QCOW2_OL_ACTIVE_L2);
    }
    for (uint32_t i = 0; i < s->reftable_size; i++) {
        note(map, s, s->reftable[i], QCOW2_OL_REFBLOCK);
    }
    for (uint32_t i = 0; i < s->nb_snapshots && s->options.overlap & 1u << QCOW2_OL_INACTIVE_L2;
         i++) {
        note_inactive(bs, map, &s->snapshots[i]);
    }
    return map;
}

void qcow2_overlap_free(Qcow2State *s)
{
    if (s->overlap) {
        g_hash_table_unref(s->overlap->kinds);
        g_clear_pointer(&s->overlap, g_free);
    }
}

void qcow2_overlap_note(Qcow2State *s, uint64_t offset, Qcow2OverlapKind kind)
{
    if (s->overlap) {
        note(s->overlap, s, offset, kind);
    }
}

/* ---- looking ---- */

/* Bits of kinds whose place is known at once. */
static unsigned fixed_kinds(const Qcow2State *s, uint64_t offset, uint64_t bytes)
{
    unsigned found = 0;
    const struct {
        Qcow2OverlapKind kind;
        uint64_t offset, bytes;
    } fixed[] = {
        {QCOW2_OL_HEADER, 0, s->cluster_size},
        {QCOW2_OL_ACTIVE_L1, s->l1_offset, s->l1_size * 8ULL},
        {QCOW2_OL_REFTABLE, s->reftable_offset, s->reftable_size * 8ULL},
        {QCOW2_OL_SNAPSHOTS, s->snapshots_offset, s->nb_snapshots ? s->snapshots_bytes : 0},
        {QCOW2_OL_BITMAPS, s->bitmaps_offset, s->nb_bitmaps ? s->bitmaps_bytes : 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
        if (fixed[i].bytes && ranges_overlap(offset, bytes, fixed[i].offset, fixed[i].bytes)) {
            found |= 1u << fixed[i].kind;
        }
    }
    for (uint32_t i = 0; i < s->nb_snapshots; i++) {
        const Qcow2Snapshot *sn = &s->snapshots[i];

        if (sn->l1_size && ranges_overlap(offset, bytes, sn->l1_offset, sn->l1_size * 8ULL)) {
            found |= 1u << QCOW2_OL_INACTIVE_L1;
        }
    }
    return found;
}

static unsigned mapped_kinds(const Qcow2State *s, uint64_t offset, uint64_t bytes)
{
    uint64_t last = (offset + bytes - 1) >> s->cluster_bits;
    unsigned found = 0;

    for (uint64_t i = offset >> s->cluster_bits; i <= last; i++) {
        found |= GPOINTER_TO_SIZE(g_hash_table_lookup(s->overlap->kinds, GSIZE_TO_POINTER(i)));
    }
    return found;
}

int coroutine_mixed_fn qcow2_check_overlap(BlockDriverState *bs, unsigned ignore, uint64_t offset,
                                           uint64_t bytes)
{
    Qcow2State *s = bs->opaque;
    unsigned mask = s->options.overlap & ~ignore, found;

    if (!mask || !bytes) {
        return 0;
    }
    if (!s->overlap) {
        s->overlap = make_map(bs);
    }
    found = mask & (fixed_kinds(s, offset, bytes) | mapped_kinds(s, offset, bytes));
    if (likely(!found)) {
        return 0;
    }
    qcow2_overlap_free(s);
    s->overlap = make_map(bs);
    found = mask & (fixed_kinds(s, offset, bytes) | mapped_kinds(s, offset, bytes));
    if (!found) {
        return 0;
    }
    qcow2_signal_corruption(bs, offset, bytes, "a write would destroy %s",
                            kind_names[ctz32(found)]);
    return -EIO;
}

bool coroutine_mixed_fn qcow2_is_cut_off(BlockDriverState *bs, uint64_t offset, uint64_t bytes)
{
    Qcow2State *s = bs->opaque;
    BlockDriverState *file = bs->file->bs;
    uint64_t last = ROUND_DOWN(offset + bytes - 1, s->cluster_size);
    int64_t length;

    if (!bytes || last < (uint64_t)qatomic_read(&file->total_bytes)) {
        return false;
    }
    /* Another program may have made it longer. */
    length = bdrv_getlength(file);
    return length >= 0 && last >= (uint64_t)length;
}

bool coroutine_mixed_fn qcow2_is_in_file(BlockDriverState *bs, uint64_t offset, uint64_t bytes,
                                         const char *what, Error **errp)
{
    bool in = !qcow2_is_cut_off(bs, offset, bytes);

    if (!in) {
        error_setg(errp,
                   "%s at 0x%" PRIx64 ", of %" PRIu64
                   " bytes, is behind the end of the image file: "
                   "it was cut off, or never was whole",
                   what, offset, bytes);
        error_append_hint(errp, "'qemu-img check' tells what is missing.\n");
    }
    return in;
}

/* ---- what is found ---- */

typedef struct CorruptEvent {
    char *device, *node_name, *msg;
    int64_t offset, bytes;
    bool fatal;
} CorruptEvent;

/* Events are sent with the BQL held, and requests may be anywhere. */
static void send_event_bh(void *opaque)
{
    CorruptEvent *e = opaque;

    qapi_event_send_block_image_corrupted(e->device, e->node_name, e->msg, true, e->offset, true,
                                          e->bytes, e->fatal);
    g_free(e->device);
    g_free(e->node_name);
    g_free(e->msg);
    g_free(e);
}

void coroutine_mixed_fn qcow2_signal_corruption(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                                const char *fmt, ...)
{
    Qcow2State *s = bs->opaque;
    uint64_t features = s->incompatible | QCOW2_INCOMPAT_CORRUPT, be = cpu_to_be64(features);
    bool writable = bdrv_is_writable(bs);
    CorruptEvent *e;
    va_list ap;

    if (s->unusable || (s->told && !writable)) {
        return;
    }
    e = g_new(CorruptEvent, 1);
    va_start(ap, fmt);
    *e = (CorruptEvent){g_strdup(bdrv_get_device_name(bs)),
                        g_strdup(bs->node_name),
                        g_strdup_vprintf(fmt, ap),
                        offset,
                        bytes,
                        writable};
    va_end(ap);
    error_report("qcow2 image '%s' is corrupt%s: at 0x%" PRIx64
                 ", %s; qemu-img check -r all may repair it",
                 bs->filename, writable ? " and not used any more" : "", offset, e->msg);
    if (s->version >= 3 && writable &&
        qcow2_put_header(bs, offsetof(Qcow2Header, incompatible_features), 8, &be) >= 0) {
        s->incompatible = features;
    }
    s->unusable = writable;
    s->told = true;
    aio_bh_schedule_oneshot(qemu_get_aio_context(), send_event_bh, e);
}
