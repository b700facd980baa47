/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power failures in the middle of what changes a qcow2 image. Pairs and triples of operations run
 * on a file that notes what is written; then, for each write, images are made as the disk may have
 * them when the power goes there: all that was flushed, and of the rest everything, the last write
 * alone, all but one, some, each whole or torn. Each such image opens, has no corruption (leaks are
 * fine, and mended), shows what was flushed and, sector by sector, something that was written
 * since, has its snapshots, and can be used.
 *
 * "-m quick" (the default) takes a few points of each sequence, "-m slow" all of them; how many
 * there were is said at the end of each test.
 */
#include "qemu/osdep.h"
#include "qcow2-rig.h"
#include "qemu/cutils.h"
#include "qemu/main-loop.h"

typedef struct Sequence {
    Rig *r;
    int ops[3], n;
    bool flush_each;
    GRand *rand;
    RigState *states[4];
    double chance; /* that a point is tried */
    bool closed;   /* everything is there */
    uint64_t points;
} Sequence;

/* ---- one point ---- */

static char *repair(Rig *r)
{
    Error *err = NULL;
    BlockBackend *blk = rig_open_image(r, 0, BDRV_O_RDWR | BDRV_O_CHECK, &err);
    BdrvCheckResult res = {0};
    char *bad = NULL;
    int ret;

    if (!blk) {
        bad = g_strdup_printf("open for repair: %s", error_get_pretty(err));
        error_free(err);
        return bad;
    }
    ret = bdrv_check(blk_bs(blk), &res, BDRV_FIX_LEAKS);
    if (ret < 0 || res.corruptions || res.check_errors || res.leaks) {
        bad = g_strdup_printf("repair: %d, %d corruptions, %d errors, %d leaks", ret,
                              res.corruptions, res.check_errors, res.leaks);
    }
    blk_unref(blk);
    return bad ? bad : rig_check(r, 0, NULL);
}

/*
 * What comes behind the end when it grows is zero, whatever a disk that shrank has left there. It
 * does not grow while it has a bitmap that was not stored in time.
 */
static char *grow_on(Rig *r, BlockBackend *blk)
{
    int64_t old = blk_getlength(blk), more = r->cluster * 20;
    g_autofree uint8_t *buf = g_malloc(more);
    int ret = blk_truncate(blk, old + more, true, PREALLOC_MODE_OFF, 0, NULL);

    if (ret == -ENOTSUP) {
        return NULL;
    }
    ret = ret < 0 ? ret : blk_pread(blk, old, more, buf, 0);
    if (ret < 0) {
        return g_strdup_printf("grow: %s", strerror(-ret));
    }
    return buffer_is_zero(buf, more) ? NULL : g_strdup("the disk grew by what is not zero");
}

/* Some writes to what the power failure has left; the image is still right after them. */
static char *live_on(Rig *r, RigState *const *states, int n, bool mixed)
{
    Error *err = NULL;
    BlockBackend *blk = rig_open_image(r, 0, BDRV_O_RDWR | BDRV_O_UNMAP, &err);
    g_autofree uint8_t *buf = g_malloc0(r->cluster);
    int64_t size;
    char *bad;
    int ret = 0;

    if (!blk) {
        bad = g_strdup_printf("open: %s", error_get_pretty(err));
        error_free(err);
        return bad;
    }
    /* Applies all snapshots, too. */
    bad = rig_compare(r, blk, states, n, mixed);
    size = blk_getlength(blk);
    for (int i = 0; i < 4 && ret >= 0; i++) {
        int64_t offset = MIN(i * r->cluster, size - TAPE_SECTOR);
        int64_t bytes = MIN(r->cluster, size - offset);

        ret = i == 1 ? blk_pdiscard(blk, offset, bytes) : blk_pwrite(blk, offset, bytes, buf, 0);
    }
    ret = ret < 0 ? ret : blk_flush(blk);
    if (!bad && ret < 0) {
        bad = g_strdup_printf("write: %s", strerror(-ret));
    }
    bad = bad ? bad : grow_on(r, blk);
    blk_unref(blk);
    return bad ? bad : rig_check(r, 0, &(int){0});
}

