/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power management of a function (PCI Power Management 1.2, 3.2 and 5): on, and asleep, which is
 * D3hot. A function that is asleep has its configuration space and nothing else: it decodes no
 * memory and no ports, and is no bus master. One without the bit for that forgets its state when it
 * wakes up.
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_bridge.h"
#include "pci-internal.h"

#define PM_SIZEOF            8
#define PM_PMC               2 /* capabilities */
#define PM_PMC_VERSION_1_2   3
#define PM_PMCSR             4 /* control and status */
#define PM_PMCSR_STATE       0x03
#define PM_PMCSR_NO_SOFT_RST 0x08

enum {
    POWER_D0 = 0,
    POWER_D3HOT = 3,
};

bool pci_pm_init(PCIDevice *d, uint8_t offset, bool no_soft_reset, Error **errp)
{
    int at = pci_add_capability(d, PCI_CAP_ID_PM, offset, PM_SIZEOF, errp);

    if (at < 0) {
        return false;
    }
    pci_set_word(d->config + at + PM_PMC, PM_PMC_VERSION_1_2);
    d->config[at + PM_PMCSR] = no_soft_reset ? PM_PMCSR_NO_SOFT_RST : 0;
    d->wmask[at + PM_PMCSR] = PM_PMCSR_STATE;
    return true;
}

/* The register with its state; NULL for a function that is always on. */
static uint8_t *control(const PCIDevice *d)
{
    uint8_t at = pci_find_capability((PCIDevice *)d, PCI_CAP_ID_PM);

    return at ? d->config + at + PM_PMCSR : NULL;
}

uint8_t pci_pm_state(const PCIDevice *d)
{
    const uint8_t *csr = control(d);

    return csr ? *csr & PM_PMCSR_STATE : POWER_D0;
}

uint16_t pci_effective_command(const PCIDevice *d)
{
    uint16_t cmd = pci_get_word(d->config + PCI_COMMAND);

    return pci_pm_state(d) == POWER_D0
               ? cmd
               : cmd & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/*
 * A bridge does not control the power of the bus behind it (4.7.1: BPCC_En is 0), so the functions
 * there go on as they were.
 */
void pci_function_reset(PCIDevice *d)
{
    if (object_dynamic_cast(OBJECT(d), TYPE_PCI_BRIDGE)) {
        RESETTABLE_GET_CLASS(d)->phases.hold(OBJECT(d), RESET_TYPE_COLD);
    } else {
        resettable_reset(OBJECT(d), RESET_TYPE_COLD);
    }
}

bool pci_pm_written(PCIDevice *d, uint8_t before)
{
    uint8_t *csr = control(d), now = pci_pm_state(d);

    if (now == before) {
        return false;
    }
    if (now != POWER_D0 && now != POWER_D3HOT) {
        /* 5.4.1: a state that there is not is no change. */
        *csr = (*csr & ~PM_PMCSR_STATE) | before;
        return false;
    }
    if (now == POWER_D0 && !(*csr & PM_PMCSR_NO_SOFT_RST)) {
        pci_function_reset(d);
    }
    return true;
}

void pci_pm_reset(PCIDevice *d)
{
    uint8_t *csr = control(d);

    if (csr) {
        *csr &= ~PM_PMCSR_STATE;
    }
}
