/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power failures in the middle of what changes a qcow2 image's tables. A filter below the format
 * notes writes and flushes; then, for each write, an image is made as the disk may have it when the
 * power goes there: all that was flushed, and of the rest everything up to the write, the write
 * alone, or half of it. Each must open without corruption (leaks are fine) and show what was there
 * before, or what is there after.
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "block/block_int.h"
#include "qemu/main-loop.h"
#include "qobject/qdict.h"

#define SIZE (1 * MiB)

/* ---- the filter ---- */

typedef struct Note {
    int64_t offset;
    uint8_t *data; /* NULL: a flush */
    int64_t bytes;
} Note;

static GArray *notes; /* Note; NULL: not now */

static bool note_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    return bdrv_open_file_child(NULL, options, "file", bs, errp);
}

static int64_t coroutine_fn note_getlength(BlockDriverState *bs)
{
    return bdrv_co_getlength(bs->file->bs);
}

static int coroutine_fn note_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                    QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    return bdrv_co_preadv_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn note_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                     QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    if (notes) {
        Note n = {offset, g_malloc(bytes), bytes};

        qemu_iovec_to_buf(qiov, qiov_offset, n.data, bytes);
        g_array_append_val(notes, n);
    }
    return bdrv_co_pwritev_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn note_flush(BlockDriverState *bs)
{
    if (notes) {
        Note n = {0};

        g_array_append_val(notes, n);
    }
    return 0;
}

static BlockDriver bdrv_note = {
    .format_name = "note",
    .is_filter = true,
    .bdrv_open = note_open,
    .bdrv_co_getlength = note_getlength,
    .bdrv_co_preadv_part = note_preadv,
    .bdrv_co_pwritev_part = note_pwritev,
    .bdrv_co_flush_to_disk = note_flush,
};

/* ---- images ---- */

static char *dir;

static BlockBackend *open_image(const char *file, bool noting, int flags)
{
    QDict *opts = qdict_new();

    qdict_put_str(opts, "driver", "qcow2");
    if (noting) {
        qdict_put_str(opts, "file.driver", "note");
        qdict_put_str(opts, "file.file.driver", "file");
        qdict_put_str(opts, "file.file.filename", file);
        file = NULL;
    }
    return blk_new_open(file, NULL, opts, flags, &error_abort);
}

static char *create(const char *cluster_size, const char *refcount_bits)
{
    g_autoptr(QDict) opts = qdict_new();
    char *file = g_build_filename(dir, "image", NULL);

    qdict_put_int(opts, "size", SIZE);
    qdict_put_str(opts, "cluster_size", cluster_size);
    qdict_put_str(opts, "refcount_bits", refcount_bits);
    bdrv_create(bdrv_find_format("qcow2"), file, opts, &error_abort);
    return file;
}

static void fill(BlockBackend *blk, uint8_t value, int64_t offset, int64_t bytes)
{
    g_autofree uint8_t *buf = g_malloc(bytes);

    memset(buf, value, bytes);
    g_assert_cmpint(blk_pwrite(blk, offset, bytes, buf, 0), ==, 0);
}

static uint8_t *content(BlockBackend *blk)
{
    uint8_t *buf = g_malloc(SIZE);

    g_assert_cmpint(blk_pread(blk, 0, SIZE, buf, 0), ==, 0);
    return buf;
}

/* ---- cuts ---- */

static void put(GByteArray *disk, const Note *n, int64_t bytes)
{
    if (disk->len < n->offset + bytes) {
        guint old = disk->len;

        g_byte_array_set_size(disk, n->offset + bytes);
        memset(disk->data + old, 0, disk->len - old);
    }
    memcpy(disk->data + n->offset, n->data, bytes);
}

typedef struct Before {
    char *data;
    gsize len;
    uint8_t *old, *new;
    bool in_parts; /* a guest's write may be there in part */
} Before;

static void check_cut(const char *file, const Before *b, GByteArray *disk)
{
    BlockBackend *blk;
    BdrvCheckResult res;
    g_autofree uint8_t *now = NULL;

    g_assert_true(g_file_set_contents(file, (char *)disk->data, disk->len, NULL));
    blk = open_image(file, false, BDRV_O_CHECK);
    g_assert_cmpint(bdrv_check(blk_bs(blk), &res, 0), >=, 0);
    g_assert_cmpint(res.corruptions, ==, 0);
    g_assert_cmpint(res.check_errors, ==, 0);
    now = content(blk);
    if (b->in_parts) {
        for (int i = 0; i < SIZE; i++) {
            g_assert_true(now[i] == b->old[i] || now[i] == b->new[i]);
        }
    } else {
        g_assert_true(!memcmp(now, b->old, SIZE) || !memcmp(now, b->new, SIZE));
    }
    blk_unref(blk);
}

