/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watchdog timer of Intel's 6300ESB I/O Controller Hub (data sheet, order number 300641,
 * chapter 16): two stages, each with a preload value. The first ends with an interrupt, the
 * second with the output WDT_TOUT#, which boards wire to their reset.
 *
 * The interrupt of the first stage (input 10 of the hub's second I/O APIC, or an SMI of its
 * own) has no wire on the machines that the card is plugged into; its status bit is set.
 */
#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "migration/vmstate.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/range.h"
#include "qemu/timer.h"
#include "system/runstate-action.h"
#include "trace/trace-hw_watchdog.h"

#define TYPE_I6300ESB "i6300esb"
OBJECT_DECLARE_SIMPLE_TYPE(I6300State, I6300ESB)

/* Configuration space (16.4). Another tick is that of the next stage to begin. */
#define ESB_CONFIG          0x60 /* WDT Configuration, 16 bits */
#define ESB_CONFIG_INT_TYPE 0x0003
#define ESB_CONFIG_INT_OFF  0x0003
#define ESB_CONFIG_PRE_SEL  0x0004 /* ticks: 0 is the PCI clock / 2^15, 1 is / 2^5 */
#define ESB_CONFIG_OUTPUT   0x0020 /* 1: WDT_TOUT# stays as it is */
#define ESB_CONFIG_MASK     0x0027
#define ESB_LOCK            0x68 /* WDT Lock, 8 bits */
#define ESB_LOCK_LOCKED     0x01 /* the register stays as it is until a reset */
#define ESB_LOCK_ENABLE     0x02
#define ESB_LOCK_FREE_RUN   0x04 /* the second stage only begins the first again */
#define ESB_LOCK_MASK       0x07

/* Memory-mapped registers (16.5). */
#define ESB_BAR_SIZE       0x10
#define ESB_PRELOAD1       0x00
#define ESB_PRELOAD2       0x04
#define ESB_INT_STATUS     0x08
#define ESB_INT_ACTIVE     0x01
#define ESB_RELOAD         0x0c
#define ESB_RELOAD_PING    0x0100
#define ESB_RELOAD_TIMEOUT 0x0200
#define ESB_PRELOAD_MASK   0xfffff

/* Written to ESB_RELOAD one after the other, they let one write through (16.5.5). */
#define ESB_UNLOCK1      0x80
#define ESB_UNLOCK2      0x86

#define ESB_PCI_CLOCK_HZ 33000000

typedef enum UnlockState {
    UNLOCK_NONE,
    UNLOCK_FIRST, /* ESB_UNLOCK1 came */
    UNLOCK_DONE,
    UNLOCK_LAST = UNLOCK_DONE,
} UnlockState;

struct I6300State {
    PCIDevice parent_obj;

    /* wiring */
    MemoryRegion io_mem;

    /* state; registers in configuration space are there */
    QEMUTimer timer;
    uint32_t preload[2];
    uint8_t stage; /* 0 and 1, index of preload */
    uint8_t unlock_state;
    uint8_t int_status;
    bool previous_timeout; /* the one register that a reset by WDT_TOUT# leaves (16.5.4) */
};

/* ---- counting ---- */

static uint8_t lock_reg(const I6300State *s)
{
    return s->parent_obj.config[ESB_LOCK];
}

static uint16_t config_reg(const I6300State *s)
{
    return pci_get_word(s->parent_obj.config + ESB_CONFIG);
}

/* Counts down @stage from its preload value; zero is counted, too (16.5.1). */
static void begin_stage(I6300State *s, int stage)
{
    int shift = config_reg(s) & ESB_CONFIG_PRE_SEL ? 5 : 15;
    uint64_t clocks = ((uint64_t)s->preload[stage] + 1) << shift;
    /* 2^35 clocks at most, times 10^9: more than 64 bits. */
    int64_t ns = muldiv64(clocks, NANOSECONDS_PER_SECOND, ESB_PCI_CLOCK_HZ);

    s->stage = stage;
    timer_mod(&s->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ns);
    trace_i6300esb_stage(stage + 1, ns);
}

/* Counting goes from the beginning where the timer is enabled, and stops where it is not. */
static void restart(I6300State *s)
{
    if (lock_reg(s) & ESB_LOCK_ENABLE) {
        begin_stage(s, 0);
    } else {
        timer_del(&s->timer);
    }
}

static void stage_over(void *opaque)
{
    I6300State *s = opaque;

    trace_i6300esb_expired(s->stage + 1);
    if (s->stage == 0) {
        if ((config_reg(s) & ESB_CONFIG_INT_TYPE) != ESB_CONFIG_INT_OFF) {
            s->int_status |= ESB_INT_ACTIVE;
        }
        begin_stage(s, 1);
    } else if (lock_reg(s) & ESB_LOCK_FREE_RUN) {
        begin_stage(s, 0);
    } else if (config_reg(s) & ESB_CONFIG_OUTPUT) {
        s->previous_timeout = true;
    } else {
        s->previous_timeout = true;
        watchdog_perform_action();
    }
}

/* ---- configuration space ---- */

static void write_lock_reg(I6300State *s, uint8_t old)
{
    if (old & ESB_LOCK_LOCKED) {
        s->parent_obj.config[ESB_LOCK] = old;
    } else if ((old ^ lock_reg(s)) & ESB_LOCK_ENABLE) {
        restart(s);
    }
}

static void i6300esb_config_write(PCIDevice *dev, uint32_t addr, uint32_t data, int len)
{
    I6300State *s = I6300ESB(dev);
    uint8_t old_lock = lock_reg(s);

    pci_default_write_config(dev, addr, data, len);
    if (ranges_overlap(addr, len, ESB_LOCK, 1)) {
        write_lock_reg(s, old_lock);
    }
}

