/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Zoned devices of the host, by the requests of linux/blkzoned.h. Linux has no request to append
 * that programs could make: writes to a zone take turns, so that an append knows where it goes on.
 */
#include "qemu/osdep.h"
#include <linux/blkzoned.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include "block/zoned.h"
#include "file-posix.h"
#include "qemu/cutils.h"

/* Zones in one request to the host. */
#define MAX_REPORT 256

#define N_LOCKS    64

struct RawZones {
    int64_t size, max_append;
    bool host_managed;
    unsigned nr;
    /* Zone I has lock I % N_LOCKS, for writes and for: */
    CoMutex locks[N_LOCKS];
    /* Where an append to each goes; UNKNOWN until the host is asked. */
    int64_t *next;
};

#define UNKNOWN (-1)

/* What the host's "queue" folder of the device has in file @name; "" without one. */
static void queue_attribute(const struct stat *st, const char *name, char *text, size_t size)
{
    g_autofree char *path = g_strdup_printf("/sys/dev/block/%u:%u/queue/%s", major(st->st_rdev),
                                            minor(st->st_rdev), name);
    g_autofree char *content = NULL;

    text[0] = '\0';
    if (g_file_get_contents(path, &content, NULL, NULL)) {
        pstrcpy(text, size, g_strchomp(content));
    }
}

RawZones *raw_zones_new(int fd)
{
    RawZones *z;
    char text[32];
    struct stat st;
    uint32_t sectors = 0, nr = 0;

    if (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode) || ioctl(fd, BLKGETZONESZ, &sectors) < 0 ||
        !sectors || ioctl(fd, BLKGETNRZONES, &nr) < 0 || !nr) {
        return NULL;
    }
    z = g_new0(RawZones, 1);
    z->size = (int64_t)sectors * BDRV_SECTOR_SIZE;
    z->nr = nr;
    queue_attribute(&st, "zoned", text, sizeof(text));
    z->host_managed = strcmp(text, "host-aware") != 0;
    queue_attribute(&st, "zone_append_max_bytes", text, sizeof(text));
    z->max_append = g_ascii_strtoll(text, NULL, 10);
    for (int i = 0; i < N_LOCKS; i++) {
        qemu_co_mutex_init(&z->locks[i]);
    }
    z->next = g_new(int64_t, nr);
    for (unsigned i = 0; i < nr; i++) {
        z->next[i] = UNKNOWN;
    }
    return z;
}

void raw_zones_free(RawZones *z)
{
    if (z) {
        g_free(z->next);
        g_free(z);
    }
}

void raw_zones_limits(const RawZones *z, BlockLimits *bl)
{
    if (z) {
        bl->zones = (BlockZones){
            .size = z->size, .max_append = z->max_append, .host_managed = z->host_managed};
    }
}

bool raw_zones_check_flags(const RawZones *z, const char *filename, int flags, Error **errp)
{
    /* The host writes what is in its memory in any order. */
    if (z && z->host_managed && (flags & BDRV_O_RDWR) && !(flags & BDRV_O_NOCACHE)) {
        error_setg(errp,
                   "'%s' is a host-managed zoned device, which can be written with "
                   "cache.direct=on only",
                   filename);
        return false;
    }
    return true;
}

/* ---- report ---- */

/* Where writing goes on; what hosts say of a zone where it does not is anything. */
static int64_t write_pointer(const struct blk_zone *z)
{
    switch (z->cond) {
    case BLK_ZONE_COND_NOT_WP:
    case BLK_ZONE_COND_READONLY:
    case BLK_ZONE_COND_FULL:
    case BLK_ZONE_COND_OFFLINE:
        return (z->start + z->len) * BDRV_SECTOR_SIZE;
    default:
        return z->wp * BDRV_SECTOR_SIZE;
    }
}

static void to_zone(BlockZone *zone, const struct blk_zone *z, bool has_capacity)
{
    *zone = (BlockZone){
        .start = z->start * BDRV_SECTOR_SIZE,
        .length = z->len * BDRV_SECTOR_SIZE,
        .capacity = (has_capacity ? z->capacity : z->len) * BDRV_SECTOR_SIZE,
        .write_pointer = write_pointer(z),
        .type = z->type,
        .condition = z->cond,
    };
}

int coroutine_fn raw_co_zone_report(BlockDriverState *bs, int64_t offset, unsigned *nr,
                                    BlockZone *zones)
{
    RawPosix *s = bs->opaque;
    unsigned max = MIN(*nr, MAX_REPORT), done = 0;
    g_autofree struct blk_zone_report *report = NULL;

    if (!s->zones) {
        return -ENOTSUP;
    }
    report = g_malloc(sizeof(*report) + max * sizeof(report->zones[0]));
    while (done < *nr && offset < bs->total_bytes) {
        int ret;

        *report = (struct blk_zone_report){
            .sector = offset / BDRV_SECTOR_SIZE,
            .nr_zones = MIN(max, *nr - done),
        };
        ret = raw_ioctl(s->fd, BLKREPORTZONE, report);
        if (ret < 0) {
            return ret;
        }
        if (!report->nr_zones) {
            break;
        }
        for (unsigned i = 0; i < report->nr_zones && done < *nr; i++, done++) {
            to_zone(&zones[done], &report->zones[i], report->flags & BLK_ZONE_REP_CAPACITY);
        }
        offset = zones[done - 1].start + zones[done - 1].length;
    }
    *nr = done;
    return 0;
}

