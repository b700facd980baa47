/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random requests to disks of every format that can be written to, several at a time, against a
 * model in memory. A process of its own does them, and is killed somewhere in the middle; the model
 * is in memory that it shares with this one. Another process then looks whether all that was
 * flushed is there, and everything else is something that was written.
 *
 * "-m quick" (the default) kills a few times after hundreds of requests, "-m slow" many times after
 * up to tens of thousands. A format is a row of formats[].
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include <sys/wait.h>
#include "block/block-backend.h"
#include "block/block_int.h"
#include "crypto/secret.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qom/object.h"
#include "qemu/cutils.h"
#include "qobject/qdict.h"

#define SECTOR      512
#define MAX_SECTORS 8192
#define WORKERS     4
#define SNAPSHOTS   3
#define SINCE       6

typedef struct Format {
    const char *name;
    const char *driver;
    const char *create[8]; /* name, value, ...; "@" begins a file's name beside the image's */
    const char *secret;    /* option of the image that names the key's secret */
    bool backing;          /* with a raw file below it */
    bool noise;            /* what was never written reads as anything: all is written first */
    bool grow, shrink, snapshots, check;
    bool killed; /* survives that: what was flushed is there */
} Format;

static const Format formats[] = {
    {"raw", "raw", .grow = true, .shrink = true, .killed = true},
    {"qcow2", "qcow2", .grow = true, .snapshots = true, .check = true, .killed = true},
    {"qcow2-shrinks", "qcow2", .grow = true, .shrink = true, .check = true, .killed = true},
    {"qcow2-512",
     "qcow2",
     {"cluster_size", "512", "refcount_bits", "64"},
     .grow = true,
     .snapshots = true,
     .check = true,
     .killed = true},
    {"qcow2-2M",
     "qcow2",
     {"cluster_size", "2M", "refcount_bits", "8"},
     .grow = true,
     .snapshots = true,
     .check = true,
     .killed = true},
    {"qcow2-lazy",
     "qcow2",
     {"lazy_refcounts", "on"},
     .grow = true,
     .snapshots = true,
     .check = true,
     .killed = true},
    {"qcow2-v2",
     "qcow2",
     {"compat", "0.10", "cluster_size", "4k"},
     .grow = true,
     .check = true,
     .snapshots = true,
     .killed = true},
    {"qcow2-metadata",
     "qcow2",
     {"preallocation", "metadata", "cluster_size", "4k"},
     .grow = true,
     .snapshots = true,
     .check = true,
     .killed = true},
    {"qcow2-backing",
     "qcow2",
     {"cluster_size", "4k"},
     .backing = true,
     .grow = true,
     .snapshots = true,
     .check = true,
     .killed = true},
    {"qcow2-zstd",
     "qcow2",
     {"compression_type", "zstd"},
     .grow = true,
     .snapshots = true,
     .check = true,
     .killed = true},
    {"qcow2-data-file",
     "qcow2",
     {"data_file", "@data", "cluster_size", "4k"},
     .grow = true,
     .check = true,
     .killed = true},
    {"qcow2-luks",
     "qcow2",
     {"encrypt.format", "luks", "encrypt.key-secret", "secret", "encrypt.iter-time", "1"},
     "encrypt.key-secret",
     .grow = true,
     .snapshots = true,
     .check = true,
     .killed = true},
    {"luks",
     "luks",
     {"key-secret", "secret", "iter-time", "1"},
     "key-secret",
     .noise = true,
     .killed = true},
    {"vmdk", "vmdk", .killed = true},
    {"vmdk-flat", "vmdk", {"subformat", "monolithicFlat"}, .killed = true},
    {"vdi", "vdi", .check = true, .killed = true},
    {"vdi-static", "vdi", {"preallocation", "metadata"}, .check = true, .killed = true},
    {"vhdx", "vhdx", {"block_size", "1M"}, .check = true, .killed = true},
    {"vhdx-fixed", "vhdx", {"subformat", "fixed"}, .killed = true},
    {"vpc", "vpc", {"force_size", "on"}, .killed = true},
    {"vpc-fixed", "vpc", {"force_size", "on", "subformat", "fixed"}, .killed = true},
    {"qcow2-subclusters",
     "qcow2",
     {"cluster_size", "32k", "extended_l2", "on"},
     .backing = true,
     .grow = true,
     .snapshots = true,
     .check = true,
     .killed = true},
};

/* ---- the model, shared by all processes ---- */

