/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Standard hot-plug controller. Specification: PCI Standard Hot-Plug Controller and Subsystem
 * Specification 1.0, chapters 3.5 (commands), 4.1-4.8 (capability and working registers).
 *
 * A device that comes closes the slot's retention latch and presses the attention button for the
 * guest to switch the slot on. device_del presses the button again; the device goes when the
 * guest has disabled the slot and switched its power indicator off.
 */

#include "qemu/osdep.h"
#include "hw/pci/shpc.h"
#include "migration/vmstate.h"
#include "qemu/log.h"
#include "qemu/range.h"

/* Capability: a window to the working registers, too. */
#define CAP_SIZE         8
#define CAP_DWORD_SELECT 2
#define CAP_PENDING      3
#define CAP_PENDING_SERR 0x40
#define CAP_PENDING_INT  0x80
#define CAP_DWORD_DATA   4

/* Working registers, by offset. */
#define SLOTS_AVAILABLE_1 0x04
#define SLOT_CONFIG       0x0c
#define BUS_CONFIG        0x10
#define COMMAND           0x14
#define INT_LOCATOR       0x18
#define SERR_LOCATOR      0x1c
#define SERR_INT          0x20
#define SLOT_REGS         0x24
#define REGS_END          (SLOT_REGS + 4 * SHPC_NUM_SLOTS)

/* First device 1, physical slot 1 and upwards, with latch sensors and attention buttons. */
#define SLOT_CONFIG_VALUE     (SHPC_NUM_SLOTS | 1u << 8 | 1u << 16 | 7u << 29)
#define BUS_CONFIG_VALUE      0x01000000 /* programming interface 1, conventional at 33 MHz */

#define STATUS_LATCH_OPEN     0x0002
#define STATUS_INVALID        0x0004
#define STATUS_INVALID_SPEED  0x0008

#define SERR_INT_GLOBAL_MASK  0x00000001
#define SERR_INT_COMMAND_MASK 0x00000004
#define SERR_INT_MASKS        0x0000000f
#define SERR_INT_COMMAND_DONE 0x00010000
#define SERR_INT_W1C          0x00030000

#define SLOT_STATE            0x0003
#define SLOT_STATE_POWER_ONLY 1u
#define SLOT_STATE_ENABLED    2u
#define SLOT_STATE_DISABLED   3u
#define SLOT_POWER_LED        0x000c
#define SLOT_POWER_LED_ON     0x0004
#define SLOT_POWER_LED_BLINK  0x0008
#define SLOT_POWER_LED_OFF    0x000c
#define SLOT_ATTENTION_LED    0x0030
#define SLOT_LATCH_OPEN       0x0100
#define SLOT_EMPTY            0x0c00 /* both presence pins */
#define SLOT_READABLE         (0x3f | SLOT_LATCH_OPEN | SLOT_EMPTY)
#define SLOT_PRESENCE_CHANGED 0x00010000
#define SLOT_BUTTON_PRESSED   0x00040000
#define SLOT_LATCH_CHANGED    0x00080000
#define SLOT_EVENTS           0x001f0000
#define SLOT_MASKS            0x7f000000
#define SLOT_INT_MASK_SHIFT   8 /* from an event to its interrupt's mask */
#define SLOT_LATCH_SERR_MASK  0x20000000

/* How long a guest has to react to the button before it may be asked again: five seconds and what
 * it does then. */
#define UNPLUG_PENDING_MS 10000

/* ---- slots ---- */

static PCIBus *bus_of(SHPCDevice *s)
{
    return PCI_BRIDGE(s->bridge)->sec_bus;
}

/* The register of the slot that @d is in; NULL for slot 0, which the controller has not. */
static uint32_t *slot_of(SHPCDevice *s, PCIDevice *d)
{
    int slot = PCI_SLOT(d->devfn);

    return slot ? &s->slots[slot - 1] : NULL;
}

static bool occupied(SHPCDevice *s, int index)
{
    for (int function = 0; function < PCI_FUNC_MAX; function++) {
        if (bus_of(s)->devices[PCI_DEVFN(index + 1, function)]) {
            return true;
        }
    }
    return false;
}

/* As firmware leaves it: on with a device, off without. */
static uint32_t settled(SHPCDevice *s, int index)
{
    return occupied(s, index)
               ? SLOT_STATE_ENABLED | SLOT_POWER_LED_ON
               : SLOT_STATE_DISABLED | SLOT_POWER_LED_OFF | SLOT_LATCH_OPEN | SLOT_EMPTY;
}

