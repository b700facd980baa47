/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVM Express: the Identify command (1.4, 5.15) and what it tells. Offsets are of figures 247, 249.
 */
#include "qemu/osdep.h"
#include "nvme-int.h"
#include "config-host.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"

#define CSI_NVM 0

static void put_text(uint8_t *dst, size_t size, const char *text)
{
    memset(dst, ' ', size);
    memcpy(dst, text, MIN(strlen(text), size));
}

/* ---- controller ---- */

static void controller_abilities(NvmeCtrl *n, uint8_t *id)
{
    /* Format, namespace attachment, doorbell buffers. */
    stw_le_p(id + 256, BIT(1) | BIT(3) | (n->params.dbcs ? BIT(8) : 0));
    id[258] = 3;                      /* ACL: aborts at once, 0's based */
    id[259] = n->params.aerl;         /* AERL */
    id[260] = 0x03;                   /* FRMW: one slot, read only */
    id[261] = BIT(1) | BIT(2);        /* LPA: command effects; log pages by part */
    id[262] = NVME_ERROR_ENTRIES - 1; /* ELPE */
    stw_le_p(id + 266, NVME_TEMPERATURE_WARNING);
    stw_le_p(id + 268, NVME_TEMPERATURE_CRITICAL);
    id[512] = 0x66; /* SQES: 64 bytes */
    id[513] = 0x44; /* CQES: 16 bytes */
    stl_le_p(id + 516, NVME_MAX_NAMESPACES);
    /* Compare, dataset management, write zeroes, timestamp, verify, copy. */
    stw_le_p(id + 520, BIT(0) | BIT(2) | BIT(3) | BIT(6) | BIT(7) | BIT(8));
    id[525] = BIT(0) | (3 << 1); /* VWC: a write cache; flush takes all namespaces at once */
    stw_le_p(id + 534, BIT(0));  /* OCFS: copy descriptors of format 0 */
    stl_le_p(id + 536, BIT(0) | BIT(16)); /* SGLS: also bit buckets */
}

static void identify_controller(NvmeCtrl *n, uint8_t *id)
{
    PCIDevice *pci = PCI_DEVICE(n);

    stw_le_p(id, pci_get_word(pci->config + PCI_VENDOR_ID));
    stw_le_p(id + 2, pci_get_word(pci->config + PCI_SUBSYSTEM_VENDOR_ID));
    put_text(id + 4, 20, n->params.serial);
    put_text(id + 24, 40, n->params.model ? n->params.model : "QEMU NVMe Ctrl");
    put_text(id + 64, 8, n->params.firmware ? n->params.firmware : QEMU_VERSION);
    id[72] = 6; /* RAB: commands to take from one queue at a time, power of two */
    if (n->params.use_intel_id) {
        id[73] = 0xb3;
    } else {
        id[74] = 0x54;
        id[75] = 0x52;
    }
    id[76] = n->subsys ? BIT(1) : 0; /* CMIC: other controllers */
    id[77] = n->params.mdts;
    stw_le_p(id + 78, n->cntlid);
    stl_le_p(id + 80, NVME_VERSION);
    stl_le_p(id + 92, BIT(8)); /* OAES: namespace attributes */
    id[111] = 1;               /* CNTRLTYPE: I/O controller */
    controller_abilities(n, id);
    memcpy(id + 768, n->subnqn, MIN(strlen(n->subnqn), 255));
    /* Power state 0, the only one: 25 W, 16 us to enter, 4 us to leave (figure 248). */
    stw_le_p(id + 2048, 2500);
    stl_le_p(id + 2048 + 4, 16);
    stl_le_p(id + 2048 + 8, 4);
}

/* ---- namespaces ---- */

