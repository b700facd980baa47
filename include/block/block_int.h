/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of the block layer: what drivers implement, and the state of nodes and edges.
 * For block/ and tests; everybody else uses block/block-backend.h or block/block.h.
 */
#ifndef BLOCK_BLOCK_INT_H
#define BLOCK_BLOCK_INT_H

#include "block/block-io.h"
#include "block/zoned.h"
#include "qapi/qapi-types-block-create.h"
#include "qapi/qapi-types-block-query.h"
#include "qemu/coroutine.h"
#include "qemu/hbitmap.h"
#include "qemu/memalign.h"
#include "qemu/notify.h"
#include "qemu/queue.h"
#include "qemu/stats64.h"
#include "qemu/thread.h"

/* ---- options of drivers and of image creation ---- */

typedef enum BdrvOptType {
    BDRV_OPT_STR,  /* char *, owned by the structure */
    BDRV_OPT_BOOL, /* bool */
    BDRV_OPT_NUM,  /* uint64_t */
    BDRV_OPT_SIZE, /* uint64_t, with suffixes */
    BDRV_OPT_ENUM, /* int; names in @lookup */
} BdrvOptType;

typedef struct BdrvOpt {
    const char *name; /* NULL ends the table */
    BdrvOptType type;
    size_t offset; /* in the structure that bdrv_parse_options() fills */
    const QEnumLookup *lookup;
    const char *help;
    const char *shown; /* the default that "Formatting ..." shows; NULL: nothing if not given */
} BdrvOpt;

/*
 * Move what @table knows from @options to the structure @dest; fields of absent options stay as
 * they are. Values may be typed or, from a command line, strings.
 */
bool bdrv_parse_options(void *dest, const BdrvOpt *table, QDict *options, Error **errp);
/*
 * Append " NAME=VALUE" to @out for each of @table that @options has, which stay, or that has a
 * default to show. False if a value is none of a boolean, number or size.
 */
bool bdrv_show_options(GString *out, const BdrvOpt *table, const QDict *options, Error **errp);
/* Free the strings. */
void bdrv_free_options(void *dest, const BdrvOpt *table);

/* ---- requests in flight ---- */

enum BdrvTrackedRequestType {
    BDRV_TRACKED_READ,
    BDRV_TRACKED_WRITE,
    BDRV_TRACKED_DISCARD,
    BDRV_TRACKED_TRUNCATE,
};

typedef struct BdrvTrackedRequest {
    BlockDriverState *bs;
    int64_t offset;
    int64_t bytes;
    enum BdrvTrackedRequestType type;
    bool serialising;
    /* What others must keep off: the request, aligned as serialising asks. */
    int64_t overlap_offset;
    int64_t overlap_bytes;
    QLIST_ENTRY(BdrvTrackedRequest) list; /* bs->tracked_requests */
    Coroutine *co;
    CoQueue wait_queue; /* who waits for this one; bs->reqs_lock */
    struct BdrvTrackedRequest *waiting_for;
} BdrvTrackedRequest;

/* ---- drivers ---- */

/* Of a disk with zones, which all have one size but perhaps the last. */
typedef struct BlockZones {
    int64_t size;       /* bytes; 0: no zones */
    int64_t max_append; /* bytes; 0: any number */
    bool host_managed;  /* what is not in order is refused */
} BlockZones;

typedef struct BlockLimits {
    /* Power of two; requests to the driver are multiples of it. At least 1. */
    uint32_t request_alignment;
    int64_t max_pdiscard;
    uint32_t pdiscard_alignment;
    int64_t max_pwrite_zeroes;
    uint32_t pwrite_zeroes_alignment;
    uint32_t opt_transfer;
    uint32_t max_transfer;
    uint64_t max_hw_transfer;
    int max_hw_iov;
    size_t min_mem_alignment;
    size_t opt_mem_alignment;
    int max_iov;
    bool has_variable_length;
    BlockZones zones; /* not inherited: a driver that hands requests for zones on sets it */
} BlockLimits;

/* crypto/block.h */
struct QCryptoLuksChange;
struct QCryptoLuksNew;

/* A LUKS header that an image is made with; @option: the name of the one for its passphrase. */
typedef struct BdrvCreateLuks {
    const QCryptoBlockCreateOptionsLUKS *opts;
    bool detached;
    const char *option;
} BdrvCreateLuks;

