/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A qcow2 image on tape.h, operations that change its tables, and a model of what they do: for
 * tests that stop or fail in the middle of them. An operation is a row of rig_ops[].
 */
#ifndef TESTS_QCOW2_RIG_H
#define TESTS_QCOW2_RIG_H

#include "block/block-backend.h"
#include "tape.h"

typedef struct RigConfig {
    const char *name;
    int cluster_bits, refcount_bits;
    int clusters;            /* of the disk, and a half */
    const char *key, *value; /* one more option of creation, or NULL */
    bool backing;            /* an image of half of the size below it */
    bool data_file;          /* guest data is in slot 2 */
    bool subclusters;
    bool raw;               /* and that is right for who reads it alone */
    bool snapshot;          /* some clusters are shared with a snapshot */
    bool luks;              /* encrypted, and the image below as well */
    bool no_unref;          /* discarded clusters stay where they are */
    const char *cache_size; /* NULL: enough for all tables */
    const char *entry_size; /* of level 2 tables, what is read and written at once; NULL: all */
    int align;              /* of requests to the file */
    int filler;             /* clusters that are written once, so that the file is longer */
} RigConfig;

extern const RigConfig rig_configs[];
extern const int rig_n_configs;

/*
 * A program's argument "N/M" asks for every Mth configuration from number N on, so that M runs do
 * all of them; without argument one does. False for anything else.
 */
bool rig_share(int argc, char **argv, int *first, int *step);

/* What a disk shows, by sector. */
typedef struct RigView {
    int64_t sectors;
    uint8_t *data;
    bool *own; /* not from the backing file */
} RigView;

typedef struct RigSnapshot {
    char *name;
    RigView view;
} RigSnapshot;

typedef struct RigState {
    RigView disk, base;
    GPtrArray *snapshots; /* RigSnapshot */
    char *backing_name;   /* as the header has it */
    uint8_t *marked;      /* what the disk showed when its bitmap was made; NULL: it has none */
} RigState;

RigState *rig_state_copy(const RigState *st);
void rig_state_free(RigState *st);

typedef struct Rig {
    const RigConfig *cfg;
    int64_t cluster;
    int64_t spc; /* sectors of a cluster */
    int64_t sub; /* of what is allocated at once: of that, or of a part of it */
    BlockBackend *blk;
    RigState *now, *start;
    uint8_t fill;
    int next_name;
} Rig;

/* The image in its first state, closed; later rig_restart() goes back to that. */
Rig *rig_new(const RigConfig *cfg);
void rig_restart(Rig *r);
void rig_free(Rig *r);
/* With its backing file; NULL and @errp if it cannot be opened. */
BlockBackend *rig_open_image(Rig *r, int slot, int flags, Error **errp);
void rig_open(Rig *r);
void rig_close(Rig *r);

/* What random numbers choose for an operation. */
typedef struct RigArgs {
    uint32_t where, length, how;
} RigArgs;

typedef struct RigOp {
    const char *name;
    /* Makes @next, a copy of r->now, what will be, and does it: 0 or -errno. */
    int (*run)(Rig *r, const RigArgs *a, RigState *next);
    /* NULL: on every image. */
    bool (*possible)(const RigConfig *cfg);
    bool atomic; /* all of it is there after a power failure, or nothing */
    bool whole;  /* must not fail: the test needs what it opens */
} RigOp;

extern const RigOp rig_ops[];
extern const int rig_n_ops;

/* A snapshot becomes the disk. Bitmaps, which would keep it from that, go before. */
bool rig_goto(BlockDriverState *bs, const char *name, Error **errp);

/*
 * Does the image show one of the states @states[0]..@states[n-1], or where @mixed, in each sector
 * one of them? Snapshots are looked at as well if @blk may be written to (which changes it).
 * NULL, or what is wrong; g_free() it.
 */
char *rig_compare(Rig *r, BlockBackend *blk, RigState *const *states, int n, bool mixed);
/* The same for the disk's content alone, which changes nothing. */
char *rig_compare_disk(Rig *r, BlockBackend *blk, RigState *const *states, int n, bool mixed);
/* Is there a bitmap, from the time before it was last closed, that can be relied on? */
bool rig_has_bitmap(BlockBackend *blk);
/* What the disk of @st shows, by sector; g_free() it. */
uint8_t *rig_shown(const RigState *st);
/* Does the open image have the snapshots of @st? */
bool rig_same_snapshots(Rig *r, const RigState *st);
/* The same for who reads the data file alone, as far as it goes. */
char *rig_compare_data(Rig *r, RigState *const *states, int n);
/* The same for the backing file in its slot. */
char *rig_compare_base(Rig *r, RigState *const *states, int n);
/* Counts that may be late are made anew by who opens the images for writing: that is done here. */
void rig_mend_counts(Rig *r);
/* NULL, or what check finds in the image in @slot. @leaks: where they are counted; NULL: none is
 * fine. */
char *rig_check(Rig *r, int slot, int *leaks);

#endif
