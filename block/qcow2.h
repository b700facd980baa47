/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of the driver for qcow2 images, shared by qcow2-*.c. On-disk structures follow the
 * published specification ("qcow2 image format", versions 2 and 3).
 *
 * Unless noted, functions run in coroutines with s->lock held. It guards all tables in memory; data
 * is read and written without it. See docs/devel/qcow2.md for the order of writes.
 */
#ifndef BLOCK_QCOW2_H
#define BLOCK_QCOW2_H

#include "block/block_int.h"
#include "qemu/bswap.h"

#define QCOW2_MAGIC            0x514649fbU
#define QCOW2_MIN_CLUSTER_BITS 9
#define QCOW2_MAX_CLUSTER_BITS 21
/* A subcluster is a sector at least. */
#define QCOW2_MIN_EXTL2_CLUSTER_BITS 14
#define QCOW2_DEFAULT_CLUSTER_BITS   16
#define QCOW2_MAX_L1_BYTES           (32 * MiB)
#define QCOW2_MAX_REFTABLE_BYTES     (8 * MiB)
#define QCOW2_MAX_SNAPSHOTS          65536

#define QCOW_OFLAG_COPIED            (1ULL << 63)
#define QCOW_OFLAG_COMPRESSED        (1ULL << 62)
#define QCOW_OFLAG_ZERO              (1ULL << 0)
#define QCOW2_OFFSET_MASK            0x00fffffffffffe00ULL

enum {
    QCOW2_INCOMPAT_DIRTY = 1,
    QCOW2_INCOMPAT_CORRUPT = 2,
    QCOW2_INCOMPAT_DATA_FILE = 4,
    QCOW2_INCOMPAT_COMPRESSION = 8,
    QCOW2_INCOMPAT_EXTL2 = 16,
    QCOW2_COMPAT_LAZY_REFCOUNTS = 1,
    QCOW2_AUTOCLEAR_BITMAPS = 1,
    QCOW2_AUTOCLEAR_DATA_FILE_RAW = 2,
};

typedef struct QEMU_PACKED Qcow2Header {
    uint32_t magic;
    uint32_t version;
    uint64_t backing_file_offset;
    uint32_t backing_file_size;
    uint32_t cluster_bits;
    uint64_t size;
    uint32_t crypt_method;
    uint32_t l1_size;
    uint64_t l1_table_offset;
    uint64_t refcount_table_offset;
    uint32_t refcount_table_clusters;
    uint32_t nb_snapshots;
    uint64_t snapshots_offset;
    /* Version 3 */
    uint64_t incompatible_features;
    uint64_t compatible_features;
    uint64_t autoclear_features;
    uint32_t refcount_order;
    uint32_t header_length;
    uint8_t compression_type;
    uint8_t padding[7];
} Qcow2Header;
QEMU_BUILD_BUG_ON(sizeof(Qcow2Header) != 112);
#define QCOW2_HEADER_SECTOR      512 /* so much of the header is written at once, or not at all */

#define QCOW2_EXT_END            0
#define QCOW2_EXT_BACKING_FORMAT 0xe2792acaU
#define QCOW2_EXT_FEATURE_TABLE  0x6803f857U
#define QCOW2_EXT_BITMAPS        0x23852875U
#define QCOW2_EXT_CRYPTO         0x0537be77U
#define QCOW2_EXT_DATA_FILE      0x44415441U

/* A header extension that this program has no use for; kept when the header is written. */
typedef struct Qcow2UnknownExt {
    uint32_t magic;
    uint32_t len;
    uint8_t *data;
} Qcow2UnknownExt;

/* crypt_method of the header. */
enum {
    QCOW2_CRYPT_NONE,
    QCOW2_CRYPT_AES,
    QCOW2_CRYPT_LUKS,
};

typedef struct Qcow2Cache Qcow2Cache;
typedef struct Qcow2Overlap Qcow2Overlap;

/* What a write must not hit, see qcow2-overlap.c. */
typedef enum Qcow2OverlapKind {
    QCOW2_OL_HEADER,
    QCOW2_OL_ACTIVE_L1,
    QCOW2_OL_ACTIVE_L2,
    QCOW2_OL_REFBLOCK,
    QCOW2_OL_REFTABLE,
    QCOW2_OL_SNAPSHOTS,
    QCOW2_OL_INACTIVE_L1,
    QCOW2_OL_INACTIVE_L2,
    QCOW2_OL_BITMAPS,
    QCOW2_OL_KINDS,
} Qcow2OverlapKind;

