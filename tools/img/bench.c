/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img bench: many requests of one size, several at once, and the time that they take. */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "img.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"

typedef struct Bench {
    ImgOpen how;
    const char *aio; /* NULL: as the image is opened without */
    bool write, no_drain;
    uint64_t count, depth, offset, size, step, flush_interval, pattern;

    BlockBackend *blk;
    int64_t image_size;
    uint8_t *buf;
    QEMUIOVector qiov;
    uint64_t to_submit, in_flight, until_flush;
    bool flushing; /* nothing else begins, unless no_drain */
    int ret;
} Bench;

static void submit(Bench *b);

static void request_done(void *opaque, int ret)
{
    Bench *b = opaque;

    if (ret < 0) {
        b->ret = b->ret ? b->ret : ret;
        b->to_submit = 0;
    }
    b->in_flight--;
    submit(b);
    aio_wait_kick();
}

static void flush_done(void *opaque, int ret)
{
    Bench *b = opaque;

    b->flushing = false;
    request_done(b, ret);
}

/* A flush is due: true when it has been submitted, or waits until all before it is done. */
static bool flush_first(Bench *b)
{
    if (!b->flush_interval || b->until_flush) {
        return false;
    }
    if (b->in_flight && !b->no_drain) {
        return true;
    }
    b->until_flush = b->flush_interval;
    b->flushing = true;
    b->in_flight++;
    blk_aio_flush(b->blk, flush_done, b);
    return true;
}

static void submit(Bench *b)
{
    while (b->to_submit && b->in_flight < b->depth && (!b->flushing || b->no_drain)) {
        int64_t offset = b->offset;

        if (flush_first(b)) {
            if (!b->no_drain) {
                return;
            }
            continue;
        }
        b->in_flight++;
        b->to_submit--;
        b->until_flush -= b->until_flush > 0;
        b->offset += b->step;
        if (b->offset + b->size > (uint64_t)b->image_size) {
            b->offset = 0;
        }
        if (b->write) {
            blk_aio_pwritev(b->blk, offset, &b->qiov, 0, request_done, b);
        } else {
            blk_aio_preadv(b->blk, offset, &b->qiov, 0, request_done, b);
        }
    }
}

static void say(const Bench *b)
{
    printf("Sending %" PRIu64 " %s requests, %" PRIu64 " bytes each, %" PRIu64
           " in parallel (starting at offset %" PRIu64 ", step size %" PRIu64 ")\n",
           b->count, b->write ? "write" : "read", b->size, b->depth, b->offset, b->step);
    if (b->flush_interval) {
        printf("Sending flush every %s%" PRIu64 " requests\n",
               b->no_drain ? "(without draining) " : "", b->flush_interval);
    }
    fflush(stdout);
}

static int run(Bench *b, const char *filename)
{
    g_autoptr(QDict) more = qdict_new();
    int64_t start;

    if (b->aio) {
        qdict_put_str(more, "file.aio", b->aio);
    }
    b->how.more = more;
    b->blk = img_open(&b->how, filename, b->write ? BDRV_O_RDWR : 0);
    if (!b->blk) {
        return 1;
    }
    b->image_size = blk_getlength(b->blk);
    if (b->image_size < 0 || b->offset + b->size > (uint64_t)b->image_size) {
        error_report("The image has not %" PRIu64 " bytes behind offset %" PRIu64, b->size,
                     b->offset);
        blk_unref(b->blk);
        return 1;
    }
    b->buf = blk_blockalign(b->blk, b->size);
    memset(b->buf, b->pattern, b->size);
    qemu_iovec_init_buf(&b->qiov, b->buf, b->size);
    say(b);
    b->to_submit = b->count;
    b->until_flush = b->flush_interval;
    start = g_get_monotonic_time();
    submit(b);
    AIO_WAIT_WHILE(qemu_get_aio_context(), b->in_flight > 0);
    if (b->ret < 0) {
        error_report("Failed request: %s", strerror(-b->ret));
    } else {
        printf("Run completed in %3.3f seconds.\n", (g_get_monotonic_time() - start) / 1e6);
    }
    qemu_vfree(b->buf);
    blk_unref(b->blk);
    return b->ret < 0;
}