static char *look(void *opaque, int lo, int hi)
{
    Sequence *q = opaque;
    Rig *r = q->r;
    RigState *const *states = q->states + lo;
    int n = hi - lo + 1, leaks = 0;
    bool mixed = n > 2 || (n == 2 && !rig_ops[q->ops[lo]].atomic);
    Error *err = NULL;
    BlockBackend *blk;
    char *bad = NULL;

    rig_mend_counts(r);
    bad = rig_check(r, 0, &leaks);
    if (!bad && r->cfg->backing) {
        bad = rig_check(r, 1, &leaks);
        bad = bad ? bad : rig_compare_base(r, states, n);
    }
    if (!bad && r->cfg->raw) {
        bad = rig_compare_data(r, states, n);
    }
    if (bad) {
        return bad;
    }
    blk = rig_open_image(r, 0, 0, &err);
    if (!blk) {
        bad = g_strdup_printf("open: %s", error_get_pretty(err));
        error_free(err);
        return bad;
    }
    bad = rig_compare(r, blk, states, n, mixed);
    if (!bad && q->closed && states[0]->marked && !rig_has_bitmap(blk)) {
        bad = g_strdup("the bitmap is not there");
    }
    blk_unref(blk);
    bad = bad ? bad : repair(r);
    return bad ? bad : live_on(r, states, n, mixed);
}

static void describe(Sequence *q, const TapeNote *pending, guint n, const TapeCut *c,
                     const char *bad)
{
    GString *s = g_string_new(NULL);

    for (int i = 0; i < q->n; i++) {
        g_string_append_printf(s, " %s", rig_ops[q->ops[i]].name);
    }
    g_string_append_printf(s, "%s\n", q->flush_each ? ", each flushed" : "");
    tape_describe_cut(s, pending, n, c);
    g_test_message("%s:%s%s", q->r->cfg->name, s->str, bad);
    g_string_free(s, true);
}

static void try_cut(void *opaque, const TapeNote *pending, guint n, const TapeCut *c, int lo,
                    int hi)
{
    Sequence *q = opaque;
    g_autofree char *bad = NULL;

    if (g_rand_double(q->rand) >= q->chance) {
        return;
    }
    q->points++;
    q->closed = !n;
    bad = tape_look_at_cut(pending, n, c, look, q, lo, hi);
    if (bad) {
        describe(q, pending, n, c, bad);
        g_test_fail();
    }
}

/* ---- a sequence ---- */

static void run_sequence(Sequence *q)
{
    Rig *r = q->r;

    rig_restart(r);
    rig_open(r);
    tape_record();
    q->states[0] = rig_state_copy(r->now);
    for (int i = 0; i < q->n; i++) {
        RigArgs a = {g_rand_int(q->rand), g_rand_int(q->rand), g_rand_int(q->rand)};
        RigState *next = rig_state_copy(r->now);

        tape_mark(i + 1);
        if (rig_ops[q->ops[i]].run(r, &a, next) < 0) {
            /* Only this may fail: more snapshots than a cluster can be counted for. */
            g_assert_cmpint(r->cfg->refcount_bits, ==, 2);
            g_assert_true(rig_ops[q->ops[i]].atomic);
            rig_state_free(next);
            next = rig_state_copy(r->now);
        }
        rig_state_free(r->now);
        r->now = next;
        q->states[i + 1] = rig_state_copy(next);
        if (q->flush_each || i == q->n - 1) {
            g_assert_cmpint(blk_flush(r->blk), ==, 0);
            tape_mark(-(i + 1));
        }
    }
    rig_close(r);
    tape_cut_everywhere(q->rand, try_cut, q);
    for (int i = 0; i <= q->n; i++) {
        rig_state_free(q->states[i]);
    }
}

static bool possible(const RigConfig *cfg, int op)
{
    return !rig_ops[op].possible || rig_ops[op].possible(cfg);
}

static void test_sequences(const RigConfig *cfg, int length, double sequence_chance, double chance)
{
    Rig *r = rig_new(cfg);
    int total = rig_n_ops * rig_n_ops * (length > 2 ? rig_n_ops : 1);
    Sequence q = {.r = r, .n = length, .chance = chance};
    g_autoptr(GRand) rand = g_rand_new_with_seed(length);

    q.rand = g_rand_new_with_seed(cfg->cluster_bits);
    for (int i = 0; i < total * 2; i++) {
        bool skip = g_rand_double(rand) >= sequence_chance;

        for (int k = 0, rest = i / 2; k < length; k++, rest /= rig_n_ops) {
            q.ops[k] = rest % rig_n_ops;
            skip |= !possible(cfg, q.ops[k]);
        }
        q.flush_each = i & 1;
        if (!skip) {
            run_sequence(&q);
        }
    }
    g_test_message("%s: %" PRIu64 " points in sequences of %d", cfg->name, q.points, length);
    g_rand_free(q.rand);
    rig_free(r);
}