typedef struct BDRVReopenState {
    BlockDriverState *bs;
    int flags;
    QDict *options; /* new, complete */
    QDict *explicit_options;
    BlockdevDetectZeroesOptions detect_zeroes;
    /* "file" will be a node with other data: see bdrv_reopen_load. */
    bool other_file;
    void *opaque; /* the driver's */
} BDRVReopenState;

typedef struct BdrvSnapshotInfo QEMUSnapshotInfo;

/* Which file of the host, by its inode, or device an image is, and from which byte on. */
typedef struct BdrvPlace {
    dev_t dev;
    ino_t ino; /* 0: of a device */
    bool is_device;
    int64_t offset;
} BdrvPlace;

/*
 * A format, protocol or filter. Request functions get aligned, bounded requests and run in
 * coroutines, several at once, in any thread; the rest in the main thread, drained where it says.
 */
struct BlockDriver {
    const char *format_name;
    /* For "proto:..." file names; NULL for formats. */
    const char *protocol_name;
    int instance_size;
    /* Shows the data of one child, unchanged in size. */
    bool is_filter;
    bool is_format;
    bool supports_backing;
    /* The whole image is to be given by options: no file name is taken. */
    bool bdrv_needs_filename;
    bool has_variable_length;
    /* bs->file is not opened for it (null, blkverify). */
    bool no_primary_child;
    /* Writes to its children in the order in which it is written to. */
    bool keeps_zones;
    /* A format that keeps nothing but what the guest wrote: snapshots of its file are its own. */
    bool snapshots_of_file;
    /* Zero writes that unmap need no zero buffers. */
    const BdrvOpt *create_opts;
    const BdrvOpt *amend_opts;
    /* Option names that identify the image, NULL-terminated: for json: names. */
    const char *const *strong_runtime_opts;

    /* 0..100 for how sure it is. @buf: the first @buf_size bytes. */
    int (*bdrv_probe)(const uint8_t *buf, int buf_size, const char *filename);
    int (*bdrv_probe_device)(const char *filename);
    /* Where a node is, or what the file @filename is; false: it cannot be told. */
    bool (*bdrv_get_place)(BlockDriverState *bs, BdrvPlace *place);
    bool (*bdrv_place_of_name)(const char *filename, BdrvPlace *place);
    /* Split @filename into @options. */
    void (*bdrv_parse_filename)(const char *filename, QDict *options, Error **errp);

    /* Options that it knows are to be taken out of @options. */
    bool (*bdrv_open)(BlockDriverState *bs, QDict *options, int flags, Error **errp);
    void (*bdrv_close)(BlockDriverState *bs);

    /* New options: check and prepare in one, then exactly one of the others. Drained. */
    bool (*bdrv_reopen_prepare)(BDRVReopenState *state, Error **errp);
    void (*bdrv_reopen_commit)(BDRVReopenState *state);
    void (*bdrv_reopen_abort)(BDRVReopenState *state);
    /*
     * Between prepare and commit or abort, with flags, edges and permissions as they will be: may
     * the node be so? With other_file all that it knows of its file is forgotten and read anew;
     * commit makes that last. A format without this function only gets a file that shows the same
     * bytes.
     */
    bool (*bdrv_reopen_load)(BDRVReopenState *state, Error **errp);
    /* After all nodes of the queue are as they will be. */
    void (*bdrv_reopen_commit_post)(BDRVReopenState *state);

