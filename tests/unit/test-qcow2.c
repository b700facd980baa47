/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qcow2 images against a model in memory: random requests, with a copy of the file taken in the
 * middle (what a kill of the process leaves), which must open, be free of corruption, and have
 * everything that was flushed.
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "block/block_int.h"
#include "block/dirty-bitmap.h"
#include "../../block/qcow2.h"
#include "qemu/main-loop.h"
#include "qobject/qdict.h"

#define SIZE (2 * MiB)

static char *dir;

static char *path(const char *name)
{
    return g_build_filename(dir, name, NULL);
}

static BlockBackend *open_image(const char *name, const char *fmt, int flags)
{
    QDict *opts = qdict_new();

    qdict_put_str(opts, "driver", fmt);
    /* A kill loses nothing that was written: the order of writes is what counts here. */
    qdict_put_str(opts, "cache.no-flush", "on");
    return blk_new_open(name, NULL, opts, flags, &error_abort);
}

static char *create(const char *name, const char *cluster_size, const char *key, const char *value)
{
    g_autoptr(QDict) opts = qdict_new();
    char *file = path(name);

    qdict_put_int(opts, "size", SIZE);
    qdict_put_str(opts, "cluster_size", cluster_size);
    if (key) {
        qdict_put_str(opts, key, value);
    }
    bdrv_create(bdrv_find_format("qcow2"), file, opts, &error_abort);
    return file;
}

static void put_file(const char *name, const char *data, gsize len)
{
    FILE *f = fopen(name, "w");

    g_assert_nonnull(f);
    g_assert_cmpint(fwrite(data, 1, len, f), ==, len);
    fclose(f);
}

static void assert_sound(const char *file, bool leaks_allowed)
{
    BlockBackend *blk = open_image(file, "qcow2", BDRV_O_CHECK);
    BdrvCheckResult res;

    g_assert_cmpint(bdrv_check(blk_bs(blk), &res, 0), >=, 0);
    g_assert_cmpint(res.corruptions, ==, 0);
    g_assert_cmpint(res.check_errors, ==, 0);
    if (!leaks_allowed) {
        g_assert_cmpint(res.leaks, ==, 0);
    }
    blk_unref(blk);
}

typedef struct Model {
    uint8_t *now;     /* what a read must give */
    uint8_t *flushed; /* at the last flush */
    bool *touched;    /* 512-byte blocks written since then: anything between is fine */
} Model;

static void compare(BlockBackend *blk, const uint8_t *want, const bool *except)
{
    g_autofree uint8_t *buf = g_malloc(SIZE);

    g_assert_cmpint(blk_pread(blk, 0, SIZE, buf, 0), ==, 0);
    for (int i = 0; i < SIZE / 512; i++) {
        if (!except || !except[i]) {
            g_assert_cmpmem(buf + i * 512, 512, want + i * 512, 512);
        }
    }
}

static void check_killed(const char *file, const Model *m)
{
    g_autofree char *copy = path("killed");
    g_autofree char *data = NULL;
    gsize len;
    BlockBackend *blk;

    g_assert_true(g_file_get_contents(file, &data, &len, NULL));
    put_file(copy, data, len);
    assert_sound(copy, true);
    blk = open_image(copy, "qcow2", BDRV_O_RDWR);
    compare(blk, m->flushed, m->touched);
    blk_unref(blk);
}

