/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image with a model of it, see qcow2-rig.h: making it, and comparing. */
#include "qemu/osdep.h"
#include "crypto/secret.h"
#include "qcow2-rig.h"
#include "qemu/module.h"
#include "qom/object.h"
#include "block/dirty-bitmap.h"
#include "qemu/bswap.h"
#include "qobject/qdict.h"

/* The id of the object that has the passphrase of encrypted images. */
#define SECRET "rig-secret"

const RigConfig rig_configs[] = {
    {"64k", 16, 16, 8, .snapshot = true},
    {"64k-backing", 16, 16, 8, .backing = true, .snapshot = true},
    {"64k-fresh", 16, 16, 6},
    {"lazy", 16, 16, 8, "lazy_refcounts", "on", .snapshot = true},
    {"lazy-512", 9, 64, 80, "lazy_refcounts", "on", .backing = true, .cache_size = "16k"},
    {"zstd", 12, 8, 16, "compression_type", "zstd", .snapshot = true},
    {"v2", 12, 16, 16, "compat", "0.10", .snapshot = true},
    {"512", 9, 16, 80, .snapshot = true},
    {"512-direct", 9, 16, 80, .backing = true, .align = 512},
    {"512-refcount64", 9, 64, 80, .snapshot = true, .cache_size = "4096", .filler = 3880},
    {"refcount1", 9, 1, 80, .backing = true},
    {"refcount2", 12, 2, 16, .snapshot = true},
    {"4k-small-cache", 12, 32, 24, .backing = true, .snapshot = true, .cache_size = "32k"},
    {"2M", 21, 16, 4, .snapshot = true},
    {"slices", 12, 16, 80, .snapshot = true, .entry_size = "512"},
    {"slices-lazy", 14, 16, 72, "lazy_refcounts", "on", .subclusters = true, .entry_size = "512"},
    {"subclusters", 14, 16, 8, .subclusters = true, .snapshot = true},
    {"subclusters-backing", 16, 16, 6, .subclusters = true, .backing = true, .snapshot = true},
    {"subclusters-2M", 21, 16, 4, .subclusters = true, .snapshot = true, .cache_size = "8M"},
    {"subclusters-data-file", 14, 16, 8, .subclusters = true, .data_file = true},
    {"luks", 16, 16, 6, .luks = true, .snapshot = true},
    {"luks-backing", 14, 16, 8, .luks = true, .backing = true},
    {"luks-subclusters", 14, 16, 8, .luks = true, .subclusters = true, .snapshot = true},
    {"zstd-subclusters", 14, 16, 8, "compression_type", "zstd", .subclusters = true,
     .snapshot = true},
    {"no-unref", 12, 16, 16, .no_unref = true, .snapshot = true},
    {"subclusters-no-unref", 14, 16, 8, .subclusters = true, .no_unref = true, .backing = true},
    {"data-file", 12, 16, 16, .data_file = true},
    {"data-file-backing", 16, 16, 8, .backing = true, .data_file = true},
    {"data-file-raw", 9, 16, 80, .data_file = true, .raw = true},
};
const int rig_n_configs = ARRAY_SIZE(rig_configs);

bool rig_share(int argc, char **argv, int *first, int *step)
{
    *first = 0;
    *step = 1;
    if (argc > 1 && (sscanf(argv[1], "%d/%d", first, step) != 2 || *first < 0 || *step < 1)) {
        fprintf(stderr, "%s: '%s' is not of the form N/M\n", argv[0], argv[1]);
        return false;
    }
    return true;
}

/* ---- states ---- */

static void view_copy(RigView *to, const RigView *from, int64_t room)
{
    to->sectors = from->sectors;
    to->data = g_malloc0(room);
    to->own = g_new0(bool, room);
    memcpy(to->data, from->data, room);
    memcpy(to->own, from->own, room);
}

static void view_free(RigView *v)
{
    g_free(v->data);
    g_free(v->own);
}

static void snapshot_free(gpointer p)
{
    RigSnapshot *sn = p;

    g_free(sn->name);
    view_free(&sn->view);
    g_free(sn);
}

static int64_t room; /* sectors that a view has room for */