    /* Create the file and the image in it; takes what it knows out of @opts. */
    /* @made notes the files that it makes or empties: if it fails, they go. */
    bool (*bdrv_create)(const char *filename, QDict *opts, BdrvMade *made, Error **errp);
    /* Remove a file that bdrv_create has made, for an image that could not be; as far as it can. */
    void (*bdrv_remove)(const char *filename);
    /* The same for blockdev-create. @luks: what bdrv_create_luks has asked for, made; or NULL. */
    bool (*bdrv_create_node)(BlockdevCreateOptions *options, struct QCryptoLuksNew *luks,
                             Error **errp);
    /* Is there to be a LUKS header? Making it takes longer than the main thread may wait. */
    bool (*bdrv_create_luks)(const BlockdevCreateOptions *options, BdrvCreateLuks *luks);
    bool (*bdrv_amend)(BlockDriverState *bs, QDict *opts,
                       void (*progress)(void *, int64_t, int64_t), void *opaque, bool force,
                       Error **errp);
    /*
     * x-blockdev-amend, in the steps of qcrypto_luks_change_prepare(); in the job's coroutine.
     * False with @errp, or *@change; NULL: nothing is to be done.
     */
    bool coroutine_fn (*bdrv_amend_prepare)(BlockDriverState *bs,
                                            const BlockdevAmendOptions *options, bool force,
                                            struct QCryptoLuksChange **change, Error **errp);
    bool coroutine_fn (*bdrv_amend_write)(BlockDriverState *bs, struct QCryptoLuksChange *change,
                                          Error **errp);
    BlockMeasureInfo *(*bdrv_measure)(QDict *opts, BlockDriverState *in_bs, Error **errp);

    void (*bdrv_refresh_limits)(BlockDriverState *bs, Error **errp);
    /* Which of BDRV_CHILD_* needs what; default: by role. */
    void (*bdrv_child_perm)(BlockDriverState *bs, BdrvChild *c, BdrvChildRole role,
                            uint64_t parent_perm, uint64_t parent_shared, uint64_t *nperm,
                            uint64_t *nshared);
    /* Take what @perm needs (locks); then one of the others. */
    bool (*bdrv_check_perm)(BlockDriverState *bs, uint64_t perm, uint64_t shared, Error **errp);
    void (*bdrv_set_perm)(BlockDriverState *bs, uint64_t perm, uint64_t shared);
    void (*bdrv_abort_perm_update)(BlockDriverState *bs);

    int coroutine_fn (*bdrv_co_preadv_part)(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                            QEMUIOVector *qiov, size_t qiov_offset,
                                            BdrvRequestFlags flags);
    int coroutine_fn (*bdrv_co_pwritev_part)(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                             QEMUIOVector *qiov, size_t qiov_offset,
                                             BdrvRequestFlags flags);
    int coroutine_fn (*bdrv_co_pwrite_zeroes)(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                              BdrvRequestFlags flags);
    int coroutine_fn (*bdrv_co_pdiscard)(BlockDriverState *bs, int64_t offset, int64_t bytes);
    /* Several may run at once; the whole cluster, or the rest of the image. */
    int coroutine_fn (*bdrv_co_pwritev_compressed_part)(BlockDriverState *bs, int64_t offset,
                                                        int64_t bytes, QEMUIOVector *qiov,
                                                        size_t qiov_offset);
    int coroutine_fn (*bdrv_co_copy_range_from)(BlockDriverState *bs, BdrvChild *src,
                                                int64_t offset, BdrvChild *dst, int64_t dst_offset,
                                                int64_t bytes, BdrvRequestFlags read_flags,
                                                BdrvRequestFlags write_flags);
    int coroutine_fn (*bdrv_co_copy_range_to)(BlockDriverState *bs, BdrvChild *src,
                                              int64_t src_offset, BdrvChild *dst,
                                              int64_t dst_offset, int64_t bytes,
                                              BdrvRequestFlags read_flags,
                                              BdrvRequestFlags write_flags);
    int coroutine_fn (*bdrv_co_block_status)(BlockDriverState *bs, bool want_zero, int64_t offset,
                                             int64_t bytes, int64_t *pnum, int64_t *map,
                                             BlockDriverState **file);
    /* For the driver "snapshot-access": the disk as it was when the node came. */
    int coroutine_fn (*bdrv_co_preadv_snapshot)(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                                QEMUIOVector *qiov, size_t qiov_offset);
    int coroutine_fn (*bdrv_co_snapshot_status)(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                                int64_t *pnum);
    int coroutine_fn (*bdrv_co_pdiscard_snapshot)(BlockDriverState *bs, int64_t offset,
                                                  int64_t bytes);
    /* All there is to do, of children, too; in the place of the two below. */
    int coroutine_fn (*bdrv_co_flush)(BlockDriverState *bs);
    /* Data and metadata of a format to its file; then bs->file is flushed by the core. */
    int coroutine_fn (*bdrv_co_flush_to_os)(BlockDriverState *bs);
    int coroutine_fn (*bdrv_co_flush_to_disk)(BlockDriverState *bs);
    int coroutine_fn (*bdrv_co_truncate)(BlockDriverState *bs, int64_t offset, bool exact,
                                         PreallocMode prealloc, unsigned flags, Error **errp);
    int64_t coroutine_fn (*bdrv_co_getlength)(BlockDriverState *bs);
    int64_t coroutine_fn (*bdrv_co_get_allocated_file_size)(BlockDriverState *bs);
    int coroutine_fn (*bdrv_co_get_info)(BlockDriverState *bs, BlockDriverInfo *bdi);
    int coroutine_fn (*bdrv_co_check)(BlockDriverState *bs, BdrvCheckResult *result,
                                      BdrvCheckMode fix);
    int coroutine_fn (*bdrv_co_ioctl)(BlockDriverState *bs, int req, void *buf);
    /* As in block/zoned.h. */
    int coroutine_fn (*bdrv_co_zone_report)(BlockDriverState *bs, int64_t offset, unsigned *nr,
                                            BlockZone *zones);
    int coroutine_fn (*bdrv_co_zone_manage)(BlockDriverState *bs, BlockZoneOp op, int64_t offset,
                                            int64_t bytes);
    int coroutine_fn (*bdrv_co_zone_append)(BlockDriverState *bs, int64_t *offset,
                                            QEMUIOVector *qiov);
    int coroutine_fn (*bdrv_co_save_vmstate)(BlockDriverState *bs, QEMUIOVector *qiov, int64_t pos);
    int coroutine_fn (*bdrv_co_load_vmstate)(BlockDriverState *bs, QEMUIOVector *qiov, int64_t pos);

