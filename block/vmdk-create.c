/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making VMDK images: extents, then the descriptor that names them. Main thread. */
#include "qemu/osdep.h"
#include "vmdk.h"
#include "block/block-backend.h"
#include "crypto/hash.h"
#include "qapi/qapi-types-block-create.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qobject/qdict.h"

#define GRAIN_SECTORS 128
#define GT_ENTRIES    512
#define DESC_SECTOR   1
#define DESC_SECTORS  20
#define SPLIT_BYTES   (2 * GiB)

typedef struct VmdkCreate {
    uint64_t size;
    char *backing_file, *backing_fmt, *hwversion, *toolsversion;
    int adapter_type, subformat;
    bool compat6, zeroed_grain;
    /* found out: */
    uint32_t parent_cid;
    GString *extent_lines;
    BdrvMade *made;
} VmdkCreate;

#define OPT(name, type, field, ...)                                                                \
    {                                                                                              \
        name, type, offsetof(VmdkCreate, field), __VA_ARGS__                                       \
    }

const BdrvOpt vmdk_create_opts[] = {
    OPT("size", BDRV_OPT_SIZE, size, NULL, "Virtual disk size"),
    OPT("adapter_type", BDRV_OPT_ENUM, adapter_type, &BlockdevVmdkAdapterType_lookup,
        "Virtual adapter type, can be one of ide (default), lsilogic, buslogic or legacyESX"),
    OPT("backing_file", BDRV_OPT_STR, backing_file, NULL, "File name of a base image"),
    OPT("backing_fmt", BDRV_OPT_STR, backing_fmt, NULL,
        "Must be 'vmdk' if present; ignored otherwise"),
    OPT("compat6", BDRV_OPT_BOOL, compat6, NULL, "VMDK version 6 image", "off"),
    OPT("hwversion", BDRV_OPT_STR, hwversion, NULL, "VMDK hardware version", "undefined"),
    OPT("toolsversion", BDRV_OPT_STR, toolsversion, NULL, "VMware guest tools version"),
    OPT("subformat", BDRV_OPT_ENUM, subformat, &BlockdevVmdkSubformat_lookup,
        "VMDK flat extent format, can be one of {monolithicSparse (default) | monolithicFlat | "
        "twoGbMaxExtentSparse | twoGbMaxExtentFlat | streamOptimized}"),
    OPT("zeroed_grain", BDRV_OPT_BOOL, zeroed_grain, NULL,
        "Enable efficient zero writes using the zeroed-grain GTE feature"),
    {NULL},
};

static bool is_flat(const VmdkCreate *c)
{
    return c->subformat == BLOCKDEV_VMDK_SUBFORMAT_MONOLITHICFLAT ||
           c->subformat == BLOCKDEV_VMDK_SUBFORMAT_TWOGBMAXEXTENTFLAT;
}

static bool is_split(const VmdkCreate *c)
{
    return c->subformat == BLOCKDEV_VMDK_SUBFORMAT_TWOGBMAXEXTENTSPARSE ||
           c->subformat == BLOCKDEV_VMDK_SUBFORMAT_TWOGBMAXEXTENTFLAT;
}

/* The whole image is one file. */
static bool is_single(const VmdkCreate *c)
{
    return c->subformat == BLOCKDEV_VMDK_SUBFORMAT_MONOLITHICSPARSE ||
           c->subformat == BLOCKDEV_VMDK_SUBFORMAT_STREAMOPTIMIZED;
}

static uint64_t extent_bytes(const VmdkCreate *c, uint64_t n)
{
    return is_split(c) ? MIN(SPLIT_BYTES, c->size - n * SPLIT_BYTES) : c->size;
}

static uint64_t nb_extents(const VmdkCreate *c)
{
    return is_split(c) ? DIV_ROUND_UP(c->size, SPLIT_BYTES) : 1;
}

/* ---- sparse extents ---- */

/* A directory at sector @dir, and behind it its tables, which are empty. */
static bool fill_directory(BlockBackend *blk, uint64_t dir, uint64_t dir_sectors, uint64_t tables,
                           Error **errp)
{
    enum { PIECE = 64 * 1024 };
    uint64_t num = dir_sectors * BDRV_SECTOR_SIZE / 4;
    g_autofree uint32_t *entries = g_new(uint32_t, PIECE);

    /* That of a large disk has many megabytes. */
    for (uint64_t i = 0; i < num; i += PIECE) {
        uint64_t n = MIN(PIECE, num - i);

        for (uint64_t k = i; k < i + n; k++) {
            uint64_t table = dir + dir_sectors + k * (GT_ENTRIES * 4 / BDRV_SECTOR_SIZE);

            entries[k - i] = k < tables ? cpu_to_le32(table) : 0;
        }
        if (!bdrv_fill_write(blk, dir * BDRV_SECTOR_SIZE + i * 4, entries, n * 4, "grain directory",
                             errp)) {
            return false;
        }
    }
    return true;
}

