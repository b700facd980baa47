/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img map */
#include "qemu/osdep.h"
#include "img.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"

typedef struct MapEntry {
    int64_t start, length, offset;
    int depth, flags;
    BlockDriverState *file;
} MapEntry;

/* Data only, which must be somewhere in a file as it is. */
static bool print_line(const MapEntry *e)
{
    if (!(e->flags & BDRV_BLOCK_DATA) || (e->flags & BDRV_BLOCK_ZERO)) {
        return true;
    }
    if (!(e->flags & BDRV_BLOCK_OFFSET_VALID)) {
        error_report("File contains external, encrypted or compressed clusters.");
        error_printf("From byte %" PRId64 " on. --output=json shows all there is.\n", e->start);
        return false;
    }
    printf("%#-16" PRIx64 "%#-16" PRIx64 "%#-16" PRIx64 "%s\n", e->start, e->length, e->offset,
           e->file ? e->file->filename : "");
    return true;
}

static bool print_map(const MapEntry *e, const MapEntry *next, bool json)
{
    if (!json) {
        return print_line(e);
    }
    printf("{ \"start\": %" PRId64 ", \"length\": %" PRId64 ", \"depth\": %d, \"present\": %s, "
           "\"zero\": %s, \"data\": %s, \"compressed\": %s",
           e->start, e->length, e->depth, e->flags & BDRV_BLOCK_ALLOCATED ? "true" : "false",
           e->flags & BDRV_BLOCK_ZERO ? "true" : "false",
           e->flags & BDRV_BLOCK_DATA ? "true" : "false",
           e->flags & BDRV_BLOCK_COMPRESSED ? "true" : "false");
    if (e->flags & BDRV_BLOCK_OFFSET_VALID) {
        printf(", \"offset\": %" PRId64, e->offset);
    }
    printf("}%s", next ? ",\n" : "");
    return true;
}

static bool mergeable(const MapEntry *a, const MapEntry *b)
{
    int mask = BDRV_BLOCK_ZERO | BDRV_BLOCK_DATA | BDRV_BLOCK_ALLOCATED | BDRV_BLOCK_COMPRESSED |
               BDRV_BLOCK_OFFSET_VALID;

    return a->length && !((a->flags ^ b->flags) & mask) && a->depth == b->depth &&
           a->file == b->file &&
           (!(a->flags & BDRV_BLOCK_OFFSET_VALID) || a->offset + a->length == b->offset);
}

/* Who knows what is at e->start, which goes to @e, and for how many of @bytes. */
static int find_entry(BlockDriverState *bs, int64_t bytes, MapEntry *e)
{
    int ret = bdrv_common_block_status_above(bs, NULL, false, true, e->start, bytes, &e->length,
                                             &e->offset, &e->file, &e->depth);

    e->flags = ret;
    e->depth = MAX(e->depth - 1, 0);
    for (int i = 0; ret >= 0 && i < e->depth; i++) {
        bs = bdrv_filter_or_cow_bs(bs);
    }
    /* Zeroes behind a layer's end are nobody's: the one above, which is longer, shows them. */
    if (ret >= 0 && e->depth && bdrv_getlength(bs) <= e->start) {
        e->depth--;
        e->flags &= ~BDRV_BLOCK_ALLOCATED;
        e->file = NULL;
    }
    return ret;
}

static const ImgOption map_options[] = {
    IMG_OPT_FORMAT,
    IMG_OPT_IMAGE_OPTS,
    {"-s, --start-offset", "OFFSET", "where to begin (0)"},
    {"-l, --max-length", "SIZE", "how much to look at (all)"},
    IMG_OPT_OUTPUT,
    IMG_OPT_FORCE_SHARE,
    {0},
};
static const ImgSyntax map_syntax = {
    .options = map_options,
    .operands = "FILE",
};

static int map(BlockBackend *blk, uint64_t start, uint64_t max, bool json)
{
    MapEntry current = {0};
    int64_t length = blk_getlength(blk);
    int ret = MIN(length, 0);

    length = start + max < (uint64_t)length ? (int64_t)(start + max) : length;
    printf("%s", json ? "[" : "Offset          Length          Mapped to       File\n");
    for (int64_t pos = start; pos < length && ret >= 0;) {
        MapEntry e = {.start = pos};

        ret = find_entry(blk_bs(blk), MIN(length - pos, 1 * GiB), &e);
        if (ret < 0) {
            break;
        }
        pos += e.length;
        if (mergeable(&current, &e)) {
            current.length += e.length;
            continue;
        }
        if (current.length && !print_map(&current, &e, json)) {
            return 1;
        }
        current = e;
    }
    if (ret < 0) {
        error_report("Failed to read image metadata: %s", strerror(-ret));
    }
    if (current.length && !print_map(&current, NULL, json)) {
        return 1;
    }
    printf("%s", json ? "]\n" : "");
    return ret < 0;
}

int img_map(int argc, char **argv)
{
    ImgOpen how = {0};
    const char *filename;
    uint64_t start = 0, max = INT64_MAX;
    BlockBackend *blk;
    int c, ret;

    while ((c = img_next_option(&map_syntax, &how, argc, argv)) != -1) {
        switch (c) {
        case 's':
        case 'l':
            if (qemu_strtosz(optarg, NULL, c == 's' ? &start : &max) < 0) {
                error_report("Invalid %s: '%s'", c == 's' ? "start offset" : "max length", optarg);
                return 1;
            }
            break;
        default:
            return img_usage(c, &map_syntax, argv);
        }
    }
    filename = img_only_name(argc, argv);
    if (!filename) {
        return 1;
    }
    blk = img_open(&how, filename, 0);
    if (!blk) {
        return 1;
    }
    ret = map(blk, start, max, how.json);
    blk_unref(blk);
    return ret;
}
