/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the commands of qemu-img, a file each. A command returns the exit status. */
#ifndef TOOLS_IMG_H
#define TOOLS_IMG_H

#include "block/block-backend.h"
#include "block/block.h"
#include "block/block_int.h"
#include "qobject/qdict.h"

int img_amend(int argc, char **argv);
int img_bench(int argc, char **argv);
int img_bitmap(int argc, char **argv);
int img_check(int argc, char **argv);
int img_commit(int argc, char **argv);
int img_compare(int argc, char **argv);
int img_convert(int argc, char **argv);
int img_create(int argc, char **argv);
int img_dd(int argc, char **argv);
int img_info(int argc, char **argv);
int img_map(int argc, char **argv);
int img_measure(int argc, char **argv);
int img_rebase(int argc, char **argv);
int img_resize(int argc, char **argv);
int img_snapshot(int argc, char **argv);

/* ---- common.c ---- */

typedef enum ImgProgress {
    IMG_PROGRESS_NONE,
    IMG_PROGRESS_LINE,
    IMG_PROGRESS_JSON,
} ImgProgress;

/* What most commands take. */
typedef struct ImgOpen {
    const char *fmt;
    const char *cache; /* NULL: writeback */
    bool image_opts;   /* the file name is "key=value,..." */
    bool force_share;
    bool quiet;
    bool json;            /* what is found is for other programs */
    ImgProgress progress; /* NONE: a line if this is a terminal */
    const QDict *more;    /* options of the image beside its name; NULL: none */
} ImgOpen;

/* Reports and returns NULL on failure. @flags: BDRV_O_*. */
BlockBackend *img_open(const ImgOpen *how, const char *filename, int flags);
/* The same, but the error is the caller's. */
BlockBackend *img_try_open(const ImgOpen *how, const char *filename, int flags, Error **errp);
/* 0, and the flags of a cache mode in @flags; -1 for an unknown one. */
int img_cache_mode(const char *mode, int *flags, bool *writethrough);
/* The format of a new image, called @filename (NULL: it has none yet); NULL, reported, if unknown.
 */
BlockDriver *img_find_format(const char *name, const char *filename);
/* "-o a=b,c=d" into @opts; reported. With "help" among them *@help is set. */
bool img_add_options(QDict *opts, const char *text, bool *help);
/* Shows what "-o help" asks for. */
void img_print_create_options(BlockDriver *drv, const char *filename);
/* The same for a format by its name, as a command: the status. */
int img_show_create_options(const char *fmt);
void img_print_amend_options(BlockDriver *drv);
/* Indented, with a newline behind. */
void img_print_json(QObject *obj);
/* "64k" and the like; reported, with what it is, unless it is from @min to @max. */
bool img_parse_size(const char *what, const char *text, uint64_t min, uint64_t max,
                    uint64_t *value);
/* A bitmap that the image keeps; @granularity 0: as the image wants it. bitmap.c */
bool img_add_bitmap(BlockDriverState *bs, const char *name, uint32_t granularity, bool disabled,
                    Error **errp);
/*
 * Writes what closing the image would write, such as bitmaps; reported if that fails, which
 * closing cannot do. Nothing is written to the image after this. common.c
 */
bool img_settle(BlockBackend *blk);
/* False, and reported, if the target is an image that the source is read from. */
bool img_check_target(BlockBackend *dst, BlockBackend *src);
/* The image shows "snapshot.id=ID,snapshot.name=NAME", or a snapshot of that id or name. */
bool img_load_snapshot(BlockBackend *blk, const char *param);
/* When @bytes more may be transferred, in the time of QEMU_CLOCK_REALTIME; @rate: bytes a second */
int64_t img_rate_next(int64_t *next, uint64_t rate, int64_t bytes);
/* Unless quiet. */
void img_print(bool quiet, const char *fmt, ...) QEMU_PRINTF(2, 3);

/* ---- options.c ---- */

/* A row of the table of a command's options, which ends with {0}. */
typedef struct ImgOption {
    const char *names; /* "-f, --format"; those with one dash first */
    const char *arg;   /* what its argument is called; "[...]": may be left out; NULL: none */
    const char *help;
    int value;   /* what img_next_option() gives for each of its names; 0: the first one's letter */
    bool needed; /* it, or one of those that may be given instead, must be there */
    bool instead; /* of the one above */
} ImgOption;

typedef struct ImgSyntax {
    const ImgOption *options;
    const char *operands;  /* as they are shown: "FILE [SIZE]" */
    const char *notes;     /* what else is to be said below the options; NULL: nothing */
    bool negative_numbers; /* "-1G" is an operand */
} ImgSyntax;

#define IMG_OPT_FORMAT                                                                             \
    {                                                                                              \
        "-f, --format", "FMT", "format of the image; without it, what it looks like"               \
    }
#define IMG_OPT_IMAGE_OPTS                                                                         \
    {                                                                                              \
        "--image-opts", NULL, "FILE is options of a node: driver=qcow2,file.filename=disk.qcow2",  \
            .value = 'I'                                                                           \
    }
#define IMG_OPT_CACHE                                                                              \
    {                                                                                              \
        "-t, --cache", "CACHE", "none, writeback (as it is), writethrough, directsync or unsafe"   \
    }
#define IMG_OPT_FORCE_SHARE                                                                        \
    {                                                                                              \
        "-U, --force-share", NULL,                                                                 \
            "open it although a machine uses it; what is read may be changing"                     \
    }
#define IMG_OPT_QUIET                                                                              \
    {                                                                                              \
        "-q, --quiet", NULL, "say nothing but errors"                                              \
    }
#define IMG_OPT_PROGRESS                                                                           \
    {                                                                                              \
        "-p, --progress", "[=json]", "show how far it is; =json: in lines for other programs"      \
    }
#define IMG_OPT_OUTPUT                                                                             \
    {                                                                                              \
        "--output", "FORMAT", "json: for other programs; human is how it is without", .value = 'J' \
    }

/* Before a command runs: its name, and what it does, in a few words. */
void img_begin_command(const char *name, const char *purpose);
/*
 * The next option's value, with its argument in optarg; -1 after the last, with the operands from
 * optind on; '?' for one that is not in the table, which has been reported. What commands have
 * alike goes to @how, unless that is NULL, and is not returned.
 */
int img_next_option(const ImgSyntax *syntax, ImgOpen *how, int argc, char **argv);
/* The status for an option @c that is not the command's: -h shows the help, others where that is.
 */
int img_usage(int c, const ImgSyntax *syntax, char **argv);
/* An error of how the command line is put together; returns 1, the status. */
int img_misused(const char *fmt, ...) QEMU_PRINTF(1, 2);
/* What is left behind the options must be one name; else NULL, reported. */
const char *img_only_name(int argc, char **argv);

/* ---- progress.c ---- */

/* From now on SIGUSR1 asks how far it is. A command that cannot tell goes on. */
void img_progress_listen(void);
/* Begins to show how far a command is. */
void img_progress_init(const ImgOpen *how);
void img_progress(int64_t done, int64_t total);
/* @finished: all is done, however little that was. */
void img_progress_end(bool finished);

#endif