static bool fill_sparse(BlockBackend *blk, const VmdkCreate *c, uint64_t bytes, Error **errp)
{
    bool stream = c->subformat == BLOCKDEV_VMDK_SUBFORMAT_STREAMOPTIMIZED;
    uint64_t grains = DIV_ROUND_UP(bytes, GRAIN_SECTORS * BDRV_SECTOR_SIZE);
    uint64_t tables = DIV_ROUND_UP(grains, GT_ENTRIES);
    uint64_t table_sectors = GT_ENTRIES * 4 / BDRV_SECTOR_SIZE;
    uint64_t dir_sectors = DIV_ROUND_UP(tables * 4, BDRV_SECTOR_SIZE);
    uint64_t rgd = DESC_SECTOR + DESC_SECTORS, gd = rgd + dir_sectors + tables * table_sectors;
    uint64_t first_grain = ROUND_UP(gd + dir_sectors + tables * table_sectors, GRAIN_SECTORS);
    VmdkHeader h = {
        .magic = cpu_to_le32(VMDK_MAGIC),
        .version = cpu_to_le32(stream            ? 3
                               : c->zeroed_grain ? 2
                                                 : 1),
        .flags = cpu_to_le32(VMDK_FLAG_NEWLINES | VMDK_FLAG_REDUNDANT |
                             (stream ? VMDK_FLAG_COMPRESSED | VMDK_FLAG_MARKERS : 0) |
                             (c->zeroed_grain ? VMDK_FLAG_ZERO_GRAIN : 0)),
        .capacity = cpu_to_le64(bytes / BDRV_SECTOR_SIZE),
        .granularity = cpu_to_le64(GRAIN_SECTORS),
        .desc_offset = cpu_to_le64(is_single(c) ? DESC_SECTOR : 0),
        .desc_size = cpu_to_le64(is_single(c) ? DESC_SECTORS : 0),
        .gt_entries = cpu_to_le32(GT_ENTRIES),
        .rgd_offset = cpu_to_le64(rgd),
        .gd_offset = cpu_to_le64(gd),
        .grain_offset = cpu_to_le64(first_grain),
        /* A transfer as text would change these. */
        .check_bytes = {'\n', ' ', '\r', '\n'},
        .compression = cpu_to_le16(stream ? VMDK_COMPRESSION_DEFLATE : 0),
    };

    if (first_grain > UINT32_MAX) {
        error_setg(errp, "The image size is too large for the subformat");
        return false;
    }
    return blk_truncate(blk, first_grain * BDRV_SECTOR_SIZE, false, PREALLOC_MODE_OFF, 0, errp) >=
               0 &&
           fill_directory(blk, rgd, dir_sectors, tables, errp) &&
           fill_directory(blk, gd, dir_sectors, tables, errp) &&
           bdrv_fill_write(blk, 0, &h, sizeof(h), "header", errp);
}

/* ---- the descriptor ---- */

static const char *type_name(const VmdkCreate *c)
{
    return BlockdevVmdkSubformat_str(c->subformat);
}

static void add_extent_line(VmdkCreate *c, const char *filename, uint64_t bytes)
{
    g_autofree char *name = g_path_get_basename(filename);

    g_string_append_printf(c->extent_lines, "RW %" PRIu64 " %s \"%s\"%s\n",
                           bytes / (uint64_t)BDRV_SECTOR_SIZE, is_flat(c) ? "FLAT" : "SPARSE", name,
                           is_flat(c) ? " 0" : "");
}

static char *make_descriptor(const VmdkCreate *c, Error **errp)
{
    uint32_t heads = c->adapter_type == BLOCKDEV_VMDK_ADAPTER_TYPE_IDE ? 16 : 255, cid;
    uint64_t sectors = c->size / BDRV_SECTOR_SIZE;
    g_autofree char *parent = c->backing_file
                                  ? g_strdup_printf("parentFileNameHint=\"%s\"\n", c->backing_file)
                                  : g_strdup("");

    if (!qcrypto_random_bytes(&cid, sizeof(cid), errp)) {
        return NULL;
    }
    return g_strdup_printf("# Disk DescriptorFile\n"
                           "version=1\n"
                           "CID=%08x\n"
                           "parentCID=%08x\n"
                           "createType=\"%s\"\n"
                           "%s"
                           "\n"
                           "# Extent description\n"
                           "%s"
                           "\n"
                           "# The Disk Data Base\n"
                           "#DDB\n"
                           "\n"
                           "ddb.virtualHWVersion = \"%s\"\n"
                           "ddb.geometry.cylinders = \"%" PRIu64 "\"\n"
                           "ddb.geometry.heads = \"%u\"\n"
                           "ddb.geometry.sectors = \"63\"\n"
                           "ddb.adapterType = \"%s\"\n"
                           "ddb.toolsVersion = \"%s\"\n",
                           cid == VMDK_NO_PARENT ? 1 : cid, c->parent_cid, type_name(c), parent,
                           c->extent_lines->str, c->hwversion, sectors / (63 * heads), heads,
                           BlockdevVmdkAdapterType_str(c->adapter_type), c->toolsversion);
}

