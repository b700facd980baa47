/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dirty bitmaps that a qcow2 image keeps ("Bitmaps" of the specification). While an image is open
 * for writing, its bitmaps are in memory, and those in the file are marked as in use: after a
 * power failure they are inconsistent, which their owner sees.
 *
 * Stored bitmaps are never changed in place, but for that mark, which lies in one sector. New data,
 * tables and a new directory are on stable storage before the header names them.
 */
#include "qemu/osdep.h"
#include "block/dirty-bitmap.h"
#include "qcow2.h"
#include "qemu/bswap.h"

#define ENTRY_BYTES          24
#define TYPE_DIRTY           1
#define MIN_GRANULARITY_BITS 9
#define MAX_GRANULARITY_BITS 31
/* Bytes of all bitmaps of an image. */
#define MAX_DATA_BYTES (512 * MiB)

enum {
    FLAG_IN_USE = 1,
    FLAG_AUTO = 2,
    FLAGS_KNOWN = FLAG_IN_USE | FLAG_AUTO,
    /* A table's entry without a cluster. */
    TABLE_ALL_ONES = 1,
};

/* One of the directory. */
typedef struct Entry {
    uint64_t pos; /* in the directory */
    uint64_t table_offset;
    uint32_t table_size; /* entries */
    uint32_t flags;
    uint8_t granularity_bits;
    char *name;
} Entry;

static void entry_free(void *opaque)
{
    Entry *e = opaque;

    g_free(e->name);
    g_free(e);
}

/* Bytes of the disk for which a cluster of a bitmap has bits. */
static uint64_t bytes_per_cluster(const Qcow2State *s, int granularity_bits)
{
    return ((uint64_t)s->cluster_size * 8) << granularity_bits;
}

static uint64_t entries_for(const Qcow2State *s, uint64_t bytes, int granularity_bits)
{
    return MAX(DIV_ROUND_UP(bytes, bytes_per_cluster(s, granularity_bits)), 1);
}

static uint64_t table_entries(BlockDriverState *bs, int granularity_bits)
{
    return entries_for(bs->opaque, bs->total_bytes, granularity_bits);
}

/* ---- the directory ---- */

static bool check_entry(BlockDriverState *bs, const Entry *e, uint8_t type, uint32_t extra,
                        Error **errp)
{
    Qcow2State *s = bs->opaque;
    const char *wrong = NULL;

    if (type != TYPE_DIRTY) {
        wrong = "type";
    } else if (extra) {
        wrong = "extra data";
    } else if (e->flags & ~FLAGS_KNOWN) {
        wrong = "flags";
    } else if (!*e->name || strlen(e->name) > BDRV_BITMAP_MAX_NAME_SIZE) {
        wrong = "name";
    } else if (e->granularity_bits < MIN_GRANULARITY_BITS ||
               e->granularity_bits > MAX_GRANULARITY_BITS) {
        wrong = "granularity";
    } else if (!e->table_offset || qcow2_cluster_offset(s, e->table_offset) ||
               e->table_offset > BDRV_MAX_LENGTH / 2) {
        wrong = "offset of the table";
    } else if ((uint64_t)e->table_size << s->cluster_bits > MAX_DATA_BYTES ||
               (!(e->flags & FLAG_IN_USE) &&
                e->table_size < table_entries(bs, e->granularity_bits))) {
        wrong = "size of the table";
    }
    if (wrong) {
        error_setg(errp, "Bitmap '%s' in the image has an invalid %s", e->name, wrong);
    }
    return !wrong;
}

static Entry *parse_entry(BlockDriverState *bs, const uint8_t *dir, uint64_t *pos, uint64_t bytes,
                          Error **errp)
{
    const uint8_t *d = dir + *pos;
    uint64_t left = bytes - *pos, whole;
    uint32_t extra, name;
    Entry *e;

    if (left < ENTRY_BYTES) {
        error_setg(errp, "The bitmap directory is cut off");
        return NULL;
    }
    name = lduw_be_p(d + 18);
    extra = ldl_be_p(d + 20);
    whole = ROUND_UP(ENTRY_BYTES + (uint64_t)extra + name, 8);
    if (whole > left) {
        error_setg(errp, "The bitmap directory is cut off");
        return NULL;
    }
    e = g_new0(Entry, 1);
    e->pos = *pos;
    e->table_offset = ldq_be_p(d);
    e->table_size = ldl_be_p(d + 8);
    e->flags = ldl_be_p(d + 12);
    e->granularity_bits = d[17];
    e->name = g_strndup((const char *)d + ENTRY_BYTES + extra, name);
    *pos += whole;
    if (!check_entry(bs, e, d[16], extra, errp)) {
        entry_free(e);
        return NULL;
    }
    return e;
}

