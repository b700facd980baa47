/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What monitors know about x86: registers in expressions, "info tlb" and
 * "info mem" from the page tables (SDM volume 3, chapter 4), "info lapic".
 */

#include "qemu/osdep.h"
#include "commands.h"
#include "exec/address-space.h"
#include "hw/i386/apic.h"
#include "target/i386/cpu.h"
#include "target/i386/page-walk.h"

/* ---- registers by name ---- */

static bool general_register(CPUX86State *env, const char *name, int64_t *value)
{
    static const char *const names[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};

    if (name[0] == 'e' || name[0] == 'r') {
        for (int i = 0; i < 8; i++) {
            if (!strcmp(name + 1, names[i])) {
                *value = name[0] == 'e' ? (uint32_t)env->regs[i] : env->regs[i];
                return true;
            }
        }
    }
    if (name[0] == 'r' && g_ascii_isdigit(name[1])) {
        unsigned n = atoi(name + 1);
        if (n >= 8 && n < 16) {
            *value = env->regs[n];
            return true;
        }
    }
    return false;
}

static bool x86_register(CPUState *cpu, const char *name, int64_t *value)
{
    static const char *const segments[] = {"es", "cs", "ss", "ds", "fs", "gs"};
    CPUX86State *env = &X86_CPU(cpu)->env;

    if (general_register(env, name, value)) {
        return true;
    }
    if (!strcmp(name, "pc") || !strcmp(name, "eip") || !strcmp(name, "rip")) {
        *value = cpu_get_pc(cpu);
        return true;
    }
    if (!strcmp(name, "eflags") || !strcmp(name, "rflags")) {
        *value = env->eflags;
        return true;
    }
    if (g_str_has_prefix(name, "cr") && name[2] >= '0' && name[2] <= '4' && !name[3]) {
        *value = env->cr[name[2] - '0'];
        return true;
    }
    for (int i = 0; i < 6; i++) {
        if (g_str_has_prefix(name, segments[i])) {
            if (!name[2]) {
                *value = env->segs[i].selector;
                return true;
            }
            if (!strcmp(name + 2, ".base")) {
                *value = env->segs[i].base;
                return true;
            }
        }
    }
    return false;
}

/* ---- page tables ---- */

/* info mem: the range being collected */
typedef struct Range {
    Monitor *mon;
    uint64_t start, end, rights;
    bool open;
} Range;

static void print_entry(X86PageWalk *w, uint64_t va, uint64_t size, uint64_t pte, uint64_t rights)
{
    Range *r = w->opaque;

    if (!rights) {
        return;
    }
    monitor_printf(r->mon, "%016" PRIx64 ": %016" PRIx64 " %c%c%c%c%c%c%c%c%c\n", va,
                   x86_page_address(w, pte, size), pte >> 63 && !w->legacy ? 'X' : '-',
                   pte & PG_GLOBAL_MASK ? 'G' : '-', size > 4096 ? 'P' : '-',
                   pte & PG_DIRTY_MASK ? 'D' : '-', pte & PG_ACCESSED_MASK ? 'A' : '-',
                   pte & PG_PCD_MASK ? 'C' : '-', pte & PG_PWT_MASK ? 'T' : '-',
                   pte & PG_USER_MASK ? 'U' : '-', pte & PG_RW_MASK ? 'W' : '-');
}

static void end_range(Range *r)
{
    if (r->open && r->rights) {
        monitor_printf(r->mon, "%016" PRIx64 "-%016" PRIx64 " %016" PRIx64 " %cr%c\n", r->start,
                       r->end, r->end - r->start, r->rights & PG_USER_MASK ? 'u' : '-',
                       r->rights & PG_RW_MASK ? 'w' : '-');
    }
    r->open = false;
}

static void collect_range(X86PageWalk *w, uint64_t va, uint64_t size, uint64_t pte, uint64_t rights)
{
    Range *r = w->opaque;

    if (r->open && (rights != r->rights || va != r->end)) {
        end_range(r);
    }
    if (!r->open) {
        r->open = true;
        r->start = va;
        r->rights = rights;
    }
    r->end = va + size;
}

static void run_walk(Monitor *mon, X86PageFn *fn)
{
    CPUState *cpu = mon_get_cpu(mon);
    Range r = {.mon = mon};
    X86PageWalk w = {.page = fn, .opaque = &r};

    if (!cpu) {
        monitor_puts(mon, "No CPU available\n");
        return;
    }
    if (!x86_page_walk(&w, &X86_CPU(cpu)->env)) {
        monitor_puts(mon, "PG disabled\n");
        return;
    }
    end_range(&r);
    if (!w.entries_left) {
        monitor_printf(mon, "(more than %u entries: the rest is left out)\n", X86_PAGE_WALK_LIMIT);
    }
}

static void info_tlb(Monitor *mon, const QDict *args)
{
    run_walk(mon, print_entry);
}

static void info_mem(Monitor *mon, const QDict *args)
{
    run_walk(mon, collect_range);
}

/* ---- local APIC ---- */

static void info_lapic(Monitor *mon, const QDict *args)
{
    CPUState *cpu = qdict_haskey(args, "apic-id") ? cpu_by_arch_id(qdict_get_int(args, "apic-id"))
                                                  : mon_get_cpu(mon);
    g_autofree char *text = NULL;

    if (!cpu) {
        monitor_puts(mon, "No CPU available\n");
        return;
    }
    if (!X86_CPU(cpu)->env.apic_state) {
        monitor_puts(mon, "The CPU has no local APIC\n");
        return;
    }
    text = apic_dump(X86_CPU(cpu)->env.apic_state, cpu->cpu_index);
    monitor_puts(mon, text);
}

static const HMPCommand commands[] = {
    {"tlb", "", "", "pages that the page tables map", info_tlb},
    {"mem", "", "", "ranges that the page tables map", info_mem},
    {"lapic", "apic-id:i?", "[apic-id]", "registers of the local APIC", info_lapic},
};

void hmp_register_x86(void)
{
    hmp_set_register_hook(x86_register);
    hmp_register_commands(commands, ARRAY_SIZE(commands), true);
}
