/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of qemu-io, also in HMP: requests by hand, to try and test images. Main thread.
 */
#ifndef BLOCK_IO_CMDS_H
#define BLOCK_IO_CMDS_H

#include "block/block-backend.h"

typedef struct IoSession {
    BlockBackend *blk; /* NULL: nothing is open */
    GString *out;      /* where text goes */
    unsigned pending;  /* requests of aio_* that are not done */
    bool failed;       /* a request, or the check of what was read */
    bool misalign;     /* buffers are not where O_DIRECT wants them */
    bool closing;      /* "close" */
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

/* ---- for commands ---- */

/* A number with suffix; told if it is none. */
bool io_parse_size(IoSession *s, const char *text, int64_t *value);

#endif