static void identify_namespace(NvmeNamespace *ns, uint8_t *id)
{
    uint64_t blocks = nvme_ns_blocks(ns);
    const BlockConf *conf = &ns->conf;
    unsigned shift = nvme_ns_shift(ns);

    stq_le_p(id, blocks);
    stq_le_p(id + 8, blocks);
    stq_le_p(id + 16, blocks);
    id[24] = BIT(2) | BIT(4); /* NSFEAT: deallocated blocks are errors never; NPWG and so on */
    id[25] = NVME_LBA_FORMATS - 1;
    id[26] = ns->lba_format;
    id[30] = ns->shared ? BIT(0) : 0;
    id[33] = BIT(3) | 1; /* DLFEAT: deallocated blocks read as zeroes; so does write zeroes */
    stw_le_p(id + 64, MAX(conf->physical_block_size >> shift, 1) - 1);
    stw_le_p(id + 66, MAX(conf->physical_block_size >> shift, 1) - 1);
    if (conf->discard_granularity != UINT32_MAX) {
        stw_le_p(id + 68, MAX(conf->discard_granularity >> shift, 1) - 1);
        stw_le_p(id + 70, MAX(conf->discard_granularity >> shift, 1) - 1);
    }
    stw_le_p(id + 72, MAX(conf->opt_io_size >> shift, 1) - 1);
    stw_le_p(id + 74, ns->mssrl);
    stl_le_p(id + 76, ns->mcl);
    id[80] = ns->msrc;
    id[99] = blk_is_writable(conf->blk) ? 0 : BIT(0); /* NSATTR: write protected */
    memcpy(id + 104, ns->nguid, sizeof(ns->nguid));
    stq_be_p(id + 120, ns->eui64);
    for (int i = 0; i < NVME_LBA_FORMATS; i++) {
        id[128 + 4 * i + 2] = 9 + i;
    }
}

/* How blocks are addressed beyond what the namespace says; nothing (NVM command set). */
static void append_descriptor(uint8_t *id, unsigned *at, uint8_t type, const void *data,
                              uint8_t len)
{
    id[*at] = type;
    id[*at + 1] = len;
    memcpy(id + *at + 4, data, len);
    *at += 4 + len;
}

static void identify_descriptors(NvmeNamespace *ns, uint8_t *id)
{
    unsigned at = 0;
    uint64_t eui64 = cpu_to_be64(ns->eui64);
    uint8_t csi = CSI_NVM;

    if (!qemu_uuid_is_null(&ns->uuid)) {
        append_descriptor(id, &at, 3, ns->uuid.data, 16);
    }
    if (!buffer_is_zero(ns->nguid, sizeof(ns->nguid))) {
        append_descriptor(id, &at, 2, ns->nguid, sizeof(ns->nguid));
    }
    if (ns->eui64) {
        append_descriptor(id, &at, 1, &eui64, 8);
    }
    append_descriptor(id, &at, 4, &csi, 1);
}

/* ---- lists ---- */

/* Attached or known to the subsystem. */
static NvmeNamespace *known_namespace(NvmeCtrl *n, uint32_t nsid, bool allocated)
{
    if (nsid < 1 || nsid > NVME_MAX_NAMESPACES) {
        return NULL;
    }
    return allocated && n->subsys ? n->subsys->namespaces[nsid] : n->namespaces[nsid];
}

static uint16_t namespace_list(NvmeCtrl *n, uint32_t above, bool allocated, uint8_t *id)
{
    unsigned count = 0;

    /* Above these no identifier fits into the list. */
    if (above >= NVME_NSID_BROADCAST - 1) {
        return NVME_INVALID_NAMESPACE;
    }
    for (uint32_t i = above + 1; i <= NVME_MAX_NAMESPACES && count < 1024; i++) {
        if (known_namespace(n, i, allocated)) {
            stl_le_p(id + 4 * count++, i);
        }
    }
    return NVME_SUCCESS;
}

static uint16_t controller_list(NvmeCtrl *n, NvmeNamespace *ns, uint16_t from, uint8_t *id)
{
    unsigned count = 0;

    for (unsigned i = from; i < NVME_MAX_CONTROLLERS; i++) {
        NvmeCtrl *ctrl = n->subsys ? n->subsys->ctrls[i] : (i == n->cntlid ? n : NULL);

        if (ctrl && (!ns || ctrl->namespaces[ns->nsid] == ns)) {
            stw_le_p(id + 2 + 2 * count++, i);
        }
    }
    stw_le_p(id, count);
    return NVME_SUCCESS;
}

/* ---- the command ---- */

