/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 8254 in the kernel (api.rst 4.69-4.71). It counts on the host's monotonic clock. */
#include "qemu/osdep.h"
#include <linux/kvm.h>

#include "qemu/error-report.h"
#include "qemu/module.h"
#include "hw/timer/i8254_internal.h"
#include "qapi/qapi-types-common.h"
#include "system/kvm.h"
#include "system/runstate.h"

/* What happens to ticks that the guest missed. */
typedef enum KVMPITLostTicks {
    KVM_PIT_LOST_DELAY, /* the kernel delivers them later */
    KVM_PIT_LOST_DISCARD,
} KVMPITLostTicks;

#define KVM_PIT(obj) OBJECT_CHECK(KVMPITState, (obj), TYPE_KVM_I8254)

typedef struct KVMPITState {
    PITCommonState parent_obj;

    /* config */
    bool discard_lost_ticks;

    /* state */
    bool vm_stopped;
    bool state_valid;            /* channels[] is newer than the kernel's */
    int64_t kernel_clock_offset; /* host's monotonic clock less QEMU_CLOCK_VIRTUAL, ns */
} KVMPITState;

typedef struct KVMPITClass {
    PITCommonClass parent_class;
    DeviceRealize parent_realize;
} KVMPITClass;
DECLARE_CLASS_CHECKERS(KVMPITClass, KVM_PIT, TYPE_KVM_I8254)

static void update_clock_offset(KVMPITState *s)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    s->kernel_clock_offset =
        ts.tv_sec * 1000000000ll + ts.tv_nsec - qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void kvm_pit_get(PITCommonState *pit)
{
    KVMPITState *s = KVM_PIT(pit);
    struct kvm_pit_state2 k;
    int ret;

    /* Stopped: the state was taken when that happened. */
    if (s->state_valid) {
        return;
    }
    ret = kvm_vm_ioctl(kvm_state, KVM_GET_PIT2, &k);
    if (ret < 0) {
        error_report("KVM_GET_PIT2: %s", strerror(-ret));
        return;
    }
    update_clock_offset(s);
    pit->channels[0].irq_disabled = !!(k.flags & KVM_PIT_FLAGS_HPET_LEGACY);
    for (int i = 0; i < 3; i++) {
        const struct kvm_pit_channel_state *kc = &k.channels[i];
        PITChannelState *sc = &pit->channels[i];

        sc->count = kc->count ? kc->count : 0x10000;
        sc->latched_count = kc->latched_count;
        sc->count_latched = kc->count_latched;
        sc->status_latched = kc->status_latched;
        sc->status = kc->status;
        sc->read_state = kc->read_state;
        sc->write_state = kc->write_state;
        sc->write_latch = kc->write_latch;
        sc->rw_mode = kc->rw_mode;
        sc->mode = kc->mode;
        sc->bcd = kc->bcd;
        sc->gate = kc->gate;
        sc->count_load_time = kc->count_load_time - s->kernel_clock_offset;
    }
    pit->channels[0].next_transition_time =
        pit_get_next_transition_time(&pit->channels[0], pit->channels[0].count_load_time);
}

static void kvm_pit_put(PITCommonState *pit)
{
    KVMPITState *s = KVM_PIT(pit);
    struct kvm_pit_state2 k = {0};
    int ret;

    /* The offset as of the moment the clock runs. */
    if (s->vm_stopped) {
        return;
    }
    update_clock_offset(s);
    k.flags = pit->channels[0].irq_disabled ? KVM_PIT_FLAGS_HPET_LEGACY : 0;
    for (int i = 0; i < 3; i++) {
        struct kvm_pit_channel_state *kc = &k.channels[i];
        const PITChannelState *sc = &pit->channels[i];

        kc->count = sc->count;
        kc->latched_count = sc->latched_count;
        kc->count_latched = sc->count_latched;
        kc->status_latched = sc->status_latched;
        kc->status = sc->status;
        kc->read_state = sc->read_state;
        kc->write_state = sc->write_state;
        kc->write_latch = sc->write_latch;
        kc->rw_mode = sc->rw_mode;
        kc->mode = sc->mode;
        kc->bcd = sc->bcd;
        kc->gate = sc->gate;
        kc->count_load_time = sc->count_load_time == PIT_NOT_STARTED
                                  ? 0
                                  : sc->count_load_time + s->kernel_clock_offset;
    }
    ret = kvm_vm_ioctl(kvm_state, KVM_SET_PIT2, &k);
    if (ret < 0) {
        error_report("KVM_SET_PIT2: %s", strerror(-ret));
    }
}

