/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What led to a triple fault, in a few lines: the exceptions that piled up, the
 * first one's instruction, for page faults the walk (SDM volume 3, 4.2-4.5), and how it came there.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "exec/address-space.h"
#include "target/i386/disas.h"
#include "target/i386/tcg/fault-story.h"
#include "target/i386/tcg/mmu.h"

typedef struct FaultNote {
    int vector;
    uint32_t error_code;
    uint16_t cs;
    uint64_t eip, linear, cr2;
    uint32_t hflags;
} FaultNote;

/* The exceptions whose delivery is under way, first to third. Of this thread's vCPU. */
static __thread FaultNote notes[3];
static __thread unsigned count;

void x86_story_note(CPUX86State *env, int vector, uint32_t error_code)
{
    CPUState *cs = env_cpu(env);
    FaultNote *n;

    if (env->old_exception < 0) {
        count = 0;
    }
    if (count == ARRAY_SIZE(notes)) {
        return;
    }
    n = &notes[count++];
    *n = (FaultNote){.vector = vector,
                     .error_code = error_code,
                     .cs = env->segs[R_CS].selector,
                     .eip = env->eip,
                     .linear = cpu_get_pc(cs),
                     .cr2 = env->cr[2],
                     .hflags = env->hflags};
}

/* ---- telling it ---- */

static const char *vector_name(int vector)
{
    static const char *const names[] = {"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD",
                                        "#NM", "#DF", "9",   "#TS", "#NP", "#SS", "#GP",
                                        "#PF", "15",  "#MF", "#AC", "#MC", "#XM"};

    return vector >= 0 && vector < (int)ARRAY_SIZE(names) ? names[vector] : "exception";
}

static void tell_note(GString *s, const FaultNote *n, const char *order)
{
    g_string_append_printf(s, "  %s: %s", order, vector_name(n->vector));
    if (n->vector == EXCP08_DBLE || n->vector == EXCP0E_PAGE ||
        (n->vector >= EXCP0A_TSS && n->vector <= EXCP0D_GPF)) {
        g_string_append_printf(s, " error code %04x", n->error_code);
    }
    g_string_append_printf(s, " at %04x:%016" PRIx64, n->cs, n->eip);
    if (n->vector == EXCP0E_PAGE) {
        g_string_append_printf(s, ", %s of %016" PRIx64 " by %s: %s",
                               n->error_code & PG_ERROR_I_D_MASK ? "fetch"
                               : n->error_code & PG_ERROR_W_MASK ? "write"
                                                                 : "read",
                               n->cr2, n->error_code & PG_ERROR_U_MASK ? "user" : "system",
                               n->error_code & PG_ERROR_P_MASK ? "not allowed" : "not mapped");
    }
    g_string_append_c(s, '\n');
}

static void tell_instruction(GString *s, CPUX86State *env, const FaultNote *n)
{
    uint8_t code[15];
    unsigned len = 0;

    while (len < sizeof(code) &&
           cpu_memory_rw_debug(env_cpu(env), n->linear + len, code + len, 1, false) == 0) {
        len++;
    }
    if (!len) {
        g_string_append(s, "  instruction: cannot be read\n");
        return;
    }
    g_string_append(s, "  instruction: ");
    x86_disas(s, x86_code_bits(n->hflags), n->linear, code, len);
}

static void tell_walk(GString *s, CPUX86State *env, uint64_t lin)
{
    bool legacy = !(env->cr[4] & CR4_PAE_MASK), lma = env->hflags & HF_LMA;
    int bits = legacy ? 10 : 9, size = legacy ? 4 : 8;
    int level = legacy ? 2 : !lma ? 3 : env->cr[4] & CR4_LA57_MASK ? 5 : 4;
    uint64_t table = env->cr[3] & (legacy ? 0xfffff000u : !lma ? 0xffffffe0u : 0xffffffffff000ull);
    uint64_t entry = 0;

    if (!(env->cr[0] & CR0_PG_MASK)) {
        return;
    }
    g_string_append_printf(s, "  walk of %016" PRIx64 ", cr3 %016" PRIx64 "\n", lin, env->cr[3]);
    for (; level > 0; level--) {
        unsigned index = (lin >> (12 + (level - 1) * bits)) & ((1u << bits) - 1);
        MemTxResult r = MEMTX_OK;
        hwaddr at;

        if (level == 3 && !lma && !legacy) {
            index &= 3;
        }
        at = table + index * size;
        entry = legacy ? address_space_ldl(x86_address_space(env), at, x86_mem_attrs(env), &r)
                       : address_space_ldq(x86_address_space(env), at, x86_mem_attrs(env), &r);
        g_string_append_printf(
            s, "    level %d entry %3u at %012" HWADDR_PRIx ": %016" PRIx64 "%s%s%s%s%s\n", level,
            index, at, entry, r != MEMTX_OK ? " (no memory there)" : "",
            entry & PG_PRESENT_MASK ? "" : " not present", entry & PG_RW_MASK ? " W" : "",
            entry & PG_USER_MASK ? " U" : "", !legacy && entry >> 63 ? " NX" : "");
        if (!(entry & PG_PRESENT_MASK) ||
            (level > 1 && (entry & PG_PSE_MASK) && level <= 3 && (lma || level == 2))) {
            return;
        }
        table = entry & (legacy ? 0xfffff000u : 0xffffffffff000ull);
    }
}

/* Latest first; one that was entered again and again is told once. */
static void tell_blocks(GString *s, const CPUX86State *env)
{
    uint64_t n = MIN(env->story.entered, X86_STORY_BLOCKS);

    g_string_append(s, "  blocks entered last, latest first:");
    for (uint64_t i = 1; i <= n;) {
        uint64_t pc = env->story.pc[(env->story.entered - i) % X86_STORY_BLOCKS];
        unsigned times = 0;

        while (i <= n && env->story.pc[(env->story.entered - i) % X86_STORY_BLOCKS] == pc) {
            times++;
            i++;
        }
        g_string_append_printf(s, " %016" PRIx64, pc);
        if (times > 1) {
            g_string_append_printf(s, " (%u times)", times);
        }
    }
    g_string_append_c(s, '\n');
}

void x86_story_tell(CPUX86State *env)
{
    static const char *const order[] = {"first", "then", "and then"};
    g_autoptr(GString) s = NULL;
    const FaultNote *first_pf = NULL;

    if (!qemu_loglevel_mask(X86_STORY_LOG)) {
        return;
    }
    s = g_string_new(NULL);
    g_string_append_printf(s, "Triple fault of CPU %d\n", env_cpu(env)->cpu_index);
    for (unsigned i = 0; i < count; i++) {
        tell_note(s, &notes[i], order[i]);
        if (notes[i].vector == EXCP0E_PAGE && !first_pf) {
            first_pf = &notes[i];
        }
    }
    if (count) {
        tell_instruction(s, env, &notes[0]);
    }
    if (first_pf) {
        tell_walk(s, env, first_pf->cr2);
    }
    tell_blocks(s, env);
    env->story.entered = 0;
    g_string_append_printf(s,
                           "  idt %016" PRIx64 " limit %04x, gdt %016" PRIx64
                           " limit %04x, tr %04x, ss:sp %04x:%016" PRIx64 "\n",
                           env->idt.base, env->idt.limit, env->gdt.base, env->gdt.limit,
                           env->tr.selector, env->segs[R_SS].selector, env->regs[R_ESP]);
    qemu_log("%s", s->str);
}