static GPtrArray *coroutine_mixed_fn read_directory(BlockDriverState *bs, Error **errp)
{
    Qcow2State *s = bs->opaque;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(entry_free);
    g_autofree uint8_t *dir = NULL;
    uint64_t pos = 0, data = 0;
    int ret;

    if (!s->nb_bitmaps) {
        return g_steal_pointer(&list);
    }
    if (!qcow2_is_in_file(bs, s->bitmaps_offset, s->bitmaps_bytes, "The bitmap directory", errp)) {
        return NULL;
    }
    dir = g_try_malloc(s->bitmaps_bytes);
    ret = dir ? bdrv_pread(bs->file, s->bitmaps_offset, s->bitmaps_bytes, dir, 0) : -ENOMEM;
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read the bitmap directory");
        return NULL;
    }
    while (pos < s->bitmaps_bytes && list->len <= s->nb_bitmaps) {
        Entry *e = parse_entry(bs, dir, &pos, s->bitmaps_bytes, errp);

        if (!e) {
            return NULL;
        }
        data += (uint64_t)e->table_size << s->cluster_bits;
        g_ptr_array_add(list, e);
    }
    if (list->len != s->nb_bitmaps || pos != s->bitmaps_bytes) {
        error_setg(errp,
                   "The bitmap directory has not as many entries as the header says: %" PRIu32,
                   s->nb_bitmaps);
        return NULL;
    }
    if (data > MAX_DATA_BYTES) {
        error_setg(errp, "The bitmaps of the image are too large: %" PRIu64 " bytes", data);
        return NULL;
    }
    return g_steal_pointer(&list);
}

static Entry *find_entry(GPtrArray *list, const char *name)
{
    for (guint i = 0; i < list->len; i++) {
        Entry *e = list->pdata[i];

        if (!strcmp(e->name, name)) {
            return e;
        }
    }
    return NULL;
}

/* In place: a flag field lies in one sector. They are on stable storage afterwards. */
static int coroutine_mixed_fn mark_in_use(BlockDriverState *bs, GPtrArray *list)
{
    Qcow2State *s = bs->opaque;
    bool changed = false;

    for (guint i = 0; i < list->len; i++) {
        Entry *e = list->pdata[i];
        uint32_t be = cpu_to_be32(e->flags | FLAG_IN_USE);
        int ret;

        if (e->flags & FLAG_IN_USE) {
            continue;
        }
        ret = bdrv_pwrite(bs->file, s->bitmaps_offset + e->pos + 12, sizeof(be), &be, 0);
        if (ret < 0) {
            return ret;
        }
        changed = true;
    }
    return changed ? bdrv_flush(bs->file->bs) : 0;
}

static void put_entry(GByteArray *out, Entry *e)
{
    static const uint8_t zero[8];
    uint8_t h[ENTRY_BYTES] = {0};
    size_t name = strlen(e->name);

    e->pos = out->len;
    stq_be_p(h, e->table_offset);
    stl_be_p(h + 8, e->table_size);
    stl_be_p(h + 12, e->flags);
    h[16] = TYPE_DIRTY;
    h[17] = e->granularity_bits;
    stw_be_p(h + 18, name);
    g_byte_array_append(out, h, sizeof(h));
    g_byte_array_append(out, (const uint8_t *)e->name, name);
    g_byte_array_append(out, zero, -out->len & 7);
}

