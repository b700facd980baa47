/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slots of PCI Express ports with native hot-plug (PCI Express Base 4.0, 6.7 and 7.5.3.9-11).
 *
 * A device that comes is present at once, and the attention button is pressed for the guest to
 * power it on. device_del presses the button again; the device goes when the guest has switched
 * the slot's power off.
 */

#include "qemu/osdep.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "qemu/log.h"
#include "qemu/range.h"

#define SLTCAP_ABP       0x00000001 /* attention button */
#define SLTCAP_PCP       0x00000002 /* power controller */
#define SLTCAP_AIP       0x00000008 /* attention indicator */
#define SLTCAP_PIP       0x00000010 /* power indicator */
#define SLTCAP_HPS       0x00000020 /* devices may go without notice */
#define SLTCAP_HPC       0x00000040
#define SLTCAP_EIP       0x00020000 /* interlock */
#define SLTCAP_PSN_SHIFT 19

#define SLTCTL_ABPE      0x0001
#define SLTCTL_PDCE      0x0008
#define SLTCTL_CCIE      0x0010
#define SLTCTL_HPIE      0x0020
#define SLTCTL_AIC_OFF   0x00c0
#define SLTCTL_PIC       0x0300
#define SLTCTL_PIC_ON    0x0100
#define SLTCTL_PIC_OFF   0x0300
#define SLTCTL_PCC       0x0400 /* set: power off */
#define SLTCTL_EIC       0x0800 /* writing 1 toggles the interlock; reads 0 */
#define SLTCTL_DLLSCE    0x1000
#define SLTCTL_EVENTS    (SLTCTL_ABPE | SLTCTL_PDCE | SLTCTL_CCIE | SLTCTL_DLLSCE)
#define SLTCTL_WRITABLE  (SLTCTL_EVENTS | SLTCTL_HPIE | 0x07c0)

#define SLTSTA_ABP       0x0001
#define SLTSTA_PDC       0x0008
#define SLTSTA_CC        0x0010
#define SLTSTA_PDS       0x0040
#define SLTSTA_EIS       0x0080
#define SLTSTA_DLLSC     0x0100
/* Event bits; each is where its enable bit is, but for the last. */
#define SLTSTA_EVENTS (SLTSTA_ABP | SLTSTA_PDC | SLTSTA_CC)
#define SLTSTA_W1C    (SLTSTA_EVENTS | SLTSTA_DLLSC | 0x0006)

#define LNKSTA_DLLLA  0x2000

/* How long a guest has to react to the button before it may be asked again. */
#define UNPLUG_PENDING_MS 5000

static uint8_t *express(PCIESlot *s)
{
    PCIDevice *d = PCI_DEVICE(s);

    return d->config + pcie_cap_offset(d);
}

static void set_bits(uint8_t *word, uint16_t bits, bool on)
{
    uint16_t val = pci_get_word(word);

    pci_set_word(word, on ? val | bits : val & ~bits);
}

static bool occupied(PCIESlot *s)
{
    PCIBus *bus = PCI_BRIDGE(s)->sec_bus;

    for (int i = 0; i < PCI_DEVFN_MAX; i++) {
        if (bus->devices[i]) {
            return true;
        }
    }
    return false;
}

void pcie_slot_get(PCIESlot *s, uint16_t *ctl, uint16_t *sta)
{
    *ctl = pci_get_word(express(s) + PCI_EXP_SLTCTL);
    *sta = pci_get_word(express(s) + PCI_EXP_SLTSTA);
}

/* ---- events ---- */

static bool event_pending(PCIESlot *s)
{
    uint16_t ctl, sta;

    pcie_slot_get(s, &ctl, &sta);
    return (ctl & SLTCTL_HPIE) &&
           ((ctl & sta & SLTSTA_EVENTS) || ((ctl & SLTCTL_DLLSCE) && (sta & SLTSTA_DLLSC)));
}

/* Messages are sent when the condition becomes true, the pin follows it (6.7.3.4). */
static void update_event(PCIESlot *s)
{
    PCIDevice *d = PCI_DEVICE(s);
    bool pending = event_pending(s), before = s->notified;

    s->notified = pending;
    if (msix_enabled(d)) {
        if (pending && !before) {
            msix_notify(d, 0);
        }
    } else if (msi_enabled(d)) {
        if (pending && !before) {
            msi_notify(d, 0);
        }
    } else if (pending != before) {
        pci_set_irq(d, pending);
    }
}

static void raise_event(PCIESlot *s, uint16_t bits)
{
    set_bits(express(s) + PCI_EXP_SLTSTA, bits, true);
    update_event(s);
}

static void set_present(PCIESlot *s, bool present)
{
    set_bits(express(s) + PCI_EXP_SLTSTA, SLTSTA_PDS, present);
    set_bits(express(s) + PCI_EXP_LNKSTA, LNKSTA_DLLLA, present);
}

