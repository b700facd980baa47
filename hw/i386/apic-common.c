/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the emulated local APIC and the kernel's have in common: the object,
 * its state in the migration stream, and the functions of apic.h that only
 * look at state or pass on.
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "hw/i386/apic_internal.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"

/* The APICs that exist, by x2APIC id: the bus that their messages travel on. */
static APICCommonState *local_apics[MAX_APICS];

APICCommonState *apic_by_id(uint32_t id)
{
    return id < MAX_APICS ? local_apics[id] : NULL;
}

unsigned apic_timer_shift(const APICCommonState *s)
{
    unsigned code = (s->divide_conf & 3) | ((s->divide_conf >> 1) & 4);

    return (code + 1) & 7;
}

/* ---- apic.h ---- */

int cpu_set_apic_base(DeviceState *dev, uint64_t val)
{
    APICCommonState *s;

    if (!dev) {
        return -1;
    }
    s = APIC_COMMON(dev);
    return APIC_COMMON_GET_CLASS(s)->set_base(s, val);
}

uint64_t cpu_get_apic_base(DeviceState *dev)
{
    return dev ? APIC_COMMON(dev)->apicbase : MSR_IA32_APICBASE_BSP;
}

bool cpu_is_apic_enabled(DeviceState *dev)
{
    return dev && apic_enabled(APIC_COMMON(dev));
}

bool is_x2apic_mode(DeviceState *dev)
{
    return dev && apic_x2apic(APIC_COMMON(dev));
}

void cpu_set_apic_tpr(DeviceState *dev, uint8_t val)
{
    if (dev) {
        APICCommonState *s = APIC_COMMON(dev);

        APIC_COMMON_GET_CLASS(s)->set_tpr(s, val << 4);
    }
}

uint8_t cpu_get_apic_tpr(DeviceState *dev)
{
    APICCommonState *s;

    if (!dev) {
        return 0;
    }
    s = APIC_COMMON(dev);
    return APIC_COMMON_GET_CLASS(s)->get_tpr(s) >> 4;
}

void apic_set_tsc_deadline(DeviceState *dev, uint64_t val)
{
    if (dev) {
        APICCommonState *s = APIC_COMMON(dev);

        APIC_COMMON_GET_CLASS(s)->set_tsc_deadline(s, val);
    }
}

uint64_t apic_get_tsc_deadline(DeviceState *dev)
{
    return dev ? APIC_COMMON(dev)->tsc_deadline : 0;
}

void apic_designate_bsp(DeviceState *dev, bool bsp)
{
    if (dev) {
        APICCommonState *s = APIC_COMMON(dev);

        s->apicbase &= ~(uint64_t)MSR_IA32_APICBASE_BSP;
        s->apicbase |= bsp ? MSR_IA32_APICBASE_BSP : 0;
        s->wait_for_sipi = !bsp;
    }
}

bool apic_is_bsp(DeviceState *dev)
{
    return dev && APIC_COMMON(dev)->apicbase & MSR_IA32_APICBASE_BSP;
}

void apic_deliver_nmi(DeviceState *dev)
{
    if (dev) {
        APICCommonState *s = APIC_COMMON(dev);

        APIC_COMMON_GET_CLASS(s)->external_nmi(s);
    }
}

/* ---- reset ---- */

void apic_reset_registers(APICCommonState *s)
{
    s->id = s->initial_apic_id;
    s->version = APIC_VERSION_VALUE;
    s->tpr = 0;
    s->log_dest = 0;
    s->dest_mode = 0xf;
    s->spurious_vec = 0xff;
    memset(s->isr, 0, sizeof(s->isr));
    memset(s->tmr, 0, sizeof(s->tmr));
    memset(s->irr, 0, sizeof(s->irr));
    for (int i = 0; i < APIC_LVT_NB; i++) {
        s->lvt[i] = APIC_LVT_MASKED;
    }
    s->esr = s->esr_pending = 0;
    memset(s->icr, 0, sizeof(s->icr));
    s->divide_conf = 0;
    s->initial_count = 0;
    s->initial_count_load_time = 0;
    s->tsc_deadline = 0;
    /* sipi_vector stays: a SIPI may have come before the CPU got to handle INIT. */
    s->wait_for_sipi = !(s->apicbase & MSR_IA32_APICBASE_BSP);
    s->next_time = -1;
    if (s->timer) {
        timer_del(s->timer);
    }
}

void apic_init_reset(DeviceState *dev)
{
    if (dev) {
        APICCommonState *s = APIC_COMMON(dev);
        APICCommonClass *c = APIC_COMMON_GET_CLASS(s);
        uint32_t sipi_vector = s->sipi_vector;

        apic_reset_registers(s);
        /* The SIPI may have come before the vCPU got round to the INIT. */
        s->sipi_vector = sipi_vector;
        if (c->reset) {
            c->reset(s);
        }
    }
}

static void apic_common_reset_hold(Object *obj, ResetType type)
{
    APICCommonState *s = APIC_COMMON(obj);
    bool bsp = s->apicbase & MSR_IA32_APICBASE_BSP;

    /* set_base unmaps registers that the guest had moved. */
    s->apicbase = APIC_DEFAULT_ADDRESS | MSR_IA32_APICBASE_ENABLE;
    s->apicbase |= bsp ? MSR_IA32_APICBASE_BSP : 0;
    APIC_COMMON_GET_CLASS(s)->set_base(s, s->apicbase);
    apic_init_reset(DEVICE(s));
}

