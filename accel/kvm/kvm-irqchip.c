/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts through the kernel: its interrupt controllers, the table that
 * routes GSIs to their pins or to MSIs, and event descriptors that raise a GSI
 * (api.rst 4.24, 4.52, 4.75, 7.5).
 */
#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qemu/error-report.h"
#include "accel/kvm/kvm-int.h"
#include "hw/i386/kvm/ioapic.h"

/* ---- routes ---- */

static void add_route(KVMState *s, const struct kvm_irq_routing_entry *entry)
{
    if (s->irq_routes->nr == s->nr_allocated_irq_routes) {
        unsigned n = MAX(s->nr_allocated_irq_routes * 2, 64);
        size_t size = sizeof(*s->irq_routes) + n * sizeof(struct kvm_irq_routing_entry);

        s->irq_routes = g_realloc(s->irq_routes, size);
        s->nr_allocated_irq_routes = n;
    }
    s->irq_routes->entries[s->irq_routes->nr++] = *entry;
    set_bit(entry->gsi, s->used_gsi_bitmap);
}

void kvm_irqchip_commit_routes(KVMState *s)
{
    int ret;

    if (!kvm_gsi_routing_allowed) {
        return;
    }
    s->irq_routes->flags = 0;
    ret = kvm_vm_ioctl(s, KVM_SET_GSI_ROUTING, s->irq_routes);
    if (ret < 0) {
        error_report_once("KVM refused the routes of %u interrupts: %s", s->irq_routes->nr,
                          strerror(-ret));
    }
}

void kvm_irqchip_add_irq_route(KVMState *s, int gsi, int irqchip, int pin)
{
    struct kvm_irq_routing_entry e = {
        .gsi = gsi,
        .type = KVM_IRQ_ROUTING_IRQCHIP,
        .u.irqchip = {.irqchip = irqchip, .pin = pin},
    };

    /* Our own bug otherwise: machines wire fewer pins than there are GSIs. */
    g_assert(gsi >= 0 && gsi < (int)s->gsi_count);
    add_route(s, &e);
}

static void fill_msi(struct kvm_irq_routing_entry *e, MSIMessage msg)
{
    e->type = KVM_IRQ_ROUTING_MSI;
    e->flags = 0;
    e->u.msi.address_lo = (uint32_t)msg.address;
    e->u.msi.address_hi = msg.address >> 32;
    e->u.msi.data = msg.data;
}

static int free_gsi(KVMState *s)
{
    unsigned long gsi = find_first_zero_bit(s->used_gsi_bitmap, s->gsi_count);

    return gsi < s->gsi_count ? (int)gsi : -ENOSPC;
}

int kvm_irqchip_add_msi_route(KVMRouteChange *c, int vector, PCIDevice *dev)
{
    struct kvm_irq_routing_entry e = {0};
    MSIMessage msg = {0};
    int gsi;

    if (!kvm_gsi_routing_allowed) {
        return -ENOSYS;
    }
    if (dev) {
        msg = msix_enabled(dev) ? msix_get_message(dev, vector) : msi_get_message(dev, vector);
    }
    gsi = free_gsi(c->s);
    if (gsi < 0) {
        return gsi;
    }
    e.gsi = gsi;
    fill_msi(&e, msg);
    add_route(c->s, &e);
    c->changes++;
    return gsi;
}

int kvm_irqchip_update_msi_route(KVMState *s, int virq, MSIMessage msg, PCIDevice *dev)
{
    for (unsigned i = 0; i < s->irq_routes->nr; i++) {
        struct kvm_irq_routing_entry *e = &s->irq_routes->entries[i];

        if (e->gsi == (unsigned)virq) {
            fill_msi(e, msg);
            return 0;
        }
    }
    return -ESRCH;
}

void kvm_irqchip_release_virq(KVMState *s, int virq)
{
    unsigned i = 0;

    while (i < s->irq_routes->nr) {
        if (s->irq_routes->entries[i].gsi == (unsigned)virq) {
            s->irq_routes->entries[i] = s->irq_routes->entries[--s->irq_routes->nr];
        } else {
            i++;
        }
    }
    clear_bit(virq, s->used_gsi_bitmap);
    kvm_irqchip_commit_routes(s);
}

/* ---- raising ---- */

