/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BlockBackend over raw images and null: requests of all kinds, drain, permissions, locks. */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "block/block-backend.h"
#include "block/block_int.h"
#include "qemu/defer-call.h"
#include "qemu/main-loop.h"
#include "qobject/qdict.h"

#define SIZE (1 * MiB)

static char *make_file(int64_t size)
{
    char *name = NULL;
    int fd = g_file_open_tmp("test-block-XXXXXX", &name, NULL);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, size), ==, 0);
    close(fd);
    return name;
}

static BlockBackend *open_raw(const char *name, const char *aio, bool direct, Error **errp)
{
    QDict *opts = qdict_new();

    qdict_put_str(opts, "driver", "raw");
    qdict_put_str(opts, "file.aio", aio);
    return blk_new_open(name, NULL, opts,
                        BDRV_O_RDWR | BDRV_O_UNMAP | (direct ? BDRV_O_NOCACHE : 0), errp);
}

/* With an engine that this build or host may not have; NULL: the test is skipped. */
static BlockBackend *open_with_engine(const char *name, const char *aio)
{
    Error *err = NULL;
    BlockBackend *blk = open_raw(name, aio, !strcmp(aio, "native"), &err);

    if (!blk) {
        g_test_skip(error_get_pretty(err));
        error_free(err);
        unlink(name);
    }
    return blk;
}

static void test_read_write(gconstpointer opaque)
{
    const char *aio = opaque;
    g_autofree char *name = make_file(SIZE);
    BlockBackend *blk = open_with_engine(name, aio);
    g_autofree uint8_t *out = g_malloc(70000), *in = g_malloc(70000), *zero = g_malloc0(70000);

    if (!blk) {
        return;
    }
    memset(out, 0x5a, 70000);
    g_assert_cmpint(blk_getlength(blk), ==, SIZE);
    /* Odd offsets and lengths are padded where they must. */
    g_assert_cmpint(blk_pwrite(blk, 12345, 67890, out, 0), ==, 0);
    g_assert_cmpint(blk_pread(blk, 12345, 67890, in, 0), ==, 0);
    g_assert_cmpmem(in, 67890, out, 67890);
    g_assert_cmpint(blk_pread(blk, 0, 12345, in, 0), ==, 0);
    g_assert_cmpmem(in, 12345, zero, 12345);
    g_assert_cmpint(blk_pwrite_zeroes(blk, 20001, 5000, 0), ==, 0);
    g_assert_cmpint(blk_pread(blk, 20001, 5000, in, 0), ==, 0);
    g_assert_cmpmem(in, 5000, zero, 5000);
    g_assert_cmpint(blk_pread(blk, 25001, 5000, in, 0), ==, 0);
    g_assert_cmpmem(in, 5000, out, 5000);
    g_assert_cmpint(blk_flush(blk), ==, 0);
    g_assert_cmpint(blk_pread(blk, SIZE - 10, 20, in, 0), ==, -EIO);
    blk_unref(blk);
    unlink(name);
}

typedef struct Count {
    int done;
    int ret;
    bool inside;
} Count;

static void count_cb(void *opaque, int ret)
{
    Count *c = opaque;

    g_assert_false(c->inside);
    c->done++;
    c->ret = ret;
}

static BlockBackend *open_null(void)
{
    QDict *opts = qdict_new();

    qdict_put_str(opts, "driver", "null-co");
    return blk_new_open(NULL, NULL, opts, BDRV_O_RDWR, &error_abort);
}

static void test_aio_callback_comes_later(void)
{
    BlockBackend *blk = open_null();
    uint8_t buf[512];
    QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, sizeof(buf));
    Count c = {.inside = true};

    blk_aio_preadv(blk, 0, &qiov, 0, count_cb, &c);
    blk_aio_flush(blk, count_cb, &c);
    blk_aio_pwrite_zeroes(blk, 0, 4096, 0, count_cb, &c);
    blk_aio_pdiscard(blk, 0, 4096, count_cb, &c);
    c.inside = false;
    blk_drain(blk);
    g_assert_cmpint(c.done, ==, 4);
    g_assert_cmpint(c.ret, ==, 0);
    blk_unref(blk);
}

