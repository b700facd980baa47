/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dump-guest-memory: the guest stands still while a thread writes its memory, or with detach=off
 * the main loop does.
 */

#include "qemu/osdep.h"
#include <poll.h>
#include "dump-internal.h"
#include "exec/address-spaces.h"
#include "hw/misc/vmcoreinfo.h"
#include "migration/blocker.h"
#include "qapi/qapi-commands-dump.h"
#include "qapi/qapi-events-dump.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/thread.h"
#include "qemu/units.h"
#include "system/cpus.h"
#include "system/dump.h"
#include "system/runstate.h"
#include "target/i386/dump-notes.h"

/* Main thread, but for what Dump says. */
static struct {
    Dump d;
    DumpStatus status;
    bool was_running;
    bool threaded;
    QemuThread thread;
    Error *error; /* the thread's until it has ended */
    Error *blocker;
} dump;

/* ---- writing; any thread ---- */

bool dump_check_cancelled(Dump *d, Error **errp)
{
    if (qatomic_read(&d->cancelled)) {
        error_setg(errp, "the dump was given up");
        return true;
    }
    return false;
}

/* Whoever reads at the other end of a pipe may never do it; false: no more is to be written. */
static bool wait_writable(Dump *d, Error **errp)
{
    struct pollfd p = {.fd = d->fd, .events = POLLOUT};

    if (!dump.threaded) {
        return qemu_wait_for_fd(d->fd, POLLOUT, errp);
    }
    while (poll(&p, 1, 100) == 0) {
        if (dump_check_cancelled(d, errp)) {
            return false;
        }
    }
    return true;
}

bool dump_write(Dump *d, const void *data, size_t size, Error **errp)
{
    if (dump_check_cancelled(d, errp)) {
        return false;
    }
    for (size_t done = 0; done < size;) {
        size_t n = d->is_file ? size - done : MIN(size - done, PIPE_BUF);

        if (!d->is_file && !wait_writable(d, errp)) {
            return false;
        }
        if (qemu_write_full(d->fd, (const uint8_t *)data + done, n) != (ssize_t)n) {
            error_setg_errno(errp, errno, "cannot write the dump");
            return false;
        }
        done += n;
    }
    return true;
}

static void write_all(void)
{
    if (dump.d.format == DUMP_GUEST_MEMORY_FORMAT_ELF) {
        dump_write_elf(&dump.d, &dump.error);
    } else if (dump.d.format == DUMP_GUEST_MEMORY_FORMAT_WIN_DMP) {
        dump_write_win(&dump.d, &dump.error);
    } else {
        dump_write_kdump(&dump.d, &dump.error);
    }
}

/* ---- the end ---- */

static DumpQueryResult result(void)
{
    return (DumpQueryResult){
        .status = dump.status,
        .completed = qatomic_read(&dump.d.completed),
        .total = dump.d.total,
    };
}

static void clean_up(void)
{
    if (dump.d.fd >= 0 && close(dump.d.fd) < 0 && !dump.error) {
        error_setg_errno(&dump.error, errno, "cannot write the dump");
    }
    dump.d.fd = -1;
    dump_free_memory(&dump.d);
    dump_win_free(dump.d.win);
    dump.d.win = NULL;
    if (dump.d.notes) {
        g_byte_array_unref(dump.d.notes);
        dump.d.notes = NULL;
    }
    migrate_del_blocker(&dump.blocker);
}

static void go_on(void)
{
    if (dump.was_running) {
        vm_start();
    }
}

/* All is written, or could not be. */
static void complete(void)
{
    DumpQueryResult r;

    clean_up();
    qatomic_set(&dump.status, dump.error ? DUMP_STATUS_FAILED : DUMP_STATUS_COMPLETED);
    r = result();
    qapi_event_send_dump_completed(&r, dump.error ? error_get_pretty(dump.error) : NULL);
    go_on();
}

/* Bottom half of the main loop. */
static void on_thread_end(void *opaque)
{
    if (dump.threaded) {
        qemu_thread_join(&dump.thread);
        dump.threaded = false;
        complete();
        error_free(dump.error);
        dump.error = NULL;
    }
}

static void *dump_thread(void *opaque)
{
    write_all();
    aio_bh_schedule_oneshot(qemu_get_aio_context(), on_thread_end, NULL);
    return NULL;
}

void dump_shutdown(void)
{
    if (dump.threaded) {
        dump.was_running = false;
        qatomic_set(&dump.d.cancelled, true);
        on_thread_end(NULL);
    }
}

/* ---- the beginning ---- */

/* The note that the guest has for us, if it is one; warns otherwise. */
static void add_vmcoreinfo(Dump *d)
{
    uint64_t addr;
    uint32_t size, name_size, desc_size;
    g_autofree uint8_t *note = NULL;

    if (!vmcoreinfo_get_note(&addr, &size)) {
        return;
    }
    if (size < 12 || size > MiB) {
        warn_report("vmcoreinfo: the guest's note cannot have %u bytes", size);
        return;
    }
    note = g_malloc(size);
    if (address_space_read(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, note, size) !=
        MEMTX_OK) {
        warn_report("vmcoreinfo: there is no memory at the guest's note, 0x%" PRIx64, addr);
        return;
    }
    name_size = ldl_le_p(note);
    desc_size = ldl_le_p(note + 4);
    if (name_size > size - 12 || ROUND_UP(name_size, 4) > size - 12 ||
        desc_size > size - 12 - ROUND_UP(name_size, 4)) {
        warn_report("vmcoreinfo: the guest's note does not fit into its %u bytes", size);
        return;
    }
    d->vmcoreinfo = d->notes->len + 12 + ROUND_UP(name_size, 4);
    d->vmcoreinfo_size = desc_size;
    g_byte_array_append(d->notes, note, size);
    g_byte_array_append(d->notes, (const uint8_t[4]){}, -size & 3);
}

