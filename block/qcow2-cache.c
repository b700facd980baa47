/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of a qcow2 image in memory: slices of level 2 tables, or refcount blocks, in the byte
 * order of the file. Changed ones stay until they are written by qcow2_commit(); only clean ones
 * are thrown out to make room.
 */
#include "qemu/osdep.h"
#include "qcow2.h"

typedef struct Table {
    uint64_t offset;
    void *data;
    bool dirty;
    bool used; /* since qcow2_cache_clean() */
    QTAILQ_ENTRY(Table) lru;
} Table;

struct Qcow2Cache {
    BlockDriverState *bs;
    uint64_t size; /* of a table, a power of two */
    unsigned max;
    unsigned dirty;
    GHashTable *tables;       /* by offset */
    QTAILQ_HEAD(, Table) lru; /* least recently used first */
};

static void table_free(void *opaque)
{
    Table *t = opaque;

    qemu_vfree(t->data);
    g_free(t);
}

static unsigned table_limit(const Qcow2Cache *c, uint64_t bytes)
{
    return MIN(MAX(bytes / c->size, QCOW2_CACHE_MIN), UINT_MAX);
}

Qcow2Cache *qcow2_cache_new(BlockDriverState *bs, uint64_t bytes, uint64_t size)
{
    Qcow2Cache *c = g_new0(Qcow2Cache, 1);

    c->bs = bs;
    c->size = size;
    c->max = table_limit(c, bytes);
    c->tables = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, table_free);
    QTAILQ_INIT(&c->lru);
    return c;
}

void qcow2_cache_free(Qcow2Cache *c)
{
    if (c) {
        g_hash_table_unref(c->tables);
        g_free(c);
    }
}

void qcow2_cache_clear(Qcow2Cache *c)
{
    g_hash_table_remove_all(c->tables);
    QTAILQ_INIT(&c->lru);
    c->dirty = 0;
}

bool qcow2_cache_is_dirty(Qcow2Cache *c)
{
    return c->dirty;
}

bool qcow2_cache_is_full(Qcow2Cache *c)
{
    return c->dirty >= c->max;
}

static void remove_table(Qcow2Cache *c, Table *t)
{
    c->dirty -= t->dirty;
    QTAILQ_REMOVE(&c->lru, t, lru);
    g_hash_table_remove(c->tables, &t->offset);
}

/* Down to the limit; what is dirty may go beyond it until the next commit. */
static void shrink(Qcow2Cache *c)
{
    Table *t, *next;

    QTAILQ_FOREACH_SAFE (t, &c->lru, lru, next) {
        if (g_hash_table_size(c->tables) < c->max) {
            break;
        }
        if (!t->dirty) {
            remove_table(c, t);
        }
    }
}

void qcow2_cache_clean(Qcow2Cache *c)
{
    Table *t, *next;

    QTAILQ_FOREACH_SAFE (t, &c->lru, lru, next) {
        if (!t->used && !t->dirty) {
            remove_table(c, t);
        } else {
            t->used = false;
        }
    }
}

unsigned qcow2_cache_count(const Qcow2Cache *c)
{
    return g_hash_table_size(c->tables);
}

static Table *add_table(Qcow2Cache *c, uint64_t offset)
{
    Table *t;

    shrink(c);
    t = g_new0(Table, 1);
    t->data = qemu_try_blockalign(c->bs->file->bs, c->size);
    if (!t->data) {
        g_free(t);
        return NULL;
    }
    t->offset = offset;
    t->used = true;
    g_hash_table_insert(c->tables, &t->offset, t);
    QTAILQ_INSERT_TAIL(&c->lru, t, lru);
    return t;
}

int coroutine_mixed_fn qcow2_cache_get(Qcow2Cache *c, uint64_t offset, void **table)
{
    Qcow2State *s = c->bs->opaque;
    Table *t = g_hash_table_lookup(c->tables, &offset);
    int ret;

    if (t) {
        QTAILQ_REMOVE(&c->lru, t, lru);
        QTAILQ_INSERT_TAIL(&c->lru, t, lru);
        t->used = true;
        *table = t->data;
        return 0;
    }
    if (!offset || (offset & (c->size - 1))) {
        return -EIO;
    }
    if (qcow2_is_cut_off(c->bs, offset, c->size)) {
        qcow2_signal_corruption(c->bs, offset, c->size, "%s is behind the end of the file",
                                c == s->l2_cache ? "an L2 table" : "a refcount block");
        return -EIO;
    }
    t = add_table(c, offset);
    if (!t) {
        return -ENOMEM;
    }
    qcow2_event(c->bs, c == s->l2_cache ? BLKDBG_L2_LOAD : BLKDBG_REFBLOCK_LOAD);
    ret = bdrv_pread(c->bs->file, offset, c->size, t->data, 0);
    if (ret < 0) {
        remove_table(c, t);
        return ret;
    }
    *table = t->data;
    return 0;
}

int coroutine_mixed_fn qcow2_cache_new_table(Qcow2Cache *c, uint64_t offset, void **table)
{
    Table *t = g_hash_table_lookup(c->tables, &offset);
    int ret;

    if (!t) {
        t = add_table(c, offset);
    }
    if (!t) {
        return -ENOMEM;
    }
    memset(t->data, 0, c->size);
    /* That there is no room is an error of this request, not of the commit of all that were done.
     */
    ret = bdrv_pwrite(c->bs->file, offset, c->size, t->data, 0);
    if (ret < 0) {
        remove_table(c, t);
        return ret;
    }
    qcow2_cache_mark_dirty(c, offset);
    *table = t->data;
    return 0;
}

void qcow2_cache_mark_dirty(Qcow2Cache *c, uint64_t offset)
{
    Table *t = g_hash_table_lookup(c->tables, &offset);

    /* Only what was got just now is marked. */
    g_assert(t);
    c->dirty += !t->dirty;
    t->dirty = true;
}

void qcow2_cache_drop(Qcow2Cache *c, uint64_t offset)
{
    Qcow2State *s = c->bs->opaque;

    for (uint64_t at = offset; at < offset + s->cluster_size; at += c->size) {
        Table *t = g_hash_table_lookup(c->tables, &at);

        if (t) {
            remove_table(c, t);
        }
    }
}

int coroutine_mixed_fn qcow2_cache_write(Qcow2Cache *c)
{
    Qcow2State *s = c->bs->opaque;
    unsigned ignore = c == s->l2_cache ? 1u << QCOW2_OL_ACTIVE_L2 | 1u << QCOW2_OL_INACTIVE_L2
                                       : 1u << QCOW2_OL_REFBLOCK;
    Table *t;

    if (!c->dirty) {
        return 0;
    }
    QTAILQ_FOREACH (t, &c->lru, lru) {
        int ret;

        if (!t->dirty) {
            continue;
        }
        ret = qcow2_check_overlap(c->bs, ignore, t->offset, c->size);
        if (ret < 0) {
            return ret;
        }
        qcow2_event(c->bs, c == s->l2_cache ? BLKDBG_L2_UPDATE : BLKDBG_REFBLOCK_UPDATE_PART);
        ret = bdrv_pwrite(c->bs->file, t->offset, c->size, t->data, 0);
        if (ret < 0) {
            return ret;
        }
        t->dirty = false;
        c->dirty--;
    }
    return 0;
}
