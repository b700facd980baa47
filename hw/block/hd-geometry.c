/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cylinders, heads and sectors of a disk that has none: as its partition table was made for, else
 * as disks of its size had them; and what a BIOS makes of it to address it with 1024 cylinders.
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "hw/block/block.h"
#include "qemu/bswap.h"

/* An entry of the partition table of an MBR. */
typedef struct QEMU_PACKED MbrEntry {
    uint8_t boot_ind, head, sector, cyl;
    uint8_t sys_ind, end_head, end_sector, end_cyl;
    uint32_t start_sect, nr_sects;
} MbrEntry;

/* Where a partition ends is where a cylinder ends: it tells heads and sectors. */
static bool guess_from_mbr(BlockBackend *blk, uint64_t total, uint32_t *pcyls, uint32_t *pheads,
                           uint32_t *psecs)
{
    uint8_t buf[512];

    if (blk_pread(blk, 0, sizeof(buf), buf, 0) < 0 || buf[510] != 0x55 || buf[511] != 0xaa) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        const MbrEntry *p = (const MbrEntry *)(buf + 0x1be) + i;
        uint32_t heads = p->end_head + 1, sectors = p->end_sector & 63, cylinders;

        if (!le32_to_cpu(p->nr_sects) || !p->end_head || sectors == 0) {
            continue;
        }
        cylinders = total / (heads * sectors);
        if (cylinders < 1 || cylinders > 16383) {
            continue;
        }
        *pheads = heads;
        *psecs = sectors;
        *pcyls = cylinders;
        return true;
    }
    return false;
}

static void guess_from_size(uint64_t total, uint32_t *pcyls, uint32_t *pheads, uint32_t *psecs)
{
    uint64_t cylinders = total / (16 * 63);

    *pcyls = cylinders > 16383 ? 16383 : cylinders < 2 ? 2 : cylinders;
    *pheads = 16;
    *psecs = 63;
}

BiosAtaTranslation hd_bios_chs_auto_trans(uint32_t cyls, uint32_t heads, uint32_t secs)
{
    return cyls <= 1024 && heads <= 16 && secs <= 63 ? BIOS_ATA_TRANSLATION_NONE
                                                     : BIOS_ATA_TRANSLATION_LBA;
}

void hd_geometry_guess(BlockBackend *blk, uint32_t *pcyls, uint32_t *pheads, uint32_t *psecs,
                       BiosAtaTranslation *ptrans)
{
    BiosAtaTranslation trans;
    HDGeometry geo;
    uint64_t total;

    *pcyls = *pheads = *psecs = 0;
    blk_get_geometry(blk, &total);
    if (blk_probe_geometry(blk, &geo) == 0) {
        *pcyls = geo.cylinders;
        *pheads = geo.heads;
        *psecs = geo.sectors;
        trans = BIOS_ATA_TRANSLATION_NONE;
    } else if (guess_from_mbr(blk, total, pcyls, pheads, psecs) && *pheads <= 16) {
        /* The disk itself has what the partitions were made for. */
        trans = BIOS_ATA_TRANSLATION_NONE;
    } else {
        bool translated = *pheads > 16 && *pcyls;

        /* A table made for a translated geometry says which translation it was. */
        trans = translated && *pcyls * *pheads <= 131072 ? BIOS_ATA_TRANSLATION_LARGE
                                                         : BIOS_ATA_TRANSLATION_LBA;
        guess_from_size(total, pcyls, pheads, psecs);
        if (!translated) {
            trans = hd_bios_chs_auto_trans(*pcyls, *pheads, *psecs);
        }
    }
    if (ptrans && *ptrans == BIOS_ATA_TRANSLATION_AUTO) {
        *ptrans = trans;
    }
}
