/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PCI Express capability and extended capabilities (PCI Express Base 4.0, 7.5.3, 7.6). */

#include "qemu/osdep.h"
#include "hw/pci/pcie.h"
#include "qemu/range.h"
#include "pci-internal.h"

#define PCI_EXP_VER2             2
#define PCI_EXP_FLAGS_TYPE_SHIFT 4
#define PCI_EXP_DEVCAP_RBER      0x8000 /* role-based error reporting */
#define PCI_EXP_DEVCAP_FLR       0x10000000
#define PCI_EXP_DEVCTL_ERRORS    0x000f
#define PCI_EXP_DEVCTL_FLR       0x8000 /* reads as 0 */
#define PCI_EXP_DEVSTA_W1C       0x000f
#define PCI_EXP_LNKCAP_L0S       0x00000400
#define PCI_EXP_LNKCAP_DLLLARC   0x00100000
#define PCI_EXP_LNKCAP_LBNC      0x00200000
#define PCI_EXP_DEVCAP2_EFF      0x00100000
#define PCI_EXP_DEVCAP2_EETLPP   0x00200000
#define PCI_EXP_DEVCAP2_ARI      0x00000020
#define PCI_EXP_DEVCTL2_ARI      0x0020
#define PCI_EXP_DEVCTL2_EETLPPB  0x8000

#define PCI_EXT_CAP_START        0x100
#define PCI_EXT_CAP_ID_AER       0x0001
#define PCI_EXT_CAP_ID_ACS       0x000d
#define PCI_EXT_CAP_ID_ATS       0x000f

/* Access control services, from the capability */
#define PCI_ACS_CAP  0x04
#define PCI_ACS_CTRL 0x06

/* Address translation services, from the capability */
#define PCI_ATS_SIZEOF         8
#define PCI_ATS_CAP            0x04
#define PCI_ATS_CAP_PAGE_ALIGN 0x0020 /* requests begin at a page */
#define PCI_ATS_CTRL           0x06
#define PCI_ATS_CTRL_WRITABLE  0x801f /* enable, smallest translation unit */

/* Advanced error reporting, from the capability */
#define PCI_ERR_UNCOR_STATUS    0x04
#define PCI_ERR_UNCOR_MASK      0x08
#define PCI_ERR_UNCOR_SEVER     0x0c
#define PCI_ERR_UNC_SUPPORTED   0x03fff030
#define PCI_ERR_UNC_SEVER_RESET 0x00462030
#define PCI_ERR_COR_STATUS      0x10
#define PCI_ERR_COR_MASK        0x14
#define PCI_ERR_COR_SUPPORTED   0x0000f1c1
#define PCI_ERR_COR_MASK_RESET  0x0000e000
#define PCI_ERR_CAP             0x18
#define PCI_ERR_CAP_CAPABLE     0x000000a0 /* ECRC generation and check */
#define PCI_ERR_CAP_WRITABLE    0x00000140
#define PCI_ERR_ROOT_COMMAND    0x2c
#define PCI_ERR_ROOT_STATUS     0x30

static bool has_link(PCIExpPortType type)
{
    return type != PCI_EXP_TYPE_RC_END;
}

static bool is_downstream(PCIExpPortType type)
{
    return type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM;
}

/* Vector of speeds up to @speed (7.5.3.18). */
static uint32_t speeds_up_to(uint8_t speed)
{
    return ((1u << speed) - 1) << 1;
}

static void init_link(PCIDevice *d, uint8_t at, PCIExpPortType type, uint8_t port,
                      PCIELinkProps link)
{
    uint32_t cap = link.speed | link.width << 4 | PCI_EXP_LNKCAP_L0S | (uint32_t)port << 24;

    if (is_downstream(type)) {
        cap |= PCI_EXP_LNKCAP_DLLLARC | PCI_EXP_LNKCAP_LBNC;
    }
    pci_set_long(d->config + at + PCI_EXP_LNKCAP, cap);
    pci_set_word(d->config + at + PCI_EXP_LNKSTA, link.speed | link.width << 4);
    pci_set_long(d->config + at + PCI_EXP_LNKCAP2, speeds_up_to(link.speed));
    pci_set_word(d->config + at + PCI_EXP_LNKCTL2, link.speed);
}

