/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PC's real-time clock and CMOS RAM. */
#ifndef HW_MC146818RTC_H
#define HW_MC146818RTC_H

#include "hw/isa/isa.h"
#include "hw/rtc/mc146818rtc_regs.h"
#include "qapi/qapi-types-machine.h"
#include "qemu/timer.h"

#define TYPE_MC146818_RTC "mc146818rtc"
OBJECT_DECLARE_SIMPLE_TYPE(MC146818RtcState, MC146818_RTC)

struct MC146818RtcState {
    ISADevice parent_obj;

    /* config */
    int32_t base_year; /* what year 0 of century 0 means */
    uint16_t io_base;
    uint8_t isairq;
    LostTickPolicy lost_tick_policy;

    /* wiring */
    MemoryRegion io;
    MemoryRegion coalesced_io; /* the index port */
    qemu_irq irq;
    QEMUTimer periodic_timer;
    QEMUTimer update_timer;    /* next second, or next alarm */
    QEMUTimer coalesced_timer; /* gives back lost periodic interrupts */
    QLIST_ENTRY(MC146818RtcState) link;

    /* state */
    uint8_t cmos_data[128];
    uint8_t cmos_index;
    /* The time is base_rtc seconds since 1970 + (rtc_clock - last_update + offset) ns. */
    uint64_t base_rtc;
    uint64_t last_update;
    int64_t offset;
    uint64_t next_periodic_time; /* ns of rtc_clock */
    uint64_t next_alarm_time;    /* ns of rtc_clock, UINT64_MAX: never */
    uint32_t irq_coalesced;      /* periodic interrupts to give back */
    uint32_t period;             /* clocks of 32768 Hz, 0: none */
    uint16_t irq_reinject_on_ack_count;
};

/*
 * A clock at ports 70h and 71h. @base_year 2000 for a PC. Its interrupt goes to
 * @intercept_irq, or to ISA line 8 when that is NULL. BQL held.
 */
MC146818RtcState *mc146818_rtc_init(ISABus *bus, int base_year, qemu_irq intercept_irq);

/* CMOS RAM as firmware finds it; @addr below 128. BQL held. */
void mc146818rtc_set_cmos_data(MC146818RtcState *s, int addr, int val);
int mc146818rtc_get_cmos_data(MC146818RtcState *s, int addr);

/* Forgets lost interrupts of all clocks (after the guest was told the time anew). BQL held. */
void qmp_rtc_reset_reinjection(Error **errp);

#endif
