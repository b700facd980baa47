/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drivers "file", "host_device" and "host_cdrom": opening, locking, reopening and creating.
 * Requests are in file-io.c.
 */
#include "qemu/osdep.h"
#include <linux/cdrom.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include "block/pr-manager.h"
#include "file-engine.h"
#include "file-posix.h"
#include "qemu/cutils.h"
#include "qemu/module.h"
#include "qobject/qdict.h"

typedef struct FileOptions {
    char *filename;
    int aio;
    char *locking;
    char *pr_manager;
    uint64_t aio_max_batch;
    bool drop_cache, check_dropped;
} FileOptions;

static const BdrvOpt file_opts[] = {
    {"filename", BDRV_OPT_STR, offsetof(FileOptions, filename)},
    {"aio", BDRV_OPT_ENUM, offsetof(FileOptions, aio), &BlockdevAioOptions_lookup},
    {"locking", BDRV_OPT_STR, offsetof(FileOptions, locking)},
    {"pr-manager", BDRV_OPT_STR, offsetof(FileOptions, pr_manager)},
    {"aio-max-batch", BDRV_OPT_NUM, offsetof(FileOptions, aio_max_batch)},
    {"drop-cache", BDRV_OPT_BOOL, offsetof(FileOptions, drop_cache)},
    {"x-check-cache-dropped", BDRV_OPT_BOOL, offsetof(FileOptions, check_dropped)},
    {NULL},
};

static int host_flags(int bdrv_flags)
{
    int flags = bdrv_flags & BDRV_O_RDWR ? O_RDWR : O_RDONLY;

    return flags | (bdrv_flags & BDRV_O_NOCACHE ? O_DIRECT : 0);
}

/* O_DIRECT's alignment of offsets and buffers: ask, else try. */
static void probe_alignment(BlockDriverState *bs)
{
    RawPosix *s = bs->opaque;
    static const size_t tries[] = {512, 1024, 2048, 4096};
    QEMU_AUTO_VFREE char *buf = NULL;
    size_t max = MAX(4096, qemu_real_host_page_size());
    int sector = 0;

    s->buf_align = 1;
    bs->bl.request_alignment = s->is_device ? 512 : 1;
    if (s->is_device && ioctl(s->fd, BLKSSZGET, &sector) == 0 && sector > 0) {
        bs->bl.request_alignment = sector;
    }
    if (!s->direct) {
        return;
    }
    if (!s->is_device) {
        buf = qemu_memalign(max, max);
        bs->bl.request_alignment = max;
        for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
            if (pread(s->fd, buf, tries[i], 0) >= 0 || errno != EINVAL) {
                bs->bl.request_alignment = tries[i];
                break;
            }
        }
    }
    s->buf_align = MAX(bs->bl.request_alignment, 512);
}

static void raw_refresh_limits(BlockDriverState *bs, Error **errp)
{
    RawPosix *s = bs->opaque;
    unsigned short max_sectors = 0;

    probe_alignment(bs);
    bs->bl.min_mem_alignment = s->buf_align;
    bs->bl.opt_mem_alignment = MAX(s->buf_align, qemu_real_host_page_size());
    bs->bl.max_iov = IOV_MAX;
    if (s->is_device) {
        uint32_t phys = 0;

        if (ioctl(s->fd, BLKSECTGET, &max_sectors) == 0 && max_sectors) {
            bs->bl.max_hw_transfer = (uint64_t)max_sectors * 512;
        }
        if (ioctl(s->fd, BLKPBSZGET, &phys) == 0 && phys) {
            bs->bl.pdiscard_alignment = bs->bl.pwrite_zeroes_alignment = phys;
        }
        raw_zones_limits(s->zones, &bs->bl);
    }
}

/* ---- names ---- */

/* What the host calls it: without "file:" and the like, of which a name has one at most. */
static const char *host_name(const char *filename)
{
    static const char *const prefixes[] = {"file:", "host_device:", "host_cdrom:"};

    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        if (strstart(filename, prefixes[i], &filename)) {
            break;
        }
    }
    return filename;
}

/* ---- opening ---- */

static void drop_pr_manager(RawPosix *s)
{
    if (s->pr_manager) {
        object_unref(OBJECT(s->pr_manager));
        s->pr_manager = NULL;
    }
}

