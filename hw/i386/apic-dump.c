/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `info lapic`: the registers of a local APIC as text. */
#include "qemu/osdep.h"
#include "hw/i386/apic_internal.h"

static const char *const delivery_modes[8] = {
    "Fixed", "LowPri", "SMI", "...", "NMI", "INIT", "SIPI", "ExtINT",
};

static void dump_lvt(GString *out, const char *name, uint32_t lvt, bool timer)
{
    static const char *const timer_modes[4] = {"one-shot", "periodic", "tsc-deadline", "reserved"};
    unsigned mode = (lvt >> 8) & 7;

    g_string_append_printf(out, "%-9s 0x%08x %s %-5s %-6s %-7s %-12s %-6s", name, lvt,
                           lvt & APIC_LVT_INT_POLARITY ? "active-lo" : "active-hi",
                           lvt & APIC_LVT_LEVEL_TRIGGER ? "level" : "edge",
                           lvt & APIC_LVT_MASKED ? "masked" : "",
                           lvt & APIC_LVT_DELIV_STS ? "pending" : "",
                           timer ? timer_modes[(lvt >> 17) & 3] : "", delivery_modes[mode]);
    if (mode != APIC_DM_NMI) {
        g_string_append_printf(out, " (vec %u)", lvt & 0xff);
    }
    g_string_append_c(out, '\n');
}

static void dump_icr(GString *out, const APICCommonState *s)
{
    static const char *const shorthands[4] = {"no-shorthand", "self", "all-self", "all"};
    uint32_t icr = s->icr[0];
    unsigned mode = (icr >> 8) & 7;

    g_string_append_printf(
        out, "ICR\t 0x%08x %s %s %s %s\n", icr, icr & (1u << 11) ? "logical" : "physical",
        icr & APIC_LVT_LEVEL_TRIGGER ? "level" : "edge",
        icr & APIC_ICR_LEVEL ? "assert" : "de-assert", shorthands[(icr >> 18) & 3]);
    g_string_append_printf(out, "ICR2\t 0x%08x", s->icr[1]);
    if (((icr >> 18) & 3) == 0) {
        uint32_t dest = apic_x2apic(s) ? s->icr[1] : s->icr[1] >> 24;

        if (icr & (1u << 11)) {
            g_string_append_printf(out, " mask %08x (%s)", dest, delivery_modes[mode]);
        } else {
            g_string_append_printf(out, " cpu %u (APIC ID)", dest);
        }
    }
    g_string_append_c(out, '\n');
}

static void dump_vectors(GString *out, const char *name, const uint32_t *tab, const uint32_t *tmr)
{
    bool any = false;

    g_string_append_printf(out, "%s\t ", name);
    for (unsigned i = 0; i < 256; i++) {
        if (apic_get_bit(tab, i)) {
            g_string_append_printf(out, "%u%s ", i, apic_get_bit(tmr, i) ? "(level)" : "");
            any = true;
        }
    }
    g_string_append(out, any ? "\n" : "(none)\n");
}

char *apic_dump(DeviceState *dev, int cpu_index)
{
    APICCommonState *s;
    GString *out;

    if (!dev) {
        return NULL;
    }
    s = APIC_COMMON(dev);
    out = g_string_new(NULL);
    g_string_append_printf(out, "dumping local APIC state for CPU %d\n\n", cpu_index);
    dump_lvt(out, "LVT0\t", s->lvt[APIC_LVT_LINT0], false);
    dump_lvt(out, "LVT1\t", s->lvt[APIC_LVT_LINT1], false);
    dump_lvt(out, "LVTPC\t", s->lvt[APIC_LVT_PERFORM], false);
    dump_lvt(out, "LVTERR\t", s->lvt[APIC_LVT_ERROR], false);
    dump_lvt(out, "LVTTHMR\t", s->lvt[APIC_LVT_THERMAL], false);
    dump_lvt(out, "LVTT\t", s->lvt[APIC_LVT_TIMER], true);
    g_string_append_printf(out,
                           "Timer\t DCR=0x%x (divide by %u) initial_count = %u "
                           "current_count = %u\n",
                           s->divide_conf, 1u << apic_timer_shift(s), s->initial_count,
                           apic_timer_current_count(s));
    g_string_append_printf(out, "SPIV\t 0x%08x APIC %s, focus=%s, spurious vec %u\n",
                           s->spurious_vec,
                           s->spurious_vec & APIC_SV_ENABLE ? "enabled" : "disabled",
                           s->spurious_vec & (1u << 9) ? "on" : "off", s->spurious_vec & 0xff);
    dump_icr(out, s);
    g_string_append_printf(out, "ESR\t 0x%08x\n", s->esr);
    dump_vectors(out, "ISR", s->isr, s->tmr);
    dump_vectors(out, "IRR", s->irr, s->tmr);
    g_string_append_printf(out, "\nAPR 0x%02x TPR 0x%02x DFR 0x%02x LDR 0x%02x PPR 0x%02x\n", 0,
                           s->tpr, s->dest_mode, s->log_dest, apic_get_ppr(s));
    return g_string_free(out, false);
}
