/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The debug log: -d items, -D file, -dfilter ranges. Off, a message costs one
 * test of a variable.
 */
#ifndef QEMU_LOG_H
#define QEMU_LOG_H

#include "qemu/compiler.h"

#define CPU_LOG_TB_OUT_ASM (1u << 0)
#define CPU_LOG_TB_IN_ASM  (1u << 1)
#define CPU_LOG_TB_OP      (1u << 2)
#define CPU_LOG_TB_OP_OPT  (1u << 3)
#define CPU_LOG_INT        (1u << 4)
#define CPU_LOG_EXEC       (1u << 5)
#define CPU_LOG_PCALL      (1u << 6)
#define CPU_LOG_TB_CPU     (1u << 8)
#define CPU_LOG_RESET      (1u << 9)
#define LOG_UNIMP          (1u << 10)
#define LOG_GUEST_ERROR    (1u << 11)
#define CPU_LOG_MMU        (1u << 12)
#define CPU_LOG_TB_NOCHAIN (1u << 13)
#define CPU_LOG_PAGE       (1u << 14)
#define LOG_TRACE          (1u << 15)
#define CPU_LOG_TB_OP_IND  (1u << 16)
#define CPU_LOG_TB_FPU     (1u << 17)
#define CPU_LOG_PLUGIN     (1u << 18)
#define LOG_STRACE         (1u << 19)
#define LOG_PER_THREAD     (1u << 20)
#define CPU_LOG_TB_VPU     (1u << 21)
#define LOG_INVALID_MEM    (1u << 22)

typedef struct QEMULogItem {
    int mask;
    const char *name;
    const char *help;
} QEMULogItem;

/* Ends with mask 0. */
extern const QEMULogItem qemu_log_items[];

extern int qemu_loglevel;

static inline bool qemu_loglevel_mask(int mask)
{
    return unlikely((qemu_loglevel & mask) != 0);
}

/* Is there anywhere to write to? */
bool qemu_log_enabled(void);
/* Not to stderr but to a file of its own. */
bool qemu_log_separate(void);

/* Unconditional, if the log is open at all. */
void qemu_log(const char *fmt, ...) QEMU_PRINTF(1, 2);
void qemu_vlog(const char *fmt, va_list ap) QEMU_PRINTF(1, 0);
/* Several writes that belong together: between these no other thread writes. */
FILE *qemu_log_trylock(void) QEMU_WARN_UNUSED_RESULT;
void qemu_log_unlock(FILE *fd);

/* Arguments are evaluated only if the item is on. */
#define qemu_log_mask(MASK, FMT, ...)                                                              \
    do {                                                                                           \
        if (qemu_loglevel_mask(MASK)) {                                                            \
            qemu_log(FMT, ##__VA_ARGS__);                                                          \
        }                                                                                          \
    } while (0)

/* Also @ADDR must be in a -dfilter range. */
#define qemu_log_mask_and_addr(MASK, ADDR, FMT, ...)                                               \
    do {                                                                                           \
        if (qemu_loglevel_mask(MASK) && qemu_log_in_addr_range(ADDR)) {                            \
            qemu_log(FMT, ##__VA_ARGS__);                                                          \
        }                                                                                          \
    } while (0)

/* -d: turn on exactly @log_flags, opening the log or closing it (0). */
bool qemu_set_log(int log_flags, Error **errp);
void qemu_add_log(int log_flags, Error **errp);
/*
 * -D: the file from now on; NULL or "" is stderr. One "%d" becomes the process
 * id (with "-d tid", the thread's, and each thread has a file).
 */
bool qemu_set_log_filename(const char *filename, Error **errp);
bool qemu_set_log_filename_flags(const char *name, int flags, Error **errp);
/* -dfilter: comma-separated START+LEN, START-LEN, START..END. */
bool qemu_set_dfilter_ranges(const char *filter, Error **errp);
bool qemu_log_in_addr_range(uint64_t addr);
/*
 * Comma-separated items of -d, "all", "trace:PATTERN"; the mask, or 0 and @errp,
 * which lists them, if one is not known.
 */
int qemu_str_to_log_mask(const char *str, Error **errp);
/* As help text, one item a line, to the monitor whose command asks or to stdout. */
void qemu_print_log_usage(void);

#endif