    /* What only its images have; the caller frees it. */
    ImageInfoSpecific *(*bdrv_get_specific_info)(BlockDriverState *bs, Error **errp);
    /* What only its nodes count; the caller frees it. */
    struct BlockStatsSpecific *(*bdrv_get_specific_stats)(BlockDriverState *bs);

    bool (*bdrv_snapshot_create)(BlockDriverState *bs, QEMUSnapshotInfo *sn_info, Error **errp);
    /* Of a node without dirty bitmaps: see the function of this name. */
    bool (*bdrv_snapshot_goto)(BlockDriverState *bs, const char *snapshot_id, Error **errp);
    bool (*bdrv_snapshot_delete)(BlockDriverState *bs, const char *snapshot_id, const char *name,
                                 Error **errp);
    int (*bdrv_snapshot_list)(BlockDriverState *bs, QEMUSnapshotInfo **psn_info);
    bool (*bdrv_snapshot_load_tmp)(BlockDriverState *bs, const char *snapshot_id, const char *name,
                                   Error **errp);

    int (*bdrv_change_backing_file)(BlockDriverState *bs, const char *backing_file,
                                    const char *backing_fmt);
    /*
     * x-blockdev-change, drained. The reference to @child_bs becomes the edge's, also on failure;
     * @child is one of the node's, and goes.
     */
    bool (*bdrv_add_child)(BlockDriverState *bs, BlockDriverState *child_bs, Error **errp);
    bool (*bdrv_del_child)(BlockDriverState *bs, BdrvChild *child, Error **errp);
    /* May @to_replace, below, get other data, without anybody above @bs seeing that? */
    bool (*bdrv_can_replace)(BlockDriverState *bs, BlockDriverState *to_replace);
    bool (*bdrv_inactivate)(BlockDriverState *bs, Error **errp);
    bool (*bdrv_activate)(BlockDriverState *bs, Error **errp);
    /* All of it shows the backing file afterwards. */
    int (*bdrv_make_empty)(BlockDriverState *bs);

    int (*bdrv_has_zero_init)(BlockDriverState *bs);
    bool (*bdrv_is_inserted)(BlockDriverState *bs);
    void (*bdrv_eject)(BlockDriverState *bs, bool eject_flag);
    void (*bdrv_lock_medium)(BlockDriverState *bs, bool locked);
    bool (*bdrv_probe_blocksizes)(BlockDriverState *bs, BlockSizes *bsz);
    bool (*bdrv_probe_geometry)(BlockDriverState *bs, HDGeometry *geo);
    /* Sets bs->exact_filename. */
    void (*bdrv_refresh_filename)(BlockDriverState *bs);

