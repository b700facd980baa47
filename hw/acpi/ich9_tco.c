/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCO watchdog of ICH9 (I/O Controller Hub 9 data sheet, order number 316972, 13.9): a timer of
 * 0.6 s ticks. Its first timeout is an SMI, the second resets unless NO_REBOOT is set.
 */
#include "qemu/osdep.h"
#include "hw/southbridge/ich9.h"
#include "migration/vmstate.h"
#include "system/runstate-action.h"

#define TCO_TICK_NS      600000000LL
#define TCO_SIZE         0x20

#define TCO_RLD          0x00
#define TCO_DAT_IN       0x02
#define TCO_DAT_OUT      0x03
#define TCO1_STS         0x04
#define TCO2_STS         0x06
#define TCO1_CNT         0x08
#define TCO2_CNT         0x0a
#define TCO_MESSAGE1     0x0c
#define TCO_MESSAGE2     0x0d
#define TCO_WDCNT        0x0e
#define TCO_SW_IRQ_GEN   0x10
#define TCO_TMR          0x12

#define TCO1_STS_SW_SMI  0x0002 /* TCO_DAT_IN was written */
#define TCO1_STS_INT     0x0004 /* TCO_DAT_OUT was written */
#define TCO1_STS_TIMEOUT 0x0008
#define TCO1_STS_W1C     0x17bc
#define TCO2_STS_SECOND  0x0002
#define TCO2_STS_BOOT    0x0004
#define TCO2_STS_W1C     0x001f
#define TCO1_CNT_LOCK    0x1000
#define TCO1_CNT_HALT    0x0800
#define TCO1_CNT_MASK    0xfeff
#define TCO2_CNT_DEFAULT 0x0008
#define TCO_TMR_MASK     0x03ff

static bool running(const ICH9TCOState *t)
{
    return !(t->cnt1 & TCO1_CNT_HALT);
}

/* Counts from the value in TCO_TMR again; values below 2 are taken for 2 (13.9.13). */
static void reload(ICH9TCOState *t)
{
    int64_t ticks = MAX(t->tmr & TCO_TMR_MASK, 2);

    t->expire_time = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ticks * TCO_TICK_NS;
    timer_mod(t->timer, t->expire_time);
}

static void halt(ICH9TCOState *t)
{
    t->expire_time = -1;
    timer_del(t->timer);
}

static void expired(void *opaque)
{
    ICH9TCOState *t = opaque;

    t->rld = 0;
    t->sts1 |= TCO1_STS_TIMEOUT;
    if (t->timeouts_no++) {
        t->timeouts_no = 0;
        t->sts2 |= TCO2_STS_SECOND | TCO2_STS_BOOT;
        if (!ich9_no_reboot(t->lpc)) {
            halt(t);
            watchdog_perform_action();
            return;
        }
    } else if (t->lpc->pm.smi_en & ICH9_SMI_EN_TCO) {
        t->lpc->pm.smi_sts |= ICH9_SMI_STS_TCO;
        ich9_generate_smi(t->lpc);
    }
    reload(t);
}

/* The count as the guest sees it: ticks left. */
static uint16_t ticks_left(const ICH9TCOState *t)
{
    int64_t left;

    if (!running(t) || t->expire_time < 0) {
        return t->rld;
    }
    left = t->expire_time - qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    return MAX(left, 0) / TCO_TICK_NS & TCO_TMR_MASK;
}

static uint16_t read_register(ICH9TCOState *t, hwaddr addr)
{
    switch (addr) {
    case TCO_RLD:
        return ticks_left(t);
    case TCO_DAT_IN:
        return t->dat_in | t->dat_out << 8;
    case TCO1_STS:
        return t->sts1;
    case TCO2_STS:
        return t->sts2;
    case TCO1_CNT:
        return t->cnt1;
    case TCO2_CNT:
        return t->cnt2;
    case TCO_MESSAGE1:
        return t->msg1 | t->msg2 << 8;
    case TCO_WDCNT:
        return t->wdcnt;
    case TCO_SW_IRQ_GEN:
        return t->sw_irq_gen;
    case TCO_TMR:
        return t->tmr;
    default:
        return 0;
    }
}

static uint64_t tco_read(void *opaque, hwaddr addr, unsigned size)
{
    uint16_t word = read_register(opaque, addr & ~1);

    return size == 1 ? (word >> (8 * (addr & 1)) & 0xff) : word;
}

static void write_control(ICH9TCOState *t, uint16_t val)
{
    uint16_t left = ticks_left(t);

    /* The lock goes with a reset only. */
    t->cnt1 = (val & TCO1_CNT_MASK) | (t->cnt1 & TCO1_CNT_LOCK);
    if (running(t)) {
        t->timeouts_no = 0;
        reload(t);
    } else {
        t->rld = left;
        halt(t);
    }
}

