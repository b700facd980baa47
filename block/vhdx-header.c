/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers, regions and metadata of VHDX files ([MS-VHDX] 2.2.2, 2.2.3, 2.6). Main thread. */
#include "qemu/osdep.h"
#include "vhdx.h"
#include "crypto/hash.h"
#include "qemu/bswap.h"
#include "qemu/crc.h"
#include "qemu/cutils.h"

/* GUIDs as they are in the file: the first three numbers little-endian. */
const uint8_t vhdx_guid_bat[16] = {0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6, 0x00, 0x42,
                                   0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08};
const uint8_t vhdx_guid_metadata[16] = {0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b,
                                        0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e};
const struct VhdxItemInfo vhdx_items[VHDX_ITEMS] = {
    [VHDX_FILE_PARAMETERS] = {{0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d, 0xb3, 0xb6, 0x33,
                               0xf0, 0xaa, 0x44, 0xe7, 0x6b},
                              0x10000,
                              8,
                              4},
    [VHDX_DISK_SIZE] = {{0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48, 0xb2, 0x11, 0x5d, 0xbe,
                         0xd8, 0x3b, 0xf4, 0xb8},
                        0x10008,
                        8,
                        6},
    [VHDX_PAGE83] = {{0xab, 0x12, 0xca, 0xbe, 0xe6, 0xb2, 0x23, 0x45, 0x93, 0xef, 0xc3, 0x09, 0xe0,
                      0x00, 0xc7, 0x46},
                     0x10010,
                     16,
                     6},
    [VHDX_LOGICAL_SECTOR] = {{0x1d, 0xbf, 0x41, 0x81, 0x6f, 0xa9, 0x09, 0x47, 0xba, 0x47, 0xf2,
                              0x33, 0xa8, 0xfa, 0xab, 0x5f},
                             0x10020,
                             4,
                             6},
    [VHDX_PHYSICAL_SECTOR] = {{0xc7, 0x48, 0xa3, 0xcd, 0x5d, 0x44, 0x71, 0x44, 0x9c, 0xc9, 0xe9,
                               0x88, 0x52, 0x51, 0xc5, 0x56},
                              0x10024,
                              4,
                              6},
};

uint32_t vhdx_checksum(const void *p, size_t bytes)
{
    return crc32c(0xffffffff, p, bytes);
}

/* The checksum, second field of headers and region tables, counts as zero. */
static bool is_sound(uint8_t *buf, size_t bytes, uint32_t magic)
{
    uint32_t checksum = ldl_le_p(buf + 4);

    stl_le_p(buf + 4, 0);
    return ldl_le_p(buf) == magic && vhdx_checksum(buf, bytes) == checksum;
}

/* ---- headers ---- */

static bool check_header(const VhdxHeader *h, Error **errp)
{
    uint32_t length = le32_to_cpu(h->log_length);
    uint64_t offset = le64_to_cpu(h->log_offset);

    if (le16_to_cpu(h->version) != 1 || le16_to_cpu(h->log_version) != 0) {
        error_setg(errp, "Unsupported VHDX version %u, log version %u", le16_to_cpu(h->version),
                   le16_to_cpu(h->log_version));
        return false;
    }
    if (length % MiB || offset % MiB || offset < MiB || offset > VHDX_MAX_SIZE ||
        length > VHDX_MAX_LOG) {
        error_setg(errp, "Invalid VHDX log of %u bytes at %" PRIu64, length, offset);
        return false;
    }
    return true;
}

bool vhdx_read_headers(BlockDriverState *bs, Error **errp)
{
    static const uint64_t places[] = {VHDX_HEADER1, VHDX_HEADER2};
    VhdxState *s = bs->opaque;
    bool found = false;
    char signature[8];
    int ret = bdrv_pread(bs->file, 0, sizeof(signature), signature, 0);

    if (ret >= 0 && memcmp(signature, VHDX_SIGNATURE, 8)) {
        error_setg(errp, "Invalid VHDX signature: the file does not begin with 'vhdxfile'");
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(places) && ret >= 0; i++) {
        uint8_t buf[VHDX_HEADER_BYTES];
        VhdxHeader *h = (VhdxHeader *)buf;

        ret = bdrv_pread(bs->file, places[i], sizeof(buf), buf, 0);
        if (ret < 0 || !is_sound(buf, sizeof(buf), VHDX_HEADER_MAGIC)) {
            continue;
        }
        if (!found || le64_to_cpu(h->sequence) > le64_to_cpu(s->header.sequence)) {
            s->header = *h;
            s->first_counts = i == 0;
            found = true;
        }
    }
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read the VHDX headers");
        return false;
    }
    if (!found) {
        error_setg(errp, "No valid VHDX header found: neither of the two has a right checksum");
        return false;
    }
    return check_header(&s->header, errp);
}

