/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A parallel port of the host, through Linux's ppdev: the guest drives its registers. */

#include "qemu/osdep.h"
#include <linux/parport.h>
#include <linux/ppdev.h>
#include <sys/ioctl.h>
#include "chardev/char-fe.h"

OBJECT_DECLARE_SIMPLE_TYPE(ParallelChardev, CHARDEV_PARALLEL)

struct ParallelChardev {
    Chardev parent;

    int fd;
    int mode; /* IEEE1284_MODE_... */
};

/* EPP cycles need the port in that mode; false when it cannot be. */
static bool set_epp(ParallelChardev *s, uint16_t mode)
{
    int m = mode;

    if (s->mode != mode) {
        if (ioctl(s->fd, PPSETMODE, &m) < 0) {
            return false;
        }
        s->mode = mode;
    }
    return true;
}

static int epp(ParallelChardev *s, bool address, bool is_read, ParallelIOArg *arg)
{
    ssize_t n;

    if (!set_epp(s, IEEE1284_MODE_EPP | (address ? IEEE1284_ADDR : IEEE1284_DATA))) {
        return -ENOTSUP;
    }
    n = is_read ? read(s->fd, arg->buffer, arg->count) : write(s->fd, arg->buffer, arg->count);
    return n == arg->count ? 0 : -EIO;
}

static int registers(ParallelChardev *s, unsigned long request, void *arg)
{
    return ioctl(s->fd, request, arg) < 0 ? -ENOTSUP : 0;
}

static int parallel_ioctl(Chardev *chr, int cmd, void *arg)
{
    ParallelChardev *s = CHARDEV_PARALLEL(chr);
    uint8_t ctrl;
    int ret;

    switch (cmd) {
    case CHR_IOCTL_PP_READ_DATA:
        return registers(s, PPRDATA, arg);
    case CHR_IOCTL_PP_WRITE_DATA:
        return registers(s, PPWDATA, arg);
    case CHR_IOCTL_PP_READ_CONTROL:
        ret = registers(s, PPRCONTROL, &ctrl);
        /* The upper bits are not driven: they read as ones on real ports. */
        *(uint8_t *)arg = ctrl | 0xc0;
        return ret;
    case CHR_IOCTL_PP_WRITE_CONTROL:
        return registers(s, PPWCONTROL, arg);
    case CHR_IOCTL_PP_READ_STATUS:
        return registers(s, PPRSTATUS, arg);
    case CHR_IOCTL_PP_DATA_DIR:
        return registers(s, PPDATADIR, arg);
    case CHR_IOCTL_PP_EPP_READ_ADDR:
    case CHR_IOCTL_PP_EPP_WRITE_ADDR:
        return epp(s, true, cmd == CHR_IOCTL_PP_EPP_READ_ADDR, arg);
    case CHR_IOCTL_PP_EPP_READ:
    case CHR_IOCTL_PP_EPP_WRITE:
        return epp(s, false, cmd == CHR_IOCTL_PP_EPP_READ, arg);
    default:
        return -ENOTSUP;
    }
}

static bool parallel_open(Chardev *chr, const QDict *opts, bool *be_opened, Error **errp)
{
    ParallelChardev *s = CHARDEV_PARALLEL(chr);
    const char *path = qdict_get_str(opts, "path");

    *be_opened = false;
    s->fd = qemu_open(path, O_RDWR, errp);
    if (s->fd < 0) {
        return false;
    }
    if (ioctl(s->fd, PPCLAIM) < 0) {
        error_setg_errno(errp, errno, "path='%s' is not a parallel port that can be claimed", path);
        close(s->fd);
        s->fd = -1;
        return false;
    }
    s->mode = IEEE1284_MODE_COMPAT;
    return true;
}

static void parallel_init(Object *obj)
{
    CHARDEV_PARALLEL(obj)->fd = -1;
}

static void parallel_finalize(Object *obj)
{
    ParallelChardev *s = CHARDEV_PARALLEL(obj);

    if (s->fd >= 0) {
        set_epp(s, IEEE1284_MODE_COMPAT);
        ioctl(s->fd, PPRELEASE);
        close(s->fd);
    }
}

static const CharOption parallel_options[] = {
    {"path", CHAR_OPT_STR, true},
    {NULL},
};

static void parallel_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->options = parallel_options;
    cc->chr_open = parallel_open;
    cc->chr_ioctl = parallel_ioctl;
}

static const TypeInfo parallel_types[] = {
    {
        .name = TYPE_CHARDEV_PARALLEL,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(ParallelChardev),
        .instance_init = parallel_init,
        .instance_finalize = parallel_finalize,
        .class_init = parallel_class_init,
    },
};

DEFINE_TYPES(parallel_types)
