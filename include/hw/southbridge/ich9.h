/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel ICH9 south bridge: LPC bridge, interrupt routing, power management, watchdog. */
#ifndef HW_SOUTHBRIDGE_ICH9_H
#define HW_SOUTHBRIDGE_ICH9_H

#include "hw/acpi/cpu_hotplug.h"
#include "hw/acpi/memory_hotplug.h"
#include "hw/acpi/pcihp.h"
#include "hw/acpi/acpi.h"
#include "hw/isa/apm.h"
#include "hw/isa/isa.h"
#include "hw/pci/pci.h"

#define TYPE_ICH9_LPC_DEVICE "ICH9-LPC"
OBJECT_DECLARE_SIMPLE_TYPE(ICH9LPCState, ICH9_LPC_DEVICE)

#define ICH9_LPC_DEVFN  PCI_DEVFN(0x1f, 0)
#define ICH9_SATA_DEVFN PCI_DEVFN(0x1f, 2)
#define ICH9_SMB_DEVFN  PCI_DEVFN(0x1f, 3)

/* PIRQA to PIRQH; PIRQA is global system interrupt 16, and so on. */
#define ICH9_NUM_PIRQS 8
#define ICH9_PIRQ_GSI  16

/* Offsets in the power management block. */
#define ICH9_PM_GPE0      0x20
#define ICH9_PM_GPE0_LEN  16
#define ICH9_PM_SMI_EN    0x30
#define ICH9_PM_TCO       0x60
#define ICH9_PM_LEN       128

#define ICH9_SMI_EN_GBL   0x0001
#define ICH9_SMI_EN_APMC  0x0020
#define ICH9_SMI_EN_TCO   0x2000
#define ICH9_SMI_STS_TCO  0x2000

#define ICH9_ACPI_ENABLE  0x02
#define ICH9_ACPI_DISABLE 0x03

typedef struct ICH9TCOState {
    /* wiring */
    MemoryRegion io;
    QEMUTimer *timer;
    ICH9LPCState *lpc;

    /* state */
    int64_t expire_time; /* ns of the virtual clock, -1 when halted */
    uint8_t dat_in, dat_out, msg1, msg2, wdcnt, sw_irq_gen;
    uint16_t rld, sts1, sts2, cnt1, cnt2, tmr;
    uint8_t timeouts_no; /* 1: the next one resets */
} ICH9TCOState;

typedef struct ICH9PMState {
    /* configuration */
    uint8_t disable_s3, disable_s4, s4_val;

    /* wiring */
    MemoryRegion io, io_gpe, io_smi;
    qemu_irq irq; /* the SCI */
    Notifier powerdown;
    ICH9LPCState *lpc;
    bool smm_enabled;

    /* state */
    ACPIREGS acpi_regs;
    uint32_t smi_en, smi_sts;
    uint32_t base; /* 0 while it is nowhere */
    ICH9TCOState tco;
    AcpiPciHpState pcihp;
    AcpiCpuHpState cpuhp;
    AcpiMemHpState memhp;
} ICH9PMState;

/* Registers of a kind that only the LPC bridge has, and who else needs them. */
struct ICH9LPCState {
    PCIDevice parent_obj;

    /* configuration */
    bool pin_noreboot; /* the strap on the speaker's pin: the watchdog does not reset */
    bool smi_broadcast;

    /* wiring */
    ISABus *isa_bus;
    qemu_irq gsi[ISA_NUM_IRQS + ICH9_NUM_PIRQS];
    MemoryRegion rcrb_mem, rst_cnt_mem;
    APMState apm;

    /* state */
    ICH9PMState pm;
    uint8_t irr[PCI_SLOT_MAX][PCI_NUM_PINS]; /* PIRQ of each slot's pins */
    uint8_t chip_config[16 * 1024];          /* what RCBA shows */
    uint8_t rst_cnt;
    uint64_t pirq_levels; /* bit of each PIRQ */
    bool sci_level;
    uint32_t asserted; /* lines of @gsi that this bridge holds high */

    /* SMI features as etc/smi/ negotiates them with firmware; little endian */
    uint8_t smi_host_features_le[8], smi_guest_features_le[8];
    uint8_t smi_features_ok;
    uint64_t smi_negotiated_features;
};

/* The ISA bus behind the bridge, after realize. */
ISABus *ich9_lpc_isa_bus(ICH9LPCState *s);
/* Second step of the board: pins of other devices, SMM and fw_cfg are there. */
void ich9_lpc_pm_init(ICH9LPCState *s, bool smm_enabled);

/* hw/acpi/ich9.c; main thread, BQL held */
void ich9_pm_init(ICH9LPCState *lpc, ICH9PMState *pm, bool smm_enabled, qemu_irq sci);
void ich9_pm_reset(ICH9PMState *pm);
/* Where firmware put the block; 0: nowhere. */
void ich9_pm_iospace_update(ICH9PMState *pm, uint32_t base);
void ich9_pm_add_properties(Object *obj, ICH9PMState *pm);
extern const VMStateDescription vmstate_ich9_pm;
/* hw/acpi/ich9-hotplug.c: the bridge's class takes hotplugged CPUs and general purpose events. */
void ich9_pm_class_init_hotplug(ObjectClass *oc);

/* hw/acpi/ich9_tco.c */
void ich9_tco_init(ICH9TCOState *tco, ICH9LPCState *lpc, MemoryRegion *parent);
void ich9_tco_reset(ICH9TCOState *tco);
extern const VMStateDescription vmstate_ich9_tco;
/* The watchdog's first timeout: SMI, as far as it is enabled. */
void ich9_generate_smi(ICH9LPCState *s);
/* GEN_PMCON_1.SMI_LOCK: SMI_EN's global bit is fixed (13.8.1.1). */
bool ich9_smi_locked(ICH9LPCState *s);
/* Where firmware put the chipset configuration registers (RCBA); 0: nowhere. */
uint32_t ich9_chip_config_base(ICH9LPCState *s);
/* GCS.NO_REBOOT (10.1.75). */
bool ich9_no_reboot(ICH9LPCState *s);

#endif
