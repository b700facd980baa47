/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI fixed hardware (ACPI 6.5, 4.8). */

#include "qemu/osdep.h"
#include "hw/acpi/acpi.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "system/runstate.h"

/* ---- timer (4.8.2.1) ---- */

static int64_t now_ticks(void)
{
    return muldiv64(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), PM_TIMER_FREQUENCY,
                    NANOSECONDS_PER_SECOND);
}

/* The status bit is set whenever bit 23 changes. */
static void calc_overflow_time(ACPIREGS *ar)
{
    ar->tmr_overflow_time = (now_ticks() + 0x800000) & ~0x7fffffLL;
}

static void tmr_callback(void *opaque)
{
    ACPIREGS *ar = opaque;

    ar->update_sci(ar);
}

void acpi_pm_tmr_update(ACPIREGS *ar, bool enable)
{
    if (enable) {
        /* Rounded up: a callback that comes a tick early would see nothing and be rearmed. */
        timer_mod(ar->tmr_timer,
                  muldiv64(ar->tmr_overflow_time, NANOSECONDS_PER_SECOND, PM_TIMER_FREQUENCY) + 1);
    } else {
        timer_del(ar->tmr_timer);
    }
}

static uint64_t tmr_read(void *opaque, hwaddr addr, unsigned width)
{
    return (uint32_t)(now_ticks() & 0xffffff) >> (8 * addr);
}

static void ignore_write(void *opaque, hwaddr addr, uint64_t val, unsigned width)
{
}

static const MemoryRegionOps tmr_ops = {
    .read = tmr_read,
    .write = ignore_write,
    .impl = {.min_access_size = 4, .max_access_size = 4},
    .valid = {.min_access_size = 1, .max_access_size = 4},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

void acpi_pm_tmr_init(ACPIREGS *ar, ACPIUpdateSCI *update_sci, MemoryRegion *parent)
{
    ar->update_sci = update_sci;
    ar->tmr_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, tmr_callback, ar);
    memory_region_init_io(&ar->tmr_io, memory_region_owner(parent), &tmr_ops, ar, "acpi-tmr", 4);
    memory_region_add_subregion(parent, 8, &ar->tmr_io);
}

void acpi_pm_tmr_reset(ACPIREGS *ar)
{
    ar->tmr_overflow_time = 0;
    timer_del(ar->tmr_timer);
}

/* ---- PM1 events (4.8.3.1) ---- */

uint16_t acpi_pm1_evt_get_sts(ACPIREGS *ar)
{
    if (now_ticks() >= ar->tmr_overflow_time) {
        ar->pm1_sts |= ACPI_BITMASK_TIMER_STATUS;
    }
    return ar->pm1_sts;
}

static void write_sts(ACPIREGS *ar, uint16_t val)
{
    uint16_t sts = acpi_pm1_evt_get_sts(ar);

    if (sts & val & ACPI_BITMASK_TIMER_STATUS) {
        calc_overflow_time(ar);
    }
    ar->pm1_sts &= ~val;
}

static void write_en(ACPIREGS *ar, uint16_t val)
{
    ar->pm1_en = val;
    qemu_system_wakeup_enable(QEMU_WAKEUP_REASON_RTC, val & ACPI_BITMASK_RT_CLOCK_ENABLE);
    qemu_system_wakeup_enable(QEMU_WAKEUP_REASON_PMTIMER, val & ACPI_BITMASK_TIMER_ENABLE);
}

static uint64_t evt_read(void *opaque, hwaddr addr, unsigned width)
{
    ACPIREGS *ar = opaque;

    return addr == 0 ? acpi_pm1_evt_get_sts(ar) : ar->pm1_en;
}

static void evt_write(void *opaque, hwaddr addr, uint64_t val, unsigned width)
{
    ACPIREGS *ar = opaque;

    if (addr == 0) {
        write_sts(ar, val);
    } else {
        write_en(ar, val);
    }
    ar->update_sci(ar);
}

