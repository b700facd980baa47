/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img snapshot */
#include "qemu/osdep.h"
#include "img.h"
#include "block/qapi.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"

static int list_snapshots(BlockDriverState *bs)
{
    g_autoptr(SnapshotInfoList) list = bdrv_query_snapshots(bs);
    g_autoptr(GString) out = g_string_new(NULL);

    if (list) {
        g_string_append(out, "Snapshot list:\n");
        bdrv_snapshot_text_header(out);
    }
    for (SnapshotInfoList *e = list; e; e = e->next) {
        bdrv_snapshot_text(out, e->value, NULL);
    }
    fputs(out->str, stdout);
    return 0;
}

static bool create_snapshot(BlockDriverState *bs, const char *name, Error **errp)
{
    int64_t now = g_get_real_time();
    QEMUSnapshotInfo info = {
        .date_sec = now / 1000000,
        .date_nsec = now % 1000000 * 1000,
        .icount = UINT64_MAX,
    };

    pstrcpy(info.name, sizeof(info.name), name);
    return bs->drv->bdrv_snapshot_create(bs, &info, errp);
}

static int change(BlockDriverState *top, int action, const char *name)
{
    Error *err = NULL;
    BlockDriverState *bs = bdrv_snapshot_node(top, &err);
    bool ok = false;

    if (bs && action == 'c') {
        ok = create_snapshot(bs, name, &err);
    } else if (bs && action == 'a') {
        ok = bdrv_snapshot_goto(bs, name, &err);
    } else if (bs) {
        ok = bs->drv->bdrv_snapshot_delete(bs, NULL, name, &err);
    }
    if (!ok) {
        error_reportf_err(err, "Could not %s snapshot '%s': ",
                          action == 'c'   ? "create"
                          : action == 'a' ? "apply"
                                          : "delete",
                          name);
    }
    return !ok;
}

static const ImgOption snapshot_options[] = {
    {"-l, --list", NULL, "list them, as without any option"},
    {"-c, --create", "NAME", "make a snapshot", .instead = true},
    {"-a, --apply", "SNAPSHOT", "go back to a snapshot; SNAPSHOT is its id or name",
     .instead = true},
    {"-d, --delete", "SNAPSHOT", "delete a snapshot", .instead = true},
    IMG_OPT_FORMAT,
    IMG_OPT_IMAGE_OPTS,
    IMG_OPT_FORCE_SHARE,
    IMG_OPT_QUIET,
    {0},
};
static const ImgSyntax snapshot_syntax = {
    .options = snapshot_options,
    .operands = "FILE",
};

int img_snapshot(int argc, char **argv)
{
    ImgOpen how = {0};
    const char *name = NULL, *filename;
    int action = 0, c, ret;
    BlockBackend *blk;

    while ((c = img_next_option(&snapshot_syntax, &how, argc, argv)) != -1) {
        switch (c) {
        case 'l':
        case 'a':
        case 'c':
        case 'd':
            if (action) {
                return img_misused("Cannot mix '-l', '-a', '-c', '-d'");
            }
            action = c;
            name = optarg;
            break;
        default:
            return img_usage(c, &snapshot_syntax, argv);
        }
    }
    filename = img_only_name(argc, argv);
    if (!filename) {
        return 1;
    }
    action = action ? action : 'l';
    blk = img_open(&how, filename,
                   BDRV_O_NO_BACKING | BDRV_O_UNMAP | (action == 'l' ? 0 : BDRV_O_RDWR));
    if (!blk) {
        return 1;
    }
    ret = action == 'l' ? list_snapshots(blk_bs(blk)) : change(blk_bs(blk), action, name);
    blk_unref(blk);
    return ret;
}
