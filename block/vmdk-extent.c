/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sparse extents of VMDK images (Virtual Disk Format 5.0, "Hosted Sparse Extents"): a directory of
 * tables of where grains are, twice in images that have a redundant one. Grains are appended to the
 * file; tables name a grain when it is on stable storage (meta_commit()). No place is given out
 * that a table or a directory names already: other programs have no such order.
 */
#include "qemu/osdep.h"
#include "vmdk.h"
#include "block/thread-pool.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include <zlib.h>

VmdkExtent *vmdk_add_extent(BlockDriverState *bs)
{
    VmdkState *s = bs->opaque;
    VmdkExtent *e = g_new0(VmdkExtent, 1);

    e->type = "";
    e->start = s->size;
    s->extents = g_renew(VmdkExtent *, s->extents, s->nb_extents + 1);
    s->extents[s->nb_extents++] = e;
    return e;
}

/* ---- opening ---- */

static bool check_geometry(VmdkExtent *e, uint64_t granularity, uint64_t capacity, uint64_t size,
                           Error **errp)
{
    int64_t length = bdrv_getlength(e->file->bs);

    if (!granularity || !is_power_of_2(granularity) ||
        granularity > VMDK_MAX_GRAIN / BDRV_SECTOR_SIZE) {
        error_setg(errp,
                   "Invalid granularity of %" PRIu64 " sectors, image may be corrupt: a "
                   "power of two up to 16 MiB is accepted",
                   granularity);
        return false;
    }
    if (!capacity || capacity > BDRV_MAX_LENGTH / BDRV_SECTOR_SIZE ||
        size > capacity * BDRV_SECTOR_SIZE) {
        error_setg(errp, "An extent of %" PRIu64 " sectors has %" PRIu64 " bytes of the disk",
                   capacity, size);
        return false;
    }
    if (length < 0) {
        error_setg_errno(errp, -length, "Could not get the size of an extent file");
        return false;
    }
    e->grain = granularity * BDRV_SECTOR_SIZE;
    e->gd_entries = DIV_ROUND_UP(capacity * BDRV_SECTOR_SIZE, (uint64_t)e->grain * e->gt_entries);
    if (e->gd_offset > (uint64_t)length || e->gd_entries * 4 > (uint64_t)length - e->gd_offset) {
        error_setg(errp,
                   "The grain directory at %" PRIu64 " with %" PRIu64 " entries is not "
                   "inside of the extent file",
                   e->gd_offset, e->gd_entries);
        return false;
    }
    return true;
}

/* The copy of the header at the end of a file that was written as a stream. */
static bool read_footer(VmdkExtent *e, VmdkHeader *h, Error **errp)
{
    int64_t length = bdrv_getlength(e->file->bs);
    int ret = length < 1536 ? -EINVAL : bdrv_pread(e->file, length - 1024, sizeof(*h), h, 0);

    if (ret < 0 || le32_to_cpu(h->magic) != VMDK_MAGIC || h->gd_offset == UINT64_MAX) {
        error_setg(errp, "The VMDK header says that there is a footer, but there is none");
        return false;
    }
    return true;
}

static bool open_hosted(VmdkExtent *e, uint64_t size, VmdkHeader *h, Error **errp)
{
    uint32_t flags;

    if (h->gd_offset == UINT64_MAX && !read_footer(e, h, errp)) {
        return false;
    }
    flags = le32_to_cpu(h->flags);
    if (le32_to_cpu(h->version) > 3) {
        error_setg(errp, "Unsupported VMDK version %u", le32_to_cpu(h->version));
        return false;
    }
    e->compressed = flags & VMDK_FLAG_COMPRESSED;
    if (e->compressed &&
        (le16_to_cpu(h->compression) != VMDK_COMPRESSION_DEFLATE || !(flags & VMDK_FLAG_MARKERS))) {
        error_setg(errp,
                   "Unsupported compression %u of a VMDK extent; only deflate (1) with "
                   "markers is",
                   le16_to_cpu(h->compression));
        return false;
    }
    e->zero_grain = flags & VMDK_FLAG_ZERO_GRAIN;
    e->gt_entries = le32_to_cpu(h->gt_entries);
    if (!e->gt_entries || e->gt_entries > 512) {
        error_setg(errp, "Invalid number of grain table entries %u: at most 512", e->gt_entries);
        return false;
    }
    if (le64_to_cpu(h->gd_offset) > BDRV_MAX_LENGTH / BDRV_SECTOR_SIZE ||
        le64_to_cpu(h->rgd_offset) > BDRV_MAX_LENGTH / BDRV_SECTOR_SIZE) {
        error_setg(errp, "The grain directory is beyond all files");
        return false;
    }
    e->gd_offset = le64_to_cpu(h->gd_offset) * BDRV_SECTOR_SIZE;
    e->rgd_offset = flags & VMDK_FLAG_REDUNDANT ? le64_to_cpu(h->rgd_offset) * BDRV_SECTOR_SIZE : 0;
    if (!size) {
        e->size =
            MIN(le64_to_cpu(h->capacity), BDRV_MAX_LENGTH / BDRV_SECTOR_SIZE) * BDRV_SECTOR_SIZE;
    }
    return check_geometry(e, le64_to_cpu(h->granularity), le64_to_cpu(h->capacity), e->size, errp);
}