/* Clusters being written for the first time; overlapping requests wait for it. */
typedef struct Qcow2Alloc {
    uint64_t guest; /* start, in bytes */
    uint64_t bytes;
    uint64_t host;
    /* What is transferred: the request, and around it what the clusters had before. */
    uint64_t from, to;
    /* Subclusters that the request touches. Without subclusters all of it is as above. */
    uint64_t set_from, set_to;
    bool fill;     /* the clusters are there; some of their subclusters come to be used */
    bool in_place; /* no new clusters: a write to those that are there, which must not be freed */
    CoQueue waiters;
    QLIST_ENTRY(Qcow2Alloc) next;
} Qcow2Alloc;

/* An internal snapshot. */
typedef struct Qcow2Snapshot {
    uint64_t l1_offset;
    uint32_t l1_size;
    char *id, *name;
    uint32_t date_sec, date_nsec;
    uint64_t vm_clock_nsec, vm_state_size, icount, disk_size;
    bool has_disk_size; /* on disk, too */
    uint8_t *extra;     /* that this program does not know; kept */
    uint32_t extra_bytes;
} Qcow2Snapshot;

/* Why a cluster is freed: options of the node say of each whether the file gives it back. */
typedef enum Qcow2Discard {
    QCOW2_DISCARD_NEVER,
    QCOW2_DISCARD_OTHER,    /* tables, and what was replaced */
    QCOW2_DISCARD_REQUEST,  /* the guest has discarded it */
    QCOW2_DISCARD_SNAPSHOT, /* of a snapshot that is gone */
    QCOW2_DISCARD_REASONS,
    QCOW2_DISCARD_KEEP = -1, /* it is not freed */
} Qcow2Discard;

/* References that are to go when the tables on disk no longer have them. */
typedef struct Qcow2Free {
    uint64_t offset;
    uint64_t bytes;
    Qcow2Discard discard;
    bool data; /* no reference goes: only the file of the data gives it back */
} Qcow2Free;

/* Options of the node; UINT64_MAX: not given. */
typedef struct Qcow2Options {
    uint64_t l2_cache_size, refcount_cache_size, cache_size, l2_entry_size;
    uint64_t clean_interval; /* seconds; 0: never */
    unsigned overlap;        /* bits of Qcow2OverlapKind that writes are compared with */
    bool lazy, lazy_given;
    char *encrypt_format, *key_secret;
    bool pass_request, pass_snapshot, pass_other; /* discards, to the file */
    bool discard_no_unref;                        /* clusters stay where they are */
} Qcow2Options;

typedef struct Qcow2State {
    Qcow2Options options;
    /* Where guest data is: bs->file, or an external data file (qcow2-data-file.c). */
    BdrvChild *data_file;
    char *data_file_name; /* as the header has it, or NULL */
    bool keep_data; /* while the image is made: what the data file has is the disk's content */
    /* The header. */
    int version;
    int cluster_bits;
    int64_t cluster_size;
    int l2_bits; /* entries of a table, as a power of two */
    uint32_t l2_size;
    /* Level 2 tables are read and written in slices of so many bytes; and how many entries it has.
     */
    uint64_t slice_bytes;
    uint32_t l2_slice;
    int subcluster_bits; /* cluster_bits without subclusters */
    int64_t subcluster_size;
    uint32_t crypt_method;
    uint64_t incompatible, compatible, autoclear;
    int refcount_order;
    uint32_t header_length;
    Qcow2CompressionType compression_type;
    GArray *unknown_exts; /* Qcow2UnknownExt */

    CoMutex lock;

    /* A change of the header has failed: it may be on disk or not, see qcow2_settle_header(). */
    bool header_unsure;
    /* Counts are not written with what refers to them: see qcow2-commit.c. */
    bool lazy;
    /* It contradicts itself: every request fails. */
    bool unusable;
    bool told; /* that it does, as long as it is only read: the rest of it may be sound */
    Qcow2Overlap *overlap;  /* NULL: to be made */
    QEMUTimer *clean_timer; /* qcow2-clean.c; NULL: caches are not cleaned. Main thread */

    uint64_t *l1; /* host byte order */
    uint32_t l1_size;
    uint64_t l1_offset;
    GHashTable *l1_dirty; /* indices to be written */
    Qcow2Cache *l2_cache;

    uint64_t *reftable; /* host byte order */
    uint32_t reftable_size;
    uint64_t reftable_offset;
    GHashTable *reftable_dirty;
    Qcow2Cache *refblock_cache;
    int refblock_bits; /* refcounts of a block, as a power of two */
    uint64_t refcount_max;
    uint64_t free_hint; /* cluster index: below, nothing is free */
    /* Below @run_hint no @run_size free clusters lie side by side; 0: nothing is known. */
    uint64_t run_hint, run_size;
    /* While counts are made anew: clusters from here on nobody uses, whatever they say. */
    uint64_t repair_end;
    uint64_t free_byte; /* where the next compressed data goes; 0: a new cluster */
    GArray *frees;      /* Qcow2Free */

    QLIST_HEAD(, Qcow2Alloc) allocs;

    /* Internal snapshots: their tables count as references. */
    uint32_t nb_snapshots;
    uint64_t snapshots_offset, snapshots_bytes;
    Qcow2Snapshot *snapshots;
    /* More of them, that the header has and the table does not: only in a check, or without I/O. */
    uint32_t lost_snapshots;

    /* The LUKS header in the image, and what it gives; NULL: not encrypted. */
    uint64_t crypto_offset, crypto_bytes;
    struct QCryptoBlock *crypto;

    /* The directory of persistent dirty bitmaps; no bitmaps: 0 each. */
    uint32_t nb_bitmaps;
    uint64_t bitmaps_offset, bitmaps_bytes;
} Qcow2State;