void pcie_slot_update_presence(PCIESlot *s)
{
    set_present(s, occupied(s));
}

/* ---- devices that come and go ---- */

static void remove_all(PCIESlot *s)
{
    PCIBus *bus = PCI_BRIDGE(s)->sec_bus;

    /* Function 0 last: it says that there are others. */
    for (int i = PCI_DEVFN_MAX - 1; i >= 0; i--) {
        if (bus->devices[i]) {
            DeviceState *dev = DEVICE(bus->devices[i]);

            hotplug_handler_unplug(qdev_get_hotplug_handler(dev), dev, NULL);
            object_unparent(OBJECT(dev));
        }
    }
}

static void slot_pre_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PCIESlot *s = PCIE_SLOT(handler);
    uint16_t ctl, sta;

    if (!dev->hotplugged) {
        return;
    }
    if (!s->hotplug) {
        error_setg(errp, "slot of port '%s' is hotplug=off", DEVICE(s)->id ?: "");
        return;
    }
    pcie_slot_get(s, &ctl, &sta);
    if (sta & SLTSTA_EIS) {
        error_setg(errp, "the guest has locked the slot of port '%s'", DEVICE(s)->id ?: "");
    }
}

static void slot_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PCIESlot *s = PCIE_SLOT(handler);

    if (!dev->hotplugged) {
        set_present(s, true);
        return;
    }
    /* The guest looks for functions when function 0 comes: others wait for that. */
    if (PCI_FUNC(PCI_DEVICE(dev)->devfn) == 0) {
        set_present(s, true);
        raise_event(s, SLTSTA_PDC | SLTSTA_ABP | SLTSTA_DLLSC);
    }
}

static void slot_unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    qdev_simple_device_unplug_cb(handler, dev, errp);
}

static void slot_unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PCIESlot *s = PCIE_SLOT(handler);
    uint16_t ctl, sta;

    pcie_slot_get(s, &ctl, &sta);
    if (!s->hotplug) {
        error_setg(errp, "slot of port '%s' is hotplug=off", DEVICE(s)->id ?: "");
        return;
    }
    if (sta & SLTSTA_EIS) {
        error_setg(errp, "the guest has locked the slot of port '%s'", DEVICE(s)->id ?: "");
        return;
    }
    if ((ctl & SLTCTL_PIC) == 0x0200) {
        error_setg(errp, "the guest is at work on the slot of port '%s'", DEVICE(s)->id ?: "");
        return;
    }
    /* Off, or never switched on: the guest does not know of the device. */
    if ((ctl & SLTCTL_PCC) || (ctl & SLTCTL_PIC) == SLTCTL_PIC_OFF) {
        remove_all(s);
        set_present(s, false);
        raise_event(s, SLTSTA_PDC | SLTSTA_DLLSC);
        return;
    }
    qdev_unplug_requested(dev, UNPLUG_PENDING_MS);
    raise_event(s, SLTSTA_ABP);
}

/* ---- registers ---- */

/* Without a power controller the indicator alone says it. */
static bool is_off(PCIESlot *s, uint16_t ctl)
{
    return (!s->power_controller || (ctl & SLTCTL_PCC)) && (ctl & SLTCTL_PIC) == SLTCTL_PIC_OFF;
}

/* Power went off with the indicator: the guest has let go (6.7.1.1.1 table). */
static bool let_go(PCIESlot *s, uint16_t before, uint16_t after)
{
    return is_off(s, after) && !is_off(s, before);
}

static void command_written(PCIESlot *s, uint16_t before, uint32_t written)
{
    uint8_t *exp = express(s);
    uint16_t after = pci_get_word(exp + PCI_EXP_SLTCTL);

    if (written & SLTCTL_EIC) {
        pci_set_word(exp + PCI_EXP_SLTSTA, pci_get_word(exp + PCI_EXP_SLTSTA) ^ SLTSTA_EIS);
    }
    if (s->hotplug && let_go(s, before, after) && occupied(s)) {
        remove_all(s);
        set_present(s, false);
        set_bits(exp + PCI_EXP_SLTSTA, SLTSTA_PDC | SLTSTA_DLLSC, true);
    }
    set_bits(exp + PCI_EXP_SLTSTA, SLTSTA_CC, true);
}

void pcie_slot_write_config(PCIESlot *s, uint16_t old_ctl, uint16_t old_sta, uint32_t address,
                            uint32_t val, int len)
{
    uint32_t ctl = pcie_cap_offset(PCI_DEVICE(s)) + PCI_EXP_SLTCTL;

    if (ranges_overlap(address, len, ctl, 2)) {
        /* What the guest wrote at the register, wherever its access began. */
        uint32_t written = address <= ctl ? val >> (8 * (ctl - address)) : val << 8;

        command_written(s, old_ctl, written & 0xffff);
    }
    if (ranges_overlap(address, len, ctl, 4)) {
        update_event(s);
    }
}

