/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the commands of qemu-img, a file each. A command returns the exit status. */
#ifndef TOOLS_IMG_H
#define TOOLS_IMG_H

#include "block/block-backend.h"
#include "block/block.h"
#include "block/block_int.h"
#include "qobject/qdict.h"

int img_check(int argc, char **argv);
int img_commit(int argc, char **argv);
int img_compare(int argc, char **argv);
int img_convert(int argc, char **argv);
int img_create(int argc, char **argv);
int img_info(int argc, char **argv);
int img_map(int argc, char **argv);
int img_rebase(int argc, char **argv);
int img_resize(int argc, char **argv);
int img_snapshot(int argc, char **argv);

/* ---- common.c ---- */

/* What most commands take. */
typedef struct ImgOpen {
    const char *fmt;
    const char *cache; /* NULL: writeback */
    bool image_opts;   /* the file name is "key=value,..." */
    bool force_share;
    bool quiet;
    const QDict *more; /* options of the image beside its name; NULL: none */
} ImgOpen;

/* Takes an option of getopt_long() that commands have alike: -f, -q, -U, --image-opts (I). */
bool img_open_option(ImgOpen *how, int c, const char *arg);
/* What is left behind the options must be one name; else NULL, reported. */
const char *img_only_name(int argc, char **argv);
/* Reports and returns NULL on failure. @flags: BDRV_O_*. */
BlockBackend *img_open(const ImgOpen *how, const char *filename, int flags);
/* 0, and the flags of a cache mode in @flags; -1 for an unknown one. */
int img_cache_mode(const char *mode, int *flags, bool *writethrough);
/* "-o a=b,c=d" into @opts; reported. */
bool img_add_options(QDict *opts, const char *text);
/* Shows what "-o help" asks for. */
void img_print_create_options(BlockDriver *drv, const char *filename);
/* "key=value", "--output=json". False and reported if neither. */
bool img_output_json(const char *arg, bool *json);
/* Indented, with a newline behind. */
void img_print_json(QObject *obj);
/* Unless quiet. */
void img_print(bool quiet, const char *fmt, ...) QEMU_PRINTF(2, 3);

/* ---- progress.c ---- */

/* A line that shows how far a command is, on terminals, with -p, and on SIGUSR1. */
void img_progress_init(bool enabled, bool quiet);
void img_progress(int64_t done, int64_t total);
void img_progress_end(void);

#endif
