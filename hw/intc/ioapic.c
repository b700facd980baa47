/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel 82093AA I/O APIC (version 0x11), and the one of later chip sets with an
 * EOI register (version 0x20, ICH9 data sheet 13.5). Interrupts leave as memory
 * writes to the local APICs' message window.
 *
 * 82093AA data sheet (order number 290566): 3.1 memory-mapped registers, 3.2
 * indirect registers, 3.2.4 redirection table.
 */
#include "qemu/osdep.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic_internal.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "trace/trace-hw_intc.h"

/*
 * A level that stays asserted after its EOI interrupts again at once. A guest
 * that does not know the source can't make progress then, so after this many in
 * a row the next one waits.
 */
#define EOI_STORM_COUNT    10000
#define EOI_STORM_DELAY_NS (NANOSECONDS_PER_SECOND / 100)

/* The system timer's input, and how many of its ticks are kept for a CPU that is late. */
#define TIMER_LINE     0
#define TIMER_PIN      2
#define MAX_TICKS_OWED 250

/* ---- logic ---- */

static void ioapic_deliver(IOAPICCommonState *s, int pin)
{
    uint64_t entry = s->ioredtbl[pin];
    IOAPICMessage msg = ioapic_entry_message(entry);

    if (((entry >> IOAPIC_LVT_DELIV_MODE_SHIFT) & IOAPIC_DM_MASK) == IOAPIC_DM_EXTINT && isa_pic) {
        msg.data = (msg.data & ~IOAPIC_VECTOR_MASK) | pic_read_irq(isa_pic);
    }
    trace_ioapic_deliver(pin, msg.addr, msg.data);
    address_space_stl_le(s->as, msg.addr, msg.data, MEMTXATTRS_UNSPECIFIED, NULL);
}

/* Delivers what @pin asks for, if it may. */
static void ioapic_service_pin(IOAPICCommonState *s, int pin)
{
    uint64_t entry = s->ioredtbl[pin];
    uint32_t mask = 1u << pin;

    if (!(s->irr & mask) || (entry & IOAPIC_LVT_MASKED)) {
        return;
    }
    if (entry & IOAPIC_LVT_TRIGGER_MODE) {
        if (entry & IOAPIC_LVT_REMOTE_IRR) {
            return; /* a CPU has it; its EOI looks here again */
        }
        s->ioredtbl[pin] |= IOAPIC_LVT_REMOTE_IRR;
    } else {
        s->irr &= ~mask;
        s->tick_on_its_way |= pin == TIMER_PIN;
    }
    ioapic_deliver(s, pin);
}

static void forget_ticks(IOAPICCommonState *s)
{
    s->tick_on_its_way = false;
    s->ticks_owed = 0;
}

/*
 * Two edges that reach a local APIC before its CPU takes the first are one interrupt. For the
 * ticks of the system timer that would be the host's doing, when it does not let
 * the vCPU run for the time of several: guests that compare ticks with the TSC find the
 * timer broken then ("IO-APIC + timer doesn't work"). They get what is owed one by one.
 */
void ioapic_accepted(int vector)
{
    IOAPICCommonState *s = ioapics[0];

    if (!s || !s->tick_on_its_way || (s->ioredtbl[TIMER_PIN] & IOAPIC_VECTOR_MASK) != vector) {
        return;
    }
    s->tick_on_its_way = false;
    if (s->ticks_owed) {
        s->ticks_owed--;
        s->irr |= 1u << TIMER_PIN;
        ioapic_service_pin(s, TIMER_PIN);
    }
}

static void ioapic_service(void *opaque)
{
    IOAPICCommonState *s = opaque;

    for (int pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
        ioapic_service_pin(s, pin);
    }
}

/*
 * Is the input of @pin asserted? The timer's ISA interrupt 0 is wired to pin 2,
 * pin 0 to nothing (MP specification 3.6.1).
 */
static bool ioapic_pin_level(IOAPICCommonState *s, int pin)
{
    return s->line_level & (pin == TIMER_PIN ? 1u << TIMER_PIN | 1u << TIMER_LINE : 1u << pin);
}