static RigState *state_new(void)
{
    RigState *st = g_new0(RigState, 1);

    st->disk = (RigView){0, g_malloc0(room), g_new0(bool, room)};
    st->base = (RigView){0, g_malloc0(room), g_new0(bool, room)};
    st->snapshots = g_ptr_array_new_with_free_func(snapshot_free);
    st->backing_name = g_strdup("");
    return st;
}

RigState *rig_state_copy(const RigState *st)
{
    RigState *copy = g_new0(RigState, 1);

    view_copy(&copy->disk, &st->disk, room);
    view_copy(&copy->base, &st->base, room);
    copy->snapshots = g_ptr_array_new_with_free_func(snapshot_free);
    copy->backing_name = g_strdup(st->backing_name);
    copy->marked = st->marked ? g_memdup2(st->marked, room) : NULL;
    for (guint i = 0; i < st->snapshots->len; i++) {
        RigSnapshot *from = st->snapshots->pdata[i], *to = g_new0(RigSnapshot, 1);

        to->name = g_strdup(from->name);
        view_copy(&to->view, &from->view, room);
        g_ptr_array_add(copy->snapshots, to);
    }
    return copy;
}

void rig_state_free(RigState *st)
{
    if (st) {
        view_free(&st->disk);
        view_free(&st->base);
        g_ptr_array_unref(st->snapshots);
        g_free(st->backing_name);
        g_free(st->marked);
        g_free(st);
    }
}

/* What @v reads as at sector @s. */
static uint8_t shown(const RigState *st, const RigView *v, int64_t s)
{
    if (s >= v->sectors) {
        return 0;
    }
    return v->own[s] ? v->data[s] : s < st->base.sectors ? st->base.data[s] : 0;
}

uint8_t *rig_shown(const RigState *st)
{
    uint8_t *values = g_malloc0(room);

    for (int64_t s = 0; s < st->disk.sectors; s++) {
        values[s] = shown(st, &st->disk, s);
    }
    return values;
}

/* ---- the image ---- */

BlockBackend *rig_open_image(Rig *r, int slot, int flags, Error **errp)
{
    QDict *opts = qdict_new();

    qdict_put_str(opts, "driver", "qcow2");
    qdict_put_str(opts, "file.driver", "tape");
    qdict_put_int(opts, "file.slot", slot);
    qdict_put_int(opts, "file.align", MAX(r->cfg->align, 1));
    if (r->cfg->cache_size && slot == 0) {
        qdict_put_str(opts, "cache-size", r->cfg->cache_size);
    }
    if (r->cfg->entry_size) {
        qdict_put_str(opts, "l2-cache-entry-size", r->cfg->entry_size);
    }
    if (r->cfg->no_unref && slot == 0) {
        qdict_put_str(opts, "discard-no-unref", "on");
    }
    if (r->cfg->data_file && slot == 0) {
        qdict_put_str(opts, "data-file.driver", "tape");
        qdict_put_str(opts, "data-file.slot", "2");
        qdict_put_int(opts, "data-file.align", MAX(r->cfg->align, 1));
    }
    if (r->cfg->luks) {
        qdict_put_str(opts, "encrypt.key-secret", SECRET);
    }
    if (r->cfg->backing && slot == 0 && !(flags & BDRV_O_NO_BACKING)) {
        if (r->cfg->luks) {
            qdict_put_str(opts, "backing.encrypt.key-secret", SECRET);
        }
        qdict_put_str(opts, "backing.driver", "qcow2");
        qdict_put_str(opts, "backing.file.driver", "tape");
        qdict_put_str(opts, "backing.file.slot", "1");
        qdict_put_str(opts, "backing.file.align", r->cfg->align ? "512" : "1");
    }
    return blk_new_open(NULL, NULL, opts, flags, errp);
}

void rig_open(Rig *r)
{
    r->blk = rig_open_image(r, 0, BDRV_O_RDWR | BDRV_O_UNMAP, &error_abort);
}

void rig_close(Rig *r)
{
    blk_unref(r->blk);
    r->blk = NULL;
}

