/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The high precision event timer, for machines and firmware tables. */
#ifndef HW_HPET_H
#define HW_HPET_H

#include "qom/object.h"

#define TYPE_HPET "hpet"

#define HPET_BASE 0xfed00000
#define HPET_LEN  0x400
/* Period of the main counter in femtoseconds: 100 MHz. */
#define HPET_CLK_PERIOD 10000000

#define HPET_MIN_TIMERS 3
#define HPET_MAX_TIMERS 32

/* Inputs of the device, numbered: the interrupts that legacy mode takes over. */
#define HPET_LEGACY_PIT_INT 0
#define HPET_LEGACY_RTC_INT 1

/* What firmware is told (fw_cfg item), little endian. */
typedef struct QEMU_PACKED HPETFwEntry {
    uint32_t event_timer_block_id;
    uint64_t address;
    uint16_t min_tick;
    uint8_t page_prot;
} HPETFwEntry;

#define HPET_MAX_BLOCKS 8
typedef struct QEMU_PACKED HPETFwConfig {
    uint8_t count;
    HPETFwEntry hpet[HPET_MAX_BLOCKS];
} HPETFwConfig;

/* Valid once the machine was reset. */
extern HPETFwConfig hpet_fw_cfg;

/* Is there one? */
static inline bool hpet_find(void)
{
    return object_resolve_path_type("", TYPE_HPET, NULL) != NULL;
}

#endif
