/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The descriptor of a VMDK image (Virtual Disk Format 5.0, "The Descriptor File"): lines of text
 * about the disk and the extents that it consists of.
 */
#include "qemu/osdep.h"
#include "vmdk.h"
#include "crypto/hash.h"
#include "qemu/cutils.h"
#include "qobject/qdict.h"

/* The value behind "@key=" at the start of a line, without quotation marks; g_free() it. */
static char *desc_value(const char *text, const char *key)
{
    size_t len = strlen(key);

    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!g_ascii_strncasecmp(line, key, len) && line[len] == '=') {
            const char *value = line + len + 1;
            size_t n;

            value += *value == '"';
            n = strcspn(value, "\"\r\n");
            return g_strndup(value, n);
        }
    }
    return NULL;
}

static bool desc_hex(const char *text, const char *key, uint32_t *result, Error **errp)
{
    g_autofree char *value = desc_value(text, key);
    uint64_t n;

    if (!value || qemu_strtou64(value, NULL, 16, &n) < 0 || n > UINT32_MAX) {
        error_setg(errp, "The VMDK descriptor has no valid '%s'%s%s", key, value ? ": " : "",
                   value ? value : "");
        return false;
    }
    *result = n;
    return true;
}

bool vmdk_parse_desc(BlockDriverState *bs, const char *text, Error **errp)
{
    VmdkState *s = bs->opaque;
    g_autofree char *type = desc_value(text, "createType");
    g_autofree char *parent = NULL;

    if (!type) {
        error_setg(errp, "invalid VMDK image descriptor: there is no createType");
        return false;
    }
    if (!g_utf8_validate(type, -1, NULL)) {
        error_setg(errp, "invalid VMDK image descriptor: createType is no text");
        return false;
    }
    pstrcpy(s->create_type, sizeof(s->create_type), type);
    if (!desc_hex(text, "CID", &s->cid, errp)) {
        return false;
    }
    s->parent_cid = VMDK_NO_PARENT;
    if (!strstr(text, "parentCID=") || !desc_hex(text, "parentCID", &s->parent_cid, errp)) {
        return !strstr(text, "parentCID=");
    }
    if (s->parent_cid == VMDK_NO_PARENT) {
        return true;
    }
    parent = desc_value(text, "parentFileNameHint");
    if (!parent || !*parent || strlen(parent) >= sizeof(bs->backing_file)) {
        error_setg(errp, "invalid VMDK image descriptor: parentFileNameHint does not name the "
                         "parent");
        return false;
    }
    pstrcpy(bs->backing_file, sizeof(bs->backing_file), parent);
    pstrcpy(bs->auto_backing_file, sizeof(bs->auto_backing_file), parent);
    pstrcpy(bs->backing_format, sizeof(bs->backing_format), "vmdk");
    return true;
}

/* ---- extents ---- */

typedef struct ExtentLine {
    bool read_only;
    uint64_t sectors;
    char type[16];
    char file[256];
    int64_t offset; /* sectors; -1: not given */
} ExtentLine;

/* 1: it is the line of an extent; 0: some other line. */
static int parse_line(const char *line, ExtentLine *x, Error **errp)
{
    char access[12];
    int n = 0;

    *x = (ExtentLine){.offset = -1};
    if (sscanf(line, "%11s %" SCNu64 " %15s%n", access, &x->sectors, x->type, &n) < 3 ||
        (strcmp(access, "RW") && strcmp(access, "RDONLY") && strcmp(access, "NOACCESS"))) {
        return 0;
    }
    x->read_only = strcmp(access, "RW");
    if (!x->sectors || x->sectors > BDRV_MAX_LENGTH / BDRV_SECTOR_SIZE) {
        error_setg(errp, "Invalid extent line, a size of %" PRIu64 " sectors: %s", x->sectors,
                   line);
        return -1;
    }
    if (!strcmp(x->type, "ZERO")) {
        return 1;
    }
    if (sscanf(line + n, " \"%255[^\n\r\"]\" %" SCNd64, x->file, &x->offset) < 1) {
        error_setg(errp, "Invalid extent line, no file name: %s", line);
        return -1;
    }
    return 1;
}

/*
 * Only files beside the descriptor: what else a descriptor names, which may come from a stranger,
 * the user has to name himself (@named).
 */