static void create(Rig *r, const char *file, int64_t sectors)
{
    g_autoptr(QDict) opts = qdict_new();

    qdict_put_int(opts, "size", sectors * TAPE_SECTOR);
    qdict_put_int(opts, "cluster_size", r->cluster);
    qdict_put_int(opts, "refcount_bits", r->cfg->refcount_bits);
    if (r->cfg->subclusters) {
        qdict_put_bool(opts, "extended_l2", true);
    }
    if (r->cfg->luks) {
        qdict_put_str(opts, "encrypt.format", "luks");
        qdict_put_str(opts, "encrypt.key-secret", SECRET);
        qdict_put_int(opts, "encrypt.iter-time", 1);
    }
    if (r->cfg->key) {
        qdict_put_str(opts, r->cfg->key, r->cfg->value);
    }
    if (r->cfg->data_file && !strcmp(file, "tape:0")) {
        qdict_put_str(opts, "data_file", "tape:2");
        qdict_put_bool(opts, "data_file_raw", r->cfg->raw);
    }
    if (r->cfg->backing && !strcmp(file, "tape:0")) {
        qdict_put_str(opts, "backing_file", "tape:1");
        qdict_put_str(opts, "backing_fmt", "qcow2");
    }
    bdrv_create(bdrv_find_format("qcow2"), file, opts, &error_abort);
}

static void fill(BlockBackend *blk, RigView *v, int64_t sector, int64_t n, uint8_t value)
{
    int64_t bytes = n * TAPE_SECTOR;
    g_autofree uint8_t *buf = g_malloc(bytes);

    memset(buf, value, bytes);
    g_assert_cmpint(blk_pwrite(blk, sector * TAPE_SECTOR, bytes, buf, 0), ==, 0);
    memset(v->data + sector, value, n);
    memset(v->own + sector, true, n);
}

/* The image below: data in the first clusters, then a half of one. */
static void make_base(Rig *r)
{
    RigView *v = &r->now->base;
    BlockBackend *blk;

    v->sectors = r->cfg->clusters * r->spc / 2;
    create(r, "tape:1", v->sectors);
    memset(v->own, true, v->sectors);
    blk = rig_open_image(r, 1, BDRV_O_RDWR, &error_abort);
    fill(blk, v, 0, r->spc * 3 / 2 + 1, 201);
    fill(blk, v, v->sectors - 1, 1, 202);
    blk_unref(blk);
    g_free(r->now->backing_name);
    r->now->backing_name = g_strdup("tape:1");
}

/* A long file, all of it free again but a bit: new clusters come from its end. */
static void make_filler(Rig *r)
{
    g_autofree uint8_t *buf = g_malloc0(r->cluster);
    int64_t size = blk_getlength(r->blk), start = ROUND_UP(size, r->cluster);

    if (!r->cfg->filler) {
        return;
    }
    g_assert_cmpint(blk_truncate(r->blk, start + r->cfg->filler * r->cluster, true,
                                 PREALLOC_MODE_METADATA, 0, &error_abort),
                    ==, 0);
    memset(r->now->disk.own, false, room);
    r->now->disk.sectors = start / TAPE_SECTOR + r->cfg->filler * r->spc;
}

static void make_secret(void)
{
    module_call_init(MODULE_INIT_QOM);
    if (!object_resolve_path_component(object_get_objects_root(), SECRET)) {
        object_new_with_props(TYPE_QCRYPTO_SECRET, object_get_objects_root(), SECRET, &error_abort,
                              "data", "open", NULL);
    }
}

Rig *rig_new(const RigConfig *cfg)
{
    Rig *r = g_new0(Rig, 1);
    RigView *v;

    if (cfg->luks) {
        make_secret();
    }

    r->cfg = cfg;
    r->cluster = 1 << cfg->cluster_bits;
    r->spc = r->cluster / TAPE_SECTOR;
    r->sub = cfg->subclusters ? r->spc / 32 : r->spc;
    room = (cfg->clusters * 2 + cfg->filler + 4) * r->spc;
    tape_reset();
    r->now = state_new();
    if (cfg->backing) {
        make_base(r);
    }
    v = &r->now->disk;
    v->sectors = cfg->clusters * r->spc + r->spc / 2;
    create(r, "tape:0", v->sectors);
    rig_open(r);
    make_filler(r);
    fill(r->blk, v, 0, r->spc, 101);
    fill(r->blk, v, r->spc, r->spc, 102);
    if (cfg->clusters > 64) {
        fill(r->blk, v, 63 * r->spc, r->spc * 2, 103);
    }
    if (cfg->snapshot) {
        rig_ops[0].run(r, &(RigArgs){0}, r->now);
        fill(r->blk, v, r->spc, r->spc, 104);
        fill(r->blk, v, 2 * r->spc, r->spc, 105);
    }
    rig_close(r);
    r->start = rig_state_copy(r->now);
    tape_record();
    tape_stop(&(guint){0});
    return r;
}