static bool setup_locking(RawPosix *s, const char *locking, int fd, Error **errp)
{
    if (!locking || !strcmp(locking, "auto")) {
        s->use_lock = qemu_has_ofd_lock();
    } else if (!strcmp(locking, "on")) {
        s->use_lock = true;
        if (!qemu_has_ofd_lock()) {
            error_setg(errp, "Parameter 'locking': this host has no open file description locks; "
                             "use 'off' or 'auto'");
            return false;
        }
    } else if (!strcmp(locking, "off")) {
        s->use_lock = false;
    } else {
        error_setg(errp, "Parameter 'locking' does not accept value '%s'; use auto, on or off",
                   locking);
        return false;
    }
    return true;
}

static bool check_kind(BlockDriverState *bs, const struct stat *st, bool device, Error **errp)
{
    if (!device) {
        if (S_ISBLK(st->st_mode) || S_ISCHR(st->st_mode)) {
            error_setg(errp, "'file' driver requires '%s' to be a regular file", bs->filename);
            return false;
        }
        if (S_ISDIR(st->st_mode)) {
            error_setg(errp, "Could not open '%s': it is a directory", bs->filename);
            return false;
        }
        return true;
    }
    if (!S_ISBLK(st->st_mode) && !S_ISCHR(st->st_mode)) {
        error_setg(errp, "'%s' driver requires '%s' to be either a character or block device",
                   bs->drv->format_name, bs->filename);
        return false;
    }
    return true;
}

/* -1 and @errp also for a device that could only be read from. */
static int open_host(const char *name, int flags, bool is_cdrom, Error **errp)
{
    int fd = qemu_open(name, flags | (is_cdrom ? O_NONBLOCK : 0), errp), read_only = 0;

    if (fd < 0) {
        return -1;
    }
    if ((flags & O_ACCMODE) != O_RDONLY && ioctl(fd, BLKROGET, &read_only) == 0 && read_only) {
        error_setg_errno(errp, EACCES, "Could not open '%s': The device is not writable", name);
        qemu_close(fd);
        return -1;
    }
    return fd;
}

static bool open_fd(BlockDriverState *bs, int flags, Error **errp)
{
    RawPosix *s = bs->opaque;

    s->open_flags = host_flags(flags);
    /* With auto-read-only the descriptor follows what parents ask for. */
    if ((flags & BDRV_O_AUTO_RDONLY) && (flags & BDRV_O_RDWR)) {
        s->open_flags = (s->open_flags & ~O_ACCMODE) | O_RDONLY;
    }
    s->fd = open_host(bs->filename, s->open_flags, s->is_cdrom, errp);
    return s->fd >= 0;
}

