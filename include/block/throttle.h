/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits of bytes and requests per second, shared by the members of a group: drives, and nodes of
 * the driver "throttle". Groups and members: main thread; throttle_wait(): any.
 */
#ifndef BLOCK_THROTTLE_H
#define BLOCK_THROTTLE_H

#include "qapi/qapi-types-block-throttle.h"
#include "qemu/coroutine.h"

typedef struct ThrottleGroup ThrottleGroup;
typedef struct ThrottleMember ThrottleMember;

/* The limits in the order of the interface: ThrottleLimits and block_set_io_throttle. */
typedef enum ThrottleBucket {
    THROTTLE_BPS_TOTAL,
    THROTTLE_BPS_READ,
    THROTTLE_BPS_WRITE,
    THROTTLE_OPS_TOTAL,
    THROTTLE_OPS_READ,
    THROTTLE_OPS_WRITE,
    THROTTLE_BUCKETS,
} ThrottleBucket;

typedef struct ThrottleConfig {
    struct {
        uint64_t avg;          /* per second; 0: no limit */
        uint64_t max;          /* in bursts; 0: none */
        uint64_t burst_length; /* seconds */
    } bucket[THROTTLE_BUCKETS];
    uint64_t op_size; /* a request of more bytes counts as several; 0: not */
} ThrottleConfig;

/* Bursts of a second, no limits. */
void throttle_config_init(ThrottleConfig *cfg);
bool throttle_config_check(const ThrottleConfig *cfg, Error **errp);
bool throttle_config_is_limited(const ThrottleConfig *cfg);
void throttle_config_from_limits(ThrottleConfig *cfg, const ThrottleLimits *limits);
void throttle_config_to_limits(const ThrottleConfig *cfg, ThrottleLimits *limits);

/* A reference to the group @name, which is made if it is not there. */
ThrottleGroup *throttle_group_get(const char *name);
bool throttle_group_exists(const char *name);
void throttle_group_put(ThrottleGroup *group);
/* Has it members? */
bool throttle_group_in_use(ThrottleGroup *group);
const char *throttle_group_name(ThrottleGroup *group);
void throttle_group_set_config(ThrottleGroup *group, const ThrottleConfig *cfg);
void throttle_group_get_config(ThrottleGroup *group, ThrottleConfig *cfg);

ThrottleMember *throttle_member_new(const char *group_name);
/* Nobody waits in it. */
void throttle_member_free(ThrottleMember *member);
ThrottleGroup *throttle_member_group(ThrottleMember *member);
/* While disabled nobody waits: for drains. Nests. */
void throttle_member_disable(ThrottleMember *member);
void throttle_member_enable(ThrottleMember *member);
/* Until the limits let a request of @bytes go. */
void coroutine_fn throttle_wait(ThrottleMember *member, bool is_write, int64_t bytes);

#endif
