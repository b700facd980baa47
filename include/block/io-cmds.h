/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of qemu-io, also in HMP: requests by hand, to try and test images. Main thread.
 */
#ifndef BLOCK_IO_CMDS_H
#define BLOCK_IO_CMDS_H

#include "block/block-backend.h"

typedef struct IoSession {
    BlockBackend *blk;  /* NULL: nothing is open */
    GString *out;       /* where results go */
    GString *err;       /* what was typed wrongly; may be @out */
    const char *prefix; /* of errors of the block layer in @err; NULL: none */
    unsigned pending;   /* requests of aio_* that are not done */
    bool failed;        /* a command, a request, or the check of what was read */
    bool misalign;      /* buffers are not where O_DIRECT wants them */
} IoSession;

/* What a line has, sorted: switches by letter with their values. */
typedef struct IoArgs {
    const char *command;
    bool on[128];
    const char *value[128];
    int argc;
    char **argv;
} IoArgs;

typedef struct IoCommand {
    const char *name, *alias;
    const char *args; /* for help */
    const char *help;
    int min_args, max_args; /* after switches; -1: any */
    const char *switches;   /* as for getopt() */
    bool needs_file;
    uint64_t perm; /* BLK_PERM_*, besides reading */
    /* argv[0] is the name; argv[1..]: what is no switch. 0, or -errno (told already). */
    int (*run)(IoSession *s, const IoArgs *a);
    const char *details; /* for help: a line for each switch; NULL: there is no more to say */
} IoCommand;

/* Carry @line out. 0, or -errno; false results are in @s->failed. */
int io_command(IoSession *s, const char *line);
/* Wait for aio_*. */
void io_finish(IoSession *s);
/* More commands, for the rest of the program. */
void io_add_commands(const IoCommand *cmds, size_t n);
/* Those of this program; first of all. */
void io_add_program_commands(const IoCommand *cmds, size_t n);
/* io-cmds-info.c */
void io_register_info(void);
/* io-cmds-zone.c */
void io_register_zones(void);

/* ---- for commands: io-text.c ---- */

/* A mistake in a command, with a newline after it. */
void io_mistake(IoSession *s, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* Takes @err. */
void io_error(IoSession *s, Error *err);
/* The line of help. */
void io_usage(IoSession *s, const IoCommand *c);
/* A number with suffix; told if it is none. */
bool io_parse_size(IoSession *s, const char *text, int64_t *value);
/* "1.500 KiB"; allocated. */
char *io_amount(double bytes);
/* What was done, and how fast; @machine: in one line with commas. */
void io_print_stats(IoSession *s, const char *verb, int64_t offset, int64_t bytes, int64_t ns,
                    bool machine);
/* Bytes in rows of 16. */
void io_dump(IoSession *s, const uint8_t *buf, int64_t offset, int64_t len);

#endif