/* ---- changes ---- */

/*
 * Locks of all zones that have bytes of a range. Everybody takes them from the lowest to the
 * highest, so that nobody waits for one who waits for him.
 */
static uint64_t locks_of(const RawZones *z, int64_t offset, int64_t bytes)
{
    int64_t first = offset / z->size, last = (offset + MAX(bytes, 1) - 1) / z->size;
    uint64_t locks = 0;

    for (int64_t i = first; i <= last && i < first + N_LOCKS; i++) {
        locks |= 1ull << (i % N_LOCKS);
    }
    return locks;
}

static void coroutine_fn lock_zones(RawZones *z, int64_t offset, int64_t bytes)
{
    uint64_t locks = locks_of(z, offset, bytes);

    for (; locks; locks &= locks - 1) {
        qemu_co_mutex_lock(&z->locks[ctz64(locks)]);
    }
}

static void coroutine_fn unlock_zones(RawZones *z, int64_t offset, int64_t bytes)
{
    uint64_t locks = locks_of(z, offset, bytes);

    for (; locks; locks &= locks - 1) {
        qemu_co_mutex_unlock(&z->locks[ctz64(locks)]);
    }
}

/* With their locks held. */
static void forget_zones(RawZones *z, int64_t offset, int64_t bytes)
{
    for (int64_t i = offset / z->size; i < z->nr && i * z->size < offset + bytes; i++) {
        z->next[i] = UNKNOWN;
    }
}

int coroutine_fn raw_co_zone_manage(BlockDriverState *bs, BlockZoneOp op, int64_t offset,
                                    int64_t bytes)
{
    static const unsigned long requests[] = {
        [BLOCK_ZONE_OPEN] = BLKOPENZONE,
        [BLOCK_ZONE_CLOSE] = BLKCLOSEZONE,
        [BLOCK_ZONE_FINISH] = BLKFINISHZONE,
        [BLOCK_ZONE_RESET] = BLKRESETZONE,
    };
    RawPosix *s = bs->opaque;
    struct blk_zone_range range = {
        .sector = offset / BDRV_SECTOR_SIZE,
        .nr_sectors = bytes / BDRV_SECTOR_SIZE,
    };
    int ret;

    if (!s->zones) {
        return -ENOTSUP;
    }
    lock_zones(s->zones, offset, bytes);
    ret = raw_ioctl(s->fd, requests[op], &range);
    forget_zones(s->zones, offset, bytes);
    unlock_zones(s->zones, offset, bytes);
    return ret < 0 ? ret : 0;
}

/* Where zone @i goes on, or -errno; its lock is held. */
static int64_t coroutine_fn next_in_zone(BlockDriverState *bs, unsigned i)
{
    RawPosix *s = bs->opaque;
    RawZones *z = s->zones;
    BlockZone zone;
    unsigned nr = 1;
    int ret;

    if (z->next[i] == UNKNOWN) {
        ret = raw_co_zone_report(bs, i * z->size, &nr, &zone);
        if (ret < 0 || nr != 1) {
            return ret < 0 ? ret : -EIO;
        }
        if (zone.type == BLOCK_ZONE_CONVENTIONAL) {
            return -EINVAL;
        }
        if (zone.condition == BLOCK_ZONE_READ_ONLY || zone.condition == BLOCK_ZONE_OFFLINE) {
            return zone.condition == BLOCK_ZONE_READ_ONLY ? -EROFS : -EIO;
        }
        z->next[i] = zone.write_pointer;
    }
    return z->next[i];
}

int coroutine_fn raw_co_zone_append(BlockDriverState *bs, int64_t *offset, QEMUIOVector *qiov)
{
    RawPosix *s = bs->opaque;
    RawZones *z = s->zones;
    unsigned i;
    int64_t zone, at;

    if (!z) {
        return -ENOTSUP;
    }
    i = *offset / z->size;
    zone = *offset;
    lock_zones(z, zone, 1);
    at = next_in_zone(bs, i);
    if (at >= 0 && at + (int64_t)qiov->size > (i + 1) * z->size) {
        at = -ENOSPC;
    }
    if (at >= 0) {
        int ret = raw_write(bs, at, qiov->size, qiov, 0);

        z->next[i] = ret < 0 ? UNKNOWN : at + (int64_t)qiov->size;
        *offset = at;
        at = ret;
    }
    unlock_zones(z, zone, 1);
    return at < 0 ? at : 0;
}

int coroutine_fn raw_zones_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                   QEMUIOVector *qiov, size_t qiov_offset)
{
    RawPosix *s = bs->opaque;
    int ret;

    lock_zones(s->zones, offset, bytes);
    ret = raw_write(bs, offset, bytes, qiov, qiov_offset);
    forget_zones(s->zones, offset, bytes);
    unlock_zones(s->zones, offset, bytes);
    return ret;
}