typedef enum Qcow2ClusterType {
    QCOW2_UNALLOCATED,
    QCOW2_ZERO_PLAIN,
    QCOW2_ZERO_ALLOC,
    QCOW2_NORMAL,
    QCOW2_COMPRESSED,
    QCOW2_INVALID,
} Qcow2ClusterType;

/*
 * An entry of a level 2 table. With subclusters ("extended L2 entries") @bitmap says of each of 32
 * whether it is allocated (low half) or zero (high half), else it is 0.
 */
typedef struct Qcow2Entry {
    uint64_t entry, bitmap;
} Qcow2Entry;

#define QCOW2_SUBCLUSTERS 32
#define QCOW2_ALL_ALLOC   0xffffffffULL
#define QCOW2_ALL_ZERO    (QCOW2_ALL_ALLOC << 32)

static inline bool qcow2_has_data_file(const Qcow2State *s)
{
    return s->incompatible & QCOW2_INCOMPAT_DATA_FILE;
}

/* Is it to be right also for who reads it without the tables? */
static inline bool qcow2_data_file_is_raw(const Qcow2State *s)
{
    return qcow2_has_data_file(s) && (s->autoclear & QCOW2_AUTOCLEAR_DATA_FILE_RAW);
}

static inline bool qcow2_has_subclusters(const Qcow2State *s)
{
    return s->incompatible & QCOW2_INCOMPAT_EXTL2;
}

static inline Qcow2Entry qcow2_table_get(const Qcow2State *s, const uint64_t *table, uint32_t i)
{
    if (!qcow2_has_subclusters(s)) {
        return (Qcow2Entry){be64_to_cpu(table[i]), 0};
    }
    return (Qcow2Entry){be64_to_cpu(table[i * 2]), be64_to_cpu(table[i * 2 + 1])};
}

static inline void qcow2_table_put(const Qcow2State *s, uint64_t *table, uint32_t i, Qcow2Entry e)
{
    if (!qcow2_has_subclusters(s)) {
        table[i] = cpu_to_be64(e.entry);
        return;
    }
    table[i * 2] = cpu_to_be64(e.entry);
    table[i * 2 + 1] = cpu_to_be64(e.bitmap);
}

/* Does a level 2 entry have a cluster? In a data file there is one at 0, too. */
static inline bool qcow2_entry_has_host(const Qcow2State *s, uint64_t entry)
{
    return (entry & QCOW2_OFFSET_MASK) || (qcow2_has_data_file(s) && (entry & QCOW_OFLAG_COPIED));
}

