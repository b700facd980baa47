/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Motorola MC146818 real-time clock with 114 bytes of battery-backed RAM, as in
 * the PC/AT: ports 70h and 71h, interrupt 8.
 *
 * MC146818 data sheet (ADI856): time, calendar and alarm bytes; update cycle;
 * divider; registers A to D. The square wave output goes nowhere on a PC.
 *
 * Time is a function of rtc_clock: the registers are computed when they are read
 * and the host wakes up only for what raises a flag.
 */
#include "qemu/osdep.h"
#include "hw/acpi/acpi_aml_interface.h"
#include "hw/qdev-properties-system.h"
#include "hw/qdev-properties.h"
#include "hw/rtc/mc146818rtc.h"
#include "migration/vmstate.h"
#include "qapi/qapi-events-misc-target.h"
#include "qapi/error.h"
#include "qemu/bcd.h"
#include "qemu/cutils.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "system/rtc.h"
#include "system/runstate.h"
#include "trace/trace-hw_rtc.h"

#define RTC_CLOCK_RATE 32768
/* Update in progress shows 244 us before the update (data sheet, table 6). */
#define UIP_HOLD_NS     (8 * NANOSECONDS_PER_SECOND / RTC_CLOCK_RATE)
#define SECONDS_PER_DAY (24 * 60 * 60)
#define RTC_MAX_LATE_NS NANOSECONDS_PER_SECOND

/* Lost interrupts are given back this many in a row at each acknowledge, ... */
#define RTC_REINJECT_ON_ACK_COUNT 20
/* ... and then at most this many times as fast as they were due. */
#define RTC_REINJECT_RATE 7

static QLIST_HEAD(, MC146818RtcState) rtc_devices = QLIST_HEAD_INITIALIZER(rtc_devices);

/* ---- time ---- */

static uint64_t rtc_now_ns(void)
{
    return qemu_clock_get_ns(rtc_clock);
}

static uint64_t rtc_guest_ns(const MC146818RtcState *s)
{
    return s->base_rtc * NANOSECONDS_PER_SECOND + rtc_now_ns() - s->last_update + s->offset;
}

static bool rtc_divider_runs(uint8_t reg_a)
{
    return (reg_a & REG_A_DV) <= 0x20;
}

/* Do the time registers advance? */
static bool rtc_running(const MC146818RtcState *s)
{
    return !(s->cmos_data[RTC_REG_B] & REG_B_SET) && rtc_divider_runs(s->cmos_data[RTC_REG_A]);
}

static uint8_t rtc_to_reg(const MC146818RtcState *s, int val)
{
    return s->cmos_data[RTC_REG_B] & REG_B_DM ? val : to_bcd(val);
}

static int rtc_from_reg(const MC146818RtcState *s, uint8_t val)
{
    return s->cmos_data[RTC_REG_B] & REG_B_DM ? val : from_bcd(val);
}

static uint8_t rtc_hour_to_reg(const MC146818RtcState *s, int hour)
{
    if (s->cmos_data[RTC_REG_B] & REG_B_24H) {
        return rtc_to_reg(s, hour);
    }
    return rtc_to_reg(s, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? 0x80 : 0);
}

static int rtc_hour_from_reg(const MC146818RtcState *s, uint8_t val)
{
    if (s->cmos_data[RTC_REG_B] & REG_B_24H) {
        return rtc_from_reg(s, val);
    }
    return rtc_from_reg(s, val & 0x7f) % 12 + (val & 0x80 ? 12 : 0);
}