    /* Start and end of a drained section; the driver stops its own requests. Must not wait. */
    void (*bdrv_drain_begin)(BlockDriverState *bs);
    void (*bdrv_drain_end)(BlockDriverState *bs);

    bool (*bdrv_can_store_new_dirty_bitmap)(BlockDriverState *bs, const char *name,
                                            uint32_t granularity, Error **errp);
    bool (*bdrv_remove_persistent_dirty_bitmap)(BlockDriverState *bs, const char *name,
                                                Error **errp);
    bool (*bdrv_supports_persistent_dirty_bitmap)(BlockDriverState *bs);

    void coroutine_fn (*bdrv_co_debug_event)(BlockDriverState *bs, BlkdebugEvent event);
    int (*bdrv_debug_breakpoint)(BlockDriverState *bs, const char *event, const char *tag);
    int (*bdrv_debug_remove_breakpoint)(BlockDriverState *bs, const char *tag);
    int (*bdrv_debug_resume)(BlockDriverState *bs, const char *tag);
    bool (*bdrv_debug_is_suspended)(BlockDriverState *bs, const char *tag);

    QLIST_ENTRY(BlockDriver) list;
};

/* From a block_init() function. */
void bdrv_register(BlockDriver *bdrv);

/* Where the image @bs is: where its file is. False: it cannot be told. place.c */
bool bdrv_get_place(BlockDriverState *bs, BdrvPlace *place);
/*
 * The name of a format that there is no driver for, if this is how its images look: the first @size
 * bytes, and, of those that have a mark at their end, @file, called @filename (NULL: it cannot be
 * one of those). Else NULL. foreign-formats.c
 */
const char *bdrv_foreign_format(const uint8_t *buf, size_t size, BlockBackend *file,
                                const char *filename);
/* For drivers that create files: false if what is at @place, for messages @filename, is open in
 * this process. place.c */
bool bdrv_check_not_open(const BdrvPlace *place, const char *filename, Error **errp);
/* Of those drivers: another node of this process that has the file of @bs open, or NULL. */
BlockDriverState *bdrv_find_other_user(BlockDriverState *bs);

/* ---- edges ---- */

struct BdrvChildClass {
    bool stay_at_node;
    bool parent_is_bds;
    /* Text for permission errors, "node 'x'"; g_free(). */
    char *(*get_parent_desc)(BdrvChild *child);
    const char *(*get_name)(BdrvChild *child);
    /* Stop submitting; must not wait. */
    void (*drained_begin)(BdrvChild *child);
    void (*drained_end)(BdrvChild *child);
    /* Is the parent still busy? */
    bool (*drained_poll)(BdrvChild *child);
    void (*resize)(BdrvChild *child);
    void (*change_media)(BdrvChild *child, bool load);
    void (*attach)(BdrvChild *child);
    void (*detach)(BdrvChild *child);
    bool (*activate)(BdrvChild *child, Error **errp);
    int (*inactivate)(BdrvChild *child);
    /* Options of the child that follow from the parent's (cache mode, read-only...). */
    void (*inherit_options)(BdrvChildRole role, bool parent_is_format, int *child_flags,
                            QDict *child_options, int parent_flags, QDict *parent_options);
};
extern const BdrvChildClass child_of_bds;

struct BdrvChild {
    BlockDriverState *bs;
    char *name;
    const BdrvChildClass *klass;
    BdrvChildRole role;
    void *opaque; /* the parent */
    uint64_t perm;
    uint64_t shared_perm;
    /* Computed, not yet in force; see block/graph-perm.c. */
    uint64_t new_perm;
    uint64_t new_shared_perm;
    bool frozen;
    /* The parent's image names it: who names the parent has no need to. */
    bool implied;
    /* The parent was told to be quiet. */
    bool quiesced_parent;
    QLIST_ENTRY(BdrvChild) next;        /* bs_parent->children */
    QLIST_ENTRY(BdrvChild) next_parent; /* bs->parents */
};

/* ---- nodes ---- */

typedef struct BdrvOpBlocker {
    Error *reason;
    QLIST_ENTRY(BdrvOpBlocker) list;
} BdrvOpBlocker;