enum {
    OPT_FLUSH_INTERVAL = 256,
    OPT_NO_DRAIN,
    OPT_PATTERN,
};

static bool parse_number(Bench *b, int c, const char *arg)
{
    switch (c) {
    case 'c':
        return img_parse_size("request count", arg, 1, INT_MAX, &b->count);
    case 'd':
        return img_parse_size("queue depth", arg, 1, INT_MAX, &b->depth);
    case 'o':
        return img_parse_size("offset", arg, 0, INT64_MAX / 2, &b->offset);
    case 's':
        return img_parse_size("buffer size", arg, 1, INT_MAX, &b->size);
    case 'S':
        return img_parse_size("step size", arg, 1, INT_MAX, &b->step);
    case OPT_FLUSH_INTERVAL:
        return img_parse_size("flush interval", arg, 1, INT_MAX, &b->flush_interval);
    default:
        return img_parse_size("pattern byte", arg, 0, 0xff, &b->pattern);
    }
}

static bool check(const Bench *b)
{
    if (!b->write && b->flush_interval) {
        error_report("--flush-interval is only available in write tests");
    } else if (b->flush_interval && b->flush_interval < b->depth) {
        error_report("Flush interval can't be smaller than depth");
    } else {
        return true;
    }
    return false;
}

static const ImgOption bench_options[] = {
    IMG_OPT_FORMAT,
    IMG_OPT_IMAGE_OPTS,
    {"-c, --count", "COUNT", "so many requests (75000)"},
    {"-d, --depth", "DEPTH", "so many requests at once (64)"},
    {"-o, --offset", "OFFSET", "where the first begins (0)"},
    {"-s, --buffer-size", "SIZE", "the size of a request (4k)"},
    {"-S, --step-size", "SIZE", "how far apart they begin (the size of a request)"},
    {"-w, --write", NULL, "write instead of read"},
    {"--pattern", "BYTE", "what is written (0)", .value = OPT_PATTERN},
    {"--flush-interval", "COUNT", "a flush after each COUNT writes", .value = OPT_FLUSH_INTERVAL},
    {"--no-drain", NULL, "a flush does not wait for the writes before it", .value = OPT_NO_DRAIN},
    {"-i, --aio", "AIO", "how the host is asked: threads, native or io_uring"},
    {"-n, --native", NULL, "short for -i native"},
    IMG_OPT_CACHE,
    IMG_OPT_FORCE_SHARE,
    IMG_OPT_QUIET,
    {0},
};
static const ImgSyntax bench_syntax = {
    .options = bench_options,
    .operands = "FILE",
};

int img_bench(int argc, char **argv)
{
    Bench b = {.count = 75000, .depth = 64, .size = 4096};
    const char *filename;
    int c;

    while ((c = img_next_option(&bench_syntax, &b.how, argc, argv)) != -1) {
        switch (c) {
        case 'c':
        case 'd':
        case 'o':
        case 's':
        case 'S':
        case OPT_FLUSH_INTERVAL:
        case OPT_PATTERN:
            if (!parse_number(&b, c, optarg)) {
                return 1;
            }
            break;
        case 'i':
            if (qapi_enum_parse(&BlockdevAioOptions_lookup, optarg, -1, NULL) < 0) {
                error_report("Invalid aio option: %s; -i takes threads, native or io_uring",
                             optarg);
                return 1;
            }
            b.aio = optarg;
            break;
        case 'n':
            b.aio = "native";
            break;
        case 't':
            b.how.cache = optarg;
            break;
        case 'w':
            b.write = true;
            break;
        case OPT_NO_DRAIN:
            b.no_drain = true;
            break;
        default:
            return img_usage(c, &bench_syntax, argv);
        }
    }
    filename = img_only_name(argc, argv);
    if (!filename || !check(&b)) {
        return 1;
    }
    b.step = b.step ? b.step : b.size;
    return run(&b, filename);
}