/* The registers as a date; what the guest put there may be no valid one. */
static void rtc_get_time(const MC146818RtcState *s, struct tm *tm)
{
    const uint8_t *reg = s->cmos_data;

    *tm = (struct tm){
        .tm_sec = rtc_from_reg(s, reg[RTC_SECONDS]),
        .tm_min = rtc_from_reg(s, reg[RTC_MINUTES]),
        .tm_hour = rtc_hour_from_reg(s, reg[RTC_HOURS]),
        .tm_wday = rtc_from_reg(s, reg[RTC_DAY_OF_WEEK]) - 1,
        .tm_mday = rtc_from_reg(s, reg[RTC_DAY_OF_MONTH]),
        .tm_mon = rtc_from_reg(s, reg[RTC_MONTH]) - 1,
        .tm_year = rtc_from_reg(s, reg[RTC_YEAR]) + s->base_year +
                   rtc_from_reg(s, reg[RTC_CENTURY]) * 100 - 1900,
    };
}

static void rtc_put_time(MC146818RtcState *s, const struct tm *tm)
{
    uint8_t *reg = s->cmos_data;
    int year = tm->tm_year + 1900 - s->base_year;

    reg[RTC_SECONDS] = rtc_to_reg(s, tm->tm_sec);
    reg[RTC_MINUTES] = rtc_to_reg(s, tm->tm_min);
    reg[RTC_HOURS] = rtc_hour_to_reg(s, tm->tm_hour);
    reg[RTC_DAY_OF_WEEK] = rtc_to_reg(s, tm->tm_wday + 1);
    reg[RTC_DAY_OF_MONTH] = rtc_to_reg(s, tm->tm_mday);
    reg[RTC_MONTH] = rtc_to_reg(s, tm->tm_mon + 1);
    reg[RTC_YEAR] = rtc_to_reg(s, year % 100);
    reg[RTC_CENTURY] = rtc_to_reg(s, year / 100);
}

/* Brings the registers up to date. */
static void rtc_update_time(MC146818RtcState *s)
{
    time_t seconds = rtc_guest_ns(s) / NANOSECONDS_PER_SECOND;
    struct tm tm;

    if (gmtime_r(&seconds, &tm)) {
        rtc_put_time(s, &tm);
    }
}

/* The registers, as the guest has set them, become the time. */
static void rtc_set_time(MC146818RtcState *s)
{
    g_autofree char *qom_path = object_get_canonical_path(OBJECT(s));
    struct tm tm;

    rtc_get_time(s, &tm);
    s->base_rtc = mktimegm(&tm);
    s->last_update = rtc_now_ns();
    qapi_event_send_rtc_change(qemu_timedate_diff(&tm), qom_path);
}

static bool rtc_update_in_progress(const MC146818RtcState *s)
{
    return rtc_running(s) &&
           rtc_guest_ns(s) % NANOSECONDS_PER_SECOND >= NANOSECONDS_PER_SECOND - UIP_HOLD_NS;
}

/* ---- flags and interrupt ---- */

static void rtc_raise_flags(MC146818RtcState *s, uint8_t flags)
{
    s->cmos_data[RTC_REG_C] |= flags;
    if (flags & s->cmos_data[RTC_REG_B] & REG_C_MASK) {
        s->cmos_data[RTC_REG_C] |= REG_C_IRQF;
        qemu_irq_raise(s->irq);
    }
}

/* The next value of a field at or after @from that the alarm matches; -1: none up to @last. */
static int rtc_alarm_field(int alarm, int from, int last)
{
    if (alarm == -1) {
        return from <= last ? from : -1;
    }
    return alarm >= from && alarm <= last ? alarm : -1;
}

/* The first match in the seconds of a day from @from on; -1: none. */
static int rtc_alarm_in_day(const int alarm[3], int from)
{
    int hour = from / 3600, min = from / 60 % 60, sec = from % 60;
    int h, m, n;

    for (h = rtc_alarm_field(alarm[0], hour, 23); h >= 0;
         h = rtc_alarm_field(alarm[0], h + 1, 23)) {
        for (m = rtc_alarm_field(alarm[1], h == hour ? min : 0, 59); m >= 0;
             m = rtc_alarm_field(alarm[1], m + 1, 59)) {
            n = rtc_alarm_field(alarm[2], h == hour && m == min ? sec : 0, 59);
            if (n >= 0) {
                return h * 3600 + m * 60 + n;
            }
        }
    }
    return -1;
}

