/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format "vmdk" (VMware Virtual Disk Format 5.0): a descriptor, and extents that hold the data,
 * sparse or flat; in one file, or in many beside the descriptor.
 */
#include "qemu/osdep.h"
#include "vmdk.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qobject/qdict.h"

static BlockDriver bdrv_vmdk;

static int vmdk_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    uint32_t magic = buf_size >= 4 ? ldl_le_p(buf) : 0;
    const char *text = (const char *)buf, *end = text + buf_size;

    if (magic == VMDK_MAGIC || magic == VMDK_COWD_MAGIC) {
        return 100;
    }
    /* A descriptor: comments, then its version. */
    while (text < end) {
        const char *eol = memchr(text, '\n', end - text);

        if (*text == '#' || *text == '\n' || *text == '\r' || *text == ' ') {
            text = eol ? eol + 1 : end;
            continue;
        }
        for (int v = 1; v <= 3; v++) {
            g_autofree char *line = g_strdup_printf("version=%d", v);

            if ((size_t)(end - text) > strlen(line) && !memcmp(text, line, strlen(line)) &&
                (text[strlen(line)] == '\n' || text[strlen(line)] == '\r')) {
                return 100;
            }
        }
        return 0;
    }
    return 0;
}

/* ---- opening ---- */

/* @bytes at @offset as text; g_free() it. */
static char *read_text(BlockDriverState *bs, uint64_t offset, uint64_t bytes, Error **errp)
{
    VmdkState *s = bs->opaque;
    char *text;
    int ret;

    if (!bytes || bytes > VMDK_MAX_DESC || offset > BDRV_MAX_LENGTH - VMDK_MAX_DESC) {
        error_setg(errp,
                   "The VMDK descriptor of %" PRIu64 " bytes is none: at most 1 MiB is "
                   "accepted",
                   bytes);
        return NULL;
    }
    text = g_malloc0(bytes + 1);
    ret = bdrv_pread(bs->file, offset, bytes, text, 0);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read the VMDK descriptor");
        g_free(text);
        return NULL;
    }
    s->desc_offset = offset;
    s->desc_size = bytes;
    return text;
}

/* The descriptor, if there is one, is inside of the one file that the image has. */
static bool open_single(BlockDriverState *bs, const VmdkHeader *h, Error **errp)
{
    VmdkState *s = bs->opaque;
    g_autofree char *text = NULL;
    VmdkExtent *e;

    s->parent_cid = s->cid = VMDK_NO_PARENT;
    if (le32_to_cpu(h->magic) == VMDK_MAGIC && h->desc_offset) {
        uint64_t offset = le64_to_cpu(h->desc_offset), sectors = le64_to_cpu(h->desc_size);

        text = read_text(bs, MIN(offset, BDRV_MAX_LENGTH / BDRV_SECTOR_SIZE) * BDRV_SECTOR_SIZE,
                         MIN(sectors, VMDK_MAX_DESC) * BDRV_SECTOR_SIZE, errp);
        if (!text || !vmdk_parse_desc(bs, text, errp)) {
            return false;
        }
    }
    e = vmdk_add_extent(bs);
    e->file = bs->file;
    if (!vmdk_open_sparse(bs, e, 0, errp)) {
        return false;
    }
    s->size = e->size;
    return true;
}

static bool open_descriptor(BlockDriverState *bs, QDict *options, Error **errp)
{
    int64_t length = bdrv_getlength(bs->file->bs);
    g_autofree char *text = NULL;

    if (length < 0) {
        error_setg_errno(errp, -length, "Could not get the size of the VMDK descriptor");
        return false;
    }
    text = read_text(bs, 0, length, errp);
    return text && vmdk_parse_desc(bs, text, errp) && vmdk_open_extents(bs, text, options, errp);
}

