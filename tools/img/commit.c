/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img commit */
#include "qemu/osdep.h"
#include "img.h"
#include "qemu/error-report.h"
#include "qemu/timer.h"

typedef struct Commit {
    ImgOpen how;
    const char *base;
    bool keep;
    uint64_t rate; /* bytes a second; 0: as fast as it goes */
    int64_t rate_next, done;
} Commit;

static void progress_cb(void *opaque, int64_t done, int64_t total)
{
    Commit *c = opaque;

    img_progress(done, total);
    if (c->rate && done > c->done) {
        int64_t now = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);
        int64_t when = img_rate_next(&c->rate_next, c->rate, done - c->done);

        c->done = done;
        if (when > now) {
            g_usleep((when - now) / SCALE_US);
        }
    }
}

static int commit(Commit *c, const char *filename)
{
    BlockBackend *blk = img_open(&c->how, filename, BDRV_O_RDWR | BDRV_O_UNMAP);
    BlockDriverState *bs, *base;
    Error *err = NULL;
    bool ok;

    if (!blk) {
        return 1;
    }
    bs = bdrv_skip_filters(blk_bs(blk));
    base = c->base ? bdrv_find_backing_image(bs, c->base) : bdrv_backing_chain_next(bs);
    if (c->base && !base) {
        error_report("Did not find '%s' in the backing chain of '%s'", c->base, filename);
        blk_unref(blk);
        return 1;
    }
    img_progress_init(&c->how);
    /* With more than one image committed, those between stay wrong for others: nothing is emptied.
     */
    ok = bdrv_commit(bs, base, !c->keep && !c->base, progress_cb, c, &err);
    img_progress_end(ok);
    if (!ok) {
        error_report_err(err);
    } else {
        img_print(c->how.quiet, "Image committed.\n");
    }
    blk_unref(blk);
    return !ok;
}

static const ImgOption commit_options[] = {
    IMG_OPT_FORMAT,
    IMG_OPT_IMAGE_OPTS,
    {"-b, --base", "BASE", "write into BASE, which is below the backing file"},
    {"-d, --drop", NULL, "do not empty FILE afterwards"},
    {"-r, --rate-limit", "BYTES", "at most so many bytes a second; 0: as fast as it goes"},
    IMG_OPT_CACHE,
    IMG_OPT_PROGRESS,
    IMG_OPT_QUIET,
    {0},
};
static const ImgSyntax commit_syntax = {
    .options = commit_options,
    .operands = "FILE",
    .notes = "FILE is emptied when its content is in its backing file, unless -b or -d is given.",
};

int img_commit(int argc, char **argv)
{
    Commit c = {0};
    const char *filename;
    int opt;

    while ((opt = img_next_option(&commit_syntax, &c.how, argc, argv)) != -1) {
        switch (opt) {
        case 't':
            c.how.cache = optarg;
            break;
        case 'b':
            c.base = optarg;
            break;
        case 'd':
            c.keep = true;
            break;
        case 'r':
            if (!img_parse_size("rate limit", optarg, 0, INT64_MAX, &c.rate)) {
                return 1;
            }
            break;
        default:
            return img_usage(opt, &commit_syntax, argv);
        }
    }
    filename = img_only_name(argc, argv);
    if (!filename) {
        return 1;
    }
    return commit(&c, filename);
}
