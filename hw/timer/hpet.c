/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * High precision event timer block: a 64-bit counter of 100 MHz and 3 to 32
 * comparators.
 *
 * IA-PC HPET specification 1.0a: 2.3 registers, 2.3.9.2 modes, 2.3.9.1 32-bit
 * timers, 2.3.2.5 legacy replacement routing, 2.4.2 FSB delivery.
 *
 * A comparator whose interrupt is disabled sets no status bit. One that is
 * written with a time that has just gone by fires at once.
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/qdev-properties.h"
#include "hw/rtc/mc146818rtc_regs.h"
#include "hw/sysbus.h"
#include "hw/timer/hpet.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "trace/trace-hw_timer.h"

/* Block registers */
#define HPET_ID      0x000 /* capabilities, low; period of the counter, high */
#define HPET_CFG     0x010
#define HPET_STATUS  0x020
#define HPET_COUNTER 0x0f0
/* Timer registers, from 100h in steps of 20h */
#define HPET_TN_BASE                0x100
#define HPET_TN_CFG                 0x00
#define HPET_TN_CMP                 0x08
#define HPET_TN_ROUTE               0x10

#define HPET_ID_REV                 0x01
#define HPET_ID_NUM_SHIFT           8
#define HPET_ID_64BIT               (1ull << 13)
#define HPET_ID_LEGACY              (1ull << 15)
#define HPET_ID_VENDOR              (0x8086ull << 16)

#define HPET_CFG_ENABLE             0x1
#define HPET_CFG_LEGACY             0x2
#define HPET_CFG_WRITE_MASK         0x3

#define HPET_TN_TYPE_LEVEL          (1ull << 1)
#define HPET_TN_ENABLE              (1ull << 2)
#define HPET_TN_PERIODIC            (1ull << 3)
#define HPET_TN_PERIODIC_CAP        (1ull << 4)
#define HPET_TN_SIZE_CAP            (1ull << 5)
#define HPET_TN_SETVAL              (1ull << 6)
#define HPET_TN_32BIT               (1ull << 8)
#define HPET_TN_INT_ROUTE_SHIFT     9
#define HPET_TN_INT_ROUTE_MASK      0x1f
#define HPET_TN_FSB_ENABLE          (1ull << 14)
#define HPET_TN_FSB_CAP             (1ull << 15)
#define HPET_TN_INT_ROUTE_CAP_SHIFT 32
#define HPET_TN_CFG_WRITE_MASK      0x7f4e

#define HPET_NUM_IRQ_ROUTES         32
#define HPET_NS_PER_TICK            (HPET_CLK_PERIOD / 1000000)

/* A comparator written with a value this little behind the counter was meant to be reached. */
#define HPET_PAST_TICKS (1u << 24)
/* The shortest time between two interrupts of a periodic timer, in ns. */
#define HPET_MIN_INTERVAL_NS 10000
/* So many ticks of a periodic timer a late host makes up for. */
#define HPET_MAX_LATE_TICKS 250

OBJECT_DECLARE_SIMPLE_TYPE(HPETState, HPET)

typedef struct HPETTimer {
    /* wiring */
    QEMUTimer qemu_timer;
    HPETState *state;

    /* state */
    uint8_t tn;
    uint64_t config;
    uint64_t cmp;
    uint64_t fsb;
    uint64_t period; /* ticks; the last value that was written to cmp in periodic mode */
} HPETTimer;

struct HPETState {
    SysBusDevice parent_obj;

    /* config */
    uint8_t num_timers;
    uint32_t intcap; /* lines that each timer can use */
    bool msi;
    bool hpet_offset_saved;

    /* wiring */
    MemoryRegion iomem;
    qemu_irq irqs[HPET_NUM_IRQ_ROUTES];
    qemu_irq pit_enabled;
    uint8_t hpet_id; /* number of the block */

    /* state */
    uint64_t capability;
    uint64_t config;
    uint64_t isr;
    uint64_t hpet_counter; /* while stopped; and in the stream */
    int64_t hpet_offset;   /* ns, added to the clock gives the counter while it runs */
    uint8_t rtc_irq_level;
    uint8_t num_timers_save; /* as found in the stream */
    HPETTimer timer[HPET_MAX_TIMERS];
};

HPETFwConfig hpet_fw_cfg;

