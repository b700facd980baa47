/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI-to-ISA bridge of the Intel 82371SB (PIIX3), function 0: interrupt
 * steering, reset control, and the bus with what hangs off it.
 *
 * Specification: Intel 82371FB/82371SB (PIIX/PIIX3) data sheet, order number
 * 290550, 2.2 (PIRQRC 60h-63h) and 2.5.5.4 (RC, port CF9h).
 */

#include "qemu/osdep.h"
#include "hw/southbridge/piix.h"
#include "migration/vmstate.h"
#include "qemu/range.h"
#include "system/runstate.h"

#define PIIX_PIRQCA     0x60
#define PIIX_NUM_PIRQS  4
#define PIIX_PIRQ_OFF   0x80
#define PIIX_RCR_IOPORT 0xcf9
#define RCR_RCPU        0x04
#define RCR_SRST        0x02

struct PIIX3State {
    PCIDevice parent_obj;

    /* wiring */
    qemu_irq isa_irqs[ISA_NUM_IRQS];
    ISABus *isa_bus;
    MemoryRegion rcr_mem;

    /* state */
    uint64_t pic_levels; /* bit irq*4+pirq: this PIRQ asserts this line */
    uint8_t rcr;
};
QEMU_BUILD_BUG_ON(ISA_NUM_IRQS *PIIX_NUM_PIRQS > 64);

ISABus *piix3_isa_bus(PIIX3State *s)
{
    return s->isa_bus;
}

/* ---- interrupt steering ---- */

static int pirq_route(PIIX3State *s, int pirq)
{
    uint8_t route = s->parent_obj.config[PIIX_PIRQCA + pirq];

    return route < ISA_NUM_IRQS ? route : -1;
}

static uint64_t level_mask(int isairq, int pirq)
{
    return 1ull << (isairq * PIIX_NUM_PIRQS + pirq);
}

static bool is_asserted(uint64_t levels, int isairq)
{
    return levels & (((1ull << PIIX_NUM_PIRQS) - 1) << (isairq * PIIX_NUM_PIRQS));
}

static void set_pic(PIIX3State *s, int isairq)
{
    qemu_set_irq(s->isa_irqs[isairq], is_asserted(s->pic_levels, isairq));
}

/* Line handler of the PCI bus. */
static void piix3_set_irq(void *opaque, int pirq, int level)
{
    PIIX3State *s = opaque;
    int isairq = pirq_route(s, pirq);

    if (isairq < 0) {
        return;
    }
    s->pic_levels &= ~level_mask(isairq, pirq);
    if (level) {
        s->pic_levels |= level_mask(isairq, pirq);
    }
    set_pic(s, isairq);
}

static PCIINTxRoute piix3_route_intx(void *opaque, int pin)
{
    int irq = pirq_route(opaque, pin);

    return (PCIINTxRoute){irq >= 0 ? PCI_INTX_ENABLED : PCI_INTX_DISABLED, irq};
}

/* The slots' pins are wired to the PIRQs in turn, as on most boards of that time. */
static int piix3_map_irq(PCIDevice *d, int pin)
{
    return (pin + PCI_SLOT(d->devfn) - 1) & 3;
}

/* What the PIRQs assert by the routes of now. */
static uint64_t compute_levels(PIIX3State *s)
{
    uint64_t levels = 0;

    for (int pirq = 0; pirq < PIIX_NUM_PIRQS; pirq++) {
        int isairq = pirq_route(s, pirq);

        if (isairq >= 0 && pci_bus_get_irq_level(pci_get_bus(&s->parent_obj), pirq)) {
            levels |= level_mask(isairq, pirq);
        }
    }
    return levels;
}

/*
 * Moves what is asserted to where it goes now. Lines that this bridge neither held nor holds are
 * ISA devices' own.
 */
static void update_all_pirqs(PIIX3State *s)
{
    uint64_t before = s->pic_levels;

    s->pic_levels = compute_levels(s);
    for (int i = 0; i < ISA_NUM_IRQS; i++) {
        if (is_asserted(before, i) != is_asserted(s->pic_levels, i)) {
            set_pic(s, i);
        }
    }
}

/* ---- registers ---- */

static void piix3_write_config(PCIDevice *d, uint32_t address, uint32_t val, int len)
{
    pci_default_write_config(d, address, val, len);
    if (ranges_overlap(address, len, PIIX_PIRQCA, PIIX_NUM_PIRQS)) {
        update_all_pirqs(PIIX3_DEVICE(d));
    }
}

static void rcr_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    PIIX3State *s = opaque;

    if (val & RCR_RCPU) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        return;
    }
    s->rcr = val & RCR_SRST;
}

