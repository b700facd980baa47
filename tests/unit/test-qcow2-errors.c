/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests that fail in the middle of what changes a qcow2 image: each read, write, resize and
 * flush that an operation makes, once or from then on, and a file that may not grow. Whatever the
 * operation says, the disk shows the old or the new content, the image on disk is free of
 * corruption, and with the cause gone the operation can be done again and nothing is lost.
 *
 * "-m quick" (the default) tries some of the requests, "-m slow" all.
 */
#include "qemu/osdep.h"
#include "qcow2-rig.h"
#include "qemu/main-loop.h"

typedef struct Failure {
    const char *name;
    unsigned kinds; /* 0: no room for another @nth bytes */
    int error;
    bool on;
} Failure;

static const Failure failures[] = {
    {"a read fails", 1 << TAPE_READ, EIO},
    {"reads fail from here", 1 << TAPE_READ, EIO, true},
    {"a write fails", 1 << TAPE_WRITE | 1 << TAPE_TRUNCATE, EIO},
    {"no room from here", 1 << TAPE_WRITE | 1 << TAPE_TRUNCATE, ENOSPC, true},
    {"a flush fails", 1 << TAPE_FLUSH, EIO},
    {"flushes fail from here", 1 << TAPE_FLUSH, EIO, true},
    {"the file may not grow", 0},
};

typedef struct Attempt {
    Rig *r;
    int before, op;
    const Failure *f;
    int64_t nth;
    RigArgs args[2];
} Attempt;

static uint64_t attempts;

static void report(const Attempt *t, const char *when, const char *bad)
{
    if (bad) {
        g_test_message("%s: %s after %s, %s, %" PRId64 ": %s: %s", t->r->cfg->name,
                       rig_ops[t->op].name, rig_ops[t->before].name, t->f->name, t->nth, when, bad);
        g_test_fail();
    }
}

static void arm(const Attempt *t)
{
    if (t->f->kinds) {
        tape_fail(t->f->kinds, t->nth, t->f->error, t->f->on);
    } else {
        tape_fail(0, 0, 0, false);
        tape_limit(tape_length(0) + t->nth * TAPE_SECTOR);
    }
}

static void disarm(void)
{
    tape_fail(0, 0, 0, false);
    tape_limit(INT64_MAX);
}

/* The image as a kill of the program would leave it. */
static char *look_at_file(Rig *r, RigState *const *states)
{
    Error *err = NULL;
    BlockBackend *blk;
    int leaks;
    char *bad;

    rig_mend_counts(r);
    bad = rig_check(r, 0, &leaks);

    if (!bad && r->cfg->backing) {
        bad = rig_check(r, 1, &leaks);
        bad = bad ? bad : rig_compare_base(r, states, 2);
    }
    if (bad) {
        return bad;
    }
    blk = rig_open_image(r, 0, BDRV_O_RDWR, &err);
    if (!blk) {
        bad = g_strdup_printf("open: %s", error_get_pretty(err));
        error_free(err);
        return bad;
    }
    bad = rig_compare(r, blk, states, 2, true);
    blk_unref(blk);
    return bad;
}

static int run_op(Attempt *t, int op, const RigArgs *a, RigState *next)
{
    int ret = rig_ops[op].run(t->r, a, next);
    int flushed = blk_flush(t->r->blk);

    return ret < 0 ? ret : flushed;
}

/* With the cause gone: the same again, unless it is done. */
static void retry(Attempt *t, RigState *before, RigState *next)
{
    Rig *r = t->r;
    bool done = next->snapshots->len != before->snapshots->len && rig_same_snapshots(r, next);
    RigState *again = rig_state_copy(before);
    g_autofree char *bad = NULL;
    int ret = done ? blk_flush(r->blk) : run_op(t, t->op, &t->args[1], again);

    report(t, "again", ret < 0 ? strerror(-ret) : NULL);
    bad = rig_compare_disk(r, r->blk, &next, 1, false);
    report(t, "done again", bad);
    rig_state_free(again);
}

/* Returns whether a request was there to fail. */
static bool attempt(Attempt *t)
{
    Rig *r = t->r;
    RigState *states[2];
    g_autofree char *bad = NULL, *bad_file = NULL, *bad_end = NULL;
    uint8_t fill;
    int name;
    bool failed;

    rig_restart(r);
    rig_open(r);
    states[0] = rig_state_copy(r->now);
    g_assert_cmpint(run_op(t, t->before, &t->args[0], states[0]), ==, 0);
    fill = r->fill;
    name = r->next_name;
    states[1] = rig_state_copy(states[0]);
    rig_state_free(r->now);
    r->now = rig_state_copy(states[0]);
    arm(t);
    run_op(t, t->op, &t->args[1], states[1]);
    tape_fail_count(&failed);
    disarm();
    if (failed) {
        attempts++;
        bad = rig_compare_disk(r, r->blk, states, 2, true);
        report(t, "in memory", bad);
        tape_begin();
        bad_file = look_at_file(r, states);
        report(t, "on disk", bad_file);
        tape_undo();
        r->fill = fill;
        r->next_name = name;
        retry(t, states[0], states[1]);
    }
    rig_close(r);
    if (failed) {
        states[0] = (rig_state_free(states[0]), rig_state_copy(states[1]));
        bad_end = look_at_file(r, states);
        report(t, "in the end", bad_end);
    }
    rig_state_free(states[0]);
    rig_state_free(states[1]);
    return failed;
}

static bool possible(const RigConfig *cfg, int op)
{
    return !rig_ops[op].whole && (!rig_ops[op].possible || rig_ops[op].possible(cfg));
}

static void test_errors(gconstpointer opaque)
{
    const RigConfig *cfg = opaque;
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    Rig *r = rig_new(cfg);
    bool large = cfg->filler || cfg->cluster_bits > 16 || cfg->luks;
    double pairs = large ? 0.1 : 1, chance = 1;

    if (!g_test_slow()) {
        pairs = cfg->cluster_bits > 16 ? 0.006 : large ? 0.01 : 0.15;
        chance = large ? 0.01 : 0.05;
    }

    attempts = 0;
    tape_silence(true);
    for (int i = 0; i < rig_n_ops * rig_n_ops * (int)ARRAY_SIZE(failures); i++) {
        Attempt t = {r, i % rig_n_ops, i / rig_n_ops % rig_n_ops,
                     &failures[i / (rig_n_ops * rig_n_ops)]};
        bool more = possible(cfg, t.before) && possible(cfg, t.op) && g_rand_double(rand) < pairs;

        for (int k = 0; k < 2; k++) {
            t.args[k] = (RigArgs){g_rand_int(rand), g_rand_int(rand), g_rand_int(rand)};
        }
        /* How many there are shows when none is left. */
        for (; more; t.nth += chance < 1 ? g_rand_int_range(rand, 1, 2 / chance) : 1) {
            more = attempt(&t);
        }
    }
    tape_silence(false);
    g_test_message("%s: %" PRIu64 " failures", cfg->name, attempts);
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
        g_autofree char *path = g_strdup_printf("/qcow2/errors/%s", rig_configs[i].name);

        /* With counts of two bits, too many snapshots fail by themselves. */
        if (rig_configs[i].refcount_bits != 2) {
            g_test_add_data_func(path, &rig_configs[i], test_errors);
        }
    }
    return g_test_run();
}