static bool fill_descriptor(BlockBackend *blk, VmdkCreate *c, Error **errp)
{
    g_autofree char *text = make_descriptor(c, errp);
    size_t len;

    if (!text) {
        return false;
    }
    len = strlen(text);
    if (is_single(c) && len > DESC_SECTORS * BDRV_SECTOR_SIZE) {
        error_setg(errp, "The names in the image descriptor are too long");
        return false;
    }
    return bdrv_fill_write(blk, is_single(c) ? DESC_SECTOR * BDRV_SECTOR_SIZE : 0, text, len,
                           "descriptor", errp);
}

/* ---- files ---- */

typedef struct ExtentFill {
    VmdkCreate *create;
    uint64_t bytes;
} ExtentFill;

static bool fill_extent(BlockBackend *blk, void *opaque, Error **errp)
{
    ExtentFill *f = opaque;

    if (is_flat(f->create)) {
        return blk_truncate(blk, f->bytes, false, PREALLOC_MODE_OFF, 0, errp) >= 0;
    }
    return fill_sparse(blk, f->create, f->bytes, errp);
}

/* The file that has the descriptor: alone, or in front of everything. */
static bool fill_main(BlockBackend *blk, void *opaque, Error **errp)
{
    VmdkCreate *c = opaque;

    return (!is_single(c) || fill_sparse(blk, c, c->size, errp)) && fill_descriptor(blk, c, errp);
}

/* ---- arguments ---- */

static bool find_parent(VmdkCreate *c, const char *filename, Error **errp)
{
    g_autofree char *full = NULL;
    QDict *opts;
    BlockBackend *blk;
    BlockDriverState *bs;

    c->parent_cid = VMDK_NO_PARENT;
    if (!c->backing_file) {
        return true;
    }
    full = filename ? bdrv_get_full_backing_filename_from_filename(filename, c->backing_file, errp)
                    : g_strdup(c->backing_file);
    if (!full) {
        return false;
    }
    opts = qdict_new();
    qdict_put_str(opts, "driver", "vmdk");
    blk = blk_new_open(full, NULL, opts, BDRV_O_NO_BACKING, errp);
    if (!blk) {
        return false;
    }
    bs = blk_bs(blk);
    c->parent_cid = ((VmdkState *)bs->opaque)->cid;
    blk_unref(blk);
    return true;
}

static bool is_plain(const char *text)
{
    return !strpbrk(text, "\"\r\n");
}

static bool check_create(VmdkCreate *c, Error **errp)
{
    if (c->size > BDRV_MAX_LENGTH - 512) {
        error_setg(errp, "The image size is too large");
        return false;
    }
    c->size = ROUND_UP(c->size, BDRV_SECTOR_SIZE);
    if (c->backing_fmt && strcmp(c->backing_fmt, "vmdk")) {
        error_setg(errp, "backing_file must be a vmdk image, not '%s'", c->backing_fmt);
        return false;
    }
    if (c->backing_file && is_flat(c)) {
        error_setg(errp, "Flat image can't have backing file");
        return false;
    }
    if (c->zeroed_grain && is_flat(c)) {
        error_setg(errp, "Flat image can't enable zeroed grain");
        return false;
    }
    if (c->compat6 && c->hwversion) {
        error_setg(errp, "compat6 cannot be enabled with hwversion set");
        return false;
    }
    if (!c->hwversion) {
        c->hwversion = g_strdup(c->compat6 ? "6" : "4");
    }
    if (!c->toolsversion) {
        c->toolsversion = g_strdup("2147483647");
    }
    if (!is_plain(c->hwversion) || !is_plain(c->toolsversion) ||
        (c->backing_file && !is_plain(c->backing_file))) {
        error_setg(errp, "hwversion, toolsversion and the name of the backing file must not have "
                         "quotation marks or line ends");
        return false;
    }
    if (!is_single(c) && nb_extents(c) > VMDK_MAX_EXTENTS) {
        error_setg(errp, "The image size is too large for %d extents of 2 GiB", VMDK_MAX_EXTENTS);
        return false;
    }
    return true;
}

