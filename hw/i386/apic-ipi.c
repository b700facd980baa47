/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between local APICs, and from I/O APICs and MSIs to them: who is
 * meant, and what it does with it (SDM vol. 3, 11.6, 11.11, 11.12.9, 11.12.10).
 */
#include "qemu/osdep.h"
#include "hw/i386/apic_internal.h"

/* ICR bits 19:18 */
enum {
    SHORTHAND_NONE,
    SHORTHAND_SELF,
    SHORTHAND_ALL,
    SHORTHAND_OTHERS,
};

typedef struct APICMessage {
    uint32_t dest;
    bool logical;
    bool wide; /* dest has 32 bits: sent in x2APIC mode, or by an extended MSI */
    uint8_t delivery_mode, vector, trigger_mode;
} APICMessage;

/* Clusters and members of the 32-bit logical id of x2APIC mode. */
static bool match_x2apic_logical(uint32_t id, uint32_t mda)
{
    return (id >> 4) == (mda >> 16) && (mda & (1u << (id & 0xf)));
}

static bool match_xapic_logical(const APICCommonState *s, uint8_t mda)
{
    if (s->dest_mode == 0xf) {
        return s->log_dest & mda;
    }
    return (s->log_dest >> 4) == (mda >> 4) && (s->log_dest & mda & 0xf);
}

static bool is_target(const APICCommonState *s, const APICMessage *m)
{
    uint32_t broadcast = m->wide ? UINT32_MAX : 0xff;

    if (!apic_enabled(s)) {
        return false;
    }
    if (m->dest == broadcast) {
        return true;
    }
    if (apic_x2apic(s)) {
        return m->logical ? match_x2apic_logical(s->initial_apic_id, m->dest)
                          : s->initial_apic_id == m->dest;
    }
    /* An APIC in xAPIC mode sees 8 bits, and 255 means everyone to it. */
    if (m->dest == 0xff || m->dest == UINT32_MAX) {
        return true;
    }
    return m->dest < 0x100 && (m->logical ? match_xapic_logical(s, m->dest) : s->id == m->dest);
}

static void deliver_to(APICCommonState *s, const APICMessage *m)
{
    CPUState *cs = CPU(s->cpu);

    switch (m->delivery_mode) {
    case APIC_DM_FIXED:
    case APIC_DM_LOWPRI:
        apic_set_irq(s, m->vector, m->trigger_mode);
        break;
    case APIC_DM_SMI:
        cpu_interrupt(cs, CPU_INTERRUPT_SMI);
        break;
    case APIC_DM_NMI:
        cpu_interrupt(cs, CPU_INTERRUPT_NMI);
        break;
    case APIC_DM_INIT:
        cpu_interrupt(cs, CPU_INTERRUPT_INIT);
        break;
    case APIC_DM_SIPI:
        s->sipi_vector = m->vector;
        cpu_interrupt(cs, CPU_INTERRUPT_SIPI);
        break;
    case APIC_DM_EXTINT:
        cpu_interrupt(cs, CPU_INTERRUPT_HARD);
        break;
    }
}

/*
 * Lowest priority: the target with the lowest processor priority; among equals
 * the next after the one that got the last such message, so that load spreads.
 */
static void deliver_lowest(const APICMessage *m)
{
    static int last_index;
    APICCommonState *best = NULL;
    unsigned best_rank = UINT_MAX;
    CPUState *cs;

    CPU_FOREACH (cs) {
        DeviceState *dev = cpu_env(cs)->apic_state;
        APICCommonState *s;
        unsigned rank;

        if (!dev || !is_target(s = APIC_COMMON(dev), m) || !(s->spurious_vec & APIC_SV_ENABLE)) {
            continue;
        }
        rank = (apic_get_ppr(s) >> 4) * 2 + (cs->cpu_index <= last_index);
        if (rank < best_rank) {
            best = s;
            best_rank = rank;
        }
    }
    if (best) {
        last_index = CPU(best->cpu)->cpu_index;
        deliver_to(best, m);
    }
}