static bool is_in_memory(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

static bool raw_open_common(BlockDriverState *bs, QDict *options, int flags, bool device,
                            Error **errp)
{
    RawPosix *s = bs->opaque;
    FileOptions o = {
        .aio = flags & BDRV_O_NATIVE_AIO ? BLOCKDEV_AIO_OPTIONS_NATIVE
               : flags & BDRV_O_IO_URING ? BLOCKDEV_AIO_OPTIONS_IO_URING
                                         : BLOCKDEV_AIO_OPTIONS_THREADS,
        .drop_cache = true,
    };
    struct stat st;
    bool ok = false;

    s->fd = s->perm_fd = -1;
    if (!bdrv_parse_options(&o, file_opts, options, errp)) {
        goto out;
    }
    if (!o.filename) {
        error_setg(errp, "Parameter 'filename' is missing");
        goto out;
    }
    pstrcpy(bs->filename, sizeof(bs->filename), o.filename);
    s->direct = flags & BDRV_O_NOCACHE;
    s->aio = o.aio;
    if (o.aio == BLOCKDEV_AIO_OPTIONS_NATIVE && !s->direct) {
        error_setg(errp, "aio=native was specified, but it requires cache.direct=on, which was not "
                         "specified.");
        goto out;
    }
    if (!file_engine_supported(o.aio, errp)) {
        goto out;
    }
    if (o.pr_manager) {
        s->pr_manager = pr_manager_get(o.pr_manager, errp);
        if (!s->pr_manager) {
            goto out;
        }
    }
    s->max_batch = o.aio_max_batch;
    s->drop_cache = o.drop_cache;
    s->check_dropped = o.check_dropped;
    s->use_linux_aio = o.aio == BLOCKDEV_AIO_OPTIONS_NATIVE;
    s->use_io_uring = o.aio == BLOCKDEV_AIO_OPTIONS_IO_URING;
    if (!open_fd(bs, flags, errp)) {
        goto out;
    }
    if (fstat(s->fd, &st) < 0) {
        error_setg_errno(errp, errno, "Could not stat file");
        goto close;
    }
    if (!check_kind(bs, &st, device, errp) || !setup_locking(s, o.locking, s->fd, errp)) {
        goto close;
    }
    s->is_device = device;
    s->in_memory = is_in_memory(s->fd);
    s->discard_ok = s->zero_ok = s->falloc_ok = s->copy_ok = s->nowait_ok = true;
    bs->supported_zero_flags = BDRV_REQ_MAY_UNMAP | BDRV_REQ_NO_FALLBACK;
    bs->supported_truncate_flags = S_ISREG(st.st_mode) ? BDRV_TRUNCATE_ZERO : 0;
    ok = true;
    goto out;
close:
    qemu_close(s->fd);
    s->fd = -1;
out:
    if (!ok) {
        drop_pr_manager(s);
    }
    bdrv_free_options(&o, file_opts);
    return ok;
}

static void raw_close(BlockDriverState *bs)
{
    RawPosix *s = bs->opaque;

    if (s->fd >= 0) {
        qemu_close(s->fd);
        s->fd = -1;
    }
    drop_pr_manager(s);
    raw_zones_free(s->zones);
    s->zones = NULL;
}

static bool file_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    return raw_open_common(bs, options, flags, false, errp);
}

static bool device_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    RawPosix *s = bs->opaque;

    if (!raw_open_common(bs, options, flags, true, errp)) {
        return false;
    }
    bs->sg = raw_is_scsi_generic(s->fd);
    s->zones = raw_zones_new(s->fd);
    if (!raw_zones_check_flags(s->zones, bs->filename, flags, errp)) {
        raw_close(bs);
        return false;
    }
    /* Zones are emptied as a whole. */
    s->discard_ok = !s->zones;
    return true;
}

static bool cdrom_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    RawPosix *s = bs->opaque;

    s->is_cdrom = true;
    return raw_open_common(bs, options, flags, true, errp);
}

/* A part of the file, for tests: is nothing of it in the host's memory? */
static bool check_dropped(const RawPosix *s, int64_t offset, size_t len, Error **errp)
{
    size_t page = qemu_real_host_page_size(), n = DIV_ROUND_UP(len, page);
    g_autofree unsigned char *there = g_malloc(n);
    void *map = mmap(NULL, len, PROT_NONE, MAP_SHARED, s->fd, offset);
    int ret;

    if (map == MAP_FAILED) {
        error_setg_errno(errp, errno, "Could not map the file");
        return false;
    }
    ret = mincore(map, len, there) < 0 ? -errno : 0;
    munmap(map, len);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not ask what is in memory");
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (there[i] & 1) {
            error_setg(errp,
                       "x-check-cache-dropped: byte %" PRId64 " is still in the host's memory",
                       offset + (int64_t)(i * page));
            return false;
        }
    }
    return true;
}

static bool check_all_dropped(BlockDriverState *bs, Error **errp)
{
    ERRP_GUARD();
    int64_t length = bdrv_getlength(bs), n;

    for (int64_t offset = 0; offset < length; offset += n) {
        n = MIN(length - offset, 128 * MiB);
        if (!check_dropped(bs->opaque, offset, n, errp)) {
            error_prepend(errp, "'%s': ", bs->filename);
            return false;
        }
    }
    return true;
}

/*
 * Another host has written to it until now: what this one has in memory may be old. On a file
 * system of one host that is not so, and drop-cache=off keeps it.
 */
static bool raw_activate(BlockDriverState *bs, Error **errp)
{
    RawPosix *s = bs->opaque;
    int ret;

    if (!s->drop_cache || s->direct || bs->sg) {
        return true;
    }
    /* What is not written yet would stay. */
    ret = bdrv_flush(bs);
    if (ret >= 0) {
        ret = -posix_fadvise(s->fd, 0, 0, POSIX_FADV_DONTNEED);
    }
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not drop what the host has in memory of '%s'",
                         bs->filename);
        return false;
    }
    return !s->check_dropped || check_all_dropped(bs, errp);
}

