/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-io's commands about the image: its size, where data is, breakpoints. Main thread. */
#include "qemu/osdep.h"
#include "block/io-cmds.h"
#include "block/aio-wait.h"
#include "block/block_int.h"
#include "block/qapi.h"
#include "qemu/cutils.h"
#include "qemu/timer.h"

static int fail(IoSession *s, const char *what, int ret)
{
    g_string_append_printf(s->out, "%s: %s\n", what, strerror(-ret));
    return ret;
}

static int cmd_length(IoSession *s, const IoArgs *a)
{
    int64_t size = blk_getlength(s->blk);
    g_autofree char *text = NULL;

    if (size < 0) {
        return fail(s, "getlength", size);
    }
    text = io_amount(size);
    g_string_append_printf(s->out, "%s\n", text);
    return 0;
}

static int cmd_info(IoSession *s, const IoArgs *a)
{
    BlockDriverState *bs = blk_bs(s->blk);
    BlockDriverInfo bdi;
    g_autofree char *cluster = NULL, *vmstate = NULL;
    int ret;

    if (bs->drv->format_name) {
        g_string_append_printf(s->out, "format name: %s\n", bs->drv->format_name);
    }
    if (bs->drv->protocol_name) {
        g_string_append_printf(s->out, "format name: %s\n", bs->drv->protocol_name);
    }
    ret = bdrv_get_info(bs, &bdi);
    if (ret < 0) {
        return fail(s, "Could not get information about the image", ret);
    }
    cluster = io_amount(bdi.cluster_size);
    vmstate = io_amount(bdi.vm_state_offset);
    g_string_append_printf(s->out, "cluster size: %s\nvm state offset: %s\n", cluster, vmstate);
    bdrv_specific_info_text(s->out, bs);
    return 0;
}

static int cmd_alloc(IoSession *s, const IoArgs *a)
{
    BlockDriverState *bs = blk_bs(s->blk);
    int64_t start, offset, count = BDRV_SECTOR_SIZE, remaining, sum = 0, n;
    int64_t size = blk_getlength(s->blk);
    g_autofree char *place = NULL;
    int ret;

    if (size < 0) {
        return fail(s, "getlength", size);
    }

    if (!io_parse_size(s, a->argv[1], &offset) ||
        (a->argc > 2 && !io_parse_size(s, a->argv[2], &count))) {
        return -EINVAL;
    }
    start = offset;
    count = MIN(count, MAX(size - offset, 0));
    place = io_amount(start);
    for (remaining = count; remaining > 0; remaining -= n, offset += n) {
        ret = bdrv_is_allocated(bs, offset, remaining, &n);
        if (ret < 0) {
            return fail(s, "is_allocated failed", ret);
        }
        if (!n) {
            break;
        }
        sum += ret ? n : 0;
    }
    g_string_append_printf(s->out, "%" PRId64 "/%" PRId64 " bytes allocated at offset %s\n", sum,
                           count, place);
    return 0;
}

static int cmd_map(IoSession *s, const IoArgs *a)
{
    BlockDriverState *bs = blk_bs(s->blk);
    int64_t size = blk_getlength(s->blk), offset = 0, n;

    if (size < 0) {
        return fail(s, "Failed to query image length", size);
    }
    while (offset < size) {
        int state = bdrv_is_allocated(bs, offset, size - offset, &n), next = state;
        g_autofree char *length = NULL, *start = NULL;
        int64_t len = n;

        if (state < 0) {
            return fail(s, "Failed to get allocation status", state);
        }
        while (n && offset + len < size && next == state) {
            next = bdrv_is_allocated(bs, offset + len, size - offset - len, &n);
            len += next == state ? n : 0;
        }
        if (!len) {
            return fail(s, "Unexpected end of image", -EIO);
        }
        length = io_amount(len);
        start = io_amount(offset);
        g_string_append_printf(
            s->out, "%s (0x%" PRIx64 ") bytes %s allocated at offset %s (0x%" PRIx64 ")\n", length,
            len, state ? "   " : "not", start, offset);
        offset += len;
    }
    return 0;
}

