/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The local APIC in the kernel (api.rst 4.57, 4.58): our copy of its registers. */
#include "qemu/osdep.h"
#include <linux/kvm.h>

#include "qemu/error-report.h"
#include "qemu/module.h"
#include "hw/i386/apic_internal.h"
#include "system/kvm.h"

/* ---- the register page ---- */

static uint32_t get_reg(const struct kvm_lapic_state *k, int reg)
{
    uint32_t val;

    memcpy(&val, k->regs + (reg << 4), sizeof(val));
    return val;
}

static void set_reg(struct kvm_lapic_state *k, int reg, uint32_t val)
{
    memcpy(k->regs + (reg << 4), &val, sizeof(val));
}

/* Register numbers as in apic.c. */
static void state_to_kvm(APICCommonState *s, struct kvm_lapic_state *k)
{
    memset(k, 0, sizeof(*k));
    set_reg(k, 0x2, apic_x2apic(s) ? s->initial_apic_id : (uint32_t)s->id << 24);
    set_reg(k, 0x3, s->version);
    set_reg(k, 0x8, s->tpr);
    set_reg(k, 0xd,
            apic_x2apic(s) ? ((s->initial_apic_id >> 4) << 16) | (1u << (s->initial_apic_id & 15))
                           : (uint32_t)s->log_dest << 24);
    set_reg(k, 0xe, ((uint32_t)s->dest_mode << 28) | 0x0fffffff);
    set_reg(k, 0xf, s->spurious_vec);
    for (int i = 0; i < 8; i++) {
        set_reg(k, 0x10 + i, s->isr[i]);
        set_reg(k, 0x18 + i, s->tmr[i]);
        set_reg(k, 0x20 + i, s->irr[i]);
    }
    set_reg(k, 0x28, s->esr);
    set_reg(k, 0x30, s->icr[0]);
    set_reg(k, 0x31, s->icr[1]);
    for (int i = 0; i < APIC_LVT_NB; i++) {
        set_reg(k, 0x32 + i, s->lvt[i]);
    }
    set_reg(k, 0x38, s->initial_count);
    set_reg(k, 0x3e, s->divide_conf);
}

static void state_from_kvm(APICCommonState *s, const struct kvm_lapic_state *k)
{
    if (!apic_x2apic(s)) {
        s->id = get_reg(k, 0x2) >> 24;
    }
    s->version = get_reg(k, 0x3);
    s->tpr = get_reg(k, 0x8);
    s->log_dest = get_reg(k, 0xd) >> 24;
    s->dest_mode = get_reg(k, 0xe) >> 28;
    s->spurious_vec = get_reg(k, 0xf);
    for (int i = 0; i < 8; i++) {
        s->isr[i] = get_reg(k, 0x10 + i);
        s->tmr[i] = get_reg(k, 0x18 + i);
        s->irr[i] = get_reg(k, 0x20 + i);
    }
    s->esr = get_reg(k, 0x28);
    s->icr[0] = get_reg(k, 0x30);
    s->icr[1] = get_reg(k, 0x31);
    for (int i = 0; i < APIC_LVT_NB; i++) {
        s->lvt[i] = get_reg(k, 0x32 + i);
    }
    s->initial_count = get_reg(k, 0x38);
    s->divide_conf = get_reg(k, 0x3e);
    s->initial_count_load_time = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    if (s->initial_count) {
        /* The kernel tells the current count: when it must have been loaded. */
        uint64_t passed = s->initial_count - MIN(get_reg(k, 0x39), s->initial_count);

        s->initial_count_load_time -= passed << apic_timer_shift(s);
    }
}

bool kvm_apic_put_state(APICCommonState *s, Error **errp)
{
    struct kvm_lapic_state k;
    int ret;

    state_to_kvm(s, &k);
    ret = kvm_vcpu_ioctl(CPU(s->cpu), KVM_SET_LAPIC, &k);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "KVM_SET_LAPIC");
        return false;
    }
    return true;
}

bool kvm_apic_get_state(APICCommonState *s, Error **errp)
{
    struct kvm_lapic_state k;
    int ret = kvm_vcpu_ioctl(CPU(s->cpu), KVM_GET_LAPIC, &k);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "KVM_GET_LAPIC");
        return false;
    }
    state_from_kvm(s, &k);
    return true;
}

/* ---- what devices and the monitor do with it ---- */

static void kvm_apic_mem_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    MSIMessage msg = {.address = APIC_DEFAULT_ADDRESS + addr, .data = data};
    int ret = kvm_irqchip_send_msi(kvm_state, msg);

    if (ret < 0) {
        error_report_once("KVM refused an MSI: %s", strerror(-ret));
    }
}

/* The guest's own accesses never get here: the kernel has them. */
static uint64_t kvm_apic_mem_read(void *opaque, hwaddr addr, unsigned size)
{
    return UINT64_MAX;
}

static const MemoryRegionOps kvm_apic_io_ops = {
    .read = kvm_apic_mem_read,
    .write = kvm_apic_mem_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static int kvm_apic_set_base(APICCommonState *s, uint64_t val)
{
    s->apicbase = val; /* goes to the kernel with the control registers */
    return 0;
}

static void kvm_apic_set_tpr(APICCommonState *s, uint8_t tpr)
{
    s->tpr = tpr;
}

static uint8_t kvm_apic_get_tpr(APICCommonState *s)
{
    return s->tpr;
}

static void kvm_apic_set_deadline(APICCommonState *s, uint64_t val)
{
    s->tsc_deadline = val;
}

static void inject_external_nmi(CPUState *cpu, run_on_cpu_data data)
{
    APICCommonState *s = data.host_ptr;
    uint32_t lvt;
    int ret;

    kvm_cpu_synchronize_state(cpu);
    lvt = s->lvt[APIC_LVT_LINT1];
    if (!(lvt & APIC_LVT_MASKED) && ((lvt >> 8) & 7) == APIC_DM_NMI) {
        ret = kvm_vcpu_ioctl(cpu, KVM_NMI, NULL);
        if (ret < 0) {
            error_report_once("KVM refused an NMI: %s", strerror(-ret));
        }
    }
}

static void kvm_apic_external_nmi(APICCommonState *s)
{
    run_on_cpu(CPU(s->cpu), inject_external_nmi, RUN_ON_CPU_HOST_PTR(s));
}

static void kvm_apic_realize(DeviceState *dev, Error **errp)
{
    APICCommonState *s = APIC_COMMON(dev);

    memory_region_init_io(&s->io_memory, OBJECT(s), &kvm_apic_io_ops, s, "kvm-apic-msi",
                          APIC_SPACE_SIZE);
}

static void kvm_apic_class_init(ObjectClass *oc, const void *data)
{
    APICCommonClass *c = APIC_COMMON_CLASS(oc);

    c->realize = kvm_apic_realize;
    c->set_base = kvm_apic_set_base;
    c->set_tpr = kvm_apic_set_tpr;
    c->get_tpr = kvm_apic_get_tpr;
    c->set_tsc_deadline = kvm_apic_set_deadline;
    c->external_nmi = kvm_apic_external_nmi;
}

static const TypeInfo kvm_apic_types[] = {
    {
        .name = TYPE_KVM_APIC,
        .parent = TYPE_APIC_COMMON,
        .class_init = kvm_apic_class_init,
    },
};

DEFINE_TYPES(kvm_apic_types)
