/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enums that more than one part of the interface uses. */
#ifndef QAPI_TYPES_COMMON_H
#define QAPI_TYPES_COMMON_H

#include "qapi/qapi-builtin-types.h"

typedef enum OnOffAuto {
    ON_OFF_AUTO_AUTO,
    ON_OFF_AUTO_ON,
    ON_OFF_AUTO_OFF,
    ON_OFF_AUTO__MAX,
} OnOffAuto;
#define OnOffAuto_str(val) qapi_enum_lookup(&OnOffAuto_lookup, (val))
extern const QEnumLookup OnOffAuto_lookup;

typedef enum OnOffSplit {
    ON_OFF_SPLIT_ON,
    ON_OFF_SPLIT_OFF,
    ON_OFF_SPLIT_SPLIT,
    ON_OFF_SPLIT__MAX,
} OnOffSplit;
#define OnOffSplit_str(val) qapi_enum_lookup(&OnOffSplit_lookup, (val))
extern const QEnumLookup OnOffSplit_lookup;

/* What a timer device does about interrupts that the guest was too slow to take. */
typedef enum LostTickPolicy {
    LOST_TICK_POLICY_DISCARD,
    LOST_TICK_POLICY_DELAY,
    LOST_TICK_POLICY_SLEW,
    LOST_TICK_POLICY__MAX,
} LostTickPolicy;
#define LostTickPolicy_str(val) qapi_enum_lookup(&LostTickPolicy_lookup, (val))
extern const QEnumLookup LostTickPolicy_lookup;

#endif /* QAPI_TYPES_COMMON_H */
