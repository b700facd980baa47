/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power failures while images of formats with simple tables are written to: as test-qcow2-cuts, but
 * with requests of a guest only. Each image that a disk may have opens, shows what was flushed and,
 * sector by sector, something that was written since, has nothing that is used twice, and can be
 * written to. And requests that fail meanwhile, after which everything else is there. A format is a
 * row of formats[].
 *
 * "-m quick" (the default) takes a few points of each sequence, "-m slow" all of them of many.
 */
#include "qemu/osdep.h"
#include "tape.h"
#include "block/block-backend.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/main-loop.h"
#include "qobject/qdict.h"

/* Where things begin: 2 MiB are the largest blocks. */
#define SECTORS    (6 * MiB / TAPE_SECTOR)
#define STEPS      6
#define BASE_VALUE 100
#define LONGEST    (5 * MiB / 2 / TAPE_SECTOR)

typedef struct Format {
    const char *name, *driver;
    const char *key, *value; /* one more option of creation, or NULL */
    bool backing;            /* an image of the same format, all written, is below it */
    bool no_tables;          /* of vmdk, as other programs make it: the first writes make them */
} Format;

static const Format formats[] = {
    {"vmdk", "vmdk"},
    {"vmdk-zero-grains", "vmdk", "zeroed_grain", "on"},
    {"vmdk-backing", "vmdk", .backing = true},
    {"vmdk-backing-zero-grains", "vmdk", "zeroed_grain", "on", .backing = true},
    {"vmdk-no-tables", "vmdk", .no_tables = true},
    {"vmdk-backing-no-tables", "vmdk", .backing = true, .no_tables = true},
    {"vdi", "vdi"},
    {"vhdx", "vhdx", "block_size", "1M"},
    {"vpc", "vpc", "force_size", "on"},
};

typedef struct Sequence {
    const Format *format;
    GRand *rand;
    /* What each sector has after so many steps: 0 for zeroes, else a number of its own. */
    uint8_t view[STEPS + 1][SECTORS];
    uint8_t *buf;
    double chance; /* that a point is tried */
    uint64_t points;
} Sequence;

static void put_sectors(uint8_t *buf, int64_t first, int64_t n, uint8_t value)
{
    for (int64_t i = 0; i < n * TAPE_SECTOR / 8; i++) {
        uint64_t word = value ? (uint64_t)(first + i * 8 / TAPE_SECTOR + 1) << 8 | value : 0;

        memcpy(buf + i * 8, &word, 8);
    }
}

static bool has_value(const uint8_t *buf, int64_t sector, uint8_t value)
{
    uint8_t want[TAPE_SECTOR];

    put_sectors(want, sector, 1, value);
    return !memcmp(buf, want, TAPE_SECTOR);
}

/* ---- images ---- */

static BlockBackend *open_image(const Format *f, int slot, int flags, Error **errp)
{
    QDict *opts = qdict_new();

    qdict_put_str(opts, "driver", f->driver);
    qdict_put_str(opts, "file.driver", "tape");
    qdict_put_int(opts, "file.slot", slot);
    if (f->backing && slot == 0 && !(flags & BDRV_O_NO_BACKING)) {
        qdict_put_str(opts, "backing.driver", f->driver);
        qdict_put_str(opts, "backing.file.driver", "tape");
        qdict_put_str(opts, "backing.file.slot", "1");
    }
    return blk_new_open(NULL, NULL, opts, flags, errp);
}

static void create(const Format *f, const char *file, bool backing)
{
    g_autoptr(QDict) opts = qdict_new();

    qdict_put_int(opts, "size", SECTORS * TAPE_SECTOR);
    if (f->key) {
        qdict_put_str(opts, f->key, f->value);
    }
    if (backing) {
        qdict_put_str(opts, "backing_file", "tape:1");
        qdict_put_str(opts, "backing_fmt", f->driver);
    }
    g_assert_true(bdrv_create(bdrv_find_format(f->driver), file, opts, &error_abort));
}