/* Seconds from @guest_sec (which counts) to the next one that the alarm matches; -1: never. */
static int rtc_seconds_to_alarm(const MC146818RtcState *s, uint64_t guest_sec)
{
    static const uint8_t regs[] = {RTC_HOURS_ALARM, RTC_MINUTES_ALARM, RTC_SECONDS_ALARM};
    int now = guest_sec % SECONDS_PER_DAY;
    int alarm[3], at;

    for (int i = 0; i < 3; i++) {
        uint8_t val = s->cmos_data[regs[i]];

        if ((val & RTC_ALARM_DONT_CARE) == RTC_ALARM_DONT_CARE) {
            alarm[i] = -1;
        } else {
            alarm[i] = i == 0 ? rtc_hour_from_reg(s, val) : rtc_from_reg(s, val);
        }
    }
    at = rtc_alarm_in_day(alarm, now);
    if (at >= 0) {
        return at - now;
    }
    at = rtc_alarm_in_day(alarm, 0);
    return at >= 0 ? at + SECONDS_PER_DAY - now : -1;
}

/*
 * Sets the timer for the update cycle that next raises a flag: the next second
 * while the guest has not seen UF, otherwise the one in which the alarm matches.
 */
static void rtc_check_update_timer(MC146818RtcState *s)
{
    uint64_t now = rtc_now_ns();
    uint64_t guest_ns, to_update;
    int to_alarm;

    if (!rtc_running(s)) {
        timer_del(&s->update_timer);
        s->next_alarm_time = UINT64_MAX;
        return;
    }
    guest_ns = rtc_guest_ns(s);
    to_update = NANOSECONDS_PER_SECOND - guest_ns % NANOSECONDS_PER_SECOND;
    to_alarm = rtc_seconds_to_alarm(s, guest_ns / NANOSECONDS_PER_SECOND + 1);
    s->next_alarm_time =
        to_alarm < 0 ? UINT64_MAX : now + to_update + to_alarm * NANOSECONDS_PER_SECOND;
    if (!(s->cmos_data[RTC_REG_C] & REG_C_UF)) {
        timer_mod(&s->update_timer, now + to_update);
    } else if (!(s->cmos_data[RTC_REG_C] & REG_C_AF) && to_alarm >= 0) {
        timer_mod(&s->update_timer, s->next_alarm_time);
    } else {
        timer_del(&s->update_timer);
    }
}

static void rtc_update_timer(void *opaque)
{
    MC146818RtcState *s = opaque;
    uint8_t flags = REG_C_UF;

    if (rtc_now_ns() >= s->next_alarm_time) {
        flags |= REG_C_AF;
        if (s->cmos_data[RTC_REG_B] & REG_B_AIE) {
            qemu_system_wakeup_request(QEMU_WAKEUP_REASON_RTC, NULL);
        }
    }
    rtc_raise_flags(s, flags & ~s->cmos_data[RTC_REG_C]);
    rtc_check_update_timer(s);
}

/* ---- periodic interrupt ---- */

/* Clocks of 32768 Hz between two (data sheet, table 5); 0: none. */
static uint32_t rtc_period(uint8_t reg_a)
{
    unsigned rate = reg_a & REG_A_RS;

    if (!rate || !rtc_divider_runs(reg_a)) {
        return 0;
    }
    return 1u << ((rate <= 2 ? rate + 7 : rate) - 1);
}

/* ns at which the divider next completes a period after @now. */
static uint64_t rtc_next_period(uint64_t now, uint32_t period)
{
    uint64_t clocks = muldiv64(now, RTC_CLOCK_RATE, NANOSECONDS_PER_SECOND);

    clocks = (clocks & ~(uint64_t)(period - 1)) + period;
    return muldiv64(clocks, NANOSECONDS_PER_SECOND, RTC_CLOCK_RATE) + 1;
}

