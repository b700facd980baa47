/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM for machines, devices and CPUs: is it in use, what does the kernel do,
 * and the routes of interrupts through it. The vCPU side is accel/kvm/.
 *
 * Without KVM in use all predicates are false and nothing else may be called.
 */
#ifndef SYSTEM_KVM_H
#define SYSTEM_KVM_H

#include "exec/hwaddr.h"
#include "exec/memattrs.h"
#include "qemu/event_notifier.h"
#include "qemu/notify.h"
#include "hw/core/cpu.h"
#include "hw/pci/pci.h"

extern bool kvm_allowed;
/* PICs, I/O APIC and local APICs are in the kernel. */
extern bool kvm_kernel_irqchip;
/* Only the local APICs are. */
extern bool kvm_split_irqchip;
extern bool kvm_halt_in_kernel_allowed;
extern bool kvm_eventfds_allowed;
extern bool kvm_irqfds_allowed;
extern bool kvm_resamplefds_allowed;
extern bool kvm_msi_via_irqfd_allowed;
extern bool kvm_gsi_routing_allowed;
extern bool kvm_readonly_mem_allowed;

#define kvm_enabled() (kvm_allowed)
/* Local APICs are in the kernel (full or split). */
#define kvm_irqchip_in_kernel()        (kvm_kernel_irqchip)
#define kvm_irqchip_is_split()         (kvm_split_irqchip)
#define kvm_pic_in_kernel()            (kvm_kernel_irqchip && !kvm_split_irqchip)
#define kvm_ioapic_in_kernel()         (kvm_kernel_irqchip && !kvm_split_irqchip)
#define kvm_pit_in_kernel()            (kvm_kernel_irqchip && !kvm_split_irqchip)
#define kvm_apic_in_kernel()           (kvm_kernel_irqchip)
#define kvm_halt_in_kernel()           (kvm_halt_in_kernel_allowed)
#define kvm_async_interrupts_enabled() (kvm_kernel_irqchip)
#define kvm_irqfds_enabled()           (kvm_irqfds_allowed)
#define kvm_resamplefds_enabled()      (kvm_resamplefds_allowed)
#define kvm_msi_via_irqfd_enabled()    (kvm_msi_via_irqfd_allowed)
#define kvm_gsi_routing_enabled()      (kvm_gsi_routing_allowed)
#define kvm_readonly_mem_enabled()     (kvm_readonly_mem_allowed)

extern KVMState *kvm_state;

/* ---- capabilities ---- */

bool kvm_has_sync_mmu(void);
/* System Management Mode. */
bool kvm_has_smm(void);
/* The guest's vCPUs, which are still to come, make at most @limit bus locks a second. */
bool kvm_limit_bus_locks(uint64_t limit, Error **errp);
int kvm_has_gsi_routing(void);
int kvm_check_extension(KVMState *s, unsigned extension);
int kvm_vm_check_extension(KVMState *s, unsigned extension);

/* ---- ioctls: result, or -errno ---- */

int kvm_ioctl(KVMState *s, unsigned long type, ...);
int kvm_vm_ioctl(KVMState *s, unsigned long type, ...);
int kvm_vcpu_ioctl(CPUState *cpu, unsigned long type, ...);
int kvm_device_ioctl(int fd, unsigned long type, ...);

/* ---- interrupts. BQL held ---- */

/* Level of GSI @irq. Negative errno on failure. */
int kvm_set_irq(KVMState *s, int irq, int level);
int kvm_irqchip_send_msi(KVMState *s, MSIMessage msg);

/* Changes to routes are collected here and take effect with commit. */
typedef struct KVMRouteChange {
    KVMState *s;
    int changes;
} KVMRouteChange;

static inline KVMRouteChange kvm_irqchip_begin_route_changes(KVMState *s)
{
    return (KVMRouteChange){.s = s, .changes = 0};
}

void kvm_irqchip_commit_routes(KVMState *s);

static inline void kvm_irqchip_commit_route_changes(KVMRouteChange *c)
{
    if (c->changes) {
        kvm_irqchip_commit_routes(c->s);
        c->changes = 0;
    }
}

/* GSI of the new route for @vector of @dev, or -errno. */
int kvm_irqchip_add_msi_route(KVMRouteChange *c, int vector, PCIDevice *dev);
int kvm_irqchip_update_msi_route(KVMState *s, int virq, MSIMessage msg, PCIDevice *dev);
void kvm_irqchip_release_virq(KVMState *s, int virq);
/* Routes GSI @gsi to pin @pin of in-kernel chip @irqchip (KVM_IRQCHIP_...). */
void kvm_irqchip_add_irq_route(KVMState *s, int gsi, int irqchip, int pin);

int kvm_irqchip_add_irqfd_notifier_gsi(KVMState *s, EventNotifier *n, EventNotifier *rn, int virq);
int kvm_irqchip_remove_irqfd_notifier_gsi(KVMState *s, EventNotifier *n, int virq);
/* Devices with irqfds re-make them when the routes' owner changed. */
void kvm_irqchip_add_change_notifier(Notifier *n);
void kvm_irqchip_remove_change_notifier(Notifier *n);
void kvm_irqchip_change_notify(void);

/* ---- memory ---- */

/* Is dirty logging done with a ring? Its entries per vCPU, 0 if not. */
uint32_t kvm_dirty_ring_size(void);
/* More regions than this cannot be mapped at once. */
unsigned kvm_get_max_memslots(void);
unsigned kvm_get_free_memslots(void);

/* Registers of @cpu into CPUState, if they are in the kernel. BQL held. */
void kvm_cpu_synchronize_state(CPUState *cpu);

#endif
