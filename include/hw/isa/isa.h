/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ISA bus: 16 interrupt lines, ports and memory below 16 MiB, and two 8237
 * DMA controllers, shared by the devices of a PC's south bridge.
 *
 * All functions: big lock held.
 */
#ifndef HW_ISA_H
#define HW_ISA_H

#include "exec/memory.h"
#include "exec/ioport.h"
#include "hw/qdev-core.h"

#define ISA_NUM_IRQS    16

#define TYPE_ISA_DEVICE "isa-device"
OBJECT_DECLARE_SIMPLE_TYPE(ISADevice, ISA_DEVICE)

#define TYPE_ISA_BUS "ISA"
OBJECT_DECLARE_SIMPLE_TYPE(ISABus, ISA_BUS)

/* ---- DMA as devices see it ---- */

#define TYPE_ISADMA "isa-dma"
typedef struct IsaDma IsaDma;
typedef struct IsaDmaClass IsaDmaClass;
DECLARE_CLASS_CHECKERS(IsaDmaClass, ISADMA, TYPE_ISADMA)
#define ISADMA(obj) INTERFACE_CHECK(IsaDma, (obj), TYPE_ISADMA)

typedef enum IsaDmaTransferMode {
    ISADMA_TRANSFER_VERIFY,
    ISADMA_TRANSFER_READ,  /* device to memory, as the 8237 names it "write" */
    ISADMA_TRANSFER_WRITE, /* memory to device */
    ISADMA_TRANSFER_ILLEGAL,
} IsaDmaTransferMode;

/*
 * A channel that was requested (hold_DREQ) and is not masked may move data. The
 * transfer has done @pos of @size bytes; the device moves what it can with
 * read_memory/write_memory and returns the new position.
 */
typedef int (*IsaDmaTransferHandler)(void *opaque, int nchan, int pos, int size);

/* Channels are 0-3 (8 bit) and 5-7 (16 bit; 4 is the cascade). Positions and lengths in bytes. */
struct IsaDmaClass {
    InterfaceClass parent;

    bool (*has_autoinitialization)(IsaDma *obj, int nchan);
    /* Memory to @buf, resp. @buf to memory, at @pos of the running transfer; bytes moved. */
    int (*read_memory)(IsaDma *obj, int nchan, void *buf, int pos, int len);
    int (*write_memory)(IsaDma *obj, int nchan, void *buf, int pos, int len);
    void (*hold_DREQ)(IsaDma *obj, int nchan);
    void (*release_DREQ)(IsaDma *obj, int nchan);
    /* Something outside changed: let requested channels run soon. */
    void (*schedule)(IsaDma *obj);
    void (*register_channel)(IsaDma *obj, int nchan, IsaDmaTransferHandler transfer_handler,
                             void *opaque);
};

/* ---- the bus ---- */

struct ISABus {
    BusState parent_obj;

    MemoryRegion *address_space;
    MemoryRegion *address_space_io;
    qemu_irq *irqs_in; /* ISA_NUM_IRQS lines of the interrupt controller */
    IsaDma *dma[2];    /* 8 and 16 bit */
};

struct ISADevice {
    DeviceState parent_obj;

    int ioport_id; /* lowest port, for firmware paths; 0: none */
};

/* A bus below @dev, or below an isabus-bridge of its own when NULL. Owned by its parent. */
ISABus *isa_bus_new(DeviceState *dev, MemoryRegion *address_space, MemoryRegion *address_space_io,
                    Error **errp);
/* @irqs_in: ISA_NUM_IRQS lines that outlive the bus. */
void isa_bus_register_input_irqs(ISABus *bus, qemu_irq *irqs_in);
void isa_bus_dma(ISABus *bus, IsaDma *dma8, IsaDma *dma16);
/* The controller of channel 0-7; NULL when the machine has none. */
IsaDma *isa_bus_get_dma(ISABus *bus, int nchan);
qemu_irq isa_bus_get_irq(ISABus *bus, unsigned isairq);

/* ---- devices ---- */

ISABus *isa_bus_from_device(ISADevice *dev);
ISADevice *isa_new(const char *name);
bool isa_realize_and_unref(ISADevice *dev, ISABus *bus, Error **errp);
/* For devices of the machine itself, which must be there: failure ends the program. */
ISADevice *isa_create_simple(ISABus *bus, const char *name);

/*
 * The line @isairq of the device's bus. @isairq comes from a property: false and
 * @errp, naming @prop, when there is no such line.
 */
bool isa_init_irq(ISADevice *dev, qemu_irq *p, const char *prop, uint32_t isairq, Error **errp);
/* Output @gpioirq of the device goes to line @isairq, which must exist. */
void isa_connect_gpio_out(ISADevice *dev, int gpioirq, unsigned isairq);
/* Checks a line number from a property. */
bool isa_check_irq(const char *prop, uint32_t isairq, Error **errp);

MemoryRegion *isa_address_space(ISADevice *dev);
MemoryRegion *isa_address_space_io(ISADevice *dev);

/* Maps @io at port @start. In realize, after everything that can fail. */
void isa_register_ioport(ISADevice *dev, MemoryRegion *io, uint16_t start);
/*
 * Maps a list of ports at @start; @piolist is in the device's state and lives as
 * long as it does.
 */
void isa_register_portio_list(ISADevice *dev, PortioList *piolist, uint16_t start,
                              const MemoryRegionPortio *portio, void *opaque, const char *name);

#endif
