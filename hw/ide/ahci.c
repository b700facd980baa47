/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AHCI host bus adapter: registers, interrupts, resets, saved state (AHCI 1.3.1, chapter 3, 10). */
#include "qemu/osdep.h"
#include "ahci-internal.h"

/* ---- interrupts ---- */

static void update_irq(AHCIState *s)
{
    for (unsigned i = 0; i < s->num_ports; i++) {
        if (s->ports[i].is & s->ports[i].ie) {
            s->is |= 1u << i;
        }
    }
    s->set_irq(s, s->is && (s->ghc & GHC_IRQ_ENABLE));
}

void ahci_port_interrupt(AHCIPort *p, uint32_t bits)
{
    p->is |= bits;
    if (p->is & p->ie) {
        update_irq(p->host);
    }
}

/* ---- resets ---- */

uint32_t ahci_port_tfd(AHCIPort *p)
{
    IDEDrive *s = &p->bus.drives[0];

    return s->dev ? s->error << 8 | s->status : TFD_NO_DEVICE;
}

/* COMRESET, and power on (10.4.2). */
static void reset_link(AHCIPort *p)
{
    ahci_port_forget(p);
    ide_bus_reset(&p->bus);
    p->serr = p->sact = p->ci = 0;
    p->sig = SIG_NONE;
    p->srst = p->halted = false;
    p->slot = AHCI_SLOTS;
}

static void reset_port(AHCIPort *p)
{
    reset_link(p);
    p->is = p->ie = p->sctl = 0;
    p->cmd = CMD_SPIN_UP | CMD_POWER_ON;
    p->clb = p->clbu = p->fb = p->fbu = 0;
    p->table = p->list_len = p->list_pos = p->list_done = 0;
    ahci_send_signature(p);
}

void ahci_reset(AHCIState *s)
{
    for (unsigned i = 0; i < s->num_ports; i++) {
        reset_port(&s->ports[i]);
    }
    s->ghc = GHC_AHCI;
    s->is = 0;
    s->index = 0;
    s->set_irq(s, false);
}

/* ---- registers of a port ---- */

void ahci_port_kick(AHCIPort *p)
{
    qemu_bh_schedule(p->check_bh);
}

static void stop_list(AHCIPort *p)
{
    ahci_port_forget(p);
    p->cmd &= ~(CMD_LIST_RUNNING | 0x1f << CMD_SLOT_SHIFT);
    p->ci = p->sact = 0;
}

static void write_cmd(AHCIPort *p, uint32_t value)
{
    IDEDrive *s = &p->bus.drives[0];

    p->cmd = (p->cmd & ~CMD_WRITABLE) | (value & CMD_WRITABLE);
    if (!(p->cmd & CMD_FIS_ENABLE)) {
        p->cmd &= ~CMD_FIS_RUNNING;
    } else if (!(p->cmd & CMD_FIS_RUNNING)) {
        p->cmd |= CMD_FIS_RUNNING;
        /* The signature waited for a place to go. */
        ahci_send_signature(p);
    }
    if (!(p->cmd & CMD_START) && (p->cmd & CMD_LIST_RUNNING)) {
        stop_list(p);
    }
    if ((value & CMD_CLO) && s->dev) {
        ahci_port_forget(p);
    }
    if ((p->cmd & CMD_START) && !(p->cmd & CMD_LIST_RUNNING)) {
        p->cmd |= CMD_LIST_RUNNING;
        p->halted = false;
        ahci_port_check(p);
    }
}

static void write_sctl(AHCIPort *p, uint32_t value)
{
    uint32_t was = p->sctl & 0xf;

    p->sctl = value;
    if (was != 1 && (value & 0xf) == 1) {
        reset_link(p);
    } else if (was == 1 && (value & 0xf) == 0) {
        ahci_send_signature(p);
    }
}

static void port_write(AHCIPort *p, unsigned reg, uint32_t value)
{
    switch (reg) {
    case PORT_CLB:
        p->clb = value & ~0x3ffu;
        break;
    case PORT_CLBU:
        p->clbu = value;
        break;
    case PORT_FB:
        p->fb = value & ~0xffu;
        break;
    case PORT_FBU:
        p->fbu = value;
        break;
    case PORT_IS:
        p->is &= ~value;
        update_irq(p->host);
        break;
    case PORT_IE:
        p->ie = value & IS_ALL;
        update_irq(p->host);
        break;
    case PORT_CMD:
        write_cmd(p, value);
        break;
    case PORT_SCTL:
        write_sctl(p, value);
        break;
    case PORT_SERR:
        p->serr &= ~value;
        break;
    case PORT_SACT:
        if (p->cmd & CMD_LIST_RUNNING) {
            p->sact |= value;
        }
        break;
    case PORT_CI:
        if (p->cmd & CMD_LIST_RUNNING) {
            p->ci |= value;
            ahci_port_check(p);
        }
        break;
    }
}