/* Of the cluster; with subclusters it is never one of zeroes: they are. */
static inline Qcow2ClusterType qcow2_cluster_type(const Qcow2State *s, uint64_t entry)
{
    if (entry & QCOW_OFLAG_COMPRESSED) {
        return QCOW2_COMPRESSED;
    }
    if ((entry & QCOW_OFLAG_ZERO) && s->version >= 3 && !qcow2_has_subclusters(s)) {
        return qcow2_entry_has_host(s, entry) ? QCOW2_ZERO_ALLOC : QCOW2_ZERO_PLAIN;
    }
    return qcow2_entry_has_host(s, entry) ? QCOW2_NORMAL : QCOW2_UNALLOCATED;
}

static inline Qcow2ClusterType qcow2_subcluster_type(const Qcow2State *s, Qcow2Entry e, int sub)
{
    bool alloc = (e.bitmap >> sub) & 1, zero = (e.bitmap >> (sub + 32)) & 1;
    bool host = qcow2_entry_has_host(s, e.entry);

    if (!qcow2_has_subclusters(s) || (e.entry & QCOW_OFLAG_COMPRESSED)) {
        return qcow2_cluster_type(s, e.entry);
    }
    if (alloc) {
        return host && !zero ? QCOW2_NORMAL : QCOW2_INVALID;
    }
    return !zero ? QCOW2_UNALLOCATED : host ? QCOW2_ZERO_ALLOC : QCOW2_ZERO_PLAIN;
}

static inline uint64_t qcow2_cluster_offset(const Qcow2State *s, uint64_t offset)
{
    return offset & (s->cluster_size - 1);
}

/* Bytes of the disk that a level 2 table is about: 1 << this. */
static inline unsigned qcow2_table_bits(const Qcow2State *s)
{
    return s->cluster_bits + s->l2_bits;
}

/* Entries of a level 1 table for a disk of so many bytes. */
static inline uint64_t qcow2_l1_entries(const Qcow2State *s, uint64_t bytes)
{
    return DIV_ROUND_UP(bytes, 1ULL << qcow2_table_bits(s));
}

static inline uint64_t qcow2_clusters(const Qcow2State *s, uint64_t bytes)
{
    return (bytes + s->cluster_size - 1) >> s->cluster_bits;
}

/*
 * No longer run of free clusters may exist: a new refcount block lies at the start of the range
 * that it counts.
 */
static inline uint64_t qcow2_max_run(const Qcow2State *s)
{
    return MAX((1ULL << s->refblock_bits) - 1, 1);
}

/* The first byte and length of what a compressed cluster's entry points at. */
static inline void qcow2_compressed_range(const Qcow2State *s, uint64_t entry, uint64_t *offset,
                                          uint64_t *bytes)
{
    int shift = 62 - (s->cluster_bits - 8);

    *offset = entry & ((1ULL << shift) - 1);
    *bytes =
        (((entry >> shift) & ((1ULL << (s->cluster_bits - 8)) - 1)) + 1) * 512 - (*offset & 511);
}

/* qcow2-header.c; main thread, no lock */
bool qcow2_read_header(BlockDriverState *bs, Error **errp);
/* Write the header anew, with its extensions and the name of the backing file. 0 or -errno. */
int qcow2_update_header(BlockDriverState *bs);

/* qcow2-header-order.c: the header's cluster becomes @buf, of which @used bytes are header and
 * extensions, with the name of the backing file, whole at any cut. 0 or -errno. */
int qcow2_replace_header(BlockDriverState *bs, uint8_t *buf, size_t used);
/*
 * Fields of the header, all in its first sector, on stable storage. If that fails, what they were
 * is put back; if that fails too, s->header_unsure is set: then nothing may be given up that either
 * the old or the new fields lead to.
 */
int coroutine_mixed_fn qcow2_put_header(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                        const void *fields);
/* Before anything else is written: the fields as they are in memory, if the disk's are not known.
 */
int coroutine_mixed_fn qcow2_settle_header(BlockDriverState *bs);

