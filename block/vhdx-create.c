/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making VHDX images. Main thread. */
#include "qemu/osdep.h"
#include "vhdx.h"
#include "block/block-backend.h"
#include "crypto/hash.h"
#include "qapi/qapi-types-block-create.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qobject/qdict.h"

#define MAX_BLOCK (256 * MiB)

typedef struct VhdxCreate {
    uint64_t size, log_size, block_size;
    int subformat;
    bool zero;
} VhdxCreate;

#define OPT(name, type, field, ...)                                                                \
    {                                                                                              \
        name, type, offsetof(VhdxCreate, field), __VA_ARGS__                                       \
    }

const BdrvOpt vhdx_create_opts[] = {
    OPT("size", BDRV_OPT_SIZE, size, NULL, "Virtual disk size"),
    OPT("log_size", BDRV_OPT_SIZE, log_size, NULL, "Log size; min 1MB.", "1048576"),
    OPT("block_size", BDRV_OPT_SIZE, block_size, NULL,
        "Block Size; min 1MB, max 256MB. 0 means auto-calculate based on image size.", "0"),
    OPT("subformat", BDRV_OPT_ENUM, subformat, &BlockdevVhdxSubformat_lookup,
        "VHDX format type, can be either 'dynamic' or 'fixed'. Default is 'dynamic'."),
    OPT("block_state_zero", BDRV_OPT_BOOL, zero, NULL,
        "Force use of payload blocks of type 'ZERO'. Non-standard, but default. Do not set to "
        "'off' "
        "when using 'qemu-img convert' with subformat=dynamic."),
    {NULL},
};

/* Where things are in a new file: log, table, metadata, data. */
typedef struct Layout {
    uint64_t log, bat, bat_bytes, metadata, data, blocks, chunk_ratio;
} Layout;

static uint64_t default_block_size(uint64_t size)
{
    return size > 32 * TiB    ? 64 * MiB
           : size > 100 * GiB ? 32 * MiB
           : size > GiB       ? 16 * MiB
                              : 8 * MiB;
}

static Layout make_layout(const VhdxCreate *c)
{
    Layout l = {.log = MiB};
    uint64_t entries;

    l.blocks = DIV_ROUND_UP(c->size, c->block_size);
    l.chunk_ratio = (1ULL << 23) * 512 / c->block_size;
    entries = vhdx_bat_entries(l.blocks, l.chunk_ratio);
    l.bat = l.log + c->log_size;
    l.bat_bytes = MAX(ROUND_UP(entries * 8, MiB), MiB);
    l.metadata = l.bat + l.bat_bytes;
    l.data = l.metadata + MiB;
    return l;
}

static bool fill_headers(BlockBackend *blk, const VhdxCreate *c, const Layout *l, Error **errp)
{
    static const char creator[] = "QEMU v11.1.3";
    uint8_t id[512] = VHDX_SIGNATURE, buf[VHDX_HEADER_BYTES];
    VhdxHeader *h = (VhdxHeader *)buf;
    uint64_t sequence;

    for (size_t i = 0; i < strlen(creator); i++) {
        id[8 + 2 * i] = creator[i];
    }
    memset(buf, 0, sizeof(buf));
    h->magic = cpu_to_le32(VHDX_HEADER_MAGIC);
    h->version = cpu_to_le16(1);
    h->log_length = cpu_to_le32(c->log_size);
    h->log_offset = cpu_to_le64(l->log);
    if (!qcrypto_random_bytes(&sequence, sizeof(sequence), errp) ||
        !qcrypto_random_bytes(h->file_guid, 16, errp) ||
        !qcrypto_random_bytes(h->data_guid, 16, errp) ||
        !bdrv_fill_write(blk, 0, id, sizeof(id), "signature", errp)) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        h->sequence = cpu_to_le64((sequence & UINT32_MAX) + i);
        h->checksum = 0;
        h->checksum = cpu_to_le32(vhdx_checksum(buf, sizeof(buf)));
        if (!bdrv_fill_write(blk, i ? VHDX_HEADER2 : VHDX_HEADER1, buf, sizeof(buf), "header",
                             errp)) {
            return false;
        }
    }
    return true;
}

static bool fill_regions(BlockBackend *blk, const Layout *l, Error **errp)
{
    g_autofree uint8_t *buf = g_malloc0(VHDX_REGIONS_BYTES);
    VhdxRegionTable *t = (VhdxRegionTable *)buf;

    t->magic = cpu_to_le32(VHDX_REGION_MAGIC);
    t->count = cpu_to_le32(2);
    t->regions[0] = (VhdxRegion){.offset = cpu_to_le64(l->bat),
                                 .length = cpu_to_le32(l->bat_bytes),
                                 .required = cpu_to_le32(1)};
    t->regions[1] = (VhdxRegion){
        .offset = cpu_to_le64(l->metadata), .length = cpu_to_le32(MiB), .required = cpu_to_le32(1)};
    memcpy(t->regions[0].guid, vhdx_guid_bat, 16);
    memcpy(t->regions[1].guid, vhdx_guid_metadata, 16);
    t->checksum = cpu_to_le32(vhdx_checksum(buf, VHDX_REGIONS_BYTES));
    return bdrv_fill_write(blk, VHDX_REGIONS1, buf, VHDX_REGIONS_BYTES, "region table", errp) &&
           bdrv_fill_write(blk, VHDX_REGIONS2, buf, VHDX_REGIONS_BYTES, "region table", errp);
}

