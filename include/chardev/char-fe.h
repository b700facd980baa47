/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Character devices as their users (serial ports, monitors) see them. */
#ifndef CHARDEV_CHAR_FE_H
#define CHARDEV_CHAR_FE_H

#include "chardev/char.h"

/* One user of a Chardev; embedded in the device. */
struct CharBackend {
    Chardev *chr;
    IOEventHandler *chr_event;
    IOCanReadHandler *chr_can_read;
    IOReadHandler *chr_read;
    BackendChangeHandler *chr_be_change;
    void *opaque;
    unsigned tag; /* which one of a multiplexer */
    bool fe_is_open;
};

/* Be the user of @s (NULL: of nothing). false when it has one already. */
bool qemu_chr_fe_init(CharBackend *b, Chardev *s, Error **errp);
/* No longer; @del: the Chardev goes away too. */
void qemu_chr_fe_deinit(CharBackend *b, bool del);
Chardev *qemu_chr_fe_get_driver(CharBackend *be);
bool qemu_chr_fe_backend_connected(CharBackend *be);
bool qemu_chr_fe_backend_open(CharBackend *be);

/*
 * @fd_can_read: how much can be taken now; @fd_read: take it. @set_open: also
 * tell the back end whether there is a user. All NULL: no handlers.
 */
void qemu_chr_fe_set_handlers(CharBackend *b, IOCanReadHandler *fd_can_read, IOReadHandler *fd_read,
                              IOEventHandler *fd_event, BackendChangeHandler *be_change,
                              void *opaque, GMainContext *context, bool set_open);
/* The same, tells the back end, and leaves a multiplexer's input to who has it already. */
void qemu_chr_fe_set_handlers_behind(CharBackend *b, IOCanReadHandler *fd_can_read,
                                     IOReadHandler *fd_read, IOEventHandler *fd_event,
                                     void *opaque);
/* This user of a multiplexer gets the input. */
void qemu_chr_fe_take_focus(CharBackend *b);
/* There is room again after fd_can_read() gave 0. */
void qemu_chr_fe_accept_input(CharBackend *be);
void qemu_chr_fe_disconnect(CharBackend *be);
int qemu_chr_fe_wait_connected(CharBackend *be, Error **errp);
void qemu_chr_fe_set_echo(CharBackend *be, bool echo);
void qemu_chr_fe_set_open(CharBackend *be, bool is_open);
/* Call @func when writing is possible; 0 when the back end cannot tell (it never blocks). */
guint qemu_chr_fe_add_watch(CharBackend *be, GIOCondition cond, FEWatchFunc func, void *user_data);

/* Bytes taken, maybe fewer; without back end all. */
int qemu_chr_fe_write(CharBackend *be, const uint8_t *buf, int len);
/* All of it, waiting as needed. */
int qemu_chr_fe_write_all(CharBackend *be, const uint8_t *buf, int len);
int qemu_chr_fe_read_all(CharBackend *be, uint8_t *buf, int len);
void qemu_chr_fe_printf(CharBackend *be, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/* Line settings of real serial and parallel ports; -ENOTSUP from others. */
enum {
    CHR_IOCTL_SERIAL_SET_PARAMS = 1, /* QEMUSerialSetParams */
    CHR_IOCTL_SERIAL_SET_BREAK = 2,  /* int */
    CHR_IOCTL_PP_READ_DATA = 3,
    CHR_IOCTL_PP_WRITE_DATA = 4,
    CHR_IOCTL_PP_READ_CONTROL = 5,
    CHR_IOCTL_PP_WRITE_CONTROL = 6,
    CHR_IOCTL_PP_READ_STATUS = 7,
    CHR_IOCTL_PP_EPP_READ_ADDR = 8,
    CHR_IOCTL_PP_EPP_READ = 9,
    CHR_IOCTL_PP_EPP_WRITE_ADDR = 10,
    CHR_IOCTL_PP_EPP_WRITE = 11,
    CHR_IOCTL_PP_DATA_DIR = 12,
    CHR_IOCTL_SERIAL_SET_TIOCM = 13,
    CHR_IOCTL_SERIAL_GET_TIOCM = 14,
};

typedef struct QEMUSerialSetParams {
    int speed;
    int parity; /* 'N', 'E', 'O' */
    int data_bits;
    int stop_bits;
} QEMUSerialSetParams;

#define CHR_TIOCM_CTS 0x020
#define CHR_TIOCM_CAR 0x040
#define CHR_TIOCM_DSR 0x100
#define CHR_TIOCM_RI  0x080
#define CHR_TIOCM_DTR 0x002
#define CHR_TIOCM_RTS 0x004

typedef struct ParallelIOArg {
    void *buffer;
    int count;
} ParallelIOArg;

int qemu_chr_fe_ioctl(CharBackend *be, int cmd, void *arg);
int qemu_chr_fe_get_msgfd(CharBackend *be);
int qemu_chr_fe_get_msgfds(CharBackend *be, int *fds, int num);
int qemu_chr_fe_set_msgfds(CharBackend *be, int *fds, int num);

#endif