/* ---- permissions: locks, and the access mode with auto-read-only ---- */

/* A descriptor that can do what @perm asks for, if the present one cannot. */
static bool reopen_for_perm(BlockDriverState *bs, uint64_t perm, Error **errp)
{
    RawPosix *s = bs->opaque;
    bool want_write = perm & (BLK_PERM_WRITE | BLK_PERM_RESIZE);
    int access = want_write ? O_RDWR : O_RDONLY;

    s->perm_fd = -1;
    if (!(bs->open_flags & BDRV_O_AUTO_RDONLY) || (s->open_flags & O_ACCMODE) == access ||
        !want_write || !(bs->open_flags & BDRV_O_RDWR)) {
        return true;
    }
    s->perm_flags = (s->open_flags & ~O_ACCMODE) | access;
    s->perm_fd = open_host(bs->filename, s->perm_flags, s->is_cdrom, errp);
    return s->perm_fd >= 0;
}

static bool raw_check_perm(BlockDriverState *bs, uint64_t perm, uint64_t shared, Error **errp)
{
    RawPosix *s = bs->opaque;

    if (!reopen_for_perm(bs, perm, errp)) {
        return false;
    }
    if (!raw_lock_check(bs, s->fd, perm, shared, errp)) {
        raw_lock_commit(bs, s->fd, s->perm, s->shared_perm);
        if (s->perm_fd >= 0) {
            qemu_close(s->perm_fd);
            s->perm_fd = -1;
        }
        return false;
    }
    return true;
}

/* Requests use @new_fd from now on; the locks go along. Drained, or nobody writes yet. */
static void switch_fd(BlockDriverState *bs, int new_fd, int flags)
{
    RawPosix *s = bs->opaque;
    int old = s->fd;

    s->locked_perm = s->locked_shared_perm = 0;
    raw_lock_commit(bs, new_fd, s->perm, s->shared_perm);
    qatomic_set(&s->fd, new_fd);
    s->open_flags = flags;
    qemu_close(old);
}

static void raw_set_perm(BlockDriverState *bs, uint64_t perm, uint64_t shared)
{
    RawPosix *s = bs->opaque;

    s->perm = perm;
    s->shared_perm = shared;
    if (s->perm_fd >= 0) {
        switch_fd(bs, s->perm_fd, s->perm_flags);
        s->perm_fd = -1;
    } else {
        raw_lock_commit(bs, s->fd, perm, shared);
    }
}

static void raw_abort_perm_update(BlockDriverState *bs)
{
    RawPosix *s = bs->opaque;

    raw_lock_commit(bs, s->fd, s->perm, s->shared_perm);
    if (s->perm_fd >= 0) {
        qemu_close(s->perm_fd);
        s->perm_fd = -1;
    }
}

/* ---- reopen ---- */

typedef struct RawReopen {
    int fd;
    int flags;
    FileOptions o;
} RawReopen;

/* What has been done with the file when it was opened stays so. */
static bool check_unchanged(BlockDriverState *bs, const FileOptions *o, Error **errp)
{
    const char *locking = qdict_get_try_str(bs->options, "locking");
    const char *changed = NULL;

    if (o->filename && strcmp(o->filename, bs->filename)) {
        changed = "filename";
    } else if (strcmp(o->locking ? o->locking : "auto", locking ? locking : "auto")) {
        changed = "locking";
    } else if (g_strcmp0(o->pr_manager, qdict_get_try_str(bs->options, "pr-manager"))) {
        changed = "pr-manager";
    }
    if (changed) {
        error_setg(errp, "Cannot change the option '%s'", changed);
    }
    return !changed;
}