static int cmd_truncate(IoSession *s, const IoArgs *a)
{
    int prealloc = PREALLOC_MODE_OFF, ret;
    Error *err = NULL;
    int64_t size;

    if (a->on['m']) {
        prealloc = qapi_enum_parse(&PreallocMode_lookup, a->value['m'], -1, &err);
    }
    if (prealloc < 0) {
        error_prepend(&err, "Invalid preallocation mode: ");
        io_error(s, err);
        return -EINVAL;
    }
    if (!io_parse_size(s, a->argv[1], &size)) {
        return -EINVAL;
    }
    ret = blk_truncate(s->blk, size, false, prealloc, 0, &err);
    if (ret < 0) {
        io_error(s, err);
    }
    return ret;
}

/* ---- breakpoints ---- */

static int cmd_break(IoSession *s, const IoArgs *a)
{
    int ret = bdrv_debug_breakpoint(blk_bs(s->blk), a->argv[1], a->argv[2]);

    return ret < 0 ? fail(s, "Could not set breakpoint", ret) : 0;
}

static int cmd_remove_break(IoSession *s, const IoArgs *a)
{
    g_autofree char *what = g_strdup_printf("Could not remove breakpoint %s", a->argv[1]);
    int ret = bdrv_debug_remove_breakpoint(blk_bs(s->blk), a->argv[1]);

    return ret < 0 ? fail(s, what, ret) : 0;
}

static int cmd_resume(IoSession *s, const IoArgs *a)
{
    int ret = bdrv_debug_resume(blk_bs(s->blk), a->argv[1]);

    if (ret < 0) {
        return fail(s, "Could not resume request", ret);
    }
    g_string_append_printf(s->out, "blkdebug: Resuming request '%s'\n", a->argv[1]);
    return 0;
}

static int cmd_wait_break(IoSession *s, const IoArgs *a)
{
    AIO_WAIT_WHILE(NULL, !bdrv_debug_is_suspended(blk_bs(s->blk), a->argv[1]));
    g_string_append_printf(s->out, "blkdebug: Suspended request '%s'\n", a->argv[1]);
    return 0;
}

/* ---- others ---- */

static void sleep_cb(void *opaque)
{
    *(bool *)opaque = true;
    aio_wait_kick();
}

static int cmd_sleep(IoSession *s, const IoArgs *a)
{
    QEMUTimer timer;
    bool expired = false;
    uint64_t ms;

    if (parse_uint_full(a->argv[1], 0, &ms) < 0) {
        g_string_append_printf(s->out, "%s is not a valid number\n", a->argv[1]);
        return -EINVAL;
    }
    aio_timer_init(qemu_get_aio_context(), &timer, QEMU_CLOCK_REALTIME, SCALE_MS, sleep_cb,
                   &expired);
    timer_mod(&timer, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) / SCALE_MS + ms);
    AIO_WAIT_WHILE(NULL, !expired);
    timer_del(&timer);
    return 0;
}

static const IoCommand info_commands[] = {
    {"alloc", "a", "offset [count] ", "tells how much of a range the image itself has", 1, 2, "",
     true, 0, cmd_alloc},
    {"break", NULL, "event tag ", "stops the next request at an event of blkdebug", 2, 2, "", true,
     0, cmd_break},
    {"info", "i", "", "tells about the image", 0, 0, "", true, 0, cmd_info},
    {"length", "l", "", "tells the size of the image", 0, 0, "", true, 0, cmd_length},
    {"map", NULL, "", "tells which ranges the image itself has", 0, 0, "", true, 0, cmd_map},
    {"remove_break", NULL, "tag ", "takes a breakpoint away", 1, 1, "", true, 0, cmd_remove_break},
    {"resume", NULL, "tag ", "lets a stopped request go on", 1, 1, "", true, 0, cmd_resume},
    {"sleep", NULL, "", "lets requests go on for so many milliseconds", 1, 1, "", false, 0,
     cmd_sleep},
    {"truncate", "t", "[-m prealloc_mode] off ", "changes the size of the image", 1, 1, "m:", true,
     BLK_PERM_WRITE | BLK_PERM_RESIZE, cmd_truncate,
     "  -m MODE     how what is added is allocated: off, metadata, falloc or full\n"},
    {"wait_break", NULL, "tag ", "waits until a request has stopped", 1, 1, "", true, 0,
     cmd_wait_break},
};

void io_register_info(void)
{
    io_add_commands(info_commands, ARRAY_SIZE(info_commands));
}