static void random_request(BlockBackend *blk, GRand *rand, Model *m)
{
    int64_t offset = g_rand_int_range(rand, 0, SIZE / 512) * 512;
    int64_t bytes = MIN(SIZE - offset, g_rand_int_range(rand, 1, 300) * 512);
    int op = g_rand_int_range(rand, 0, 10);
    uint8_t fill = g_rand_int_range(rand, 1, 256);
    g_autofree uint8_t *buf = g_malloc(bytes);

    if (op < 6) {
        memset(buf, fill, bytes);
        g_assert_cmpint(blk_pwrite(blk, offset, bytes, buf, 0), ==, 0);
        memset(m->now + offset, fill, bytes);
    } else if (op < 8) {
        int flags = op == 6 ? BDRV_REQ_MAY_UNMAP : 0;

        g_assert_cmpint(blk_pwrite_zeroes(blk, offset, bytes, flags), ==, 0);
        memset(m->now + offset, 0, bytes);
    } else if (op == 8) {
        /* Only what is whole clusters goes; ask what became of it. */
        g_assert_cmpint(blk_pdiscard(blk, offset, bytes), ==, 0);
        g_assert_cmpint(blk_pread(blk, offset, bytes, buf, 0), ==, 0);
        for (int64_t i = 0; i < bytes; i++) {
            g_assert_true(buf[i] == 0 || buf[i] == m->now[offset + i]);
        }
        memcpy(m->now + offset, buf, bytes);
    } else {
        g_assert_cmpint(blk_flush(blk), ==, 0);
        memcpy(m->flushed, m->now, SIZE);
        memset(m->touched, 0, SIZE / 512);
        return;
    }
    for (int64_t i = offset / 512; i < (offset + bytes) / 512; i++) {
        m->touched[i] = true;
    }
}

static void test_random(gconstpointer opaque)
{
    const char *const *args = opaque;
    g_autofree char *file = create("image", args[0], args[1], args[2]);
    GRand *rand = g_rand_new_with_seed(g_test_rand_int());
    Model m = {g_malloc0(SIZE), g_malloc0(SIZE), g_new0(bool, SIZE / 512)};
    BlockBackend *blk = open_image(file, "qcow2", BDRV_O_RDWR | BDRV_O_UNMAP);

    for (int i = 0; i < 300; i++) {
        random_request(blk, rand, &m);
        if (i % 10 == 0) {
            check_killed(file, &m);
        }
        if (i % 50 == 49) {
            compare(blk, m.now, NULL);
            blk_unref(blk);
            assert_sound(file, false);
            blk = open_image(file, "qcow2", BDRV_O_RDWR | BDRV_O_UNMAP);
            memcpy(m.flushed, m.now, SIZE);
            memset(m.touched, 0, SIZE / 512);
            compare(blk, m.now, NULL);
        }
    }
    blk_unref(blk);
    assert_sound(file, false);
    g_rand_free(rand);
    g_free(m.now);
    g_free(m.flushed);
    g_free(m.touched);
}

static void test_backing(void)
{
    g_autofree char *base = create("base", "64k", NULL, NULL), *top = path("top");
    g_autoptr(QDict) opts = qdict_new();
    g_autofree uint8_t *buf = g_malloc(SIZE);
    BlockBackend *blk = open_image(base, "qcow2", BDRV_O_RDWR);

    memset(buf, 1, SIZE);
    g_assert_cmpint(blk_pwrite(blk, 0, SIZE, buf, 0), ==, 0);
    blk_unref(blk);
    qdict_put_int(opts, "size", 2 * SIZE);
    qdict_put_str(opts, "backing_file", "base");
    qdict_put_str(opts, "backing_fmt", "qcow2");
    bdrv_create(bdrv_find_format("qcow2"), top, opts, &error_abort);
    blk = open_image(top, "qcow2", BDRV_O_RDWR | BDRV_O_UNMAP);
    memset(buf, 2, 1000);
    g_assert_cmpint(blk_pwrite(blk, 100000, 1000, buf, 0), ==, 0);
    g_assert_cmpint(blk_pdiscard(blk, 512 * KiB, 512 * KiB), ==, 0);
    g_assert_cmpint(blk_pread(blk, 0, SIZE, buf, 0), ==, 0);
    g_assert_cmpint(buf[99999], ==, 1);
    g_assert_cmpint(buf[100000], ==, 2);
    g_assert_cmpint(buf[101000], ==, 1);
    /* Discarded: never the backing file's old data again. */
    g_assert_cmpint(buf[600 * KiB], ==, 0);
    g_assert_cmpint(blk_pread(blk, SIZE, SIZE, buf, 0), ==, 0);
    g_assert_cmpint(buf[0], ==, 0);
    blk_unref(blk);
    assert_sound(top, false);
}