static bool raw_reopen_prepare(BDRVReopenState *state, Error **errp)
{
    BlockDriverState *bs = state->bs;
    RawPosix *s = bs->opaque;
    RawReopen *r = g_new0(RawReopen, 1);

    r->fd = -1;
    r->o.aio = s->aio;
    r->o.drop_cache = true;
    if (!bdrv_parse_options(&r->o, file_opts, state->options, errp)) {
        goto fail;
    }
    if (!check_unchanged(bs, &r->o, errp)) {
        goto fail;
    }
    if (!file_engine_supported(r->o.aio, errp) ||
        !raw_zones_check_flags(s->zones, bs->filename, state->flags, errp)) {
        goto fail;
    }
    if (r->o.aio == BLOCKDEV_AIO_OPTIONS_NATIVE && !(state->flags & BDRV_O_NOCACHE)) {
        error_setg(errp, "aio=native was specified, but it requires cache.direct=on, which was not "
                         "specified.");
        goto fail;
    }
    r->flags = host_flags(state->flags);
    if ((state->flags & BDRV_O_AUTO_RDONLY) && (state->flags & BDRV_O_RDWR) &&
        !(s->perm & (BLK_PERM_WRITE | BLK_PERM_RESIZE))) {
        r->flags = (r->flags & ~O_ACCMODE) | O_RDONLY;
    }
    if (r->flags != s->open_flags) {
        r->fd = open_host(bs->filename, r->flags, s->is_cdrom, errp);
        if (r->fd < 0) {
            goto fail;
        }
    }
    state->opaque = r;
    return true;
fail:
    bdrv_free_options(&r->o, file_opts);
    g_free(r);
    return false;
}

static void raw_reopen_commit(BDRVReopenState *state)
{
    BlockDriverState *bs = state->bs;
    RawPosix *s = bs->opaque;
    RawReopen *r = state->opaque;

    s->aio = r->o.aio;
    s->use_linux_aio = r->o.aio == BLOCKDEV_AIO_OPTIONS_NATIVE;
    s->use_io_uring = r->o.aio == BLOCKDEV_AIO_OPTIONS_IO_URING;
    s->direct = state->flags & BDRV_O_NOCACHE;
    s->max_batch = r->o.aio_max_batch;
    s->drop_cache = r->o.drop_cache;
    s->check_dropped = r->o.check_dropped;
    if (r->fd >= 0) {
        switch_fd(bs, r->fd, r->flags);
    }
    bdrv_free_options(&r->o, file_opts);
    g_free(r);
}

static void raw_reopen_abort(BDRVReopenState *state)
{
    RawReopen *r = state->opaque;

    if (!r) {
        return;
    }
    if (r->fd >= 0) {
        qemu_close(r->fd);
    }
    bdrv_free_options(&r->o, file_opts);
    g_free(r);
}

/* ---- creating ---- */

typedef struct FileCreate {
    uint64_t size;
    int preallocation;
    bool nocow;
    uint64_t extent_size_hint;
} FileCreate;

static const BdrvOpt file_create_opts[] = {
    {"size", BDRV_OPT_SIZE, offsetof(FileCreate, size), NULL, "Virtual disk size"},
    {"preallocation", BDRV_OPT_ENUM, offsetof(FileCreate, preallocation), &PreallocMode_lookup,
     "Preallocation mode (allowed values: off, falloc, full)"},
    {"nocow", BDRV_OPT_BOOL, offsetof(FileCreate, nocow), NULL,
     "Turn off copy-on-write (valid only on btrfs)"},
    {"extent_size_hint", BDRV_OPT_SIZE, offsetof(FileCreate, extent_size_hint), NULL,
     "Extent size hint for the image file, 0 to disable"},
    {NULL},
};

#define DEFAULT_EXTENT_SIZE_HINT (1 * MiB)

static bool place_of(const struct stat *st, BdrvPlace *place)
{
    bool device = S_ISBLK(st->st_mode) || S_ISCHR(st->st_mode);

    *place = (BdrvPlace){
        .dev = device ? st->st_rdev : st->st_dev,
        .ino = device ? 0 : st->st_ino,
        .is_device = device,
    };
    return true;
}

/* By what the host calls it: it need not be a name that images are opened by. */
static bool check_not_open(const char *name, Error **errp)
{
    struct stat st;
    BdrvPlace place;

    return stat(name, &st) < 0 || !place_of(&st, &place) || bdrv_check_not_open(&place, name, errp);
}