static void check_cuts(const Before *b)
{
    g_autofree char *file = g_build_filename(dir, "cut", NULL);
    g_autoptr(GByteArray) stable = g_byte_array_new();
    guint flushed = 0;

    g_byte_array_append(stable, (uint8_t *)b->data, b->len);
    for (guint i = 0; i < notes->len; i++) {
        const Note *n = &g_array_index(notes, Note, i);

        if (!n->data) {
            for (; flushed < i; flushed++) {
                const Note *f = &g_array_index(notes, Note, flushed);

                if (f->data) {
                    put(stable, f, f->bytes);
                }
            }
            continue;
        }
        for (int how = 0; how < 3; how++) {
            g_autoptr(GByteArray) disk = g_byte_array_new();

            g_byte_array_append(disk, stable->data, stable->len);
            for (guint k = flushed; how == 0 && k < i; k++) {
                const Note *f = &g_array_index(notes, Note, k);

                if (f->data) {
                    put(disk, f, f->bytes);
                }
            }
            /* Sectors are written wholly or not at all. */
            put(disk, n, how == 2 && n->bytes > 512 ? ROUND_UP(n->bytes / 2, 512) : n->bytes);
            check_cut(file, b, disk);
        }
    }
    unlink(file);
}

/* ---- what is done ---- */

typedef void Operation(BlockBackend *blk);

static void snapshot_create(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);
    QEMUSnapshotInfo info = {.name = "new", .icount = UINT64_MAX};

    bs->drv->bdrv_snapshot_create(bs, &info, &error_abort);
}

static void snapshot_goto(BlockBackend *blk)
{
    blk_bs(blk)->drv->bdrv_snapshot_goto(blk_bs(blk), "old", &error_abort);
}

static void snapshot_delete(BlockBackend *blk)
{
    blk_bs(blk)->drv->bdrv_snapshot_delete(blk_bs(blk), NULL, "old", &error_abort);
}

static void write_shared(BlockBackend *blk)
{
    fill(blk, 9, 64 * KiB, 4 * KiB);
}

static void test_cuts(gconstpointer opaque)
{
    Operation *operation = opaque;
    static const char *const forms[][2] = {{"512", "16"}, {"4096", "64"}, {"65536", "2"}};

    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        g_autofree char *file = create(forms[i][0], forms[i][1]);
        QEMUSnapshotInfo info = {.name = "old", .icount = UINT64_MAX};
        BlockBackend *blk = open_image(file, false, BDRV_O_RDWR);
        Before b = {0};

        fill(blk, 1, 0, 300 * KiB);
        blk_bs(blk)->drv->bdrv_snapshot_create(blk_bs(blk), &info, &error_abort);
        fill(blk, 2, 100 * KiB, 50 * KiB);
        blk_unref(blk);
        g_assert_true(g_file_get_contents(file, &b.data, &b.len, NULL));
        blk = open_image(file, true, BDRV_O_RDWR);
        b.in_parts = operation == write_shared;
        b.old = content(blk);
        notes = g_array_new(false, false, sizeof(Note));
        operation(blk);
        blk_flush(blk);
        b.new = content(blk);
        blk_unref(blk);
        check_cuts(&b);
        for (guint n = 0; n < notes->len; n++) {
            g_free(g_array_index(notes, Note, n).data);
        }
        g_array_free(notes, true);
        notes = NULL;
        g_free(b.data);
        g_free(b.old);
        g_free(b.new);
        unlink(file);
    }
}

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    bdrv_init();
    bdrv_register(&bdrv_note);
    dir = g_dir_make_tmp("test-qcow2-cuts-XXXXXX", NULL);
    g_test_add_data_func("/qcow2/cuts/write", write_shared, test_cuts);
    g_test_add_data_func("/qcow2/cuts/snapshot-create", snapshot_create, test_cuts);
    g_test_add_data_func("/qcow2/cuts/snapshot-apply", snapshot_goto, test_cuts);
    g_test_add_data_func("/qcow2/cuts/snapshot-delete", snapshot_delete, test_cuts);
    ret = g_test_run();
    rmdir(dir);
    g_free(dir);
    return ret;
}
