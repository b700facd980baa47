/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI fixed hardware (ACPI 6.5, 4.8): PM1 event and control blocks, the power
 * management timer, general purpose events. A chip embeds ACPIREGS and maps
 * the blocks where its specification has them. BQL held.
 */
#ifndef HW_ACPI_ACPI_H
#define HW_ACPI_ACPI_H

#include "exec/memory.h"
#include "hw/irq.h"
#include "qemu/notify.h"
#include "qemu/timer.h"

#define PM_TIMER_FREQUENCY 3579545

/* PM1 status and enable */
#define ACPI_BITMASK_TIMER_STATUS        0x0001
#define ACPI_BITMASK_BUS_MASTER_STATUS   0x0010
#define ACPI_BITMASK_GLOBAL_LOCK_STATUS  0x0020
#define ACPI_BITMASK_POWER_BUTTON_STATUS 0x0100
#define ACPI_BITMASK_SLEEP_BUTTON_STATUS 0x0200
#define ACPI_BITMASK_RT_CLOCK_STATUS     0x0400
#define ACPI_BITMASK_WAKE_STATUS         0x8000
#define ACPI_BITMASK_TIMER_ENABLE        0x0001
#define ACPI_BITMASK_GLOBAL_LOCK_ENABLE  0x0020
#define ACPI_BITMASK_POWER_BUTTON_ENABLE 0x0100
#define ACPI_BITMASK_RT_CLOCK_ENABLE     0x0400
#define ACPI_BITMASK_PM1_COMMON_ENABLED                                                            \
    (ACPI_BITMASK_RT_CLOCK_ENABLE | ACPI_BITMASK_POWER_BUTTON_ENABLE |                             \
     ACPI_BITMASK_GLOBAL_LOCK_ENABLE | ACPI_BITMASK_TIMER_ENABLE)
/* PM1 control */
#define ACPI_BITMASK_SCI_ENABLE   0x0001
#define ACPI_BITMASK_SLEEP_TYPE   0x1c00
#define ACPI_BITMASK_SLEEP_ENABLE 0x2000

typedef struct ACPIREGS ACPIREGS;
/* The chip recomputes its SCI line. */
typedef void ACPIUpdateSCI(ACPIREGS *regs);

struct ACPIREGS {
    /* configuration and wiring */
    ACPIUpdateSCI *update_sci;
    MemoryRegion tmr_io, evt_io, cnt_io;
    Notifier wakeup;
    uint8_t s4_val;
    bool disable_s3, disable_s4;
    bool acpi_only; /* SCI is enabled from the start: no legacy mode */
    QEMUTimer *tmr_timer;

    /* state */
    int64_t tmr_overflow_time; /* ticks */
    uint16_t pm1_sts, pm1_en, pm1_cnt;
    struct {
        uint8_t *sts, *en; /* half of len each */
        uint8_t len;
    } gpe;
};

/* PM timer: 24 bits of PM_TIMER_FREQUENCY (4.8.2.1). */
void acpi_pm_tmr_init(ACPIREGS *ar, ACPIUpdateSCI *update_sci, MemoryRegion *parent);
void acpi_pm_tmr_update(ACPIREGS *ar, bool enable);
void acpi_pm_tmr_reset(ACPIREGS *ar);

void acpi_pm1_evt_init(ACPIREGS *ar, ACPIUpdateSCI *update_sci, MemoryRegion *parent);
void acpi_pm1_evt_reset(ACPIREGS *ar);
uint16_t acpi_pm1_evt_get_sts(ACPIREGS *ar);
void acpi_pm1_evt_power_down(ACPIREGS *ar);

/* @disable_s3, @disable_s4: writing that sleep type does nothing; @s4_val: its value. */
void acpi_pm1_cnt_init(ACPIREGS *ar, MemoryRegion *parent, bool disable_s3, bool disable_s4,
                       uint8_t s4_val, bool acpi_only);
/* The APM command ports switch between legacy and ACPI mode. */
void acpi_pm1_cnt_update(ACPIREGS *ar, bool sci_enable, bool sci_disable);
void acpi_pm1_cnt_reset(ACPIREGS *ar);

void acpi_gpe_init(ACPIREGS *ar, uint8_t len);
void acpi_gpe_reset(ACPIREGS *ar);
void acpi_gpe_ioport_writeb(ACPIREGS *ar, uint32_t addr, uint32_t val);
uint32_t acpi_gpe_ioport_readb(ACPIREGS *ar, uint32_t addr);
/* Sets event bits and the SCI. */
void acpi_send_gpe_event(ACPIREGS *ar, unsigned mask);
/* SCI level from all of the above, and the timer as its enable bit says. */
void acpi_update_sci(ACPIREGS *ar, qemu_irq irq);

#endif