typedef struct Sector {
    uint8_t now;    /* what a read gives while nothing is written */
    uint8_t stable; /* when it was last flushed */
    uint8_t n;      /* values since then; more than SINCE: anything */
    uint8_t since[SINCE];
} Sector;

typedef struct Snapshot {
    char name[16]; /* "": none */
    int64_t sectors;
    uint8_t value[MAX_SECTORS];
} Snapshot;

typedef struct Model {
    int64_t sectors, pending_sectors;
    Sector sector[MAX_SECTORS];
    Snapshot snapshot[SNAPSHOTS];
    int pending; /* index of a snapshot that is being made or deleted; -1: none */
    uint64_t requests;
    int leaks; /* that kills have left in a format that cannot be mended */
    uint32_t names;
    char problem[300];
} Model;

static Model *model;
static const Format *format;
static char *dir, *file, *base;

/* A process that has found something says what and ends. */
G_GNUC_PRINTF(1, 2) static void problem(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(model->problem, sizeof(model->problem), fmt, ap);
    va_end(ap);
    _exit(2);
}

static void want(int ret, const char *what)
{
    if (ret < 0) {
        problem("%s: %s", what, strerror(-ret));
    }
}

static void may_become(int64_t s, uint8_t value)
{
    Sector *m = &model->sector[s];

    if (m->n < SINCE) {
        m->since[m->n] = value;
    }
    m->n = MIN(m->n + 1, SINCE + 1);
}

static void is_stable(int64_t s)
{
    model->sector[s].stable = model->sector[s].now;
    model->sector[s].n = 0;
}

static bool may_be(int64_t s, uint8_t value)
{
    const Sector *m = &model->sector[s];

    if (value == m->stable || m->n > SINCE) {
        return true;
    }
    return memchr(m->since, value, m->n);
}

/* ---- what a sector holds: its number and a value, or zeroes ---- */

static void put_sector(uint8_t *buf, int64_t s, uint8_t value)
{
    uint64_t word = value ? (uint64_t)(s + 1) << 8 | value : 0;

    for (int i = 0; i < SECTOR / 8; i++) {
        memcpy(buf + i * 8, &word, 8);
    }
}

/* -1: it is neither. */
static int get_sector(const uint8_t *buf, int64_t s)
{
    uint64_t word;

    memcpy(&word, buf, 8);
    if (memcmp(buf, buf + 8, SECTOR - 8)) {
        return -1;
    }
    return !word ? 0 : word >> 8 == (uint64_t)s + 1 ? (int)(word & 255) : -1;
}

/* ---- the image ---- */

static BlockBackend *open_image(const char *name, int flags)
{
    QDict *opts = qdict_new();

    qdict_put_str(opts, "driver", format->driver);
    /* A kill of the process loses nothing that it has written. */
    qdict_put_str(opts, "cache.no-flush", "on");
    qdict_put_str(opts, "file.locking", "off");
    if (format->secret) {
        qdict_put_str(opts, format->secret, "secret");
    }
    return blk_new_open(name, NULL, opts, flags, &error_abort);
}

static void make_image(void)
{
    g_autoptr(QDict) opts = qdict_new();
    int64_t size = MAX_SECTORS / 2 * SECTOR + 3 * SECTOR;

    for (int i = 0; format->create[i]; i += 2) {
        const char *value = format->create[i + 1];
        g_autofree char *beside = g_strdup_printf("%s-%s", file, value + 1);

        qdict_put_str(opts, format->create[i], value[0] == '@' ? beside : value);
    }
    if (format->backing) {
        g_autofree uint8_t *buf = g_malloc(size / 2);

        for (int64_t s = 0; s < size / 2 / SECTOR; s++) {
            put_sector(buf + s * SECTOR, s, 77);
            model->sector[s].now = model->sector[s].stable = 77;
        }
        g_assert_true(g_file_set_contents(base, (char *)buf, size / 2 / SECTOR * SECTOR, NULL));
        qdict_put_str(opts, "backing_file", base);
        qdict_put_str(opts, "backing_fmt", "raw");
    }
    qdict_put_int(opts, "size", size);
    bdrv_create(bdrv_find_format(format->driver), file, opts, &error_abort);
    if (format->noise) {
        BlockBackend *blk = open_image(file, BDRV_O_RDWR);
        g_autofree uint8_t *buf = g_malloc0(size);

        g_assert_cmpint(blk_pwrite(blk, 0, size, buf, 0), ==, 0);
        blk_unref(blk);
    }
}

