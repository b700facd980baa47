/* SPDX-License-Identifier: GPL-2.0-or-later */
/* APM command and status ports (Intel 82371AB (PIIX4) data sheet, 7.3.1). */

#include "qemu/osdep.h"
#include "hw/isa/apm.h"

static void apm_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    APMState *apm = opaque;

    if (addr == 0) {
        apm->apmc = val;
        apm->callback(val, apm->opaque);
    } else {
        apm->apms = val;
    }
}

static uint64_t apm_read(void *opaque, hwaddr addr, unsigned size)
{
    APMState *apm = opaque;

    return addr == 0 ? apm->apmc : apm->apms;
}

static const MemoryRegionOps apm_ops = {
    .read = apm_read,
    .write = apm_write,
    .impl = {.min_access_size = 1, .max_access_size = 1},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

const VMStateDescription vmstate_apm = {
    .name = "APM State",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(apmc, APMState),
            VMSTATE_UINT8(apms, APMState),
            VMSTATE_END_OF_LIST(),
        },
};

void apm_init(PCIDevice *dev, APMState *apm, APMCtrlChanged *callback, void *opaque)
{
    apm->callback = callback;
    apm->opaque = opaque;
    memory_region_init_io(&apm->io, OBJECT(dev), &apm_ops, apm, "apm-io", 2);
    memory_region_add_subregion(pci_get_bus(dev)->address_space_io, APM_CNT_IOPORT, &apm->io);
}
