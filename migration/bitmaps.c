/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dirty bitmaps in the stream of a saved machine (capability "dirty-bitmaps"). The section has the
 * number of bitmaps; then of each the aliases of its node and of itself, what it is like, and its
 * bits in chunks of CHUNK_GRANULES: a length, 0 for a clean one, and that many bytes.
 *
 * A bitmap that this machine has no place for is left out, with a warning: it is worth a full
 * backup, not the guest.
 */
#include "qemu/osdep.h"
#include "block/dirty-bitmap.h"
#include "migration/misc.h"
#include "migration/options.h"
#include "migration/qemu-file.h"
#include "migration/vmstate.h"
#include "qemu/error-report.h"

#define CHUNK_BYTES    (64 * 1024)
#define CHUNK_GRANULES (CHUNK_BYTES * 8)

enum { FLAG_ENABLED = 1, FLAG_PERSISTENT = 2 };

/* ---- aliases ---- */

/* The nodes that have other names in the stream; all have their own where nothing is set. */
typedef struct Mapping {
    MigrationParameters *params;
    bool all;
    const BitmapMigrationNodeAliasList *nodes;
} Mapping;

static void mapping_read(Mapping *m)
{
    m->params = migrate_parameters();
    m->all = !m->params->has_block_bitmap_mapping;
    m->nodes = m->params->block_bitmap_mapping;
}

static void mapping_clear(Mapping *m)
{
    qapi_free_MigrationParameters(m->params);
}

static const BitmapMigrationNodeAlias *mapping_node(const Mapping *m, const char *name,
                                                    bool by_alias)
{
    for (const BitmapMigrationNodeAliasList *e = m->nodes; e; e = e->next) {
        if (!strcmp(by_alias ? e->value->alias : e->value->node_name, name)) {
            return e->value;
        }
    }
    return NULL;
}

static const BitmapMigrationBitmapAlias *node_bitmap(const BitmapMigrationNodeAlias *node,
                                                     const char *name, bool by_alias)
{
    for (const BitmapMigrationBitmapAliasList *e = node->bitmaps; e; e = e->next) {
        if (!strcmp(by_alias ? e->value->alias : e->value->name, name)) {
            return e->value;
        }
    }
    return NULL;
}

static bool wanted_persistence(const BitmapMigrationBitmapAlias *alias, bool as_it_is)
{
    return alias && alias->transform && alias->transform->has_persistent
               ? alias->transform->persistent
               : as_it_is;
}

/* ---- saving ---- */

typedef struct SavedBitmap {
    BdrvDirtyBitmap *bitmap;
    int64_t size;      /* of the node */
    char *node, *name; /* aliases */
    bool persistent;
} SavedBitmap;

static void saved_bitmap_clear(void *opaque)
{
    SavedBitmap *b = opaque;

    g_free(b->node);
    g_free(b->name);
}

static bool add_bitmap(GArray *list, const Mapping *m, BlockDriverState *bs, BdrvDirtyBitmap *bm,
                       Error **errp)
{
    const char *name = bdrv_dirty_bitmap_name(bm);
    const BitmapMigrationNodeAlias *node =
        m->all ? NULL : mapping_node(m, bdrv_get_node_name(bs), false);
    const BitmapMigrationBitmapAlias *alias = node && name ? node_bitmap(node, name, false) : NULL;
    SavedBitmap b = {.bitmap = bm, .size = bdrv_dirty_bitmap_size(bm)};

    if (!name || (!m->all && !alias)) {
        return true; /* that of a job, or not asked for */
    }
    b.node = g_strdup(node ? node->alias : bdrv_get_device_or_node_name(bs));
    b.name = g_strdup(alias ? alias->alias : name);
    b.persistent = wanted_persistence(alias, bdrv_dirty_bitmap_get_persistence(bm));
    g_array_append_val(list, b);
    if (strlen(b.name) > 255) {
        error_setg(errp,
                   "bitmap '%s' of node '%s': a name in the saved state has 255 characters "
                   "at most; block-bitmap-mapping gives it another",
                   name, b.node);
        return false;
    }
    return bdrv_dirty_bitmap_check(bm, BDRV_BITMAP_BUSY | BDRV_BITMAP_INCONSISTENT, errp);
}

