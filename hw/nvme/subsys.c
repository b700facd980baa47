/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVM Express: a subsystem (1.4, 1.6.36): controllers that know each other's namespaces. */
#include "qemu/osdep.h"
#include "nvme-int.h"
#include "hw/qdev-properties.h"

int nvme_subsys_register(NvmeCtrl *n, Error **errp)
{
    NvmeSubsystem *subsys = n->subsys;

    for (int id = 0; id < NVME_MAX_CONTROLLERS; id++) {
        if (subsys->ctrls[id]) {
            continue;
        }
        if (strcmp(subsys->ctrls[0] ? subsys->ctrls[0]->params.serial : n->params.serial,
                   n->params.serial)) {
            error_setg(errp,
                       "serial='%s': controllers of a subsystem have one serial number, here "
                       "'%s'",
                       n->params.serial, subsys->ctrls[0]->params.serial);
            return -EINVAL;
        }
        subsys->ctrls[id] = n;
        for (unsigned i = 1; i <= NVME_MAX_NAMESPACES; i++) {
            NvmeNamespace *ns = subsys->namespaces[i];

            if (ns && ns->shared && !ns->detached) {
                nvme_attach_ns(n, ns);
            }
        }
        return id;
    }
    error_setg(errp, "a subsystem has at most %d controllers", NVME_MAX_CONTROLLERS);
    return -ENOSPC;
}

void nvme_subsys_unregister(NvmeCtrl *n)
{
    n->subsys->ctrls[n->cntlid] = NULL;
}

static const Property nvme_subsys_properties[] = {
    DEFINE_PROP_STRING("nqn", NvmeSubsystem, nqn),
};

static void nvme_subsys_realize(DeviceState *dev, Error **errp)
{
    NvmeSubsystem *subsys = NVME_SUBSYS(dev);
    const char *name = subsys->nqn ? subsys->nqn : dev->id;

    if (!name) {
        error_setg(errp, "an nvme-subsys needs nqn= or id=");
        return;
    }
    snprintf(subsys->subnqn, sizeof(subsys->subnqn), "nqn.2019-08.org.qemu:%s", name);
}

static void nvme_subsys_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = nvme_subsys_realize;
    dc->desc = "Virtual NVMe subsystem";
    /* Controllers keep pointers to it. */
    dc->hotpluggable = false;
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
    device_class_set_props(dc, nvme_subsys_properties);
}

static const TypeInfo nvme_subsys_types[] = {
    {
        .name = TYPE_NVME_SUBSYS,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(NvmeSubsystem),
        .class_init = nvme_subsys_class_init,
    },
};

DEFINE_TYPES(nvme_subsys_types)