static uint64_t rcr_read(void *opaque, hwaddr addr, unsigned len)
{
    return ((PIIX3State *)opaque)->rcr;
}

static const MemoryRegionOps rcr_ops = {
    .read = rcr_read,
    .write = rcr_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 1},
};

/* ---- reset ---- */

static void piix3_reset_hold(Object *obj, ResetType type)
{
    static const struct {
        uint8_t reg, value;
    } defaults[] = {
        /*
         * The command register is not here: on a real one the switches are on
         * and fixed, but guests know this bridge with all of them off.
         */
        {0x06, 0x00}, {0x07, 0x02}, /* medium DEVSEL timing */
        {0x4c, 0x4d}, {0x4e, 0x03}, {0x4f, 0x00}, {0x60, 0x80}, {0x61, 0x80}, {0x62, 0x80},
        {0x63, 0x80}, {0x69, 0x02}, {0x70, 0x80}, {0x76, 0x0c}, {0x77, 0x0c}, {0x78, 0x02},
        {0x79, 0x00}, {0x80, 0x00}, {0x82, 0x00}, {0xa0, 0x08}, {0xa2, 0x00}, {0xa3, 0x00},
        {0xa4, 0x00}, {0xa5, 0x00}, {0xa6, 0x00}, {0xa7, 0x00}, {0xa8, 0x0f}, {0xaa, 0x00},
        {0xab, 0x00}, {0xac, 0x00}, {0xae, 0x00},
    };
    PIIX3State *s = PIIX3_DEVICE(obj);

    pci_device_reset_hold(obj, type);
    for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
        s->parent_obj.config[defaults[i].reg] = defaults[i].value;
    }
    s->pic_levels = 0;
    s->rcr = 0;
}

/* ---- saved state ---- */

static int piix3_post_load(void *opaque, int version_id)
{
    PIIX3State *s = opaque;

    /*
     * The interrupt controllers load their own inputs; only the bookkeeping is
     * rebuilt, without touching the lines.
     */
    s->pic_levels = compute_levels(s);
    return 0;
}

static const VMStateDescription vmstate_piix3 = {
    .name = "PIIX3",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = piix3_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, PIIX3State),
            VMSTATE_UINT8(rcr, PIIX3State),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- realize ---- */

static void piix3_realize(PCIDevice *dev, Error **errp)
{
    PIIX3State *s = PIIX3_DEVICE(dev);
    PCIBus *bus = pci_get_bus(dev);

    s->isa_bus = isa_bus_new(DEVICE(s), bus->address_space_mem, bus->address_space_io, errp);
    if (!s->isa_bus) {
        return;
    }
    isa_bus_register_input_irqs(s->isa_bus, s->isa_irqs);

    memory_region_init_io(&s->rcr_mem, OBJECT(dev), &rcr_ops, s, "piix-reset-control", 1);
    memory_region_add_subregion_overlap(bus->address_space_io, PIIX_RCR_IOPORT, &s->rcr_mem, 1);

    pci_bus_irqs(bus, piix3_set_irq, s, PIIX_NUM_PIRQS);
    pci_bus_map_irqs(bus, piix3_map_irq);
    pci_bus_set_route_irq_fn(bus, piix3_route_intx);
}

static void piix3_init(Object *obj)
{
    PIIX3State *s = PIIX3_DEVICE(obj);

    qdev_init_gpio_out_named(DEVICE(obj), s->isa_irqs, "isa-irqs", ISA_NUM_IRQS);
}

static void piix_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = piix3_realize;
    k->config_write = piix3_write_config;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->class_id = PCI_CLASS_BRIDGE_ISA;
    dc->desc = "PCI-to-ISA bridge";
    dc->fw_name = "isa";
    dc->vmsd = &vmstate_piix3;
    dc->hotpluggable = false;
    dc->user_creatable = false; /* the board wires it */
    RESETTABLE_CLASS(klass)->phases.hold = piix3_reset_hold;
}

static void piix3_class_init(ObjectClass *klass, const void *data)
{
    PCI_DEVICE_CLASS(klass)->device_id = PCI_DEVICE_ID_INTEL_82371SB_0;
}

static const TypeInfo piix3_types[] = {
    {
        .name = TYPE_PIIX_PCI_DEVICE,
        .parent = TYPE_PCI_DEVICE,
        .abstract = true,
        .instance_size = sizeof(PIIX3State),
        .instance_init = piix3_init,
        .class_init = piix_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
    {
        .name = TYPE_PIIX3_DEVICE,
        .parent = TYPE_PIIX_PCI_DEVICE,
        .class_init = piix3_class_init,
    },
};

DEFINE_TYPES(piix3_types)