/* ---- logic ---- */

static bool hpet_in_legacy_mode(const HPETState *s)
{
    return s->config & HPET_CFG_LEGACY;
}

static bool hpet_enabled(const HPETState *s)
{
    return s->config & HPET_CFG_ENABLE;
}

static bool hpet_timer_is_32bit(const HPETTimer *t)
{
    return t->config & HPET_TN_32BIT;
}

static bool hpet_timer_is_periodic(const HPETTimer *t)
{
    return t->config & HPET_TN_PERIODIC;
}

static bool hpet_timer_uses_fsb(const HPETTimer *t)
{
    return t->config & HPET_TN_FSB_ENABLE;
}

static uint64_t hpet_ticks_at(const HPETState *s, int64_t now)
{
    return hpet_enabled(s) ? (uint64_t)(now + s->hpet_offset) / HPET_NS_PER_TICK : s->hpet_counter;
}

static uint64_t hpet_get_ticks(const HPETState *s)
{
    return hpet_ticks_at(s, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
}

static int hpet_timer_route(const HPETTimer *t)
{
    if (t->tn <= 1 && hpet_in_legacy_mode(t->state)) {
        return t->tn == 0 ? 0 : RTC_ISA_IRQ;
    }
    return (t->config >> HPET_TN_INT_ROUTE_SHIFT) & HPET_TN_INT_ROUTE_MASK;
}

/* The timer's interrupt begins (@on), or a level ends. */
static void hpet_update_irq(HPETTimer *t, bool on)
{
    HPETState *s = t->state;
    uint64_t mask = 1ull << t->tn;
    int route = hpet_timer_route(t);

    trace_hpet_set_irq(t->tn, route, on);
    if (!on || !(t->config & HPET_TN_ENABLE) || !hpet_enabled(s)) {
        s->isr &= ~mask;
        if (!hpet_timer_uses_fsb(t)) {
            qemu_irq_lower(s->irqs[route]);
        }
    } else if (hpet_timer_uses_fsb(t)) {
        address_space_stl_le(&address_space_memory, t->fsb >> 32, t->fsb, MEMTXATTRS_UNSPECIFIED,
                             NULL);
    } else if (t->config & HPET_TN_TYPE_LEVEL) {
        s->isr |= mask;
        qemu_irq_raise(s->irqs[route]);
    } else {
        s->isr &= ~mask;
        qemu_irq_pulse(s->irqs[route]);
    }
}

/* Ticks from @cur until @t matches; UINT64_MAX: never. @past_ok: just missed counts as now. */
static uint64_t hpet_ticks_to_match(const HPETTimer *t, uint64_t cur, bool past_ok)
{
    if (hpet_timer_is_32bit(t)) {
        uint32_t ahead = (uint32_t)t->cmp - (uint32_t)cur;

        if (past_ok && (uint32_t)-ahead < HPET_PAST_TICKS) {
            return 0;
        }
        return ahead ? ahead : 1ull << 32;
    }
    if (t->cmp > cur) {
        return t->cmp - cur;
    }
    return past_ok && cur - t->cmp < HPET_PAST_TICKS ? 0 : UINT64_MAX;
}

/*
 * Moves the comparator of a periodic timer on to its first match after @cur; returns how many
 * matches it went past.
 */
static uint64_t hpet_advance_periodic(HPETTimer *t, uint64_t cur)
{
    uint64_t behind, matches;

    if (!t->period) {
        return 0;
    }
    if (hpet_timer_is_32bit(t)) {
        behind = (uint32_t)((uint32_t)cur - (uint32_t)t->cmp);
        if (behind > INT32_MAX) {
            return 0;
        }
        matches = behind / t->period + 1;
        t->cmp = (uint32_t)(t->cmp + matches * t->period);
        return matches;
    }
    if (cur < t->cmp) {
        return 0;
    }
    matches = (cur - t->cmp) / t->period + 1;
    t->cmp += matches * t->period;
    return matches;
}

/* Sets the host timer for the next match after now, if that interrupts. */
static void hpet_arm(HPETTimer *t, bool past_ok)
{
    HPETState *s = t->state;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    uint64_t ticks;
    int64_t ns;

    if (!hpet_enabled(s) || !(t->config & HPET_TN_ENABLE)) {
        timer_del(&t->qemu_timer);
        return;
    }
    if (hpet_timer_is_periodic(t) && !past_ok) {
        hpet_advance_periodic(t, hpet_ticks_at(s, now));
    }
    ticks = hpet_ticks_to_match(t, hpet_ticks_at(s, now), past_ok);
    if (ticks > INT64_MAX / HPET_NS_PER_TICK / 2) {
        timer_del(&t->qemu_timer);
        return;
    }
    ns = ticks * HPET_NS_PER_TICK;
    if (hpet_timer_is_periodic(t) && !past_ok) {
        ns = MAX(ns, HPET_MIN_INTERVAL_NS);
    }
    timer_mod(&t->qemu_timer, now + ns);
}

/*
 * Ticks that are due now: more than one when the host is late. How the interrupt controllers
 * keep them apart: ioapic_accepted(). Periods that no host keeps up with don't count.
 */
static unsigned hpet_ticks_due(HPETTimer *t)
{
    uint64_t matches;

    if (!hpet_timer_is_periodic(t)) {
        return 1;
    }
    matches = hpet_advance_periodic(t, hpet_get_ticks(t->state));
    if (t->period < HPET_MIN_INTERVAL_NS / HPET_NS_PER_TICK || hpet_timer_uses_fsb(t) ||
        (t->config & HPET_TN_TYPE_LEVEL)) {
        return 1;
    }
    return MAX(MIN(matches, HPET_MAX_LATE_TICKS), 1);
}

static void hpet_timer_expired(void *opaque)
{
    HPETTimer *t = opaque;
    unsigned ticks = hpet_ticks_due(t);

    trace_hpet_timer_expired(t->tn, hpet_get_ticks(t->state));
    /* One-shot timers of 32 bits match again when the counter has wrapped. */
    hpet_arm(t, false);
    while (ticks--) {
        hpet_update_irq(t, true);
    }
}

static void hpet_start(HPETState *s)
{
    s->hpet_offset =
        (int64_t)(s->hpet_counter * HPET_NS_PER_TICK) - qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    for (int i = 0; i < s->num_timers; i++) {
        if ((s->timer[i].config & HPET_TN_ENABLE) && (s->isr & (1ull << i))) {
            hpet_update_irq(&s->timer[i], true);
        }
        hpet_arm(&s->timer[i], false);
    }
}

static void hpet_stop(HPETState *s)
{
    for (int i = 0; i < s->num_timers; i++) {
        timer_del(&s->timer[i].qemu_timer);
    }
}

/* The PIT's and the RTC's interrupt, which legacy mode replaces. */
static void hpet_handle_legacy_irq(void *opaque, int n, int level)
{
    HPETState *s = HPET(opaque);

    if (n == HPET_LEGACY_PIT_INT) {
        if (!hpet_in_legacy_mode(s)) {
            qemu_set_irq(s->irqs[0], level);
        }
    } else {
        s->rtc_irq_level = level;
        if (!hpet_in_legacy_mode(s)) {
            qemu_set_irq(s->irqs[RTC_ISA_IRQ], level);
        }
    }
}

/* ---- registers ---- */

static uint64_t hpet_timer_read(HPETState *s, hwaddr addr)
{
    unsigned id = (addr - HPET_TN_BASE) / 0x20;
    HPETTimer *t;

    if (id >= s->num_timers) {
        qemu_log_mask(LOG_GUEST_ERROR, "hpet: read of missing timer %u\n", id);
        return 0;
    }
    t = &s->timer[id];
    switch (addr & 0x18) {
    case HPET_TN_CFG:
        return t->config;
    case HPET_TN_CMP:
        if (hpet_timer_is_periodic(t) && hpet_enabled(s)) {
            hpet_advance_periodic(t, hpet_get_ticks(s));
        }
        return t->cmp;
    case HPET_TN_ROUTE:
        return t->fsb;
    default:
        return 0;
    }
}

static uint64_t hpet_ram_read(void *opaque, hwaddr addr, unsigned size)
{
    HPETState *s = opaque;
    hwaddr reg = addr & ~7ull;
    uint64_t val;

    if (reg >= HPET_TN_BASE) {
        val = hpet_timer_read(s, reg);
    } else {
        switch (reg) {
        case HPET_ID:
            val = s->capability;
            break;
        case HPET_CFG:
            val = s->config;
            break;
        case HPET_STATUS:
            val = s->isr;
            break;
        case HPET_COUNTER:
            val = hpet_get_ticks(s);
            break;
        default:
            val = 0;
        }
    }
    val = size == 8 ? val : (uint32_t)(val >> (addr & 4) * 8);
    trace_hpet_reg_read(addr, size, val);
    return val;
}

static void hpet_write_timer_config(HPETTimer *t, uint64_t new)
{
    uint64_t old = t->config;
    uint64_t mask = HPET_TN_CFG_WRITE_MASK;

    if (!(old & HPET_TN_FSB_CAP)) {
        mask &= ~HPET_TN_FSB_ENABLE;
    }
    new = (new &mask) | (old & ~mask);
    if ((t->state->isr & (1ull << t->tn)) &&
        (!(new &HPET_TN_ENABLE) || !(new &HPET_TN_TYPE_LEVEL) ||
         ((old ^ new) &
          (HPET_TN_FSB_ENABLE | HPET_TN_INT_ROUTE_MASK << HPET_TN_INT_ROUTE_SHIFT)))) {
        /* While the old route is still known. */
        hpet_update_irq(t, false);
    }
    t->config = new;
    if (new &HPET_TN_32BIT) {
        t->cmp = (uint32_t)t->cmp;
        t->period = (uint32_t)t->period;
    }
    if ((old ^ new) & (HPET_TN_ENABLE | HPET_TN_PERIODIC | HPET_TN_32BIT)) {
        hpet_arm(t, false);
    }
}

static void hpet_write_timer_cmp(HPETTimer *t, uint64_t val, unsigned shift, unsigned len)
{
    if (hpet_timer_is_32bit(t) && shift) {
        return; /* no upper half */
    }
    if (!hpet_timer_is_periodic(t) || (t->config & HPET_TN_SETVAL)) {
        t->cmp = deposit64(t->cmp, shift, len, val);
    }
    if (hpet_timer_is_periodic(t)) {
        t->period = deposit64(t->period, shift, len, val);
    }
    if (hpet_timer_is_32bit(t)) {
        t->cmp = (uint32_t)t->cmp;
        t->period = (uint32_t)t->period;
    }
    t->config &= ~HPET_TN_SETVAL;
    hpet_arm(t, !hpet_timer_is_periodic(t));
}

static void hpet_timer_write(HPETState *s, hwaddr addr, uint64_t val, unsigned shift, unsigned len)
{
    unsigned id = (addr - HPET_TN_BASE) / 0x20;
    HPETTimer *t;

    if (id >= s->num_timers) {
        qemu_log_mask(LOG_GUEST_ERROR, "hpet: write to missing timer %u\n", id);
        return;
    }
    t = &s->timer[id];
    switch (addr & 0x18) {
    case HPET_TN_CFG:
        hpet_write_timer_config(t, deposit64(t->config, shift, len, val));
        break;
    case HPET_TN_CMP:
        hpet_write_timer_cmp(t, val, shift, len);
        break;
    case HPET_TN_ROUTE:
        t->fsb = deposit64(t->fsb, shift, len, val);
        break;
    }
}

static void hpet_write_config(HPETState *s, uint64_t new)
{
    uint64_t old = s->config;

    new = (new &HPET_CFG_WRITE_MASK) | (old & ~(uint64_t)HPET_CFG_WRITE_MASK);
    if (old & ~new &HPET_CFG_ENABLE) {
        s->hpet_counter = hpet_get_ticks(s);
        hpet_stop(s);
    }
    s->config = new;
    if (~old & new &HPET_CFG_ENABLE) {
        hpet_start(s);
    }
    if (~old & new &HPET_CFG_LEGACY) {
        qemu_set_irq(s->pit_enabled, 0);
        qemu_irq_lower(s->irqs[0]);
        qemu_irq_lower(s->irqs[RTC_ISA_IRQ]);
    } else if (old & ~new &HPET_CFG_LEGACY) {
        qemu_irq_lower(s->irqs[0]);
        qemu_set_irq(s->pit_enabled, 1);
        qemu_set_irq(s->irqs[RTC_ISA_IRQ], s->rtc_irq_level);
    }
}

static void hpet_write_status(HPETState *s, uint64_t val)
{
    val &= s->isr;
    for (int i = 0; i < s->num_timers; i++) {
        if (val & (1ull << i)) {
            hpet_update_irq(&s->timer[i], false);
        }
    }
}

static void hpet_ram_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    HPETState *s = opaque;
    hwaddr reg = addr & ~7ull;
    unsigned shift = (addr & 4) * 8;
    unsigned len = size * 8;

    trace_hpet_reg_write(addr, size, val);
    if (reg >= HPET_TN_BASE) {
        hpet_timer_write(s, reg, val, shift, len);
        return;
    }
    switch (reg) {
    case HPET_ID:
        break;
    case HPET_CFG:
        hpet_write_config(s, deposit64(s->config, shift, len, val));
        break;
    case HPET_STATUS:
        hpet_write_status(s, val << shift);
        break;
    case HPET_COUNTER:
        if (hpet_enabled(s)) {
            qemu_log_mask(LOG_GUEST_ERROR, "hpet: write to the counter while it runs\n");
        } else {
            s->hpet_counter = deposit64(s->hpet_counter, shift, len, val);
        }
        break;
    }
}