static bool rtc_slews(const MC146818RtcState *s)
{
    return s->lost_tick_policy == LOST_TICK_POLICY_SLEW;
}

static void rtc_coalesced_timer_update(MC146818RtcState *s)
{
    if (!s->irq_coalesced || !s->period) {
        timer_del(&s->coalesced_timer);
    } else {
        uint64_t ns = muldiv64(s->period, NANOSECONDS_PER_SECOND, RTC_CLOCK_RATE);

        timer_mod(&s->coalesced_timer,
                  rtc_now_ns() + ns / MIN(s->irq_coalesced, RTC_REINJECT_RATE));
    }
}

static void rtc_coalesced_timer(void *opaque)
{
    MC146818RtcState *s = opaque;

    if (s->irq_coalesced && !(s->cmos_data[RTC_REG_C] & REG_C_PF)) {
        s->irq_coalesced--;
        rtc_raise_flags(s, REG_C_PF);
    }
    rtc_coalesced_timer_update(s);
}

/* Register A or B has changed, or @now is a clock later than next_periodic_time. */
static void rtc_periodic_timer_update(MC146818RtcState *s, uint64_t now)
{
    uint32_t period = rtc_period(s->cmos_data[RTC_REG_A]);

    if (period != s->period && s->irq_coalesced) {
        /* What was lost is time: count it in interrupts of the new length. */
        s->irq_coalesced = period ? (uint64_t)s->irq_coalesced * s->period / period : 0;
        s->period = period;
        rtc_coalesced_timer_update(s);
    }
    s->period = period;
    if (!period) {
        timer_del(&s->periodic_timer);
        return;
    }
    s->next_periodic_time = rtc_next_period(now, period);
    if (s->cmos_data[RTC_REG_B] & REG_B_PIE) {
        timer_mod(&s->periodic_timer, s->next_periodic_time);
    } else {
        /* The flag is computed when it is read. */
        timer_del(&s->periodic_timer);
    }
}

static void rtc_periodic_timer(void *opaque)
{
    MC146818RtcState *s = opaque;
    bool lost = s->cmos_data[RTC_REG_C] & REG_C_PF;
    uint64_t now = rtc_now_ns();

    /* A late timer catches up tick by tick; but the host's clock may have jumped. */
    rtc_periodic_timer_update(
        s, now - s->next_periodic_time > RTC_MAX_LATE_NS ? now : s->next_periodic_time);
    if (lost && rtc_slews(s)) {
        s->irq_coalesced++;
        rtc_coalesced_timer_update(s);
    }
    s->irq_reinject_on_ack_count = 0;
    rtc_raise_flags(s, REG_C_PF);
}

/* ---- registers ---- */

static uint8_t rtc_read_reg_c(MC146818RtcState *s)
{
    uint8_t val;

    if (s->period && !(s->cmos_data[RTC_REG_B] & REG_B_PIE) &&
        rtc_now_ns() >= s->next_periodic_time) {
        s->cmos_data[RTC_REG_C] |= REG_C_PF;
        s->next_periodic_time = rtc_next_period(rtc_now_ns(), s->period);
    }
    val = s->cmos_data[RTC_REG_C];
    qemu_irq_lower(s->irq);
    s->cmos_data[RTC_REG_C] = 0;
    if (val & (REG_C_UF | REG_C_AF)) {
        rtc_check_update_timer(s);
    }
    if (s->irq_coalesced && (val & REG_C_PF) && (s->cmos_data[RTC_REG_B] & REG_B_PIE) &&
        s->irq_reinject_on_ack_count < RTC_REINJECT_ON_ACK_COUNT) {
        s->irq_reinject_on_ack_count++;
        s->irq_coalesced--;
        rtc_raise_flags(s, REG_C_PF);
    }
    return val;
}