void shpc_update_presence(SHPCDevice *s)
{
    for (int i = 0; i < SHPC_NUM_SLOTS; i++) {
        if (occupied(s, i) == !!(s->slots[i] & SLOT_EMPTY)) {
            s->slots[i] = (s->slots[i] & ~SLOT_READABLE) | settled(s, i);
        }
    }
}

/* ---- interrupts ---- */

static bool slot_pending(uint32_t slot)
{
    return slot & ~(slot >> SLOT_INT_MASK_SHIFT) & SLOT_EVENTS;
}

/* Command completion in bit 0, slots from bit 1 (4.5). */
static uint32_t interrupt_locator(SHPCDevice *s)
{
    uint32_t where =
        (s->serr_int & SERR_INT_COMMAND_DONE) && !(s->serr_int & SERR_INT_COMMAND_MASK);

    for (int i = 0; i < SHPC_NUM_SLOTS; i++) {
        where |= (uint32_t)slot_pending(s->slots[i]) << (i + 1);
    }
    return where;
}

static uint32_t serr_locator(SHPCDevice *s)
{
    uint32_t where = 0;

    for (int i = 0; i < SHPC_NUM_SLOTS; i++) {
        bool pending = (s->slots[i] & SLOT_LATCH_CHANGED) && !(s->slots[i] & SLOT_LATCH_SERR_MASK);

        where |= (uint32_t)pending << (i + 1);
    }
    return where;
}

/* Messages are sent when a cause comes up, the pin follows it. */
static void update_interrupt(SHPCDevice *s)
{
    uint8_t *state = s->bridge->config + s->cap + CAP_PENDING;
    bool before = s->notified;
    bool cause = interrupt_locator(s);

    *state = (cause ? CAP_PENDING_INT : 0) | (serr_locator(s) ? CAP_PENDING_SERR : 0);
    s->notified = cause && !(s->serr_int & SERR_INT_GLOBAL_MASK);
    if (msi_enabled(s->bridge)) {
        if (s->notified && !before) {
            msi_notify(s->bridge, 0);
        }
    } else if (s->notified != before) {
        pci_set_irq(s->bridge, s->notified);
    }
}

/* ---- devices that come and go ---- */

static void remove_all(SHPCDevice *s, int index)
{
    /* Function 0 last: it says that there are others. */
    for (int function = PCI_FUNC_MAX - 1; function >= 0; function--) {
        PCIDevice *d = bus_of(s)->devices[PCI_DEVFN(index + 1, function)];

        if (d) {
            hotplug_handler_unplug(qdev_get_hotplug_handler(DEVICE(d)), DEVICE(d), NULL);
            object_unparent(OBJECT(d));
        }
    }
    s->slots[index] |= SLOT_LATCH_OPEN | SLOT_EMPTY | SLOT_PRESENCE_CHANGED | SLOT_LATCH_CHANGED;
}

void shpc_device_pre_plug(SHPCDevice *s, PCIDevice *d, Error **errp)
{
    PCIBus *bus = bus_of(s);

    if (!DEVICE(d)->hotplugged) {
        return;
    }
    /* Without addr=, the first slot that takes it. */
    for (int slot = 1; d->devfn < 0 && slot <= SHPC_NUM_SLOTS; slot++) {
        if (!bus->devices[PCI_DEVFN(slot, 0)]) {
            d->devfn = PCI_DEVFN(slot, 0);
        }
    }
    if (d->devfn >= 0 && !slot_of(s, d)) {
        error_setg(errp, "addr=%x.%x: the hot-plug controller of bridge '%s' has slots 1 to %d",
                   PCI_SLOT(d->devfn), PCI_FUNC(d->devfn), BUS(bus)->name, SHPC_NUM_SLOTS);
    }
}

void shpc_device_plug(SHPCDevice *s, PCIDevice *d)
{
    uint32_t *slot = slot_of(s, d);

    if (!slot) {
        return;
    }
    if (!DEVICE(d)->hotplugged) {
        shpc_update_presence(s);
    } else if (PCI_FUNC(d->devfn) == 0) {
        /* The guest looks for functions when function 0 comes: others wait for that. */
        *slot &= ~(SLOT_LATCH_OPEN | SLOT_EMPTY);
        *slot |= SLOT_PRESENCE_CHANGED | SLOT_LATCH_CHANGED | SLOT_BUTTON_PRESSED;
        update_interrupt(s);
    }
}

static bool is_off(uint32_t slot)
{
    return (slot & SLOT_STATE) == SLOT_STATE_DISABLED &&
           (slot & SLOT_POWER_LED) == SLOT_POWER_LED_OFF;
}

