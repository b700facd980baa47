/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI devices and buses (PCI Local Bus 3.0, PCI Express Base 4.0).
 *
 * Locking: BQL held for everything here but pci_dma_*(), msi_notify() and
 * msix_notify(), which a device's I/O thread may call too.
 */
#ifndef HW_PCI_PCI_H
#define HW_PCI_PCI_H

#include "exec/memory.h"
#include "hw/irq.h"
#include "hw/pci/pci-ids.h"
#include "hw/pci/pci-regs.h"
#include "hw/qdev-core.h"
#include "migration/vmstate.h"
#include "qom/object.h"
#include "system/dma.h"

#define PCI_DEVFN(slot, func)     ((((slot)&0x1f) << 3) | ((func)&0x07))
#define PCI_BUS_NUM(x)            (((x) >> 8) & 0xff)
#define PCI_SLOT(devfn)           (((devfn) >> 3) & 0x1f)
#define PCI_FUNC(devfn)           ((devfn)&0x07)
#define PCI_BUILD_BDF(bus, devfn) (((bus) << 8) | (devfn))
#define PCI_SLOT_MAX              32
#define PCI_FUNC_MAX              8
#define PCI_DEVFN_MAX             256
#define PCI_NUM_PINS              4
#define PCI_NUM_REGIONS           7
#define PCI_ROM_SLOT              6
#define PCI_BAR_UNMAPPED          (~(pcibus_t)0)

#define PCI_CONFIG_SPACE_SIZE     0x100
#define PCIE_CONFIG_SPACE_SIZE    0x1000

#define FMT_PCIBUS                PRIx64
typedef uint64_t pcibus_t;

typedef struct PCIIORegion {
    pcibus_t addr; /* where it is mapped, PCI_BAR_UNMAPPED when not */
    pcibus_t size;
    uint8_t type; /* PCI_BASE_ADDRESS_* */
    MemoryRegion *memory;
    MemoryRegion *address_space;
} PCIIORegion;

/* cap_present bits */
enum {
    QEMU_PCI_CAP_MSI = 0x1,
    QEMU_PCI_CAP_MSIX = 0x2,
    QEMU_PCI_CAP_EXPRESS = 0x4,
    QEMU_PCI_CAP_MULTIFUNCTION = 0x8,
};

#define TYPE_PCI_DEVICE "pci-device"
OBJECT_DECLARE_TYPE(PCIDevice, PCIDeviceClass, PCI_DEVICE)

/* Interfaces that say on which kind of bus a device may sit. */
#define INTERFACE_PCIE_DEVICE             "pci-express-device"
#define INTERFACE_CONVENTIONAL_PCI_DEVICE "conventional-pci-device"

#define TYPE_PCI_BUS                      "PCI"
#define TYPE_PCIE_BUS                     "PCIE"
OBJECT_DECLARE_TYPE(PCIBus, PCIBusClass, PCI_BUS)

typedef void PCIConfigWriteFunc(PCIDevice *dev, uint32_t addr, uint32_t val, int len);
typedef uint32_t PCIConfigReadFunc(PCIDevice *dev, uint32_t addr, int len);

struct PCIDeviceClass {
    DeviceClass parent_class;

    void (*realize)(PCIDevice *dev, Error **errp);
    void (*exit)(PCIDevice *dev); /* PCIUnregisterFunc */
    PCIConfigReadFunc *config_read;
    PCIConfigWriteFunc *config_write;

    uint16_t vendor_id;
    uint16_t device_id;
    uint8_t revision;
    uint16_t class_id;
    uint16_t subsystem_vendor_id; /* 0: the default, 1af4:1100 */
    uint16_t subsystem_id;

    const char *romfile;
};

typedef struct MSIMessage {
    uint64_t address;
    uint32_t data;
} MSIMessage;

typedef int (*MSIVectorUseNotifier)(PCIDevice *dev, unsigned vector, MSIMessage msg);
typedef void (*MSIVectorReleaseNotifier)(PCIDevice *dev, unsigned vector);
typedef void (*MSIVectorPollNotifier)(PCIDevice *dev, unsigned start, unsigned end);

struct PCIDevice {
    DeviceState qdev;

    /* configuration */
    int32_t devfn; /* -1: the next free slot */
    char *romfile;
    uint32_t romsize;
    int32_t rom_bar; /* 0: the ROM is not shown; -1: nobody asked for it */
    uint32_t cap_present;
    uint32_t acpi_index;

