/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-io's commands for zoned disks. Main thread. */
#include "qemu/osdep.h"
#include "block/io-cmds.h"
#include "block/zoned.h"
#include "qemu/cutils.h"
#include "qemu/memalign.h"

/* Zones that are asked for at once. */
#define MAX_ZONES 1024
#define PATTERN   0xcd

static int failed(IoSession *s, const char *what, int ret)
{
    g_string_append_printf(s->out, "zone %s failed: %s\n", what,
                           ret == -ENOTSUP ? "the image is not on a zoned device" : strerror(-ret));
    return ret;
}

/* Sectors of 512 bytes, as the host's own tools have them. */
static void print_zone(IoSession *s, const BlockZone *z)
{
    g_string_append_printf(s->out,
                           "start: 0x%" PRIx64 ", len 0x%" PRIx64 ", cap 0x%" PRIx64
                           ", wptr 0x%" PRIx64 ", zcond:%u, [type: %u]\n",
                           z->start >> BDRV_SECTOR_BITS, z->length >> BDRV_SECTOR_BITS,
                           z->capacity >> BDRV_SECTOR_BITS, z->write_pointer >> BDRV_SECTOR_BITS,
                           z->condition, z->type);
}

static int cmd_report(IoSession *s, const IoArgs *a)
{
    g_autofree BlockZone *zones = NULL;
    int64_t offset, number;

    if (!io_parse_size(s, a->argv[1], &offset) || !io_parse_size(s, a->argv[2], &number)) {
        return -EINVAL;
    }
    zones = g_new(BlockZone, MAX_ZONES);
    do {
        unsigned nr = MIN(number, MAX_ZONES);
        int ret = blk_zone_report(s->blk, offset, &nr, zones);

        if (ret < 0) {
            return failed(s, "report", ret);
        }
        for (unsigned i = 0; i < nr; i++) {
            print_zone(s, &zones[i]);
        }
        if (!nr) {
            break;
        }
        number -= nr;
        offset = zones[nr - 1].start + zones[nr - 1].length;
    } while (number > 0 && offset < blk_getlength(s->blk));
    return 0;
}

static int manage(IoSession *s, const IoArgs *a, BlockZoneOp op, const char *what)
{
    int64_t offset, bytes;
    int ret;

    if (!io_parse_size(s, a->argv[1], &offset) || !io_parse_size(s, a->argv[2], &bytes)) {
        return -EINVAL;
    }
    ret = blk_zone_manage(s->blk, op, offset, bytes);
    return ret < 0 ? failed(s, what, ret) : 0;
}

static int cmd_open(IoSession *s, const IoArgs *a)
{
    return manage(s, a, BLOCK_ZONE_OPEN, "open");
}

static int cmd_close(IoSession *s, const IoArgs *a)
{
    return manage(s, a, BLOCK_ZONE_CLOSE, "close");
}

static int cmd_finish(IoSession *s, const IoArgs *a)
{
    return manage(s, a, BLOCK_ZONE_FINISH, "finish");
}

static int cmd_reset(IoSession *s, const IoArgs *a)
{
    return manage(s, a, BLOCK_ZONE_RESET, "reset");
}

/* Data from a buffer of as many pieces as there are lengths. */
static int append(IoSession *s, int64_t offset, const int64_t *lengths, int n, int64_t total)
{
    QEMU_AUTO_VFREE uint8_t *buf = blk_try_blockalign(s->blk, total);
    QEMUIOVector qiov;
    int64_t pos = 0;
    int ret;

    if (!buf) {
        return failed(s, "append", -ENOMEM);
    }
    memset(buf, PATTERN, total);
    qemu_iovec_init(&qiov, n);
    for (int i = 0; i < n; i++) {
        qemu_iovec_add(&qiov, buf + pos, lengths[i]);
        pos += lengths[i];
    }
    ret = blk_zone_append(s->blk, &offset, &qiov);
    qemu_iovec_destroy(&qiov);
    if (ret < 0) {
        return failed(s, "append", ret);
    }
    g_string_append_printf(s->out, "appended at sector 0x%" PRIx64 "\n",
                           offset >> BDRV_SECTOR_BITS);
    return 0;
}

static int cmd_append(IoSession *s, const IoArgs *a)
{
    int n = a->argc - 2;
    g_autofree int64_t *lengths = g_new0(int64_t, n);
    int64_t offset, total = 0;

    if (!io_parse_size(s, a->argv[1], &offset)) {
        return -EINVAL;
    }
    for (int i = 0; i < n; i++) {
        if (!io_parse_size(s, a->argv[i + 2], &lengths[i])) {
            return -EINVAL;
        }
        total += MIN(lengths[i], BDRV_REQUEST_MAX_BYTES + 1);
        if (total > BDRV_REQUEST_MAX_BYTES) {
            g_string_append_printf(s->out, "length cannot exceed %" PRId64 "\n",
                                   BDRV_REQUEST_MAX_BYTES);
            return -EINVAL;
        }
    }
    return append(s, offset, lengths, n, total);
}

static const IoCommand zone_commands[] = {
    {"zone_append", "zap", "offset len [len..] ", "writes to where a zone goes on", 2, -1, "", true,
     BLK_PERM_WRITE, cmd_append},
    {"zone_close", "zc", "offset len ", "closes the zones of a range", 2, 2, "", true,
     BLK_PERM_WRITE, cmd_close},
    {"zone_finish", "zf", "offset len ", "makes the zones of a range full", 2, 2, "", true,
     BLK_PERM_WRITE, cmd_finish},
    {"zone_open", "zo", "offset len ", "opens the zones of a range", 2, 2, "", true, BLK_PERM_WRITE,
     cmd_open},
    {"zone_report", "zrp", "offset number ", "tells about zones", 2, 2, "", true, 0, cmd_report},
    {"zone_reset", "zrs", "offset len ", "empties the zones of a range", 2, 2, "", true,
     BLK_PERM_WRITE, cmd_reset},
};

void io_register_zones(void)
{
    io_add_commands(zone_commands, ARRAY_SIZE(zone_commands));
}