static uint8_t rtc_read_reg(MC146818RtcState *s)
{
    switch (s->cmos_index) {
    case RTC_IBM_PS2_CENTURY_BYTE:
        s->cmos_index = RTC_CENTURY;
        /* fall through */
    case RTC_CENTURY:
    case RTC_SECONDS:
    case RTC_MINUTES:
    case RTC_HOURS:
    case RTC_DAY_OF_WEEK:
    case RTC_DAY_OF_MONTH:
    case RTC_MONTH:
    case RTC_YEAR:
        if (rtc_running(s)) {
            rtc_update_time(s);
        }
        return s->cmos_data[s->cmos_index];
    case RTC_REG_A:
        return s->cmos_data[RTC_REG_A] | (rtc_update_in_progress(s) ? REG_A_UIP : 0);
    case RTC_REG_C:
        return rtc_read_reg_c(s);
    default:
        return s->cmos_data[s->cmos_index];
    }
}

static void rtc_write_reg_a(MC146818RtcState *s, uint8_t val)
{
    bool was_running = rtc_running(s);
    bool divider_ran = rtc_divider_runs(s->cmos_data[RTC_REG_A]);

    if (was_running && !rtc_divider_runs(val)) {
        rtc_update_time(s);
    }
    s->cmos_data[RTC_REG_A] = val & ~REG_A_UIP;
    if (!divider_ran && rtc_divider_runs(val)) {
        /* The first update comes half a second after the divider is released. */
        s->offset = NANOSECONDS_PER_SECOND / 2;
        if (rtc_running(s)) {
            rtc_set_time(s);
        }
    }
    rtc_periodic_timer_update(s, rtc_now_ns());
    rtc_check_update_timer(s);
}

static void rtc_write_reg_b(MC146818RtcState *s, uint8_t val)
{
    uint8_t old = s->cmos_data[RTC_REG_B];
    bool was_running = rtc_running(s);

    if (val & REG_B_SET) {
        if (was_running) {
            rtc_update_time(s);
        }
        val &= ~REG_B_UIE;
    } else if ((old & REG_B_SET) && rtc_divider_runs(s->cmos_data[RTC_REG_A])) {
        /* The divider has gone on: only the registers were held. */
        s->offset = rtc_guest_ns(s) % NANOSECONDS_PER_SECOND;
        rtc_set_time(s);
    }
    if (was_running && !(val & REG_B_SET) && ((old ^ val) & (REG_B_DM | REG_B_24H))) {
        rtc_update_time(s);
    }
    s->cmos_data[RTC_REG_B] = val;
    /* A flag that is set already interrupts when it is enabled. */
    if (val & s->cmos_data[RTC_REG_C] & REG_C_MASK) {
        s->cmos_data[RTC_REG_C] |= REG_C_IRQF;
        qemu_irq_raise(s->irq);
    } else {
        s->cmos_data[RTC_REG_C] &= ~REG_C_IRQF;
        qemu_irq_lower(s->irq);
    }
    if ((old ^ val) & REG_B_PIE) {
        rtc_periodic_timer_update(s, rtc_now_ns());
    }
    rtc_check_update_timer(s);
}

static void rtc_write_reg(MC146818RtcState *s, uint8_t val)
{
    switch (s->cmos_index) {
    case RTC_SECONDS_ALARM:
    case RTC_MINUTES_ALARM:
    case RTC_HOURS_ALARM:
        s->cmos_data[s->cmos_index] = val;
        rtc_check_update_timer(s);
        break;
    case RTC_IBM_PS2_CENTURY_BYTE:
        s->cmos_index = RTC_CENTURY;
        /* fall through */
    case RTC_CENTURY:
    case RTC_SECONDS:
    case RTC_MINUTES:
    case RTC_HOURS:
    case RTC_DAY_OF_WEEK:
    case RTC_DAY_OF_MONTH:
    case RTC_MONTH:
    case RTC_YEAR:
        if (rtc_running(s)) {
            uint64_t fraction = rtc_guest_ns(s) % NANOSECONDS_PER_SECOND;

            rtc_update_time(s);
            s->cmos_data[s->cmos_index] = val;
            s->offset = fraction;
            rtc_set_time(s);
            rtc_check_update_timer(s);
        } else {
            s->cmos_data[s->cmos_index] = val;
        }
        break;
    case RTC_REG_A:
        rtc_write_reg_a(s, val);
        break;
    case RTC_REG_B:
        rtc_write_reg_b(s, val);
        break;
    case RTC_REG_C:
    case RTC_REG_D:
        break; /* read only */
    default:
        s->cmos_data[s->cmos_index] = val;
    }
}