int pcie_cap_init(PCIDevice *d, uint8_t offset, PCIExpPortType type, uint8_t port,
                  PCIELinkProps link, Error **errp)
{
    int at = pci_add_capability(d, PCI_CAP_ID_EXP, offset, PCI_EXP_SIZEOF, errp);

    if (at < 0) {
        return at;
    }
    pci_set_word(d->config + at + PCI_EXP_FLAGS, PCI_EXP_VER2 | type << PCI_EXP_FLAGS_TYPE_SHIFT);
    pci_set_long(d->config + at + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_RBER);
    pci_set_word(d->wmask + at + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_ERRORS);
    pci_set_word(d->w1cmask + at + PCI_EXP_DEVSTA, PCI_EXP_DEVSTA_W1C);
    pci_set_word(d->cmask + at + PCI_EXP_DEVSTA, 0);
    pci_set_long(d->config + at + PCI_EXP_DEVCAP2,
                 PCI_EXP_DEVCAP2_EFF | PCI_EXP_DEVCAP2_EETLPP |
                     (is_downstream(type) ? PCI_EXP_DEVCAP2_ARI : 0));
    pci_set_word(d->wmask + at + PCI_EXP_DEVCTL2,
                 PCI_EXP_DEVCTL2_EETLPPB | (is_downstream(type) ? PCI_EXP_DEVCTL2_ARI : 0));
    if (has_link(type)) {
        init_link(d, at, type, port, link);
        pci_set_word(d->cmask + at + PCI_EXP_LNKSTA, 0);
    }
    return at;
}

static const PCIELinkProps slowest = {.speed = 1, .width = 1};

bool pcie_endpoint_cap_init(PCIDevice *d, uint8_t offset, Error **errp)
{
    PCIBus *bus = pci_get_bus(d);

    if (!pci_bus_is_express(bus) || pci_bus_is_root(bus)) {
        return true;
    }
    return pcie_cap_init(d, offset, PCI_EXP_TYPE_ENDPOINT, 0, slowest, errp) >= 0;
}

bool pcie_any_endpoint_cap_init(PCIDevice *d, uint8_t offset, Error **errp)
{
    PCIBus *bus = pci_get_bus(d);
    bool integrated = pci_bus_is_express(bus) && pci_bus_is_root(bus);

    return pcie_cap_init(d, offset, integrated ? PCI_EXP_TYPE_RC_END : PCI_EXP_TYPE_ENDPOINT, 0,
                         slowest, errp) >= 0;
}

uint8_t pcie_cap_offset(PCIDevice *d)
{
    return pci_find_capability(d, PCI_CAP_ID_EXP);
}

/* ---- extended capabilities ---- */

static uint16_t last_extended(PCIDevice *d)
{
    uint16_t at = PCI_EXT_CAP_START, next;

    /* Each takes at least four bytes: a list that was made wrong ends here. */
    for (int i = 0; i < PCIE_CONFIG_SPACE_SIZE / 4; i++) {
        next = pci_get_long(d->config + at) >> 20;
        if (!next) {
            break;
        }
        at = next;
    }
    return at;
}

void pcie_add_capability(PCIDevice *d, uint16_t cap_id, uint8_t version, uint16_t offset,
                         uint16_t size)
{
    uint32_t header = cap_id | version << 16;
    uint16_t previous;

    /* Devices name constant places, and only on an express bus. */
    g_assert(offset >= PCI_EXT_CAP_START && offset % 4 == 0 &&
             offset + size <= PCIE_CONFIG_SPACE_SIZE &&
             pci_config_size(d) == PCIE_CONFIG_SPACE_SIZE);
    if (offset != PCI_EXT_CAP_START) {
        previous = last_extended(d);
        pci_set_long(d->config + previous,
                     (pci_get_long(d->config + previous) & 0xfffff) | (uint32_t)offset << 20);
    }
    pci_set_long(d->config + offset, header);
    memset(d->wmask + offset, 0, size);
    memset(d->w1cmask + offset, 0, size);
    memset(d->cmask + offset, 0xff, 4);
}

void pcie_acs_init(PCIDevice *d, uint16_t offset)
{
    /* All that a port without peers can truthfully offer: every request goes upstream. */
    const uint16_t services = 0x5f;

    pcie_add_capability(d, PCI_EXT_CAP_ID_ACS, 1, offset, 8);
    pci_set_word(d->config + offset + PCI_ACS_CAP, services);
    pci_set_word(d->wmask + offset + PCI_ACS_CTRL, services);
}