/* All that go into the stream. */
static bool collect(GArray *list, const Mapping *m, Error **errp)
{
    for (BlockDriverState *bs = bdrv_next_node(NULL); bs; bs = bdrv_next_node(bs)) {
        for (BdrvDirtyBitmap *bm = bdrv_dirty_bitmap_first(bs); bm;
             bm = bdrv_dirty_bitmap_next(bm)) {
            if (!add_bitmap(list, m, bs, bm, errp)) {
                return false;
            }
        }
    }
    return true;
}

static void put_bits(QEMUFile *f, const SavedBitmap *b)
{
    int64_t step = (int64_t)CHUNK_GRANULES * bdrv_dirty_bitmap_granularity(b->bitmap);
    g_autofree uint8_t *buf = g_malloc(CHUNK_BYTES);

    for (int64_t at = 0; at < b->size; at += step) {
        int64_t n = MIN(step, b->size - at);
        uint32_t bytes = bdrv_dirty_bitmap_serialization_size(b->bitmap, at, n);

        if (bdrv_dirty_bitmap_next_dirty(b->bitmap, at, n) < 0) {
            qemu_put_be32(f, 0);
        } else {
            bdrv_dirty_bitmap_serialize_part(b->bitmap, buf, at, n);
            qemu_put_be32(f, bytes);
            qemu_put_buffer(f, buf, bytes);
        }
    }
}

static int put_bitmaps(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    g_autoptr(GArray) list = g_array_new(false, false, sizeof(SavedBitmap));
    Error *err = NULL;
    Mapping m;

    g_array_set_clear_func(list, saved_bitmap_clear);
    mapping_read(&m);
    if (!collect(list, &m, &err)) {
        qemu_file_set_error_obj(f, -EINVAL, err);
        g_array_set_size(list, 0);
    }
    mapping_clear(&m);
    qemu_put_be32(f, list->len);
    for (guint i = 0; i < list->len; i++) {
        SavedBitmap *b = &g_array_index(list, SavedBitmap, i);

        qemu_put_counted_string(f, b->node);
        qemu_put_counted_string(f, b->name);
        qemu_put_byte(f, (bdrv_dirty_bitmap_enabled(b->bitmap) ? FLAG_ENABLED : 0) |
                             (b->persistent ? FLAG_PERSISTENT : 0));
        qemu_put_be32(f, bdrv_dirty_bitmap_granularity(b->bitmap));
        qemu_put_be64(f, b->size);
        put_bits(f, b);
    }
    return 0; /* the file has the error */
}

/* ---- loading ---- */

typedef struct LoadedBitmap {
    char node[256], name[256]; /* aliases */
    uint8_t flags;
    uint32_t granularity;
    int64_t size;
    bool persistent;
} LoadedBitmap;

static BlockDriverState *find_node(const Mapping *m, LoadedBitmap *b, const char **name,
                                   Error **errp)
{
    const BitmapMigrationNodeAlias *node = m->all ? NULL : mapping_node(m, b->node, true);
    const BitmapMigrationBitmapAlias *alias = node ? node_bitmap(node, b->name, true) : NULL;

    if (!m->all && !alias) {
        error_setg(errp, "block-bitmap-mapping does not have it");
        return NULL;
    }
    *name = alias ? alias->name : b->name;
    b->persistent = wanted_persistence(alias, b->flags & FLAG_PERSISTENT);
    return bdrv_lookup_bs(node ? NULL : b->node, node ? node->node_name : b->node, errp);
}

/* What the image itself kept is of the same moment or older. */
static bool make_room(BlockDriverState *bs, const char *name, Error **errp)
{
    BdrvDirtyBitmap *old = bdrv_find_dirty_bitmap(bs, name);

    if (old && (!bdrv_dirty_bitmap_get_persistence(old) || bdrv_dirty_bitmap_busy(old))) {
        error_setg(errp, "there is a bitmap '%s' already", name);
        return false;
    }
    if (!old) {
        return true;
    }
    bdrv_release_dirty_bitmap(old);
    return bdrv_remove_persistent_dirty_bitmap(bs, name, errp);
}

