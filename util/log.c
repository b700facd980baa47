/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The debug log: -d items, -D file, -dfilter ranges. */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "qemu/qemu-print.h"
#include "qemu/nearest-name.h"
#include "qemu/rcu.h"
#include "qemu/thread.h"
#include "trace/control.h"

/* An open log; replaced as a whole, so that writers need no lock beyond stdio's. */
typedef struct LogFile {
    struct rcu_head rcu;
    FILE *fd;
} LogFile;

typedef struct LogRange {
    uint64_t first, last;
} LogRange;

int qemu_loglevel;
static LogFile *log_file;
static GArray *log_ranges;
/* Guards opening and closing; writers hold RCU. */
static QemuMutex log_mutex;
static char *log_filename;
static bool log_continues; /* log_filename has been opened before */
static bool log_per_thread;
static __thread FILE *thread_file;

const QEMULogItem qemu_log_items[] = {
    {CPU_LOG_TB_OUT_ASM, "out_asm", "host code of each translated block"},
    {CPU_LOG_TB_IN_ASM, "in_asm", "guest code of each translated block"},
    {CPU_LOG_TB_OP, "op", "decoded instructions of each translated block"},
    {CPU_LOG_INT, "int", "interrupts and exceptions"},
    {CPU_LOG_EXEC, "exec", "each block before it runs"},
    {CPU_LOG_TB_CPU, "cpu", "registers before each block"},
    {CPU_LOG_TB_FPU, "fpu", "with cpu: x87 and SSE registers too"},
    {CPU_LOG_MMU, "mmu", "address translation"},
    {CPU_LOG_PCALL, "pcall", "far calls, returns and task switches"},
    {CPU_LOG_RESET, "cpu_reset", "registers before a CPU is reset"},
    {LOG_UNIMP, "unimp", "guest use of what is not implemented"},
    {LOG_GUEST_ERROR, "guest_errors", "mistakes of the guest in using its hardware"},
    {LOG_INVALID_MEM, "invalid_mem", "accesses to addresses where nothing is"},
    {CPU_LOG_PAGE, "page", "changes of the memory map"},
    {CPU_LOG_TB_NOCHAIN, "nochain", "do not link blocks, so that exec shows each one"},
    {LOG_PER_THREAD, "tid", "a log file for each thread; use it with -D FILE%d"},
    {0, NULL, NULL},
};

static void QEMU_CONSTRUCTOR log_init(void)
{
    qemu_mutex_init(&log_mutex);
}

bool qemu_log_enabled(void)
{
    return log_per_thread || qatomic_read(&log_file) != NULL;
}

bool qemu_log_separate(void)
{
    LogFile *file = qatomic_read(&log_file);

    return log_per_thread || (file && file->fd && file->fd != stderr);
}

static FILE *open_thread_file(void)
{
    if (!thread_file && log_filename) {
        g_autofree char *name = g_strdup_printf(log_filename, qemu_get_thread_id());
        thread_file = fopen(name, "w");
    }
    return thread_file;
}

FILE *qemu_log_trylock(void)
{
    LogFile *file;
    FILE *fd = NULL;

    rcu_read_lock();
    if (log_per_thread) {
        fd = open_thread_file();
    } else {
        file = qatomic_rcu_read(&log_file);
        fd = file ? file->fd : NULL;
    }
    if (!fd) {
        rcu_read_unlock();
        return NULL;
    }
    flockfile(fd);
    return fd;
}

void qemu_log_unlock(FILE *fd)
{
    if (fd) {
        fflush(fd);
        funlockfile(fd);
        rcu_read_unlock();
    }
}

void qemu_vlog(const char *fmt, va_list ap)
{
    FILE *fd = qemu_log_trylock();

    if (fd) {
        vfprintf(fd, fmt, ap);
        qemu_log_unlock(fd);
    }
}

void qemu_log(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    qemu_vlog(fmt, ap);
    va_end(ap);
}

static void close_file(struct rcu_head *head)
{
    LogFile *file = container_of(head, LogFile, rcu);

    if (file->fd && file->fd != stderr) {
        fclose(file->fd);
    }
    g_free(file);
}

/* log_mutex held. */
static bool reopen(bool wanted, Error **errp)
{
    LogFile *old = log_file, *new = NULL;

    if (wanted && !log_per_thread) {
        new = g_new0(LogFile, 1);
        new->fd = stderr;
        if (log_filename) {
            g_autofree char *name = g_strdup_printf(log_filename, getpid());
            /* Its first part stays when logging is switched off and on. */
            new->fd = fopen(name, log_continues ? "a" : "w");
            if (!new->fd) {
                error_setg_errno(errp, errno, "cannot write the log to '%s'", name);
                g_free(new);
                return false;
            }
            setvbuf(new->fd, NULL, _IOLBF, 0);
            log_continues = true;
        }
    }
    qatomic_rcu_set(&log_file, new);
    if (old) {
        call_rcu1(&old->rcu, close_file);
    }
    return true;
}

/* A pattern has at most one %d, and nothing else that printf would act on. */
static bool check_pattern(const char *filename, Error **errp)
{
    const char *percent = strchr(filename, '%');

    if (percent && (percent[1] != 'd' || strchr(percent + 1, '%'))) {
        error_setg(errp,
                   "log file name '%s': of what begins with %% only one %%d may be in it, which "
                   "stands for the process id",
                   filename);
        return false;
    }
    return true;
}