/* Power-on values; no status bit is ever set. */
static void aer_reset(uint8_t *config)
{
    pci_set_long(config + PCI_ERR_UNCOR_MASK, 0);
    pci_set_long(config + PCI_ERR_UNCOR_SEVER, PCI_ERR_UNC_SEVER_RESET);
    pci_set_long(config + PCI_ERR_COR_MASK, PCI_ERR_COR_MASK_RESET);
    pci_set_long(config + PCI_ERR_CAP, PCI_ERR_CAP_CAPABLE);
    pci_set_long(config + PCI_ERR_ROOT_COMMAND, 0);
}

void pcie_aer_init(PCIDevice *d, uint16_t offset, bool root)
{
    uint8_t *wmask = d->wmask + offset;

    pcie_add_capability(d, PCI_EXT_CAP_ID_AER, 2, offset, PCI_ERR_SIZEOF);
    pci_set_long(d->w1cmask + offset + PCI_ERR_UNCOR_STATUS, PCI_ERR_UNC_SUPPORTED);
    pci_set_long(wmask + PCI_ERR_UNCOR_MASK, PCI_ERR_UNC_SUPPORTED);
    pci_set_long(wmask + PCI_ERR_UNCOR_SEVER, PCI_ERR_UNC_SUPPORTED);
    pci_set_long(d->w1cmask + offset + PCI_ERR_COR_STATUS, PCI_ERR_COR_SUPPORTED);
    pci_set_long(wmask + PCI_ERR_COR_MASK, PCI_ERR_COR_SUPPORTED);
    pci_set_long(wmask + PCI_ERR_CAP, PCI_ERR_CAP_WRITABLE);
    aer_reset(d->config + offset);
    if (root) {
        pci_set_long(wmask + PCI_ERR_ROOT_COMMAND, 0x7);
        pci_set_long(d->w1cmask + offset + PCI_ERR_ROOT_STATUS, 0x7f);
    }
}

void pcie_ats_init(PCIDevice *d, uint16_t offset)
{
    pcie_add_capability(d, PCI_EXT_CAP_ID_ATS, 1, offset, PCI_ATS_SIZEOF);
    pci_set_word(d->config + offset + PCI_ATS_CAP, PCI_ATS_CAP_PAGE_ALIGN);
    pci_set_word(d->wmask + offset + PCI_ATS_CTRL, PCI_ATS_CTRL_WRITABLE);
}

/* ---- reset ---- */

void pcie_flr_init(PCIDevice *d)
{
    uint8_t at = pcie_cap_offset(d);

    if (at) {
        pci_set_long(d->config + at + PCI_EXP_DEVCAP,
                     pci_get_long(d->config + at + PCI_EXP_DEVCAP) | PCI_EXP_DEVCAP_FLR);
    }
}

void pcie_cap_written(PCIDevice *d, uint32_t addr, uint32_t val, int len)
{
    uint8_t at = pcie_cap_offset(d);
    uint32_t high = at + PCI_EXP_DEVCTL + 1; /* the byte with the bit */

    if (at && pci_get_long(d->config + at + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR &&
        range_covers_byte(addr, len, high) && val >> (high - addr) * 8 & PCI_EXP_DEVCTL_FLR >> 8) {
        pci_function_reset(d);
    }
}

static void reset_extended(PCIDevice *d)
{
    uint16_t at = PCI_EXT_CAP_START;

    for (int i = 0; at && i < PCIE_CONFIG_SPACE_SIZE / 4; i++) {
        uint8_t *config = d->config + at;
        uint32_t header = pci_get_long(config);

        switch (header & 0xffff) {
        case PCI_EXT_CAP_ID_AER:
            aer_reset(config);
            break;
        case PCI_EXT_CAP_ID_ACS:
            pci_set_word(config + PCI_ACS_CTRL, 0);
            break;
        case PCI_EXT_CAP_ID_ATS:
            pci_set_word(config + PCI_ATS_CTRL, 0);
            break;
        }
        at = header >> 20;
    }
}

void pcie_cap_reset(PCIDevice *d)
{
    uint8_t at = pcie_cap_offset(d);

    if (at) {
        pci_set_word(d->config + at + PCI_EXP_DEVCTL, 0);
        pci_set_word(d->config + at + PCI_EXP_DEVSTA, 0);
        pci_set_word(d->config + at + PCI_EXP_DEVCTL2, 0);
    }
    if (pci_config_size(d) == PCIE_CONFIG_SPACE_SIZE) {
        reset_extended(d);
    }
}