static bool fill_metadata(BlockBackend *blk, const VhdxCreate *c, const Layout *l, Error **errp)
{
    g_autofree uint8_t *buf = g_malloc0(65536 + 4096);
    VhdxMetadata *m = (VhdxMetadata *)buf;
    bool fixed = c->subformat == BLOCKDEV_VHDX_SUBFORMAT_FIXED;

    m->magic = cpu_to_le64(VHDX_METADATA_MAGIC);
    m->count = cpu_to_le16(VHDX_ITEMS);
    for (int i = 0; i < VHDX_ITEMS; i++) {
        memcpy(m->items[i].guid, vhdx_items[i].guid, 16);
        m->items[i].offset = cpu_to_le32(vhdx_items[i].offset);
        m->items[i].length = cpu_to_le32(vhdx_items[i].length);
        m->items[i].flags = cpu_to_le32(vhdx_items[i].flags);
    }
    stl_le_p(buf + vhdx_items[VHDX_FILE_PARAMETERS].offset, c->block_size);
    stl_le_p(buf + vhdx_items[VHDX_FILE_PARAMETERS].offset + 4, fixed);
    stq_le_p(buf + vhdx_items[VHDX_DISK_SIZE].offset, c->size);
    stl_le_p(buf + vhdx_items[VHDX_LOGICAL_SECTOR].offset, 512);
    stl_le_p(buf + vhdx_items[VHDX_PHYSICAL_SECTOR].offset, 512);
    return qcrypto_random_bytes(buf + vhdx_items[VHDX_PAGE83].offset, 16, errp) &&
           bdrv_fill_write(blk, l->metadata, buf, 65536 + 4096, "metadata", errp);
}

/* In pieces: the table of a large disk has many megabytes. */
static bool fill_table(BlockBackend *blk, const VhdxCreate *c, const Layout *l, Error **errp)
{
    enum { PIECE = 64 * 1024 };
    bool fixed = c->subformat == BLOCKDEV_VHDX_SUBFORMAT_FIXED;
    g_autofree uint64_t *buf = g_new(uint64_t, PIECE);
    uint64_t entries = vhdx_bat_entries(l->blocks, l->chunk_ratio);

    if (!fixed && !c->zero) {
        return true;
    }
    for (uint64_t i = 0; i < entries; i += PIECE) {
        uint64_t n = MIN(PIECE, entries - i);

        for (uint64_t k = i; k < i + n; k++) {
            uint64_t bitmaps = (k + 1) / (l->chunk_ratio + 1);
            bool is_bitmap = k % (l->chunk_ratio + 1) == l->chunk_ratio;
            uint64_t at = l->data + (k - bitmaps) * c->block_size;

            buf[k - i] = cpu_to_le64(is_bitmap ? 0
                                     : fixed   ? at | VHDX_BLOCK_FULLY_PRESENT
                                               : VHDX_BLOCK_ZERO);
        }
        if (!bdrv_fill_write(blk, l->bat + i * 8, buf, n * 8, "block allocation table", errp)) {
            return false;
        }
    }
    return true;
}

static bool fill_image(BlockBackend *blk, void *opaque, Error **errp)
{
    const VhdxCreate *c = opaque;
    Layout l = make_layout(c);
    bool fixed = c->subformat == BLOCKDEV_VHDX_SUBFORMAT_FIXED;
    uint64_t end = l.data + (fixed ? l.blocks * c->block_size : 0);

    return blk_truncate(blk, end, false, PREALLOC_MODE_OFF, 0, errp) >= 0 &&
           fill_regions(blk, &l, errp) && fill_metadata(blk, c, &l, errp) &&
           fill_table(blk, c, &l, errp) && fill_headers(blk, c, &l, errp);
}

static bool check_create(VhdxCreate *c, Error **errp)
{
    if (c->size > VHDX_MAX_SIZE) {
        error_setg(errp, "Image size too large; max of 64TB");
        return false;
    }
    if (c->log_size < MiB || c->log_size % MiB || c->log_size > VHDX_MAX_LOG) {
        error_setg(errp, "Log size must be a multiple of 1 MB, and at most 128 MB, not %" PRIu64,
                   c->log_size);
        return false;
    }
    if (!c->block_size) {
        c->block_size = default_block_size(c->size);
    }
    if (c->block_size < MiB || c->block_size > MAX_BLOCK || !is_power_of_2(c->block_size)) {
        error_setg(errp,
                   "Block size must be a power of two, and between 1 MB and 256 MB, not %" PRIu64,
                   c->block_size);
        return false;
    }
    return true;
}

bool vhdx_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp)
{
    VhdxCreate c = {.log_size = MiB, .zero = true};

    if (!bdrv_parse_options(&c, vhdx_create_opts, opts, errp)) {
        return false;
    }
    c.size = MIN(c.size, UINT64_MAX - 512);
    c.size = ROUND_UP(c.size, 512);
    c.log_size = ROUND_UP(MIN(c.log_size, INT64_MAX), MiB);
    c.block_size = MIN(ROUND_UP(MIN(c.block_size, INT64_MAX), MiB), MAX_BLOCK);
    return check_create(&c, errp) && bdrv_create_filled(filename, opts, made, fill_image, &c, errp);
}

bool vhdx_create_node(BlockdevCreateOptions *options, struct QCryptoLuksNew *luks, Error **errp)
{
    BlockdevCreateOptionsVhdx *o = &options->u.vhdx;
    VhdxCreate c = {
        .size = o->size,
        .log_size = o->has_log_size ? o->log_size : MiB,
        .block_size = o->has_block_size ? o->block_size : 0,
        .subformat = o->has_subformat ? o->subformat : BLOCKDEV_VHDX_SUBFORMAT_DYNAMIC,
        .zero = !o->has_block_state_zero || o->block_state_zero,
    };

    if (c.size % 512) {
        error_setg(errp, "Image size must be a multiple of 512 bytes, not %" PRIu64, c.size);
        return false;
    }
    return check_create(&c, errp) && bdrv_fill_node(o->file, fill_image, &c, errp);
}