/* Waits in an event loop for the others. */
static void wait_cb(void *opaque, int ret)
{
    Count *c = opaque;

    count_cb(opaque, ret);
    if (c->done == 1) {
        AIO_WAIT_WHILE(NULL, c->done < 3);
    }
}

/* Requests that need no waiting are over with their batch: no event loop has to come round. */
static void test_aio_batch(gconstpointer opaque)
{
    BlockCompletionFunc *cb = opaque ? wait_cb : count_cb;
    BlockBackend *blk = open_null();
    uint8_t buf[512];
    QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, sizeof(buf));
    Count c = {.inside = true};

    defer_call_begin();
    blk_aio_preadv(blk, 0, &qiov, 0, cb, &c);
    blk_aio_pwritev(blk, 0, &qiov, 0, cb, &c);
    blk_aio_flush(blk, cb, &c);
    c.inside = false;
    g_assert_cmpint(c.done, ==, 0);
    defer_call_end();
    g_assert_cmpint(c.done, ==, 3);
    blk_unref(blk);
}

/* More requests at a time, and one after the other, than an engine has places for. */
static void test_many(gconstpointer opaque)
{
    enum { DEPTH = 200, ROUNDS = 5 };
    g_autofree char *name = make_file(SIZE);
    BlockBackend *blk = open_with_engine(name, opaque);
    uint8_t *buf = blk ? blk_blockalign(blk, SIZE) : NULL;
    g_autofree QEMUIOVector *qiov = g_new(QEMUIOVector, DEPTH);
    Count c = {0};

    if (!blk) {
        return;
    }
    for (int round = 0; round < ROUNDS; round++) {
        memset(buf, round & 1 ? 0xff : round, SIZE);
        defer_call_begin();
        for (int i = 0; i < DEPTH; i++) {
            qemu_iovec_init_buf(&qiov[i], buf + i * 4096, 4096);
            if (round & 1) {
                blk_aio_preadv(blk, i * 4096, &qiov[i], 0, count_cb, &c);
            } else {
                blk_aio_pwritev(blk, i * 4096, &qiov[i], 0, count_cb, &c);
            }
        }
        defer_call_end();
        AIO_WAIT_WHILE(NULL, c.done < (round + 1) * DEPTH);
        g_assert_cmpint(c.ret, ==, 0);
        for (int i = 0; i < DEPTH; i++) {
            g_assert_cmpint(buf[i * 4096 + i], ==, round & ~1);
        }
    }
    qemu_vfree(buf);
    blk_unref(blk);
    unlink(name);
}

static void test_drained_requests_wait(void)
{
    QDict *opts = qdict_new();
    BlockBackend *blk;
    uint8_t buf[512];
    QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, sizeof(buf));
    Count c = {0};

    qdict_put_str(opts, "driver", "null-aio");
    blk = blk_new_open(NULL, NULL, opts, BDRV_O_RDWR, &error_abort);
    bdrv_drained_begin(blk_bs(blk));
    blk_aio_preadv(blk, 0, &qiov, 0, count_cb, &c);
    while (aio_poll(qemu_get_aio_context(), false)) {
        /* Whatever could run has run. */
    }
    g_assert_cmpint(c.done, ==, 0);
    bdrv_drained_end(blk_bs(blk));
    AIO_WAIT_WHILE(NULL, !c.done);
    blk_unref(blk);
}

static void test_permissions(void)
{
    QDict *opts = qdict_new();
    BlockDriverState *bs;
    BlockBackend *a, *b;
    Error *err = NULL;

    qdict_put_str(opts, "driver", "null-co");
    bs = bdrv_open(NULL, NULL, opts, BDRV_O_RDWR, &error_abort);
    a = blk_new_with_bs(bs, BLK_PERM_WRITE, BLK_PERM_CONSISTENT_READ, &error_abort);
    b = blk_new_with_bs(bs, BLK_PERM_WRITE, BLK_PERM_ALL, &err);
    g_assert_null(b);
    g_assert_nonnull(strstr(error_get_pretty(err), "write"));
    error_free(err);
    b = blk_new_with_bs(bs, BLK_PERM_CONSISTENT_READ, BLK_PERM_ALL, &error_abort);
    blk_unref(b);
    blk_unref(a);
    /* The refused one left nothing behind. */
    b = blk_new_with_bs(bs, BLK_PERM_WRITE, 0, &error_abort);
    blk_unref(b);
    bdrv_unref(bs);
}