struct BlockDriverState {
    /* Set when opened; stay for life unless reopened (drained). */
    int open_flags;
    BlockDriver *drv; /* NULL: closed after a fatal error of the image */
    void *opaque;
    char node_name[32];
    char filename[PATH_MAX];
    char exact_filename[PATH_MAX];
    /* As the image's header has it; "" if none. */
    char backing_file[PATH_MAX];
    char auto_backing_file[PATH_MAX];
    char backing_format[16];
    QDict *options;
    QDict *explicit_options;
    QDict *full_open_options;
    BlockdevDetectZeroesOptions detect_zeroes;
    bool probed;
    bool force_share;
    bool implicit;
    bool encrypted;
    bool sg;
    /* While it is opened: who tries passphrases (crypto/block.h), for its children, too, or NULL.
     */
    struct QCryptoKeyWork *key_work;
    /* While it is opened: the node that it becomes a child of, and what it is to that; or NULL. */
    BlockDriverState *opener;
    BdrvChildRole opened_as;
    /* Made by bdrv_open_child() for this node: reopened along with it. */
    BlockDriverState *inherits_from;
    BlockLimits bl;
    BdrvRequestFlags supported_read_flags;
    BdrvRequestFlags supported_write_flags;
    BdrvRequestFlags supported_zero_flags;
    unsigned supported_truncate_flags;

    /* Graph; main thread, changed while drained. */
    BdrvChild *file;
    BdrvChild *backing;
    QLIST_HEAD(, BdrvChild) children;
    QLIST_HEAD(, BdrvChild) parents;
    QTAILQ_ENTRY(BlockDriverState) bs_list;
    QTAILQ_ENTRY(BlockDriverState) node_list;
    QTAILQ_ENTRY(BlockDriverState) monitor_list; /* added by blockdev-add */
    bool monitor_owned;
    int refcnt;
    uint64_t cumulative_perm;
    uint64_t cumulative_shared;
    unsigned perm_visit; /* mark of the walk in graph-perm.c */
    QLIST_HEAD(, BdrvOpBlocker) op_blockers[BLOCK_OP_TYPE_MAX];
    int quiesce_counter;

    /*
     * Atomic. Whole sectors: what a driver's length lacks of the last one reads as zeroes, and is
     * there once it is written.
     */
    int64_t total_bytes;
    unsigned in_flight;
    unsigned serialising_in_flight;
    Stat64 wr_highest_offset;
    int copy_on_read;
    uint64_t write_threshold; /* write-threshold.c */
    /* Number of completed writes; what of that is flushed. */
    unsigned write_gen;

    QemuMutex reqs_lock;
    QLIST_HEAD(, BdrvTrackedRequest) tracked_requests; /* reqs_lock */
    CoQueue flush_queue;                               /* reqs_lock */
    bool active_flush_req;                             /* reqs_lock */
    unsigned flushed_gen;                              /* reqs_lock */
    int64_t data_start, data_end; /* a file's area that was data; reqs_lock, see status.c */
    bool first_data_known;        /* that it was looked for from the start; atomic */

    QemuMutex dirty_bitmap_mutex;
    QLIST_HEAD(, BdrvDirtyBitmap) dirty_bitmaps; /* written by main thread with mutex */
};

BlockDriverState *bdrv_new(void);
/* A reference to the node that @ref names, or describes to be opened. */
BlockDriverState *bdrv_open_ref(BlockdevRef *ref, Error **errp);

/* ---- creating images; main thread ---- */

/* Writes an image into @blk, an empty file. */
typedef bool BdrvFillImage(BlockBackend *blk, void *opaque, Error **errp);
/* Create the file @filename, by what its protocol knows of @opts, and fill it. */
bool bdrv_create_filled(const char *filename, QDict *opts, BdrvMade *made, BdrvFillImage *fill,
                        void *opaque, Error **errp);
/* Fill the node @ref, whatever was in it. */
bool bdrv_fill_node(BlockdevRef *ref, BdrvFillImage *fill, void *opaque, Error **errp);
/* One piece of it; @what for the message. */
bool bdrv_fill_write(BlockBackend *blk, int64_t offset, const void *buf, int64_t bytes,
                     const char *what, Error **errp);

/* NULL name: generated. */
bool bdrv_assign_node_name(BlockDriverState *bs, const char *node_name, Error **errp);
/* Children by role, without asking the graph. */
static inline BlockDriverState *child_bs(BdrvChild *child)
{
    return child ? child->bs : NULL;
}

