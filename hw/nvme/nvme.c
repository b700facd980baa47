/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVM Express controller on PCI (NVM Express 1.4): registers (3.1), enabling, reset and shutdown
 * (7.3, 7.6). nvme-int.h tells what the other files have.
 *
 * BAR 0: registers and doorbells, then the MSI-X table. BAR 2: the controller memory buffer.
 */
#include "qemu/osdep.h"
#include "nvme-int.h"
#include "block/aio-wait.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "qemu/cutils.h"
#include "qapi/visitor.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/timer.h"

#define PM_OFFSET    0x60
#define EXP_OFFSET   0x80
#define CMB_BAR      2
#define MSIX_BAR     4                /* with msix-exclusive-bar=on */
#define CMBLOC_FIXED (CMB_BAR | 0xf8) /* what may be in it together with what is elsewhere: all */
#define CMBSZ_FIXED  (0x1f | 2 << 8)  /* queues, lists and data; units of 1 MiB */

/* ---- namespaces ---- */

void nvme_attach_ns(NvmeCtrl *n, NvmeNamespace *ns)
{
    n->namespaces[ns->nsid] = ns;
    ns->attached++;
}

void nvme_detach_ns(NvmeCtrl *n, NvmeNamespace *ns)
{
    n->namespaces[ns->nsid] = NULL;
    ns->attached--;
}

/* ---- enable, reset, shut down ---- */

void nvme_ctrl_fail(NvmeCtrl *n, const char *why)
{
    qemu_log_mask(LOG_GUEST_ERROR, "nvme: %s: fatal, the controller waits for a reset\n", why);
    n->s.csts |= NVME_CSTS_CFS;
}

void nvme_ctrl_clear(NvmeCtrl *n)
{
    NvmeRequest *req;

    n->s.irq_status = 0;
    while ((req = QTAILQ_FIRST(&n->aers))) {
        QTAILQ_REMOVE(&n->aers, req, entry);
        nvme_request_free(req);
    }
    n->aer_count = 0;
    for (unsigned i = 0; i < n->nqueues; i++) {
        if (n->sq[i]) {
            nvme_sq_free(n->sq[i]);
        }
    }
    for (unsigned i = 0; i < n->nqueues; i++) {
        if (n->cq[i]) {
            nvme_cq_free(n->cq[i]);
        }
    }
    memset(&n->s, 0, sizeof(n->s));
    nvme_features_reset(n);
}

/* A reset by CC.EN: the addresses of the admin queues and the memory buffer stay (7.3.2). */
void nvme_ctrl_stopped(NvmeCtrl *n)
{
    NvmeState old = n->s;

    n->stopping = false;
    nvme_ctrl_clear(n);
    n->s.cc = old.cc & ~NVME_CC_EN;
    n->s.aqa = old.aqa;
    n->s.asq = old.asq;
    n->s.acq = old.acq;
    n->s.cmbmsc = old.cmbmsc;
    n->s.cmbsts = old.cmbsts;
    nvme_update_intx(n);
}

/* CSTS.RDY goes when nothing is in flight any more. */
static void ctrl_stop(NvmeCtrl *n)
{
    n->stopping = true;
    n->inflight++; /* the last of those that end here is not the last yet */
    for (unsigned i = 0; i < n->nqueues; i++) {
        if (n->sq[i]) {
            nvme_cancel_all(n, n->sq[i]);
        }
    }
    if (!--n->inflight) {
        nvme_ctrl_stopped(n);
    }
}

static void ctrl_start(NvmeCtrl *n)
{
    uint32_t cc = n->s.cc, css = NVME_CC_CSS(cc);
    uint64_t mask = nvme_page_size(n) - 1;

    if ((css != NVME_CSS_NVM && css != NVME_CSS_CSI && css != NVME_CSS_ADMIN) ||
        NVME_CC_MPS(cc) > 4 || NVME_CC_AMS(cc)) {
        nvme_ctrl_fail(n, "enabled with a configuration that CAP does not offer");
    } else if (!n->s.asq || !n->s.acq || (n->s.asq | n->s.acq) & mask ||
               !extract32(n->s.aqa, 0, 12) || !extract32(n->s.aqa, 16, 12)) {
        nvme_ctrl_fail(n, "enabled without admin queues");
    } else {
        nvme_admin_queues_create(n);
        n->s.csts |= NVME_CSTS_RDY;
    }
}