static bool vmdk_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    VmdkState *s = bs->opaque;
    VmdkHeader h = {0};
    uint32_t magic;
    int ret;

    qemu_co_mutex_init(&s->cid_lock);
    if (!bdrv_open_file_child(NULL, options, "file", bs, errp)) {
        return false;
    }
    ret = bdrv_pread(bs->file, 0, sizeof(h), &h, 0);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read the VMDK header");
        return false;
    }
    magic = le32_to_cpu(h.magic);
    return magic == VMDK_MAGIC || magic == VMDK_COWD_MAGIC ? open_single(bs, &h, errp)
                                                           : open_descriptor(bs, options, errp);
}

static void vmdk_close(BlockDriverState *bs)
{
    VmdkState *s = bs->opaque;

    vmdk_follow_parent(bs);
    for (int i = 0; i < s->nb_extents; i++) {
        meta_cache_free(s->extents[i]->meta);
        g_free(s->extents[i]);
    }
    g_free(s->extents);
}

static bool is_stream(const VmdkState *s)
{
    return s->nb_extents == 1 && s->extents[0]->compressed;
}

/*
 * A parent must not have changed since the child was made of it. What jobs of this process do
 * later does not change the child: one that commits writes to the parent what the child has, and
 * one that streams puts another in its place.
 */
static void look_at_parent(BlockDriverState *bs)
{
    VmdkState *s = bs->opaque;
    BlockDriverState *parent = bdrv_skip_filters(bdrv_cow_bs(bs));

    if (!parent) {
        qatomic_set(&s->parent, NULL);
    } else if (s->parent || (parent->drv == &bdrv_vmdk &&
                             qatomic_read(&((VmdkState *)parent->opaque)->cid) == s->parent_cid)) {
        qatomic_set(&s->parent, parent);
    }
}

/* Called whenever there is another parent, too. */
static void vmdk_refresh_limits(BlockDriverState *bs, Error **errp)
{
    VmdkState *s = bs->opaque;

    look_at_parent(bs);
    bs->bl.request_alignment = MAX(bs->bl.request_alignment, BDRV_SECTOR_SIZE);
    for (int i = 0; i < s->nb_extents; i++) {
        const VmdkExtent *e = s->extents[i];

        if (e->kind != VMDK_SPARSE) {
            continue;
        }
        bs->bl.pwrite_zeroes_alignment = MAX(bs->bl.pwrite_zeroes_alignment, e->grain);
        if (e->compressed && e->grain <= BDRV_MAX_REQUEST_ALIGN) {
            bs->bl.request_alignment = MAX(bs->bl.request_alignment, e->grain);
        }
    }
}

/* ---- requests ---- */

static VmdkExtent *find_extent(const VmdkState *s, uint64_t offset)
{
    int low = 0, high = s->nb_extents - 1;

    while (low < high) {
        int mid = (low + high + 1) / 2;

        if (s->extents[mid]->start <= offset) {
            low = mid;
        } else {
            high = mid - 1;
        }
    }
    return s->extents[low];
}

/* The part of the request that one extent has. */
static int64_t in_one(const VmdkExtent *e, uint64_t offset, int64_t bytes)
{
    return MIN((uint64_t)bytes, e->size - (offset - e->start));
}

static int coroutine_fn check_parent(BlockDriverState *bs)
{
    VmdkState *s = bs->opaque;

    return s->parent_cid == VMDK_NO_PARENT ||
                   bdrv_skip_filters(bdrv_cow_bs(bs)) == qatomic_read(&s->parent)
               ? 0
               : -EINVAL;
}

static int coroutine_fn read_absent(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                    QEMUIOVector *qiov, size_t qiov_offset)
{
    int ret;

    if (!bs->backing) {
        qemu_iovec_memset(qiov, qiov_offset, 0, bytes);
        return 0;
    }
    ret = check_parent(bs);
    return ret < 0 ? ret : bdrv_co_preadv_part(bs->backing, offset, bytes, qiov, qiov_offset, 0);
}