static bool open_cowd(VmdkExtent *e, uint64_t size, const VmdkCowdHeader *h, Error **errp)
{
    e->gt_entries = 4096;
    e->gd_offset = (uint64_t)le32_to_cpu(h->gd_offset) * BDRV_SECTOR_SIZE;
    if (!size) {
        e->size = (uint64_t)le32_to_cpu(h->sectors) * BDRV_SECTOR_SIZE;
    }
    return check_geometry(e, le32_to_cpu(h->granularity), le32_to_cpu(h->sectors), e->size, errp);
}

bool vmdk_open_sparse(BlockDriverState *bs, VmdkExtent *e, uint64_t size, Error **errp)
{
    VmdkHeader h;
    int ret = bdrv_pread(e->file, 0, sizeof(h), &h, 0);
    bool ok;

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read header from file '%s'", e->file->bs->filename);
        return false;
    }
    e->kind = VMDK_SPARSE;
    qemu_co_mutex_init(&e->lock);
    switch (le32_to_cpu(h.magic)) {
    case VMDK_MAGIC:
        ok = open_hosted(e, size, &h, errp);
        break;
    case VMDK_COWD_MAGIC:
        ok = open_cowd(e, size, (VmdkCowdHeader *)&h, errp);
        break;
    default:
        error_setg(errp, "Image not in VMDK format: the extent '%s' has no header",
                   e->file->bs->filename);
        return false;
    }
    if (ok) {
        e->meta = meta_cache_new(e->file);
    }
    return ok;
}

/* ---- tables ---- */

/* Grains that are looked at, or written, together. */
#define MAX_RUN 512

static int coroutine_fn read_entry(VmdkExtent *e, uint64_t offset, uint32_t *value)
{
    int ret = meta_read(e->meta, offset, value, 4);

    *value = le32_to_cpu(*value);
    return ret;
}

static int coroutine_fn write_entry(VmdkExtent *e, uint64_t offset, uint32_t value)
{
    value = cpu_to_le32(value);
    return meta_write(e->meta, offset, &value, 4);
}

/* Where in the file the table entry of the grain at @offset is, by the directory @gd; 0: nowhere.
 */
static int coroutine_fn entry_place(VmdkExtent *e, uint64_t gd, uint64_t offset, uint64_t *place)
{
    uint64_t per_table = (uint64_t)e->grain * e->gt_entries;
    uint32_t table;
    int ret = read_entry(e, gd + offset / per_table * 4, &table);

    *place = table ? (uint64_t)table * BDRV_SECTOR_SIZE + offset % per_table / e->grain * 4 : 0;
    return ret;
}

static VmdkGrain grain_kind(const VmdkExtent *e, uint32_t entry)
{
    return !entry ? GRAIN_ABSENT : entry == 1 && e->zero_grain ? GRAIN_ZERO : GRAIN_STORED;
}

/* Is entry @i of @table as the first one, and its grain stored behind those before it? */
static bool goes_on(const VmdkExtent *e, const uint32_t *table, uint64_t i)
{
    uint64_t first = le32_to_cpu(table[0]), entry = le32_to_cpu(table[i]);
    VmdkGrain kind = grain_kind(e, first);

    return grain_kind(e, entry) == kind &&
           (kind != GRAIN_STORED ||
            (!e->compressed && entry == first + i * (e->grain / BDRV_SECTOR_SIZE)));
}