    /* wiring */
    const char *name;
    PCIIORegion io_regions[PCI_NUM_REGIONS];
    AddressSpace bus_master_as;
    MemoryRegion bus_master_container, bus_master_enable_region;
    PCIConfigReadFunc *config_read;
    PCIConfigWriteFunc *config_write;
    MemoryRegion rom;
    bool has_rom;
    MemoryRegion msix_exclusive_bar, msix_table_mmio, msix_pba_mmio;
    MSIVectorUseNotifier msix_vector_use_notifier;
    MSIVectorReleaseNotifier msix_vector_release_notifier;
    MSIVectorPollNotifier msix_vector_poll_notifier;

    /* state; all arrays are as long as the configuration space */
    uint8_t *config;
    uint8_t *cmask;    /* compared when a saved state is loaded */
    uint8_t *wmask;    /* writable bits */
    uint8_t *w1cmask;  /* bits that a write of one clears */
    uint8_t *used;     /* taken by capabilities */
    uint8_t irq_state; /* bit per INTx pin */
    uint8_t msi_cap, msix_cap;
    int msix_entries_nr;
    uint8_t *msix_table, *msix_pba;
    unsigned *msix_entry_used;
    bool msix_function_masked;
};

/* ---- device: configuration space (pci-config.c) ---- */

static inline void pci_set_byte(uint8_t *config, uint8_t val)
{
    *config = val;
}
static inline uint8_t pci_get_byte(const uint8_t *config)
{
    return *config;
}
static inline void pci_set_word(uint8_t *config, uint16_t val)
{
    stw_le_p(config, val);
}
static inline uint16_t pci_get_word(const uint8_t *config)
{
    return lduw_le_p(config);
}
static inline void pci_set_long(uint8_t *config, uint32_t val)
{
    stl_le_p(config, val);
}
static inline uint32_t pci_get_long(const uint8_t *config)
{
    return ldl_le_p(config);
}
static inline void pci_set_quad(uint8_t *config, uint64_t val)
{
    stq_le_p(config, val);
}
static inline uint64_t pci_get_quad(const uint8_t *config)
{
    return ldq_le_p(config);
}

static inline uint32_t pci_config_size(const PCIDevice *d)
{
    return d->cap_present & QEMU_PCI_CAP_EXPRESS ? PCIE_CONFIG_SPACE_SIZE : PCI_CONFIG_SPACE_SIZE;
}

/* What a class without config_read/config_write uses, and others call first. */
uint32_t pci_default_read_config(PCIDevice *d, uint32_t address, int len);
void pci_default_write_config(PCIDevice *d, uint32_t address, uint32_t val, int len);

/*
 * Add a capability of @size bytes at @offset (0: anywhere free) to the list.
 * Its offset, or -errno with @errp when it overlaps another.
 */
int pci_add_capability(PCIDevice *pdev, uint8_t cap_id, uint8_t offset, uint8_t size, Error **errp);
void pci_del_capability(PCIDevice *pdev, uint8_t cap_id, uint8_t cap_size);
/* Offset of a capability, 0 if there is none. */
uint8_t pci_find_capability(PCIDevice *pdev, uint8_t cap_id);
/*
 * Adds the capability of power management at @offset (0: anywhere). With @no_soft_reset its state
 * outlives its sleep. False and @errp without room. pci-pm.c
 */
bool pci_pm_init(PCIDevice *d, uint8_t offset, bool no_soft_reset, Error **errp);

/* ---- device: BARs ---- */

/* Make @memory (size: a power of two) BAR @region_num. During realize. */
void pci_register_bar(PCIDevice *pci_dev, int region_num, uint8_t attr, MemoryRegion *memory);
pcibus_t pci_get_bar_addr(PCIDevice *pci_dev, int region_num);
/* Recompute where the BARs are mapped, after the command register or a BAR changed. */
void pci_update_mappings(PCIDevice *d);

/* What a function's own reset does after this: registers, BARs, pins, MSI. */
void pci_device_reset_hold(Object *obj, ResetType type);

/* ---- device: interrupts and DMA ---- */

/* The INTx pin of the device as a line, when PCI_INTERRUPT_PIN is set. Free with qemu_free_irq. */
qemu_irq pci_allocate_irq(PCIDevice *pci_dev);
void pci_set_irq(PCIDevice *pci_dev, int level);
static inline void pci_irq_assert(PCIDevice *pci_dev)
{
    pci_set_irq(pci_dev, 1);
}
static inline void pci_irq_deassert(PCIDevice *pci_dev)
{
    pci_set_irq(pci_dev, 0);
}