/* What is read of the backing file is in the image itself then, in whole clusters; no more is. */
static void test_copy_on_read(void)
{
    g_autofree char *base = create("base", "64k", NULL, NULL), *top = path("top");
    g_autoptr(QDict) opts = qdict_new();
    g_autofree uint8_t *buf = g_malloc(SIZE);
    BlockBackend *blk = open_image(base, "qcow2", BDRV_O_RDWR);
    Error *err = NULL;

    memset(buf, 1, SIZE);
    g_assert_cmpint(blk_pwrite(blk, 0, SIZE, buf, 0), ==, 0);
    blk_unref(blk);
    qdict_put_int(opts, "size", SIZE);
    qdict_put_str(opts, "backing_file", "base");
    qdict_put_str(opts, "backing_fmt", "qcow2");
    bdrv_create(bdrv_find_format("qcow2"), top, opts, &error_abort);
    blk = open_image(top, "qcow2", 0);
    g_assert_false(bdrv_enable_copy_on_read(blk_bs(blk), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "read-only"));
    error_free(err);
    blk_unref(blk);
    blk = open_image(top, "qcow2", BDRV_O_RDWR);
    g_assert_true(bdrv_enable_copy_on_read(blk_bs(blk), &error_abort));
    memset(buf, 0, SIZE);
    g_assert_cmpint(blk_pread(blk, 130000, 2000, buf, 0), ==, 0);
    g_assert_true(buf[0] == 1 && buf[1999] == 1);
    blk_unref(blk);
    blk = open_image(top, "qcow2", BDRV_O_NO_BACKING);
    g_assert_cmpint(blk_pread(blk, 0, SIZE, buf, 0), ==, 0);
    for (int i = 0; i < SIZE; i++) {
        g_assert_cmpint(buf[i], ==, i >= 64 * KiB && i < 192 * KiB);
    }
    blk_unref(blk);
    assert_sound(top, false);
}

/* One write of more clusters than there can be in a row between two refcount blocks. */
static void test_long_write(void)
{
    g_autofree char *file = create("image", "1k", "refcount_bits", "64");
    g_autofree uint8_t *buf = g_malloc(SIZE), *in = g_malloc(SIZE);
    BlockBackend *blk = open_image(file, "qcow2", BDRV_O_RDWR);

    memset(buf, 6, SIZE);
    g_assert_cmpint(blk_pwrite(blk, 0, SIZE, buf, 0), ==, 0);
    g_assert_cmpint(blk_pread(blk, 0, SIZE, in, 0), ==, 0);
    g_assert_cmpmem(in, SIZE, buf, SIZE);
    blk_unref(blk);
    assert_sound(file, false);
}

/* Without a flush: what the caches (of the least size) cannot hold is in the file. */
static void test_bounded_memory(void)
{
    g_autofree char *file = create("image", "512", NULL, NULL), *copy = path("killed");
    g_autofree char *data = NULL;
    g_autofree uint8_t *buf = g_malloc(SIZE);
    QDict *opts = qdict_new();
    BlockBackend *blk;
    int there = 0;
    gsize len;

    qdict_put_str(opts, "driver", "qcow2");
    qdict_put_str(opts, "cache.no-flush", "on");
    qdict_put_str(opts, "l2-cache-size", "2k");
    blk = blk_new_open(file, NULL, opts, BDRV_O_RDWR, &error_abort);
    memset(buf, 4, SIZE);
    g_assert_cmpint(blk_pwrite(blk, 0, SIZE, buf, 0), ==, 0);
    g_assert_true(g_file_get_contents(file, &data, &len, NULL));
    blk_unref(blk);
    put_file(copy, data, len);
    blk = open_image(copy, "qcow2", 0);
    g_assert_cmpint(blk_pread(blk, 0, SIZE, buf, 0), ==, 0);
    blk_unref(blk);
    for (int i = 0; i < SIZE; i++) {
        there += buf[i] == 4;
    }
    /* A table of 64 entries has 32 KiB; four of them are in memory at most. */
    g_assert_cmpint(there, >=, SIZE - 4 * 32 * KiB);
    assert_sound(copy, true);
}