int coroutine_fn vmdk_lookup(VmdkExtent *e, uint64_t offset, int64_t *bytes, uint64_t *where)
{
    int64_t in_grain = offset % e->grain, n = DIV_ROUND_UP(in_grain + *bytes, e->grain), i = 1;
    uint64_t place;
    uint32_t table[MAX_RUN];
    int ret = entry_place(e, e->gd_offset, offset, &place);

    n = MIN(n, MIN(MAX_RUN, (int64_t)(e->gt_entries - offset / e->grain % e->gt_entries)));
    if (ret >= 0 && place) {
        ret = meta_read(e->meta, place, table, n * 4);
    }
    if (ret < 0) {
        return ret;
    }
    if (!place) {
        *bytes = MIN(*bytes, n * e->grain - in_grain);
        return GRAIN_ABSENT;
    }
    while (i < n && goes_on(e, table, i)) {
        i++;
    }
    *bytes = MIN(*bytes, i * e->grain - in_grain);
    *where = (uint64_t)le32_to_cpu(table[0]) * BDRV_SECTOR_SIZE;
    return grain_kind(e, le32_to_cpu(table[0]));
}

/* ---- places for grains and tables; with the lock held ---- */

typedef struct Search {
    VmdkExtent *e;
    uint64_t end;    /* of all that was seen */
    uint64_t length; /* of the file */
    uint64_t tables; /* as many more can be in the file */
} Search;

static int coroutine_fn see_grain(const void *entry, void *opaque)
{
    Search *s = opaque;
    uint32_t sector = ldl_le_p(entry);

    /* 1 may mean zeroes. A compressed grain may be longer, but none is written to twice. */
    if (sector > 1) {
        s->end = MAX(s->end, (uint64_t)sector * BDRV_SECTOR_SIZE +
                                 (s->e->compressed ? BDRV_SECTOR_SIZE : s->e->grain));
    }
    return 0;
}

static int coroutine_fn see_table(const void *entry, void *opaque)
{
    Search *s = opaque;
    uint64_t at = (uint64_t)(uint32_t)ldl_le_p(entry) * BDRV_SECTOR_SIZE;

    if (!at) {
        return 0;
    }
    s->end = MAX(s->end, at + s->e->gt_entries * 4);
    if (at >= s->length) {
        return 0;
    }
    if (!s->tables) {
        return -EIO;
    }
    s->tables--;
    return meta_for_each(s->e->meta, at, s->e->gt_entries, 4, see_grain, s);
}

static int coroutine_fn find_free(VmdkExtent *e)
{
    int64_t length = bdrv_co_getlength(e->file->bs);
    uint64_t dirs[] = {e->gd_offset, e->rgd_offset};
    Search s = {.e = e, .end = MAX(length, 0), .length = MAX(length, 0)};
    int ret = length < 0 ? length : 0;

    for (size_t i = 0; i < ARRAY_SIZE(dirs) && ret >= 0; i++) {
        if (dirs[i]) {
            s.end = MAX(s.end, dirs[i] + e->gd_entries * 4);
            s.tables = s.length / (e->gt_entries * 4);
            ret = meta_for_each(e->meta, dirs[i], e->gd_entries, 4, see_table, &s);
        }
    }
    if (ret >= 0) {
        e->next = ROUND_UP(s.end, e->compressed ? BDRV_SECTOR_SIZE : e->grain);
    }
    return ret;
}

static int coroutine_fn next_place(VmdkExtent *e, uint64_t *at)
{
    int ret = e->next ? 0 : find_free(e);

    *at = e->next;
    return ret < 0 ? ret : *at / BDRV_SECTOR_SIZE > UINT32_MAX ? -EFBIG : 0;
}

/* A table of its own for the range of @offset, where the directory @gd has none. Lock held. */
static int coroutine_fn new_table(VmdkExtent *e, uint64_t gd, uint64_t offset)
{
    uint64_t bytes = ROUND_UP((uint64_t)e->gt_entries * 4, BDRV_SECTOR_SIZE), at;
    g_autofree void *zeroes = g_malloc0(bytes);
    int ret = next_place(e, &at);

    if (ret < 0) {
        return ret;
    }
    e->next = ROUND_UP(at + bytes, e->compressed ? BDRV_SECTOR_SIZE : e->grain);
    /* Before the directory names it: what else is there must not be taken for places of grains. */
    ret = meta_write_now(e->meta, at, zeroes, bytes);
    return ret < 0 ? ret
                   : write_entry(e, gd + offset / ((uint64_t)e->grain * e->gt_entries) * 4,
                                 at / BDRV_SECTOR_SIZE);
}