static void kvm_pit_set_gate(PITCommonState *pit, PITChannelState *sc, int val)
{
    kvm_pit_get(pit);
    pit_change_gate(sc, val, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    kvm_pit_put(pit);
}

static void kvm_pit_get_channel_info(PITCommonState *pit, PITChannelState *sc, PITChannelInfo *info)
{
    kvm_pit_get(pit);
    pit_get_channel_info_common(pit, sc, info);
}

static void kvm_pit_reset_hold(Object *obj, ResetType type)
{
    PITCommonState *pit = PIT_COMMON(obj);
    KVMPITState *s = KVM_PIT(obj);

    pit_reset_common(pit, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    s->state_valid = s->vm_stopped;
    kvm_pit_put(pit);
}

static void kvm_pit_loaded(PITCommonState *pit)
{
    KVMPITState *s = KVM_PIT(pit);

    s->state_valid = s->vm_stopped;
    kvm_pit_put(pit);
}

static void kvm_pit_irq_control(void *opaque, int n, int enable)
{
    PITCommonState *pit = opaque;

    kvm_pit_get(pit);
    pit->channels[0].irq_disabled = !enable;
    kvm_pit_put(pit);
}

/* While the machine is stopped its clock stands still, the kernel's does not. */
static void vm_state_changed(void *opaque, bool running, RunState state)
{
    KVMPITState *s = opaque;
    PITCommonState *pit = PIT_COMMON(s);

    if (running) {
        s->vm_stopped = false;
        if (s->state_valid) {
            kvm_pit_put(pit);
            s->state_valid = false;
        }
    } else if (!s->vm_stopped) {
        kvm_pit_get(pit);
        s->vm_stopped = true;
        s->state_valid = true;
    }
}

static void kvm_pit_realize(DeviceState *dev, Error **errp)
{
    PITCommonState *pit = PIT_COMMON(dev);
    KVMPITState *s = KVM_PIT(dev);
    struct kvm_pit_config config = {0};
    struct kvm_reinject_control reinject = {.pit_reinject = !s->discard_lost_ticks};
    int ret = kvm_vm_ioctl(kvm_state, KVM_CREATE_PIT2, &config);

    if (ret < 0) {
        error_setg_errno(errp, -ret,
                         "KVM could not make an interval timer (KVM_CAP_PIT2); "
                         "kernel-irqchip=split works without");
        return;
    }
    if (kvm_check_extension(kvm_state, KVM_CAP_REINJECT_CONTROL)) {
        ret = kvm_vm_ioctl(kvm_state, KVM_REINJECT_CONTROL, &reinject);
        if (ret < 0) {
            error_setg_errno(errp, -ret, "KVM_REINJECT_CONTROL");
            return;
        }
    }
    memory_region_init_io(&pit->ioports, OBJECT(dev), NULL, NULL, "kvm-pit", 4);
    qdev_init_gpio_in(dev, kvm_pit_irq_control, 1);
    qemu_add_vm_change_state_handler(vm_state_changed, s);
    KVM_PIT_GET_CLASS(dev)->parent_realize(dev, errp);
}

ISADevice *kvm_pit_init(ISABus *bus, int base)
{
    ISADevice *d = isa_new(TYPE_KVM_I8254);

    qdev_prop_set_uint32(DEVICE(d), "iobase", base);
    isa_realize_and_unref(d, bus, &error_fatal);
    return d;
}

static const QEnumLookup lost_tick_lookup = {
    .array =
        (const char *const[]){
            [KVM_PIT_LOST_DELAY] = "delay",
            [KVM_PIT_LOST_DISCARD] = "discard",
        },
    .size = 2,
};

static int get_lost_tick_policy(Object *obj, Error **errp)
{
    return KVM_PIT(obj)->discard_lost_ticks ? KVM_PIT_LOST_DISCARD : KVM_PIT_LOST_DELAY;
}

static void set_lost_tick_policy(Object *obj, int value, Error **errp)
{
    KVM_PIT(obj)->discard_lost_ticks = value == KVM_PIT_LOST_DISCARD;
}

static void kvm_pit_class_init(ObjectClass *oc, const void *data)
{
    PITCommonClass *k = PIT_COMMON_CLASS(oc);

    device_class_set_parent_realize(DEVICE_CLASS(oc), kvm_pit_realize,
                                    &KVM_PIT_CLASS(oc)->parent_realize);
    RESETTABLE_CLASS(oc)->phases.hold = kvm_pit_reset_hold;
    k->set_channel_gate = kvm_pit_set_gate;
    k->get_channel_info = kvm_pit_get_channel_info;
    k->pre_save = kvm_pit_get;
    k->post_load = kvm_pit_loaded;
    object_class_property_add_enum(oc, "lost_tick_policy", "LostTickPolicy", &lost_tick_lookup,
                                   get_lost_tick_policy, set_lost_tick_policy);
}

static const TypeInfo kvm_pit_types[] = {
    {
        .name = TYPE_KVM_I8254,
        .parent = TYPE_PIT_COMMON,
        .instance_size = sizeof(KVMPITState),
        .class_size = sizeof(KVMPITClass),
        .class_init = kvm_pit_class_init,
    },
};

DEFINE_TYPES(kvm_pit_types)
