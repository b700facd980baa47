/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into the emulator, it makes /dev/null a SCSI disk of the host: a driver of the SCSI
 * Generic interface with 1 MiB of memory behind it, for tests on hosts that have none.
 */
#include "qemu/osdep.h"
#include <dlfcn.h>
#include <scsi/sg.h>
#include <stdarg.h>
#include <sys/sysmacros.h>

#define BLOCKS 2048

int ioctl(int fd, unsigned long req, ...);

static uint8_t content[BLOCKS * 512];

static void copy(sg_io_hdr_t *io, size_t at, void *data, size_t len, bool to_device)
{
    struct iovec one = {io->dxferp, io->dxfer_len}, *v = io->iovec_count ? io->dxferp : &one;
    size_t n = io->iovec_count ? io->iovec_count : 1;

    for (size_t i = 0; i < n && len; i++) {
        size_t part = MIN(v[i].iov_len, len);

        if (to_device) {
            memcpy((char *)data + at, v[i].iov_base, part);
        } else {
            memcpy(v[i].iov_base, (char *)data + at, part);
        }
        at += part;
        len -= part;
    }
}

static void reply(sg_io_hdr_t *io, void *data, size_t len)
{
    len = MIN(len, io->dxfer_len);
    copy(io, 0, data, len, false);
    io->resid = io->dxfer_len - len;
}

static void fail(sg_io_hdr_t *io, uint8_t key, uint8_t asc)
{
    uint8_t sense[18] = {0x70, 0, key, [7] = 10, [12] = asc};

    io->status = 2;
    io->sb_len_wr = MIN(sizeof(sense), io->mx_sb_len);
    memcpy(io->sbp, sense, io->sb_len_wr);
    io->resid = io->dxfer_len;
}

static void block_limits(sg_io_hdr_t *io)
{
    uint8_t page[64] = {0, 0xb0, 0, 0x3c, [8] = 0xff, 0xff, 0xff, 0xff};

    reply(io, page, sizeof(page));
}

static int do_command(sg_io_hdr_t *io)
{
    static const char id[37] = "\0\0\5\2\37\0\0\0FAKE    SCSI DISK       1.0 ";
    uint8_t capacity[8] = {0, 0, (BLOCKS - 1) >> 8, (BLOCKS - 1) & 0xff, 0, 0, 2, 0};
    const uint8_t *cdb = io->cmdp;
    size_t lba = cdb[4] << 8 | cdb[5];

    io->status = io->host_status = io->driver_status = io->sb_len_wr = 0;
    io->resid = 0;
    switch (cdb[0]) {
    case 0x00:
        break;
    case 0x12:
        if (cdb[1] & 1) {
            block_limits(io);
        } else {
            reply(io, (void *)id, 36);
        }
        break;
    case 0x25:
        reply(io, capacity, sizeof(capacity));
        break;
    case 0x28:
    case 0x2a:
        if (lba * 512 + io->dxfer_len > sizeof(content)) {
            fail(io, 5, 0x21);
        } else {
            copy(io, lba * 512, content, io->dxfer_len, cdb[0] == 0x2a);
        }
        break;
    default:
        fail(io, 5, 0x20);
    }
    return 0;
}

int ioctl(int fd, unsigned long req, ...)
{
    static int (*real)(int fd, unsigned long req, void *arg);
    struct stat st;
    va_list ap;
    void *arg;

    va_start(ap, req);
    arg = va_arg(ap, void *);
    va_end(ap);
    if (!real) {
        real = (int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
    }
    if ((req == SG_IO || req == SG_GET_VERSION_NUM) && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
        st.st_rdev == makedev(1, 3)) {
        if (req == SG_IO) {
            return do_command(arg);
        }
        *(int *)arg = 30536;
        return 0;
    }
    return real(fd, req, arg);
}