/* ---- helpers for drivers ---- */

/* The permissions of a filter's and a format's children. */
void bdrv_default_perms(BlockDriverState *bs, BdrvChild *c, BdrvChildRole role,
                        uint64_t parent_perm, uint64_t parent_shared, uint64_t *nperm,
                        uint64_t *nshared);
BdrvChild *bdrv_root_attach_child(BlockDriverState *child_bs, const char *child_name,
                                  const BdrvChildClass *child_class, BdrvChildRole child_role,
                                  uint64_t perm, uint64_t shared_perm, void *opaque, Error **errp);
void bdrv_root_unref_child(BdrvChild *child);

/* block_status for filters and raw-like formats: everything is where it is in bs->file. */
int coroutine_fn bdrv_co_default_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                              int64_t bytes, int64_t *pnum, int64_t *map,
                                              BlockDriverState **file);

/* The request becomes serialising on ranges aligned to @align. -EBUSY with BDRV_REQ_NO_WAIT. */
void coroutine_fn tracked_request_begin(BdrvTrackedRequest *req, BlockDriverState *bs,
                                        int64_t offset, int64_t bytes,
                                        enum BdrvTrackedRequestType type);
void coroutine_fn tracked_request_end(BdrvTrackedRequest *req);
int coroutine_fn bdrv_make_request_serialising(BdrvTrackedRequest *req, uint64_t align,
                                               BdrvRequestFlags flags);
void coroutine_fn bdrv_wait_serialising_requests(BdrvTrackedRequest *self);
BdrvTrackedRequest *coroutine_fn bdrv_co_get_self_request(BlockDriverState *bs);

int bdrv_check_request(int64_t offset, int64_t bytes, Error **errp);
int bdrv_check_qiov_request(int64_t offset, int64_t bytes, QEMUIOVector *qiov, size_t qiov_offset,
                            Error **errp);
/* Where the write of cluster size @align that has @offset..+@bytes would be. */
void bdrv_round_to_subclusters(BlockDriverState *bs, int64_t offset, int64_t bytes,
                               int64_t *cluster_offset, int64_t *cluster_bytes);
int coroutine_fn bdrv_co_refresh_total_bytes(BlockDriverState *bs, int64_t hint);
int bdrv_refresh_total_bytes(BlockDriverState *bs);
/* Called for completed writes: generation, dirty bitmaps, highest offset. */
void bdrv_write_done(BlockDriverState *bs, int64_t offset, int64_t bytes, bool discard);

/* ---- internal snapshots ---- */

struct BdrvSnapshotInfo {
    char id_str[128];
    char name[256];
    uint64_t vm_state_size;
    uint32_t date_sec; /* UTC */
    uint32_t date_nsec;
    uint64_t vm_clock_nsec;
    uint64_t icount; /* -1: none */
    uint64_t disk_size;
    uint32_t extra_data_size;
};

/* ---- graph internals shared by block/graph*.c ---- */

void bdrv_parent_drained_begin_single(BdrvChild *c);
void bdrv_parent_drained_end_single(BdrvChild *c);
bool bdrv_drain_poll(BlockDriverState *bs, BdrvChild *ignore);
void bdrv_do_drained_begin_quiesce(BlockDriverState *bs, BdrvChild *parent);
void bdrv_parent_cb_resize(BlockDriverState *bs);
void bdrv_parent_cb_change_media(BlockDriverState *bs, bool load);
/* Point @child at @new_bs without checks; both (if not NULL) are drained. */
void bdrv_replace_child_noperm(BdrvChild *child, BlockDriverState *new_bs);

typedef QTAILQ_HEAD(BdrvNodeList, BlockDriverState) BdrvNodeList;
extern BdrvNodeList all_bdrv_states, graph_bdrv_states;

/* ---- driver-common.c: what several drivers do alike ---- */

/* The node takes the flags of writes and of zeroes that its file takes. When it is opened. */
void bdrv_pass_request_flags(BlockDriverState *bs);
/* .bdrv_inactivate of formats whose tables nobody else may read while the node exists. */
bool bdrv_refuse_inactivate(BlockDriverState *bs, Error **errp);
/* .bdrv_reopen_prepare of drivers without options of their own. */
bool bdrv_reopen_nothing(BDRVReopenState *state, Error **errp);

#endif
