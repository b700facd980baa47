/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Character devices: byte streams between a front end (a serial port, a
 * monitor) and something on the host.
 *
 * Threads: a back end lives in one GMainContext; handlers run there, and only code that runs
 * there changes its connection, under chr_write_lock. Writing is allowed from any thread.
 * Creation and removal: main thread, BQL held.
 */
#ifndef CHARDEV_CHAR_H
#define CHARDEV_CHAR_H

#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qemu/thread.h"
#include "qapi/error.h"
#include "qobject/qdict.h"
#include "qom/object.h"

typedef enum QEMUChrEvent {
    CHR_EVENT_BREAK,
    CHR_EVENT_OPENED,
    CHR_EVENT_MUX_IN,  /* this front end of a multiplexer has the input now */
    CHR_EVENT_MUX_OUT, /* ... no longer */
    CHR_EVENT_CLOSED,
} QEMUChrEvent;

#define CHR_READ_BUF_LEN 4096

typedef void IOEventHandler(void *opaque, QEMUChrEvent event);
typedef int IOCanReadHandler(void *opaque);
typedef void IOReadHandler(void *opaque, const uint8_t *buf, int size);
typedef int BackendChangeHandler(void *opaque);
typedef gboolean (*FEWatchFunc)(void *do_not_use, GIOCondition condition, void *data);

typedef enum ChardevFeature {
    QEMU_CHAR_FEATURE_RECONNECTABLE, /* can be closed and opened again */
    QEMU_CHAR_FEATURE_FD_PASS,
    QEMU_CHAR_FEATURE_GCONTEXT, /* can move to another GMainContext */
    QEMU_CHAR_FEATURE_LAST,
} ChardevFeature;

typedef enum CharOptionType {
    CHAR_OPT_STR,
    CHAR_OPT_BOOL,
    CHAR_OPT_INT,
    CHAR_OPT_SIZE,
    CHAR_OPT_LIST, /* of 1 to CHAR_LIST_MAX strings; on the command line NAME.0=..., NAME.1=... */
} CharOptionType;

#define CHAR_LIST_MAX 4

/* An option of a back end: "-chardev BACKEND,NAME=..." */
typedef struct CharOption {
    const char *name;
    CharOptionType type;
    bool required;
} CharOption;

#define TYPE_CHARDEV "chardev"
OBJECT_DECLARE_TYPE(Chardev, ChardevClass, CHARDEV)

#define TYPE_CHARDEV_NULL     "chardev-null"
#define TYPE_CHARDEV_MUX      "chardev-mux"
#define TYPE_CHARDEV_HUB      "chardev-hub"
#define TYPE_CHARDEV_RINGBUF  "chardev-ringbuf"
#define TYPE_CHARDEV_PTY      "chardev-pty"
#define TYPE_CHARDEV_STDIO    "chardev-stdio"
#define TYPE_CHARDEV_PIPE     "chardev-pipe"
#define TYPE_CHARDEV_FILE     "chardev-file"
#define TYPE_CHARDEV_SERIAL   "chardev-serial"
#define TYPE_CHARDEV_PARALLEL "chardev-parallel"
#define TYPE_CHARDEV_SOCKET   "chardev-socket"
#define TYPE_CHARDEV_UDP      "chardev-udp"
#define CHARDEV_IS_MUX(chr)   (object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_MUX) != NULL)

struct Chardev {
    Object parent_obj;

    char *label;
    /* What "info chardev" shows; NULL until open says better than the class. Under chr_write_lock
     * once it is open. */
    char *filename;
    CharBackend *be;
    int logfd; /* copy of all output, -1: none */
    bool log_timestamp, log_at_line_start;
    int be_open;
    GSource *gsource; /* the input watch */
    GMainContext *gcontext;
    QemuMutex chr_write_lock;
    DECLARE_BITMAP(features, QEMU_CHAR_FEATURE_LAST);
    bool stalled;       /* nobody took the last output in time; under chr_write_lock */
    bool can_be_yanked; /* as the instance of its label */
};

struct ChardevClass {
    ObjectClass parent_class;

    bool internal;      /* not for users to create by name */
    bool supports_yank; /* chr_open() may register functions for that */
    /*
     * How long writing all waits for the other end, ms; then output is dropped
     * until it takes some. 0: as long as it takes (a person's terminal).
     */
    unsigned stall_ms;
    const CharOption *options; /* ends with a NULL name; NULL: none */
    const char *help;

