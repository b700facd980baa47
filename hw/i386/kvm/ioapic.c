/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The I/O APIC in the kernel (api.rst 4.26, 4.27), and what the emulated one
 * has to tell the kernel when only local APICs are there (7.5).
 */
#include "qemu/osdep.h"
#include <linux/kvm.h>

#include "qemu/error-report.h"
#include "qemu/module.h"
#include "hw/intc/ioapic_internal.h"
#include "hw/i386/kvm/ioapic.h"
#include "system/kvm.h"

/* PIC inputs are GSIs 0-15; the same GSIs go to the I/O APIC, 0 to its pin 2. */
#define PIC_GSIS 16

/* ---- full: the kernel's chip ---- */

static void set_up_routes(void)
{
    static bool done;

    if (done) {
        return; /* a second I/O APIC has no lines in the kernel */
    }
    done = true;
    for (int gsi = 0; gsi < PIC_GSIS; gsi++) {
        if (gsi != 2) {
            kvm_irqchip_add_irq_route(
                kvm_state, gsi, gsi < 8 ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE, gsi & 7);
        }
    }
    for (int gsi = 0; gsi < IOAPIC_NUM_PINS; gsi++) {
        if (gsi != 2) {
            kvm_irqchip_add_irq_route(kvm_state, gsi, KVM_IRQCHIP_IOAPIC, gsi == 0 ? 2 : gsi);
        }
    }
    kvm_irqchip_commit_routes(kvm_state);
}

static void kvm_ioapic_get(IOAPICCommonState *s)
{
    struct kvm_irqchip chip = {.chip_id = KVM_IRQCHIP_IOAPIC};
    struct kvm_ioapic_state *k = &chip.chip.ioapic;
    int ret = kvm_vm_ioctl(kvm_state, KVM_GET_IRQCHIP, &chip);

    if (ret < 0) {
        error_report("KVM_GET_IRQCHIP (I/O APIC): %s", strerror(-ret));
        return;
    }
    s->id = k->id;
    s->ioregsel = k->ioregsel;
    s->irr = k->irr;
    for (int i = 0; i < IOAPIC_NUM_PINS; i++) {
        s->ioredtbl[i] = k->redirtbl[i].bits;
    }
}

static void kvm_ioapic_put(IOAPICCommonState *s)
{
    struct kvm_irqchip chip = {.chip_id = KVM_IRQCHIP_IOAPIC};
    struct kvm_ioapic_state *k = &chip.chip.ioapic;
    int ret;

    k->id = s->id;
    k->ioregsel = s->ioregsel;
    k->base_address = s->busdev.mmio[0].addr;
    k->irr = s->irr;
    for (int i = 0; i < IOAPIC_NUM_PINS; i++) {
        k->redirtbl[i].bits = s->ioredtbl[i];
    }
    ret = kvm_vm_ioctl(kvm_state, KVM_SET_IRQCHIP, &chip);
    if (ret < 0) {
        error_report("KVM_SET_IRQCHIP (I/O APIC): %s", strerror(-ret));
    }
}

static void kvm_ioapic_reset_hold(Object *obj, ResetType type)
{
    IOAPICCommonState *s = IOAPIC_COMMON(obj);

    ioapic_reset_common(s);
    kvm_ioapic_put(s);
}

static void kvm_ioapic_set_irq(void *opaque, int irq, int level)
{
    IOAPICCommonState *s = opaque;

    if (level) {
        s->irq_count[irq]++;
    }
    /* The lower ones are raised as inputs of the PIC: a GSI goes to both. */
    if (irq >= PIC_GSIS) {
        kvm_set_irq(kvm_state, irq, level);
    }
}

static void kvm_ioapic_realize(DeviceState *dev, Error **errp)
{
    IOAPICCommonState *s = IOAPIC_COMMON(dev);

    memory_region_init_io(&s->io_memory, OBJECT(dev), NULL, NULL, "kvm-ioapic", 0x1000);
    /* The kernel's one reports version 0x11. */
    s->version = 0x11;
    qdev_init_gpio_in(dev, kvm_ioapic_set_irq, IOAPIC_NUM_PINS);
    set_up_routes();
}

static void kvm_ioapic_class_init(ObjectClass *oc, const void *data)
{
    IOAPICCommonClass *k = IOAPIC_COMMON_CLASS(oc);

    k->realize = kvm_ioapic_realize;
    k->pre_save = kvm_ioapic_get;
    k->post_load = kvm_ioapic_put;
    RESETTABLE_CLASS(oc)->phases.hold = kvm_ioapic_reset_hold;
    DEVICE_CLASS(oc)->user_creatable = false;
}

static const TypeInfo kvm_ioapic_types[] = {
    {
        .name = TYPE_KVM_IOAPIC,
        .parent = TYPE_IOAPIC_COMMON,
        .class_init = kvm_ioapic_class_init,
    },
};

DEFINE_TYPES(kvm_ioapic_types)

/* ---- split: the emulated chip ---- */

/*
 * The kernel forwards the EOI of level-triggered interrupts only for vectors
 * that a route of GSIs 0-23 names: they follow the redirection table.
 */
static void update_split_routes(IOAPICCommonState *s)
{
    for (int pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
        MSIMessage msg = {0};

        if (!(s->ioredtbl[pin] & IOAPIC_LVT_MASKED)) {
            IOAPICMessage m = ioapic_entry_message(s->ioredtbl[pin]);

            msg = (MSIMessage){.address = m.addr, .data = m.data};
        }
        kvm_irqchip_update_msi_route(kvm_state, pin, msg, NULL);
    }
    kvm_irqchip_commit_routes(kvm_state);
}

void kvm_ioapic_set_up_split(void)
{
    KVMRouteChange c = kvm_irqchip_begin_route_changes(kvm_state);

    /* The first to ask for routes: they get numbers 0-23. */
    for (int i = 0; i < IOAPIC_NUM_PINS; i++) {
        if (kvm_irqchip_add_msi_route(&c, 0, NULL) < 0) {
            error_report_once("KVM has no routes for the I/O APIC");
            return;
        }
    }
    kvm_irqchip_commit_route_changes(&c);
    ioapic_set_table_hook(update_split_routes);
}