/* Nothing is logged yet, but may be later: then the file must be one that opens. */
static bool check_opens(const char *name, Error **errp)
{
    g_autofree char *folder = g_path_get_dirname(name);
    int fd;

    /* With the number of a process or thread in its name it is known only then. */
    if (strchr(name, '%')) {
        return true;
    }
    /* Nothing is made to find out: another emulator might make it its own. */
    fd = open(name, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
    } else if (errno != ENXIO /* a pipe that nobody reads yet */ &&
               (errno != ENOENT || access(folder, W_OK | X_OK) < 0)) {
        error_setg_errno(errp, errno, "cannot open the log file '%s'", name);
        return false;
    }
    return true;
}

bool qemu_set_log_filename_flags(const char *name, int flags, Error **errp)
{
    QEMU_LOCK_GUARD(&log_mutex);
    bool is_new = name && name[0] && g_strcmp0(name, log_filename);

    if (is_new && (!check_pattern(name, errp) || (!flags && !check_opens(name, errp)))) {
        return false;
    }
    if ((flags & LOG_PER_THREAD) && (!name || !strstr(name, "%d"))) {
        error_setg(errp, "log item tid needs a log file with %%d in its name (-D)");
        return false;
    }
    if (g_strcmp0(name, log_filename)) {
        log_continues = false;
        g_free(log_filename);
        log_filename = name && name[0] ? g_strdup(name) : NULL;
    }
    log_per_thread = flags & LOG_PER_THREAD;
    qemu_loglevel = flags;
    return reopen(flags != 0, errp);
}

bool qemu_set_log(int log_flags, Error **errp)
{
    g_autofree char *name = g_strdup(log_filename);

    return qemu_set_log_filename_flags(name, log_flags, errp);
}

void qemu_add_log(int log_flags, Error **errp)
{
    qemu_set_log(qemu_loglevel | log_flags, errp);
}

bool qemu_set_log_filename(const char *filename, Error **errp)
{
    return qemu_set_log_filename_flags(filename, qemu_loglevel, errp);
}

static bool parse_range(const char *text, LogRange *range)
{
    uint64_t first, second;
    const char *op;

    if (qemu_strtou64(text, &op, 0, &first) || !*op) {
        return false;
    }
    if (strstart(op, "..", &op)) {
        if (qemu_strtou64(op, NULL, 0, &second) || second < first) {
            return false;
        }
        *range = (LogRange){first, second};
        return true;
    }
    if ((*op != '+' && *op != '-') || qemu_strtou64(op + 1, NULL, 0, &second) || !second) {
        return false;
    }
    if (*op == '+') {
        *range = (LogRange){first, first + (second - 1)};
        return range->last >= first;
    }
    *range = (LogRange){first - (second - 1), first};
    return range->first <= first;
}

bool qemu_set_dfilter_ranges(const char *filter, Error **errp)
{
    ERRP_GUARD();
    g_auto(GStrv) parts = g_strsplit(filter, ",", 0);
    g_autoptr(GArray) ranges = g_array_new(false, false, sizeof(LogRange));

    for (int i = 0; parts[i]; i++) {
        LogRange range;
        if (!parse_range(parts[i], &range)) {
            error_setg(errp, "'%s' is not a range of addresses", parts[i]);
            error_append_hint(errp, "Accepted: START..END, START+LENGTH, START-LENGTH.\n");
            return false;
        }
        g_array_append_val(ranges, range);
    }
    g_clear_pointer(&log_ranges, g_array_unref);
    log_ranges = g_steal_pointer(&ranges);
    return true;
}

bool qemu_log_in_addr_range(uint64_t addr)
{
    if (!log_ranges) {
        return true;
    }
    for (guint i = 0; i < log_ranges->len; i++) {
        LogRange *range = &g_array_index(log_ranges, LogRange, i);
        if (addr >= range->first && addr <= range->last) {
            return true;
        }
    }
    return false;
}

static void no_such_item(const char *name, Error **errp)
{
    ERRP_GUARD();
    NearestName nearest;

    error_setg(errp, "there is no log item '%s'", name);
    nearest_name_init(&nearest, name);
    for (const QEMULogItem *item = qemu_log_items; item->mask; item++) {
        nearest_name_try(&nearest, item->name);
    }
    nearest_name_try(&nearest, "trace:PATTERN");
    nearest_name_try(&nearest, "all");
    nearest_name_hint(&nearest, errp);
}

int qemu_str_to_log_mask(const char *str, Error **errp)
{
    g_auto(GStrv) parts = g_strsplit(str, ",", 0);
    int mask = 0;

    if (!parts[0]) {
        no_such_item("", errp);
        return 0;
    }

    for (int i = 0; parts[i]; i++) {
        const QEMULogItem *item;
        const char *pattern;

        if (!strcmp(parts[i], "all")) {
            for (item = qemu_log_items; item->mask; item++) {
                mask |= item->mask & LOG_PER_THREAD ? 0 : item->mask;
            }
            continue;
        }
        if (strstart(parts[i], "trace:", &pattern) && pattern[0]) {
            trace_enable_events(pattern);
            mask |= LOG_TRACE;
            continue;
        }
        for (item = qemu_log_items; item->mask && strcmp(item->name, parts[i]); item++) {
        }
        if (!item->mask) {
            no_such_item(parts[i], errp);
            return 0;
        }
        mask |= item->mask;
    }
    return mask;
}

void qemu_print_log_usage(void)
{
    qemu_printf("Log items (comma separated):\n");
    for (const QEMULogItem *item = qemu_log_items; item->mask; item++) {
        qemu_printf("%-15s %s\n", item->name, item->help);
    }
    qemu_printf("%-15s %s\n", "trace:PATTERN", "trace events (\"-d trace:help\" lists them)");
    qemu_printf("%-15s %s\n", "all", "all of these but tid");
}
