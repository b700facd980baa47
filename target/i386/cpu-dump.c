/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers as text: `info registers`, -d cpu, reports of crashes. */
#include "qemu/osdep.h"
#include "target/i386/cpu-internal.h"

typedef struct DumpOut {
    CPUDumpSink emit;
    void *opaque;
} DumpOut;

static void G_GNUC_PRINTF(2, 3) dump(const DumpOut *out, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    out->emit(out->opaque, text);
}

static void dump_integer(const DumpOut *out, CPUState *cs, CPUX86State *env)
{
    static const char *const names[16] = {
        "AX",  "CX",  "DX",  "BX",  "SP",  "BP",  "SI",  "DI",
        "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15",
    };
    static const uint8_t order[8] = {R_EAX, R_EBX, R_ECX, R_EDX, R_ESI, R_EDI, R_EBP, R_ESP};
    bool lm = env->hflags & HF_LMA;
    uint64_t fl = env->eflags;

    for (int i = 0; i < (lm ? 16 : 8); i++) {
        int reg = i < 8 ? order[i] : i;
        const char *end = i % 4 == 3 ? "\n" : " ";

        if (lm) {
            dump(out, "%s%s=%016" PRIx64 "%s", i < 8 ? "R" : "", names[reg], env->regs[reg], end);
        } else {
            dump(out, "E%s=%08x%s", names[reg], (uint32_t)env->regs[reg], end);
        }
    }
    if (lm) {
        dump(out, "RIP=%016" PRIx64 " RFL=%08x", env->eip, (uint32_t)fl);
    } else {
        dump(out, "EIP=%08x EFL=%08x", (uint32_t)env->eip, (uint32_t)fl);
    }
    dump(out, " [%c%c%c%c%c%c%c] CPL=%d II=%d A20=1 SMM=%d HLT=%u\n", fl & DF_MASK ? 'D' : '-',
         fl & CC_O ? 'O' : '-', fl & CC_S ? 'S' : '-', fl & CC_Z ? 'Z' : '-', fl & CC_A ? 'A' : '-',
         fl & CC_P ? 'P' : '-', fl & CC_C ? 'C' : '-', x86_cpl(env),
         !!(env->hflags & HF_INHIBIT_IRQ), !!(env->hflags & HF_SMM), cs->halted);
}

static void dump_segment(const DumpOut *out, CPUX86State *env, const char *name,
                         const SegmentCache *sc)
{
    static const char *const system_type[2][16] = {
        {"Reserved", "TSS16-avl", "LDT", "TSS16-busy", "CallGate16", "TaskGate", "IntGate16",
         "TrapGate16", "Reserved", "TSS32-avl", "Reserved", "TSS32-busy", "CallGate32", "Reserved",
         "IntGate32", "TrapGate32"},
        {"<hiword>", "Reserved", "LDT", "Reserved", "Reserved", "Reserved", "Reserved", "Reserved",
         "Reserved", "TSS64-avl", "Reserved", "TSS64-busy", "CallGate64", "Reserved", "IntGate64",
         "TrapGate64"},
    };
    bool lm = env->hflags & HF_LMA;
    unsigned type = (sc->flags & DESC_TYPE_MASK) >> DESC_TYPE_SHIFT;

    dump(out, "%-3s=%04x ", name, sc->selector);
    dump(out, lm ? "%016" PRIx64 : "%08" PRIx64, sc->base);
    dump(out, " %08x %08x", sc->limit, sc->flags & 0x00ffff00);
    if (!(env->hflags & HF_PE) || !(sc->flags & DESC_P_MASK)) {
        dump(out, "\n");
        return;
    }
    dump(out, " DPL=%d ", (sc->flags & DESC_DPL_MASK) >> DESC_DPL_SHIFT);
    if (!(sc->flags & DESC_S_MASK)) {
        dump(out, "%s\n", system_type[lm][type]);
    } else if (sc->flags & DESC_CS_MASK) {
        dump(out, "%s [%c%c%c]\n",
             sc->flags & DESC_L_MASK   ? "CS64"
             : sc->flags & DESC_B_MASK ? "CS32"
                                       : "CS16",
             sc->flags & DESC_C_MASK ? 'C' : '-', sc->flags & DESC_R_MASK ? 'R' : '-',
             sc->flags & DESC_A_MASK ? 'A' : '-');
    } else {
        dump(out, "%s [%c%c%c]\n", sc->flags & DESC_B_MASK || lm ? "DS  " : "DS16",
             sc->flags & DESC_E_MASK ? 'E' : '-', sc->flags & DESC_W_MASK ? 'W' : '-',
             sc->flags & DESC_A_MASK ? 'A' : '-');
    }
}

static void dump_system(const DumpOut *out, CPUX86State *env)
{
    static const char *const names[X86_NB_SEGS] = {"ES", "CS", "SS", "DS", "FS", "GS"};
    int w = env->hflags & HF_LMA ? 16 : 8;

    for (int i = 0; i < X86_NB_SEGS; i++) {
        dump_segment(out, env, names[i], &env->segs[i]);
    }
    dump_segment(out, env, "LDT", &env->ldt);
    dump_segment(out, env, "TR", &env->tr);
    dump(out, "GDT=     %0*" PRIx64 " %08x\n", w, env->gdt.base, env->gdt.limit);
    dump(out, "IDT=     %0*" PRIx64 " %08x\n", w, env->idt.base, env->idt.limit);
    dump(out, "CR0=%08x CR2=%0*" PRIx64 " CR3=%0*" PRIx64 " CR4=%08x\n", (uint32_t)env->cr[0], w,
         env->cr[2], w, env->cr[3], (uint32_t)env->cr[4]);
    for (int i = 0; i < 4; i++) {
        dump(out, "DR%d=%0*" PRIx64 "%s", i, w, env->dr[i], i == 3 ? "\n" : " ");
    }
    dump(out, "DR6=%0*" PRIx64 " DR7=%0*" PRIx64 "\n", w, env->dr[6], w, env->dr[7]);
    dump(out, "EFER=%016" PRIx64 "\n", env->efer);
}

static void dump_fpu(const DumpOut *out, CPUX86State *env)
{
    const X86LegacyXSaveArea *l = &env->fpu.legacy;
    int regs = env->hflags & HF_CS64 ? 16 : 8;

    dump(out, "FCW=%04x FSW=%04x [ST=%d] FTW=%02x MXCSR=%08x\n", l->fcw, l->fsw & ~0x3800,
         (l->fsw >> 11) & 7, l->ftw, l->mxcsr);
    for (int i = 0; i < 8; i++) {
        uint64_t mantissa;
        uint16_t exponent;

        /* By physical register, as FTW counts. */
        memcpy(&mantissa, l->st[(i - (l->fsw >> 11)) & 7].bytes, 8);
        memcpy(&exponent, l->st[(i - (l->fsw >> 11)) & 7].bytes + 8, 2);
        dump(out, "FPR%d=%016" PRIx64 " %04x%s", i, mantissa, exponent, i & 1 ? "\n" : " ");
    }
    for (int i = 0; i < regs; i++) {
        dump(out, "XMM%02d=%016" PRIx64 " %016" PRIx64 "%s", i, l->xmm[i][1], l->xmm[i][0],
             i & 1 ? "\n" : " ");
    }
}

void x86_cpu_dump_state(CPUState *cs, CPUDumpSink emit, void *opaque, int flags)
{
    CPUX86State *env = cpu_env(cs);
    DumpOut out = {emit, opaque};

    dump_integer(&out, cs, env);
    dump_system(&out, env);
    if (flags & CPU_DUMP_FPU) {
        dump_fpu(&out, env);
    }
}