/* As much of it as can be read together; *@bytes says. */
static int coroutine_fn read_one(BlockDriverState *bs, VmdkExtent *e, int64_t offset,
                                 int64_t *bytes, QEMUIOVector *qiov, size_t qiov_offset)
{
    uint64_t in = offset - e->start, where;
    int ret;

    if (e->kind == VMDK_FLAT) {
        return bdrv_co_preadv_part(e->file, e->flat_offset + in, *bytes, qiov, qiov_offset, 0);
    }
    ret = e->kind == VMDK_ZERO ? GRAIN_ZERO : vmdk_lookup(e, in, bytes, &where);
    switch (ret) {
    case GRAIN_ABSENT:
        return read_absent(bs, offset, *bytes, qiov, qiov_offset);
    case GRAIN_ZERO:
        qemu_iovec_memset(qiov, qiov_offset, 0, *bytes);
        return 0;
    case GRAIN_STORED:
        if (e->compressed) {
            return vmdk_read_compressed(e, where, in % e->grain, *bytes, qiov, qiov_offset);
        }
        return bdrv_co_preadv_part(e->file, where + in % e->grain, *bytes, qiov, qiov_offset, 0);
    default:
        return ret;
    }
}

/* The core may ask up to the alignment beyond the end: zeroes. */
static int coroutine_fn vmdk_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags)
{
    VmdkState *s = bs->opaque;

    while (bytes) {
        VmdkExtent *e = find_extent(s, offset);
        bool inside = offset < (int64_t)s->size;
        int64_t n = inside ? in_one(e, offset, bytes) : bytes;
        int ret = 0;

        if (inside) {
            ret = read_one(bs, e, offset, &n, qiov, qiov_offset);
        } else {
            qemu_iovec_memset(qiov, qiov_offset, 0, n);
        }
        if (ret < 0) {
            return ret;
        }
        offset += n;
        qiov_offset += n;
        bytes -= n;
    }
    return 0;
}

/* As much of it as can be written together; *@bytes says. */
static int coroutine_fn write_one(BlockDriverState *bs, VmdkExtent *e, int64_t offset,
                                  int64_t *bytes, QEMUIOVector *qiov, size_t qiov_offset)
{
    int ret;

    if (e->read_only || e->kind == VMDK_ZERO) {
        return -EACCES;
    }
    if (e->kind == VMDK_FLAT) {
        return bdrv_co_pwritev_part(e->file, e->flat_offset + offset - e->start, *bytes, qiov,
                                    qiov_offset, 0);
    }
    ret = bs->backing ? check_parent(bs) : 0;
    return ret < 0 ? ret
                   : vmdk_write_grains(e, offset - e->start, bytes, qiov, qiov_offset, bs->backing);
}

static int coroutine_fn vmdk_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                        QEMUIOVector *qiov, size_t qiov_offset,
                                        BdrvRequestFlags flags)
{
    VmdkState *s = bs->opaque;
    int ret = vmdk_renew_cid(bs);

    bytes = MIN(bytes, (int64_t)s->size - offset);
    while (bytes > 0 && ret >= 0) {
        VmdkExtent *e = find_extent(s, offset);
        int64_t n = in_one(e, offset, bytes);

        ret = write_one(bs, e, offset, &n, qiov, qiov_offset);
        offset += n;
        qiov_offset += n;
        bytes -= n;
    }
    return ret < 0 ? ret : 0;
}

static int coroutine_fn vmdk_co_pwritev_compressed(BlockDriverState *bs, int64_t offset,
                                                   int64_t bytes, QEMUIOVector *qiov,
                                                   size_t qiov_offset)
{
    /* Extents of streams are compressed; in others the data is stored as it is. */
    return vmdk_co_pwritev(bs, offset, bytes, qiov, qiov_offset, 0);
}