static void test_compressed(gconstpointer type)
{
    g_autofree char *file = create("compressed", "64k", "compression_type", type);
    g_autofree uint8_t *buf = g_malloc0(SIZE), *in = g_malloc(SIZE);
    BlockBackend *blk = open_image(file, "qcow2", BDRV_O_RDWR);

    for (int i = 0; i < SIZE; i++) {
        buf[i] = i / 300;
    }
    g_assert_cmpint(blk_pwrite(blk, 0, SIZE, buf, BDRV_REQ_WRITE_COMPRESSED), ==, 0);
    g_assert_cmpint(blk_pread(blk, 0, SIZE, in, 0), ==, 0);
    g_assert_cmpmem(in, SIZE, buf, SIZE);
    /* A write to compressed clusters makes plain ones of them, and frees what nobody uses. */
    memset(buf + 70000, 9, 100000);
    g_assert_cmpint(blk_pwrite(blk, 70000, 100000, buf + 70000, 0), ==, 0);
    blk_unref(blk);
    assert_sound(file, false);
    blk = open_image(file, "qcow2", 0);
    g_assert_cmpint(blk_pread(blk, 0, SIZE, in, 0), ==, 0);
    g_assert_cmpmem(in, SIZE, buf, SIZE);
    blk_unref(blk);
}

static void request_done(void *opaque, int ret)
{
    *(int *)opaque = ret;
}

static void wait_at(BlockBackend *blk, const char *event, int64_t offset, QEMUIOVector *qiov,
                    BdrvRequestFlags flags, int *ret)
{
    *ret = -EINPROGRESS;
    g_assert_cmpint(bdrv_debug_breakpoint(blk_bs(blk), event, event), ==, 0);
    blk_aio_pwritev(blk, offset, qiov, flags, request_done, ret);
    while (!bdrv_debug_is_suspended(blk_bs(blk), event)) {
        aio_poll(qemu_get_aio_context(), true);
    }
}

/* A cluster that becomes a compressed one stays as long as somebody writes to it. */
static void test_compressed_and_plain(void)
{
    g_autofree char *file = create("compressed", "64k", NULL, NULL);
    g_autofree uint8_t *buf = g_malloc(64 * KiB), *in = g_malloc(64 * KiB);
    QEMUIOVector all = QEMU_IOVEC_INIT_BUF(all, buf, 64 * KiB);
    QEMUIOVector part = QEMU_IOVEC_INIT_BUF(part, buf, 4 * KiB);
    QDict *opts = qdict_new();
    BlockBackend *blk;
    int all_ret, part_ret;

    qdict_put_str(opts, "driver", "qcow2");
    qdict_put_str(opts, "file.driver", "blkdebug");
    qdict_put_str(opts, "file.image.driver", "file");
    qdict_put_str(opts, "file.image.filename", file);
    blk = blk_new_open(NULL, NULL, opts, BDRV_O_RDWR, &error_abort);
    memset(buf, 1, 64 * KiB);
    g_assert_cmpint(blk_pwrite(blk, 0, 64 * KiB, buf, 0), ==, 0);
    wait_at(blk, "write_compressed", 0, &all, BDRV_REQ_WRITE_COMPRESSED, &all_ret);
    wait_at(blk, "write_aio", 0, &part, 0, &part_ret);
    g_assert_cmpint(bdrv_debug_resume(blk_bs(blk), "write_compressed"), ==, 0);
    for (int i = 0; i < 10; i++) {
        g_assert_cmpint(blk_flush(blk), ==, 0);
    }
    memset(in, 4, 64 * KiB);
    g_assert_cmpint(blk_pwrite(blk, 1 * MiB, 64 * KiB, in, 0), ==, 0);
    g_assert_cmpint(bdrv_debug_resume(blk_bs(blk), "write_aio"), ==, 0);
    while (all_ret == -EINPROGRESS || part_ret == -EINPROGRESS) {
        aio_poll(qemu_get_aio_context(), true);
    }
    g_assert_cmpint(all_ret, ==, 0);
    g_assert_cmpint(part_ret, ==, 0);
    memcpy(buf, in, 64 * KiB);
    g_assert_cmpint(blk_pread(blk, 1 * MiB, 64 * KiB, in, 0), ==, 0);
    g_assert_cmpmem(in, 64 * KiB, buf, 64 * KiB);
    blk_unref(blk);
    assert_sound(file, false);
}

