/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A serial port of the host: its line follows what the guest sets. */

#include "qemu/osdep.h"
#include <sys/ioctl.h>
#include <termios.h>
#include "chardev/char-fe.h"
#include "chardev/char-io.h"

/* The slowest standard speed that is not slower than @speed. */
static speed_t line_speed(int speed)
{
    static const struct {
        int speed;
        speed_t code;
    } speeds[] = {
        {50, B50},           {75, B75},           {110, B110},         {134, B134},
        {150, B150},         {200, B200},         {300, B300},         {600, B600},
        {1200, B1200},       {1800, B1800},       {2400, B2400},       {4800, B4800},
        {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},
        {115200, B115200},   {230400, B230400},   {460800, B460800},   {500000, B500000},
        {576000, B576000},   {921600, B921600},   {1000000, B1000000}, {1152000, B1152000},
        {1500000, B1500000}, {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000},
        {3500000, B3500000}, {4000000, B4000000},
    };

    for (size_t i = 0; i < ARRAY_SIZE(speeds); i++) {
        if (speed <= speeds[i].speed) {
            return speeds[i].code;
        }
    }
    return B4000000;
}

static void set_line(int fd, const QEMUSerialSetParams *p)
{
    static const tcflag_t sizes[] = {CS5, CS6, CS7, CS8};
    struct termios tty;

    if (tcgetattr(fd, &tty) < 0) {
        return; /* no terminal: nothing to set */
    }
    cfmakeraw(&tty);
    tty.c_cflag &= ~(CSIZE | PARENB | PARODD | CRTSCTS | CSTOPB);
    tty.c_cflag |= CLOCAL | CREAD | sizes[CLAMP(p->data_bits, 5, 8) - 5];
    if (p->parity == 'E') {
        tty.c_cflag |= PARENB;
    } else if (p->parity == 'O') {
        tty.c_cflag |= PARENB | PARODD;
    }
    if (p->stop_bits == 2) {
        tty.c_cflag |= CSTOPB;
    }
    cfsetispeed(&tty, line_speed(p->speed));
    cfsetospeed(&tty, line_speed(p->speed));
    tcsetattr(fd, TCSANOW, &tty);
}

static const struct {
    int ours, host;
} modem_lines[] = {
    {CHR_TIOCM_CTS, TIOCM_CTS}, {CHR_TIOCM_CAR, TIOCM_CAR}, {CHR_TIOCM_DSR, TIOCM_DSR},
    {CHR_TIOCM_RI, TIOCM_RI},   {CHR_TIOCM_DTR, TIOCM_DTR}, {CHR_TIOCM_RTS, TIOCM_RTS},
};

static int get_modem_lines(int fd, int *flags)
{
    int host = 0;

    if (ioctl(fd, TIOCMGET, &host) < 0) {
        return -ENOTSUP;
    }
    *flags = 0;
    for (size_t i = 0; i < ARRAY_SIZE(modem_lines); i++) {
        if (host & modem_lines[i].host) {
            *flags |= modem_lines[i].ours;
        }
    }
    return 0;
}

static int set_modem_lines(int fd, int flags)
{
    int host = 0;

    if (ioctl(fd, TIOCMGET, &host) < 0) {
        return -ENOTSUP;
    }
    host &= ~(TIOCM_DTR | TIOCM_RTS);
    host |= flags & CHR_TIOCM_DTR ? TIOCM_DTR : 0;
    host |= flags & CHR_TIOCM_RTS ? TIOCM_RTS : 0;
    return ioctl(fd, TIOCMSET, &host) < 0 ? -errno : 0;
}

static int serial_ioctl(Chardev *chr, int cmd, void *arg)
{
    int fd = CHARDEV_FD(chr)->fd_in;

    switch (cmd) {
    case CHR_IOCTL_SERIAL_SET_PARAMS:
        set_line(fd, arg);
        return 0;
    case CHR_IOCTL_SERIAL_SET_BREAK:
        if (*(int *)arg) {
            tcsendbreak(fd, 1);
        }
        return 0;
    case CHR_IOCTL_SERIAL_GET_TIOCM:
        return get_modem_lines(fd, arg);
    case CHR_IOCTL_SERIAL_SET_TIOCM:
        return set_modem_lines(fd, *(int *)arg);
    default:
        return -ENOTSUP;
    }
}

static bool serial_open(Chardev *chr, const QDict *opts, bool *be_opened, Error **errp)
{
    static const QEMUSerialSetParams initial = {115200, 'N', 8, 1};
    int fd = qemu_open(qdict_get_str(opts, "path"), O_RDWR | O_NONBLOCK | O_NOCTTY, errp);

    if (fd < 0) {
        return false;
    }
    set_line(fd, &initial);
    return qemu_chr_open_fd(chr, fd, fd, errp);
}

static const CharOption serial_options[] = {
    {"path", CHAR_OPT_STR, true},
    {NULL},
};

static void serial_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->options = serial_options;
    cc->stall_ms = 1000; /* flow control: the other side may be slow, not gone */
    cc->chr_open = serial_open;
    cc->chr_ioctl = serial_ioctl;
}

static const TypeInfo serial_types[] = {
    {
        .name = TYPE_CHARDEV_SERIAL,
        .parent = TYPE_CHARDEV_FD,
        .class_init = serial_class_init,
    },
};

DEFINE_TYPES(serial_types)