static inline AddressSpace *pci_get_address_space(PCIDevice *dev)
{
    return &dev->bus_master_as;
}
/* Bus number, device and function, as DMA requests carry it. */
uint16_t pci_requester_id(PCIDevice *dev);

static inline MemTxResult pci_dma_read(PCIDevice *dev, dma_addr_t addr, void *buf, dma_addr_t len)
{
    return dma_memory_read(&dev->bus_master_as, addr, buf, len, MEMTXATTRS_UNSPECIFIED);
}
static inline MemTxResult pci_dma_write(PCIDevice *dev, dma_addr_t addr, const void *buf,
                                        dma_addr_t len)
{
    return dma_memory_write(&dev->bus_master_as, addr, buf, len, MEMTXATTRS_UNSPECIFIED);
}

/* The device may or may not function at all now (hot unplug, power). */
PCIBus *pci_get_bus(const PCIDevice *dev);
int pci_dev_bus_num(const PCIDevice *dev);

extern const VMStateDescription vmstate_pci_device;
#define VMSTATE_PCI_DEVICE(_field, _state)                                                         \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_pci_device, PCIDevice)

/* ---- bus ---- */

typedef void (*pci_set_irq_fn)(void *opaque, int irq_num, int level);
typedef int (*pci_map_irq_fn)(PCIDevice *pci_dev, int irq_num);

typedef enum { PCI_INTX_ENABLED, PCI_INTX_INVERTED, PCI_INTX_DISABLED } PCIINTxRouteMode;
typedef struct PCIINTxRoute {
    PCIINTxRouteMode mode;
    int irq;
} PCIINTxRoute;
typedef PCIINTxRoute (*pci_route_irq_fn)(void *opaque, int pin);

struct PCIBusClass {
    BusClass parent_class;
    int (*bus_num)(PCIBus *bus);
    int (*numa_node)(PCIBus *bus); /* -1: of none. Optional. */
};

struct PCIBus {
    BusState qbus;
    PCIDevice *devices[PCI_DEVFN_MAX];
    PCIDevice *parent_dev; /* the bridge; NULL on a root bus */
    PCIBus *main_root;     /* on other root buses than the chipset's: that one, else NULL */
    PCIBus *next_root;     /* on root buses: the next one, by number */
    MemoryRegion *address_space_mem;
    MemoryRegion *address_space_io;
    uint8_t devfn_min;
    uint32_t slot_reserved_mask;

    pci_set_irq_fn set_irq;
    pci_map_irq_fn map_irq;
    pci_route_irq_fn route_intx_to_irq;
    void *irq_opaque;
    int nirq;
    int *irq_count; /* how many pins assert each line */
};

PCIBus *pci_root_bus_new(DeviceState *parent, const char *name, MemoryRegion *mem, MemoryRegion *io,
                         uint8_t devfn_min, const char *typename);
void pci_bus_irqs(PCIBus *bus, pci_set_irq_fn set_irq, void *irq_opaque, int nirq);
void pci_bus_map_irqs(PCIBus *bus, pci_map_irq_fn map_irq);
/* The mapping says something else from now on: pins that are asserted move to their new lines. */
void pci_bus_irqs_remapped(PCIBus *bus);
void pci_bus_set_route_irq_fn(PCIBus *bus, pci_route_irq_fn route);
PCIINTxRoute pci_device_route_intx_to_irq(PCIDevice *dev, int pin);
/* State of line @irq_num: any pin asserts it. */
int pci_bus_get_irq_level(PCIBus *bus, int irq_num);
/* (slot + pin) mod 4, the rotation of bridges and most boards. */
int pci_swizzle_map_irq_fn(PCIDevice *pci_dev, int pin);

/* @bus is another root bus of the host bridge with @main_root, from @bus's number on; and no more.
 */
void pci_root_bus_add(PCIBus *main_root, PCIBus *bus);
void pci_root_bus_remove(PCIBus *bus);
/* The root bus that @bus is below, or is. */
PCIBus *pci_root_of(PCIBus *bus);
/* The chipset's root bus, whose interrupt lines all below it use. */
PCIBus *pci_main_root(PCIBus *bus);