    /*
     * Open with @opts, whose values have the types of the table. *@be_opened
     * (true on entry) false: CHR_EVENT_OPENED comes later. false on failure.
     */
    bool (*chr_open)(Chardev *chr, const QDict *opts, bool *be_opened, Error **errp);
    /* Bytes taken, or -1 with errno (EAGAIN: later, see chr_add_watch). chr_write_lock held. */
    int (*chr_write)(Chardev *s, const uint8_t *buf, int len);
    int (*chr_sync_read)(Chardev *s, const uint8_t *buf, int len);
    GSource *(*chr_add_watch)(Chardev *s, GIOCondition cond);
    void (*chr_update_read_handler)(Chardev *s);
    int (*chr_ioctl)(Chardev *s, int cmd, void *arg);
    int (*chr_get_msgfds)(Chardev *s, int *fds, int num);
    int (*chr_set_msgfds)(Chardev *s, int *fds, int num);
    int (*chr_add_client)(Chardev *chr, int fd);
    int (*chr_wait_connected)(Chardev *chr, Error **errp);
    void (*chr_disconnect)(Chardev *chr);
    void (*chr_accept_input)(Chardev *chr);
    void (*chr_set_echo)(Chardev *chr, bool echo);
    void (*chr_set_fe_open)(Chardev *chr, int fe_open);
    void (*chr_be_event)(Chardev *s, QEMUChrEvent event);
};

/* ---- creating ---- */

/* From -chardev keys: "backend", "id" and the back end's options, as strings or typed. NULL on
 * error. */
Chardev *qemu_chr_new_from_keys(const QDict *keys, GMainContext *context, Error **errp);
/* From the short form of -serial and its like ("stdio", "tcp:HOST:PORT,server=on", "chardev:ID").
 */
Chardev *qemu_chr_new(const char *label, const char *spec, GMainContext *context, Error **errp);
/* The same; "mon:" before it gives a multiplexer that also has a monitor (added by the caller). */
Chardev *qemu_chr_new_mux_mon(const char *label, const char *spec, bool *with_monitor,
                              GMainContext *context, Error **errp);
Chardev *qemu_chardev_new(const char *id, const char *type, const QDict *opts,
                          GMainContext *context, Error **errp);
/* As for qemu_chr_new_from_keys(): the type's name, and its options with their types. */
const char *qemu_chr_parse_keys(const QDict *keys, QDict **opts, bool *mux, Error **errp);
/* Keys of the short form. NULL on error. */
QDict *qemu_chr_parse_compat(const char *label, const char *spec, Error **errp);

Chardev *qemu_chr_find(const char *name);
bool qemu_chr_remove(const char *id, Error **errp);
/*
 * Makes @keys of qemu_chr_new_from_keys(), with the same id, take the place of @chr; its user
 * stays. NULL and @errp, with @chr as it was, if that fails or the user cannot do it.
 */
Chardev *qemu_chr_change(Chardev *chr, const QDict *keys, Error **errp);
/* What "info chardev" shows; g_free() it. Any thread. */
char *qemu_chr_get_filename(Chardev *chr);
/*
 * Calls @fn in the thread that runs @context and waits for its end; that thread must
 * not wait for the caller or for the BQL. NULL: the main loop's, which is the caller.
 */
void qemu_chr_call_in_context(GMainContext *context, void (*fn)(void *opaque), void *opaque);
/* "-chardev help" */
void qemu_chr_print_types(void);
void qemu_chr_foreach(void (*fn)(Chardev *chr, void *opaque), void *opaque);
/* Close all; at exit. */
void qemu_chr_cleanup(void);

/* ---- for back ends ---- */

/* The front end has room for this many bytes; 0: wait for chr_accept_input(). */
int qemu_chr_be_can_write(Chardev *s);
void qemu_chr_be_write(Chardev *s, const uint8_t *buf, int len);
void qemu_chr_be_event(Chardev *s, QEMUChrEvent event);
void qemu_chr_be_update_read_handlers(Chardev *s, GMainContext *context);
void qemu_chr_set_feature(Chardev *chr, ChardevFeature feature);
bool qemu_chr_has_feature(Chardev *chr, ChardevFeature feature);
int qemu_chr_wait_connected(Chardev *chr, Error **errp);
/* All of @buf (@write_all: blocks until it is gone), with a copy to the log file. */
int qemu_chr_write(Chardev *s, const uint8_t *buf, int len, bool write_all);
#define qemu_chr_write_all(s, buf, len) qemu_chr_write(s, buf, len, true)
bool qemu_chr_is_busy(Chardev *s);
/* Takes @filename over. */
void qemu_chr_take_filename(Chardev *chr, char *filename);

#endif