void pcie_slot_reset(PCIESlot *s)
{
    bool present = occupied(s);
    uint8_t *exp = express(s);

    pci_set_word(
        exp + PCI_EXP_SLTCTL,
        SLTCTL_AIC_OFF |
            (present ? SLTCTL_PIC_ON : SLTCTL_PIC_OFF | (s->power_controller ? SLTCTL_PCC : 0)));
    pci_set_word(exp + PCI_EXP_SLTSTA, 0);
    set_present(s, present);
    s->notified = false;
}

/* ---- numbers that tell slots apart ---- */

typedef struct SameSlot {
    const PCIESlot *slot;
    PCIESlot *other;
} SameSlot;

static int find_same_slot(Object *obj, void *opaque)
{
    SameSlot *same = opaque;
    PCIESlot *s = (PCIESlot *)object_dynamic_cast(obj, TYPE_PCIE_SLOT);

    if (s && DEVICE(s)->realized && s->chassis == same->slot->chassis &&
        s->slot == same->slot->slot) {
        same->other = s;
    }
    return same->other != NULL;
}

/* Guests name slots by the number of their chassis and their own (6.7.1.8). */
static bool check_numbers(PCIESlot *s, Error **errp)
{
    SameSlot same = {.slot = s};

    if (s->slot > 0x1fff) {
        error_setg(errp, "slot=%u is greater than %u", s->slot, 0x1fff);
        return false;
    }
    object_child_foreach_recursive(qdev_get_machine(), find_same_slot, &same);
    if (same.other) {
        g_autofree char *path = object_get_canonical_path(OBJECT(same.other));
        const char *id = DEVICE(same.other)->id;

        error_setg(errp, "chassis=%u has a slot=%u already: device '%s'", s->chassis, s->slot,
                   id ? id : path);
        error_append_hint(errp, "Give each port another number with slot= or chassis=.\n");
        return false;
    }
    return true;
}

/* ---- life ---- */

bool pcie_slot_init(PCIESlot *s, Error **errp)
{
    PCIDevice *d = PCI_DEVICE(s);
    uint8_t at = pcie_cap_offset(d);
    uint32_t cap = (uint32_t)s->slot << SLTCAP_PSN_SHIFT;

    if (!check_numbers(s, errp)) {
        return false;
    }
    if (s->hotplug) {
        cap |= SLTCAP_ABP | SLTCAP_AIP | SLTCAP_PIP | SLTCAP_HPS | SLTCAP_EIP;
        cap |= s->power_controller ? SLTCAP_PCP : 0;
        cap |= s->native_hotplug_hidden ? 0 : SLTCAP_HPC;
    }
    set_bits(d->config + at + PCI_EXP_FLAGS, PCI_EXP_FLAGS_SLOT, true);
    pci_set_long(d->config + at + PCI_EXP_SLTCAP, cap);
    pci_set_word(d->wmask + at + PCI_EXP_SLTCTL,
                 SLTCTL_WRITABLE & ~(s->power_controller ? 0 : SLTCTL_PCC));
    pci_set_word(d->w1cmask + at + PCI_EXP_SLTSTA, SLTSTA_W1C);
    pci_set_word(d->cmask + at + PCI_EXP_SLTSTA, 0);
    qbus_set_hotplug_handler(BUS(PCI_BRIDGE(s)->sec_bus), OBJECT(s));
    return true;
}

/* ---- saved state ---- */

int pcie_slot_post_load(void *opaque, int version_id)
{
    PCIESlot *s = opaque;

    s->notified = event_pending(s);
    return 0;
}

static const Property pcie_slot_props[] = {
    DEFINE_PROP_UINT8("chassis", PCIESlot, chassis, 0),
    DEFINE_PROP_UINT16("slot", PCIESlot, slot, 0),
    DEFINE_PROP_BOOL("hotplug", PCIESlot, hotplug, true),
    DEFINE_PROP_BOOL("power_controller_present", PCIESlot, power_controller, true),
    DEFINE_PROP_BOOL("x-do-not-expose-native-hotplug-cap", PCIESlot, native_hotplug_hidden, false),
};

static void pcie_slot_class_init(ObjectClass *klass, const void *data)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);

    device_class_set_props(DEVICE_CLASS(klass), pcie_slot_props);
    hc->pre_plug = slot_pre_plug;
    hc->plug = slot_plug;
    hc->unplug = slot_unplug;
    hc->unplug_request = slot_unplug_request;
}

static const TypeInfo pcie_slot_types[] = {
    {
        .name = TYPE_PCIE_SLOT,
        .parent = TYPE_PCIE_PORT,
        .abstract = true,
        .instance_size = sizeof(PCIESlot),
        .class_init = pcie_slot_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_HOTPLUG_HANDLER}, {}},
    },
};

DEFINE_TYPES(pcie_slot_types)