static void shutdown_flush_done(void *opaque, int ret)
{
    NvmeCtrl *n = opaque;

    if (!--n->flushes && (n->s.csts & NVME_CSTS_SHST) == NVME_CSTS_SHUTTING_DOWN) {
        n->s.csts = (n->s.csts & ~NVME_CSTS_SHST) | NVME_CSTS_SHUT_DOWN;
    }
}

static void ctrl_shutdown(NvmeCtrl *n)
{
    n->s.csts = (n->s.csts & ~NVME_CSTS_SHST) | NVME_CSTS_SHUTTING_DOWN;
    n->flushes++;
    for (unsigned i = 1; i <= NVME_MAX_NAMESPACES; i++) {
        if (n->namespaces[i] && blk_is_available(n->namespaces[i]->conf.blk)) {
            n->flushes++;
            blk_aio_flush(n->namespaces[i]->conf.blk, shutdown_flush_done, n);
        }
    }
    shutdown_flush_done(n, 0);
}

/* ---- registers ---- */

static void write_cc(NvmeCtrl *n, uint32_t value)
{
    uint32_t old = n->s.cc;

    if (n->stopping) {
        qemu_log_mask(LOG_GUEST_ERROR, "nvme: CC written while a reset is not complete\n");
        return;
    }
    n->s.cc = value & NVME_CC_WRITABLE;
    if (!(old & NVME_CC_EN) && value & NVME_CC_EN) {
        ctrl_start(n);
    } else if (old & NVME_CC_EN && !(value & NVME_CC_EN)) {
        ctrl_stop(n);
        return;
    }
    if (NVME_CC_SHN(value) && !NVME_CC_SHN(old)) {
        ctrl_shutdown(n);
    } else if (!NVME_CC_SHN(value) && NVME_CC_SHN(old)) {
        n->s.csts &= ~NVME_CSTS_SHST;
    }
}

static void write_cmbmsc(NvmeCtrl *n, uint64_t value)
{
    uint64_t base = NVME_CMBMSC_CBA(value);

    if (!n->cmb || n->params.legacy_cmb) {
        return;
    }
    n->s.cmbmsc = value & ~0xffcull;
    n->s.cmbsts = 0;
    if (value & NVME_CMBMSC_CMSE && base + n->cmb_size < base) {
        n->s.cmbsts = NVME_CMBSTS_CBAI;
    }
}

static uint64_t with_half(uint64_t old, unsigned shift, uint64_t value, unsigned size)
{
    return size == 8 ? value : deposit64(old, shift, 32, value);
}

static void write_register(NvmeCtrl *n, hwaddr addr, uint64_t value, unsigned size)
{
    switch (addr) {
    case NVME_REG_INTMS:
    case NVME_REG_INTMC:
        if (msix_enabled(PCI_DEVICE(n))) {
            qemu_log_mask(LOG_GUEST_ERROR, "nvme: interrupt mask written while MSI-X is on\n");
            break;
        }
        n->s.intms = addr == NVME_REG_INTMS ? n->s.intms | value : n->s.intms & ~value;
        nvme_update_intx(n);
        break;
    case NVME_REG_CC:
        write_cc(n, value);
        break;
    case NVME_REG_AQA:
        n->s.aqa = value & 0x0fff0fff;
        break;
    case NVME_REG_ASQ:
    case NVME_REG_ASQ + 4:
        n->s.asq = with_half(n->s.asq, (addr & 4) * 8, value, size);
        break;
    case NVME_REG_ACQ:
    case NVME_REG_ACQ + 4:
        n->s.acq = with_half(n->s.acq, (addr & 4) * 8, value, size);
        break;
    case NVME_REG_CMBMSC:
    case NVME_REG_CMBMSC + 4:
        write_cmbmsc(n, with_half(n->s.cmbmsc, (addr & 4) * 8, value, size));
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "nvme: write of 0x%" PRIx64 " to 0x%" HWADDR_PRIx "\n",
                      value, addr);
    }
}