static void test_locked_image_is_refused(void)
{
    g_autofree char *name = make_file(SIZE);
    BlockBackend *blk = open_raw(name, "threads", false, &error_abort);
    QDict *opts = qdict_new();
    Error *err = NULL;

    qdict_put_str(opts, "driver", "raw");
    g_assert_null(blk_new_open(name, NULL, opts, BDRV_O_RDWR, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "lock"));
    g_assert_nonnull(strstr(error_get_pretty(err), name));
    error_free(err);
    blk_unref(blk);
    blk_unref(open_raw(name, "threads", false, &error_abort));
    unlink(name);
}

static void test_unknown_option_is_named(void)
{
    QDict *opts = qdict_new();
    Error *err = NULL;

    qdict_put_str(opts, "driver", "null-co");
    qdict_put_str(opts, "nonsense", "1");
    g_assert_null(bdrv_open(NULL, NULL, opts, 0, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "nonsense"));
    error_free(err);
}

static void test_raw_window(void)
{
    g_autofree char *name = make_file(SIZE);
    QDict *opts = qdict_new();
    BlockBackend *blk;
    uint8_t buf[512];

    qdict_put_str(opts, "driver", "raw");
    qdict_put_str(opts, "offset", "64k");
    qdict_put_str(opts, "size", "128k");
    blk = blk_new_open(name, NULL, opts, BDRV_O_RDWR, &error_abort);
    g_assert_cmpint(blk_getlength(blk), ==, 128 * KiB);
    memset(buf, 7, sizeof(buf));
    g_assert_cmpint(blk_pwrite(blk, 0, 512, buf, 0), ==, 0);
    g_assert_cmpint(blk_pwrite(blk, 128 * KiB, 512, buf, 0), ==, -EIO);
    blk_unref(blk);
    blk = open_raw(name, "threads", false, &error_abort);
    memset(buf, 0, sizeof(buf));
    g_assert_cmpint(blk_pread(blk, 64 * KiB, 512, buf, 0), ==, 0);
    g_assert_cmpint(buf[0], ==, 7);
    blk_unref(blk);
    unlink(name);
}

/* Zeros behind what the node takes for the end, while a write further on has come already. */
static void test_zeroes_behind_the_end(void)
{
    g_autofree char *name = make_file(SIZE);
    QDict *opts = qdict_new();
    BlockBackend *blk;
    char byte = 0;
    struct stat st;
    int fd = open(name, O_RDWR);

    qdict_put_str(opts, "driver", "file");
    blk = blk_new_open(name, NULL, opts, BDRV_O_RDWR, &error_abort);
    g_assert_true(blk_set_perm(blk, BLK_PERM_WRITE | BLK_PERM_RESIZE, BLK_PERM_ALL, &error_abort));
    blk_set_allow_write_beyond_eof(blk, true);
    g_assert_cmpint(pwrite(fd, "x", 1, SIZE + 100000), ==, 1);
    g_assert_cmpint(blk_pwrite_zeroes(blk, SIZE, 65536, 0), ==, 0);
    g_assert_cmpint(pread(fd, &byte, 1, SIZE + 100000), ==, 1);
    g_assert_cmpint(byte, ==, 'x');
    /* It does make the file longer. */
    g_assert_cmpint(blk_pwrite_zeroes(blk, 2 * SIZE, 65536, 0), ==, 0);
    g_assert_cmpint(fstat(fd, &st), ==, 0);
    g_assert_cmpint(st.st_size, ==, 2 * SIZE + 65536);
    close(fd);
    blk_unref(blk);
    unlink(name);
}

static void test_reopen_read_only(void)
{
    g_autofree char *name = make_file(SIZE);
    QDict *opts = qdict_new();
    BlockDriverState *bs;

    qdict_put_str(opts, "driver", "raw");
    bs = bdrv_open(name, NULL, opts, BDRV_O_RDWR, &error_abort);
    g_assert_true(bdrv_reopen_set_read_only(bs, true, &error_abort));
    g_assert_true(bdrv_is_read_only(bs));
    g_assert_true(bdrv_reopen_set_read_only(bs, false, &error_abort));
    g_assert_false(bdrv_is_read_only(bs));
    bdrv_unref(bs);
    unlink(name);
}

