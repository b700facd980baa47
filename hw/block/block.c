/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What disk devices do at realize: checking BlockConf and handing it to the back end. */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "block/zoned.h"
#include "hw/block/block.h"
#include "hw/qdev-core.h"

static bool take_backend_sizes(BlockConf *conf)
{
    switch (conf->backend_defaults) {
    case ON_OFF_AUTO_ON:
        return true;
    case ON_OFF_AUTO_OFF:
        return false;
    default:
        /* A disk that a user gave sizes for keeps them; others are as they always were. */
        return !conf->physical_block_size && !conf->logical_block_size;
    }
}

bool blkconf_has_drive(const BlockConf *conf, Error **errp)
{
    if (!conf->blk) {
        error_setg(errp, "drive property not set: it names a -drive or a node of -blockdev");
    }
    return conf->blk;
}

bool blkconf_blocksizes(BlockConf *conf, Error **errp)
{
    BlockSizes sizes;

    if (conf->blk && blk_is_host_managed(conf->blk)) {
        error_setg(errp, "drive: a host-managed zoned device can be had by scsi-generic only, with "
                         "its /dev/sg*");
        return false;
    }
    if (conf->blk && take_backend_sizes(conf) && blk_probe_blocksizes(conf->blk, &sizes) == 0) {
        conf->logical_block_size = conf->logical_block_size ? conf->logical_block_size : sizes.log;
        conf->physical_block_size =
            conf->physical_block_size ? conf->physical_block_size : sizes.phys;
    }
    conf->logical_block_size = conf->logical_block_size ? conf->logical_block_size : 512;
    conf->physical_block_size =
        conf->physical_block_size ? conf->physical_block_size : MAX(conf->logical_block_size, 512);
    if (conf->logical_block_size > conf->physical_block_size) {
        error_setg(errp, "logical_block_size > physical_block_size not supported");
        return false;
    }
    if (!QEMU_IS_ALIGNED(conf->min_io_size, conf->logical_block_size)) {
        error_setg(errp, "min_io_size must be a multiple of logical_block_size");
        return false;
    }
    if (conf->opt_io_size % conf->logical_block_size) {
        error_setg(errp, "opt_io_size must be a multiple of logical_block_size");
        return false;
    }
    if (conf->discard_granularity != UINT32_MAX &&
        !QEMU_IS_ALIGNED(conf->discard_granularity, conf->logical_block_size)) {
        error_setg(errp, "discard_granularity must be a multiple of logical_block_size");
        return false;
    }
    return true;
}

static BlockdevOnError on_error_or(BlockdevOnError given, BlockdevOnError fallback)
{
    return given == BLOCKDEV_ON_ERROR_AUTO ? fallback : given;
}

bool blkconf_apply_backend_options(BlockConf *conf, bool readonly, bool resizable, Error **errp)
{
    BlockBackend *blk = conf->blk;
    uint64_t perm = BLK_PERM_CONSISTENT_READ, shared;
    bool wce;

    shared = BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE_UNCHANGED;
    perm |= readonly ? 0 : BLK_PERM_WRITE;
    shared |= resizable ? BLK_PERM_RESIZE : 0;
    shared |= conf->share_rw ? BLK_PERM_WRITE : 0;
    if (!blk_set_perm(blk, perm, shared, errp)) {
        return false;
    }
    switch (conf->wce) {
    case ON_OFF_AUTO_ON:
        wce = true;
        break;
    case ON_OFF_AUTO_OFF:
        wce = false;
        break;
    default:
        wce = blk_enable_write_cache(blk);
        break;
    }
    blk_set_enable_write_cache(blk, wce);
    blk_set_on_error(blk, on_error_or(conf->rerror, blk_get_on_error(blk, true)),
                     on_error_or(conf->werror, blk_get_on_error(blk, false)));
    block_acct_setup(blk_get_stats(blk), conf->account_invalid != ON_OFF_AUTO_OFF,
                     conf->account_failed != ON_OFF_AUTO_OFF);
    return true;
}

/* What the firmware's disk calls use, whose fields hold no more (INT 13h, AH=02h). */
static bool check_logical_geometry(const BlockConf *conf, Error **errp)
{
    if (!conf->lcyls && !conf->lheads && !conf->lsecs) {
        return true;
    }
    if (conf->lcyls < 1 || conf->lcyls > 1024 || conf->lheads < 1 || conf->lheads > 255 ||
        conf->lsecs < 1 || conf->lsecs > 63) {
        error_setg(errp,
                   "lcyls=%u,lheads=%u,lsecs=%u: expected all three, from 1 to 1024, 255 and 63",
                   conf->lcyls, conf->lheads, conf->lsecs);
        return false;
    }
    return true;
}

bool blkconf_geometry(BlockConf *conf, BiosAtaTranslation *trans, unsigned cyls_max,
                      unsigned heads_max, unsigned secs_max, Error **errp)
{
    if (!check_logical_geometry(conf, errp)) {
        return false;
    }
    if (!conf->cyls && !conf->heads && !conf->secs) {
        hd_geometry_guess(conf->blk, &conf->cyls, &conf->heads, &conf->secs, trans);
    } else if (trans && *trans == BIOS_ATA_TRANSLATION_AUTO) {
        *trans = hd_bios_chs_auto_trans(conf->cyls, conf->heads, conf->secs);
    }
    if (!conf->cyls && !conf->heads && !conf->secs) {
        return true;
    }
    if (conf->cyls < 1 || conf->cyls > cyls_max) {
        error_setg(errp, "cyls must be between 1 and %u", cyls_max);
        return false;
    }
    if (conf->heads < 1 || conf->heads > heads_max) {
        error_setg(errp, "heads must be between 1 and %u", heads_max);
        return false;
    }
    if (conf->secs < 1 || conf->secs > secs_max) {
        error_setg(errp, "secs must be between 1 and %u", secs_max);
        return false;
    }
    return true;
}

bool blk_check_size_and_read_all(BlockBackend *blk, DeviceState *dev, void *buf, hwaddr size,
                                 Error **errp)
{
    int64_t length = blk_getlength(blk);
    int ret;

    if (length < 0) {
        error_setg_errno(errp, -length, "can't get size of %s block backend", blk_name(blk));
        return false;
    }
    if (length != size) {
        error_setg(errp,
                   "device requires %" PRIu64 " bytes, block backend '%s' provides %" PRIu64
                   " bytes",
                   (uint64_t)size, blk_name(blk), (uint64_t)length);
        return false;
    }
    for (hwaddr done = 0; done < size;) {
        hwaddr n = MIN(size - done, 64 * MiB);

        ret = blk_pread(blk, done, n, (char *)buf + done, 0);
        if (ret < 0) {
            error_setg_errno(errp, -ret, "can't read block backend '%s'", blk_name(blk));
            return false;
        }
        done += n;
    }
    return true;
}