/* As much of it as can be done together; *@bytes says. */
static int coroutine_fn zero_one(BlockDriverState *bs, VmdkExtent *e, int64_t offset,
                                 int64_t *bytes)
{
    uint64_t in = offset - e->start;

    if (e->kind == VMDK_ZERO) {
        return 0;
    }
    if (e->read_only) {
        return -EACCES;
    }
    if (e->kind == VMDK_FLAT) {
        return bdrv_co_pwrite_zeroes(e->file, e->flat_offset + in, *bytes, 0);
    }
    if (in + *bytes != e->size) {
        *bytes = QEMU_ALIGN_DOWN(*bytes, e->grain);
    }
    return in % e->grain || !*bytes ? -ENOTSUP : vmdk_zero_grains(e, in, bytes, bs->backing);
}

static int coroutine_fn vmdk_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                              BdrvRequestFlags flags)
{
    VmdkState *s = bs->opaque;
    int ret = vmdk_renew_cid(bs);

    bytes = MIN(bytes, (int64_t)s->size - offset);
    while (bytes > 0 && ret >= 0) {
        VmdkExtent *e = find_extent(s, offset);
        int64_t n = in_one(e, offset, bytes);

        ret = zero_one(bs, e, offset, &n);
        offset += n;
        bytes -= n;
    }
    return ret < 0 ? ret : 0;
}

static int coroutine_fn vmdk_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                             int64_t bytes, int64_t *pnum, int64_t *map,
                                             BlockDriverState **file)
{
    VmdkState *s = bs->opaque;
    VmdkExtent *e = find_extent(s, offset);
    uint64_t in = offset - e->start, where;
    int ret;

    *pnum = offset < (int64_t)s->size ? in_one(e, offset, bytes) : bytes;
    if (e->kind == VMDK_ZERO || offset >= (int64_t)s->size) {
        return BDRV_BLOCK_ZERO;
    }
    *file = e->file->bs;
    if (e->kind == VMDK_FLAT) {
        *map = e->flat_offset + in;
        return BDRV_BLOCK_DATA | BDRV_BLOCK_OFFSET_VALID | BDRV_BLOCK_RECURSE;
    }
    ret = vmdk_lookup(e, in, pnum, &where);
    switch (ret) {
    case GRAIN_ABSENT:
        return 0;
    case GRAIN_ZERO:
        return BDRV_BLOCK_ZERO;
    case GRAIN_STORED:
        *map = where + in % e->grain;
        return e->compressed ? BDRV_BLOCK_DATA | BDRV_BLOCK_COMPRESSED
                             : BDRV_BLOCK_DATA | BDRV_BLOCK_OFFSET_VALID | BDRV_BLOCK_RECURSE;
    default:
        return ret;
    }
}

static int coroutine_fn vmdk_co_flush_to_os(BlockDriverState *bs)
{
    VmdkState *s = bs->opaque;
    int ret = 0;

    for (int i = 0; i < s->nb_extents && ret >= 0; i++) {
        ret = s->extents[i]->meta ? meta_commit(s->extents[i]->meta) : 0;
    }
    return ret;
}

static int64_t coroutine_fn vmdk_co_getlength(BlockDriverState *bs)
{
    VmdkState *s = bs->opaque;

    return s->size;
}

static int64_t coroutine_fn vmdk_co_get_allocated_file_size(BlockDriverState *bs)
{
    VmdkState *s = bs->opaque;
    int64_t sum = bdrv_co_get_allocated_file_size(bs->file->bs);

    for (int i = 0; i < s->nb_extents && sum >= 0; i++) {
        BdrvChild *c = s->extents[i]->file;
        int64_t n = c && c != bs->file ? bdrv_co_get_allocated_file_size(c->bs) : 0;

        sum = n < 0 ? n : sum + n;
    }
    return sum;
}

/* ---- what it is ---- */

