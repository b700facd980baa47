/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into a program, makes of the regular file $ZONED_DEVICE a zoned block device as Linux
 * has them: what the file is, the requests of linux/blkzoned.h, and writes that are refused when
 * they are not in order. The state of its zones is in $ZONED_DEVICE.zones. With $ZONED_MEETING
 * a write to zone 1 is done when one to zone 2 has begun.
 */
/* Both names of each call are there to be wrapped. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/blkzoned.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

/* Sectors. The first zone is a conventional one. */
#define SECTOR   512
#define ZONE     2048
#define CAPACITY 1536
#define ZONES    16

typedef struct Zone {
    uint64_t wp; /* from the start of the zone */
    uint8_t cond;
} Zone;

static Zone *zones;
static ino_t inode;
static dev_t device;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t begun = PTHREAD_COND_INITIALIZER;
static int writes_to_2;

#define REAL(ret, name, params) ((ret(*) params)dlsym(RTLD_NEXT, name))

static int real_fstat(int fd, struct stat *st)
{
    return REAL(int, "fstat", (int, struct stat *))(fd, st);
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("ZONED_DEVICE");
    char name[4096];
    struct stat st;
    int fd;

    if (!path || (fd = open(path, O_RDONLY)) < 0) {
        return;
    }
    real_fstat(fd, &st);
    close(fd);
    snprintf(name, sizeof(name), "%s.zones", path);
    fd = open(name, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || ftruncate(fd, ZONES * sizeof(Zone)) < 0) {
        return;
    }
    zones = mmap(NULL, ZONES * sizeof(Zone), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (zones == MAP_FAILED) {
        zones = NULL;
        return;
    }
    inode = st.st_ino;
    device = st.st_dev;
    for (int i = 1; i < ZONES; i++) {
        zones[i].cond = zones[i].cond ? zones[i].cond : BLK_ZONE_COND_EMPTY;
    }
}

/* ---- a block device ---- */

static int is_ours(const struct stat *st)
{
    return zones && st->st_ino == inode && st->st_dev == device;
}

static int disguise(int ret, struct stat *st)
{
    if (ret == 0 && is_ours(st)) {
        st->st_mode = S_IFBLK | 0600;
        st->st_rdev = makedev(4000, 1);
    }
    return ret;
}

static int is_ours_fd(int fd)
{
    struct stat st;

    return zones && real_fstat(fd, &st) == 0 && is_ours(&st);
}

/* Both structures are the same here. */
#define WRAP_STAT(name, type, first)                                                               \
    int name(first, struct type *st)                                                               \
    {                                                                                              \
        return disguise(REAL(int, #name, (first, struct type *))(what, st), (struct stat *)st);    \
    }

WRAP_STAT(stat, stat, const char *what)
WRAP_STAT(stat64, stat64, const char *what)
WRAP_STAT(fstat, stat, int what)
WRAP_STAT(fstat64, stat64, int what)

/* ---- zones ---- */

static int is_dead(const Zone *z)
{
    return z->cond == BLK_ZONE_COND_READONLY || z->cond == BLK_ZONE_COND_OFFLINE;
}

/* What a device says of the pointer of a zone that cannot be written is anything. */
static uint64_t pointer(unsigned i)
{
    return is_dead(&zones[i]) ? ~0ull : i * ZONE + (i ? zones[i].wp : ZONE);
}

static int report(struct blk_zone_report *r)
{
    unsigned max = r->nr_zones, n = 0;

    for (unsigned i = r->sector / ZONE; i < ZONES && n < max; i++, n++) {
        r->zones[n] = (struct blk_zone){
            .start = i * ZONE,
            .len = ZONE,
            .capacity = i ? CAPACITY : ZONE,
            .wp = pointer(i),
            .type = i ? BLK_ZONE_TYPE_SEQWRITE_REQ : BLK_ZONE_TYPE_CONVENTIONAL,
            .cond = i ? zones[i].cond : BLK_ZONE_COND_NOT_WP,
        };
    }
    r->nr_zones = n;
    r->flags = BLK_ZONE_REP_CAPACITY;
    return 0;
}

static int manage(unsigned long req, const struct blk_zone_range *range)
{
    if (range->sector % ZONE || range->nr_sectors % ZONE ||
        range->sector + range->nr_sectors > ZONES * ZONE) {
        errno = EINVAL;
        return -1;
    }
    for (uint64_t i = range->sector / ZONE; i < (range->sector + range->nr_sectors) / ZONE; i++) {
        if (!i) {
            errno = EIO;
            return -1;
        }
        switch (req) {
        case BLKOPENZONE:
            zones[i].cond = BLK_ZONE_COND_EXP_OPEN;
            break;
        case BLKCLOSEZONE:
            zones[i].cond = zones[i].wp ? BLK_ZONE_COND_CLOSED : BLK_ZONE_COND_EMPTY;
            break;
        case BLKFINISHZONE:
            zones[i].cond = BLK_ZONE_COND_FULL;
            zones[i].wp = ZONE;
            break;
        default:
            zones[i].cond = BLK_ZONE_COND_EMPTY;
            zones[i].wp = 0;
        }
    }
    return 0;
}

int ioctl(int fd, unsigned long req, ...)
{
    void *arg;
    va_list ap;
    int ret = 0;

    va_start(ap, req);
    arg = va_arg(ap, void *);
    va_end(ap);
    if (!is_ours_fd(fd)) {
        return REAL(int, "ioctl", (int, unsigned long, ...))(fd, req, arg);
    }
    pthread_mutex_lock(&lock);
    switch (req) {
    case BLKGETZONESZ:
        *(uint32_t *)arg = ZONE;
        break;
    case BLKGETNRZONES:
        *(uint32_t *)arg = ZONES;
        break;
    case BLKGETSIZE64:
        *(uint64_t *)arg = ZONES * ZONE * SECTOR;
        break;
    case BLKSSZGET:
    case BLKPBSZGET:
        *(uint32_t *)arg = 4096;
        break;
    case BLKREPORTZONE:
        ret = report(arg);
        break;
    case BLKOPENZONE:
    case BLKCLOSEZONE:
    case BLKFINISHZONE:
    case BLKRESETZONE:
        ret = manage(req, arg);
        break;
    default:
        errno = ENOTTY;
        ret = -1;
    }
    pthread_mutex_unlock(&lock);
    return ret;
}

/* ---- writes ---- */

/* With the lock held. Whoever waits in vain fails. */
static int meet(uint64_t zone)
{
    struct timespec end;
    int ret = 0;

    if (zone == 2) {
        writes_to_2++;
        pthread_cond_broadcast(&begun);
    }
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 30;
    while (zone == 1 && getenv("ZONED_MEETING") && !writes_to_2 && !ret) {
        ret = pthread_cond_timedwait(&begun, &lock, &end);
    }
    return ret;
}

static ssize_t write_in_order(const char *name, int fd, const struct iovec *iov, int n,
                              off_t offset)
{
    uint64_t sector = offset / SECTOR, zone = sector / ZONE, bytes = 0;
    ssize_t ret = -1;

    for (int i = 0; i < n; i++) {
        bytes += iov[i].iov_len;
    }
    pthread_mutex_lock(&lock);
    if (zone && (meet(zone) || zone >= ZONES || is_dead(&zones[zone]) ||
                 sector % ZONE != zones[zone].wp || zones[zone].wp + bytes / SECTOR > CAPACITY)) {
        errno = EIO;
    } else {
        ret = REAL(ssize_t, name, (int, const struct iovec *, int, off_t))(fd, iov, n, offset);
        if (ret > 0 && zone) {
            zones[zone].wp += ret / SECTOR;
            if (zones[zone].wp == CAPACITY) {
                zones[zone].cond = BLK_ZONE_COND_FULL;
            } else if (zones[zone].cond != BLK_ZONE_COND_EXP_OPEN) {
                zones[zone].cond = BLK_ZONE_COND_IMP_OPEN;
            }
        }
    }
    pthread_mutex_unlock(&lock);
    return ret;
}

#define WRAP_WRITE(name)                                                                           \
    ssize_t name(int fd, const struct iovec *iov, int n, off_t offset)                             \
    {                                                                                              \
        return is_ours_fd(fd) ? write_in_order(#name, fd, iov, n, offset)                          \
                              : REAL(ssize_t, #name,                                               \
                                     (int, const struct iovec *, int, off_t))(fd, iov, n, offset); \
    }

WRAP_WRITE(pwritev)
WRAP_WRITE(pwritev64)