/* Lock held. The directory becomes @list. Growing counts, data and tables get to the disk first. */
static int coroutine_fn write_directory(BlockDriverState *bs, GPtrArray *list)
{
    Qcow2State *s = bs->opaque;
    g_autoptr(GByteArray) dir = g_byte_array_new();
    uint64_t old_offset = s->bitmaps_offset, old_bytes = s->bitmaps_bytes;
    uint64_t old_autoclear = s->autoclear;
    uint32_t old_nb = s->nb_bitmaps;
    int64_t offset = 0;
    int ret;

    for (guint i = 0; i < list->len; i++) {
        put_entry(dir, list->pdata[i]);
    }
    if (dir->len > QCOW2_MAX_BITMAP_DIRECTORY || list->len > QCOW2_MAX_BITMAPS) {
        return -EFBIG;
    }
    if (dir->len) {
        offset = qcow2_alloc_clusters(bs, dir->len);
        if (offset < 0) {
            return offset;
        }
    }
    ret = qcow2_commit(bs);
    if (ret >= 0 && dir->len) {
        ret = bdrv_co_pwrite(bs->file, offset, dir->len, dir->data, 0);
    }
    if (ret >= 0) {
        ret = bdrv_co_flush(bs->file->bs);
    }
    if (ret < 0) {
        if (dir->len) {
            qcow2_free_later(bs, offset, dir->len, QCOW2_DISCARD_OTHER);
        }
        return ret;
    }
    s->nb_bitmaps = list->len;
    s->bitmaps_offset = offset;
    s->bitmaps_bytes = dir->len;
    s->autoclear = list->len ? s->autoclear | QCOW2_AUTOCLEAR_BITMAPS
                             : s->autoclear & ~(uint64_t)QCOW2_AUTOCLEAR_BITMAPS;
    ret = qcow2_update_header(bs);
    if (ret < 0) {
        s->nb_bitmaps = old_nb;
        s->bitmaps_offset = old_offset;
        s->bitmaps_bytes = old_bytes;
        s->autoclear = old_autoclear;
    } else if (old_bytes) {
        qcow2_free_later(bs, old_offset, old_bytes, QCOW2_DISCARD_OTHER);
    }
    return ret;
}

/* ---- tables ---- */

/* Of one that is behind the end of the file: a table that leads to nothing. */
static uint64_t *coroutine_mixed_fn read_table(BlockDriverState *bs, const Entry *e, Error **errp)
{
    Qcow2State *s = bs->opaque;
    uint64_t bytes = (uint64_t)e->table_size * 8;
    g_autofree uint64_t *table = g_try_malloc0(MAX(bytes, 8));
    bool there = bytes && !qcow2_is_cut_off(bs, e->table_offset, bytes);
    int ret = !table ? -ENOMEM : there ? bdrv_pread(bs->file, e->table_offset, bytes, table, 0) : 0;

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read the table of bitmap '%s'", e->name);
        return NULL;
    }
    for (uint32_t i = 0; i < e->table_size; i++) {
        uint64_t offset;

        table[i] = be64_to_cpu(table[i]);
        offset = table[i] & QCOW2_OFFSET_MASK;
        if ((table[i] & ~(QCOW2_OFFSET_MASK | TABLE_ALL_ONES)) ||
            (offset && (table[i] & TABLE_ALL_ONES)) || qcow2_cluster_offset(s, offset)) {
            error_setg(errp, "Bitmap '%s' has an invalid entry in its table: 0x%" PRIx64, e->name,
                       table[i]);
            return NULL;
        }
    }
    return g_steal_pointer(&table);
}

/* The clusters of the bitmap and its table, when the tables on disk no longer have them. */
static void free_table(BlockDriverState *bs, const Entry *e, const uint64_t *table)
{
    Qcow2State *s = bs->opaque;

    for (uint32_t i = 0; i < e->table_size; i++) {
        if (table[i] & QCOW2_OFFSET_MASK) {
            qcow2_free_later(bs, table[i] & QCOW2_OFFSET_MASK, s->cluster_size,
                             QCOW2_DISCARD_OTHER);
        }
    }
    qcow2_free_later(bs, e->table_offset, (uint64_t)e->table_size * 8, QCOW2_DISCARD_OTHER);
}