static void write_word(ICH9TCOState *t, hwaddr addr, uint16_t val)
{
    switch (addr) {
    case TCO_RLD:
        t->timeouts_no = 0;
        t->rld = t->tmr;
        if (running(t)) {
            reload(t);
        }
        break;
    case TCO1_STS:
        t->sts1 &= ~(val & TCO1_STS_W1C);
        break;
    case TCO2_STS:
        t->sts2 &= ~(val & TCO2_STS_W1C);
        break;
    case TCO1_CNT:
        write_control(t, val);
        break;
    case TCO2_CNT:
        t->cnt2 = val;
        break;
    case TCO_TMR:
        t->tmr = val & TCO_TMR_MASK;
        break;
    default:
        break;
    }
}

static void write_byte(ICH9TCOState *t, hwaddr addr, uint8_t val)
{
    switch (addr) {
    case TCO_DAT_IN:
        t->dat_in = val;
        t->sts1 |= TCO1_STS_SW_SMI;
        ich9_generate_smi(t->lpc);
        break;
    case TCO_DAT_OUT:
        t->dat_out = val;
        t->sts1 |= TCO1_STS_INT;
        break;
    case TCO_MESSAGE1:
        t->msg1 = val;
        break;
    case TCO_MESSAGE2:
        t->msg2 = val;
        break;
    case TCO_WDCNT:
        t->wdcnt = val;
        break;
    case TCO_SW_IRQ_GEN:
        t->sw_irq_gen = val;
        break;
    default:
        /* Half of a word: the other half as it is, but for bits that a one clears. */
        if ((addr & ~1) == TCO1_STS || (addr & ~1) == TCO2_STS) {
            write_word(t, addr & ~1, val << (8 * (addr & 1)));
        } else if (addr >= TCO1_STS || addr == TCO_RLD) {
            uint16_t old = read_register(t, addr & ~1);

            write_word(t, addr & ~1, addr & 1 ? (old & 0xff) | val << 8 : (old & 0xff00) | val);
        }
        break;
    }
}

static void tco_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    ICH9TCOState *t = opaque;
    bool bytes =
        addr == TCO_DAT_IN || addr == TCO_MESSAGE1 || addr == TCO_WDCNT || addr == TCO_SW_IRQ_GEN;

    if (size == 2 && !bytes) {
        write_word(t, addr, val);
        return;
    }
    for (unsigned i = 0; i < size; i++, val >>= 8) {
        write_byte(t, addr + i, val);
    }
}

static const MemoryRegionOps tco_ops = {
    .read = tco_read,
    .write = tco_write,
    .valid = {.min_access_size = 1, .max_access_size = 4},
    .impl = {.min_access_size = 1, .max_access_size = 2},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

void ich9_tco_reset(ICH9TCOState *t)
{
    halt(t);
    t->rld = t->dat_in = t->dat_out = t->msg1 = t->msg2 = t->wdcnt = 0;
    t->sts1 = t->sts2 = 0;
    t->cnt2 = TCO2_CNT_DEFAULT;
    t->sw_irq_gen = 3;
    t->tmr = 4;
    t->timeouts_no = 0;
    /* Halted: there is no firmware here that would stop it before an hour is up. */
    t->cnt1 = TCO1_CNT_HALT;
}

void ich9_tco_init(ICH9TCOState *t, ICH9LPCState *lpc, MemoryRegion *parent)
{
    t->lpc = lpc;
    t->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, expired, t);
    memory_region_init_io(&t->io, OBJECT(lpc), &tco_ops, t, "sm-tco", TCO_SIZE);
    memory_region_add_subregion(parent, ICH9_PM_TCO, &t->io);
}

static int tco_post_load(void *opaque, int version_id)
{
    ICH9TCOState *t = opaque;

    if (t->tmr & ~TCO_TMR_MASK || t->timeouts_no > 1) {
        return -EINVAL;
    }
    if (running(t) && t->expire_time >= 0) {
        timer_mod(t->timer, t->expire_time);
    } else {
        halt(t);
    }
    return 0;
}

const VMStateDescription vmstate_ich9_tco = {
    .name = "ich9-tco",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = tco_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT16(rld, ICH9TCOState),
            VMSTATE_UINT8(dat_in, ICH9TCOState),
            VMSTATE_UINT8(dat_out, ICH9TCOState),
            VMSTATE_UINT16(sts1, ICH9TCOState),
            VMSTATE_UINT16(sts2, ICH9TCOState),
            VMSTATE_UINT16(cnt1, ICH9TCOState),
            VMSTATE_UINT16(cnt2, ICH9TCOState),
            VMSTATE_UINT8(msg1, ICH9TCOState),
            VMSTATE_UINT8(msg2, ICH9TCOState),
            VMSTATE_UINT8(wdcnt, ICH9TCOState),
            VMSTATE_UINT8(sw_irq_gen, ICH9TCOState),
            VMSTATE_UINT16(tmr, ICH9TCOState),
            VMSTATE_INT64(expire_time, ICH9TCOState),
            VMSTATE_UINT8(timeouts_no, ICH9TCOState),
            VMSTATE_END_OF_LIST(),
        },
};