/*
 * The tables say that the grain of @offset is at sector @sector, and those behind it, @num in all,
 * which one table has, @step sectors after each other. Lock held.
 */
static int coroutine_fn set_grains(VmdkExtent *e, uint64_t offset, unsigned num, uint32_t sector,
                                   uint32_t step)
{
    uint64_t dirs[] = {e->gd_offset, e->rgd_offset}, place;
    uint32_t entries[MAX_RUN];

    for (unsigned i = 0; i < num; i++) {
        entries[i] = cpu_to_le32(sector + i * step);
    }
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
        int ret;

        if (!dirs[i]) {
            continue;
        }
        ret = entry_place(e, dirs[i], offset, &place);
        if (ret >= 0 && !place) {
            ret = new_table(e, dirs[i], offset);
            ret = ret < 0 ? ret : entry_place(e, dirs[i], offset, &place);
        }
        ret = ret < 0 ? ret : meta_write(e->meta, place, entries, num * 4);
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

/* ---- compressed grains: a marker (address, length), then a zlib stream ---- */

#define MARKER_BYTES 12

typedef struct DeflateJob {
    const uint8_t *in;
    size_t in_len;
    uint8_t *out;
    uLongf out_len;
    int result;
} DeflateJob;

static int deflate_work(void *opaque)
{
    DeflateJob *job = opaque;

    job->result = compress(job->out, &job->out_len, job->in, job->in_len);
    return 0;
}

static int inflate_work(void *opaque)
{
    DeflateJob *job = opaque;

    job->result = uncompress(job->out, &job->out_len, job->in, job->in_len);
    return 0;
}

int coroutine_fn vmdk_read_compressed(VmdkExtent *e, uint64_t where, uint64_t in_grain,
                                      uint64_t bytes, QEMUIOVector *qiov, size_t qiov_offset)
{
    uint8_t marker[MARKER_BYTES];
    g_autofree uint8_t *in = NULL, *out = NULL;
    DeflateJob job = {.out_len = e->grain};
    uint32_t len;
    int ret = bdrv_co_pread(e->file, where, sizeof(marker), marker, 0);

    if (ret < 0) {
        return ret;
    }
    len = ldl_le_p(marker + 8);
    if (!len || len > compressBound(e->grain)) {
        return -EINVAL;
    }
    in = g_malloc(len);
    ret = bdrv_co_pread(e->file, where + sizeof(marker), len, in, 0);
    if (ret < 0) {
        return ret;
    }
    out = g_malloc0(e->grain);
    job.in = in;
    job.in_len = len;
    job.out = out;
    thread_pool_submit_co(inflate_work, &job);
    /* The last grain may be short. */
    if (job.result != Z_OK) {
        return -EINVAL;
    }
    qemu_iovec_from_buf(qiov, qiov_offset, out + in_grain, bytes);
    return 0;
}

/* A grain is written once: what is there cannot be replaced. */
static int coroutine_fn write_compressed(VmdkExtent *e, uint64_t offset, uint64_t bytes,
                                         QEMUIOVector *qiov, size_t qiov_offset)
{
    size_t bound = compressBound(e->grain);
    g_autofree uint8_t *in = g_malloc0(e->grain);
    g_autofree uint8_t *out = g_malloc0(ROUND_UP(MARKER_BYTES + bound, BDRV_SECTOR_SIZE));
    DeflateJob job = {.in = in, .in_len = e->grain, .out = out + MARKER_BYTES, .out_len = bound};
    uint64_t at, where, total;
    int ret;

    if (offset % e->grain || (bytes != e->grain && offset + bytes != e->size)) {
        return -EIO;
    }
    qemu_iovec_to_buf(qiov, qiov_offset, in, bytes);
    thread_pool_submit_co(deflate_work, &job);
    if (job.result != Z_OK) {
        return -EIO;
    }
    stq_le_p(out, offset / BDRV_SECTOR_SIZE);
    stl_le_p(out + 8, job.out_len);
    total = ROUND_UP(MARKER_BYTES + job.out_len, BDRV_SECTOR_SIZE);

    qemu_co_mutex_lock(&e->lock);
    ret = vmdk_lookup(e, offset, &(int64_t){bytes}, &where);
    if (ret >= 0 && ret != GRAIN_ABSENT) {
        ret = -EIO;
    }
    ret = ret < 0 ? ret : next_place(e, &at);
    if (ret >= 0) {
        e->next = at + total;
        ret = bdrv_co_pwrite(e->file, at, total, out, 0);
        ret = ret < 0 ? ret : set_grains(e, offset, 1, at / BDRV_SECTOR_SIZE, 0);
    }
    qemu_co_mutex_unlock(&e->lock);
    return ret;
}

/* ---- writing ---- */

/* The new grain at @at of the file: the request, and around it what was seen there before. */
static int coroutine_fn fill_grain(VmdkExtent *e, uint64_t at, uint64_t offset, uint64_t bytes,
                                   QEMUIOVector *qiov, size_t qiov_offset, BdrvChild *backing)
{
    uint64_t in = offset % e->grain;
    QEMU_AUTO_VFREE uint8_t *buf = NULL;
    int ret = bdrv_co_clear_area(e->file, at, e->grain);

    if (ret < 0) {
        return ret;
    }
    if (!backing || bytes == e->grain) {
        return bdrv_co_pwritev_part(e->file, at + in, bytes, qiov, qiov_offset, 0);
    }
    buf = qemu_try_blockalign(e->file->bs, e->grain);
    if (!buf) {
        return -ENOMEM;
    }
    ret = bdrv_co_pread(backing, e->start + offset - in, e->grain, buf, 0);
    if (ret < 0) {
        return ret;
    }
    qemu_iovec_to_buf(qiov, qiov_offset, buf + in, bytes);
    return bdrv_co_pwrite(e->file, at, e->grain, buf, 0);
}

/* Grains that have no place, or are marked as zero, at @offset: as many as end up in *@bytes. Lock
 * held. */
static int coroutine_fn write_new(VmdkExtent *e, uint64_t offset, int64_t *bytes,
                                  QEMUIOVector *qiov, size_t qiov_offset, BdrvChild *backing)
{
    int64_t in = offset % e->grain, num = 1;
    uint64_t at;
    int ret = next_place(e, &at);

    if (ret < 0) {
        return ret;
    }
    if (in || *bytes < e->grain) {
        *bytes = MIN(*bytes, e->grain - in);
        ret = fill_grain(e, at, offset, *bytes, qiov, qiov_offset, backing);
    } else {
        /* All of them is written: nothing else has to be there before. */
        num =
            MIN(*bytes / e->grain,
                (int64_t)((UINT32_MAX - at / BDRV_SECTOR_SIZE) * BDRV_SECTOR_SIZE / e->grain) + 1);
        *bytes = num * e->grain;
        ret = bdrv_co_pwritev_part(e->file, at, *bytes, qiov, qiov_offset, 0);
    }
    if (ret < 0) {
        return ret;
    }
    e->next = at + num * e->grain;
    return set_grains(e, offset, num, at / BDRV_SECTOR_SIZE, e->grain / BDRV_SECTOR_SIZE);
}

int coroutine_fn vmdk_write_grains(VmdkExtent *e, uint64_t offset, int64_t *bytes,
                                   QEMUIOVector *qiov, size_t qiov_offset, BdrvChild *backing)
{
    uint64_t where;
    int ret;

    if (e->compressed) {
        *bytes = MIN(*bytes, (int64_t)(e->grain - offset % e->grain));
        return write_compressed(e, offset, *bytes, qiov, qiov_offset);
    }
    qemu_co_mutex_lock(&e->lock);
    ret = vmdk_lookup(e, offset, bytes, &where);
    if (ret == GRAIN_STORED) {
        qemu_co_mutex_unlock(&e->lock);
        return bdrv_co_pwritev_part(e->file, where + offset % e->grain, *bytes, qiov, qiov_offset,
                                    0);
    }
    if (ret >= 0) {
        ret = write_new(e, offset, bytes, qiov, qiov_offset, ret == GRAIN_ABSENT ? backing : NULL);
    }
    qemu_co_mutex_unlock(&e->lock);
    return ret < 0 ? ret : 0;
}

int coroutine_fn vmdk_zero_grains(VmdkExtent *e, uint64_t offset, int64_t *bytes, bool has_backing)
{
    uint64_t where;
    int ret;

    qemu_co_mutex_lock(&e->lock);
    ret = vmdk_lookup(e, offset, bytes, &where);
    if (ret == GRAIN_ZERO || (ret == GRAIN_ABSENT && !has_backing)) {
        ret = 0;
    } else if (ret >= 0) {
        ret =
            e->zero_grain ? set_grains(e, offset, DIV_ROUND_UP(*bytes, e->grain), 1, 0) : -ENOTSUP;
    }
    qemu_co_mutex_unlock(&e->lock);
    return ret;
}