/* Directories with no entries, as the header says where: there is one entry for each 32 MiB. */
static void forget_tables(void)
{
    QDict *opts = qdict_new();
    BlockBackend *blk;

    qdict_put_str(opts, "driver", "tape");
    qdict_put_int(opts, "slot", 0);
    blk = blk_new_open(NULL, NULL, opts, BDRV_O_RDWR, &error_abort);
    for (int at = 48; at <= 56; at += 8) {
        int64_t directory = ldq_le_p(tape_data(0) + at) * TAPE_SECTOR;

        g_assert_cmpint(blk_pwrite(blk, directory, 4, "\0\0\0", 0), ==, 0);
    }
    blk_unref(blk);
}

static void make_images(Sequence *q)
{
    const Format *f = q->format;

    tape_reset();
    memset(q->view[0], f->backing ? BASE_VALUE : 0, SECTORS);
    if (f->backing) {
        BlockBackend *blk;

        create(f, "tape:1", false);
        blk = open_image(f, 1, BDRV_O_RDWR, &error_abort);
        put_sectors(q->buf, 0, SECTORS, BASE_VALUE);
        g_assert_cmpint(blk_pwrite(blk, 0, SECTORS * TAPE_SECTOR, q->buf, 0), ==, 0);
        blk_unref(blk);
    }
    create(f, "tape:0", f->backing);
    if (f->no_tables) {
        forget_tables();
    }
}

/* ---- one point ---- */

static char *failed(const char *what, Error *err)
{
    char *bad = g_strdup_printf("%s: %s", what, error_get_pretty(err));

    error_free(err);
    return bad;
}

/* Nothing is used twice. Places that nothing uses are what a power failure leaves. */
static char *check(const Format *f)
{
    Error *err = NULL;
    BlockBackend *blk = open_image(f, 0, BDRV_O_CHECK | BDRV_O_NO_BACKING, &err);
    BdrvCheckResult res = {0};
    int ret;

    if (!blk) {
        return failed("open for a check", err);
    }
    ret = bdrv_check(blk_bs(blk), &res, 0);
    blk_unref(blk);
    return (ret < 0 && ret != -ENOTSUP) || res.corruptions || res.check_errors
               ? g_strdup_printf("check: %d, %d corruptions", ret, res.corruptions)
               : NULL;
}

/* Each sector as after one of the steps @lo to @hi. */
static char *compare(Sequence *q, BlockBackend *blk, int lo, int hi)
{
    int ret = blk_pread(blk, 0, SECTORS * TAPE_SECTOR, q->buf, 0);

    for (int64_t i = 0; i < SECTORS && ret >= 0; i++) {
        int k = lo;

        while (k <= hi && !has_value(q->buf + i * TAPE_SECTOR, i, q->view[k][i])) {
            k++;
        }
        if (k > hi) {
            return g_strdup_printf("sector %" PRId64 " begins with %02x instead of what steps %d "
                                   "to %d have left",
                                   i, q->buf[i * TAPE_SECTOR], lo, hi);
        }
    }
    return ret < 0 ? g_strdup_printf("read: %s", strerror(-ret)) : NULL;
}

/* Some more writes do not hit anything else. */
static char *live_on(Sequence *q, BlockBackend *blk)
{
    g_autofree uint8_t *before = g_malloc(SECTORS * TAPE_SECTOR);
    int64_t n = 3;
    int ret = blk_pread(blk, 0, SECTORS * TAPE_SECTOR, before, 0);

    for (int64_t i = 0; i < 4 && ret >= 0; i++) {
        int64_t first = (i * 2 + 1) * SECTORS / 8;

        put_sectors(before + first * TAPE_SECTOR, first, n, 200 + i);
        ret =
            blk_pwrite(blk, first * TAPE_SECTOR, n * TAPE_SECTOR, before + first * TAPE_SECTOR, 0);
    }
    ret = ret < 0 ? ret : blk_flush(blk);
    ret = ret < 0 ? ret : blk_pread(blk, 0, SECTORS * TAPE_SECTOR, q->buf, 0);
    if (ret < 0) {
        return g_strdup_printf("write: %s", strerror(-ret));
    }
    return memcmp(before, q->buf, SECTORS * TAPE_SECTOR) ? g_strdup("a write hit something else")
                                                         : NULL;
}