void rig_restart(Rig *r)
{
    tape_rewind();
    rig_state_free(r->now);
    r->now = rig_state_copy(r->start);
    r->fill = 0;
    r->next_name = 1;
}

void rig_free(Rig *r)
{
    rig_state_free(r->now);
    rig_state_free(r->start);
    g_free(r);
}

/* ---- comparing ---- */

/* Of large clusters a few sectors are looked at: where halves begin and end. */
static int64_t next_sector(const Rig *r, int64_t s)
{
    int64_t half = r->spc / 2;

    if (r->spc <= 128) {
        return s + 1;
    }
    return s % half == half - 1 ? s + 1 : s + half - 1 - s % half;
}

/* The value that fills sector @s in @buf; -1: it is torn. */
static int value_of(const uint8_t *buf)
{
    return memcmp(buf, buf + 1, TAPE_SECTOR - 1) ? -1 : buf[0];
}

/* Views to compare with, each with the state whose backing file it has. */
typedef struct Candidate {
    const RigState *st;
    const RigView *view;
} Candidate;

/* A view that ends before @s stands for what comes there when the disk grows, in a later one. */
static bool fits_any(int value, const Candidate *c, int n, int64_t s)
{
    bool has = false;

    for (int i = n; i-- > 0 && !has;) {
        has = s < c[i].view->sectors;
        n = has ? i + 1 : n;
    }
    for (int i = 0; i < n; i++) {
        if (value == shown(c[i].st, c[i].view, s)) {
            return true;
        }
    }
    return false;
}

static char *compare_view(Rig *r, BlockBackend *blk, const Candidate *c, int n, bool mixed,
                          const char *what)
{
    int64_t sectors = blk_getlength(blk) / TAPE_SECTOR;
    bool size_fits = false, fits[32];
    uint8_t buf[128 * TAPE_SECTOR];
    int64_t buf_start = -1, buf_n = 0, step = r->spc <= 128 ? 128 : 1, bad = -1;
    int first = 0;

    g_assert_cmpint(n, <=, ARRAY_SIZE(fits));
    for (int i = 0; i < n; i++) {
        fits[i] = c[i].view->sectors == sectors;
        size_fits |= fits[i];
    }
    if (!size_fits) {
        return g_strdup_printf("%s has %" PRId64 " sectors", what, sectors);
    }
    for (int64_t s = 0; s < sectors; s = next_sector(r, s)) {
        int value;

        if (s >= buf_start + buf_n || buf_start < 0) {
            int ret;

            buf_start = s;
            buf_n = MIN(step, sectors - s);
            ret = blk_pread(blk, s * TAPE_SECTOR, buf_n * TAPE_SECTOR, buf, 0);
            if (ret < 0) {
                return g_strdup_printf("%s: sector %" PRId64 ": %s", what, s, strerror(-ret));
            }
        }
        value = value_of(buf + (s - buf_start) * TAPE_SECTOR);
        if (mixed && !fits_any(value, c, n, s)) {
            return g_strdup_printf("%s: sector %" PRId64 " is %d, not %d", what, s, value,
                                   shown(c[n - 1].st, c[n - 1].view, s));
        }
        for (int i = 0; i < n; i++) {
            if (fits[i] && value != shown(c[i].st, c[i].view, s)) {
                fits[i] = false;
                bad = s;
                first = value;
            }
        }
    }
    for (int i = 0; i < n && !mixed; i++) {
        if (fits[i]) {
            return NULL;
        }
    }
    return mixed ? NULL
                 : g_strdup_printf("%s: sector %" PRId64 " is %d, which fits no state", what, bad,
                                   first);
}

static const RigView *find_snapshot(const RigState *st, const char *name)
{
    for (guint i = 0; i < st->snapshots->len; i++) {
        RigSnapshot *sn = st->snapshots->pdata[i];

        if (!strcmp(sn->name, name)) {
            return &sn->view;
        }
    }
    return NULL;
}