static void ioapic_set_irq(void *opaque, int line, int level)
{
    IOAPICCommonState *s = opaque;
    int pin = line == TIMER_LINE ? TIMER_PIN : line;
    uint32_t mask = 1u << pin;
    bool rising = level && !(s->line_level & (1u << line));

    trace_ioapic_set_irq(pin, level);
    s->line_level = level ? s->line_level | 1u << line : s->line_level & ~(1u << line);
    if (rising) {
        s->irq_count[pin]++;
    }
    if (s->ioredtbl[pin] & IOAPIC_LVT_TRIGGER_MODE) {
        s->irr = ioapic_pin_level(s, pin) ? s->irr | mask : s->irr & ~mask;
    } else if (rising && !(s->ioredtbl[pin] & IOAPIC_LVT_MASKED)) {
        /* Edges on a masked pin are lost (3.2.4, interrupt mask). */
        s->irr |= mask;
        if (line == TIMER_LINE && s->tick_on_its_way && s->ticks_owed < MAX_TICKS_OWED) {
            s->ticks_owed++;
        }
    }
    ioapic_service_pin(s, pin);
}

static void ioapic_eoi_pin(IOAPICCommonState *s, int pin)
{
    s->ioredtbl[pin] &= ~IOAPIC_LVT_REMOTE_IRR;
    if ((s->ioredtbl[pin] & IOAPIC_LVT_MASKED) || !(s->irr & (1u << pin))) {
        s->eoi_count[pin] = 0;
        return;
    }
    if (++s->eoi_count[pin] >= EOI_STORM_COUNT) {
        s->eoi_count[pin] = 0;
        trace_ioapic_delayed_eoi(pin);
        timer_mod_anticipate_ns(&s->delayed_service_timer,
                                qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + EOI_STORM_DELAY_NS);
        return;
    }
    ioapic_service_pin(s, pin);
}

static void ioapic_eoi(IOAPICCommonState *s, int vector)
{
    for (int pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
        uint64_t entry = s->ioredtbl[pin];

        if ((entry & IOAPIC_VECTOR_MASK) == vector && (entry & IOAPIC_LVT_TRIGGER_MODE) &&
            (entry & IOAPIC_LVT_REMOTE_IRR)) {
            ioapic_eoi_pin(s, pin);
        }
    }
}

void ioapic_eoi_broadcast(int vector)
{
    trace_ioapic_eoi_broadcast(vector);
    for (int i = 0; ioapics[i]; i++) {
        ioapic_eoi(ioapics[i], vector);
    }
}

/* ---- registers ---- */

static uint32_t ioapic_read_indirect(IOAPICCommonState *s)
{
    unsigned index = s->ioregsel - IOAPIC_REG_REDTBL_BASE;

    switch (s->ioregsel) {
    case IOAPIC_REG_ID:
    case IOAPIC_REG_ARB:
        return (uint32_t)s->id << IOAPIC_ID_SHIFT;
    case IOAPIC_REG_VER:
        return s->version | (IOAPIC_NUM_PINS - 1) << IOAPIC_VER_ENTRIES_SHIFT;
    default:
        if (s->ioregsel < IOAPIC_REG_REDTBL_BASE || index >= 2 * IOAPIC_NUM_PINS) {
            return 0;
        }
        return index & 1 ? s->ioredtbl[index / 2] >> 32 : s->ioredtbl[index / 2];
    }
}

/* Whoever has to follow the redirection table: the kernel, when it has the local APICs. */
static void (*table_hook)(IOAPICCommonState *s);

void ioapic_set_table_hook(void (*changed)(IOAPICCommonState *s))
{
    table_hook = changed;
}

static void table_changed(IOAPICCommonState *s)
{
    if (table_hook && s->index == 0) {
        table_hook(s);
    }
}

static void ioapic_write_redir(IOAPICCommonState *s, unsigned pin, bool high, uint32_t val)
{
    uint64_t *entry = &s->ioredtbl[pin];
    uint64_t ro = *entry & IOAPIC_RO_BITS;
    uint32_t mask = 1u << pin;

    if (high) {
        *entry = (uint32_t)*entry | (uint64_t)val << 32;
    } else {
        *entry = (*entry & ~0xffffffffull) | (val & ~IOAPIC_RO_BITS) | ro;
    }
    if (!(*entry & IOAPIC_LVT_TRIGGER_MODE)) {
        /* Software for version 0x11 ends a level interrupt by switching to edge and back. */
        *entry &= ~IOAPIC_LVT_REMOTE_IRR;
    } else {
        /* A level is a request as long as it lasts. */
        s->irr = ioapic_pin_level(s, pin) ? s->irr | mask : s->irr & ~mask;
    }
    if (pin == TIMER_PIN) {
        forget_ticks(s);
    }
    table_changed(s);
    ioapic_service_pin(s, pin);
}