static void deliver(const APICMessage *m)
{
    CPUState *cs;

    /* The common case: one processor by number. */
    if (!m->logical && m->dest < (m->wide ? UINT32_MAX : 0xff)) {
        APICCommonState *s = apic_by_id(m->dest);

        if (s && is_target(s, m)) {
            deliver_to(s, m);
            return;
        }
    }
    if (m->delivery_mode == APIC_DM_LOWPRI) {
        deliver_lowest(m);
        return;
    }
    CPU_FOREACH (cs) {
        DeviceState *dev = cpu_env(cs)->apic_state;

        if (dev && is_target(APIC_COMMON(dev), m)) {
            deliver_to(APIC_COMMON(dev), m);
        }
    }
}

static void deliver_shorthand(APICCommonState *self, unsigned shorthand, const APICMessage *m)
{
    CPUState *cs;

    CPU_FOREACH (cs) {
        DeviceState *dev = cpu_env(cs)->apic_state;

        if (dev && apic_enabled(APIC_COMMON(dev)) &&
            (shorthand == SHORTHAND_ALL || APIC_COMMON(dev) != self)) {
            deliver_to(APIC_COMMON(dev), m);
        }
    }
}

void apic_send_ipi(APICCommonState *s)
{
    unsigned shorthand = (s->icr[0] >> 18) & 3;
    APICMessage m = {
        .dest = apic_x2apic(s) ? s->icr[1] : s->icr[1] >> 24,
        .wide = apic_x2apic(s),
        .logical = (s->icr[0] >> 11) & 1,
        .delivery_mode = (s->icr[0] >> 8) & 7,
        .vector = s->icr[0],
        .trigger_mode = APIC_TRIGGER_EDGE, /* IPIs are edge triggered, whatever the ICR says */
    };

    if (m.delivery_mode == APIC_DM_INIT && s->icr[0] & APIC_LVT_LEVEL_TRIGGER &&
        !(s->icr[0] & APIC_ICR_LEVEL)) {
        return; /* "INIT level de-assert" only synchronized arbitration ids, long ago */
    }
    if ((m.delivery_mode == APIC_DM_FIXED || m.delivery_mode == APIC_DM_LOWPRI) && m.vector < 16) {
        apic_error(s, APIC_ESR_SEND_ILLEGAL);
        return;
    }
    switch (shorthand) {
    case SHORTHAND_NONE:
        deliver(&m);
        break;
    case SHORTHAND_SELF:
        deliver_to(s, &m);
        break;
    default:
        deliver_shorthand(s, shorthand, &m);
        break;
    }
}

void apic_deliver_irq(uint32_t dest, uint8_t dest_mode, uint8_t delivery_mode, uint8_t vector,
                      uint8_t trigger_mode)
{
    APICMessage m = {
        .dest = dest,
        .logical = dest_mode,
        .wide = dest > 0xff,
        .delivery_mode = delivery_mode,
        .vector = vector,
        .trigger_mode = trigger_mode,
    };

    deliver(&m);
}

void apic_deliver_msi(uint64_t addr, uint32_t data)
{
    uint32_t dest = (addr >> 12) & 0xff;

    /* Bits 39:8 of an interrupt remapper's wide destinations come in the upper half. */
    dest |= (addr >> 32) & 0xffffff00;
    apic_deliver_irq(dest, (addr >> 2) & 1, (data >> 8) & 7, data, (data >> 15) & 1);
}

void apic_sipi(DeviceState *dev)
{
    APICCommonState *s;

    if (!dev) {
        return;
    }
    s = APIC_COMMON(dev);
    cpu_reset_interrupt(CPU(s->cpu), CPU_INTERRUPT_SIPI);
    if (s->wait_for_sipi) {
        s->wait_for_sipi = false;
        cpu_x86_load_seg_cache_sipi(s->cpu, s->sipi_vector);
    }
}