int pci_bus_num(PCIBus *s);
int pci_bus_numa_node(PCIBus *bus); /* -1: of none */
bool pci_bus_is_root(const PCIBus *bus);
bool pci_bus_is_express(const PCIBus *bus);
/* NULL if no function answers there; @bus is the chipset's root bus. */
PCIDevice *pci_find_device(PCIBus *bus, int bus_num, uint8_t devfn);
/* All functions on @bus and below; of the chipset's root bus, also on the other root buses. */
void pci_for_each_device(PCIBus *bus, void (*fn)(PCIBus *b, PCIDevice *d, void *opaque),
                         void *opaque);

PCIDevice *pci_new(int devfn, const char *name);
PCIDevice *pci_new_multifunction(int devfn, const char *name);
bool pci_realize_and_unref(PCIDevice *dev, PCIBus *bus, Error **errp);
PCIDevice *pci_create_simple(PCIBus *bus, int devfn, const char *name);
PCIDevice *pci_create_simple_multifunction(PCIBus *bus, int devfn, const char *name);

/* Text of "info pci". */
void pci_bus_print(PCIBus *bus,
                   void (*print)(void *opaque, const char *fmt, ...) G_GNUC_PRINTF(2, 3),
                   void *opaque);

/* ---- MSI (msi.c) ---- */

int msi_init(PCIDevice *dev, uint8_t offset, unsigned nr_vectors, bool msi64bit,
             bool msi_per_vector_mask, Error **errp);
void msi_uninit(PCIDevice *dev);
bool msi_enabled(const PCIDevice *dev);
bool msi_is_masked(const PCIDevice *dev, unsigned vector);
unsigned msi_nr_vectors_allocated(const PCIDevice *dev);
void msi_notify(PCIDevice *dev, unsigned vector);
void msi_reset(PCIDevice *dev);
void msi_write_config(PCIDevice *dev, uint32_t addr, uint32_t val, int len);
MSIMessage msi_get_message(PCIDevice *dev, unsigned vector);
/* Write the message to memory, as the device would. */
void msi_send_message(PCIDevice *dev, MSIMessage msg);
/* Whether it goes to a processor (Intel SDM 3A, 11.11.1), and not to what else there is in memory.
 */
static inline bool msi_is_interrupt(MSIMessage msg)
{
    return msg.address >> 20 == 0xfee;
}
static inline bool msi_present(const PCIDevice *dev)
{
    return dev->cap_present & QEMU_PCI_CAP_MSI;
}

/* ---- MSI-X (msix.c) ---- */

#define MSIX_EXCLUSIVE_BAR_SIZE 4096
int msix_init(PCIDevice *dev, unsigned nentries, MemoryRegion *table_bar, uint8_t table_bar_nr,
              unsigned table_offset, MemoryRegion *pba_bar, uint8_t pba_bar_nr, unsigned pba_offset,
              uint8_t cap_pos, Error **errp);
int msix_init_exclusive_bar(PCIDevice *dev, unsigned nentries, uint8_t bar_nr, Error **errp);
void msix_uninit(PCIDevice *dev, MemoryRegion *table_bar, MemoryRegion *pba_bar);
void msix_uninit_exclusive_bar(PCIDevice *dev);
bool msix_enabled(PCIDevice *dev);
static inline bool msix_present(const PCIDevice *dev)
{
    return dev->cap_present & QEMU_PCI_CAP_MSIX;
}
bool msix_is_masked(PCIDevice *dev, unsigned vector);
bool msix_is_pending(PCIDevice *dev, unsigned vector);
void msix_set_pending(PCIDevice *dev, unsigned vector);
void msix_clr_pending(PCIDevice *dev, unsigned vector);
void msix_vector_use(PCIDevice *dev, unsigned vector);
void msix_vector_unuse(PCIDevice *dev, unsigned vector);
void msix_unuse_all_vectors(PCIDevice *dev);
void msix_notify(PCIDevice *dev, unsigned vector);
void msix_reset(PCIDevice *dev);
void msix_write_config(PCIDevice *dev, uint32_t addr, uint32_t val, int len);
MSIMessage msix_get_message(PCIDevice *dev, unsigned vector);
int msix_set_vector_notifiers(PCIDevice *dev, MSIVectorUseNotifier use_notifier,
                              MSIVectorReleaseNotifier release_notifier,
                              MSIVectorPollNotifier poll_notifier);
void msix_unset_vector_notifiers(PCIDevice *dev);
extern const VMStateDescription vmstate_msix;
#define VMSTATE_MSIX(_field, _state) VMSTATE_STRUCT(_field, _state, 1, vmstate_msix, PCIDevice)

#endif