static void ioapic_write_indirect(IOAPICCommonState *s, uint32_t val)
{
    unsigned index = s->ioregsel - IOAPIC_REG_REDTBL_BASE;

    switch (s->ioregsel) {
    case IOAPIC_REG_ID:
        s->id = (val >> IOAPIC_ID_SHIFT) & IOAPIC_ID_MASK;
        break;
    case IOAPIC_REG_VER:
    case IOAPIC_REG_ARB:
        break;
    default:
        if (s->ioregsel >= IOAPIC_REG_REDTBL_BASE && index < 2 * IOAPIC_NUM_PINS) {
            ioapic_write_redir(s, index / 2, index & 1, val);
        } else {
            qemu_log_mask(LOG_GUEST_ERROR, "ioapic: write to missing register 0x%02x\n",
                          s->ioregsel);
        }
    }
}

static uint64_t ioapic_mem_read(void *opaque, hwaddr addr, unsigned size)
{
    IOAPICCommonState *s = opaque;
    uint32_t val = 0;

    addr &= 0xff;
    switch (addr) {
    case IOAPIC_IOREGSEL:
        val = s->ioregsel;
        break;
    case IOAPIC_IOWIN:
        if (size == 4) {
            val = ioapic_read_indirect(s);
        }
        break;
    }
    trace_ioapic_mem_read(addr, s->ioregsel, size, val);
    return val;
}

static void ioapic_mem_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    IOAPICCommonState *s = opaque;

    addr &= 0xff;
    trace_ioapic_mem_write(addr, s->ioregsel, size, val);
    switch (addr) {
    case IOAPIC_IOREGSEL:
        s->ioregsel = val;
        break;
    case IOAPIC_IOWIN:
        if (size == 4) {
            ioapic_write_indirect(s, val);
        }
        break;
    case IOAPIC_EOI:
        if (size == 4 && s->version >= 0x20) {
            ioapic_eoi(s, val & IOAPIC_VECTOR_MASK);
        }
        break;
    }
}

static const MemoryRegionOps ioapic_io_ops = {
    .read = ioapic_mem_read,
    .write = ioapic_mem_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- object ---- */

static void ioapic_reset_hold(Object *obj, ResetType type)
{
    IOAPICCommonState *s = IOAPIC_COMMON(obj);

    timer_del(&s->delayed_service_timer);
    ioapic_reset_common(s);
    forget_ticks(s);
    table_changed(s);
}

/* Requests that were pending are delivered by the next event, as on the source machine. */
static void ioapic_post_load(IOAPICCommonState *s)
{
    for (int pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
        if (s->ioredtbl[pin] & IOAPIC_LVT_TRIGGER_MODE) {
            s->line_level = (s->line_level & ~(1u << pin)) | (s->irr & (1u << pin));
        }
    }
    forget_ticks(s);
    table_changed(s);
}

static void ioapic_realize(DeviceState *dev, Error **errp)
{
    IOAPICCommonState *s = IOAPIC_COMMON(dev);

    memory_region_init_io(&s->io_memory, OBJECT(s), &ioapic_io_ops, s, "ioapic", 0x1000);
    timer_init_ns(&s->delayed_service_timer, QEMU_CLOCK_VIRTUAL, ioapic_service, s);
    qdev_init_gpio_in(dev, ioapic_set_irq, IOAPIC_NUM_PINS);
}

static void ioapic_unrealize(DeviceState *dev)
{
    timer_del(&IOAPIC_COMMON(dev)->delayed_service_timer);
}

static void ioapic_class_init(ObjectClass *klass, const void *data)
{
    IOAPICCommonClass *k = IOAPIC_COMMON_CLASS(klass);
    DeviceClass *dc = DEVICE_CLASS(klass);

    k->realize = ioapic_realize;
    k->unrealize = ioapic_unrealize;
    k->post_load = ioapic_post_load;
    RESETTABLE_CLASS(klass)->phases.hold = ioapic_reset_hold;
    /* The machine says where it is and which lines go to it. */
    dc->user_creatable = false;
}

static const TypeInfo ioapic_types[] = {
    {
        .name = TYPE_IOAPIC,
        .parent = TYPE_IOAPIC_COMMON,
        .instance_size = sizeof(IOAPICCommonState),
        .class_init = ioapic_class_init,
    },
};

DEFINE_TYPES(ioapic_types)