static bool collect(Dump *d, bool paging, uint64_t begin, uint64_t length, Error **errp)
{
    cpu_synchronize_all_states();
    if (!dump_collect_memory(d, begin, length, errp)) {
        return false;
    }
    d->is_64bit = x86_dump_is_64bit();
    d->notes = g_byte_array_new();
    x86_dump_add_notes(d->notes, d->is_64bit);
    add_vmcoreinfo(d);
    if (paging) {
        dump_collect_mappings(d);
    }
    return d->format != DUMP_GUEST_MEMORY_FORMAT_WIN_DMP || dump_win_prepare(d, errp);
}

static int open_target(const char *protocol, Error **errp)
{
    const char *rest;

    if (strstart(protocol, "fd:", &rest)) {
        return qemu_fd_param(rest, errp);
    }
    if (strstart(protocol, "file:", &rest)) {
        return qemu_create(rest, O_WRONLY | O_TRUNC, S_IRUSR | S_IWUSR, errp);
    }
    error_setg(errp, "protocol='%s': accepted are file:PATH and fd:NAME", protocol);
    return -1;
}

static bool check_range(bool is_elf, bool paging, bool has_begin, int64_t begin, bool has_length,
                        int64_t length, Error **errp)
{
    if (!is_elf && (paging || has_begin || has_length)) {
        error_setg(errp, "arguments 'paging', 'begin' and 'length' are for format elf only");
    } else if (has_begin != has_length) {
        error_setg(errp, "argument '%s' is missing: 'begin' and 'length' go together",
                   has_begin ? "length" : "begin");
    } else if (has_length && (begin < 0 || length <= 0 || begin > INT64_MAX - length)) {
        error_setg(errp, "begin=%" PRId64 " and length=%" PRId64 " are no range of memory", begin,
                   length);
    } else {
        return true;
    }
    return false;
}

static bool may_begin(DumpGuestMemoryFormat format, Error **errp)
{
    if (runstate_check(RUN_STATE_INMIGRATE)) {
        error_setg(errp, "the machine waits for a saved state: there is nothing to dump yet");
    } else if (dump.status == DUMP_STATUS_ACTIVE) {
        error_setg(errp, "a dump is being written already; query-dump tells how far it is");
    } else if (!dump_format_is_there(format)) {
        error_setg(errp, "this program was built without what format '%s' compresses with",
                   DumpGuestMemoryFormat_str(format));
    } else {
        return true;
    }
    return false;
}

/* The guest stops, and all is there that is to be written. */
static bool begin_dump(DumpGuestMemoryFormat format, int fd, bool paging, uint64_t begin,
                       uint64_t length, Error **errp)
{
    Error *blocker = NULL;
    struct stat st;

    error_setg(&blocker, "a dump of the guest's memory is being written");
    if (migrate_add_blocker_internal(&blocker, errp) < 0) {
        close(fd);
        return false;
    }
    dump.blocker = blocker;
    dump.d = (Dump){.fd = fd, .format = format};
    dump.d.is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    dump.was_running = runstate_is_running();
    if (dump.was_running) {
        vm_stop(RUN_STATE_SAVE_VM);
    }
    qatomic_set(&dump.status, DUMP_STATUS_ACTIVE);
    if (collect(&dump.d, paging, begin, length, errp)) {
        return true;
    }
    clean_up();
    qatomic_set(&dump.status, DUMP_STATUS_FAILED);
    go_on();
    return false;
}

void qmp_dump_guest_memory(bool paging, const char *protocol, bool has_detach, bool detach,
                           bool has_begin, int64_t begin, bool has_length, int64_t length,
                           bool has_format, DumpGuestMemoryFormat format, Error **errp)
{
    int fd;

    format = has_format ? format : DUMP_GUEST_MEMORY_FORMAT_ELF;
    if (!may_begin(format, errp) || !check_range(format == DUMP_GUEST_MEMORY_FORMAT_ELF, paging,
                                                 has_begin, begin, has_length, length, errp)) {
        return;
    }
    fd = open_target(protocol, errp);
    if (fd < 0 ||
        !begin_dump(format, fd, paging, has_begin ? begin : 0, has_length ? length : 0, errp)) {
        return;
    }
    if (has_detach && detach) {
        dump.threaded = true;
        qemu_thread_create(&dump.thread, "dump_thread", dump_thread, NULL, QEMU_THREAD_JOINABLE);
        return;
    }
    write_all();
    complete();
    error_propagate(errp, dump.error);
    dump.error = NULL;
}

/* ---- queries ---- */

DumpQueryResult *qmp_query_dump(Error **errp)
{
    DumpQueryResult *r = g_new(DumpQueryResult, 1);

    *r = result();
    return r;
}

DumpGuestMemoryCapability *qmp_query_dump_guest_memory_capability(Error **errp)
{
    DumpGuestMemoryCapability *cap = g_new0(DumpGuestMemoryCapability, 1);
    DumpGuestMemoryFormatList **tail = &cap->formats;

    for (int i = 0; i < DUMP_GUEST_MEMORY_FORMAT__MAX; i++) {
        if (dump_format_is_there(i)) {
            QAPI_LIST_APPEND(tail, i);
        }
    }
    return cap;
}
