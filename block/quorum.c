/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter "quorum": the same disk in several images, which vote (quorum-vote.c). Here: the
 * images, and the driver. They come and go in the main thread, while the node is drained.
 *
 * Discards are not passed on: afterwards each image might show something else.
 */
#include "qemu/osdep.h"
#include "qapi/qapi-types-block-node.h"
#include "qemu/module.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "quorum.h"

/* A read needs a buffer for each child. */
#define MAX_TRANSFER (4 * MiB)

static const BdrvOpt quorum_opts[] = {
    {"vote-threshold", BDRV_OPT_NUM, offsetof(QuorumState, threshold)},
    {"blkverify", BDRV_OPT_BOOL, offsetof(QuorumState, verify)},
    {"rewrite-corrupted", BDRV_OPT_BOOL, offsetof(QuorumState, rewrite)},
    {"read-pattern", BDRV_OPT_ENUM, offsetof(QuorumState, read_pattern), &QuorumReadPattern_lookup},
    {NULL},
};

static int64_t coroutine_fn quorum_co_getlength(BlockDriverState *bs)
{
    QuorumState *s = bs->opaque;
    int64_t length = bdrv_co_getlength(s->children[0]->bs);

    for (unsigned i = 1; i < s->n && length >= 0; i++) {
        if (bdrv_co_getlength(s->children[i]->bs) != length) {
            return -EIO;
        }
    }
    return length;
}

static int quorum_has_zero_init(BlockDriverState *bs)
{
    QuorumState *s = bs->opaque;
    int all = 1;

    for (unsigned i = 0; i < s->n; i++) {
        all &= bdrv_has_zero_init(s->children[i]->bs);
    }
    return all;
}

/* ---- children ---- */

static void quorum_child_perm(BlockDriverState *bs, BdrvChild *c, BdrvChildRole role, uint64_t perm,
                              uint64_t shared, uint64_t *nperm, uint64_t *nshared)
{
    QuorumState *s = bs->opaque;

    /* Who writes to one of the images makes them different. */
    *nperm = perm;
    *nshared = (shared & BLK_PERM_CONSISTENT_READ) | BLK_PERM_WRITE_UNCHANGED;
    if (bs->open_flags & BDRV_O_INACTIVE) {
        *nshared |= BLK_PERM_WRITE | BLK_PERM_RESIZE;
    } else if (s->rewrite) {
        *nperm |= BLK_PERM_WRITE;
    }
}

static void quorum_refresh_limits(BlockDriverState *bs, Error **errp)
{
    QuorumState *s = bs->opaque;

    for (unsigned i = 0; i < s->n; i++) {
        bs->bl.request_alignment =
            MAX(bs->bl.request_alignment, s->children[i]->bs->bl.request_alignment);
    }
    bs->bl.max_transfer = MIN_NON_ZERO(bs->bl.max_transfer, (uint32_t)MAX_TRANSFER);
}

/* What all children take. */
static void refresh_flags(BlockDriverState *bs)
{
    QuorumState *s = bs->opaque;

    bs->supported_write_flags = BDRV_REQ_FUA | BDRV_REQ_WRITE_UNCHANGED;
    bs->supported_zero_flags = BDRV_REQ_FUA | BDRV_REQ_WRITE_UNCHANGED | BDRV_REQ_MAY_UNMAP;
    for (unsigned i = 0; i < s->n; i++) {
        bs->supported_write_flags &=
            s->children[i]->bs->supported_write_flags | BDRV_REQ_WRITE_UNCHANGED;
        bs->supported_zero_flags &=
            s->children[i]->bs->supported_zero_flags | BDRV_REQ_WRITE_UNCHANGED;
    }
}

static bool check_size(BlockDriverState *bs, BlockDriverState *child_bs, Error **errp)
{
    QuorumState *s = bs->opaque;
    int64_t want = s->n ? bdrv_getlength(s->children[0]->bs) : -1, have = bdrv_getlength(child_bs);

    if (s->n && want != have) {
        error_setg(errp,
                   "Node '%s' has a size of %" PRId64 " bytes, the other children of quorum "
                   "'%s' have %" PRId64,
                   child_bs->node_name, have, bs->node_name, want);
        return false;
    }
    return true;
}

static void append_child(QuorumState *s, BdrvChild *child)
{
    s->children = g_renew(BdrvChild *, s->children, s->n + 1);
    s->children[s->n++] = child;
    s->next_index++;
}

static bool quorum_add_child(BlockDriverState *bs, BlockDriverState *child_bs, Error **errp)
{
    QuorumState *s = bs->opaque;
    g_autofree char *name = g_strdup_printf("children.%u", s->next_index);
    BdrvChild *child;

    if (s->verify) {
        error_setg(errp, "Cannot add a child to a quorum in blkverify mode");
    }
    if (s->verify || !check_size(bs, child_bs, errp)) {
        bdrv_unref(child_bs);
        return false;
    }
    child = bdrv_attach_child(bs, child_bs, name, &child_of_bds, BDRV_CHILD_DATA, errp);
    if (!child) {
        return false;
    }
    append_child(s, child);
    refresh_flags(bs);
    return bdrv_refresh_limits(bs, errp);
}

/* A child of that name that comes later is described by something else. */
static void forget_options(QDict *options, const char *name)
{
    g_autofree char *prefix = g_strdup_printf("%s.", name);
    QDict *gone;

    qdict_extract_subqdict(options, &gone, prefix);
    qobject_unref(gone);
    qdict_del(options, name);
}