/* The host's file @name, as long as @opts say, up to a multiple of @unit. */
static bool make_file(const char *name, QDict *opts, unsigned unit, Error **errp)
{
    FileCreate c = {.extent_size_hint = DEFAULT_EXTENT_SIZE_HINT};
    struct stat st;
    bool ok;
    int fd;

    if (!bdrv_parse_options(&c, file_create_opts, opts, errp) || !check_not_open(name, errp)) {
        return false;
    }
    if (c.size <= BDRV_MAX_LENGTH) {
        c.size = ROUND_UP(c.size, unit);
    }
    fd = qemu_create(name, O_RDWR, 0644, errp);
    if (fd < 0) {
        return false;
    }
    if (!raw_lock_check_create(name, fd, errp)) {
        qemu_close(fd);
        return false;
    }
    if (ftruncate(fd, 0) < 0 && errno != EINVAL) {
        error_setg_errno(errp, errno, "Could not clear file");
        qemu_close(fd);
        return false;
    }
    if (c.nocow) {
        int attr = 0;

        /* Only some file systems know it, and it must happen before there is data. */
        if (ioctl(fd, FS_IOC_GETFLAGS, &attr) == 0) {
            attr |= FS_NOCOW_FL;
            if (ioctl(fd, FS_IOC_SETFLAGS, &attr) < 0) {
                c.nocow = false;
            }
        }
    }
    if (c.extent_size_hint && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        struct fsxattr attr;

        if (ioctl(fd, FS_IOC_FSGETXATTR, &attr) == 0) {
            attr.fsx_xflags |= FS_XFLAG_EXTSIZE;
            attr.fsx_extsize = c.extent_size_hint;
            if (ioctl(fd, FS_IOC_FSSETXATTR, &attr) < 0) {
                c.extent_size_hint = 0;
            }
        }
    }
    ok = raw_truncate_fd(fd, c.size, c.preallocation, errp) == 0;
    qemu_close(fd);
    return ok;
}

/* Disks have whole sectors. */
static bool file_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp)
{
    return make_file(host_name(filename), opts, BDRV_SECTOR_SIZE, errp);
}

/* Where the name is one of something else, that is not ours to remove. */
static void file_remove(const char *filename)
{
    struct stat st;

    filename = host_name(filename);
    if (lstat(filename, &st) == 0 && S_ISREG(st.st_mode)) {
        unlink(filename);
    }
}

/* Who asks for a node may want any file. */
static bool file_create_node(BlockdevCreateOptions *options, struct QCryptoLuksNew *luks,
                             Error **errp)
{
    BlockdevCreateOptionsFile *o = &options->u.file;
    g_autoptr(QDict) opts = qdict_new();

    qdict_put_int(opts, "size", o->size);
    if (o->has_preallocation) {
        qdict_put_str(opts, "preallocation", PreallocMode_str(o->preallocation));
    }
    if (o->has_nocow) {
        qdict_put_bool(opts, "nocow", o->nocow);
    }
    if (o->has_extent_size_hint) {
        qdict_put_int(opts, "extent_size_hint", o->extent_size_hint);
    }
    return make_file(o->filename, opts, 1, errp);
}

static bool device_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp)
{
    FileCreate c = {0};
    struct stat st;
    off_t length;
    int fd;
    bool ok = false;

    if (!bdrv_parse_options(&c, file_create_opts, opts, errp)) {
        return false;
    }
    filename = host_name(filename);
    if (!check_not_open(filename, errp)) {
        return false;
    }
    fd = open_host(filename, O_RDWR, false, errp);
    if (fd < 0) {
        return false;
    }
    length = lseek(fd, 0, SEEK_END);
    if (fstat(fd, &st) < 0 || (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode))) {
        error_setg(errp, "The given file is not a block device: '%s'", filename);
    } else if (length < (off_t)c.size) {
        error_setg(errp, "Device '%s' is too small: %" PRId64 " bytes, %" PRIu64 " are needed",
                   filename, (int64_t)length, c.size);
    } else {
        /* An old signature must not make a format of it. */
        g_autofree char *zero = g_malloc0(2048);

        ok = length < 2048 || pwrite(fd, zero, 2048, 0) == 2048;
        if (!ok) {
            error_setg_errno(errp, errno, "Could not clear the first sectors of '%s'", filename);
        }
    }
    qemu_close(fd);
    return ok;
}