/* Bits that are behind the end of the file make it inconsistent: they are not known. */
static bool coroutine_mixed_fn load_data(BlockDriverState *bs, const Entry *e, BdrvDirtyBitmap *bm,
                                         Error **errp)
{
    Qcow2State *s = bs->opaque;
    uint64_t step = bytes_per_cluster(s, e->granularity_bits), pos = 0;
    g_autofree uint64_t *table = read_table(bs, e, errp);
    g_autofree uint8_t *buf = g_malloc(s->cluster_size);

    bool lost = qcow2_is_cut_off(bs, e->table_offset, (uint64_t)e->table_size * 8);

    if (!table) {
        return false;
    }
    for (uint32_t i = 0; i < e->table_size && pos < bs->total_bytes; i++, pos += step) {
        uint64_t n = MIN(step, bs->total_bytes - pos), offset = table[i] & QCOW2_OFFSET_MASK;

        lost |= offset && qcow2_is_cut_off(bs, offset, s->cluster_size);
        if (lost) {
            bdrv_dirty_bitmap_set_inconsistent(bm);
            break;
        }
        if (offset) {
            int ret = bdrv_pread(bs->file, offset, s->cluster_size, buf, 0);

            if (ret < 0) {
                error_setg_errno(errp, -ret, "Could not read bitmap '%s'", e->name);
                return false;
            }
        }
        if (table[i]) {
            bdrv_dirty_bitmap_deserialize_part(bm, offset ? buf : NULL, pos, n);
        }
    }
    bdrv_dirty_bitmap_deserialize_finish(bm);
    return true;
}

/* Lock held. One cluster of the bitmap; *@entry is what the table gets. */
static int coroutine_fn store_part(BlockDriverState *bs, BdrvDirtyBitmap *bm, uint64_t pos,
                                   uint64_t n, uint8_t *buf, uint64_t *entry)
{
    Qcow2State *s = bs->opaque;
    int64_t offset;

    if (bdrv_dirty_bitmap_next_dirty(bm, pos, n) < 0) {
        *entry = 0;
        return 0;
    }
    if (bdrv_dirty_bitmap_next_zero(bm, pos, n) < 0) {
        *entry = TABLE_ALL_ONES;
        return 0;
    }
    offset = qcow2_alloc_clusters(bs, s->cluster_size);
    if (offset < 0) {
        return offset;
    }
    *entry = offset;
    memset(buf, 0, s->cluster_size);
    bdrv_dirty_bitmap_serialize_part(bm, buf, pos, n);
    return bdrv_co_pwrite(bs->file, offset, s->cluster_size, buf, 0);
}

/* Lock held. @bm in new clusters; @e gets its table. */
static int coroutine_fn store_data(BlockDriverState *bs, BdrvDirtyBitmap *bm, Entry *e)
{
    Qcow2State *s = bs->opaque;
    uint64_t step = bytes_per_cluster(s, e->granularity_bits), pos = 0;
    uint64_t size = table_entries(bs, e->granularity_bits);
    g_autofree uint64_t *table = g_new0(uint64_t, size), *disk = g_new0(uint64_t, size);
    g_autofree uint8_t *buf = g_malloc(s->cluster_size);
    int64_t offset = qcow2_alloc_clusters(bs, size * 8);
    int ret = 0;

    if (offset < 0) {
        return offset;
    }
    e->table_offset = offset;
    e->table_size = size;
    for (uint64_t i = 0; i < size && ret >= 0 && pos < bs->total_bytes; i++, pos += step) {
        ret = store_part(bs, bm, pos, MIN(step, bs->total_bytes - pos), buf, &table[i]);
        disk[i] = cpu_to_be64(table[i]);
    }
    if (ret >= 0) {
        ret = bdrv_co_pwrite(bs->file, offset, size * 8, disk, 0);
    }
    if (ret < 0) {
        free_table(bs, e, table);
    }
    return ret;
}

/* ---- loading ---- */

static bool coroutine_mixed_fn load_one(BlockDriverState *bs, const Entry *e, bool use,
                                        Error **errp)
{
    BdrvDirtyBitmap *bm = bdrv_create_dirty_bitmap(bs, 1U << e->granularity_bits, e->name, errp);

    if (!bm) {
        return false;
    }
    bdrv_dirty_bitmap_set_persistence(bm, true);
    bdrv_dirty_bitmap_set_readonly(bm, !use);
    if (e->flags & FLAG_IN_USE) {
        bdrv_dirty_bitmap_set_inconsistent(bm);
        return true;
    }
    if (!(e->flags & FLAG_AUTO)) {
        bdrv_disable_dirty_bitmap(bm);
    }
    return load_data(bs, e, bm, errp);
}