static bool cmb_visible(const NvmeCtrl *n)
{
    return n->cmb && (n->params.legacy_cmb || n->s.cmbmsc & NVME_CMBMSC_CRE);
}

/* The 64 bits at @addr, which is a multiple of 8. */
static uint64_t read_qword(NvmeCtrl *n, hwaddr addr)
{
    switch (addr) {
    case NVME_REG_CAP:
        return n->cap;
    case NVME_REG_VS:
        return NVME_VERSION | (uint64_t)n->s.intms << 32;
    case NVME_REG_INTMC:
        return n->s.intms | (uint64_t)n->s.cc << 32;
    case NVME_REG_CSTS & ~7:
        return (uint64_t)n->s.csts << 32;
    case NVME_REG_NSSR:
        return (uint64_t)n->s.aqa << 32;
    case NVME_REG_ASQ:
        return n->s.asq;
    case NVME_REG_ACQ:
        return n->s.acq;
    case NVME_REG_CMBLOC:
        return cmb_visible(n)
                   ? CMBLOC_FIXED | (uint64_t)(CMBSZ_FIXED | n->params.cmb_size_mb << 12) << 32
                   : 0;
    case NVME_REG_CMBMSC:
        return n->s.cmbmsc;
    case NVME_REG_CMBSTS:
        return n->s.cmbsts;
    default:
        return 0;
    }
}

static uint64_t nvme_mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    return read_qword(opaque, addr & ~7ull) >> ((addr & 7) * 8);
}

static void nvme_mmio_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    NvmeCtrl *n = opaque;

    if (addr >= NVME_REG_DOORBELLS) {
        nvme_doorbell(n, addr, value);
    } else if (size < 4 || addr & (size - 1)) {
        qemu_log_mask(LOG_GUEST_ERROR, "nvme: write of %u bytes to 0x%" HWADDR_PRIx "\n", size,
                      addr);
    } else {
        write_register(n, addr, value, size);
    }
}

static const MemoryRegionOps nvme_mmio_ops = {
    .read = nvme_mmio_read,
    .write = nvme_mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 8},
};

/* ---- life ---- */

static bool work_left(const NvmeCtrl *n)
{
    return n->inflight || n->flushes;
}

static void nvme_vm_change(void *opaque, bool running, RunState state)
{
    NvmeCtrl *n = opaque;

    if (running) {
        nvme_restart_parked(n);
        nvme_kick_all(n);
    } else {
        /* Commands of several steps, too: what is saved has none that are half done. */
        AIO_WAIT_WHILE(qemu_get_aio_context(), work_left(n));
    }
}

static void ctrl_stop_now(NvmeCtrl *n)
{
    if (!n->stopping) {
        ctrl_stop(n);
    }
    AIO_WAIT_WHILE(qemu_get_aio_context(), work_left(n));
    nvme_ctrl_clear(n);
}

static void nvme_reset_hold(Object *obj, ResetType type)
{
    NvmeCtrl *n = NVME(obj);

    ctrl_stop_now(n);
    pci_device_reset_hold(obj, type);
    nvme_update_intx(n);
}

/* "smart_critical_warning": a property that can be set while the machine runs. */
static void get_critical_warning(Object *obj, Visitor *v, const char *name, void *opaque,
                                 Error **errp)
{
    visit_type_uint8(v, name, &NVME(obj)->critical_warning, errp);
}

static void set_critical_warning(Object *obj, Visitor *v, const char *name, void *opaque,
                                 Error **errp)
{
    uint8_t value;

    if (!visit_type_uint8(v, name, &value, errp)) {
        return;
    }
    if (value & ~NVME_SMART_ALL) {
        error_setg(errp, "smart_critical_warning=%u: only bits 0 to 5 (0x3f) have a meaning",
                   value);
        return;
    }
    nvme_set_critical_warning(NVME(obj), value);
}