int kvm_set_irq(KVMState *s, int irq, int level)
{
    struct kvm_irq_level event = {.irq = irq, .level = level};
    int ret = kvm_vm_ioctl(s, KVM_IRQ_LINE, &event);

    if (ret < 0) {
        error_report_once("KVM refused interrupt %d: %s", irq, strerror(-ret));
    }
    return ret;
}

int kvm_irqchip_send_msi(KVMState *s, MSIMessage msg)
{
    struct kvm_msi msi = {
        .address_lo = (uint32_t)msg.address,
        .address_hi = msg.address >> 32,
        .data = msg.data,
    };

    return kvm_vm_ioctl(s, KVM_SIGNAL_MSI, &msi);
}

/* ---- irqfd ---- */

static int assign_irqfd(KVMState *s, EventNotifier *n, EventNotifier *resample, int virq,
                        bool assign)
{
    struct kvm_irqfd irqfd = {
        .fd = event_notifier_get_fd(n),
        .gsi = virq,
        .flags = assign ? 0 : KVM_IRQFD_FLAG_DEASSIGN,
    };

    if (!kvm_irqfds_allowed) {
        return -ENOSYS;
    }
    if (resample) {
        if (!kvm_resamplefds_allowed) {
            return -ENOSYS;
        }
        irqfd.flags |= KVM_IRQFD_FLAG_RESAMPLE;
        irqfd.resamplefd = event_notifier_get_fd(resample);
    }
    return kvm_vm_ioctl(s, KVM_IRQFD, &irqfd);
}

int kvm_irqchip_add_irqfd_notifier_gsi(KVMState *s, EventNotifier *n, EventNotifier *rn, int virq)
{
    return assign_irqfd(s, n, rn, virq, true);
}

int kvm_irqchip_remove_irqfd_notifier_gsi(KVMState *s, EventNotifier *n, int virq)
{
    return assign_irqfd(s, n, NULL, virq, false);
}

void kvm_irqchip_add_change_notifier(Notifier *n)
{
    notifier_list_add(&kvm_state->irqchip_change_notifiers, n);
}

void kvm_irqchip_remove_change_notifier(Notifier *n)
{
    notifier_remove(n);
}

void kvm_irqchip_change_notify(void)
{
    notifier_list_notify(&kvm_state->irqchip_change_notifiers, NULL);
}

/* ---- setting up ---- */

static void init_routing(KVMState *s)
{
    int count = kvm_check_extension(s, KVM_CAP_IRQ_ROUTING);

    s->gsi_count = MIN(MAX(count, 1), KVM_MAX_GSIS);
    s->used_gsi_bitmap = bitmap_new(s->gsi_count);
    s->irq_routes = g_malloc0(sizeof(*s->irq_routes));
    s->nr_allocated_irq_routes = 0;
    kvm_gsi_routing_allowed = count > 1;
    kvm_msi_via_irqfd_allowed = kvm_irqfds_allowed && kvm_gsi_routing_allowed;
}

bool kvm_irqchip_create(KVMState *s, Error **errp)
{
    static const KVMCapability needed[] = {
        KVM_CAPABILITY(IRQCHIP, "interrupt controllers (kernel-irqchip=off works without)"),
        KVM_CAPABILITY(IRQ_ROUTING, "routing of interrupts (kernel-irqchip=off works without)"),
        KVM_CAPABILITY(SIGNAL_MSI, "MSI delivery (kernel-irqchip=off works without)"),
        {},
    };
    int ret;

    if (s->irqchip_mode == KVM_IRQCHIP_MODE_OFF) {
        return true;
    }
    if (!kvm_require_capabilities(s, needed, errp)) {
        return false;
    }
    if (s->irqchip_mode == KVM_IRQCHIP_MODE_SPLIT) {
        if (!kvm_arch_irqchip_create(s, errp)) {
            return false;
        }
        kvm_split_irqchip = true;
    } else {
        ret = kvm_vm_ioctl(s, KVM_CREATE_IRQCHIP, NULL);
        if (ret < 0) {
            ERRP_GUARD();

            error_setg_errno(errp, -ret, "KVM could not create interrupt controllers");
            error_append_hint(errp, "-machine kernel-irqchip=off emulates them instead.\n");
            return false;
        }
    }
    kvm_kernel_irqchip = true;
    kvm_halt_in_kernel_allowed = true;
    init_routing(s);
    if (kvm_split_irqchip) {
        kvm_ioapic_set_up_split();
    }
    return true;
}