static bool same_names(const RigState *st, const QEMUSnapshotInfo *list, int n)
{
    bool same = (int)st->snapshots->len == n;

    for (int i = 0; same && i < n; i++) {
        RigSnapshot *sn = st->snapshots->pdata[i];

        same = !strcmp(sn->name, list[i].name);
    }
    return same;
}

bool rig_goto(BlockDriverState *bs, const char *name, Error **errp)
{
    BdrvDirtyBitmap *bm, *next;

    for (bm = bdrv_dirty_bitmap_first(bs); bm; bm = next) {
        next = bdrv_dirty_bitmap_next(bm);
        if (bdrv_dirty_bitmap_get_persistence(bm) &&
            !bs->drv->bdrv_remove_persistent_dirty_bitmap(bs, bdrv_dirty_bitmap_name(bm), errp)) {
            return false;
        }
        bdrv_release_dirty_bitmap(bm);
    }
    return bdrv_snapshot_goto(bs, name, errp);
}

static char *compare_snapshots(Rig *r, BlockBackend *blk, RigState *const *states, int n)
{
    BlockDriverState *bs = blk_bs(blk);
    g_autofree QEMUSnapshotInfo *list = NULL;
    int count = bs->drv->bdrv_snapshot_list(bs, &list);
    bool found = false;

    for (int i = 0; i < n; i++) {
        found |= same_names(states[i], list, count);
    }
    if (!found) {
        return g_strdup_printf("the list of %d snapshots fits no state", count);
    }
    for (int k = 0; k < count && blk_is_writable(blk); k++) {
        g_autofree Candidate *c = g_new0(Candidate, n);
        g_autofree char *what = g_strdup_printf("snapshot %s", list[k].name);
        Error *err = NULL;
        char *bad;
        int m = 0;

        for (int i = 0; i < n; i++) {
            const RigView *v = find_snapshot(states[i], list[k].name);

            if (v) {
                c[m++] = (Candidate){states[i], v};
            }
        }
        if (!rig_goto(bs, list[k].name, &err)) {
            bad = g_strdup_printf("%s: %s", what, error_get_pretty(err));
            error_free(err);
            if (r->cfg->refcount_bits > 2) {
                return bad;
            }
            /* Clusters that have as many references as can be counted get one more meanwhile. */
            g_free(bad);
            continue;
        }
        /* Where the states' backing files differ, either is right. */
        bad = compare_view(r, blk, c, m, r->cfg->backing, what);
        if (bad) {
            return bad;
        }
    }
    return NULL;
}

/* As the header has it: who opens the image names another. */
static char *backing_name(void)
{
    const uint8_t *h = tape_data(0);
    uint64_t offset = ldq_be_p(h + 8);
    uint32_t len = ldl_be_p(h + 16);

    return offset + len <= (uint64_t)tape_length(0) ? g_strndup((char *)h + offset, len) : NULL;
}

bool rig_same_snapshots(Rig *r, const RigState *st)
{
    BlockDriverState *bs = blk_bs(r->blk);
    g_autofree QEMUSnapshotInfo *list = NULL;
    int n = bs->drv->bdrv_snapshot_list(bs, &list);

    return same_names(st, list, n);
}

char *rig_compare_disk(Rig *r, BlockBackend *blk, RigState *const *states, int n, bool mixed)
{
    g_autofree Candidate *c = g_new0(Candidate, n);

    for (int i = 0; i < n; i++) {
        c[i] = (Candidate){states[i], &states[i]->disk};
    }
    return compare_view(r, blk, c, n, mixed, "disk");
}

bool rig_has_bitmap(BlockBackend *blk)
{
    BdrvDirtyBitmap *bm = bdrv_find_dirty_bitmap(blk_bs(blk), "b");

    return bm && !bdrv_dirty_bitmap_inconsistent(bm);
}

/* What has changed since the bitmap was made is dirty, unless the bitmap says that it is of no use.
 */