int coroutine_mixed_fn vhdx_write_header(BlockDriverState *bs)
{
    VhdxState *s = bs->opaque;
    uint8_t buf[VHDX_HEADER_BYTES] = {0};
    VhdxHeader *h = (VhdxHeader *)buf;
    int ret;

    s->header.sequence = cpu_to_le64(le64_to_cpu(s->header.sequence) + 1);
    s->header.checksum = 0;
    *h = s->header;
    h->checksum = cpu_to_le32(vhdx_checksum(buf, sizeof(buf)));
    ret = bdrv_pwrite_sync(bs->file, s->first_counts ? VHDX_HEADER2 : VHDX_HEADER1, sizeof(buf),
                           buf, 0);
    if (ret >= 0) {
        s->first_counts = !s->first_counts;
    }
    return ret < 0 ? ret : 0;
}

/* ---- regions ---- */

static bool check_region(const VhdxRegion *r, Error **errp)
{
    uint64_t offset = le64_to_cpu(r->offset);
    uint32_t length = le32_to_cpu(r->length);

    if (offset < MiB || offset % MiB || offset > VHDX_MAX_SIZE * 2 || !length || length % MiB) {
        error_setg(errp, "Invalid VHDX region of %u bytes at %" PRIu64, length, offset);
        return false;
    }
    return true;
}

static bool overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
    return a < b + b_len && b < a + a_len;
}

static bool check_overlaps(const VhdxState *s, Error **errp)
{
    uint64_t log = le64_to_cpu(s->header.log_offset), log_len = le32_to_cpu(s->header.log_length);

    if (overlap(s->bat_offset, s->bat_length, s->metadata_offset, s->metadata_length) ||
        overlap(s->bat_offset, s->bat_length, log, log_len) ||
        overlap(s->metadata_offset, s->metadata_length, log, log_len)) {
        error_setg(errp,
                   "VHDX regions overlap: table of blocks at %" PRIu64 ", metadata at %" PRIu64
                   ", log at %" PRIu64,
                   s->bat_offset, s->metadata_offset, log);
        return false;
    }
    return true;
}

static bool parse_regions(VhdxState *s, const VhdxRegionTable *t, Error **errp)
{
    uint32_t count = le32_to_cpu(t->count);

    if (count > 2047) {
        error_setg(errp, "Invalid VHDX region table with %u entries", count);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const VhdxRegion *r = &t->regions[i];

        if (!check_region(r, errp)) {
            return false;
        }
        if (!memcmp(r->guid, vhdx_guid_bat, 16)) {
            s->bat_offset = le64_to_cpu(r->offset);
            s->bat_length = le32_to_cpu(r->length);
        } else if (!memcmp(r->guid, vhdx_guid_metadata, 16)) {
            s->metadata_offset = le64_to_cpu(r->offset);
            s->metadata_length = le32_to_cpu(r->length);
        } else if (le32_to_cpu(r->required) & 1) {
            error_setg(errp, "The VHDX file has a required region that is not known");
            return false;
        }
    }
    if (!s->bat_length || !s->metadata_length) {
        error_setg(errp, "The VHDX file has no %s region",
                   s->bat_length ? "metadata" : "block allocation table");
        return false;
    }
    return check_overlaps(s, errp);
}

bool vhdx_read_regions(BlockDriverState *bs, Error **errp)
{
    static const uint64_t places[] = {VHDX_REGIONS1, VHDX_REGIONS2};
    g_autofree uint8_t *buf = g_malloc(VHDX_REGIONS_BYTES);

    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        int ret = bdrv_pread(bs->file, places[i], VHDX_REGIONS_BYTES, buf, 0);

        if (ret < 0) {
            error_setg_errno(errp, -ret, "Could not read a VHDX region table");
            return false;
        }
        if (is_sound(buf, VHDX_REGIONS_BYTES, VHDX_REGION_MAGIC)) {
            return parse_regions(bs->opaque, (VhdxRegionTable *)buf, errp);
        }
    }
    error_setg(errp, "Neither of the VHDX region tables has a right checksum");
    return false;
}