/* NULL and @errp when it has no place here. */
static BdrvDirtyBitmap *make_bitmap(const Mapping *m, LoadedBitmap *b, Error **errp)
{
    const char *name;
    BlockDriverState *bs = find_node(m, b, &name, errp);
    BdrvDirtyBitmap *bm;

    if (!bs) {
        return NULL;
    }
    if (bdrv_getlength(bs) != b->size) {
        error_setg(errp, "it is of a disk of %" PRId64 " bytes, node '%s' has %" PRId64, b->size,
                   bdrv_get_node_name(bs), bdrv_getlength(bs));
        return NULL;
    }
    if (!make_room(bs, name, errp) ||
        (b->persistent && !bdrv_can_store_new_dirty_bitmap(bs, name, b->granularity, errp))) {
        return NULL;
    }
    bm = bdrv_create_dirty_bitmap(bs, b->granularity, name, errp);
    if (bm) {
        bdrv_dirty_bitmap_set_persistence(bm, b->persistent);
        if (!(b->flags & FLAG_ENABLED)) {
            bdrv_disable_dirty_bitmap(bm);
        }
    }
    return bm;
}

/* @bm NULL: they are passed over. */
static int get_bits(QEMUFile *f, const LoadedBitmap *b, BdrvDirtyBitmap *bm)
{
    int64_t step = (int64_t)CHUNK_GRANULES * b->granularity;
    g_autofree uint8_t *buf = g_malloc(CHUNK_BYTES);

    for (int64_t at = 0; at < b->size; at += MIN(step, b->size - at)) {
        int64_t n = MIN(step, b->size - at);
        uint32_t bytes = qemu_get_be32(f);

        if (bytes > CHUNK_BYTES ||
            (bytes && bm && bytes != bdrv_dirty_bitmap_serialization_size(bm, at, n))) {
            return -EINVAL;
        }
        if (qemu_get_buffer(f, buf, bytes) != bytes || qemu_file_get_error(f)) {
            return -EIO;
        }
        if (bytes && bm) {
            bdrv_dirty_bitmap_deserialize_part(bm, buf, at, n);
        }
    }
    if (bm) {
        bdrv_dirty_bitmap_deserialize_finish(bm);
    }
    return 0;
}

static int get_bitmap(QEMUFile *f, const Mapping *m)
{
    LoadedBitmap b;
    BdrvDirtyBitmap *bm;
    Error *err = NULL;

    qemu_get_counted_string(f, b.node);
    qemu_get_counted_string(f, b.name);
    b.flags = qemu_get_byte(f);
    b.granularity = qemu_get_be32(f);
    b.size = qemu_get_be64(f);
    if (qemu_file_get_error(f)) {
        return -EIO;
    }
    if (!is_power_of_2(b.granularity) || b.granularity < BDRV_SECTOR_SIZE || b.size < 0) {
        return -EINVAL;
    }
    bm = make_bitmap(m, &b, &err);
    if (!bm) {
        warn_reportf_err(err, "bitmap '%s' of '%s' in the saved state is left out: ", b.name,
                         b.node);
    }
    return get_bits(f, &b, bm);
}

static int get_bitmaps(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    uint32_t count = qemu_get_be32(f);
    int ret = 0;
    Mapping m;

    mapping_read(&m);
    for (uint32_t i = 0; i < count && ret == 0; i++) {
        ret = get_bitmap(f, &m);
    }
    mapping_clear(&m);
    return ret;
}

/* ---- the section ---- */

/* Not of snapshots: those go back in time, which bitmaps must not. */
static bool bitmaps_needed(void *opaque)
{
    return migrate_capability_enabled(MIGRATION_CAPABILITY_DIRTY_BITMAPS) && migration_is_running();
}

static const VMStateInfo bitmaps_info = {
    .name = "bitmaps",
    .get = get_bitmaps,
    .put = put_bitmaps,
};

static const VMStateDescription vmstate_bitmaps = {
    .name = "dirty-bitmap",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = bitmaps_needed,
    .fields =
        (const VMStateField[]){
            {.name = "bitmaps", .size = 1, .info = &bitmaps_info, .flags = VMS_SINGLE},
            VMSTATE_END_OF_LIST(),
        },
};

void migration_bitmaps_init(void)
{
    static char nothing; /* nodes are looked for when it is time */

    vmstate_register(NULL, 0, &vmstate_bitmaps, &nothing);
}
