/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * WDAT: the TCO watchdog of ICH9 as a list of register accesses, for drivers that know no chipset
 * (Microsoft, Hardware Watchdog Timers Design Specification; registers: I/O Controller Hub 9 data
 * sheet, order number 316972, 10.1.75 and 13.9).
 */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/southbridge/ich9.h"

#define WDAT_HEADER_LENGTH 32
#define WDAT_NO_PCI        0xff
#define WDAT_ENABLED       0x01
#define TICK_MS            600
#define TICKS_MIN          4
#define TICKS_MAX          0x3ff

typedef enum WdatAction {
    WDAT_RESET = 0x01,
    WDAT_GET_CURRENT_COUNTDOWN = 0x04,
    WDAT_GET_COUNTDOWN = 0x05,
    WDAT_SET_COUNTDOWN = 0x06,
    WDAT_GET_RUNNING = 0x08,
    WDAT_SET_RUNNING = 0x09,
    WDAT_GET_STOPPED = 0x0a,
    WDAT_SET_STOPPED = 0x0b,
    WDAT_GET_REBOOT = 0x10,
    WDAT_SET_REBOOT = 0x11,
    WDAT_GET_STATUS = 0x20,
    WDAT_SET_STATUS = 0x21,
} WdatAction;

typedef enum WdatInstruction {
    READ_VALUE = 0x00,
    READ_COUNTDOWN = 0x01,
    WRITE_VALUE = 0x02,
    WRITE_COUNTDOWN = 0x03,
    PRESERVE = 0x80, /* bits outside the mask */
} WdatInstruction;

/* Registers: in the TCO block, or NO_REBOOT of GCS. */
#define TCO_RLD   0x00
#define TCO2_STS  0x06
#define TCO1_CNT  0x08
#define TCO_TMR   0x12
#define GCS       0x3410
#define HALT      0x0800
#define SECOND_TO 0x0002
#define NO_REBOOT 0x20

typedef struct WdatEntry {
    uint8_t action, instruction;
    uint16_t reg;
    uint32_t value, mask;
} WdatEntry;

static const WdatEntry entries[] = {
    {WDAT_RESET, WRITE_VALUE, TCO_RLD, 1, 1},
    {WDAT_GET_CURRENT_COUNTDOWN, READ_COUNTDOWN, TCO_RLD, 0, TICKS_MAX},
    {WDAT_GET_COUNTDOWN, READ_COUNTDOWN, TCO_TMR, 0, TICKS_MAX},
    {WDAT_SET_COUNTDOWN, WRITE_COUNTDOWN | PRESERVE, TCO_TMR, 0, TICKS_MAX},
    {WDAT_GET_RUNNING, READ_VALUE, TCO1_CNT, 0, HALT},
    {WDAT_SET_RUNNING, WRITE_VALUE | PRESERVE, TCO1_CNT, 0, HALT},
    {WDAT_GET_STOPPED, READ_VALUE, TCO1_CNT, HALT, HALT},
    {WDAT_SET_STOPPED, WRITE_VALUE | PRESERVE, TCO1_CNT, HALT, HALT},
    {WDAT_GET_REBOOT, READ_VALUE, GCS, 0, NO_REBOOT},
    {WDAT_SET_REBOOT, WRITE_VALUE | PRESERVE, GCS, 0, NO_REBOOT},
    {WDAT_GET_STATUS, READ_VALUE, TCO2_STS, SECOND_TO, SECOND_TO},
    {WDAT_SET_STATUS, WRITE_VALUE, TCO2_STS, SECOND_TO, SECOND_TO},
};

static void add_entry(GArray *out, const WdatEntry *e, uint32_t tco, uint32_t rcba)
{
    build_append_int_noprefix(out, e->action, 1);
    build_append_int_noprefix(out, e->instruction, 1);
    build_append_int_noprefix(out, 0, 2);
    if (e->reg == GCS) {
        build_append_gas(out, AML_AS_SYSTEM_MEMORY, 32, 0, 3, rcba + GCS);
    } else {
        build_append_gas(out, AML_AS_SYSTEM_IO, 16, 0, 2, tco + e->reg);
    }
    build_append_int_noprefix(out, e->value, 4);
    build_append_int_noprefix(out, e->mask, 4);
}

bool acpi_wdat_available(PCMachineState *pcms)
{
    ICH9LPCState *lpc = ICH9_LPC_DEVICE(X86_MACHINE(pcms)->acpi_dev);

    return lpc->pm.base && ich9_chip_config_base(lpc);
}

void acpi_build_wdat(AcpiBuildTables *t, PCMachineState *pcms)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    ICH9LPCState *lpc = ICH9_LPC_DEVICE(x86ms->acpi_dev);
    AcpiTable desc = {
        .sig = "WDAT", .rev = 1, .oem_id = x86ms->oem_id, .oem_table_id = x86ms->oem_table_id};
    GArray *out = t->tables;

    acpi_table_begin(&desc, out);
    build_append_int_noprefix(out, WDAT_HEADER_LENGTH, 4);
    build_append_int_noprefix(out, 0xffff, 2); /* no PCI device: segment, bus, device, function */
    for (int i = 0; i < 3; i++) {
        build_append_int_noprefix(out, WDAT_NO_PCI, 1);
    }
    build_append_int_noprefix(out, 0, 3);
    build_append_int_noprefix(out, TICK_MS, 4);
    build_append_int_noprefix(out, TICKS_MAX, 4);
    build_append_int_noprefix(out, TICKS_MIN, 4);
    build_append_int_noprefix(out, WDAT_ENABLED, 1);
    build_append_int_noprefix(out, 0, 3);
    build_append_int_noprefix(out, G_N_ELEMENTS(entries), 4);
    for (int i = 0; i < G_N_ELEMENTS(entries); i++) {
        add_entry(out, &entries[i], lpc->pm.base + ICH9_PM_TCO, ich9_chip_config_base(lpc));
    }
    acpi_table_end(t->linker, &desc);
}