/* Leaks and repairs are told on stderr, one line each. */
static void silence(bool on)
{
    static int err_fd = -1;
    int fd = on ? open("/dev/null", O_WRONLY | O_CLOEXEC) : err_fd;

    fflush(stderr);
    err_fd = on ? dup(STDERR_FILENO) : err_fd;
    dup2(fd, STDERR_FILENO);
    close(fd);
}

/* Only after a kill there may be more leaks, and they are mended where the format can be. */
static void check_image(const char *name, bool killed)
{
    BlockBackend *blk;
    BdrvCheckResult res = {0};
    bool stay;
    int ret;

    if (!format->check) {
        return;
    }
    silence(true);
    if (killed) {
        /* Counts that are late are made anew by who opens the image for writing. */
        blk_unref(open_image(name, BDRV_O_RDWR));
    }
    blk = open_image(name, BDRV_O_CHECK | BDRV_O_RDWR);
    ret = bdrv_check(blk_bs(blk), &res, killed ? BDRV_FIX_LEAKS : 0);
    stay = killed && ret == -ENOTSUP;
    want(stay ? bdrv_check(blk_bs(blk), &res, 0) : ret, "check");
    silence(false);
    if (stay) {
        model->leaks = res.leaks;
    }
    if (res.corruptions || res.check_errors || res.leaks > model->leaks) {
        problem("check: %d corruptions, %d errors, %d leaks", res.corruptions, res.check_errors,
                res.leaks);
    }
    blk_unref(blk);
}

/* ---- a worker: requests one after the other, to zones that are its own ---- */

typedef struct Worker {
    BlockBackend *blk;
    GRand *rand;
    int id;
    int requests; /* to be done */
    int *running;
} Worker;

/* Zones of odd lengths, in turn the workers': they share clusters. */
static int64_t zone_length(int64_t zone)
{
    static const int lengths[] = {7, 3, 130, 64, 1, 300, 128, 16, 9};

    return lengths[zone % ARRAY_SIZE(lengths)];
}

static void pick(Worker *w, int64_t *start, int64_t *n)
{
    int64_t zones = 0, s = 0, zone, len;

    for (; s < model->sectors; zones++) {
        s += zone_length(zones);
    }
    do {
        zone = g_rand_int_range(w->rand, 0, zones);
        zone += (w->id - zone % WORKERS + WORKERS) % WORKERS;
        s = 0;
        for (int64_t i = 0; i < zone; i++) {
            s += zone_length(i);
        }
        len = MIN(zone_length(zone), model->sectors - s);
    } while (len <= 0);
    *start = s + g_rand_int_range(w->rand, 0, len);
    *n = g_rand_int_range(w->rand, 1, len - (*start - s) + 1);
}

static void coroutine_fn do_read(Worker *w, int64_t start, int64_t n, const char *what)
{
    g_autofree uint8_t *buf = g_malloc(n * SECTOR);

    want(blk_co_pread(w->blk, start * SECTOR, n * SECTOR, buf, 0), what);
    for (int64_t s = start; s < start + n; s++) {
        int value = get_sector(buf + (s - start) * SECTOR, s);

        if (value != model->sector[s].now) {
            problem("%s: sector %" PRId64 " is %d, not %d", what, s, value, model->sector[s].now);
        }
    }
}

static void coroutine_fn do_write(Worker *w, int64_t start, int64_t n, uint8_t value)
{
    g_autofree uint8_t *buf = g_malloc(n * SECTOR);

    for (int64_t s = start; s < start + n; s++) {
        put_sector(buf + (s - start) * SECTOR, s, value);
        may_become(s, value);
    }
    want(blk_co_pwrite(w->blk, start * SECTOR, n * SECTOR, buf, 0), "write");
    for (int64_t s = start; s < start + n; s++) {
        model->sector[s].now = value;
    }
}

static void coroutine_fn do_zero(Worker *w, int64_t start, int64_t n, int flags)
{
    for (int64_t s = start; s < start + n; s++) {
        may_become(s, 0);
    }
    want(blk_co_pwrite_zeroes(w->blk, start * SECTOR, n * SECTOR, flags), "zeroes");
    for (int64_t s = start; s < start + n; s++) {
        model->sector[s].now = 0;
    }
}