static void test_resize(void)
{
    g_autofree char *file = create("resize", "512", NULL, NULL);
    g_autofree uint8_t *buf = g_malloc(SIZE);
    BlockBackend *blk = open_image(file, "qcow2", BDRV_O_RDWR);

    memset(buf, 3, SIZE);
    g_assert_cmpint(blk_pwrite(blk, 0, SIZE, buf, 0), ==, 0);
    g_assert_true(blk_set_perm(blk, BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE | BLK_PERM_RESIZE,
                               BLK_PERM_CONSISTENT_READ, &error_abort));
    g_assert_cmpint(blk_truncate(blk, 8 * SIZE, true, PREALLOC_MODE_OFF, 0, &error_abort), ==, 0);
    g_assert_cmpint(blk_pwrite(blk, 7 * SIZE, SIZE, buf, 0), ==, 0);
    g_assert_cmpint(blk_truncate(blk, SIZE, true, PREALLOC_MODE_OFF, 0, &error_abort), ==, 0);
    g_assert_cmpint(blk_truncate(blk, 8 * SIZE, true, PREALLOC_MODE_OFF, 0, &error_abort), ==, 0);
    g_assert_cmpint(blk_pread(blk, 7 * SIZE, SIZE, buf, 0), ==, 0);
    g_assert_cmpint(buf[0], ==, 0);
    g_assert_cmpint(blk_pread(blk, 0, SIZE, buf, 0), ==, 0);
    g_assert_cmpint(buf[SIZE - 1], ==, 3);
    blk_unref(blk);
    assert_sound(file, false);
}

/* Each byte of the header and the tables behind it changed: an error or a sound open, no crash. */
static void test_hostile(void)
{
    g_autofree char *file = create("good", "512", NULL, NULL), *bad = path("bad"), *data = NULL;
    gsize len;
    BlockBackend *blk = open_image(file, "qcow2", BDRV_O_RDWR);
    g_autofree uint8_t *buf = g_malloc0(SIZE);

    memset(buf, 5, 4096);
    g_assert_cmpint(blk_pwrite(blk, 0, 4096, buf, 0), ==, 0);
    for (int i = 0; i < 2; i++) {
        BdrvDirtyBitmap *bm =
            bdrv_create_dirty_bitmap(blk_bs(blk), 512 << i, i ? "b1" : "b0", &error_abort);

        bdrv_dirty_bitmap_set_persistence(bm, true);
        bdrv_set_dirty_bitmap(bm, SIZE / 2, 5 * 4096);
    }
    blk_unref(blk);
    g_assert_true(g_file_get_contents(file, &data, &len, NULL));
    /* The data is not looked into. */
    for (gsize i = 0; i < len; i++) {
        QDict *opts = qdict_new();
        char old = data[i];

        data[i] ^= i % 2 ? 0xff : 1 << (i / 2 % 8);
        /* A new file: some file systems wait for the disk when an old one gets shorter. */
        unlink(bad);
        put_file(bad, data, len);
        data[i] = old;
        qdict_put_str(opts, "driver", "qcow2");
        qdict_put_str(opts, "cache.no-flush", "on");
        blk = blk_new_open(bad, NULL, opts, BDRV_O_RDWR | BDRV_O_NO_BACKING, NULL);
        if (blk) {
            int64_t size = MIN(blk_getlength(blk), SIZE);

            /* Either works or says so. */
            blk_pread(blk, 0, size, buf, 0);
            blk_pwrite(blk, 0, MIN(size, 4096), buf, 0);
            blk_flush(blk);
            blk_unref(blk);
        }
    }
}