static int change_while_still(BlockDriverState *bs, const char *backing_file,
                              const char *backing_fmt)
{
    g_assert_cmpint(bs->quiesce_counter, >, 0);
    return 0;
}

/* A header is changed as a whole: no request changes its fields meanwhile. */
static void test_change_backing_file(void)
{
    static BlockDriver drv;
    g_autofree char *name = make_file(SIZE);
    BlockBackend *blk = open_raw(name, "threads", false, &error_abort);
    BlockDriver *raw = blk_bs(blk)->drv;

    drv = *raw;
    drv.bdrv_change_backing_file = change_while_still;
    blk_bs(blk)->drv = &drv;
    g_assert_cmpint(bdrv_change_backing_file(blk_bs(blk), "other", "raw", true), ==, 0);
    blk_bs(blk)->drv = raw;
    blk_unref(blk);
    unlink(name);
}

static int64_t status_at(BlockBackend *blk, int64_t offset, int *kind)
{
    int64_t pnum = 0;
    int ret = bdrv_block_status_above(blk_bs(blk), NULL, offset, SIZE - offset, &pnum, NULL, NULL);

    g_assert_cmpint(ret, >=, 0);
    *kind = ret & (BDRV_BLOCK_DATA | BDRV_BLOCK_ZERO);
    return pnum;
}

/* What is remembered of data is forgotten where holes come to be. */
static void test_status(void)
{
    g_autofree char *name = make_file(SIZE);
    g_autofree uint8_t *data = g_malloc(SIZE);
    BlockBackend *blk = open_raw(name, "threads", false, &error_abort);
    int kind, zero;

    memset(data, 1, SIZE);
    g_assert_cmpint(blk_pwrite(blk, 0, SIZE, data, 0), ==, 0);
    g_assert_cmpint(status_at(blk, 0, &kind), ==, SIZE);
    g_assert_cmpint(kind, ==, BDRV_BLOCK_DATA);
    g_assert_cmpint(status_at(blk, 64 * KiB, &kind), ==, SIZE - 64 * KiB);
    g_assert_cmpint(blk_pdiscard(blk, SIZE / 2, SIZE / 2), ==, 0);
    status_at(blk, SIZE / 2, &zero);
    if (zero & BDRV_BLOCK_ZERO) {
        g_assert_cmpint(status_at(blk, 0, &kind), ==, SIZE / 2);
        g_assert_cmpint(kind, ==, BDRV_BLOCK_DATA);
    }
    blk_unref(blk);
    unlink(name);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_fatal);
    bdrv_init();
    g_test_add_data_func("/blk/read-write/threads", "threads", test_read_write);
    g_test_add_data_func("/blk/read-write/native", "native", test_read_write);
    g_test_add_data_func("/blk/read-write/io_uring", "io_uring", test_read_write);
    g_test_add_data_func("/blk/many/threads", "threads", test_many);
    g_test_add_data_func("/blk/many/native", "native", test_many);
    g_test_add_data_func("/blk/many/io_uring", "io_uring", test_many);
    g_test_add_func("/blk/aio/callback-later", test_aio_callback_comes_later);
    g_test_add_data_func("/blk/aio/batch", NULL, test_aio_batch);
    g_test_add_data_func("/blk/aio/batch/wait", "wait", test_aio_batch);
    g_test_add_func("/blk/status", test_status);
    g_test_add_func("/blk/change-backing-file", test_change_backing_file);
    g_test_add_func("/blk/drain/requests-wait", test_drained_requests_wait);
    g_test_add_func("/blk/permissions", test_permissions);
    g_test_add_func("/blk/lock", test_locked_image_is_refused);
    g_test_add_func("/blk/options/unknown", test_unknown_option_is_named);
    g_test_add_func("/blk/raw/window", test_raw_window);
    g_test_add_func("/blk/zeroes-behind-the-end", test_zeroes_behind_the_end);
    g_test_add_func("/blk/reopen/read-only", test_reopen_read_only);
    return g_test_run();
}