/* qcow2-cache.c */
/* A cache has room for so many tables at least. */
#define QCOW2_CACHE_MIN 4
/* Room for the tables of @size bytes each that fit into @bytes. */
Qcow2Cache *qcow2_cache_new(BlockDriverState *bs, uint64_t bytes, uint64_t size);
/* Tables that nobody has used since the last call leave memory, unless they are dirty. */
void qcow2_cache_clean(Qcow2Cache *c);
unsigned qcow2_cache_count(const Qcow2Cache *c);
void qcow2_cache_free(Qcow2Cache *c);
/* The table at @offset, valid until the next call that may evict: any of these, and any yield. */
int coroutine_mixed_fn qcow2_cache_get(Qcow2Cache *c, uint64_t offset, void **table);
/* The same, zero-filled and dirty, without reading. Its place in the file has room. */
int coroutine_mixed_fn qcow2_cache_new_table(Qcow2Cache *c, uint64_t offset, void **table);
void qcow2_cache_mark_dirty(Qcow2Cache *c, uint64_t offset);
/* Forget the tables in the cluster at @offset, which is free. */
void qcow2_cache_drop(Qcow2Cache *c, uint64_t offset);
int coroutine_mixed_fn qcow2_cache_write(Qcow2Cache *c);
bool qcow2_cache_is_dirty(Qcow2Cache *c);
/* Are there as many dirty tables as the cache has room for? */
bool qcow2_cache_is_full(Qcow2Cache *c);
void qcow2_cache_clear(Qcow2Cache *c);

/* qcow2-commit.c: tables to disk in the order that is safe at any cut. */
int coroutine_mixed_fn qcow2_commit(BlockDriverState *bs);
/* With lazy refcounts: counts as well; then the image is as without. */
int coroutine_mixed_fn qcow2_commit_counts(BlockDriverState *bs);
/* What was written to the image's files is on stable storage. */
int coroutine_mixed_fn qcow2_sync(BlockDriverState *bs);
/* The same when what waits for a commit has reached the bound for it; lock held. */
int coroutine_mixed_fn qcow2_commit_if_full(BlockDriverState *bs);

/* qcow2.c: are counts written late? As the node's option says, or the image. */
void qcow2_settle_lazy(Qcow2State *s);

/* qcow2-trim.c; lock held: what the file has behind its last used cluster goes. A failure costs
 * room, nothing else. */
int coroutine_fn qcow2_trim_file(BlockDriverState *bs);

/* qcow2-clean.c; main thread */
/* As s->options say, from here on; not while drained. */
void qcow2_clean_start(BlockDriverState *bs);
void qcow2_clean_stop(Qcow2State *s);
void qcow2_clean_drain_begin(BlockDriverState *bs);
void qcow2_clean_drain_end(BlockDriverState *bs);

/* qcow2-overlap.c */
/* Takes the options out of @options. */
bool qcow2_parse_overlap(QDict *options, unsigned *mask, Error **errp);
void qcow2_overlap_free(Qcow2State *s);
/* There is a new table in the cluster at @offset. */
void qcow2_overlap_note(Qcow2State *s, uint64_t offset, Qcow2OverlapKind kind);
/*
 * 0, or -EIO if a write there would destroy something, after which the image is not used any more.
 * @ignore: bits of kinds that it may hit.
 */
int coroutine_mixed_fn qcow2_check_overlap(BlockDriverState *bs, unsigned ignore, uint64_t offset,
                                           uint64_t bytes);
/* What is found at @offset..+@bytes is told; an image that is written to is not used any more. */
void coroutine_mixed_fn qcow2_signal_corruption(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                                const char *fmt, ...) QEMU_PRINTF(4, 5);
/*
 * Is a cluster of it behind the end of the file? What a read gives there are not the zeroes of a
 * table. The last cluster of a file need not be whole.
 */
bool coroutine_mixed_fn qcow2_is_cut_off(BlockDriverState *bs, uint64_t offset, uint64_t bytes);
/* The opposite, with an error that begins with @what. */
bool coroutine_mixed_fn qcow2_is_in_file(BlockDriverState *bs, uint64_t offset, uint64_t bytes,
                                         const char *what, Error **errp);

/* qcow2-refcount.c */
bool qcow2_refcount_open(BlockDriverState *bs, Error **errp);
/* An image that was opened to be read may have none: then it cannot be written to. */
bool qcow2_has_refcounts(BlockDriverState *bs, Error **errp);
void qcow2_refcount_close(BlockDriverState *bs);
/* Counts of 2^@order bits: what follows from that in @s; one of them in a block. */
void qcow2_set_refcount_width(Qcow2State *s, int order);
void qcow2_put_count(int order, void *block, uint64_t i, uint64_t value);
int coroutine_mixed_fn qcow2_get_refcount(BlockDriverState *bs, uint64_t index, uint64_t *count);
/* Of a block that is there: does it count nothing? */
int coroutine_mixed_fn qcow2_refblock_is_empty(BlockDriverState *bs, uint64_t block_index,
                                               bool *empty);