static const MemoryRegionOps evt_ops = {
    .read = evt_read,
    .write = evt_write,
    .impl = {.min_access_size = 2, .max_access_size = 2},
    .valid = {.min_access_size = 1, .max_access_size = 2},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static void on_wakeup(Notifier *notifier, void *data)
{
    ACPIREGS *ar = container_of(notifier, ACPIREGS, wakeup);

    ar->pm1_sts |= ACPI_BITMASK_WAKE_STATUS;
    switch (*(WakeupReason *)data) {
    case QEMU_WAKEUP_REASON_RTC:
        ar->pm1_sts |= ACPI_BITMASK_RT_CLOCK_STATUS;
        break;
    case QEMU_WAKEUP_REASON_PMTIMER:
        ar->pm1_sts |= ACPI_BITMASK_TIMER_STATUS;
        break;
    case QEMU_WAKEUP_REASON_OTHER:
        /* A key or a command: the power button is what firmware expects then. */
        ar->pm1_sts |= ACPI_BITMASK_POWER_BUTTON_STATUS;
        break;
    default:
        break;
    }
}

void acpi_pm1_evt_init(ACPIREGS *ar, ACPIUpdateSCI *update_sci, MemoryRegion *parent)
{
    ar->update_sci = update_sci;
    memory_region_init_io(&ar->evt_io, memory_region_owner(parent), &evt_ops, ar, "acpi-evt", 4);
    memory_region_add_subregion(parent, 0, &ar->evt_io);
    ar->wakeup.notify = on_wakeup;
    qemu_register_wakeup_notifier(&ar->wakeup);
    /* Registered here, because this is where wake events are reported. */
    qemu_register_wakeup_support();
}

void acpi_pm1_evt_reset(ACPIREGS *ar)
{
    ar->pm1_sts = 0;
    write_en(ar, 0);
}

void acpi_pm1_evt_power_down(ACPIREGS *ar)
{
    if (ar->pm1_en & ACPI_BITMASK_POWER_BUTTON_ENABLE) {
        ar->pm1_sts |= ACPI_BITMASK_POWER_BUTTON_STATUS;
        ar->update_sci(ar);
    }
}

/* ---- PM1 control (4.8.3.2) ---- */

static void sleep_request(ACPIREGS *ar, unsigned type)
{
    if (type == 0) { /* S5 */
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    } else if (type == 1 && !ar->disable_s3) {
        qemu_system_suspend_request();
    } else if (type == ar->s4_val && !ar->disable_s4) {
        /* The guest wrote its memory to disk itself; this is power off. */
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    } else {
        qemu_log_mask(LOG_GUEST_ERROR, "acpi: sleep type %u is not one of the tables'\n", type);
    }
}

static uint64_t cnt_read(void *opaque, hwaddr addr, unsigned width)
{
    ACPIREGS *ar = opaque;

    return ar->pm1_cnt;
}

static void cnt_write(void *opaque, hwaddr addr, uint64_t val, unsigned width)
{
    ACPIREGS *ar = opaque;

    /* SLP_EN is write-only; SCI_EN belongs to the hardware in acpi_only machines. */
    ar->pm1_cnt = val & ~ACPI_BITMASK_SLEEP_ENABLE;
    if (ar->acpi_only) {
        ar->pm1_cnt |= ACPI_BITMASK_SCI_ENABLE;
    }
    if (val & ACPI_BITMASK_SLEEP_ENABLE) {
        sleep_request(ar, (val & ACPI_BITMASK_SLEEP_TYPE) >> 10);
    }
}

static const MemoryRegionOps cnt_ops = {
    .read = cnt_read,
    .write = cnt_write,
    .impl = {.min_access_size = 2, .max_access_size = 2},
    .valid = {.min_access_size = 1, .max_access_size = 2},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

void acpi_pm1_cnt_init(ACPIREGS *ar, MemoryRegion *parent, bool disable_s3, bool disable_s4,
                       uint8_t s4_val, bool acpi_only)
{
    ar->s4_val = s4_val;
    ar->disable_s3 = disable_s3;
    ar->disable_s4 = disable_s4;
    ar->acpi_only = acpi_only;
    memory_region_init_io(&ar->cnt_io, memory_region_owner(parent), &cnt_ops, ar, "acpi-cnt", 2);
    memory_region_add_subregion(parent, 4, &ar->cnt_io);
}

void acpi_pm1_cnt_update(ACPIREGS *ar, bool sci_enable, bool sci_disable)
{
    if (ar->acpi_only) {
        return;
    }
    if (sci_enable) {
        ar->pm1_cnt |= ACPI_BITMASK_SCI_ENABLE;
    } else if (sci_disable) {
        ar->pm1_cnt &= ~ACPI_BITMASK_SCI_ENABLE;
    }
}

void acpi_pm1_cnt_reset(ACPIREGS *ar)
{
    ar->pm1_cnt = ar->acpi_only ? ACPI_BITMASK_SCI_ENABLE : 0;
}

/* ---- general purpose events (4.8.4.1) ---- */

void acpi_gpe_init(ACPIREGS *ar, uint8_t len)
{
    ar->gpe.len = len;
    /* Always four bytes: that many are part of the saved state. */
    ar->gpe.sts = g_malloc0(MAX(len, 4));
    ar->gpe.en = g_malloc0(MAX(len, 4));
}

void acpi_gpe_reset(ACPIREGS *ar)
{
    memset(ar->gpe.sts, 0, ar->gpe.len / 2);
    memset(ar->gpe.en, 0, ar->gpe.len / 2);
}

static uint8_t *gpe_byte(ACPIREGS *ar, uint32_t addr, bool *is_sts)
{
    uint32_t half = ar->gpe.len / 2;

    if (addr >= ar->gpe.len) {
        return NULL;
    }
    *is_sts = addr < half;
    return *is_sts ? ar->gpe.sts + addr : ar->gpe.en + addr - half;
}

void acpi_gpe_ioport_writeb(ACPIREGS *ar, uint32_t addr, uint32_t val)
{
    bool is_sts;
    uint8_t *byte = gpe_byte(ar, addr, &is_sts);

    if (byte) {
        *byte = is_sts ? *byte & ~val : val;
    }
}

uint32_t acpi_gpe_ioport_readb(ACPIREGS *ar, uint32_t addr)
{
    bool is_sts;
    uint8_t *byte = gpe_byte(ar, addr, &is_sts);

    return byte ? *byte : 0;
}

void acpi_send_gpe_event(ACPIREGS *ar, unsigned mask)
{
    ar->gpe.sts[0] |= mask;
    ar->update_sci(ar);
}

void acpi_update_sci(ACPIREGS *ar, qemu_irq irq)
{
    int pm1 = acpi_pm1_evt_get_sts(ar) & ar->pm1_en & ACPI_BITMASK_PM1_COMMON_ENABLED;
    int gpe = ar->gpe.sts[0] & ar->gpe.en[0];

    qemu_set_irq(irq, pm1 || gpe);
    acpi_pm_tmr_update(ar, (ar->pm1_en & ACPI_BITMASK_TIMER_ENABLE) &&
                               !(ar->pm1_sts & ACPI_BITMASK_TIMER_STATUS));
}