/* "dir/disk-s001.vmdk" for "dir/disk.vmdk" */
static char *extent_name(const VmdkCreate *c, const char *filename, uint64_t n)
{
    const char *slash = strrchr(filename, '/'), *dot = strrchr(filename, '.');
    int len = dot && (!slash || dot > slash) ? (int)(dot - filename) : (int)strlen(filename);
    const char *ext = filename[len] ? filename + len : "";

    if (!is_split(c)) {
        return g_strdup_printf("%.*s-flat%s", len, filename, ext);
    }
    return g_strdup_printf("%.*s-%c%03" PRIu64 "%s", len, filename, is_flat(c) ? 'f' : 's', n + 1,
                           ext);
}

static bool create_files(VmdkCreate *c, const char *filename, QDict *opts, Error **errp)
{
    g_autofree char *base = g_path_get_basename(filename);

    if (!is_plain(base)) {
        error_setg(errp, "The file name must not have quotation marks or line ends");
        return false;
    }
    for (uint64_t i = 0; !is_single(c) && i < nb_extents(c); i++) {
        g_autofree char *name = extent_name(c, filename, i);
        g_autoptr(QDict) copy = qdict_clone_shallow(opts);
        ExtentFill f = {c, extent_bytes(c, i)};

        if (!bdrv_create_filled(name, copy, c->made, fill_extent, &f, errp)) {
            return false;
        }
        add_extent_line(c, name, f.bytes);
    }
    if (is_single(c)) {
        add_extent_line(c, filename, c->size);
    }
    return bdrv_create_filled(filename, opts, c->made, fill_main, c, errp);
}

static void free_create(VmdkCreate *c)
{
    bdrv_free_options(c, vmdk_create_opts);
    g_string_free(c->extent_lines, true);
}

bool vmdk_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp)
{
    VmdkCreate c = {.extent_lines = g_string_new(NULL),
                    .made = made,
                    .subformat = BLOCKDEV_VMDK_SUBFORMAT_MONOLITHICSPARSE};
    bool ok = bdrv_parse_options(&c, vmdk_create_opts, opts, errp) && check_create(&c, errp) &&
              find_parent(&c, filename, errp) && create_files(&c, filename, opts, errp);

    free_create(&c);
    return ok;
}

/* Nodes for extents, as many as there are. */
static bool fill_nodes(VmdkCreate *c, BlockdevCreateOptionsVmdk *o, Error **errp)
{
    BlockdevRefList *ref = o->extents;

    for (uint64_t i = 0; !is_single(c) && i < nb_extents(c); i++, ref = ref->next) {
        ExtentFill f = {c, extent_bytes(c, i)};
        BlockDriverState *node;

        if (!ref) {
            error_setg(errp, "Extent %" PRIu64 " is not specified: there must be %" PRIu64, i,
                       nb_extents(c));
            return false;
        }
        if (!bdrv_fill_node(ref->value, fill_extent, &f, errp)) {
            return false;
        }
        node = bdrv_open_ref(ref->value, errp);
        if (!node) {
            return false;
        }
        bdrv_refresh_filename(node);
        add_extent_line(c, node->filename, f.bytes);
        bdrv_unref(node);
    }
    if (ref) {
        error_setg(errp, "List of extents contains unused extents");
        return false;
    }
    if (is_single(c)) {
        add_extent_line(c, "disk.vmdk", c->size);
    }
    return bdrv_fill_node(o->file, fill_main, c, errp);
}

bool vmdk_create_node(BlockdevCreateOptions *options, struct QCryptoLuksNew *luks, Error **errp)
{
    BlockdevCreateOptionsVmdk *o = &options->u.vmdk;
    VmdkCreate c = {
        .size = o->size,
        .backing_file = g_strdup(o->backing_file),
        .hwversion = g_strdup(o->hwversion),
        .toolsversion = g_strdup(o->toolsversion),
        .adapter_type = o->has_adapter_type ? o->adapter_type : BLOCKDEV_VMDK_ADAPTER_TYPE_IDE,
        .subformat = o->has_subformat ? o->subformat : BLOCKDEV_VMDK_SUBFORMAT_MONOLITHICSPARSE,
        .zeroed_grain = o->has_zeroed_grain && o->zeroed_grain,
        .extent_lines = g_string_new(NULL),
    };
    bool ok;

    if (c.size % BDRV_SECTOR_SIZE) {
        error_setg(errp, "Image size must be a multiple of 512 bytes, not %" PRIu64, c.size);
        free_create(&c);
        return false;
    }
    ok = check_create(&c, errp) && find_parent(&c, NULL, errp) && fill_nodes(&c, o, errp);
    free_create(&c);
    return ok;
}