/* ---- metadata ---- */

/* The item's value in @value; false with @errp: it is required, and not there. */
static bool read_item(BlockDriverState *bs, const VhdxMetadata *m, VhdxItemKind kind, void *value,
                      Error **errp)
{
    VhdxState *s = bs->opaque;
    const struct VhdxItemInfo *info = &vhdx_items[kind];

    for (int i = 0; i < le16_to_cpu(m->count); i++) {
        const VhdxItem *item = &m->items[i];
        uint32_t offset = le32_to_cpu(item->offset);
        int ret;

        if (memcmp(item->guid, info->guid, 16)) {
            continue;
        }
        if (le32_to_cpu(item->length) < info->length || offset < 65536 ||
            offset > s->metadata_length - info->length) {
            break;
        }
        ret = bdrv_pread(bs->file, s->metadata_offset + offset, info->length, value, 0);
        if (ret < 0) {
            error_setg_errno(errp, -ret, "Could not read VHDX metadata");
        }
        return ret >= 0;
    }
    error_setg(errp, "The VHDX metadata has no valid item %d", kind);
    return false;
}

static bool check_items(const VhdxMetadata *m, Error **errp)
{
    if (le64_to_cpu(m->magic) != VHDX_METADATA_MAGIC || le16_to_cpu(m->count) > 2047) {
        error_setg(errp, "The VHDX metadata region has no table of items");
        return false;
    }
    for (int i = 0; i < le16_to_cpu(m->count); i++) {
        bool known = false;

        for (int k = 0; k < VHDX_ITEMS; k++) {
            known |= !memcmp(m->items[i].guid, vhdx_items[k].guid, 16);
        }
        if (!known && (le32_to_cpu(m->items[i].flags) & VHDX_ITEM_REQUIRED)) {
            error_setg(errp, "The VHDX file has a required metadata item that is not supported%s",
                       " (a differencing disk has one for its parent)");
            return false;
        }
    }
    return true;
}

static bool check_values(VhdxState *s, uint32_t flags, Error **errp)
{
    uint64_t blocks, entries;

    if (s->block_size < 1 * MiB || s->block_size > 256 * MiB || !is_power_of_2(s->block_size)) {
        error_setg(errp,
                   "Invalid VHDX block size %u: it must be a power of two between 1 and 256 "
                   "MiB",
                   s->block_size);
        return false;
    }
    if (s->sector_size != 512 && s->sector_size != 4096) {
        error_setg(errp, "Invalid VHDX sector size %u: neither 512 nor 4096", s->sector_size);
        return false;
    }
    if (s->size > VHDX_MAX_SIZE || s->size % s->sector_size) {
        error_setg(errp,
                   "Invalid VHDX disk size %" PRIu64 ": it must be a multiple of the sector "
                   "size, and at most 64 TiB",
                   s->size);
        return false;
    }
    if (flags & 2) {
        error_setg(errp, "VHDX differencing disks are not supported");
        return false;
    }
    s->fixed = flags & 1;
    s->chunk_ratio = (1ULL << 23) * s->sector_size / s->block_size;
    blocks = DIV_ROUND_UP(s->size, s->block_size);
    entries = vhdx_bat_entries(blocks, s->chunk_ratio);
    if (entries * 8 > s->bat_length) {
        error_setg(errp,
                   "The VHDX block allocation table has %u bytes, too few for %" PRIu64 " entries",
                   s->bat_length, entries);
        return false;
    }
    return true;
}

bool vhdx_read_metadata(BlockDriverState *bs, Error **errp)
{
    VhdxState *s = bs->opaque;
    g_autofree uint8_t *table = g_malloc(65536);
    VhdxMetadata *m = (VhdxMetadata *)table;
    uint32_t params[2], sector;
    uint64_t size;
    int ret = bdrv_pread(bs->file, s->metadata_offset, 65536, table, 0);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read the VHDX metadata");
        return false;
    }
    if (!check_items(m, errp) || !read_item(bs, m, VHDX_FILE_PARAMETERS, params, errp) ||
        !read_item(bs, m, VHDX_DISK_SIZE, &size, errp) ||
        !read_item(bs, m, VHDX_LOGICAL_SECTOR, &sector, errp)) {
        return false;
    }
    s->block_size = le32_to_cpu(params[0]);
    s->size = le64_to_cpu(size);
    s->sector_size = le32_to_cpu(sector);
    return check_values(s, le32_to_cpu(params[1]), errp);
}