static BlockMeasureInfo *raw_measure(QDict *opts, BlockDriverState *in_bs, Error **errp)
{
    FileCreate c = {0};
    BlockMeasureInfo *info;

    if (!bdrv_parse_options(&c, file_create_opts, opts, errp)) {
        return NULL;
    }
    info = g_new0(BlockMeasureInfo, 1);
    info->required = in_bs ? bdrv_getlength(in_bs) : (int64_t)c.size;
    info->required = ROUND_UP(info->required, 512);
    info->fully_allocated = info->required;
    return info;
}

/* ---- facts ---- */

static bool raw_get_place(BlockDriverState *bs, BdrvPlace *place)
{
    RawPosix *s = bs->opaque;
    struct stat st;

    return fstat(s->fd, &st) == 0 && place_of(&st, place);
}

static bool raw_place_of_name(const char *filename, BdrvPlace *place)
{
    struct stat st;

    return stat(host_name(filename), &st) == 0 && place_of(&st, place);
}

static int coroutine_fn raw_co_get_info(BlockDriverState *bs, BlockDriverInfo *bdi)
{
    return 0;
}

static int raw_has_zero_init(BlockDriverState *bs)
{
    RawPosix *s = bs->opaque;

    return !s->is_device;
}

static void file_refresh_filename(BlockDriverState *bs)
{
    pstrcpy(bs->exact_filename, sizeof(bs->exact_filename), bs->filename);
}

static void raw_parse_filename(const char *filename, QDict *options, Error **errp)
{
    qdict_put_str(options, "filename", host_name(filename));
}

static int device_probe(const char *filename)
{
    struct stat st;

    return stat(filename, &st) == 0 && (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode)) ? 100 : 0;
}

static int cdrom_probe(const char *filename)
{
    struct stat st;
    int fd, ret = 0;

    if (stat(filename, &st) < 0 || !S_ISBLK(st.st_mode)) {
        return 0;
    }
    fd = qemu_open_old(filename, O_RDONLY | O_NONBLOCK);
    if (fd >= 0) {
        /* Only an optical drive answers. */
        ret = ioctl(fd, CDROM_DRIVE_STATUS, CDSL_CURRENT) >= 0 ? 101 : 0;
        qemu_close(fd);
    }
    return ret;
}

static bool cdrom_is_inserted(BlockDriverState *bs)
{
    RawPosix *s = bs->opaque;

    return ioctl(s->fd, CDROM_DRIVE_STATUS, CDSL_CURRENT) == CDS_DISC_OK;
}

static void cdrom_eject(BlockDriverState *bs, bool eject_flag)
{
    RawPosix *s = bs->opaque;

    /* A drive that refuses keeps its tray as it is; the guest sees that. */
    if (ioctl(s->fd, eject_flag ? CDROMEJECT : CDROMCLOSETRAY, NULL) < 0) {
        return;
    }
}

static void cdrom_lock_medium(BlockDriverState *bs, bool locked)
{
    RawPosix *s = bs->opaque;

    /* The lock is a courtesy to the guest; without, the button works. */
    if (ioctl(s->fd, CDROM_LOCKDOOR, locked) < 0) {
        return;
    }
}

static bool device_probe_blocksizes(BlockDriverState *bs, BlockSizes *bsz)
{
    RawPosix *s = bs->opaque;
    int log = 0;
    unsigned phys = 0;

    if (ioctl(s->fd, BLKSSZGET, &log) < 0 || ioctl(s->fd, BLKPBSZGET, &phys) < 0) {
        return false;
    }
    bsz->log = log;
    bsz->phys = phys;
    return true;
}

static const char *const strong_opts[] = {"filename", "locking", NULL};

static void count_discards(BlockDriverState *bs, BlockStatsSpecificFile *stats)
{
    RawPosix *s = bs->opaque;

    stats->discard_nb_ok = stat64_get(&s->discards_ok);
    stats->discard_nb_failed = stat64_get(&s->discards_failed);
    stats->discard_bytes_ok = stat64_get(&s->discarded_bytes);
}