static const MemoryRegionOps hpet_ram_ops = {
    .read = hpet_ram_read,
    .write = hpet_ram_write,
    .valid = {.min_access_size = 4, .max_access_size = 8},
    .impl = {.min_access_size = 4, .max_access_size = 8},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- reset and migration ---- */

static void hpet_set_capability(HPETState *s)
{
    s->capability = HPET_ID_REV | HPET_ID_VENDOR | HPET_ID_64BIT | HPET_ID_LEGACY |
                    (uint64_t)(s->num_timers - 1) << HPET_ID_NUM_SHIFT |
                    (uint64_t)HPET_CLK_PERIOD << 32;
}

static void hpet_reset_hold(Object *obj, ResetType type)
{
    HPETState *s = HPET(obj);

    hpet_stop(s);
    for (int i = 0; i < s->num_timers; i++) {
        HPETTimer *t = &s->timer[i];

        t->cmp = ~0ull;
        t->config = HPET_TN_PERIODIC_CAP | HPET_TN_SIZE_CAP | (s->msi ? HPET_TN_FSB_CAP : 0) |
                    (uint64_t)s->intcap << HPET_TN_INT_ROUTE_CAP_SHIFT;
        t->fsb = 0;
        t->period = 0;
    }
    s->config = 0;
    s->isr = 0;
    s->hpet_counter = 0;
    s->hpet_offset = 0;
    s->rtc_irq_level = 0;
    qemu_set_irq(s->pit_enabled, 1);

    hpet_set_capability(s);
    hpet_fw_cfg.hpet[s->hpet_id].event_timer_block_id = (uint32_t)s->capability;
    hpet_fw_cfg.hpet[s->hpet_id].address = SYS_BUS_DEVICE(s)->mmio[0].addr;
}

static int hpet_pre_save(void *opaque)
{
    HPETState *s = opaque;

    s->hpet_counter = hpet_get_ticks(s);
    s->num_timers_save = s->num_timers;
    return 0;
}

static int hpet_pre_load(void *opaque)
{
    HPETState *s = opaque;

    /* Streams of version 1 do not have it. */
    s->num_timers_save = HPET_MIN_TIMERS;
    return 0;
}

static bool hpet_validate_num_timers(void *opaque, int version_id)
{
    HPETState *s = opaque;

    return s->num_timers_save == s->num_timers;
}

static int hpet_post_load(void *opaque, int version_id)
{
    HPETState *s = opaque;

    for (int i = 0; i < s->num_timers; i++) {
        s->timer[i].tn = i;
    }
    if (!s->hpet_offset_saved) {
        s->hpet_offset =
            (int64_t)(s->hpet_counter * HPET_NS_PER_TICK) - qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    }
    return 0;
}

static bool hpet_offset_needed(void *opaque)
{
    HPETState *s = opaque;

    return hpet_enabled(s) && s->hpet_offset_saved;
}

static bool hpet_rtc_irq_level_needed(void *opaque)
{
    HPETState *s = opaque;

    return s->rtc_irq_level != 0;
}

static const VMStateDescription vmstate_hpet_rtc_irq_level = {
    .name = "hpet/rtc_irq_level",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = hpet_rtc_irq_level_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(rtc_irq_level, HPETState),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_hpet_offset = {
    .name = "hpet/offset",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = hpet_offset_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_INT64(hpet_offset, HPETState),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_hpet_timer = {
    .name = "hpet_timer",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(tn, HPETTimer),
            VMSTATE_UINT64(config, HPETTimer),
            VMSTATE_UINT64(cmp, HPETTimer),
            VMSTATE_UINT64(fsb, HPETTimer),
            VMSTATE_UINT64(period, HPETTimer),
            VMSTATE_UNUSED(1), /* whether the counter's wrap-around is still to interrupt */
            VMSTATE_TIMER(qemu_timer, HPETTimer),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_hpet = {
    .name = "hpet",
    .version_id = 2,
    .minimum_version_id = 1,
    .pre_save = hpet_pre_save,
    .pre_load = hpet_pre_load,
    .post_load = hpet_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT64(config, HPETState),
            VMSTATE_UINT64(isr, HPETState),
            VMSTATE_UINT64(hpet_counter, HPETState),
            VMSTATE_UINT8_V(num_timers_save, HPETState, 2),
            VMSTATE_VALIDATE("the number of timers", hpet_validate_num_timers),
            VMSTATE_STRUCT_VARRAY_UINT8(timer, HPETState, num_timers, 0, vmstate_hpet_timer,
                                        HPETTimer),
            VMSTATE_END_OF_LIST(),
        },
    .subsections =
        (const VMStateDescription *const[]){
            &vmstate_hpet_rtc_irq_level,
            &vmstate_hpet_offset,
            NULL,
        },
};

/* ---- object ---- */

static const Property hpet_device_properties[] = {
    DEFINE_PROP_UINT8("timers", HPETState, num_timers, HPET_MIN_TIMERS),
    DEFINE_PROP_BOOL("msi", HPETState, msi, false),
    DEFINE_PROP_UINT32("hpet-intcap", HPETState, intcap, 0),
    DEFINE_PROP_BOOL("hpet-offset-saved", HPETState, hpet_offset_saved, true),
};

static void hpet_init(Object *obj)
{
    HPETState *s = HPET(obj);

    memory_region_init_io(&s->iomem, obj, &hpet_ram_ops, s, "hpet", HPET_LEN);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->iomem);
}

static void hpet_realize(DeviceState *dev, Error **errp)
{
    HPETState *s = HPET(dev);

    if (!s->intcap) {
        warn_report("hpet: no interrupt line is in property 'hpet-intcap'");
    }
    if (s->num_timers < HPET_MIN_TIMERS || s->num_timers > HPET_MAX_TIMERS) {
        error_setg(errp, "Property 'timers' can't be %u: an HPET has %d to %d timers",
                   s->num_timers, HPET_MIN_TIMERS, HPET_MAX_TIMERS);
        return;
    }
    if (hpet_fw_cfg.count == HPET_MAX_BLOCKS) {
        error_setg(errp, "A machine has at most %d HPETs", HPET_MAX_BLOCKS);
        return;
    }
    s->hpet_id = hpet_fw_cfg.count++;

    for (int i = 0; i < HPET_NUM_IRQ_ROUTES; i++) {
        sysbus_init_irq(SYS_BUS_DEVICE(dev), &s->irqs[i]);
    }
    for (int i = 0; i < HPET_MAX_TIMERS; i++) {
        HPETTimer *t = &s->timer[i];

        timer_init_ns(&t->qemu_timer, QEMU_CLOCK_VIRTUAL, hpet_timer_expired, t);
        t->tn = i;
        t->state = s;
    }
    hpet_set_capability(s);
    qdev_init_gpio_in(dev, hpet_handle_legacy_irq, 2);
    qdev_init_gpio_out(dev, &s->pit_enabled, 1);
}

static void hpet_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = hpet_realize;
    dc->vmsd = &vmstate_hpet;
    device_class_set_props(dc, hpet_device_properties);
    RESETTABLE_CLASS(klass)->phases.hold = hpet_reset_hold;
}

static const TypeInfo hpet_types[] = {
    {
        .name = TYPE_HPET,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(HPETState),
        .instance_init = hpet_init,
        .class_init = hpet_class_init,
    },
};

DEFINE_TYPES(hpet_types)