static uint16_t identify_one_namespace(NvmeCtrl *n, uint32_t nsid, uint8_t cns, uint8_t *id)
{
    bool allocated = cns == NVME_CNS_ALLOCATED_NAMESPACE || cns == NVME_CNS_CSI_ALLOCATED_NAMESPACE;
    NvmeNamespace *ns = known_namespace(n, nsid, allocated);

    if (nsid == NVME_NSID_BROADCAST && cns == NVME_CNS_NAMESPACE) {
        /* What all have in common. */
        id[25] = NVME_LBA_FORMATS - 1;
        for (int i = 0; i < NVME_LBA_FORMATS; i++) {
            id[128 + 4 * i + 2] = 9 + i;
        }
        return NVME_SUCCESS;
    }
    if (nsid < 1 || nsid > NVME_MAX_NAMESPACES) {
        return NVME_INVALID_NAMESPACE;
    }
    if (!ns) {
        /* Inactive: all zeroes, but there are no descriptors to give. */
        return cns == NVME_CNS_DESCRIPTORS ? NVME_INVALID_NAMESPACE : NVME_SUCCESS;
    }
    if (cns == NVME_CNS_DESCRIPTORS) {
        identify_descriptors(ns, id);
    } else if (cns == NVME_CNS_NAMESPACE || cns == NVME_CNS_ALLOCATED_NAMESPACE) {
        identify_namespace(ns, id);
    }
    return NVME_SUCCESS; /* The NVM command set has nothing of its own to add. */
}

/* @cns of a command set: for NVM only. */
static bool needs_csi(uint8_t cns)
{
    return cns == NVME_CNS_CSI_NAMESPACE || cns == NVME_CNS_CSI_CONTROLLER ||
           cns == NVME_CNS_CSI_ACTIVE_LIST || cns == NVME_CNS_CSI_ALLOCATED_LIST ||
           cns == NVME_CNS_CSI_ALLOCATED_NAMESPACE;
}

static uint16_t identify_build(NvmeRequest *req, uint8_t *id)
{
    NvmeCtrl *n = req->ctrl;
    uint8_t cns = req->cmd.dw[10], csi = req->cmd.dw[11] >> 24;
    uint16_t cntid = req->cmd.dw[10] >> 16;
    uint32_t nsid = req->cmd.dw[1];

    if (needs_csi(cns) && csi != CSI_NVM) {
        return NVME_INVALID_FIELD;
    }
    switch (cns) {
    case NVME_CNS_NAMESPACE:
    case NVME_CNS_ALLOCATED_NAMESPACE:
    case NVME_CNS_DESCRIPTORS:
    case NVME_CNS_CSI_NAMESPACE:
    case NVME_CNS_CSI_ALLOCATED_NAMESPACE:
        return identify_one_namespace(n, nsid, cns, id);
    case NVME_CNS_CONTROLLER:
        identify_controller(n, id);
        return NVME_SUCCESS;
    case NVME_CNS_CSI_CONTROLLER:
        id[0] = n->params.vsl; /* the largest verify */
        return NVME_SUCCESS;
    case NVME_CNS_ACTIVE_LIST:
    case NVME_CNS_CSI_ACTIVE_LIST:
        return namespace_list(n, nsid, false, id);
    case NVME_CNS_ALLOCATED_LIST:
    case NVME_CNS_CSI_ALLOCATED_LIST:
        return namespace_list(n, nsid, true, id);
    case NVME_CNS_ATTACHED_CONTROLLERS:
        if (!known_namespace(n, nsid, true)) {
            return nsid >= 1 && nsid <= NVME_MAX_NAMESPACES ? NVME_INVALID_FIELD
                                                            : NVME_INVALID_NAMESPACE;
        }
        return controller_list(n, known_namespace(n, nsid, true), cntid, id);
    case NVME_CNS_CONTROLLERS:
        return controller_list(n, NULL, cntid, id);
    case NVME_CNS_COMMAND_SETS:
        stq_le_p(id, BIT(CSI_NVM));
        return NVME_SUCCESS;
    default:
        return NVME_INVALID_FIELD;
    }
}

uint16_t nvme_identify(NvmeRequest *req)
{
    g_autofree uint8_t *id = g_malloc0(NVME_IDENTIFY_SIZE);
    uint16_t status = identify_build(req, id);

    return status ? status : nvme_data_to_guest(req, id, NVME_IDENTIFY_SIZE);
}