static BlockStatsSpecific *file_specific_stats(BlockDriverState *bs)
{
    BlockStatsSpecific *stats = g_new0(BlockStatsSpecific, 1);

    stats->driver = BLOCKDEV_DRIVER_FILE;
    count_discards(bs, &stats->u.file);
    return stats;
}

static BlockStatsSpecific *host_device_specific_stats(BlockDriverState *bs)
{
    BlockStatsSpecific *stats = g_new0(BlockStatsSpecific, 1);

    stats->driver = BLOCKDEV_DRIVER_HOST_DEVICE;
    count_discards(bs, &stats->u.host_device);
    return stats;
}

#define RAW_COMMON                                                                                 \
    .instance_size = sizeof(RawPosix), .bdrv_needs_filename = true, .bdrv_close = raw_close,       \
    .bdrv_activate = raw_activate, .bdrv_reopen_prepare = raw_reopen_prepare,                      \
    .bdrv_reopen_commit = raw_reopen_commit, .bdrv_reopen_abort = raw_reopen_abort,                \
    .bdrv_refresh_limits = raw_refresh_limits, .bdrv_check_perm = raw_check_perm,                  \
    .bdrv_set_perm = raw_set_perm, .bdrv_abort_perm_update = raw_abort_perm_update,                \
    .bdrv_co_preadv_part = raw_co_preadv, .bdrv_co_pwritev_part = raw_co_pwritev,                  \
    .bdrv_co_pwrite_zeroes = raw_co_pwrite_zeroes, .bdrv_co_pdiscard = raw_co_pdiscard,            \
    .bdrv_co_flush_to_disk = raw_co_flush_to_disk,                                                 \
    .bdrv_co_copy_range_from = raw_co_copy_range_from,                                             \
    .bdrv_co_copy_range_to = raw_co_copy_range_to, .bdrv_co_truncate = raw_co_truncate,            \
    .bdrv_co_getlength = raw_co_getlength,                                                         \
    .bdrv_co_get_allocated_file_size = raw_co_get_allocated_file_size,                             \
    .bdrv_co_get_info = raw_co_get_info, .bdrv_refresh_filename = file_refresh_filename,           \
    .bdrv_parse_filename = raw_parse_filename, .bdrv_get_place = raw_get_place,                    \
    .bdrv_place_of_name = raw_place_of_name, .bdrv_has_zero_init = raw_has_zero_init,              \
    .create_opts = file_create_opts, .bdrv_measure = raw_measure,                                  \
    .strong_runtime_opts = strong_opts

static BlockDriver bdrv_file = {
    .format_name = "file",
    .protocol_name = "file",
    .bdrv_open = file_open,
    .bdrv_create = file_create,
    .bdrv_remove = file_remove,
    .bdrv_create_node = file_create_node,
    .bdrv_co_block_status = raw_co_block_status,
    .bdrv_get_specific_stats = file_specific_stats,
    RAW_COMMON,
};

static BlockDriver bdrv_host_device = {
    .format_name = "host_device",
    .protocol_name = "host_device",
    .bdrv_open = device_open,
    .bdrv_create = device_create,
    .bdrv_probe_device = device_probe,
    .bdrv_probe_blocksizes = device_probe_blocksizes,
    .bdrv_co_ioctl = raw_co_ioctl,
    .bdrv_co_zone_report = raw_co_zone_report,
    .bdrv_co_zone_manage = raw_co_zone_manage,
    .bdrv_co_zone_append = raw_co_zone_append,
    .bdrv_get_specific_stats = host_device_specific_stats,
    RAW_COMMON,
};

static BlockDriver bdrv_host_cdrom = {
    .format_name = "host_cdrom",
    .protocol_name = "host_cdrom",
    .has_variable_length = true,
    .bdrv_open = cdrom_open,
    .bdrv_create = device_create,
    .bdrv_probe_device = cdrom_probe,
    .bdrv_is_inserted = cdrom_is_inserted,
    .bdrv_eject = cdrom_eject,
    .bdrv_lock_medium = cdrom_lock_medium,
    .bdrv_co_ioctl = raw_co_ioctl,
    RAW_COMMON,
};

static void bdrv_file_init(void)
{
    bdrv_register(&bdrv_file);
    bdrv_register(&bdrv_host_device);
    bdrv_register(&bdrv_host_cdrom);
}

block_init(bdrv_file_init);