static char *look(void *opaque, int lo, int hi)
{
    Sequence *q = opaque;
    Error *err = NULL;
    char *bad = check(q->format);
    BlockBackend *blk;

    if (bad) {
        return bad;
    }
    blk = open_image(q->format, 0, BDRV_O_RDWR, &err);
    if (!blk) {
        return failed("open", err);
    }
    bad = compare(q, blk, lo, hi);
    bad = bad ? bad : live_on(q, blk);
    blk_unref(blk);
    return bad ? bad : check(q->format);
}

static void try_cut(void *opaque, const TapeNote *pending, guint n, const TapeCut *c, int lo,
                    int hi)
{
    Sequence *q = opaque;
    g_autofree char *bad = NULL;

    if (n && g_rand_double(q->rand) >= q->chance) {
        return;
    }
    q->points++;
    bad = tape_look_at_cut(pending, n, c, look, q, lo, hi);
    if (bad) {
        GString *s = g_string_new(NULL);

        tape_describe_cut(s, pending, n, c);
        g_test_message("%s:\n%s%s", q->format->name, s->str, bad);
        g_string_free(s, true);
        g_test_fail();
    }
}

/* ---- a sequence ---- */

static void run_step(Sequence *q, BlockBackend *blk, int k)
{
    int64_t first = g_rand_int_range(q->rand, 0, SECTORS);
    int64_t n = g_rand_int_range(q->rand, 0, 3) ? g_rand_int_range(q->rand, 1, 300)
                                                : g_rand_int_range(q->rand, 1, LONGEST);
    bool zero = g_rand_int_range(q->rand, 0, 4) == 0;
    uint8_t value = zero ? 0 : k;
    int ret;

    n = MIN(n, SECTORS - first);
    memcpy(q->view[k], q->view[k - 1], SECTORS);
    memset(q->view[k] + first, value, n);
    if (zero) {
        ret = blk_pwrite_zeroes(blk, first * TAPE_SECTOR, n * TAPE_SECTOR,
                                g_rand_boolean(q->rand) ? BDRV_REQ_MAY_UNMAP : 0);
    } else {
        put_sectors(q->buf, first, n, value);
        ret = blk_pwrite(blk, first * TAPE_SECTOR, n * TAPE_SECTOR, q->buf, 0);
    }
    g_assert_cmpint(ret, ==, 0);
}

static void run_sequence(Sequence *q)
{
    BlockBackend *blk;

    make_images(q);
    tape_record();
    blk = open_image(q->format, 0, BDRV_O_RDWR | BDRV_O_UNMAP, &error_abort);
    for (int k = 1; k <= STEPS; k++) {
        tape_mark(k);
        run_step(q, blk, k);
        if (k == STEPS || g_rand_int_range(q->rand, 0, 3) == 0) {
            g_assert_cmpint(blk_flush(blk), ==, 0);
            tape_mark(-k);
        }
    }
    blk_unref(blk);
    tape_cut_everywhere(q->rand, try_cut, q);
}

static void test_cuts(gconstpointer opaque)
{
    g_autofree Sequence *q = g_new0(Sequence, 1);
    int sequences = g_test_slow() ? 40 : 12;

    q->format = opaque;
    q->buf = g_malloc(SECTORS * TAPE_SECTOR);
    q->chance = g_test_slow() ? 1 : 0.1;
    q->rand = g_rand_new_with_seed(1);
    for (int i = 0; i < sequences; i++) {
        run_sequence(q);
    }
    g_test_message("%s: %" PRIu64 " points", q->format->name, q->points);
    g_rand_free(q->rand);
    g_free(q->buf);
}

/* ---- requests that fail ---- */

#define FAIL_STEPS 60
#define BASE_BIT   63

/* What each sector may have: a bit for each step that has written it, or has tried to. */
typedef struct Trial {
    const Format *format;
    GRand *rand;
    uint64_t may[SECTORS];
    uint8_t *buf;
} Trial;