static bool set_extent_file(BlockDriverState *bs, const char *key, const char *file, QDict *options,
                            bool *named, Error **errp)
{
    g_autofree char *prefix = g_strdup_printf("%s.", key);
    g_autofree char *dir = NULL, *path = NULL, *driver_key = NULL, *file_key = NULL;

    *named = qdict_haskey(options, key);
    if (*named) {
        return true;
    }
    for (const QDictEntry *e = qdict_first(options); e; e = qdict_next(options, e)) {
        if (g_str_has_prefix(qdict_entry_key(e), prefix)) {
            *named = true;
            return true;
        }
    }
    if (strchr(file, '/') || !strcmp(file, "..") || !g_utf8_validate(file, -1, NULL)) {
        error_setg(errp,
                   "The extent file '%s' is not beside the descriptor; if it is the right "
                   "one, name it: %s.driver=file,%s.filename=...",
                   file, key, key);
        return false;
    }
    dir = bdrv_dirname(bs->file->bs, errp);
    if (!dir) {
        return false;
    }
    path = g_strconcat(dir, file, NULL);
    driver_key = g_strconcat(prefix, "driver", NULL);
    file_key = g_strconcat(prefix, "filename", NULL);
    qdict_put_str(options, driver_key, "file");
    qdict_put_str(options, file_key, path);
    return true;
}

static bool open_flat(VmdkExtent *e, const ExtentLine *x, Error **errp)
{
    int64_t length = bdrv_getlength(e->file->bs);
    int64_t sector = x->offset < 0 && !strcmp(x->type, "VMFS") ? 0 : x->offset;

    if (sector < 0 || sector > BDRV_MAX_LENGTH / (int64_t)BDRV_SECTOR_SIZE) {
        error_setg(errp, "The extent '%s' of type %s has no valid offset", x->file, x->type);
        return false;
    }
    e->flat_offset = sector * BDRV_SECTOR_SIZE;
    if (length < 0 || e->flat_offset > length || e->size > (uint64_t)(length - e->flat_offset)) {
        error_setg(errp,
                   "The extent file '%s' has %" PRId64 " bytes: %" PRIu64 " from %" PRId64
                   " on are not in it",
                   x->file, length, e->size, e->flat_offset);
        return false;
    }
    return true;
}

static bool open_extent(BlockDriverState *bs, const ExtentLine *x, QDict *options, Error **errp)
{
    static const char *const types[] = {"FLAT", "VMFS", "SPARSE", "VMFSSPARSE", "ZERO"};
    VmdkState *s = bs->opaque;
    g_autofree char *key = g_strdup_printf("extents.%d", s->nb_extents);
    bool named;
    const char *type = NULL;
    VmdkExtent *e;

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        type = strcmp(types[i], x->type) ? type : types[i];
    }
    if (!type) {
        error_setg(errp,
                   "Unsupported extent type '%s' of '%s'; supported: FLAT, VMFS, SPARSE, "
                   "VMFSSPARSE, ZERO",
                   x->type, x->file);
        return false;
    }
    if (s->nb_extents == VMDK_MAX_EXTENTS ||
        x->sectors * BDRV_SECTOR_SIZE > BDRV_MAX_LENGTH - s->size) {
        error_setg(errp, "The VMDK descriptor has more than %d extents, or they are too large",
                   VMDK_MAX_EXTENTS);
        return false;
    }
    e = vmdk_add_extent(bs);
    e->type = type;
    e->read_only = x->read_only;
    e->size = x->sectors * BDRV_SECTOR_SIZE;
    s->size += e->size;
    if (!strcmp(type, "ZERO")) {
        e->kind = VMDK_ZERO;
        return true;
    }
    e->kind = strstr(type, "SPARSE") ? VMDK_SPARSE : VMDK_FLAT;
    if (!set_extent_file(bs, key, x->file, options, &named, errp)) {
        return false;
    }
    e->file = bdrv_open_child(NULL, options, key, bs,
                              e->kind == VMDK_SPARSE ? BDRV_CHILD_DATA | BDRV_CHILD_METADATA
                                                     : BDRV_CHILD_DATA,
                              false, errp);
    if (!e->file) {
        return false;
    }
    e->file->implied = !named;
    return e->kind == VMDK_SPARSE ? vmdk_open_sparse(bs, e, e->size, errp) : open_flat(e, x, errp);
}