int coroutine_mixed_fn qcow2_add_refs(BlockDriverState *bs, uint64_t offset, uint64_t bytes,
                                      int64_t delta);
/* One more reference to clusters that have one: -EUCLEAN if some are not counted. */
int coroutine_mixed_fn qcow2_share(BlockDriverState *bs, uint64_t offset, uint64_t bytes);
/* The range of @cluster gets its block there, unless it has one; a longer table, if need be. */
int coroutine_mixed_fn qcow2_add_block(BlockDriverState *bs, uint64_t cluster);
/* Contiguous clusters with a reference each; the offset, or -errno. */
int64_t coroutine_mixed_fn qcow2_alloc_clusters(BlockDriverState *bs, uint64_t bytes);
/* The same for up to *@clusters, fewer where the range of a refcount block ends: it says how many.
 */
int64_t coroutine_mixed_fn qcow2_alloc_some(BlockDriverState *bs, uint64_t *clusters);
/* Where @bytes of compressed data go. */
int64_t coroutine_mixed_fn qcow2_alloc_bytes(BlockDriverState *bs, uint64_t bytes);
/* Drop a reference once the tables on disk have lost it. */
void qcow2_free_later(BlockDriverState *bs, uint64_t offset, uint64_t bytes, Qcow2Discard discard);
/* Its room goes back then, but the reference stays. */
void qcow2_discard_later(BlockDriverState *bs, uint64_t offset, uint64_t bytes);
/* The same for what @entry of a level 2 table refers to. */
void qcow2_free_entry_later(BlockDriverState *bs, uint64_t entry, Qcow2Discard discard);
int coroutine_mixed_fn qcow2_apply_frees(BlockDriverState *bs);
int coroutine_mixed_fn qcow2_write_reftable(BlockDriverState *bs);

/* qcow2-cluster.c */
int coroutine_mixed_fn qcow2_get_l2(BlockDriverState *bs, uint64_t guest, bool allocate,
                                    uint64_t **table, uint32_t *index, uint64_t *l2_offset);
/* The whole level 2 table at @offset, of s->cluster_size bytes. */
int coroutine_mixed_fn qcow2_read_l2(BlockDriverState *bs, uint64_t offset, uint64_t *table);
/* What differs in @table is in memory's, and dirty. */
int coroutine_mixed_fn qcow2_update_l2(BlockDriverState *bs, uint64_t offset,
                                       const uint64_t *table);
/* The entry of the cluster at @guest. */
int coroutine_mixed_fn qcow2_get_entry(BlockDriverState *bs, uint64_t guest, Qcow2Entry *e);
/*
 * The entry of the cluster at @guest, what kind of subcluster is there, and how many following
 * bytes (up to *@bytes) go on like that.
 */
int coroutine_mixed_fn qcow2_lookup(BlockDriverState *bs, uint64_t guest, uint64_t *bytes,
                                    uint64_t *entry, Qcow2ClusterType *type);
int coroutine_fn qcow2_set_entries(BlockDriverState *bs, uint64_t guest, uint64_t clusters,
                                   uint64_t host, uint64_t flags, Qcow2Discard old);
/* A flag for it that is not in the file: clusters whose subclusters stay as they are, or unused. */
#define QCOW2_ROOM_ONLY (1ULL << 1)
/* The tables get what was written; old clusters are freed. */
int coroutine_fn qcow2_set_subclusters(BlockDriverState *bs, const Qcow2Alloc *a);
/* Lock held: subclusters of one cluster become zero. */
int coroutine_fn qcow2_zero_subclusters(BlockDriverState *bs, uint64_t guest, uint64_t bytes);
int coroutine_mixed_fn qcow2_grow_l1(BlockDriverState *bs, uint64_t min_size);
int coroutine_mixed_fn qcow2_write_l1(BlockDriverState *bs);

/* qcow2-io.c */
int coroutine_fn qcow2_co_preadv_part(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      QEMUIOVector *qiov, size_t qiov_offset,
                                      BdrvRequestFlags flags);
int coroutine_fn qcow2_co_pwritev_part(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags);
int coroutine_fn qcow2_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                        BdrvRequestFlags flags);
int coroutine_fn qcow2_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes);
/*
 * Lock held: wait for allocations (@all: and writes in place) in @guest..+@bytes; 1 if the lock was
 * dropped meanwhile.
 */
