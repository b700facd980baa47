/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmclock over stops and migration (api.rst 4.29, 4.30, 4.75): the kernel's
 * clock goes on while the machine stands still, so it is read when the machine
 * stops and put back when it continues.
 */
#include "qemu/osdep.h"
#include <linux/kvm.h>

#include "qemu/error-report.h"
#include "qemu/module.h"
#include "hw/i386/kvm/clock.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "system/kvm.h"
#include "system/runstate.h"
#include "target/i386/cpu.h"

#define TYPE_KVM_CLOCK "kvmclock"
OBJECT_DECLARE_SIMPLE_TYPE(KVMClockState, KVM_CLOCK)

struct KVMClockState {
    SysBusDevice parent_obj;

    /* state */
    uint64_t clock; /* ns, as of the stop */
    bool clock_valid;
};

static void read_clock(KVMClockState *s)
{
    struct kvm_clock_data data = {0};
    int ret = kvm_vm_ioctl(kvm_state, KVM_GET_CLOCK, &data);

    if (ret < 0) {
        error_report("KVM_GET_CLOCK: %s", strerror(-ret));
        return;
    }
    s->clock = data.clock;
    s->clock_valid = true;
}

/* Tells guests with watchdogs that they were paused. */
static void notify_guests(void)
{
    CPUState *cpu;

    if (!kvm_check_extension(kvm_state, KVM_CAP_KVMCLOCK_CTRL)) {
        return;
    }
    CPU_FOREACH (cpu) {
        int ret = kvm_vcpu_ioctl(cpu, KVM_KVMCLOCK_CTRL, NULL);

        /* EINVAL: this guest has not set up its clock. */
        if (ret < 0 && ret != -EINVAL) {
            error_report_once("KVM_KVMCLOCK_CTRL: %s", strerror(-ret));
        }
    }
}

static void vm_state_changed(void *opaque, bool running, RunState state)
{
    KVMClockState *s = opaque;

    if (running) {
        struct kvm_clock_data data = {.clock = s->clock};
        int ret;

        if (!s->clock_valid) {
            return;
        }
        s->clock_valid = false;
        ret = kvm_vm_ioctl(kvm_state, KVM_SET_CLOCK, &data);
        if (ret < 0) {
            error_report("KVM_SET_CLOCK: %s", strerror(-ret));
        }
        notify_guests();
    } else if (!s->clock_valid) {
        read_clock(s);
    }
}

static int kvmclock_pre_save(void *opaque)
{
    KVMClockState *s = opaque;

    if (!s->clock_valid) {
        read_clock(s);
    }
    return 0;
}

static int kvmclock_post_load(void *opaque, int version_id)
{
    ((KVMClockState *)opaque)->clock_valid = true;
    return 0;
}

static const VMStateDescription vmstate_kvmclock = {
    .name = "kvmclock",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = kvmclock_pre_save,
    .post_load = kvmclock_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT64(clock, KVMClockState),
            VMSTATE_END_OF_LIST(),
        },
};

static void kvmclock_realize(DeviceState *dev, Error **errp)
{
    KVMClockState *s = KVM_CLOCK(dev);

    if (!kvm_enabled()) {
        error_setg(errp, "kvmclock exists only under KVM");
        return;
    }
    qemu_add_vm_change_state_handler(vm_state_changed, s);
}

static void kvmclock_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->realize = kvmclock_realize;
    dc->vmsd = &vmstate_kvmclock;
    dc->user_creatable = false;
}

static const TypeInfo kvmclock_types[] = {
    {
        .name = TYPE_KVM_CLOCK,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(KVMClockState),
        .class_init = kvmclock_class_init,
    },
};

DEFINE_TYPES(kvmclock_types)

void kvmclock_create(void)
{
    X86CPU *cpu = X86_CPU(first_cpu);

    if (cpu->env.features[FEAT_KVM] & (CPUID_KVM_CLOCKSOURCE | CPUID_KVM_CLOCKSOURCE2)) {
        sysbus_create_simple(TYPE_KVM_CLOCK, -1, NULL);
    }
}