static char *look_at_trial(Trial *t, BlockBackend *blk)
{
    int ret = blk_pread(blk, 0, SECTORS * TAPE_SECTOR, t->buf, 0);

    for (int64_t i = 0; i < SECTORS && ret >= 0; i++) {
        bool found = false;

        for (int k = 0; k < 64 && !found; k++) {
            found = t->may[i] >> k & 1 &&
                    has_value(t->buf + i * TAPE_SECTOR, i, k == BASE_BIT ? BASE_VALUE : k);
        }
        if (!found) {
            return g_strdup_printf("sector %" PRId64 " begins with %02x", i,
                                   t->buf[i * TAPE_SECTOR]);
        }
    }
    return ret < 0 ? g_strdup_printf("read: %s", strerror(-ret)) : NULL;
}

/* As step @k, sectors @first..+@n become its own, or zeroes; or a flush. */
static int try_step(Trial *t, BlockBackend *blk, int k)
{
    int64_t first = g_rand_int_range(t->rand, 0, SECTORS);
    int64_t n =
        MIN(g_rand_int_range(t->rand, 1, 1 << g_rand_int_range(t->rand, 1, 13)), SECTORS - first);
    int what = g_rand_int_range(t->rand, 0, 5), ret;

    if (what == 0) {
        return blk_flush(blk);
    }
    if (what == 1) {
        ret = blk_pwrite_zeroes(blk, first * TAPE_SECTOR, n * TAPE_SECTOR, BDRV_REQ_MAY_UNMAP);
    } else {
        put_sectors(t->buf, first, n, k);
        ret = blk_pwrite(blk, first * TAPE_SECTOR, n * TAPE_SECTOR, t->buf, 0);
    }
    for (int64_t i = first; i < first + n; i++) {
        t->may[i] = (ret < 0 ? t->may[i] : 0) | (uint64_t)1 << (what == 1 ? 0 : k);
    }
    return ret;
}

/* Some of the file's requests fail; what was written before, or is written afterwards, is there. */
static void run_trial(Trial *t)
{
    Sequence q = {.format = t->format, .buf = t->buf};
    g_autofree char *bad = NULL;
    BlockBackend *blk;

    make_images(&q);
    for (int64_t i = 0; i < SECTORS; i++) {
        t->may[i] = (uint64_t)1 << (t->format->backing ? BASE_BIT : 0);
    }
    blk = open_image(t->format, 0, BDRV_O_RDWR | BDRV_O_UNMAP, &error_abort);
    for (int k = 1; k <= FAIL_STEPS && !bad; k++) {
        if (g_rand_boolean(t->rand)) {
            tape_fail(1u << g_rand_int_range(t->rand, TAPE_READ, TAPE_MARK),
                      g_rand_int_range(t->rand, 0, 6), g_rand_boolean(t->rand) ? EIO : ENOSPC,
                      g_rand_boolean(t->rand));
        }
        try_step(t, blk, k);
        tape_fail(0, 0, 0, false);
        bad = look_at_trial(t, blk);
    }
    g_assert_cmpint(blk_flush(blk), ==, 0);
    blk_unref(blk);
    blk = open_image(t->format, 0, 0, &error_abort);
    bad = bad ? bad : look_at_trial(t, blk);
    blk_unref(blk);
    bad = bad ? bad : check(t->format);
    g_assert_cmpstr(bad, ==, NULL);
}

static void test_errors(gconstpointer opaque)
{
    g_autofree Trial *t = g_new0(Trial, 1);

    t->format = opaque;
    t->buf = g_malloc(SECTORS * TAPE_SECTOR);
    t->rand = g_rand_new_with_seed(1);
    tape_silence(true);
    for (int i = 0; i < (g_test_slow() ? 60 : 3); i++) {
        run_trial(t);
    }
    tape_silence(false);
    g_rand_free(t->rand);
    g_free(t->buf);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    bdrv_init();
    tape_register();
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        g_autofree char *path = g_strdup_printf("/cuts/%s", formats[i].name);

        g_autofree char *errors = g_strdup_printf("/errors/%s", formats[i].name);

        g_test_add_data_func(path, &formats[i], test_cuts);
        g_test_add_data_func(errors, &formats[i], test_errors);
    }
    return g_test_run();
}