void shpc_device_unplug_request(SHPCDevice *s, PCIDevice *d, Error **errp)
{
    uint32_t *slot = slot_of(s, d);

    if (!slot) {
        error_setg(errp, "slot 0 of bus '%s' does not support hotplugging", BUS(bus_of(s))->name);
        return;
    }
    if ((*slot & SLOT_POWER_LED) == SLOT_POWER_LED_BLINK) {
        error_setg(errp, "the guest is at work on slot %d of bus '%s'", PCI_SLOT(d->devfn),
                   BUS(bus_of(s))->name);
        return;
    }
    /* Off, or never switched on: the guest does not know of the device. */
    if (is_off(*slot)) {
        remove_all(s, slot - s->slots);
    } else {
        qdev_unplug_requested(DEVICE(d), UNPLUG_PENDING_MS);
        *slot |= SLOT_BUTTON_PRESSED;
    }
    update_interrupt(s);
}

/* ---- commands (3.5) ---- */

static uint16_t slot_operation(SHPCDevice *s, unsigned target, uint8_t code)
{
    unsigned state = code & SLOT_STATE;
    uint32_t *slot, before;

    if (target < 1 || target > SHPC_NUM_SLOTS) {
        return STATUS_INVALID;
    }
    slot = &s->slots[target - 1];
    before = *slot;
    if (state == SLOT_STATE_POWER_ONLY && (before & SLOT_STATE) == SLOT_STATE_ENABLED) {
        return STATUS_INVALID;
    }
    if ((state == SLOT_STATE_POWER_ONLY || state == SLOT_STATE_ENABLED) &&
        (before & SLOT_LATCH_OPEN)) {
        return STATUS_LATCH_OPEN;
    }
    /* Zero in a field leaves it alone. */
    for (uint32_t field = SLOT_STATE; field <= SLOT_ATTENTION_LED; field <<= 2) {
        if (code & field) {
            *slot = (*slot & ~field) | (code & field);
        }
    }
    if (is_off(*slot) && !is_off(before) && occupied(s, target - 1)) {
        remove_all(s, target - 1);
    }
    return 0;
}

/* Power only, or enabled, for all slots that have something and are off. */
static uint16_t all_slots(SHPCDevice *s, unsigned state)
{
    for (int i = 0; i < SHPC_NUM_SLOTS; i++) {
        if (!(s->slots[i] & (SLOT_LATCH_OPEN | SLOT_EMPTY)) &&
            (s->slots[i] & SLOT_STATE) != SLOT_STATE_ENABLED) {
            s->slots[i] = (s->slots[i] & ~SLOT_STATE) | state;
        }
    }
    return 0;
}

static void execute(SHPCDevice *s)
{
    uint8_t code = s->command;

    if (code < 0x40) {
        s->command_status = slot_operation(s, (s->command >> 8) & 0x1f, code);
    } else if (code == 0x40) {
        s->command_status = 0; /* 33 MHz, as it is */
    } else if (code < 0x48) {
        s->command_status = STATUS_INVALID_SPEED;
    } else if (code < 0x4a) {
        s->command_status = all_slots(s, code == 0x48 ? SLOT_STATE_POWER_ONLY : SLOT_STATE_ENABLED);
    } else {
        s->command_status = STATUS_INVALID;
    }
    if (s->command_status) {
        qemu_log_mask(LOG_GUEST_ERROR, "shpc: command 0x%04x fails with status 0x%x\n", s->command,
                      s->command_status);
    }
    s->serr_int |= SERR_INT_COMMAND_DONE;
}

/* ---- working registers ---- */

static uint32_t reg_read(SHPCDevice *s, unsigned reg)
{
    switch (reg) {
    case SLOTS_AVAILABLE_1:
        return SHPC_NUM_SLOTS; /* all at 33 MHz */
    case SLOT_CONFIG:
        return SLOT_CONFIG_VALUE;
    case BUS_CONFIG:
        return BUS_CONFIG_VALUE;
    case COMMAND:
        return s->command | (uint32_t)s->command_status << 16;
    case INT_LOCATOR:
        return interrupt_locator(s);
    case SERR_LOCATOR:
        return serr_locator(s);
    case SERR_INT:
        return s->serr_int;
    }
    return reg >= SLOT_REGS && reg < REGS_END ? s->slots[(reg - SLOT_REGS) / 4] : 0;
}