/* What is discarded is zero or what it was; from then on it stays so. */
static void coroutine_fn do_discard(Worker *w, int64_t start, int64_t n)
{
    g_autofree uint8_t *buf = g_malloc(n * SECTOR);

    for (int64_t s = start; s < start + n; s++) {
        may_become(s, 0);
    }
    want(blk_co_pdiscard(w->blk, start * SECTOR, n * SECTOR), "discard");
    want(blk_co_pread(w->blk, start * SECTOR, n * SECTOR, buf, 0), "read after discard");
    for (int64_t s = start; s < start + n; s++) {
        int value = get_sector(buf + (s - start) * SECTOR, s);

        if (value && value != model->sector[s].now) {
            problem("discard: sector %" PRId64 " is %d, was %d", s, value, model->sector[s].now);
        }
        model->sector[s].now = value;
    }
}

/* What this worker has written is flushed then; of the others' nobody can tell. */
static void coroutine_fn do_flush(Worker *w)
{
    int64_t s = 0;

    want(blk_co_flush(w->blk), "flush");
    for (int64_t zone = 0; s < model->sectors; s += zone_length(zone++)) {
        int64_t end = MIN(s + zone_length(zone), model->sectors);

        for (int64_t i = s; zone % WORKERS == w->id && i < end; i++) {
            is_stable(i);
        }
    }
}

static void coroutine_fn worker_entry(void *opaque)
{
    Worker *w = opaque;

    while (w->requests-- > 0) {
        int64_t start, n;
        int what = g_rand_int_range(w->rand, 0, 20);

        pick(w, &start, &n);
        if (what < 9) {
            do_write(w, start, n, g_rand_int_range(w->rand, 1, 256));
        } else if (what < 14) {
            do_read(w, start, n, "read");
        } else if (what < 17) {
            do_zero(w, start, n, what == 14 ? 0 : BDRV_REQ_MAY_UNMAP);
        } else if (what < 19) {
            do_discard(w, start, n);
        } else {
            do_flush(w);
        }
        qatomic_inc(&model->requests);
    }
    --*w->running;
}

static void run_workers(BlockBackend *blk, GRand *rand, int requests)
{
    Worker w[WORKERS];
    int running = WORKERS;

    for (int i = 0; i < WORKERS; i++) {
        w[i] = (Worker){blk, rand, i, requests / WORKERS, &running};
        qemu_coroutine_enter(qemu_coroutine_create(worker_entry, &w[i]));
    }
    while (running) {
        aio_poll(qemu_get_aio_context(), true);
    }
}

/* ---- what is done between, alone ---- */

static void all_stable(void)
{
    for (int64_t s = 0; s < model->sectors; s++) {
        is_stable(s);
    }
}

static void compare_all(BlockBackend *blk, const char *what)
{
    int64_t n = model->sectors;
    g_autofree uint8_t *buf = g_malloc(n * SECTOR);

    if (blk_getlength(blk) != n * SECTOR) {
        problem("%s: %" PRId64 " bytes, not %" PRId64, what, blk_getlength(blk), n * SECTOR);
    }
    want(blk_pread(blk, 0, n * SECTOR, buf, 0), what);
    for (int64_t s = 0; s < n; s++) {
        int value = get_sector(buf + s * SECTOR, s);

        if (value != model->sector[s].now) {
            problem("%s: sector %" PRId64 " is %d, not %d", what, s, value, model->sector[s].now);
        }
    }
}

static void resize(BlockBackend *blk, GRand *rand)
{
    int64_t min = format->shrink ? MAX_SECTORS / 4 : model->sectors;
    int64_t size = g_rand_int_range(rand, min, MAX_SECTORS + 1);

    if ((size > model->sectors && !format->grow) || size == model->sectors) {
        return;
    }
    for (int64_t s = MIN(size, model->sectors); s < MAX_SECTORS; s++) {
        may_become(s, 0);
    }
    model->pending_sectors = size;
    want(blk_truncate(blk, size * SECTOR, true, PREALLOC_MODE_OFF, 0, &error_abort), "resize");
    for (int64_t s = MIN(size, model->sectors); s < MAX_SECTORS; s++) {
        model->sector[s].now = 0;
    }
    model->sectors = size;
}

static void make_snapshot(BlockDriverState *bs, int i)
{
    Snapshot *sn = &model->snapshot[i];
    QEMUSnapshotInfo info = {.icount = UINT64_MAX};

    sn->sectors = model->sectors;
    for (int64_t s = 0; s < model->sectors; s++) {
        sn->value[s] = model->sector[s].now;
    }
    snprintf(info.name, sizeof(info.name), "s%u", model->names++);
    /* It may or may not be there from here on; a kill can leave half a name. */
    qatomic_set(&model->pending, i);
    pstrcpy(sn->name, sizeof(sn->name), info.name);
    bs->drv->bdrv_snapshot_create(bs, &info, &error_abort);
    model->pending = -1;
}