static int coroutine_fn vmdk_co_get_info(BlockDriverState *bs, BlockDriverInfo *bdi)
{
    VmdkState *s = bs->opaque;

    for (int i = 0; i < s->nb_extents; i++) {
        if (s->extents[i]->kind == VMDK_SPARSE) {
            bdi->cluster_size = s->extents[i]->grain;
        }
    }
    bdi->needs_compressed_writes = is_stream(s);
    return 0;
}

static VmdkExtentInfo *extent_info(const VmdkExtent *e)
{
    VmdkExtentInfo *info = g_new0(VmdkExtentInfo, 1);

    if (e->file) {
        bdrv_refresh_filename(e->file->bs);
    }
    info->filename = g_strdup(e->file ? e->file->bs->filename : "");
    info->format = g_strdup(e->type);
    info->virtual_size = e->size;
    info->has_cluster_size = e->kind == VMDK_SPARSE;
    info->cluster_size = e->grain;
    info->has_compressed = info->compressed = e->compressed;
    return info;
}

static ImageInfoSpecific *vmdk_get_specific_info(BlockDriverState *bs, Error **errp)
{
    VmdkState *s = bs->opaque;
    ImageInfoSpecific *spec = g_new0(ImageInfoSpecific, 1);
    ImageInfoSpecificVmdk *data = g_new0(ImageInfoSpecificVmdk, 1);
    VmdkExtentInfoList **tail = &data->extents;

    spec->type = IMAGE_INFO_SPECIFIC_KIND_VMDK;
    spec->u.vmdk.data = data;
    data->create_type = g_strdup(s->create_type);
    data->cid = s->cid;
    data->parent_cid = s->parent_cid;
    for (int i = 0; i < s->nb_extents; i++) {
        QAPI_LIST_APPEND(tail, extent_info(s->extents[i]));
    }
    return spec;
}

static int vmdk_has_zero_init(BlockDriverState *bs)
{
    VmdkState *s = bs->opaque;

    for (int i = 0; i < s->nb_extents; i++) {
        if (s->extents[i]->kind == VMDK_FLAT && !bdrv_has_zero_init(s->extents[i]->file->bs)) {
            return 0;
        }
    }
    return 1;
}

typedef struct Check {
    VmdkExtent *e;
    BdrvCheckResult *res;
    unsigned long *seen; /* a bit for each sector of the file */
    uint64_t sectors;
} Check;

/* @bytes at @where, which is in the file, are used by one grain or table. */
static void check_place(Check *c, uint64_t where, uint64_t bytes, const char *what, uint64_t number)
{
    uint64_t first = where / BDRV_SECTOR_SIZE;

    if (meta_take_places(c->seen, first,
                         MIN(DIV_ROUND_UP(bytes, BDRV_SECTOR_SIZE), c->sectors - first))) {
        error_printf("ERROR: what is at %" PRIu64 " of the file is used twice, for %s %" PRIu64
                     "\n",
                     where, what, number);
        c->res->corruptions++;
    }
}

static int coroutine_fn check_table(const void *entry, void *opaque)
{
    Check *c = opaque;
    uint32_t sector = ldl_le_p(entry);

    if (sector >= c->sectors) {
        error_printf("ERROR: table offset after file size: sector %u\n", sector);
        c->res->corruptions++;
    } else if (sector) {
        check_place(c, (uint64_t)sector * BDRV_SECTOR_SIZE, c->e->gt_entries * 4,
                    "the table at sector", sector);
    }
    return 0;
}

static int coroutine_fn check_tables(Check *c)
{
    VmdkExtent *e = c->e;
    int ret = meta_for_each(e->meta, e->gd_offset, e->gd_entries, 4, check_table, c);

    return ret < 0 || !e->rgd_offset
               ? ret
               : meta_for_each(e->meta, e->rgd_offset, e->gd_entries, 4, check_table, c);
}