/* Tables that nobody uses leave memory; those that are used stay. */
static void test_clean(void)
{
    g_autofree char *file = create("clean", "64k", NULL, NULL);
    QDict *opts = qdict_new();
    BlockBackend *blk;
    Qcow2State *s;
    uint8_t buf[512] = {1};

    qdict_put_str(opts, "driver", "qcow2");
    qdict_put_int(opts, "cache-clean-interval", 1);
    blk = blk_new_open(file, NULL, opts, BDRV_O_RDWR, &error_abort);
    s = blk_bs(blk)->opaque;
    g_assert_cmpint(blk_pwrite(blk, 0, sizeof(buf), buf, 0), ==, 0);
    g_assert_cmpuint(qcow2_cache_count(s->l2_cache), ==, 1);
    /* It is dirty, and stays. */
    qcow2_cache_clean(s->l2_cache);
    qcow2_cache_clean(s->l2_cache);
    g_assert_cmpuint(qcow2_cache_count(s->l2_cache), ==, 1);
    g_assert_cmpint(blk_flush(blk), ==, 0);
    g_assert_cmpint(blk_pread(blk, 0, sizeof(buf), buf, 0), ==, 0);
    while (qcow2_cache_count(s->l2_cache) || qcow2_cache_count(s->refblock_cache)) {
        aio_poll(qemu_get_aio_context(), true);
    }
    g_assert_cmpint(blk_pread(blk, 0, sizeof(buf), buf, 0), ==, 0);
    g_assert_cmpuint(buf[0], ==, 1);
    /* Not while it is drained. */
    bdrv_drained_begin(blk_bs(blk));
    g_assert_cmpint(timer_pending(s->clean_timer), ==, false);
    bdrv_drained_end(blk_bs(blk));
    g_assert_cmpint(timer_pending(s->clean_timer), ==, true);
    blk_unref(blk);
}

int main(int argc, char **argv)
{
    static const char *const big[] = {"64k", NULL, NULL}, *const small[] = {"512", NULL, NULL},
                             *const v2[] = {"4k", "compat", "0.10"},
                             *const bit[] = {"4k", "refcount_bits", "1"},
                             *const wide[] = {"1k", "refcount_bits", "64"},
                             *const parts[] = {"64k", "extended_l2", "on"},
                             *const sectors[] = {"16k", "extended_l2", "on"};
    int ret;

    g_test_init(&argc, &argv, NULL);
    dir = g_dir_make_tmp("test-qcow2-XXXXXX", NULL);
    qemu_init_main_loop(&error_fatal);
    bdrv_init();
    g_test_add_data_func("/qcow2/random/64k", big, test_random);
    g_test_add_data_func("/qcow2/random/512", small, test_random);
    g_test_add_data_func("/qcow2/random/v2", v2, test_random);
    g_test_add_data_func("/qcow2/random/refcount-1", bit, test_random);
    g_test_add_data_func("/qcow2/random/refcount-64", wide, test_random);
    g_test_add_data_func("/qcow2/random/subclusters", parts, test_random);
    g_test_add_data_func("/qcow2/random/subclusters-16k", sectors, test_random);
    g_test_add_func("/qcow2/backing", test_backing);
    g_test_add_func("/qcow2/bounded-memory", test_bounded_memory);
    g_test_add_func("/qcow2/cache-clean-interval", test_clean);
    g_test_add_func("/qcow2/long-write", test_long_write);
    g_test_add_func("/qcow2/copy-on-read", test_copy_on_read);
    g_test_add_data_func("/qcow2/compressed/zlib", "zlib", test_compressed);
    g_test_add_data_func("/qcow2/compressed/zstd", "zstd", test_compressed);
    g_test_add_func("/qcow2/compressed/and-plain", test_compressed_and_plain);
    g_test_add_func("/qcow2/resize", test_resize);
    g_test_add_func("/qcow2/hostile", test_hostile);
    ret = g_test_run();
    if (ret == 0) {
        const char *names[] = {"image",      "killed", "base", "top",
                               "compressed", "resize", "good", "bad"};

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
            g_autofree char *file = path(names[i]);

            unlink(file);
        }
        rmdir(dir);
    }
    return ret;
}