static const Property nvme_properties[] = {
    DEFINE_BLOCK_PROPERTIES(NvmeCtrl, namespace.conf),
    DEFINE_PROP_LINK("subsys", NvmeCtrl, subsys, TYPE_NVME_SUBSYS, NvmeSubsystem *),
    DEFINE_PROP_STRING("serial", NvmeCtrl, params.serial),
    DEFINE_PROP_STRING("model", NvmeCtrl, params.model),
    DEFINE_PROP_STRING("firmware-version", NvmeCtrl, params.firmware),
    DEFINE_PROP_UINT32("cmb_size_mb", NvmeCtrl, params.cmb_size_mb, 0),
    DEFINE_PROP_UINT32("num_queues", NvmeCtrl, params.num_queues, 0),
    DEFINE_PROP_UINT32("max_ioqpairs", NvmeCtrl, params.max_ioqpairs, 64),
    DEFINE_PROP_UINT16("msix_qsize", NvmeCtrl, params.msix_qsize, 65),
    DEFINE_PROP_UINT16("mqes", NvmeCtrl, params.mqes, 0x7ff),
    DEFINE_PROP_UINT8("aerl", NvmeCtrl, params.aerl, 3),
    DEFINE_PROP_UINT32("aer_max_queued", NvmeCtrl, params.aer_max_queued, 64),
    DEFINE_PROP_UINT8("mdts", NvmeCtrl, params.mdts, 7),
    DEFINE_PROP_UINT8("vsl", NvmeCtrl, params.vsl, 7),
    DEFINE_PROP_BOOL("use-intel-id", NvmeCtrl, params.use_intel_id, false),
    DEFINE_PROP_BOOL("legacy-cmb", NvmeCtrl, params.legacy_cmb, false),
    DEFINE_PROP_BOOL("ioeventfd", NvmeCtrl, params.ioeventfd, false),
    DEFINE_PROP_BOOL("dbcs", NvmeCtrl, params.dbcs, true),
    DEFINE_PROP_BOOL("msix-exclusive-bar", NvmeCtrl, params.msix_exclusive_bar, false),
};

static bool check_range(const char *name, uint64_t value, uint64_t min, uint64_t max, Error **errp)
{
    if (value < min || value > max) {
        error_setg(errp, "%s=%" PRIu64 ": expected %" PRIu64 " to %" PRIu64, name, value, min, max);
        return false;
    }
    return true;
}

static bool check_params(NvmeCtrl *n, Error **errp)
{
    NvmeParams *p = &n->params;

    if (!p->serial) {
        error_setg(errp,
                   "serial property not set: up to 20 characters that name the controller, as in "
                   "serial=disk1");
        return false;
    }
    if (strlen(p->serial) > 20) {
        error_setg(errp, "serial='%s': at most 20 characters", p->serial);
        return false;
    }
    if (p->model && strlen(p->model) > 40) {
        error_setg(errp, "model='%s': at most 40 characters", p->model);
        return false;
    }
    if (p->firmware && strlen(p->firmware) > 8) {
        error_setg(errp, "firmware-version='%s': at most 8 characters", p->firmware);
        return false;
    }
    if (p->num_queues) {
        p->max_ioqpairs = p->num_queues - 1;
    }
    return check_range("max_ioqpairs", p->max_ioqpairs, 1, NVME_MAX_IOQPAIRS, errp) &&
           check_range("msix_qsize", p->msix_qsize, 1, PCI_MSIX_FLAGS_QSIZE + 1, errp) &&
           check_range("mqes", p->mqes, 1, 0xffff, errp) &&
           check_range("aer_max_queued", p->aer_max_queued, 0, NVME_EVENTS_QUEUED, errp) &&
           check_range("mdts", p->mdts, 0, 20, errp) && check_range("vsl", p->vsl, 0, 20, errp) &&
           check_range("cmb_size_mb", p->cmb_size_mb, 0, 4096, errp);
}