static uint32_t port_read(AHCIPort *p, unsigned reg)
{
    switch (reg) {
    case PORT_CLB:
        return p->clb;
    case PORT_CLBU:
        return p->clbu;
    case PORT_FB:
        return p->fb;
    case PORT_FBU:
        return p->fbu;
    case PORT_IS:
        return p->is;
    case PORT_IE:
        return p->ie;
    case PORT_CMD:
        return p->cmd | (p->slot < AHCI_SLOTS ? p->slot << CMD_SLOT_SHIFT : 0);
    case PORT_TFD:
        return ahci_port_tfd(p);
    case PORT_SIG:
        return p->sig;
    case PORT_SSTS:
        return p->bus.drives[0].dev && (p->sctl & 0xf) == 0 ? SSTS_PRESENT : 0;
    case PORT_SCTL:
        return p->sctl;
    case PORT_SERR:
        return p->serr;
    case PORT_SACT:
        return p->sact;
    case PORT_CI:
        return p->ci;
    default:
        return 0;
    }
}

/* ---- registers of the host ---- */

static uint32_t host_read(AHCIState *s, hwaddr addr)
{
    switch (addr) {
    case AHCI_CAP:
        return (s->num_ports - 1) | (AHCI_SLOTS - 1) << CAP_SLOTS_SHIFT | CAP_GEN1 | CAP_NCQ |
               CAP_AHCI_ONLY | CAP_64BIT;
    case AHCI_GHC:
        return s->ghc;
    case AHCI_IS:
        return s->is;
    case AHCI_PI:
        return MAKE_64BIT_MASK(0, s->num_ports);
    case AHCI_VS:
        return 0x10000; /* 1.0 */
    default:
        return 0;
    }
}

static void host_write(AHCIState *s, hwaddr addr, uint32_t value)
{
    switch (addr) {
    case AHCI_GHC:
        if (value & GHC_RESET) {
            ahci_reset(s);
        } else {
            s->ghc = (value & GHC_IRQ_ENABLE) | GHC_AHCI;
            update_irq(s);
        }
        break;
    case AHCI_IS:
        s->is &= ~value;
        update_irq(s);
        break;
    }
}

static uint64_t mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    AHCIState *s = opaque;
    unsigned n = (addr - AHCI_PORTS) / AHCI_PORT_SIZE;

    if (addr < AHCI_PORTS) {
        return host_read(s, addr);
    }
    return n < s->num_ports ? port_read(&s->ports[n], addr % AHCI_PORT_SIZE) : 0;
}

static void mmio_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    AHCIState *s = opaque;
    unsigned n = (addr - AHCI_PORTS) / AHCI_PORT_SIZE;

    if (addr < AHCI_PORTS) {
        host_write(s, addr, value);
    } else if (n < s->num_ports) {
        port_write(&s->ports[n], addr % AHCI_PORT_SIZE, value);
    }
}

static const MemoryRegionOps mmio_ops = {
    .read = mmio_read,
    .write = mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 8},
    .impl = {.min_access_size = 4, .max_access_size = 4},
};

/* ---- the same through two I/O ports (ICH9 data sheet, 14.1.33 and 15.2.8) ---- */

#define IDP_INDEX 0x10
#define IDP_DATA  0x14
#define IDP_SIZE  32

static uint64_t idp_read(void *opaque, hwaddr addr, unsigned size)
{
    AHCIState *s = opaque;

    return addr == IDP_INDEX ? s->index : addr == IDP_DATA ? mmio_read(s, s->index, 4) : 0;
}

static void idp_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    AHCIState *s = opaque;

    if (addr == IDP_INDEX) {
        s->index = value & (AHCI_MMIO_SIZE - 1) & ~3u;
    } else if (addr == IDP_DATA) {
        mmio_write(s, s->index, value, 4);
    }
}

static const MemoryRegionOps idp_ops = {
    .read = idp_read,
    .write = idp_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 4},
    .impl = {.min_access_size = 4, .max_access_size = 4},
};

/* ---- life ---- */

void ahci_instance_init(AHCIState *s, Object *owner)
{
    memory_region_init_io(&s->mmio, owner, &mmio_ops, s, "ahci", AHCI_MMIO_SIZE);
    memory_region_init_io(&s->idp, owner, &idp_ops, s, "ahci-idp", IDP_SIZE);
}

