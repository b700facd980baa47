/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A memory module that keeps what is in it: memory of a back end, and labels at its end. BQL held.
 */
#ifndef HW_MEM_NVDIMM_H
#define HW_MEM_NVDIMM_H

#include "hw/mem/pc-dimm.h"
#include "qemu/uuid.h"

#define TYPE_NVDIMM "nvdimm"
OBJECT_DECLARE_SIMPLE_TYPE(NVDIMMDevice, NVDIMM)

struct NVDIMMDevice {
    PCDIMMDevice parent_obj;

    /* configuration */
    uint64_t label_size; /* of the back end's memory, at its end */
    bool unarmed;        /* what the guest writes may not be there after a power failure */
    QemuUUID uuid;

    /* what it became */
    bool prepared;
    MemoryRegion memory; /* what is before the labels */
};

/* The one in @slot; NULL when there is none or it is of another kind. */
NVDIMMDevice *nvdimm_in_slot(MachineState *ms, int slot);
/* Bytes that the guest has of it, without the labels. */
uint64_t nvdimm_size(NVDIMMDevice *nvdimm);
/* [@offset, @offset + @size) is within the labels. */
void nvdimm_read_labels(NVDIMMDevice *nvdimm, void *buf, uint64_t offset, uint64_t size);
/* False when the back end's memory is read-only. */
bool nvdimm_write_labels(NVDIMMDevice *nvdimm, const void *buf, uint64_t offset, uint64_t size);

#endif