static bool init_bars(NvmeCtrl *n, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(n);
    uint8_t attr = PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_TYPE_64;
    uint64_t regs = ROUND_UP(NVME_REG_DOORBELLS + 8ull * n->nqueues, 4096), size = regs, pba;
    int ret;

    memory_region_init_io(&n->iomem, OBJECT(n), &nvme_mmio_ops, n, "nvme", regs);
    if (n->params.msix_exclusive_bar) {
        pci_register_bar(pci, 0, attr, &n->iomem);
        ret = msix_init_exclusive_bar(pci, n->params.msix_qsize, MSIX_BAR, errp);
    } else {
        pba = regs + ROUND_UP(n->params.msix_qsize * 16, 4096);
        size = pow2ceil(pba + DIV_ROUND_UP(n->params.msix_qsize, 64) * 8);
        memory_region_init(&n->bar0, OBJECT(n), "nvme-bar0", size);
        memory_region_add_subregion(&n->bar0, 0, &n->iomem);
        ret = msix_init(pci, n->params.msix_qsize, &n->bar0, 0, regs, &n->bar0, 0, pba, 0, errp);
        if (ret == 0) {
            pci_register_bar(pci, 0, attr, &n->bar0);
        } else {
            memory_region_del_subregion(&n->bar0, &n->iomem);
        }
    }
    return ret == 0;
}

static bool init_cmb(NvmeCtrl *n, Error **errp)
{
    uint64_t size = n->params.cmb_size_mb * MiB;

    if (!size) {
        return true;
    }
    if (!memory_region_init_ram(&n->cmb_mr, OBJECT(n), "nvme-cmb", pow2ceil(size), errp)) {
        return false;
    }
    n->cmb = memory_region_get_ram_ptr(&n->cmb_mr);
    n->cmb_size = size;
    n->cap |= NVME_CAP_CMBS;
    pci_register_bar(PCI_DEVICE(n), CMB_BAR,
                     PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_TYPE_64 |
                         PCI_BASE_ADDRESS_MEM_PREFETCH,
                     &n->cmb_mr);
    return true;
}

static void init_identity(NvmeCtrl *n)
{
    PCIDevice *pci = PCI_DEVICE(n);

    if (n->params.use_intel_id) {
        pci_set_word(pci->config + PCI_VENDOR_ID, PCI_VENDOR_ID_INTEL);
        pci_set_word(pci->config + PCI_DEVICE_ID, 0x5845);
    }
    pci->config[PCI_CLASS_PROG] = 2;
    pci->config[PCI_INTERRUPT_PIN] = 1;
    if (n->subsys) {
        pstrcpy(n->subnqn, sizeof(n->subnqn), n->subsys->subnqn);
    } else {
        snprintf(n->subnqn, sizeof(n->subnqn), "nqn.2019-08.org.qemu:%s", n->params.serial);
    }
    n->cap = n->params.mqes | NVME_CAP_CQR | NVME_CAP_TO(0xf) | NVME_CAP_CSS_NVM |
             NVME_CAP_CSS_CSI | NVME_CAP_CSS_NONE | NVME_CAP_MPSMAX;
}

static bool init_namespace(NvmeCtrl *n, Error **errp)
{
    if (!n->namespace.conf.blk) {
        return true;
    }
    n->namespace.ctrl = n;
    n->namespace.mssrl = 128;
    n->namespace.mcl = 128;
    n->namespace.msrc = 127;
    return nvme_ns_setup(&n->namespace, errp);
}