/* Tables and grains lie in the file, apart from each other. */
static int coroutine_fn check_extent(VmdkExtent *e, BdrvCheckResult *res)
{
    int64_t length = bdrv_co_getlength(e->file->bs);
    /* Entries have 32 bits. */
    uint64_t sectors = MIN(DIV_ROUND_UP(MAX(length, 0), BDRV_SECTOR_SIZE), 1ULL << 32);
    g_autofree unsigned long *seen = bitmap_try_new(sectors);
    Check c = {.e = e, .res = res, .seen = seen, .sectors = sectors};
    int err = length < 0 ? (int)length : seen ? check_tables(&c) : -ENOMEM;

    if (err < 0) {
        return err;
    }
    for (uint64_t offset = 0, n; offset < e->size; offset += n) {
        int64_t run = MIN(e->size - offset, INT64_MAX / 2);
        uint64_t where = 0, sector = (e->start + offset) / BDRV_SECTOR_SIZE;
        int ret = vmdk_lookup(e, offset, &run, &where);

        /* What is not stored is passed over, many grains at once. */
        n = ret < 0 || ret == GRAIN_STORED ? e->grain : run;
        res->bfi.total_clusters += DIV_ROUND_UP(n, e->grain);
        if (ret < 0) {
            error_printf("ERROR: could not get cluster_offset for sector %" PRIu64 "\n", sector);
            res->check_errors++;
        } else if (ret == GRAIN_STORED && where >= (uint64_t)length) {
            error_printf("ERROR: cluster offset after file size, for sector %" PRIu64 "\n", sector);
            res->corruptions++;
        } else if (ret == GRAIN_STORED) {
            check_place(&c, where, e->compressed ? BDRV_SECTOR_SIZE : e->grain, "sector", sector);
        }
        res->bfi.allocated_clusters += ret == GRAIN_STORED;
    }
    return 0;
}

static int coroutine_fn vmdk_co_check(BlockDriverState *bs, BdrvCheckResult *res, BdrvCheckMode fix)
{
    VmdkState *s = bs->opaque;
    int ret = fix ? -ENOTSUP : 0;

    for (int i = 0; i < s->nb_extents && ret >= 0; i++) {
        ret = s->extents[i]->kind == VMDK_SPARSE ? check_extent(s->extents[i], res) : 0;
    }
    return ret;
}

static BlockDriver bdrv_vmdk = {
    .format_name = "vmdk",
    .instance_size = sizeof(VmdkState),
    .is_format = true,
    .supports_backing = true,
    .bdrv_probe = vmdk_probe,
    .bdrv_open = vmdk_open,
    .bdrv_close = vmdk_close,
    .bdrv_reopen_prepare = bdrv_reopen_nothing,
    .bdrv_inactivate = bdrv_refuse_inactivate,
    .bdrv_create = vmdk_create,
    .bdrv_create_node = vmdk_create_node,
    .bdrv_refresh_limits = vmdk_refresh_limits,
    .bdrv_co_preadv_part = vmdk_co_preadv,
    .bdrv_co_pwritev_part = vmdk_co_pwritev,
    .bdrv_co_pwritev_compressed_part = vmdk_co_pwritev_compressed,
    .bdrv_co_pwrite_zeroes = vmdk_co_pwrite_zeroes,
    .bdrv_co_block_status = vmdk_co_block_status,
    .bdrv_co_flush_to_os = vmdk_co_flush_to_os,
    .bdrv_co_getlength = vmdk_co_getlength,
    .bdrv_co_get_allocated_file_size = vmdk_co_get_allocated_file_size,
    .bdrv_co_get_info = vmdk_co_get_info,
    .bdrv_co_check = vmdk_co_check,
    .bdrv_get_specific_info = vmdk_get_specific_info,
    .bdrv_has_zero_init = vmdk_has_zero_init,
    .create_opts = vmdk_create_opts,
};

static void bdrv_vmdk_init(void)
{
    bdrv_register(&bdrv_vmdk);
}

block_init(bdrv_vmdk_init);