/* @lanes: the bits that are written. */
static void reg_write(SHPCDevice *s, unsigned reg, uint32_t val, uint32_t lanes)
{
    uint32_t *slot;

    if (reg == COMMAND) {
        s->command = (s->command & ~lanes) | (val & lanes);
        if (lanes & 0xff) {
            execute(s);
        }
    } else if (reg == SERR_INT) {
        uint32_t masks = lanes & SERR_INT_MASKS;

        s->serr_int = (s->serr_int & ~masks) | (val & masks);
        s->serr_int &= ~(val & lanes & SERR_INT_W1C);
    } else if (reg >= SLOT_REGS && reg < REGS_END) {
        uint32_t masks = lanes & SLOT_MASKS;

        slot = &s->slots[(reg - SLOT_REGS) / 4];
        *slot = (*slot & ~masks) | (val & masks);
        *slot &= ~(val & lanes & SLOT_EVENTS);
    }
    update_interrupt(s);
}

static uint64_t mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    return reg_read(opaque, addr & ~3u) >> (8 * (addr & 3));
}

static void mmio_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    unsigned shift = 8 * (addr & 3);

    reg_write(opaque, addr & ~3u, (uint32_t)val << shift,
              (uint32_t)(UINT64_MAX >> (64 - 8 * size)) << shift);
}

static const MemoryRegionOps shpc_ops = {
    .read = mmio_read,
    .write = mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 4},
    .impl = {.min_access_size = 1, .max_access_size = 4},
};

/* ---- the capability ---- */

/* The data register shows what the select register names; writes reach it. */
void shpc_write_config(SHPCDevice *s, uint32_t address, int len)
{
    uint8_t *config = s->bridge->config;
    uint32_t data = s->cap + CAP_DWORD_DATA;
    unsigned reg = config[s->cap + CAP_DWORD_SELECT] * 4;

    if (ranges_overlap(address, len, data, 4)) {
        uint32_t first = MAX(address, data), last = MIN(address + len, data + 4) - 1;
        uint32_t lanes = MAKE_64BIT_MASK(8 * (first - data), 8 * (last - first + 1));

        reg_write(s, reg, pci_get_long(config + data), lanes);
    }
}

void shpc_update_config(SHPCDevice *s)
{
    uint8_t *cap = s->bridge->config + s->cap;

    pci_set_long(cap + CAP_DWORD_DATA, reg_read(s, cap[CAP_DWORD_SELECT] * 4));
}

/* ---- reset, saved state, set-up ---- */

void shpc_reset(SHPCDevice *s)
{
    s->command = s->command_status = 0;
    s->serr_int = SERR_INT_MASKS;
    for (int i = 0; i < SHPC_NUM_SLOTS; i++) {
        s->slots[i] = SLOT_MASKS | settled(s, i);
    }
    s->bridge->config[s->cap + CAP_DWORD_SELECT] = 0;
    update_interrupt(s);
}

static int shpc_post_load(void *opaque, int version_id)
{
    SHPCDevice *s = opaque;

    for (int i = 0; i < SHPC_NUM_SLOTS; i++) {
        if (s->slots[i] & ~(SLOT_READABLE | SLOT_EVENTS | SLOT_MASKS)) {
            return -EINVAL;
        }
    }
    if (s->serr_int & ~(SERR_INT_MASKS | SERR_INT_W1C)) {
        return -EINVAL;
    }
    s->notified = interrupt_locator(s) && !(s->serr_int & SERR_INT_GLOBAL_MASK);
    return 0;
}

const VMStateDescription vmstate_shpc = {
    .name = "shpc",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = shpc_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT16(command, SHPCDevice),
            VMSTATE_UINT16(command_status, SHPCDevice),
            VMSTATE_UINT32(serr_int, SHPCDevice),
            VMSTATE_UINT32_ARRAY(slots, SHPCDevice, SHPC_NUM_SLOTS),
            VMSTATE_END_OF_LIST(),
        },
};

bool shpc_init(SHPCDevice *s, PCIDevice *bridge, Error **errp)
{
    int at = pci_add_capability(bridge, PCI_CAP_ID_SHPC, 0, CAP_SIZE, errp);

    if (at < 0) {
        return false;
    }
    s->bridge = bridge;
    s->cap = at;
    bridge->wmask[at + CAP_DWORD_SELECT] = 0xff;
    pci_set_long(bridge->wmask + at + CAP_DWORD_DATA, UINT32_MAX);
    memory_region_init_io(&s->mmio, OBJECT(bridge), &shpc_ops, s, "shpc-mmio", SHPC_BAR_SIZE);
    pci_register_bar(bridge, 0, PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_TYPE_64,
                     &s->mmio);
    PCI_BRIDGE(bridge)->shpc = s;
    return true;
}