int coroutine_fn qcow2_wait_allocs(BlockDriverState *bs, uint64_t guest, uint64_t bytes, bool all);

/* qcow2-compress.c */
int coroutine_fn qcow2_co_pwritev_compressed_part(BlockDriverState *bs, int64_t offset,
                                                  int64_t bytes, QEMUIOVector *qiov,
                                                  size_t qiov_offset);
int coroutine_fn qcow2_read_compressed(BlockDriverState *bs, uint64_t entry, int64_t offset,
                                       int64_t bytes, QEMUIOVector *qiov, size_t qiov_offset);

/* qcow2-create.c */
extern const BdrvOpt qcow2_create_opts[];
bool qcow2_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp);
bool qcow2_create_luks(const BlockdevCreateOptions *options, BdrvCreateLuks *luks);
bool qcow2_create_node(BlockdevCreateOptions *options, struct QCryptoLuksNew *luks, Error **errp);

/* qcow2-data-file.c */
bool qcow2_read_data_file_ext(BlockDriverState *bs, uint64_t start, uint32_t len, Error **errp);
/* Sets s->data_file: what @options say, or the image does. NULL: that was done before. */
bool qcow2_open_data_file(BlockDriverState *bs, QDict *options, Error **errp);
/* The rest does nothing to images without such a file. What the tables call zero is zero for who
 * reads the file alone. */
int coroutine_fn qcow2_data_zero(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                 BdrvRequestFlags flags);
/* Lock held: room for the disk from @from to @to, which reads as zeroes where that matters. */
int coroutine_fn qcow2_data_grow(BlockDriverState *bs, int64_t from, int64_t to, PreallocMode mode,
                                 Error **errp);
/* Lock held: place @offset in the file of the data is written again, before tables were on disk
 * that say otherwise. */
void qcow2_data_keep(BlockDriverState *bs, uint64_t offset, uint64_t bytes);
void coroutine_fn qcow2_data_shrink(BlockDriverState *bs, int64_t size);

/* qcow2-crypto.c */
bool qcow2_read_crypto_ext(BlockDriverState *bs, uint64_t start, uint32_t len, Error **errp);
bool qcow2_open_crypto(BlockDriverState *bs, const Qcow2Options *o, Error **errp);
/* Guest data of @guest at @host in the file, encrypted there if the image is. No lock. */
int coroutine_fn qcow2_read_data(BlockDriverState *bs, uint64_t guest, uint64_t host,
                                 uint64_t bytes, QEMUIOVector *qiov, size_t qiov_offset);
int coroutine_fn qcow2_write_data(BlockDriverState *bs, uint64_t guest, uint64_t host,
                                  uint64_t bytes, QEMUIOVector *qiov, size_t qiov_offset);

struct LuksAmendOpts;
bool qcow2_amend_crypto(BlockDriverState *bs, const struct LuksAmendOpts *a, bool force,
                        Error **errp);
bool coroutine_fn qcow2_amend_prepare(BlockDriverState *bs, const BlockdevAmendOptions *options,
                                      bool force, struct QCryptoLuksChange **change, Error **errp);
bool coroutine_fn qcow2_amend_write(BlockDriverState *bs, struct QCryptoLuksChange *change,
                                    Error **errp);

/* qcow2-amend.c */
extern const BdrvOpt qcow2_amend_opts[];
bool qcow2_amend(BlockDriverState *bs, QDict *opts, void (*progress)(void *, int64_t, int64_t),
                 void *opaque, bool force, Error **errp);

/* qcow2-measure.c */
BlockMeasureInfo *qcow2_measure(QDict *opts, BlockDriverState *in, Error **errp);

/* qcow2-snapshot.c; main thread, unless noted */
bool qcow2_read_snapshots(BlockDriverState *bs, Error **errp);
void qcow2_free_snapshots(BlockDriverState *bs);
void qcow2_snapshot_clear(Qcow2Snapshot *sn);
/* Lock held: the table becomes @list; s->snapshots is the caller's to change. */
int coroutine_fn qcow2_write_snapshots(BlockDriverState *bs, Qcow2Snapshot *list, uint32_t n);
/* Snapshots that rely on the size of the disk, as old ones do, get it written. Lock held. */
int coroutine_fn qcow2_snapshots_keep_size(BlockDriverState *bs);
/* By those that are not NULL; -1: there is none. */
int qcow2_find_snapshot(BlockDriverState *bs, const char *id, const char *name);
int qcow2_snapshot_list(BlockDriverState *bs, QEMUSnapshotInfo **list);