static void cmos_ioport_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    MC146818RtcState *s = opaque;

    if ((addr & 1) == 0) {
        s->cmos_index = data & 0x7f; /* bit 7 masks NMI, of which this board has none */
    } else {
        trace_cmos_write(s->cmos_index, data);
        rtc_write_reg(s, data);
    }
}

static uint64_t cmos_ioport_read(void *opaque, hwaddr addr, unsigned size)
{
    MC146818RtcState *s = opaque;
    uint8_t index = s->cmos_index;
    uint8_t ret;

    if ((addr & 1) == 0) {
        return 0xff; /* write only */
    }
    ret = rtc_read_reg(s);
    trace_cmos_read(index, ret);
    return ret;
}

static const MemoryRegionOps cmos_ops = {
    .read = cmos_ioport_read,
    .write = cmos_ioport_write,
    .impl = {.min_access_size = 1, .max_access_size = 1},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- for the machine and the monitor ---- */

void mc146818rtc_set_cmos_data(MC146818RtcState *s, int addr, int val)
{
    if (addr >= 0 && addr < ARRAY_SIZE(s->cmos_data)) {
        s->cmos_data[addr] = val;
    }
}

int mc146818rtc_get_cmos_data(MC146818RtcState *s, int addr)
{
    return addr >= 0 && addr < ARRAY_SIZE(s->cmos_data) ? s->cmos_data[addr] : 0;
}

void qmp_rtc_reset_reinjection(Error **errp)
{
    MC146818RtcState *s;

    QLIST_FOREACH (s, &rtc_devices, link) {
        s->irq_coalesced = 0;
    }
}

static void rtc_get_date(Object *obj, struct tm *current_tm, Error **errp)
{
    MC146818RtcState *s = MC146818_RTC(obj);

    if (rtc_running(s)) {
        rtc_update_time(s);
    }
    rtc_get_time(s, current_tm);
}

static void rtc_set_date_from_host(MC146818RtcState *s)
{
    struct tm tm;

    qemu_get_timedate(&tm, 0);
    s->base_rtc = mktimegm(&tm);
    s->last_update = rtc_now_ns();
    s->offset = 0;
    rtc_put_time(s, &tm);
}

/* ---- reset and migration ---- */

/* A reset leaves the time and the RAM, which have a battery, as they are. */
static void rtc_reset_enter(Object *obj, ResetType type)
{
    MC146818RtcState *s = MC146818_RTC(obj);

    if (rtc_running(s)) {
        rtc_update_time(s);
    }
    s->cmos_data[RTC_REG_B] &= ~(REG_B_PIE | REG_B_AIE | REG_B_UIE | REG_B_SQWE);
    s->cmos_data[RTC_REG_C] = 0;
    s->irq_coalesced = 0;
    s->irq_reinject_on_ack_count = 0;
    timer_del(&s->coalesced_timer);
    rtc_periodic_timer_update(s, rtc_now_ns());
    rtc_check_update_timer(s);
}

static void rtc_reset_hold(Object *obj, ResetType type)
{
    qemu_irq_lower(MC146818_RTC(obj)->irq);
}

static int rtc_pre_save(void *opaque)
{
    MC146818RtcState *s = opaque;

    if (rtc_running(s)) {
        rtc_update_time(s);
    }
    return 0;
}

static int rtc_post_load(void *opaque, int version_id)
{
    MC146818RtcState *s = opaque;

    if (s->cmos_index > 127) {
        return -EINVAL;
    }
    if (version_id <= 2 || rtc_clock == QEMU_CLOCK_REALTIME) {
        /* That clock means nothing here: go on from the registers. */
        rtc_set_time(s);
        s->offset = 0;
    }
    s->period = rtc_period(s->cmos_data[RTC_REG_A]);
    /* The guest's own clock goes on where it was; the host clocks of two machines differ. */
    if (version_id <= 2 || rtc_clock != QEMU_CLOCK_VIRTUAL) {
        rtc_periodic_timer_update(s, rtc_now_ns());
        rtc_check_update_timer(s);
    }
    if (version_id >= 2 && rtc_slews(s)) {
        rtc_coalesced_timer_update(s);
    }
    return 0;
}

static bool rtc_irq_reinject_on_ack_count_needed(void *opaque)
{
    MC146818RtcState *s = opaque;

    return s->irq_reinject_on_ack_count != 0;
}

static const VMStateDescription vmstate_rtc_irq_reinject_on_ack_count = {
    .name = "mc146818rtc/irq_reinject_on_ack_count",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = rtc_irq_reinject_on_ack_count_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT16(irq_reinject_on_ack_count, MC146818RtcState),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_rtc = {
    .name = "mc146818rtc",
    .version_id = 3,
    .minimum_version_id = 1,
    .pre_save = rtc_pre_save,
    .post_load = rtc_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_BUFFER(cmos_data, MC146818RtcState),
            VMSTATE_UINT8(cmos_index, MC146818RtcState),
            VMSTATE_UNUSED(7 * 4),
            VMSTATE_TIMER(periodic_timer, MC146818RtcState),
            VMSTATE_UINT64(next_periodic_time, MC146818RtcState),
            VMSTATE_UNUSED(3 * 8),
            VMSTATE_UINT32_V(irq_coalesced, MC146818RtcState, 2),
            VMSTATE_UINT32_V(period, MC146818RtcState, 2),
            VMSTATE_UINT64_V(base_rtc, MC146818RtcState, 3),
            VMSTATE_UINT64_V(last_update, MC146818RtcState, 3),
            VMSTATE_INT64_V(offset, MC146818RtcState, 3),
            VMSTATE_TIMER_V(update_timer, MC146818RtcState, 3),
            VMSTATE_UINT64_V(next_alarm_time, MC146818RtcState, 3),
            VMSTATE_END_OF_LIST(),
        },
    .subsections =
        (const VMStateDescription *const[]){
            &vmstate_rtc_irq_reinject_on_ack_count,
            NULL,
        },
};

/* ---- object ---- */

static const Property mc146818rtc_properties[] = {
    DEFINE_PROP_INT32("base_year", MC146818RtcState, base_year, 1980),
    DEFINE_PROP_UINT16("iobase", MC146818RtcState, io_base, 0x70),
    DEFINE_PROP_UINT8("irq", MC146818RtcState, isairq, RTC_ISA_IRQ),
    DEFINE_PROP_LOSTTICKPOLICY("lost_tick_policy", MC146818RtcState, lost_tick_policy,
                               LOST_TICK_POLICY_DISCARD),
};

static void rtc_realizefn(DeviceState *dev, Error **errp)
{
    ISADevice *isadev = ISA_DEVICE(dev);
    MC146818RtcState *s = MC146818_RTC(dev);

    if (!isa_check_irq("irq", s->isairq, errp)) {
        return;
    }
    if (!rtc_slews(s) && s->lost_tick_policy != LOST_TICK_POLICY_DISCARD) {
        error_setg(errp,
                   "Property 'lost_tick_policy' of %s can't be '%s': 'discard' or 'slew' "
                   "was expected",
                   TYPE_MC146818_RTC, LostTickPolicy_str(s->lost_tick_policy));
        return;
    }
    if (s->base_year == 2000) {
        /* How boards say that the century is in the RAM, and the year the last two digits. */
        s->base_year = 0;
    }
    s->cmos_data[RTC_REG_A] = 0x26;
    s->cmos_data[RTC_REG_B] = REG_B_24H;
    s->cmos_data[RTC_REG_D] = REG_D_VRT;
    rtc_set_date_from_host(s);

    timer_init_ns(&s->periodic_timer, rtc_clock, rtc_periodic_timer, s);
    timer_init_ns(&s->update_timer, rtc_clock, rtc_update_timer, s);
    timer_init_ns(&s->coalesced_timer, rtc_clock, rtc_coalesced_timer, s);
    rtc_check_update_timer(s);

    memory_region_init_io(&s->io, OBJECT(s), &cmos_ops, s, "rtc", 2);
    isa_register_ioport(isadev, &s->io, s->io_base);
    memory_region_set_flush_coalesced(&s->io);
    memory_region_init_io(&s->coalesced_io, OBJECT(s), &cmos_ops, s, "rtc-index", 1);
    memory_region_add_subregion(&s->io, 0, &s->coalesced_io);
    memory_region_add_coalescing(&s->coalesced_io, 0, 1);

    qdev_init_gpio_out(dev, &s->irq, 1);
    QLIST_INSERT_HEAD(&rtc_devices, s, link);
}

static void rtc_unrealize(DeviceState *dev)
{
    MC146818RtcState *s = MC146818_RTC(dev);

    QLIST_REMOVE(s, link);
    timer_del(&s->periodic_timer);
    timer_del(&s->update_timer);
    timer_del(&s->coalesced_timer);
}

MC146818RtcState *mc146818_rtc_init(ISABus *bus, int base_year, qemu_irq intercept_irq)
{
    ISADevice *isadev = isa_new(TYPE_MC146818_RTC);
    DeviceState *dev = DEVICE(isadev);
    MC146818RtcState *s = MC146818_RTC(isadev);

    qdev_prop_set_int32(dev, "base_year", base_year);
    isa_realize_and_unref(isadev, bus, &error_fatal);
    if (intercept_irq) {
        qdev_connect_gpio_out(dev, 0, intercept_irq);
    } else {
        isa_connect_gpio_out(isadev, 0, s->isairq);
    }
    return s;
}

static void rtc_build_aml(AcpiDevAmlIf *adev, Aml *scope)
{
    MC146818RtcState *s = MC146818_RTC(adev);
    Aml *dev = aml_device("RTC"), *crs = aml_resource_template();

    /* As in the ACPI specification's example: the range that the chip's ports repeat in. */
    aml_append(crs, aml_io(AML_DECODE16, s->io_base, s->io_base, 1, 8));
    aml_append(crs, aml_irq_no_flags(s->isairq));
    aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0B00")));
    aml_append(dev, aml_name_decl("_CRS", crs));
    aml_append(scope, dev);
}

static void rtc_initfn(Object *obj)
{
    object_property_add_tm(obj, "date", rtc_get_date);
}

static void rtc_class_initfn(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->realize = rtc_realizefn;
    dc->unrealize = rtc_unrealize;
    dc->vmsd = &vmstate_rtc;
    rc->phases.enter = rtc_reset_enter;
    rc->phases.hold = rtc_reset_hold;
    ACPI_DEV_AML_IF_CLASS(klass)->build_dev_aml = rtc_build_aml;
    device_class_set_props(dc, mc146818rtc_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
}

static const TypeInfo mc146818rtc_types[] = {
    {
        .name = TYPE_MC146818_RTC,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(MC146818RtcState),
        .instance_init = rtc_initfn,
        .class_init = rtc_class_initfn,
        .interfaces = (const InterfaceInfo[]){{TYPE_ACPI_DEV_AML_IF}, {}},
    },
};

DEFINE_TYPES(mc146818rtc_types)
