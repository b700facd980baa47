/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of the 82093AA, and state shared by the emulated and the in-kernel one. */
#ifndef HW_IOAPIC_INTERNAL_H
#define HW_IOAPIC_INTERNAL_H

#include "hw/intc/intc.h"
#include "hw/intc/ioapic.h"
#include "hw/sysbus.h"
#include "qemu/timer.h"

/* Offsets in the memory window */
#define IOAPIC_IOREGSEL 0x00
#define IOAPIC_IOWIN    0x10
#define IOAPIC_EOI      0x40 /* version 0x20 */

/* Registers behind IOREGSEL */
#define IOAPIC_REG_ID            0x00
#define IOAPIC_REG_VER           0x01
#define IOAPIC_REG_ARB           0x02
#define IOAPIC_REG_REDTBL_BASE   0x10

#define IOAPIC_ID_SHIFT          24
#define IOAPIC_ID_MASK           0xf
#define IOAPIC_VER_ENTRIES_SHIFT 16

/* Redirection table entry */
#define IOAPIC_LVT_DEST_SHIFT         56
#define IOAPIC_LVT_DEST_IDX_SHIFT     48 /* with the extended destination below it */
#define IOAPIC_LVT_MASKED_SHIFT       16
#define IOAPIC_LVT_TRIGGER_MODE_SHIFT 15
#define IOAPIC_LVT_REMOTE_IRR_SHIFT   14
#define IOAPIC_LVT_POLARITY_SHIFT     13
#define IOAPIC_LVT_DELIV_STATUS_SHIFT 12
#define IOAPIC_LVT_DEST_MODE_SHIFT    11
#define IOAPIC_LVT_DELIV_MODE_SHIFT   8
#define IOAPIC_LVT_MASKED             (1ull << IOAPIC_LVT_MASKED_SHIFT)
#define IOAPIC_LVT_TRIGGER_MODE       (1ull << IOAPIC_LVT_TRIGGER_MODE_SHIFT)
#define IOAPIC_LVT_REMOTE_IRR         (1ull << IOAPIC_LVT_REMOTE_IRR_SHIFT)
#define IOAPIC_LVT_POLARITY           (1ull << IOAPIC_LVT_POLARITY_SHIFT)
#define IOAPIC_LVT_DELIV_STATUS       (1ull << IOAPIC_LVT_DELIV_STATUS_SHIFT)
#define IOAPIC_LVT_DEST_MODE          (1ull << IOAPIC_LVT_DEST_MODE_SHIFT)
#define IOAPIC_VECTOR_MASK            0xff
#define IOAPIC_DM_MASK                0x7
#define IOAPIC_DM_EXTINT              0x7
#define IOAPIC_RO_BITS                (IOAPIC_LVT_REMOTE_IRR | IOAPIC_LVT_DELIV_STATUS)

#define MAX_IOAPICS                   8

typedef struct IOAPICCommonClass IOAPICCommonClass;
DECLARE_OBJ_CHECKERS(IOAPICCommonState, IOAPICCommonClass, IOAPIC_COMMON, TYPE_IOAPIC_COMMON)

struct IOAPICCommonClass {
    SysBusDeviceClass parent_class;

    DeviceRealize realize;
    DeviceUnrealize unrealize;
    /* Fetch from, resp. hand to, whoever really runs the chip. Optional. */
    void (*pre_save)(IOAPICCommonState *s);
    void (*post_load)(IOAPICCommonState *s);
};

struct IOAPICCommonState {
    SysBusDevice busdev;

    /* config */
    uint8_t version;

    /* wiring */
    MemoryRegion io_memory;
    AddressSpace *as;    /* where messages go */
    uint32_t line_level; /* what the inputs last were: follows them, no state */
    QEMUTimer delayed_service_timer;
    uint32_t eoi_count[IOAPIC_NUM_PINS]; /* interrupts in a row straight after EOI */
    uint64_t irq_count[IOAPIC_NUM_PINS];
    int index;            /* among the I/O APICs of the machine */
    bool tick_on_its_way; /* the system timer's: sent, and no CPU has taken it yet */
    unsigned ticks_owed;  /* that came meanwhile */

    /* state */
    uint8_t id;
    uint8_t ioregsel;
    uint32_t irr; /* a bit for each pin with a request that was not delivered */
    uint64_t ioredtbl[IOAPIC_NUM_PINS];
};

/* Volatile state as after power-on. */
void ioapic_reset_common(IOAPICCommonState *s);
/* The I/O APICs that are realized, in order; the array ends with NULL. */
extern IOAPICCommonState *ioapics[MAX_IOAPICS + 1];

/* The message that an entry of the redirection table stands for. */
typedef struct IOAPICMessage {
    uint64_t addr;
    uint32_t data;
} IOAPICMessage;
/* EXTINT entries carry no vector of their own: the caller puts in that of the 8259. */
IOAPICMessage ioapic_entry_message(uint64_t entry);

/* @changed runs when an entry of the first I/O APIC's table changed. BQL held. */
void ioapic_set_table_hook(void (*changed)(IOAPICCommonState *s));

#endif