bool qcow2_load_bitmaps(BlockDriverState *bs, bool use, Error **errp)
{
    g_autoptr(GPtrArray) list = read_directory(bs, errp);
    bool ok = list;
    int ret;

    for (guint i = 0; ok && i < list->len; i++) {
        ok = load_one(bs, list->pdata[i], use, errp);
    }
    if (ok && use) {
        ret = mark_in_use(bs, list);
        if (ret < 0) {
            error_setg_errno(errp, -ret, "Could not mark the bitmaps of the image as in use");
            ok = false;
        }
    }
    if (!ok) {
        bdrv_release_persistent_dirty_bitmaps(bs);
    }
    return ok;
}

bool qcow2_bitmaps_to_rw(BlockDriverState *bs, Error **errp)
{
    g_autoptr(GPtrArray) list = read_directory(bs, errp);
    int ret;

    if (!list) {
        return false;
    }
    ret = mark_in_use(bs, list);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not mark the bitmaps of the image as in use");
        return false;
    }
    for (BdrvDirtyBitmap *bm = bdrv_dirty_bitmap_first(bs); bm; bm = bdrv_dirty_bitmap_next(bm)) {
        if (bdrv_dirty_bitmap_get_persistence(bm)) {
            bdrv_dirty_bitmap_set_readonly(bm, false);
        }
    }
    return true;
}

void qcow2_bitmaps_to_ro(BlockDriverState *bs)
{
    for (BdrvDirtyBitmap *bm = bdrv_dirty_bitmap_first(bs); bm; bm = bdrv_dirty_bitmap_next(bm)) {
        if (bdrv_dirty_bitmap_get_persistence(bm)) {
            bdrv_dirty_bitmap_set_readonly(bm, true);
        }
    }
}

/* ---- storing ---- */

static bool is_to_store(BdrvDirtyBitmap *bm)
{
    return bdrv_dirty_bitmap_name(bm) && bdrv_dirty_bitmap_get_persistence(bm) &&
           !bdrv_dirty_bitmap_inconsistent(bm) && !bdrv_dirty_bitmap_readonly(bm) &&
           !bdrv_dirty_bitmap_get_skip_store(bm);
}

/* The tables of stored bitmaps that are replaced. */
typedef struct OldTable {
    Entry e;
    uint64_t *table;
} OldTable;

static void old_table_clear(void *opaque)
{
    g_free(((OldTable *)opaque)->table);
}

typedef struct StoreOp {
    BlockDriverState *bs;
    const char *remove; /* only this one goes; else all that are to be stored are */
    Error **errp;
} StoreOp;

/* Lock held. @bm to the disk, @list with it; its former place into @old. */
static bool coroutine_fn store_one(BlockDriverState *bs, BdrvDirtyBitmap *bm, GPtrArray *list,
                                   GArray *old, GPtrArray *fresh, Error **errp)
{
    Entry *e = find_entry(list, bdrv_dirty_bitmap_name(bm));
    int ret;

    if (e) {
        OldTable o = {*e, read_table(bs, e, errp)};

        if (!o.table) {
            return false;
        }
        g_array_append_val(old, o);
    } else {
        e = g_new0(Entry, 1);
        e->name = g_strdup(bdrv_dirty_bitmap_name(bm));
        g_ptr_array_add(list, e);
    }
    e->granularity_bits = ctz32(bdrv_dirty_bitmap_granularity(bm));
    e->flags = bdrv_dirty_bitmap_enabled(bm) ? FLAG_AUTO : 0;
    ret = store_data(bs, bm, e);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not write bitmap '%s'", e->name);
        return false;
    }
    g_ptr_array_add(fresh, e);
    return true;
}