/* qcow2-resize.c */
int coroutine_fn qcow2_co_truncate(BlockDriverState *bs, int64_t offset, bool exact,
                                   PreallocMode prealloc, unsigned flags, Error **errp);
int qcow2_make_empty(BlockDriverState *bs);

/* qcow2-vmstate.c */
/* Where a machine's state starts, in the disk's bytes; 0: there is no room for one. */
int64_t qcow2_vmstate_offset(BlockDriverState *bs);
int coroutine_fn qcow2_co_save_vmstate(BlockDriverState *bs, QEMUIOVector *qiov, int64_t pos);
int coroutine_fn qcow2_co_load_vmstate(BlockDriverState *bs, QEMUIOVector *qiov, int64_t pos);
/* Lock held: what lies behind the disk goes. */
int coroutine_fn qcow2_drop_vmstate(BlockDriverState *bs);

/* Lock held: one reference less to all below the level 1 table @l1. */
int coroutine_fn qcow2_drop_l1(BlockDriverState *bs, const uint64_t *l1, uint32_t size,
                               Qcow2Discard why);
/* @n entries of the active level 1 table, from @first on, become empty. 1; 0 if they were; -errno.
 */
int coroutine_fn qcow2_drop_tables(BlockDriverState *bs, uint64_t first, uint64_t n,
                                   Qcow2Discard why);
/* qcow2-snapshot-ops.c; main thread */
bool qcow2_snapshot_create(BlockDriverState *bs, QEMUSnapshotInfo *info, Error **errp);
bool qcow2_snapshot_goto(BlockDriverState *bs, const char *id_or_name, Error **errp);
bool qcow2_snapshot_delete(BlockDriverState *bs, const char *id, const char *name, Error **errp);

/* qcow2-bitmap.c; main thread, unless noted */
#define QCOW2_MAX_BITMAPS          65535
#define QCOW2_MAX_BITMAP_DIRECTORY (64 * MiB)
/* Those in the image become bitmaps of @bs: to @use, and so marked there, or read-only. */
bool qcow2_load_bitmaps(BlockDriverState *bs, bool use, Error **errp);
/* Persistent ones of @bs to the image; with @release they leave memory. */
bool qcow2_store_bitmaps(BlockDriverState *bs, bool release, Error **errp);
/* After @bs has become writable (or has stayed so after they were stored). */
bool qcow2_bitmaps_to_rw(BlockDriverState *bs, Error **errp);
void qcow2_bitmaps_to_ro(BlockDriverState *bs);
/* May the disk change its size to that? Any thread. */
bool qcow2_bitmaps_can_resize(BlockDriverState *bs, uint64_t size, Error **errp);
bool qcow2_can_store_new_bitmap(BlockDriverState *bs, const char *name, uint32_t granularity,
                                Error **errp);
bool qcow2_remove_bitmap(BlockDriverState *bs, const char *name, Error **errp);
/* What the image has; false if it cannot be read. */
bool qcow2_query_bitmaps(BlockDriverState *bs, Qcow2BitmapInfoList **list, Error **errp);
bool qcow2_supports_bitmaps(BlockDriverState *bs);
/* Lock held: calls @ref for all that the bitmaps refer to. */
typedef void Qcow2RefFunc(void *opaque, uint64_t offset, uint64_t bytes, const char *what);
int coroutine_fn qcow2_walk_bitmaps(BlockDriverState *bs, Qcow2RefFunc *ref, void *opaque,
                                    Error **errp);

/* A read-only image shows the snapshot from here on. */
bool qcow2_snapshot_load_tmp(BlockDriverState *bs, const char *id, const char *name, Error **errp);

/* qcow2-check.c */
int coroutine_fn qcow2_co_check(BlockDriverState *bs, BdrvCheckResult *result, BdrvCheckMode fix);

/* A step, for tests (the driver blkdebug); a request may wait there. */
static inline void coroutine_mixed_fn qcow2_event(BlockDriverState *bs, BlkdebugEvent event)
{
    bdrv_co_debug_event(bs->file->bs, event);
}

#endif
