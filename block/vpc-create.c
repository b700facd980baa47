/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making VHD images, and the geometry that says how large a disk is (the specification's appendix).
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "crypto/hash.h"
#include "qapi/qapi-types-block-create.h"
#include "qemu/bswap.h"
#include "qobject/qdict.h"
#include "vpc.h"

#define SECONDS_1970_TO_2000 946684800
#define BLOCK_SIZE           (2 * MiB)
#define MAX_CHS_SECTORS      (65535u * 16 * 255)

typedef struct VpcCreate {
    uint64_t size;
    int subformat;
    bool force_size;
} VpcCreate;

const BdrvOpt vpc_create_opts[] = {
    {"size", BDRV_OPT_SIZE, offsetof(VpcCreate, size), NULL, "Virtual disk size"},
    {"subformat", BDRV_OPT_ENUM, offsetof(VpcCreate, subformat), &BlockdevVpcSubformat_lookup,
     "Type of virtual hard disk format. Supported formats are {dynamic (default) | fixed}"},
    {"force_size", BDRV_OPT_BOOL, offsetof(VpcCreate, force_size), NULL,
     "Force disk size calculation to use the actual size specified, rather than using the nearest "
     "CHS-based calculation"},
    {NULL},
};

uint32_t vpc_checksum(const void *buf, size_t size, size_t checksum_offset)
{
    const uint8_t *p = buf;
    uint32_t sum = 0;

    for (size_t i = 0; i < size; i++) {
        sum += i >= checksum_offset && i < checksum_offset + 4 ? 0 : p[i];
    }
    return ~sum;
}

uint64_t vpc_disk_size(const VpcFooter *f)
{
    /* Programs that mean the size and not the geometry. */
    static const char creators[][5] = {"win ", "qem2", "d2v ", "tap", "CTXS", "wa\0", "vs  "};
    uint64_t chs = (uint64_t)be16_to_cpu(f->cylinders) * f->heads * f->sectors;

    for (size_t i = 0; i < ARRAY_SIZE(creators); i++) {
        if (!memcmp(f->creator, creators[i], 4)) {
            return be64_to_cpu(f->current_size);
        }
    }
    return chs >= MAX_CHS_SECTORS ? be64_to_cpu(f->current_size) : chs * BDRV_SECTOR_SIZE;
}

typedef struct Chs {
    uint32_t cylinders, heads, sectors;
} Chs;

static Chs calculate_chs(uint64_t total)
{
    Chs g = {.heads = 16};
    uint64_t cth;

    total = MIN(total, MAX_CHS_SECTORS);
    if (total >= 65535 * 16 * 63) {
        g.sectors = 255;
        cth = total / g.sectors;
    } else {
        g.sectors = 17;
        cth = total / g.sectors;
        g.heads = MAX((cth + 1023) / 1024, 4);
        if (cth >= g.heads * 1024 || g.heads > 16) {
            g.sectors = 31;
            g.heads = 16;
            cth = total / g.sectors;
        }
        if (cth >= g.heads * 1024) {
            g.sectors = 63;
            g.heads = 16;
            cth = total / g.sectors;
        }
    }
    g.cylinders = cth / g.heads;
    return g;
}

/* The smallest geometry that has @total sectors; the largest one, if none has. */
static Chs round_up_chs(uint64_t total)
{
    Chs g = calculate_chs(total);

    for (uint64_t more = 1;
         total <= MAX_CHS_SECTORS && (uint64_t)g.cylinders * g.heads * g.sectors < total; more++) {
        g = calculate_chs(total + more);
        if (total + more > MAX_CHS_SECTORS) {
            break;
        }
    }
    return g;
}

/* How many sectors the disk will have, and its geometry. */
static uint64_t choose_geometry(const VpcCreate *c, Chs *g)
{
    uint64_t total = DIV_ROUND_UP(c->size, BDRV_SECTOR_SIZE), chs;

    if (c->force_size) {
        *g = (Chs){65535, 16, 255};
        return total;
    }
    *g = round_up_chs(total);
    chs = (uint64_t)g->cylinders * g->heads * g->sectors;
    if (chs >= MAX_CHS_SECTORS || chs < total) {
        *g = (Chs){65535, 16, 255};
        return total;
    }
    return chs;
}

static bool fill_footer(VpcFooter *f, const VpcCreate *c, uint64_t sectors, const Chs *g,
                        Error **errp)
{
    *f = (VpcFooter){
        .cookie = VPC_COOKIE,
        .features = cpu_to_be32(2),
        .version = cpu_to_be32(0x00010000),
        .data_offset =
            cpu_to_be64(c->subformat == BLOCKDEV_VPC_SUBFORMAT_FIXED ? UINT64_MAX : sizeof(*f)),
        .timestamp = cpu_to_be32(time(NULL) - SECONDS_1970_TO_2000),
        .creator_version = cpu_to_be32(0x00050003),
        .original_size = cpu_to_be64(sectors * BDRV_SECTOR_SIZE),
        .current_size = cpu_to_be64(sectors * BDRV_SECTOR_SIZE),
        .cylinders = cpu_to_be16(g->cylinders),
        .heads = g->heads,
        .sectors = g->sectors,
        .type = cpu_to_be32(c->subformat == BLOCKDEV_VPC_SUBFORMAT_FIXED ? VPC_FIXED : VPC_DYNAMIC),
    };
    memcpy(f->creator, c->force_size ? "qem2" : "qemu", 4);
    memcpy(f->creator_os, "Wi2k", 4);
    if (!qcrypto_random_bytes(f->uuid, sizeof(f->uuid), errp)) {
        return false;
    }
    f->checksum = cpu_to_be32(vpc_checksum(f, sizeof(*f), offsetof(VpcFooter, checksum)));
    return true;
}

static bool fill_dynamic(BlockBackend *blk, const VpcFooter *f, uint64_t size, Error **errp)
{
    uint32_t entries = DIV_ROUND_UP(size, BLOCK_SIZE);
    size_t table_size = ROUND_UP((size_t)entries * 4, 512);
    /* A disk without a byte has a table without entries. */
    g_autofree uint8_t *table = g_malloc(MAX(table_size, 1));
    VpcDynamicHeader h = {
        .cookie = VPC_DYNAMIC_COOKIE,
        .data_offset = UINT64_MAX,
        .table_offset = cpu_to_be64(sizeof(*f) + sizeof(h)),
        .version = cpu_to_be32(0x00010000),
        .max_table_entries = cpu_to_be32(entries),
        .block_size = cpu_to_be32(BLOCK_SIZE),
    };

    memset(table, 0xff, table_size);
    h.checksum = cpu_to_be32(vpc_checksum(&h, sizeof(h), offsetof(VpcDynamicHeader, checksum)));
    return bdrv_fill_write(blk, 0, f, sizeof(*f), "footer", errp) &&
           bdrv_fill_write(blk, sizeof(*f), &h, sizeof(h), "dynamic header", errp) &&
           bdrv_fill_write(blk, sizeof(*f) + sizeof(h), table, table_size, "table of blocks",
                           errp) &&
           bdrv_fill_write(blk, sizeof(*f) + sizeof(h) + table_size, f, sizeof(*f), "footer", errp);
}

static bool fill_image(BlockBackend *blk, void *opaque, Error **errp)
{
    const VpcCreate *c = opaque;
    Chs g;
    uint64_t size = choose_geometry(c, &g) * BDRV_SECTOR_SIZE;
    VpcFooter f;

    if (!fill_footer(&f, c, size / BDRV_SECTOR_SIZE, &g, errp)) {
        return false;
    }
    if (c->subformat == BLOCKDEV_VPC_SUBFORMAT_DYNAMIC) {
        return fill_dynamic(blk, &f, size, errp);
    }
    return blk_truncate(blk, size + sizeof(f), false, PREALLOC_MODE_OFF, 0, errp) >= 0 &&
           bdrv_fill_write(blk, size, &f, sizeof(f), "footer", errp);
}

static bool check_create(const VpcCreate *c, Error **errp)
{
    if (c->size > (uint64_t)VPC_MAX_SECTORS * BDRV_SECTOR_SIZE) {
        error_setg(errp, "The image size is too large for file format 'vpc': at most 2040 GiB");
        return false;
    }
    return true;
}

bool vpc_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp)
{
    VpcCreate c = {0};

    return bdrv_parse_options(&c, vpc_create_opts, opts, errp) && check_create(&c, errp) &&
           bdrv_create_filled(filename, opts, made, fill_image, &c, errp);
}

bool vpc_create_node(BlockdevCreateOptions *options, struct QCryptoLuksNew *luks, Error **errp)
{
    BlockdevCreateOptionsVpc *o = &options->u.vpc;
    VpcCreate c = {
        .size = o->size,
        .subformat = o->has_subformat ? o->subformat : BLOCKDEV_VPC_SUBFORMAT_DYNAMIC,
        .force_size = o->has_force_size && o->force_size,
    };
    uint64_t fits;
    Chs g;

    if (!check_create(&c, errp)) {
        return false;
    }
    fits = choose_geometry(&c, &g) * BDRV_SECTOR_SIZE;
    if (fits != c.size) {
        error_setg(errp,
                   "The requested image size %" PRIu64 " cannot be represented in CHS "
                   "geometry; try %" PRIu64 ", or force-size",
                   c.size, fits);
        return false;
    }
    return bdrv_fill_node(o->file, fill_image, &c, errp);
}