static bool coroutine_fn store_locked(StoreOp *op)
{
    BlockDriverState *bs = op->bs;
    g_autoptr(GPtrArray) list = read_directory(bs, op->errp), fresh = g_ptr_array_new();
    g_autoptr(GArray) old = g_array_new(false, false, sizeof(OldTable));
    Entry *gone = NULL;
    bool ok = list;
    int ret;

    g_array_set_clear_func(old, old_table_clear);
    if (list && op->remove) {
        gone = find_entry(list, op->remove);
        if (gone) {
            /* One that cannot be read goes, too; what it referred to is a leak. */
            OldTable o = {*gone, read_table(bs, gone, NULL)};

            if (!o.table) {
                o.e.table_size = 0;
            }
            g_array_append_val(old, o);
            g_ptr_array_remove(list, gone);
        }
    } else if (list) {
        for (BdrvDirtyBitmap *bm = bdrv_dirty_bitmap_first(bs); ok && bm;
             bm = bdrv_dirty_bitmap_next(bm)) {
            ok = !is_to_store(bm) || store_one(bs, bm, list, old, fresh, op->errp);
        }
    }
    for (guint i = 0; !ok && i < fresh->len; i++) {
        g_autofree uint64_t *table = read_table(bs, fresh->pdata[i], NULL);

        if (table) {
            free_table(bs, fresh->pdata[i], table);
        }
    }
    if (ok && (old->len || fresh->len)) {
        ret = write_directory(bs, list);
        if (ret < 0) {
            /* The header may name either directory: both stay counted. */
            error_setg_errno(op->errp, -ret, "Could not write the bitmap directory");
            ok = false;
        }
    }
    for (guint i = 0; ok && i < old->len; i++) {
        OldTable *o = &g_array_index(old, OldTable, i);

        free_table(bs, &o->e, o->table);
    }
    /* What cannot be freed now is a leak. */
    qcow2_commit(bs);
    return ok;
}

static int coroutine_fn store_entry(void *opaque)
{
    StoreOp *op = opaque;
    Qcow2State *s = op->bs->opaque;
    bool ok;

    qemu_co_mutex_lock(&s->lock);
    ok = store_locked(op);
    qemu_co_mutex_unlock(&s->lock);
    return ok ? 0 : -EIO;
}

bool qcow2_store_bitmaps(BlockDriverState *bs, bool release, Error **errp)
{
    StoreOp op = {.bs = bs, .errp = errp};
    BdrvDirtyBitmap *bm;
    bool any = false;

    for (bm = bdrv_dirty_bitmap_first(bs); bm; bm = bdrv_dirty_bitmap_next(bm)) {
        any |= is_to_store(bm);
    }
    if (any && bdrv_run_co(bs, store_entry, &op) < 0) {
        return false;
    }
    if (release) {
        bdrv_release_persistent_dirty_bitmaps(bs);
    }
    return true;
}

bool qcow2_remove_bitmap(BlockDriverState *bs, const char *name, Error **errp)
{
    StoreOp op = {.bs = bs, .remove = name, .errp = errp};

    return bdrv_run_co(bs, store_entry, &op) >= 0;
}

/* ---- questions ---- */

bool qcow2_supports_bitmaps(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;

    return s->version >= 3;
}

bool qcow2_bitmaps_can_resize(BlockDriverState *bs, uint64_t size, Error **errp)
{
    Qcow2State *s = bs->opaque;
    uint64_t data = 0;

    for (BdrvDirtyBitmap *bm = bdrv_dirty_bitmap_first(bs); bm; bm = bdrv_dirty_bitmap_next(bm)) {
        if (!bdrv_dirty_bitmap_get_persistence(bm)) {
            continue;
        }
        if (!bdrv_dirty_bitmap_check(bm, BDRV_BITMAP_DEFAULT, errp)) {
            return false;
        }
        if (!size) {
            error_setg(errp, "Dirty bitmap '%s' cannot be kept in an image without size",
                       bdrv_dirty_bitmap_name(bm));
            return false;
        }
        data += entries_for(s, size, ctz32(bdrv_dirty_bitmap_granularity(bm))) << s->cluster_bits;
        if (data > MAX_DATA_BYTES) {
            error_setg(errp,
                       "Dirty bitmaps, up to '%s', would be too large for a disk of %" PRIu64
                       " bytes: without it, or with a larger granularity, it can be",
                       bdrv_dirty_bitmap_name(bm), size);
            return false;
        }
    }
    return true;
}