static void delete_snapshot(BlockDriverState *bs, int i)
{
    model->pending = i;
    bs->drv->bdrv_snapshot_delete(bs, NULL, model->snapshot[i].name, &error_abort);
    model->snapshot[i].name[0] = 0;
    model->pending = -1;
}

static void apply_snapshot(BlockDriverState *bs, int i)
{
    Snapshot *sn = &model->snapshot[i];

    for (int64_t s = 0; s < MAX_SECTORS; s++) {
        may_become(s, s < sn->sectors ? sn->value[s] : 0);
    }
    model->pending_sectors = sn->sectors;
    bdrv_snapshot_goto(bs, sn->name, &error_abort);
    for (int64_t s = 0; s < MAX_SECTORS; s++) {
        model->sector[s].now = s < sn->sectors ? sn->value[s] : 0;
    }
    model->sectors = sn->sectors;
}

static void between(BlockBackend **blk, GRand *rand)
{
    int what = g_rand_int_range(rand, 0, 8), i = g_rand_int_range(rand, 0, SNAPSHOTS);

    if (what < 2) {
        resize(*blk, rand);
    } else if (what < 6 && format->snapshots) {
        if (!model->snapshot[i].name[0]) {
            make_snapshot(blk_bs(*blk), i);
        } else if (what < 4) {
            delete_snapshot(blk_bs(*blk), i);
        } else {
            apply_snapshot(blk_bs(*blk), i);
        }
    } else if (what == 6) {
        compare_all(*blk, "all");
    } else {
        blk_unref(*blk);
        all_stable();
        check_image(file, false);
        *blk = open_image(file, BDRV_O_RDWR | BDRV_O_UNMAP);
    }
}

/* ---- processes ---- */

static void writer(uint32_t seed, uint64_t requests)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    BlockBackend *blk = open_image(file, BDRV_O_RDWR | BDRV_O_UNMAP);
    uint64_t end = model->requests + requests;

    while (model->requests < end) {
        run_workers(blk, rand, g_rand_int_range(rand, WORKERS, 100));
        between(&blk, rand);
    }
    blk_unref(blk);
    all_stable();
    check_image(file, false);
}

static void maker(uint32_t seed, uint64_t requests)
{
    make_image();
    model->sectors = MAX_SECTORS / 2 + 3;
    model->pending = -1;
}

static const Snapshot *find_snapshot(const char *name, bool *used)
{
    for (int i = 0; i < SNAPSHOTS; i++) {
        if (!strcmp(model->snapshot[i].name, name)) {
            used[i] = true;
            return &model->snapshot[i];
        }
    }
    return NULL;
}

/* Each snapshot that is there shows what it was made of; this changes the copy of the image. */
static void look_at_snapshots(const char *copy)
{
    BlockBackend *blk = open_image(copy, BDRV_O_RDWR);
    BlockDriverState *bs = blk_bs(blk);
    g_autofree QEMUSnapshotInfo *list = NULL;
    g_autofree uint8_t *buf = g_malloc(MAX_SECTORS * SECTOR);
    bool used[SNAPSHOTS] = {0};
    int n = bs->drv->bdrv_snapshot_list(bs, &list);

    for (int k = 0; k < n; k++) {
        const Snapshot *sn = find_snapshot(list[k].name, used);

        if (!sn) {
            problem("there is a snapshot '%s'", list[k].name);
        }
        bdrv_snapshot_goto(bs, list[k].name, &error_abort);
        if (blk_getlength(blk) != sn->sectors * SECTOR) {
            problem("snapshot %s has %" PRId64 " bytes", sn->name, blk_getlength(blk));
        }
        want(blk_pread(blk, 0, sn->sectors * SECTOR, buf, 0), "read of snapshot");
        for (int64_t s = 0; s < sn->sectors; s++) {
            int value = get_sector(buf + s * SECTOR, s);

            if (value != sn->value[s]) {
                problem("snapshot %s: sector %" PRId64 " is %d, not %d", sn->name, s, value,
                        sn->value[s]);
            }
        }
    }
    blk_unref(blk);
    for (int i = 0; i < SNAPSHOTS; i++) {
        if (model->snapshot[i].name[0] && !used[i]) {
            if (model->pending != i) {
                problem("snapshot %s is gone", model->snapshot[i].name);
            }
            model->snapshot[i].name[0] = 0;
        }
    }
    model->pending = -1;
}