static bool quorum_del_child(BlockDriverState *bs, BdrvChild *child, Error **errp)
{
    QuorumState *s = bs->opaque;
    g_autofree char *last = g_strdup_printf("children.%u", s->next_index - 1);
    unsigned i = 0;

    if (s->n <= s->threshold) {
        error_setg(errp, "The number of children cannot be lower than the vote threshold %" PRIu64,
                   s->threshold);
        return false;
    }
    while (s->children[i] != child) {
        i++;
    }
    s->n--;
    memmove(&s->children[i], &s->children[i + 1], (s->n - i) * sizeof(*s->children));
    s->next_index -= !strcmp(child->name, last);
    forget_options(bs->options, child->name);
    forget_options(bs->explicit_options, child->name);
    bdrv_unref_child(bs, child);
    refresh_flags(bs);
    return bdrv_refresh_limits(bs, errp);
}

/* One that nobody else reads: the vote decides what is seen. */
static bool quorum_can_replace(BlockDriverState *bs, BlockDriverState *to_replace)
{
    QuorumState *s = bs->opaque;
    BdrvChild *only = QLIST_FIRST(&to_replace->parents);

    for (unsigned i = 0; i < s->n; i++) {
        if (s->children[i] == only) {
            return !QLIST_NEXT(only, next_parent);
        }
    }
    return false;
}

/* ---- the driver ---- */

static bool check_options(BlockDriverState *bs, int n, Error **errp)
{
    const QuorumState *s = bs->opaque;

    if (n < 0) {
        error_setg(errp, "Option children is not a valid array: give children.0, children.1 ...");
    } else if (!n) {
        error_setg(errp, "Number of provided children must be 1 or more");
    } else if (!s->threshold) {
        error_setg(errp, "Parameter 'vote-threshold' expects a value >= 1");
    } else if (s->threshold > n) {
        error_setg(errp, "vote-threshold=%" PRIu64 ": threshold may not exceed children count (%d)",
                   s->threshold, n);
    } else if (s->verify && (n != 2 || s->threshold != 2)) {
        error_setg(errp, "blkverify=on can only be set if there are exactly two files and "
                         "vote-threshold is 2");
    } else if (s->verify && s->rewrite) {
        error_setg(errp, "rewrite-corrupted=on cannot be used with blkverify=on");
    } else if (s->rewrite && bdrv_is_read_only(bs)) {
        error_setg(errp, "rewrite-corrupted=on cannot be used with read-only=on");
    } else {
        return true;
    }
    return false;
}

static bool open_children(BlockDriverState *bs, QDict *options, int n, Error **errp)
{
    QuorumState *s = bs->opaque;

    for (int i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("children.%d", i);
        BdrvChild *child = bdrv_open_child(NULL, options, name, bs, BDRV_CHILD_DATA, false, errp);

        if (!child || !check_size(bs, child->bs, errp)) {
            return false;
        }
        append_child(s, child);
    }
    return true;
}

static bool quorum_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    QuorumState *s = bs->opaque;
    int n = qdict_array_entries(options, "children.");

    if (!bdrv_parse_options(s, quorum_opts, options, errp) || !check_options(bs, n, errp)) {
        return false;
    }
    if (!open_children(bs, options, n, errp)) {
        g_free(s->children);
        return false;
    }
    refresh_flags(bs);
    return true;
}

static void quorum_close(BlockDriverState *bs)
{
    QuorumState *s = bs->opaque;

    g_free(s->children);
}

/* An array, whatever numbers the names of its elements have. */
static void quorum_refresh_filename(BlockDriverState *bs)
{
    QuorumState *s = bs->opaque;
    QList *children = qlist_new();

    for (unsigned i = 0; i < s->n; i++) {
        qlist_append(children, qobject_ref(s->children[i]->bs->full_open_options));
        qdict_del(bs->full_open_options, s->children[i]->name);
    }
    qdict_put(bs->full_open_options, "children", children);
}

static const char *const quorum_strong_opts[] = {"vote-threshold", "blkverify", "rewrite-corrupted",
                                                 "read-pattern", NULL};

static BlockDriver bdrv_quorum = {
    .format_name = "quorum",
    .instance_size = sizeof(QuorumState),
    .is_filter = true,
    .bdrv_open = quorum_open,
    .bdrv_close = quorum_close,
    .bdrv_refresh_filename = quorum_refresh_filename,
    .bdrv_refresh_limits = quorum_refresh_limits,
    .bdrv_child_perm = quorum_child_perm,
    .bdrv_add_child = quorum_add_child,
    .bdrv_del_child = quorum_del_child,
    .bdrv_can_replace = quorum_can_replace,
    .bdrv_has_zero_init = quorum_has_zero_init,
    .bdrv_co_getlength = quorum_co_getlength,
    .bdrv_co_preadv_part = quorum_co_preadv,
    .bdrv_co_pwritev_part = quorum_co_pwritev,
    .bdrv_co_pwrite_zeroes = quorum_co_pwrite_zeroes,
    .bdrv_co_flush = quorum_co_flush,
    .bdrv_co_block_status = quorum_co_block_status,
    .strong_runtime_opts = quorum_strong_opts,
};

static void bdrv_quorum_init(void)
{
    bdrv_register(&bdrv_quorum);
}

block_init(bdrv_quorum_init);