/* Whatever of it there is. */
static void nvme_exit(PCIDevice *pci)
{
    NvmeCtrl *n = NVME(pci);
    NvmeRequest *req;

    if (n->vmstate_change) {
        qemu_del_vm_change_state_handler(n->vmstate_change);
        n->vmstate_change = NULL;
        ctrl_stop_now(n);
    }
    for (unsigned i = 1; i <= NVME_MAX_NAMESPACES; i++) {
        if (n->namespaces[i] == &n->namespace) {
            nvme_ns_cleanup(&n->namespace);
        } else if (n->namespaces[i]) {
            nvme_detach_ns(n, n->namespaces[i]);
        }
    }
    if (n->namespace.conf.blk) {
        /* Not when the object goes, which views of its registers may keep for a while. */
        blk_detach_dev(n->namespace.conf.blk, DEVICE(n));
        n->namespace.conf.blk = NULL;
    }
    if (n->subsys && n->subsys->ctrls[n->cntlid] == n) {
        nvme_subsys_unregister(n);
    }
    while ((req = QTAILQ_FIRST(&n->free_requests))) {
        QTAILQ_REMOVE(&n->free_requests, req, entry);
        g_free(req->data.segs);
        g_free(req);
    }
    if (n->params.msix_exclusive_bar) {
        msix_uninit_exclusive_bar(pci);
    } else {
        msix_uninit(pci, &n->bar0, &n->bar0);
        memory_region_del_subregion(&n->bar0, &n->iomem);
    }
    g_clear_pointer(&n->sq, g_free);
    g_clear_pointer(&n->cq, g_free);
    n->nqueues = 0;
    n->cmb = NULL;
}

static void nvme_realize(PCIDevice *pci, Error **errp)
{
    NvmeCtrl *n = NVME(pci);
    int id = 0;

    if (!check_params(n, errp)) {
        return;
    }
    n->nqueues = n->params.max_ioqpairs + 1;
    init_identity(n);
    if (!pci_pm_init(pci, PM_OFFSET, true, errp) ||
        !pcie_any_endpoint_cap_init(pci, EXP_OFFSET, errp) || !init_bars(n, errp)) {
        return;
    }
    pcie_flr_init(pci);
    n->sq = g_new0(NvmeSQueue *, n->nqueues);
    n->cq = g_new0(NvmeCQueue *, n->nqueues);
    qbus_init(&n->bus, sizeof(n->bus), TYPE_NVME_BUS, DEVICE(n), DEVICE(n)->id);
    if (n->subsys) {
        id = nvme_subsys_register(n, errp);
        n->cntlid = MAX(id, 0);
    }
    if (id < 0 || !init_cmb(n, errp) || !init_namespace(n, errp)) {
        nvme_exit(pci);
        return;
    }
    n->starttime_ms = qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL);
    nvme_features_reset(n);
    n->vmstate_change = qemu_add_vm_change_state_handler(nvme_vm_change, n);
}

static void nvme_instance_init(Object *obj)
{
    NvmeCtrl *n = NVME(obj);

    QTAILQ_INIT(&n->free_requests);
    QTAILQ_INIT(&n->aers);
    QTAILQ_INIT(&n->co_waiting);
    device_add_bootindex_property(obj, &n->namespace.bootindex, "bootindex", "/namespace@1,0",
                                  DEVICE(obj));
    object_property_add(obj, "smart_critical_warning", "uint8", get_critical_warning,
                        set_critical_warning, NULL, NULL)
        ->live = true;
}

static void nvme_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = nvme_realize;
    pc->exit = nvme_exit;
    pc->vendor_id = PCI_VENDOR_ID_REDHAT;
    pc->device_id = 0x0010;
    pc->revision = 2;
    pc->class_id = PCI_CLASS_STORAGE_EXPRESS;
    dc->desc = "Non-Volatile Memory Express";
    dc->vmsd = &vmstate_nvme;
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
    device_class_set_props(dc, nvme_properties);
    RESETTABLE_CLASS(klass)->phases.hold = nvme_reset_hold;
}

static const TypeInfo nvme_types[] = {
    {
        .name = TYPE_NVME,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(NvmeCtrl),
        .instance_init = nvme_instance_init,
        .class_init = nvme_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_PCIE_DEVICE},
                                              {INTERFACE_CONVENTIONAL_PCI_DEVICE},
                                              {}},
    },
};

DEFINE_TYPES(nvme_types)