static char *compare_bitmap(Rig *r, BlockBackend *blk, RigState *const *states, int n)
{
    BdrvDirtyBitmap *bm = bdrv_find_dirty_bitmap(blk_bs(blk), "b");
    int64_t sectors = blk_getlength(blk) / TAPE_SECTOR;
    uint8_t buf[TAPE_SECTOR];
    bool recorded = true;

    for (int i = 0; i < n; i++) {
        recorded &= states[i]->marked != NULL;
    }
    for (int64_t s = 0; recorded && rig_has_bitmap(blk) && s < sectors; s = next_sector(r, s)) {
        bool same = false;
        int value;

        if (bdrv_dirty_bitmap_get(bm, s * TAPE_SECTOR)) {
            continue;
        }
        if (blk_pread(blk, s * TAPE_SECTOR, TAPE_SECTOR, buf, 0) < 0) {
            return g_strdup_printf("bitmap: sector %" PRId64 " cannot be read", s);
        }
        value = value_of(buf);
        for (int i = 0; i < n; i++) {
            same |= states[i]->marked[s] == value;
        }
        if (!same) {
            return g_strdup_printf("bitmap: sector %" PRId64 " is not dirty", s);
        }
    }
    return NULL;
}

char *rig_compare(Rig *r, BlockBackend *blk, RigState *const *states, int n, bool mixed)
{
    g_autofree char *name = backing_name();
    bool name_fits = false;
    char *bad;

    for (int i = 0; i < n; i++) {
        name_fits |= !g_strcmp0(states[i]->backing_name, name);
    }
    if (!name_fits) {
        return g_strdup_printf("the backing file is '%s'", name);
    }
    bad = rig_compare_disk(r, blk, states, n, mixed);
    bad = bad ? bad : compare_bitmap(r, blk, states, n);
    return bad ? bad : compare_snapshots(r, blk, states, n);
}

char *rig_compare_data(Rig *r, RigState *const *states, int n)
{
    g_autofree Candidate *c = g_new0(Candidate, n);
    int64_t sectors = tape_length(2) / TAPE_SECTOR;

    for (int i = 0; i < n; i++) {
        c[i] = (Candidate){states[i], &states[i]->disk};
        sectors = MIN(sectors, states[i]->disk.sectors);
    }
    for (int64_t s = 0; s < sectors; s = next_sector(r, s)) {
        int value = value_of(tape_data(2) + s * TAPE_SECTOR);

        if (!fits_any(value, c, n, s)) {
            return g_strdup_printf("data file: sector %" PRId64 " is %d", s, value);
        }
    }
    return NULL;
}

char *rig_compare_base(Rig *r, RigState *const *states, int n)
{
    g_autofree Candidate *c = g_new0(Candidate, n);
    Error *err = NULL;
    BlockBackend *blk = rig_open_image(r, 1, 0, &err);
    char *bad;

    if (!blk) {
        bad = g_strdup_printf("backing file: %s", error_get_pretty(err));
        error_free(err);
        return bad;
    }
    for (int i = 0; i < n; i++) {
        c[i] = (Candidate){states[i], &states[i]->base};
    }
    bad = compare_view(r, blk, c, n, true, "backing file");
    blk_unref(blk);
    return bad;
}

void rig_mend_counts(Rig *r)
{
    bool lazy = r->cfg->key && !strcmp(r->cfg->key, "lazy_refcounts");

    for (int slot = r->cfg->backing; slot >= 0 && lazy; slot--) {
        blk_unref(rig_open_image(r, slot, BDRV_O_RDWR, &error_abort));
    }
}

char *rig_check(Rig *r, int slot, int *leaks)
{
    Error *err = NULL;
    BlockBackend *blk = rig_open_image(r, slot, BDRV_O_CHECK | BDRV_O_NO_BACKING, &err);
    BdrvCheckResult res = {0};
    char *bad = NULL;
    int ret;

    if (!blk) {
        bad = g_strdup_printf("open: %s", error_get_pretty(err));
        error_free(err);
        return bad;
    }
    ret = bdrv_check(blk_bs(blk), &res, 0);
    /* Of an image that is marked, counts are made anew when it is opened. */
    if (ret < 0 || res.check_errors || res.corruptions) {
        bad = g_strdup_printf("check: %d, %d corruptions, %d errors", ret, res.corruptions,
                              res.check_errors);
    } else if (leaks) {
        *leaks = res.leaks;
    } else if (res.leaks) {
        bad = g_strdup_printf("check: %d leaks", res.leaks);
    }
    blk_unref(blk);
    return bad;
}