bool vmdk_open_extents(BlockDriverState *bs, const char *text, QDict *options, Error **errp)
{
    VmdkState *s = bs->opaque;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    if (strcmp(s->create_type, "monolithicFlat") && strcmp(s->create_type, "vmfs") &&
        strcmp(s->create_type, "vmfsSparse") && strcmp(s->create_type, "twoGbMaxExtentSparse") &&
        strcmp(s->create_type, "twoGbMaxExtentFlat") && strcmp(s->create_type, "custom") &&
        strcmp(s->create_type, "monolithicSparse")) {
        error_setg(errp, "Unsupported image type '%s'", s->create_type);
        return false;
    }
    for (int i = 0; lines[i]; i++) {
        ExtentLine x;
        int ret = parse_line(lines[i], &x, errp);

        if (ret < 0 || (ret && !open_extent(bs, &x, options, errp))) {
            return false;
        }
    }
    if (!s->nb_extents) {
        error_setg(errp, "The VMDK descriptor names no extent");
        return false;
    }
    return true;
}

/* ---- the CID ---- */

/*
 * The number at the line @key ("CID=") of the descriptor: its offset in *@where, and how many
 * digits it has; 0 if there is none. Others write no leading zeroes: a new number has as many
 * digits, and nothing moves. -errno.
 */
static int coroutine_mixed_fn find_hex(BlockDriverState *bs, const char *key, uint64_t *where)
{
    VmdkState *s = bs->opaque;
    g_autofree char *text = g_malloc0(s->desc_size + 1);
    int ret = s->desc_size ? bdrv_pread(bs->file, s->desc_offset, s->desc_size, text, 0) : 0;
    char *at = ret < 0 ? NULL : strstr(text, key);

    while (at && at != text && at[-1] != '\n') {
        at = strstr(at + 1, key);
    }
    if (!at) {
        return MIN(ret, 0);
    }
    at += strlen(key);
    *where = s->desc_offset + (at - text);
    return MIN(strspn(at, "0123456789abcdefABCDEF"), 8);
}

static int coroutine_mixed_fn put_hex(BlockDriverState *bs, uint64_t where, int digits,
                                      uint32_t value)
{
    char hex[9];

    snprintf(hex, sizeof(hex), "%0*x", MIN(digits, 8), value);
    return bdrv_pwrite(bs->file, where, digits, hex, 0);
}

void vmdk_follow_parent(BlockDriverState *bs)
{
    VmdkState *s = bs->opaque;
    BlockDriverState *parent = bdrv_skip_filters(bdrv_cow_bs(bs));
    uint64_t where;
    uint32_t cid;
    int digits;

    if (s->parent_cid == VMDK_NO_PARENT || !parent || parent != s->parent ||
        parent->drv != bs->drv || bdrv_is_read_only(bs) || (bs->open_flags & BDRV_O_INACTIVE)) {
        return;
    }
    cid = ((VmdkState *)parent->opaque)->cid;
    digits = cid == s->parent_cid ? 0 : find_hex(bs, "parentCID=", &where);
    if (digits > 0 && cid <= UINT32_MAX >> (32 - 4 * digits) &&
        put_hex(bs, where, digits, cid) >= 0) {
        s->parent_cid = cid;
    }
}

int coroutine_fn vmdk_renew_cid(BlockDriverState *bs)
{
    VmdkState *s = bs->opaque;
    uint32_t cid = 0;
    uint64_t where;
    int digits = 0, ret = 0;

    if (qatomic_read(&s->cid_renewed)) {
        return 0;
    }
    qemu_co_mutex_lock(&s->cid_lock);
    if (!s->cid_renewed) {
        ret = digits = find_hex(bs, "CID=", &where);
    }
    if (digits > 0 && qcrypto_random_bytes(&cid, sizeof(cid), NULL)) {
        cid &= UINT32_MAX >> (32 - 4 * digits);
        while (cid == VMDK_NO_PARENT || cid == s->cid || !cid) {
            cid = (cid + 1) & UINT32_MAX >> (32 - 4 * digits);
        }
        ret = put_hex(bs, where, digits, cid);
        qatomic_set(&s->cid, ret < 0 ? s->cid : cid);
    }
    if (ret >= 0) {
        qatomic_set(&s->cid_renewed, true);
    }
    qemu_co_mutex_unlock(&s->cid_lock);
    return ret < 0 ? ret : 0;
}