/* Bitmaps that the image will have. */
static uint32_t count_bitmaps(BlockDriverState *bs, uint64_t *data)
{
    uint32_t n = 0;

    *data = 0;
    for (BdrvDirtyBitmap *bm = bdrv_dirty_bitmap_first(bs); bm; bm = bdrv_dirty_bitmap_next(bm)) {
        if (bdrv_dirty_bitmap_get_persistence(bm)) {
            Qcow2State *s = bs->opaque;

            n++;
            *data += table_entries(bs, ctz32(bdrv_dirty_bitmap_granularity(bm))) << s->cluster_bits;
        }
    }
    return n;
}

bool qcow2_can_store_new_bitmap(BlockDriverState *bs, const char *name, uint32_t granularity,
                                Error **errp)
{
    ERRP_GUARD();
    Qcow2State *s = bs->opaque;
    uint64_t data;
    uint32_t n = count_bitmaps(bs, &data);

    if (s->version < 3) {
        error_setg(errp, "Cannot store dirty bitmaps in qcow2 v2 files");
    } else if (bdrv_is_read_only(bs)) {
        error_setg(errp, "The node is read-only");
    } else if (!bs->total_bytes) {
        error_setg(errp, "A disk without size has no bits");
    } else if (!granularity || (granularity & (granularity - 1)) ||
               granularity < 1U << MIN_GRANULARITY_BITS ||
               granularity > 1U << MAX_GRANULARITY_BITS) {
        error_setg(errp, "Granularity must be a power of 2 from %u to %u, not %" PRIu32,
                   1U << MIN_GRANULARITY_BITS, 1U << MAX_GRANULARITY_BITS, granularity);
    } else if (strlen(name) > BDRV_BITMAP_MAX_NAME_SIZE) {
        error_setg(errp, "Its name is longer than %d bytes", BDRV_BITMAP_MAX_NAME_SIZE);
    } else if (n >= QCOW2_MAX_BITMAPS) {
        error_setg(errp, "Maximum number of persistent bitmaps is already reached");
    } else if (data + (table_entries(bs, ctz32(granularity)) << s->cluster_bits) > MAX_DATA_BYTES) {
        error_setg(errp, "Too much space will be occupied by the bitmap. Use larger granularity");
    } else {
        return true;
    }
    error_prepend(errp, "Can't make bitmap '%s' persistent in '%s': ", name, bdrv_shown_name(bs));
    return false;
}

bool qcow2_query_bitmaps(BlockDriverState *bs, Qcow2BitmapInfoList **result, Error **errp)
{
    g_autoptr(GPtrArray) list = read_directory(bs, errp);
    Qcow2BitmapInfoList **tail = result;

    for (guint i = 0; list && i < list->len; i++) {
        Entry *e = list->pdata[i];
        Qcow2BitmapInfo *info = g_new0(Qcow2BitmapInfo, 1);
        Qcow2BitmapInfoFlagsList **flags = &info->flags;

        info->name = g_strdup(e->name);
        info->granularity = 1U << e->granularity_bits;
        if (e->flags & FLAG_IN_USE) {
            QAPI_LIST_APPEND(flags, QCOW2_BITMAP_INFO_FLAGS_IN_USE);
        }
        if (e->flags & FLAG_AUTO) {
            QAPI_LIST_APPEND(flags, QCOW2_BITMAP_INFO_FLAGS_AUTO);
        }
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

int coroutine_fn qcow2_walk_bitmaps(BlockDriverState *bs, Qcow2RefFunc *ref, void *opaque,
                                    Error **errp)
{
    Qcow2State *s = bs->opaque;
    g_autoptr(GPtrArray) list = read_directory(bs, errp);

    if (!list) {
        return -EINVAL;
    }
    if (s->nb_bitmaps) {
        ref(opaque, s->bitmaps_offset, s->bitmaps_bytes, "bitmap directory");
    }
    for (guint i = 0; i < list->len; i++) {
        Entry *e = list->pdata[i];
        g_autofree uint64_t *table = read_table(bs, e, errp);

        if (!table) {
            return -EINVAL;
        }
        ref(opaque, e->table_offset, (uint64_t)e->table_size * 8, "bitmap table");
        for (uint32_t n = 0; n < e->table_size; n++) {
            if (table[n] & QCOW2_OFFSET_MASK) {
                ref(opaque, table[n] & QCOW2_OFFSET_MASK, s->cluster_size, "bitmap");
            }
        }
    }
    return 0;
}
