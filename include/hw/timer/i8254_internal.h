/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State of the 8254 that the emulated and the in-kernel one share, and its
 * counting as functions of time.
 */
#ifndef HW_I8254_INTERNAL_H
#define HW_I8254_INTERNAL_H

#include "hw/timer/i8254.h"
#include "qemu/timer.h"

/* How the bytes of a count are read and written: rw_mode, and the state of a two-byte access. */
#define RW_STATE_LSB   1
#define RW_STATE_MSB   2
#define RW_STATE_WORD0 3
#define RW_STATE_WORD1 4

/* count_load_time of a channel that waits for a count or, in mode 1 or 5, for its trigger. */
#define PIT_NOT_STARTED INT64_MIN

typedef struct PITChannelState {
    /* state */
    int32_t count; /* initial count in clocks, 1 to 0x10000 (10000 when BCD) */
    uint16_t latched_count;
    uint8_t count_latched; /* 0, or the RW_STATE that reads the latch */
    uint8_t status_latched;
    uint8_t status;
    uint8_t read_state;
    uint8_t write_state;
    uint8_t write_latch;
    uint8_t rw_mode;
    uint8_t mode; /* 0 to 5 */
    uint8_t bcd;
    uint8_t gate;
    /* ns at which counting started; while a low gate stops it, ns counted so far. */
    int64_t count_load_time;
    int64_t next_transition_time; /* when irq_timer is due, -1: never */
    uint32_t irq_disabled;

    /* wiring of channel 0 */
    QEMUTimer irq_timer;
    qemu_irq irq;
} PITChannelState;

struct PITCommonState {
    ISADevice dev;

    /* config */
    uint32_t iobase;

    /* wiring */
    MemoryRegion ioports;

    /* state */
    PITChannelState channels[3];
};

typedef struct PITCommonClass {
    DeviceClass parent_class;

    DeviceRealize parent_realize;
    void (*set_channel_gate)(PITCommonState *s, PITChannelState *sc, int val);
    void (*get_channel_info)(PITCommonState *s, PITChannelState *sc, PITChannelInfo *info);
    /* Fetch from, resp. hand to, whoever really runs the chip. Optional. */
    void (*pre_save)(PITCommonState *s);
    void (*post_load)(PITCommonState *s);
} PITCommonClass;

DECLARE_OBJ_CHECKERS(PITCommonState, PITCommonClass, PIT_COMMON, TYPE_PIT_COMMON)

/* ---- counting; @now in ns of the virtual clock ---- */

/* Level of OUT. */
int pit_get_out(const PITChannelState *s, int64_t now);
/* The counter as the guest reads it: BCD if the channel is. */
uint16_t pit_get_count(const PITChannelState *s, int64_t now);
/* Null count of the status byte: the count written is not in the counter yet. */
bool pit_count_is_null(const PITChannelState *s);
/* When OUT rises or (mode 0) next changes after @now; -1: never. */
int64_t pit_get_next_transition_time(const PITChannelState *s, int64_t now);
/* Control word: mode, byte order and radix; counting waits for a count. */
void pit_set_mode(PITChannelState *s, uint8_t control);
/* A complete count was written: as the guest wrote it, 0 being the largest. */
void pit_load_count(PITChannelState *s, uint16_t val, int64_t now);
/* The gate input changed to @val. */
void pit_change_gate(PITChannelState *s, int val, int64_t now);

/* All channels as after power-on at time @now. */
void pit_reset_common(PITCommonState *s, int64_t now);
void pit_get_channel_info_common(PITCommonState *s, PITChannelState *sc, PITChannelInfo *info);

#endif