/* After a kill: the model becomes what is there, if that may be. */
static void looker(uint32_t seed, uint64_t requests)
{
    g_autofree char *copy = g_strdup_printf("%s-copy", file), *data = NULL;
    g_autofree uint8_t *buf = NULL;
    BlockBackend *blk;
    gsize len;

    check_image(file, true);
    if (format->snapshots) {
        g_assert_true(g_file_get_contents(file, &data, &len, NULL));
        g_assert_true(g_file_set_contents(copy, data, len, NULL));
        look_at_snapshots(copy);
        unlink(copy);
    }
    blk = open_image(file, BDRV_O_RDWR);
    if (blk_getlength(blk) == model->pending_sectors * SECTOR) {
        model->sectors = model->pending_sectors;
    } else if (blk_getlength(blk) != model->sectors * SECTOR) {
        problem("the disk has %" PRId64 " bytes", blk_getlength(blk));
    }
    buf = g_malloc(model->sectors * SECTOR);
    want(blk_pread(blk, 0, model->sectors * SECTOR, buf, 0), "read");
    for (int64_t s = 0; s < MAX_SECTORS; s++) {
        int value = s < model->sectors ? get_sector(buf + s * SECTOR, s) : 0;

        if (value < 0 || (s < model->sectors && !may_be(s, value))) {
            problem("sector %" PRId64 " is %d, flushed was %d, %d writes since", s, value,
                    model->sector[s].stable, model->sector[s].n);
        }
        model->sector[s].now = value;
        is_stable(s);
    }
    blk_unref(blk);
}

static pid_t start(void (*what)(uint32_t, uint64_t), uint32_t seed, uint64_t requests)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (!pid) {
        qemu_init_main_loop(&error_abort);
        module_call_init(MODULE_INIT_QOM);
        bdrv_init();
        object_new_with_props(TYPE_QCRYPTO_SECRET, object_get_objects_root(), "secret",
                              &error_abort, "data", "open", NULL);
        what(seed, requests);
        _exit(0);
    }
    return pid;
}

static void finish(pid_t pid, bool may_be_killed)
{
    int status;

    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    if (may_be_killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        return;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status)) {
        g_test_message("%s after %" PRIu64 " requests: %s (status %#x)", format->name,
                       model->requests, model->problem, status);
        g_test_fail();
    }
}

static void run_and_kill(GRand *rand, uint64_t most)
{
    uint64_t after = g_rand_int_range(rand, 1, most);
    uint64_t end = model->requests + after;
    /* It would go on for longer: the end of it is the kill. */
    pid_t pid = start(writer, g_rand_int(rand), format->killed ? 1000 * most : after);

    while (format->killed && qatomic_read(&model->requests) < end &&
           waitid(P_PID, pid, &(siginfo_t){0}, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           !model->problem[0]) {
        sched_yield();
    }
    if (format->killed) {
        kill(pid, SIGKILL);
    }
    finish(pid, format->killed);
    finish(start(looker, 0, 0), false);
}

static void clear_folder(void)
{
    GDir *d = g_dir_open(dir, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(d))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        unlink(path);
    }
    g_dir_close(d);
}

static void test_model(gconstpointer opaque)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(g_test_rand_int());
    const char *soak = g_getenv("RHEA_SOAK");
    int kills = g_test_slow() ? MAX(100 * (soak ? g_ascii_strtod(soak, NULL) : 1), 1) : 4;

    format = opaque;
    memset(model, 0, sizeof(*model));
    file = g_build_filename(dir, format->name, NULL);
    base = g_strdup_printf("%s-base", file);
    finish(start(maker, 0, 0), false);
    for (int i = 0; i < kills && !g_test_failed(); i++) {
        run_and_kill(rand, g_test_slow() ? 20000 : 500);
    }
    g_test_message("%s: %d kills, %" PRIu64 " requests", format->name, kills, model->requests);
    clear_folder();
    g_free(file);
    g_free(base);
}

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    dir = g_dir_make_tmp("test-disk-model-XXXXXX", NULL);
    model = mmap(NULL, sizeof(*model), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(model != MAP_FAILED);
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        g_autofree char *path = g_strdup_printf("/disk-model/%s", formats[i].name);

        g_test_add_data_func(path, &formats[i], test_model);
    }
    ret = g_test_run();
    munmap(model, sizeof(*model));
    rmdir(dir);
    g_free(dir);
    return ret;
}