/* How much longer a sequence takes than in small images. */
static double cost(const RigConfig *cfg)
{
    /* Keys are derived at each opening. */
    return cfg->filler ? 20 : cfg->luks || cfg->cluster_bits > 16 ? 8 : 1;
}

static void test_pairs(gconstpointer opaque)
{
    if (g_test_slow()) {
        test_sequences(opaque, 2, 1, 1);
    } else {
        test_sequences(opaque, 2, 0.4 / cost(opaque), 0.1 / cost(opaque));
    }
}

static void test_triples(gconstpointer opaque)
{
    if (g_test_slow()) {
        test_sequences(opaque, 3, 1 / cost(opaque), 1 / cost(opaque));
    } else {
        test_sequences(opaque, 3, 0.01 / cost(opaque), 0.1 / cost(opaque));
    }
}

/* Sequences that have found something, a few times each. */
typedef struct Found {
    const char *config, *ops[3];
} Found;

static const Found found[] = {
    /* A size on disk before the zeroes that hide a longer backing file. */
    {"512-direct", {"shrink", "shrink", "grow"}},
    {"refcount1", {"commit", "shrink", "grow"}},
};

static const RigConfig *config_of(const char *name)
{
    const RigConfig *cfg = rig_configs;

    while (strcmp(cfg->name, name)) {
        cfg++;
    }
    return cfg;
}

static int flushes_of_rename(Rig *r, int name_len)
{
    g_autofree char *name = g_strnfill(name_len, 'n');
    int flushes = 0;
    const TapeNote *notes;
    guint n;

    rig_open(r);
    tape_record();
    g_assert_cmpint(bdrv_change_backing_file(blk_bs(r->blk), name, "qcow2", true), ==, 0);
    rig_close(r);
    notes = tape_stop(&n);
    for (guint i = 0; i < n; i++) {
        flushes += notes[i].kind == TAPE_FLUSH;
    }
    return flushes;
}

/* Nothing but the header changes: it waits for the disk no more often than the order demands. */
static void test_rename(void)
{
    Rig *r = rig_new(config_of("64k-backing"));

    rig_restart(r);
    for (int again = 0; again < 2; again++) {
        g_assert_cmpint(flushes_of_rename(r, 40), ==, 1);
        g_assert_cmpint(flushes_of_rename(r, 1000), ==, 2);
    }
    rig_free(r);
}

static void test_found(gconstpointer opaque)
{
    const Found *f = opaque;
    Rig *r = rig_new(config_of(f->config));

    for (int seed = 0; seed < 10; seed++) {
        Sequence q = {.r = r, .n = ARRAY_SIZE(f->ops), .chance = 1, .flush_each = true};

        q.rand = g_rand_new_with_seed(seed);
        for (int i = 0; i < q.n; i++) {
            while (strcmp(rig_ops[q.ops[i]].name, f->ops[i])) {
                q.ops[i]++;
            }
        }
        run_sequence(&q);
        g_rand_free(q.rand);
    }
    rig_free(r);
}

int main(int argc, char **argv)
{
    int first, step;

    g_test_init(&argc, &argv, NULL);
    if (!rig_share(argc, argv, &first, &step)) {
        return 1;
    }
    qemu_init_main_loop(&error_abort);
    bdrv_init();
    tape_register();
    for (int i = first; i < rig_n_configs; i += step) {
        const RigConfig *cfg = &rig_configs[i];
        g_autofree char *pairs = g_strdup_printf("/qcow2/cuts/%s/pairs", cfg->name);
        g_autofree char *triples = g_strdup_printf("/qcow2/cuts/%s/triples", cfg->name);

        g_test_add_data_func(pairs, cfg, test_pairs);
        g_test_add_data_func(triples, cfg, test_triples);
    }
    for (size_t i = first; i < ARRAY_SIZE(found); i += step) {
        const Found *f = &found[i];
        g_autofree char *path = g_strdup_printf("/qcow2/cuts/found/%s-%s-%s-%s", f->config,
                                                f->ops[0], f->ops[1], f->ops[2]);

        g_test_add_data_func(path, f, test_found);
    }
    if (first == 0) {
        g_test_add_func("/qcow2/cuts/rename", test_rename);
    }
    return g_test_run();
}
