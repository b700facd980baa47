/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits of drives: block_set_io_throttle, and -drive throttling.*. Main thread. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "block/throttle.h"
#include "qapi/qapi-commands-block-throttle.h"
#include "system/blockdev.h"

static bool apply(BlockBackend *blk, const char *group, const ThrottleConfig *cfg, Error **errp)
{
    ThrottleGroup *current = blk_get_throttle_group(blk);

    if (!throttle_config_check(cfg, errp)) {
        return false;
    }
    if (!throttle_config_is_limited(cfg)) {
        blk_set_throttle_group(blk, NULL);
        return true;
    }
    if (!current || (group && strcmp(group, throttle_group_name(current)))) {
        blk_set_throttle_group(blk, group ? group : blk_name(blk));
    }
    throttle_group_set_config(blk_get_throttle_group(blk), cfg);
    return true;
}

static void take_average(ThrottleConfig *cfg, ThrottleBucket i, int64_t avg, bool has_max,
                         int64_t max, bool has_length, int64_t length)
{
    cfg->bucket[i].avg = avg;
    cfg->bucket[i].max = has_max ? max : 0;
    cfg->bucket[i].burst_length = has_length ? length : 1;
}

void qmp_block_set_io_throttle(BlockIOThrottle *arg, Error **errp)
{
    BlockBackend *blk = blockdev_find(arg->device, arg->id, errp);
    ThrottleConfig cfg;

    if (!blk) {
        return;
    }
    if (!blk_bs(blk)) {
        error_setg(errp, "Device has no medium");
        return;
    }
    throttle_config_init(&cfg);
#define TAKE(field, i)                                                                             \
    take_average(&cfg, i, arg->field, arg->has_##field##_max, arg->field##_max,                    \
                 arg->has_##field##_max_length, arg->field##_max_length);
    TAKE(bps, THROTTLE_BPS_TOTAL)
    TAKE(bps_rd, THROTTLE_BPS_READ)
    TAKE(bps_wr, THROTTLE_BPS_WRITE)
    TAKE(iops, THROTTLE_OPS_TOTAL)
    TAKE(iops_rd, THROTTLE_OPS_READ)
    TAKE(iops_wr, THROTTLE_OPS_WRITE)
#undef TAKE
    cfg.op_size = arg->has_iops_size ? arg->iops_size : 0;
    apply(blk, arg->group ? arg->group : arg->device ? arg->device : arg->id, &cfg, errp);
}

/* ---- -drive ---- */

typedef struct DriveLimits {
    ThrottleConfig cfg;
    char *group;
} DriveLimits;

#define LIMIT(name, i)                                                                             \
    {"throttling." name, BDRV_OPT_NUM, offsetof(DriveLimits, cfg.bucket[i].avg)},                  \
        {"throttling." name "-max", BDRV_OPT_NUM, offsetof(DriveLimits, cfg.bucket[i].max)},       \
    {                                                                                              \
        "throttling." name "-max-length", BDRV_OPT_NUM,                                            \
            offsetof(DriveLimits, cfg.bucket[i].burst_length)                                      \
    }

static const BdrvOpt limit_opts[] = {
    LIMIT("bps-total", THROTTLE_BPS_TOTAL),
    LIMIT("bps-read", THROTTLE_BPS_READ),
    LIMIT("bps-write", THROTTLE_BPS_WRITE),
    LIMIT("iops-total", THROTTLE_OPS_TOTAL),
    LIMIT("iops-read", THROTTLE_OPS_READ),
    LIMIT("iops-write", THROTTLE_OPS_WRITE),
    {"throttling.iops-size", BDRV_OPT_NUM, offsetof(DriveLimits, cfg.op_size)},
    {"throttling.group", BDRV_OPT_STR, offsetof(DriveLimits, group)},
    {NULL},
};

/* The old spellings. */
static bool rename_limits(QDict *keys, Error **errp)
{
    static const char *const names[][2] = {
        {"bps", "throttling.bps-total"},
        {"bps_rd", "throttling.bps-read"},
        {"bps_wr", "throttling.bps-write"},
        {"iops", "throttling.iops-total"},
        {"iops_rd", "throttling.iops-read"},
        {"iops_wr", "throttling.iops-write"},
        {"bps_max", "throttling.bps-total-max"},
        {"bps_rd_max", "throttling.bps-read-max"},
        {"bps_wr_max", "throttling.bps-write-max"},
        {"iops_max", "throttling.iops-total-max"},
        {"iops_rd_max", "throttling.iops-read-max"},
        {"iops_wr_max", "throttling.iops-write-max"},
        {"iops_size", "throttling.iops-size"},
        {"group", "throttling.group"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!drive_rename_key(keys, names[i][0], names[i][1], errp)) {
            return false;
        }
    }
    return true;
}

bool drive_take_limits(QDict *keys, DriveLimits **limits, Error **errp)
{
    DriveLimits *l = g_new0(DriveLimits, 1);

    throttle_config_init(&l->cfg);
    if (!rename_limits(keys, errp) || !bdrv_parse_options(l, limit_opts, keys, errp) ||
        !throttle_config_check(&l->cfg, errp)) {
        drive_free_limits(l);
        return false;
    }
    *limits = l;
    return true;
}

void drive_set_limits(BlockBackend *blk, const DriveLimits *limits)
{
    if (limits->group || throttle_config_is_limited(&limits->cfg)) {
        const char *group = limits->group ? limits->group : blk_name(blk);
        bool shared = throttle_group_exists(group);

        blk_set_throttle_group(blk, group);
        /* Who joins a group without limits of his own takes those that are there. */
        if (!shared || throttle_config_is_limited(&limits->cfg)) {
            throttle_group_set_config(blk_get_throttle_group(blk), &limits->cfg);
        }
    }
}

void drive_free_limits(DriveLimits *limits)
{
    if (limits) {
        g_free(limits->group);
        g_free(limits);
    }
}
