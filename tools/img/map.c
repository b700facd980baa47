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

static void print_map(const MapEntry *e, const MapEntry *next, bool json)
{
    bool offset = e->flags & BDRV_BLOCK_OFFSET_VALID;

    if (!json) {
        if ((e->flags & BDRV_BLOCK_DATA) && !(e->flags & BDRV_BLOCK_ZERO) && offset) {
            printf("%#-16" PRIx64 "%#-16" PRIx64 "%#-16" PRIx64 "%s\n", e->start, e->length,
                   e->offset, e->file ? e->file->filename : "");
        }
        return;
    }
    printf("{ \"start\": %" PRId64 ", \"length\": %" PRId64 ", \"depth\": %d, \"present\": %s, "
           "\"zero\": %s, \"data\": %s, \"compressed\": %s",
           e->start, e->length, e->depth, e->flags & BDRV_BLOCK_ALLOCATED ? "true" : "false",
           e->flags & BDRV_BLOCK_ZERO ? "true" : "false",
           e->flags & BDRV_BLOCK_DATA ? "true" : "false",
           e->flags & BDRV_BLOCK_COMPRESSED ? "true" : "false");
    if (offset) {
        printf(", \"offset\": %" PRId64, e->offset);
    }
    printf("}%s", next ? ",\n" : "");
}

static bool mergeable(const MapEntry *a, const MapEntry *b)
{
    int mask = BDRV_BLOCK_ZERO | BDRV_BLOCK_DATA | BDRV_BLOCK_ALLOCATED | BDRV_BLOCK_COMPRESSED |
               BDRV_BLOCK_OFFSET_VALID;

    return a->length && !((a->flags ^ b->flags) & mask) && a->depth == b->depth &&
           a->file == b->file &&
           (!(a->flags & BDRV_BLOCK_OFFSET_VALID) || a->offset + a->length == b->offset);
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

int img_map(int argc, char **argv)
{
    ImgOpen how = {0};
    const char *filename;
    bool json = false;
    uint64_t start = 0, max = INT64_MAX;
    MapEntry current = {0};
    BlockBackend *blk;
    int64_t length, pos;
    int c, ret = 0;

    while ((c = img_next_option(&map_syntax, &how, argc, argv)) != -1) {
        switch (c) {
        case 'J':
            if (!img_output_json(optarg, &json)) {
                return 1;
            }
            break;
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
    length = blk_getlength(blk);
    length = start + max < (uint64_t)length ? (int64_t)(start + max) : length;
    printf("%s", json ? "[" : "Offset          Length          Mapped to       File\n");
    for (pos = start; pos < length && ret >= 0;) {
        MapEntry e = {.start = pos};
        int depth = 0;

        ret = bdrv_common_block_status_above(blk_bs(blk), NULL, false, true, pos,
                                             MIN(length - pos, 1 * GiB), &e.length, &e.offset,
                                             &e.file, &depth);
        if (ret < 0) {
            error_report("Failed to read image metadata: %s", strerror(-ret));
            break;
        }
        e.flags = ret;
        e.depth = MAX(depth - 1, 0);
        pos += e.length;
        if (mergeable(&current, &e)) {
            current.length += e.length;
            continue;
        }
        if (current.length) {
            print_map(&current, &e, json);
        }
        current = e;
    }
    if (current.length) {
        print_map(&current, NULL, json);
    }
    printf("%s", json ? "]\n" : "");
    blk_unref(blk);
    return ret < 0;
}