void ahci_init(AHCIState *s, DeviceState *dev, AddressSpace *as, unsigned num_ports,
               void (*set_irq)(AHCIState *s, bool level))
{
    s->dev = dev;
    s->as = as;
    s->num_ports = s->ports_vm = num_ports;
    s->set_irq = set_irq;
    s->ports = g_new0(AHCIPort, num_ports);
    for (unsigned i = 0; i < num_ports; i++) {
        AHCIPort *p = &s->ports[i];

        p->host = s;
        p->number = i;
        p->slot = AHCI_SLOTS;
        p->check_bh = qemu_bh_new_guarded(ahci_port_check, p, &dev->mem_reentrancy_guard);
        ide_bus_init(&p->bus, dev, i, 1, as, &ahci_ops, p);
        p->vmstate_change = qdev_add_vm_change_state_handler(dev, ahci_ncq_retry, p);
        for (unsigned j = 0; j < AHCI_SLOTS; j++) {
            p->queued[j].port = p;
            p->queued[j].tag = j;
        }
    }
}

void ahci_cleanup(AHCIState *s)
{
    for (unsigned i = 0; i < s->num_ports; i++) {
        AHCIPort *p = &s->ports[i];

        ahci_port_forget(p);
        qemu_del_vm_change_state_handler(p->vmstate_change);
        qemu_bh_delete(p->check_bh);
        ide_bus_cleanup(&p->bus);
        object_unparent(OBJECT(&p->bus));
    }
    g_clear_pointer(&s->ports, g_free);
}

/* ---- saved state ---- */

static bool queued_used(void *opaque, int version_id)
{
    return ((AHCIQueued *)opaque)->used;
}

static const VMStateDescription vmstate_queued = {
    .name = "ahci queued command",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_BOOL(used, AHCIQueued),
            VMSTATE_BOOL_TEST(write, AHCIQueued, queued_used),
            VMSTATE_BOOL_TEST(retry, AHCIQueued, queued_used),
            VMSTATE_UINT64_TEST(lba, AHCIQueued, queued_used),
            VMSTATE_UINT32_TEST(count, AHCIQueued, queued_used),
            VMSTATE_END_OF_LIST(),
        },
};

static int port_pre_load(void *opaque)
{
    ahci_port_forget(opaque);
    return 0;
}

static int port_post_load(void *opaque, int version_id)
{
    AHCIPort *p = opaque;

    return p->slot <= AHCI_SLOTS && p->list_len <= UINT16_MAX && !p->bus.unit ? 0 : -EINVAL;
}

static const VMStateDescription vmstate_port = {
    .name = "ahci port",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = port_pre_load,
    .post_load = port_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT(bus, AHCIPort, 1, vmstate_ide_bus, IDEBus),
            VMSTATE_UINT32(clb, AHCIPort),
            VMSTATE_UINT32(clbu, AHCIPort),
            VMSTATE_UINT32(fb, AHCIPort),
            VMSTATE_UINT32(fbu, AHCIPort),
            VMSTATE_UINT32(is, AHCIPort),
            VMSTATE_UINT32(ie, AHCIPort),
            VMSTATE_UINT32(cmd, AHCIPort),
            VMSTATE_UINT32(sig, AHCIPort),
            VMSTATE_UINT32(sctl, AHCIPort),
            VMSTATE_UINT32(serr, AHCIPort),
            VMSTATE_UINT32(sact, AHCIPort),
            VMSTATE_UINT32(ci, AHCIPort),
            VMSTATE_UINT32(slot, AHCIPort),
            VMSTATE_UINT32(list_len, AHCIPort),
            VMSTATE_UINT32(list_pos, AHCIPort),
            VMSTATE_UINT32(list_done, AHCIPort),
            VMSTATE_UINT64(table, AHCIPort),
            VMSTATE_BOOL(srst, AHCIPort),
            VMSTATE_BOOL(halted, AHCIPort),
            VMSTATE_STRUCT_ARRAY(queued, AHCIPort, AHCI_SLOTS, 1, vmstate_queued, AHCIQueued),
            VMSTATE_END_OF_LIST(),
        },
};

const VMStateDescription vmstate_ahci = {
    .name = "ahci",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(ghc, AHCIState),
            VMSTATE_UINT32(is, AHCIState),
            VMSTATE_UINT32(index, AHCIState),
            VMSTATE_STRUCT_VARRAY_POINTER_UINT32(ports, AHCIState, ports_vm, vmstate_port,
                                                 AHCIPort),
            VMSTATE_END_OF_LIST(),
        },
};