/* ---- migration ---- */

static int apic_pre_save(void *opaque)
{
    APICCommonState *s = opaque;
    APICCommonClass *c = APIC_COMMON_GET_CLASS(s);

    if (c->pre_save) {
        c->pre_save(s);
    }
    return 0;
}

static int apic_post_load(void *opaque, int version_id)
{
    APICCommonState *s = opaque;
    APICCommonClass *c = APIC_COMMON_GET_CLASS(s);

    if (c->post_load) {
        c->post_load(s);
    }
    return 0;
}

static bool divide_conf_valid(void *opaque, int version_id)
{
    return ((APICCommonState *)opaque)->divide_conf <= 0xf;
}

const VMStateDescription vmstate_apic_common = {
    .name = "apic",
    .version_id = 3,
    .minimum_version_id = 3,
    .pre_save = apic_pre_save,
    .post_load = apic_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT64(apicbase, APICCommonState),
            VMSTATE_UINT8(id, APICCommonState),
            VMSTATE_UINT8(tpr, APICCommonState),
            VMSTATE_UINT32(spurious_vec, APICCommonState),
            VMSTATE_UINT8(log_dest, APICCommonState),
            VMSTATE_UINT8(dest_mode, APICCommonState),
            VMSTATE_UINT32_ARRAY(isr, APICCommonState, 8),
            VMSTATE_UINT32_ARRAY(tmr, APICCommonState, 8),
            VMSTATE_UINT32_ARRAY(irr, APICCommonState, 8),
            VMSTATE_UINT32_ARRAY(lvt, APICCommonState, APIC_LVT_NB),
            VMSTATE_UINT32(esr, APICCommonState),
            VMSTATE_UINT32(esr_pending, APICCommonState),
            VMSTATE_UINT32_ARRAY(icr, APICCommonState, 2),
            VMSTATE_UINT32(divide_conf, APICCommonState),
            VMSTATE_VALIDATE("divide configuration", divide_conf_valid),
            VMSTATE_UINT32(initial_count, APICCommonState),
            VMSTATE_INT64(initial_count_load_time, APICCommonState),
            VMSTATE_INT64(next_time, APICCommonState),
            VMSTATE_UINT64(tsc_deadline, APICCommonState),
            VMSTATE_UINT32(sipi_vector, APICCommonState),
            VMSTATE_BOOL(wait_for_sipi, APICCommonState),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- device ---- */

static void apic_common_realize(DeviceState *dev, Error **errp)
{
    ERRP_GUARD();
    APICCommonState *s = APIC_COMMON(dev);
    APICCommonClass *c = APIC_COMMON_GET_CLASS(s);

    if (!s->cpu) {
        error_setg(errp, "a local APIC belongs to a CPU: link 'cpu' is not set");
        return;
    }
    if (s->initial_apic_id >= MAX_APICS) {
        error_setg(errp, "APIC id %u: must be below %d", s->initial_apic_id, MAX_APICS);
        return;
    }
    if (local_apics[s->initial_apic_id]) {
        error_setg(errp, "APIC id %u is in use by another CPU", s->initial_apic_id);
        return;
    }
    c->realize(dev, errp);
    if (*errp) {
        return;
    }
    local_apics[s->initial_apic_id] = s;
    vmstate_register(NULL, s->initial_apic_id, &vmstate_apic_common, s);
}

static void apic_common_unrealize(DeviceState *dev)
{
    APICCommonState *s = APIC_COMMON(dev);
    APICCommonClass *c = APIC_COMMON_GET_CLASS(s);

    vmstate_unregister(NULL, &vmstate_apic_common, s);
    local_apics[s->initial_apic_id] = NULL;
    if (c->unrealize) {
        c->unrealize(dev);
    }
}

static void apic_common_initfn(Object *obj)
{
    APICCommonState *s = APIC_COMMON(obj);

    s->apicbase = APIC_DEFAULT_ADDRESS | MSR_IA32_APICBASE_ENABLE;
    s->next_time = -1;
    object_property_add_link(obj, "cpu", TYPE_X86_CPU, (Object **)&s->cpu,
                             object_property_allow_set_link, 0);
}

static const Property apic_properties[] = {
    DEFINE_PROP_UINT32("id", APICCommonState, initial_apic_id, 0),
};

static void apic_common_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    resettable_class_set_parent_phases(RESETTABLE_CLASS(oc), NULL, apic_common_reset_hold, NULL,
                                       &(ResettablePhases){0});
    device_class_set_props(dc, apic_properties);
    dc->realize = apic_common_realize;
    dc->unrealize = apic_common_unrealize;
    /* Made by the CPU it belongs to. */
    dc->user_creatable = false;
}

static const TypeInfo apic_common_types[] = {
    {
        .name = TYPE_APIC_COMMON,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(APICCommonState),
        .instance_init = apic_common_initfn,
        .class_size = sizeof(APICCommonClass),
        .class_init = apic_common_class_init,
        .abstract = true,
    },
};

DEFINE_TYPES(apic_common_types)
