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

typedef struct Walk Walk;
typedef void WalkFn(Walk *w, uint64_t va, uint64_t size, uint64_t pte, uint64_t rights);

struct Walk {
    Monitor *mon;
    WalkFn *page;
    bool legacy; /* 32-bit entries */
    int levels;
    bool pse;
    uint64_t entries_left; /* a table that points to itself must not keep us for ever */
    /* info mem: the range being collected */
    uint64_t start, end, rights;
    bool open;
};

#define WALK_LIMIT (4u << 20)
#define RIGHTS     (PG_PRESENT_MASK | PG_USER_MASK | PG_RW_MASK)

static uint64_t read_entry(Walk *w, hwaddr table, unsigned index)
{
    if (w->legacy) {
        return address_space_ldl_le(&address_space_memory, table + index * 4,
                                    MEMTXATTRS_UNSPECIFIED, NULL);
    }
    return address_space_ldq_le(&address_space_memory, table + index * 8, MEMTXATTRS_UNSPECIFIED,
                                NULL);
}

static uint64_t canonical(Walk *w, uint64_t va)
{
    if (w->legacy || w->levels == 3) {
        return (uint32_t)va;
    }
    return sextract64(va, 0, w->levels == 5 ? 57 : 48);
}

static void walk_table(Walk *w, hwaddr table, int level, uint64_t va, uint64_t rights)
{
    int bits = w->legacy ? 10 : 9, shift = 12 + (level - 1) * bits;
    unsigned n = w->levels == 3 && level == 3 ? 4 : 1u << bits;

    for (unsigned i = 0; i < n; i++) {
        uint64_t pte, sub, addr = va | ((uint64_t)i << shift);
        bool large;

        if (!w->entries_left) {
            return;
        }
        w->entries_left--;
        pte = read_entry(w, table, i);
        if (!(pte & PG_PRESENT_MASK)) {
            w->page(w, canonical(w, addr), 1ull << shift, 0, 0);
            continue;
        }
        /* The four top entries of PAE have no rights of their own. */
        sub = w->levels == 3 && level == 3 ? rights : rights & pte & RIGHTS;
        large = (pte & PG_PSE_MASK) && level > 1 && level <= (w->levels == 3 ? 2 : 3) &&
                (!w->legacy || w->pse);
        if (level == 1 || large) {
            w->page(w, canonical(w, addr), 1ull << shift, pte, sub);
        } else {
            walk_table(w, pte & (w->legacy ? 0xfffff000u : 0xffffffffff000ull), level - 1, addr,
                       sub);
        }
    }
}

static bool walk(Walk *w, CPUX86State *env)
{
    uint64_t root = env->cr[3];

    if (!(env->cr[0] & CR0_PG_MASK)) {
        monitor_puts(w->mon, "PG disabled\n");
        return false;
    }
    w->entries_left = WALK_LIMIT;
    w->pse = env->cr[4] & CR4_PSE_MASK;
    if (!(env->cr[4] & CR4_PAE_MASK)) {
        w->legacy = true;
        w->levels = 2;
        root &= 0xfffff000u;
    } else if (!(env->efer & MSR_EFER_LMA)) {
        w->levels = 3;
        root &= 0xffffffe0u;
    } else {
        w->levels = env->cr[4] & CR4_LA57_MASK ? 5 : 4;
        root &= 0xffffffffff000ull;
    }
    walk_table(w, root, w->levels, 0, RIGHTS);
    if (!w->entries_left) {
        monitor_printf(w->mon, "(more than %u entries: the rest is left out)\n", WALK_LIMIT);
    }
    return true;
}

static void print_entry(Walk *w, uint64_t va, uint64_t size, uint64_t pte, uint64_t rights)
{
    if (!rights) {
        return;
    }
    monitor_printf(w->mon, "%016" PRIx64 ": %016" PRIx64 " %c%c%c%c%c%c%c%c%c\n", va,
                   (uint64_t)(pte & 0xffffffffff000ull & ~(size - 1)),
                   pte >> 63 && !w->legacy ? 'X' : '-', pte & PG_GLOBAL_MASK ? 'G' : '-',
                   size > 4096 ? 'P' : '-', pte & PG_DIRTY_MASK ? 'D' : '-',
                   pte & PG_ACCESSED_MASK ? 'A' : '-', pte & PG_PCD_MASK ? 'C' : '-',
                   pte & PG_PWT_MASK ? 'T' : '-', pte & PG_USER_MASK ? 'U' : '-',
                   pte & PG_RW_MASK ? 'W' : '-');
}

static void end_range(Walk *w)
{
    if (w->open && w->rights) {
        monitor_printf(w->mon, "%016" PRIx64 "-%016" PRIx64 " %016" PRIx64 " %cr%c\n", w->start,
                       w->end, w->end - w->start, w->rights & PG_USER_MASK ? 'u' : '-',
                       w->rights & PG_RW_MASK ? 'w' : '-');
    }
    w->open = false;
}

static void collect_range(Walk *w, uint64_t va, uint64_t size, uint64_t pte, uint64_t rights)
{
    if (w->open && (rights != w->rights || va != w->end)) {
        end_range(w);
    }
    if (!w->open) {
        w->open = true;
        w->start = va;
        w->rights = rights;
    }
    w->end = va + size;
}

static void run_walk(Monitor *mon, WalkFn *fn)
{
    CPUState *cpu = mon_get_cpu(mon);
    Walk w = {.mon = mon, .page = fn};

    if (!cpu) {
        monitor_puts(mon, "No CPU available\n");
    } else if (walk(&w, &X86_CPU(cpu)->env)) {
        end_range(&w);
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
