/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What disk devices have in common: the properties drive, bootindex, sector sizes, geometry, error
 * policy; and checking them at realize.
 *
 *   static const Property foo_properties[] = {
 *       DEFINE_BLOCK_PROPERTIES(FooState, conf),
 *       DEFINE_BLOCK_ERROR_PROPERTIES(FooState, conf),
 *   };
 *   realize:
 *       if (!blkconf_has_drive(&s->conf, errp)) error; -- or make an empty drive
 *       if (!blkconf_blocksizes(&s->conf, errp) ||
 *           !blkconf_apply_backend_options(&s->conf, !blk_supports_write_perm(s->conf.blk), true,
 *                                          errp)) return;
 *       blk_set_dev_ops(s->conf.blk, &foo_block_ops, s);
 *       blk_iostatus_enable(s->conf.blk);
 */
#ifndef HW_BLOCK_BLOCK_H
#define HW_BLOCK_BLOCK_H

#include "block/block-backend.h"
#include "exec/hwaddr.h"
#include "hw/qdev-properties-system.h"
#include "qapi/qapi-types-common.h"

typedef struct BlockConf {
    BlockBackend *blk;
    OnOffAuto backend_defaults; /* take sizes that are not given from the back end */
    uint32_t physical_block_size;
    uint32_t logical_block_size;
    uint32_t min_io_size;
    uint32_t opt_io_size;
    int32_t bootindex;
    uint32_t discard_granularity;
    /* Geometry; 0: to be guessed. */
    uint32_t cyls, heads, secs;
    uint32_t lcyls, lheads, lsecs;
    OnOffAuto wce;
    bool share_rw;
    OnOffAuto account_invalid, account_failed;
    BlockdevOnError rerror;
    BlockdevOnError werror;
    uint32_t num_stats_intervals;
    uint32_t *stats_intervals;
} BlockConf;

static inline unsigned int get_physical_block_exp(BlockConf *conf)
{
    unsigned int exp = 0, size;

    for (size = conf->physical_block_size; size > conf->logical_block_size; size >>= 1) {
        exp++;
    }
    return exp;
}

#define DEFINE_BLOCK_PROPERTIES_BASE(_state, _conf)                                                \
    DEFINE_PROP_ON_OFF_AUTO("backend_defaults", _state, _conf.backend_defaults, ON_OFF_AUTO_AUTO), \
        DEFINE_PROP_BLOCKSIZE("logical_block_size", _state, _conf.logical_block_size),             \
        DEFINE_PROP_BLOCKSIZE("physical_block_size", _state, _conf.physical_block_size),           \
        DEFINE_PROP_SIZE32("min_io_size", _state, _conf.min_io_size, 0),                           \
        DEFINE_PROP_SIZE32("opt_io_size", _state, _conf.opt_io_size, 0),                           \
        DEFINE_PROP_SIZE32("discard_granularity", _state, _conf.discard_granularity, -1),          \
        DEFINE_PROP_ON_OFF_AUTO("write-cache", _state, _conf.wce, ON_OFF_AUTO_AUTO),               \
        DEFINE_PROP_BOOL("share-rw", _state, _conf.share_rw, false),                               \
        DEFINE_PROP_ON_OFF_AUTO("account-invalid", _state, _conf.account_invalid,                  \
                                ON_OFF_AUTO_AUTO),                                                 \
        DEFINE_PROP_ON_OFF_AUTO("account-failed", _state, _conf.account_failed, ON_OFF_AUTO_AUTO), \
        DEFINE_PROP_ARRAY("stats-intervals", _state, _conf.num_stats_intervals,                    \
                          _conf.stats_intervals, qdev_prop_uint32, uint32_t)

#define DEFINE_BLOCK_PROPERTIES(_state, _conf)                                                     \
    DEFINE_PROP_DRIVE("drive", _state, _conf.blk), DEFINE_BLOCK_PROPERTIES_BASE(_state, _conf)

#define DEFINE_BLOCK_CHS_PROPERTIES(_state, _conf)                                                 \
    DEFINE_PROP_UINT32("cyls", _state, _conf.cyls, 0),                                             \
        DEFINE_PROP_UINT32("heads", _state, _conf.heads, 0),                                       \
        DEFINE_PROP_UINT32("secs", _state, _conf.secs, 0),                                         \
        DEFINE_PROP_UINT32("lcyls", _state, _conf.lcyls, 0),                                       \
        DEFINE_PROP_UINT32("lheads", _state, _conf.lheads, 0),                                     \
        DEFINE_PROP_UINT32("lsecs", _state, _conf.lsecs, 0)

#define DEFINE_BLOCK_ERROR_PROPERTIES(_state, _conf)                                               \
    DEFINE_PROP_BLOCKDEV_ON_ERROR("rerror", _state, _conf.rerror, BLOCKDEV_ON_ERROR_AUTO),         \
        DEFINE_PROP_BLOCKDEV_ON_ERROR("werror", _state, _conf.werror, BLOCKDEV_ON_ERROR_AUTO)

/* All of these: main thread, at realize; false with @errp naming the property. */

/* Fill in what was left open, from the back end or with the usual values, and check it. */
bool blkconf_blocksizes(BlockConf *conf, Error **errp);
/* For a device that is nothing without a drive. */
bool blkconf_has_drive(const BlockConf *conf, Error **errp);
/*
 * Give the back end its permissions, write cache, error policy and accounting. @resizable: the
 * device copes with a change of size.
 */
bool blkconf_apply_backend_options(BlockConf *conf, bool readonly, bool resizable, Error **errp);
/* Cylinders, heads, sectors: as given, else from the disk's partition table or size. */
bool blkconf_geometry(BlockConf *conf, BiosAtaTranslation *trans, unsigned cyls_max,
                      unsigned heads_max, unsigned secs_max, Error **errp);
/* The medium's geometry and how a BIOS would translate it. @ptrans may be NULL. */
void hd_geometry_guess(BlockBackend *blk, uint32_t *pcyls, uint32_t *pheads, uint32_t *psecs,
                       BiosAtaTranslation *ptrans);
BiosAtaTranslation hd_bios_chs_auto_trans(uint32_t cyls, uint32_t heads, uint32_t secs);
/* Read the whole medium, which must be @size bytes, to @buf: for flash chips. */
bool blk_check_size_and_read_all(BlockBackend *blk, DeviceState *dev, void *buf, hwaddr size,
                                 Error **errp);

/*
 * The property "bootindex" of a device, in @bootindex (-1: none), for firmware path @suffix below
 * the device (may be NULL). Call from instance_init.
 */
void device_add_bootindex_property(Object *obj, int32_t *bootindex, const char *name,
                                   const char *suffix, DeviceState *dev);
/*
 * What firmware is to take for the geometry of disks with lcyls=, lheads= and lsecs=: a firmware
 * path and three numbers a line, NUL at the end. g_free.
 */
char *device_geometry_file(size_t *size);

#endif