/* ---- memory-mapped registers ---- */

static uint32_t read_register(const I6300State *s, hwaddr addr)
{
    switch (addr) {
    case ESB_INT_STATUS:
        return s->int_status;
    case ESB_RELOAD:
        return s->previous_timeout ? ESB_RELOAD_TIMEOUT : 0;
    default:
        return s->preload[addr >> 2 & 1];
    }
}

static uint64_t i6300esb_read(void *opaque, hwaddr addr, unsigned size)
{
    return read_register(opaque, addr & ~3) >> 8 * (addr & 3);
}

/* A write that the unlock sequence has come before; to the bits of @mask. */
static void write_unlocked(I6300State *s, hwaddr addr, uint32_t val, uint32_t mask)
{
    switch (addr) {
    case ESB_PRELOAD1:
    case ESB_PRELOAD2:
        s->preload[addr >> 2] = ((s->preload[addr >> 2] & ~mask) | val) & ESB_PRELOAD_MASK;
        break;
    case ESB_RELOAD:
        if (val & ESB_RELOAD_TIMEOUT) {
            s->previous_timeout = false;
        }
        if (val & ESB_RELOAD_PING) {
            restart(s);
        }
        break;
    }
}

static void i6300esb_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    I6300State *s = opaque;
    hwaddr reg = addr & ~3;
    uint32_t val = data << 8 * (addr & 3);

    if (reg == ESB_INT_STATUS) {
        s->int_status &= ~val;
    } else if (reg == ESB_RELOAD && val == ESB_UNLOCK1) {
        s->unlock_state = UNLOCK_FIRST;
    } else if (reg == ESB_RELOAD && val == ESB_UNLOCK2 && s->unlock_state == UNLOCK_FIRST) {
        s->unlock_state = UNLOCK_DONE;
    } else {
        if (s->unlock_state == UNLOCK_DONE) {
            write_unlocked(s, reg, val, MAKE_64BIT_MASK(8 * (addr & 3), 8 * size));
        } else {
            qemu_log_mask(LOG_GUEST_ERROR, "i6300esb: register 0x%" HWADDR_PRIx " is locked\n",
                          reg);
        }
        s->unlock_state = UNLOCK_NONE;
    }
}

static const MemoryRegionOps i6300esb_ops = {
    .read = i6300esb_read,
    .write = i6300esb_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 4},
    .impl = {.min_access_size = 1, .max_access_size = 4},
};

/* ---- life ---- */

static void i6300esb_reset_hold(Object *obj, ResetType type)
{
    I6300State *s = I6300ESB(obj);
    PCIDevice *dev = PCI_DEVICE(obj);

    pci_device_reset_hold(obj, type);
    timer_del(&s->timer);
    pci_set_word(dev->config + ESB_CONFIG, 0);
    dev->config[ESB_LOCK] = 0;
    s->preload[0] = s->preload[1] = ESB_PRELOAD_MASK;
    s->stage = 0;
    s->unlock_state = UNLOCK_NONE;
    s->int_status = 0;
}

static int i6300esb_post_load(void *opaque, int version_id)
{
    I6300State *s = opaque;

    return s->stage < ARRAY_SIZE(s->preload) && s->preload[0] <= ESB_PRELOAD_MASK &&
                   s->preload[1] <= ESB_PRELOAD_MASK && s->unlock_state <= UNLOCK_LAST
               ? 0
               : -EINVAL;
}

static const VMStateDescription vmstate_i6300esb = {
    .name = "i6300esb_wdt",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = i6300esb_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, I6300State),
            VMSTATE_TIMER(timer, I6300State),
            VMSTATE_UINT32_ARRAY(preload, I6300State, 2),
            VMSTATE_UINT8(stage, I6300State),
            VMSTATE_UINT8(unlock_state, I6300State),
            VMSTATE_UINT8(int_status, I6300State),
            VMSTATE_BOOL(previous_timeout, I6300State),
            VMSTATE_END_OF_LIST(),
        },
};

static void i6300esb_realize(PCIDevice *dev, Error **errp)
{
    I6300State *s = I6300ESB(dev);

    pci_set_word(dev->wmask + ESB_CONFIG, ESB_CONFIG_MASK);
    dev->wmask[ESB_LOCK] = ESB_LOCK_MASK;
    timer_init_ns(&s->timer, QEMU_CLOCK_VIRTUAL, stage_over, s);
    memory_region_init_io(&s->io_mem, OBJECT(s), &i6300esb_ops, s, TYPE_I6300ESB, ESB_BAR_SIZE);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->io_mem);
}

static void i6300esb_exit(PCIDevice *dev)
{
    timer_del(&I6300ESB(dev)->timer);
}

static void i6300esb_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->config_write = i6300esb_config_write;
    pc->realize = i6300esb_realize;
    pc->exit = i6300esb_exit;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->device_id = PCI_DEVICE_ID_INTEL_ESB_9;
    pc->class_id = PCI_CLASS_SYSTEM_OTHER;
    dc->vmsd = &vmstate_i6300esb;
    dc->desc = "Intel 6300ESB";
    RESETTABLE_CLASS(klass)->phases.hold = i6300esb_reset_hold;
    device_class_set_category(dc, DEVICE_CATEGORY_WATCHDOG);
}

static const TypeInfo i6300esb_types[] = {
    {
        .name = TYPE_I6300ESB,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(I6300State),
        .class_init = i6300esb_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
};

DEFINE_TYPES(i6300esb_types)
