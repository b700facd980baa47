/* SPDX-License-Identifier: GPL-2.0-or-later */
/* APM command and status ports B2h and B3h of PIIX4 and ICH chipsets. */
#ifndef HW_ISA_APM_H
#define HW_ISA_APM_H

#include "exec/memory.h"
#include "hw/pci/pci.h"
#include "migration/vmstate.h"

#define APM_CNT_IOPORT 0xb2

/* A command was written. BQL held. */
typedef void APMCtrlChanged(uint32_t val, void *opaque);

typedef struct APMState {
    APMCtrlChanged *callback;
    void *opaque;
    MemoryRegion io;

    uint8_t apmc, apms;
} APMState;

void apm_init(PCIDevice *dev, APMState *apm, APMCtrlChanged *callback, void *opaque);

extern const VMStateDescription vmstate_apm;

#endif
