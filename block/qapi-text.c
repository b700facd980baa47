/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images and snapshots as text for people: "qemu-img info", "info block -v", "info snapshots". */
#include "qemu/osdep.h"
#include "block/qapi.h"
#include "block/block_int.h"
#include "qapi/qapi-visit-block-query.h"
#include "qapi/qobject-output-visitor.h"
#include "qemu/cutils.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qstring.h"

/* Programs take it apart by columns. */
static void snapshot_row(GString *out, const char *id, const char *tag, const char *size,
                         const char *date, const char *clock, const char *icount)
{
    g_string_append_printf(out, "%-9s %-16s %8s%20s%13s%11s\n", id, tag, size, date, clock, icount);
}

void bdrv_snapshot_text_header(GString *out)
{
    snapshot_row(out, "ID", "TAG", "VM SIZE", "DATE", "VM CLOCK", "ICOUNT");
}

void bdrv_snapshot_text(GString *out, const SnapshotInfo *sn, const char *id)
{
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_local(sn->date_sec);
    g_autofree char *date_text =
        date ? g_date_time_format(date, "%Y-%m-%d %H:%M:%S") : g_strdup("");
    g_autofree char *size = size_to_str(sn->vm_state_size);
    int64_t secs = sn->vm_clock_sec;
    g_autofree char *clock =
        g_strdup_printf("%02d:%02d:%02d.%03d", (int)(secs / 3600), (int)((secs / 60) % 60),
                        (int)(secs % 60), (int)(sn->vm_clock_nsec / 1000000));
    g_autofree char *icount = sn->has_icount ? g_strdup_printf("%" PRId64, sn->icount) : NULL;

    snapshot_row(out, id ? id : sn->id, sn->name, size, date_text, clock, icount ? icount : "--");
}

static void object_text(GString *out, int indent, const char *name, QObject *value);

/* "bitmaps:" and what is in it, further to the right. */
static void members_text(GString *out, int indent, QObject *value)
{
    QDict *dict = qobject_to(QDict, value);
    QList *list = qobject_to(QList, value);
    int n = 0;

    for (const QDictEntry *e = dict ? qdict_first(dict) : NULL; e; e = qdict_next(dict, e)) {
        g_autofree char *name = g_strdelimit(g_strdup(qdict_entry_key(e)), "-", ' ');

        object_text(out, indent, name, qdict_entry_value(e));
    }
    for (const QListEntry *e = list ? qlist_first(list) : NULL; e; e = qlist_next(e)) {
        g_autofree char *name = g_strdup_printf("[%d]", n++);

        object_text(out, indent, name, qlist_entry_obj(e));
    }
}

static void object_text(GString *out, int indent, const char *name, QObject *value)
{
    QString *s = qobject_to(QString, value);

    if (s && !*qstring_get_str(s)) {
        return;
    }
    g_string_append_printf(out, "%*s%s:", indent * 4, "", name);
    if (qobject_type(value) == QTYPE_QDICT || qobject_type(value) == QTYPE_QLIST) {
        g_string_append_c(out, '\n');
        members_text(out, indent + 1, value);
    } else if (s) {
        g_string_append_printf(out, " %s\n", qstring_get_str(s));
    } else {
        GString *json = qobject_to_json(value);

        g_string_append_printf(out, " %s\n", json->str);
        g_string_free(json, true);
    }
}

static void specific_text(GString *out, ImageInfoSpecific *specific)
{
    QObject *obj = NULL;
    g_autoptr(Visitor) v = qobject_output_visitor_new(&obj);

    /* The value was made here: it is complete. */
    visit_type_ImageInfoSpecific(v, NULL, &specific, &error_abort);
    visit_complete(v, &obj);
    g_string_append(out, "Format specific information:\n");
    members_text(out, 1, qdict_get(qobject_to(QDict, obj), "data"));
    qobject_unref(obj);
}

void bdrv_specific_info_text(GString *out, BlockDriverState *bs)
{
    g_autoptr(ImageInfoSpecific) specific = bs->drv && bs->drv->bdrv_get_specific_info
                                                ? bs->drv->bdrv_get_specific_info(bs, NULL)
                                                : NULL;

    if (specific) {
        specific_text(out, specific);
    }
}

static void limits_text(GString *out, BlockLimitsInfo *limits)
{
    QObject *obj = NULL;
    g_autoptr(Visitor) v = qobject_output_visitor_new(&obj);

    visit_type_BlockLimitsInfo(v, NULL, &limits, &error_abort);
    visit_complete(v, &obj);
    g_string_append(out, "Block limits:\n");
    members_text(out, 1, obj);
    qobject_unref(obj);
}

static void backing_text(GString *out, const ImageInfo *info)
{
    const char *name = info->backing_filename, *full = info->full_backing_filename;

    g_string_append_printf(out, "backing file: %s", name);
    if (!full) {
        g_string_append(out, " (cannot determine actual path)");
    } else if (strcmp(name, full)) {
        g_string_append_printf(out, " (actual path: %s)", full);
    }
    g_string_append_c(out, '\n');
    if (info->backing_filename_format) {
        g_string_append_printf(out, "backing file format: %s\n", info->backing_filename_format);
    }
}

char *bdrv_image_info_text(const ImageInfo *info)
{
    GString *out = g_string_new(NULL);
    g_autofree char *size = size_to_str(info->virtual_size);
    g_autofree char *disk =
        info->has_actual_size ? size_to_str(info->actual_size) : g_strdup("unavailable");

    g_string_append_printf(
        out, "image: %s\nfile format: %s\nvirtual size: %s (%" PRId64 " bytes)\ndisk size: %s\n",
        info->filename, info->format, size, info->virtual_size, disk);
    if (info->encrypted) {
        g_string_append(out, "encrypted: yes\n");
    }
    if (info->has_cluster_size) {
        g_string_append_printf(out, "cluster_size: %" PRId64 "\n", info->cluster_size);
    }
    if (info->dirty_flag) {
        g_string_append(out, "cleanly shut down: no\n");
    }
    if (info->backing_filename) {
        backing_text(out, info);
    }
    if (info->has_snapshots) {
        g_string_append(out, "Snapshot list:\n");
        bdrv_snapshot_text_header(out);
        for (SnapshotInfoList *e = info->snapshots; e; e = e->next) {
            bdrv_snapshot_text(out, e->value, NULL);
        }
    }
    if (info->format_specific) {
        specific_text(out, info->format_specific);
    }
    if (info->limits) {
        limits_text(out, info->limits);
    }
    return g_string_free(out, false);
}
