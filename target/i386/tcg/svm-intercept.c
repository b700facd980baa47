/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VMCB intercepts. AMD64 APM volume 2, 15.7 to 15.14; table 15-7 says
 * which exceptions of an instruction come first.
 */
#include "qemu/osdep.h"
#include "exec/address-space.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/interp-int.h"
#include "target/i386/tcg/mmu.h"
#include "target/i386/tcg/svm-vmcb.h"
#include "target/i386/tcg/svm.h"

/* Which of an instruction's own exceptions come before the intercept. */
typedef enum Before {
    NOTHING,
    CPL0,    /* #GP outside CPL 0 */
    SVME,    /* #UD without EFER.SVME or outside protected mode, then the same */
    UMIP_,   /* #GP by CR4.UMIP */
    TSD,     /* #GP by CR4.TSD */
    PCE,     /* #GP without CR4.PCE */
    OSXSAVE, /* #UD without CR4.OSXSAVE, then #GP outside CPL 0 */
} Before;

typedef struct InsnIntercept {
    uint16_t op;
    uint8_t code;
    uint8_t before;
} InsnIntercept;

static const InsnIntercept simple[] = {
    {X86_OP_SIDT, SVM_EXIT_READ_IDTR, UMIP_},
    {X86_OP_SGDT, SVM_EXIT_READ_GDTR, UMIP_},
    {X86_OP_SLDT, SVM_EXIT_READ_LDTR, UMIP_},
    {X86_OP_STR, SVM_EXIT_READ_TR, UMIP_},
    {X86_OP_LIDT, SVM_EXIT_WRITE_IDTR, CPL0},
    {X86_OP_LGDT, SVM_EXIT_WRITE_GDTR, CPL0},
    {X86_OP_LLDT, SVM_EXIT_WRITE_LDTR, CPL0},
    {X86_OP_LTR, SVM_EXIT_WRITE_TR, CPL0},
    {X86_OP_RDTSC, SVM_EXIT_RDTSC, TSD},
    {X86_OP_RDPMC, SVM_EXIT_RDPMC, PCE},
    {X86_OP_PUSHF, SVM_EXIT_PUSHF, NOTHING},
    {X86_OP_POPF, SVM_EXIT_POPF, NOTHING},
    {X86_OP_CPUID, SVM_EXIT_CPUID, NOTHING},
    {X86_OP_RSM, SVM_EXIT_RSM, NOTHING},
    {X86_OP_IRET, SVM_EXIT_IRET, NOTHING},
    {X86_OP_INT, SVM_EXIT_SWINT, NOTHING},
    {X86_OP_INVD, SVM_EXIT_INVD, CPL0},
    {X86_OP_PAUSE, SVM_EXIT_PAUSE, NOTHING},
    {X86_OP_HLT, SVM_EXIT_HLT, CPL0},
    {X86_OP_INVLPG, SVM_EXIT_INVLPG, CPL0},
    {X86_OP_INVLPGA, SVM_EXIT_INVLPGA, SVME},
    {X86_OP_VMRUN, SVM_EXIT_VMRUN, SVME},
    {X86_OP_VMMCALL, SVM_EXIT_VMMCALL, NOTHING},
    {X86_OP_VMLOAD, SVM_EXIT_VMLOAD, SVME},
    {X86_OP_VMSAVE, SVM_EXIT_VMSAVE, SVME},
    {X86_OP_STGI, SVM_EXIT_STGI, SVME},
    {X86_OP_CLGI, SVM_EXIT_CLGI, SVME},
    {X86_OP_RDTSCP, SVM_EXIT_RDTSCP, TSD},
    {X86_OP_INT1, SVM_EXIT_ICEBP, NOTHING},
    {X86_OP_WBINVD, SVM_EXIT_WBINVD, CPL0},
    {X86_OP_MONITOR, SVM_EXIT_MONITOR, CPL0},
    {X86_OP_MWAIT, SVM_EXIT_MWAIT, CPL0},
    {X86_OP_XSETBV, SVM_EXIT_XSETBV, OSXSAVE},
    {X86_OP_INT3, SVM_EXIT_EXCEPTION + EXCP03_INT3, 0},
};

static const InsnIntercept *find_simple(unsigned op)
{
    for (size_t i = 0; i < ARRAY_SIZE(simple); i++) {
        if (simple[i].op == op) {
            return &simple[i];
        }
    }
    return NULL;
}

bool x86_svm_concerns(const DecodedInsn *d)
{
    switch (d->op) {
    case X86_OP_MOV_TO_CR:
    case X86_OP_MOV_FROM_CR:
    case X86_OP_MOV_TO_DR:
    case X86_OP_MOV_FROM_DR:
    case X86_OP_SMSW:
    case X86_OP_LMSW:
    case X86_OP_CLTS:
    case X86_OP_RDMSR:
    case X86_OP_WRMSR:
    case X86_OP_IN:
    case X86_OP_OUT:
    case X86_OP_INS:
    case X86_OP_OUTS:
    case X86_OP_INTO:
    case X86_OP_INVPCID:
        return true;
    default:
        return find_simple(d->op) != NULL;
    }
}

/* The instruction will raise an exception that comes first. */
static bool faults_first(const CPUX86State *env, Before before)
{
    bool cpl0 = x86_cpl(env) == 0;

    switch (before) {
    case CPL0:
        return !cpl0;
    case SVME:
        return !cpl0 || !(env->efer & MSR_EFER_SVME) || !(env->hflags & HF_PE) ||
               (env->hflags & HF_VM);
    case UMIP_:
        return (env->hflags & HF_UMIP) && !cpl0;
    case TSD:
        return (env->cr[4] & CR4_TSD_MASK) && !cpl0;
    case PCE:
        return !(env->cr[4] & CR4_PCE_MASK) && !cpl0;
    case OSXSAVE:
        return !cpl0 || !(env->cr[4] & CR4_OSXSAVE_MASK);
    default:
        return false;
    }
}

/* An intercept of an instruction: the hypervisor may want to know what follows it. */
static G_NORETURN void insn_exit(CPUX86State *env, unsigned code, uint64_t info1, uint64_t info2)
{
    x86_svm_note_exit(env, code, info1, info2, env->next_eip);
    x86_exit_with(env, EXCP_SVM_EXIT);
}

static void check(CPUX86State *env, unsigned code)
{
    if (x86_svm_intercepts(env, code)) {
        insn_exit(env, code, 0, 0);
    }
}

/* ---- control and debug registers ---- */

/*
 * 15.9: the intercept of all writes comes first; the selective one is for those that change more
 * than TS and MP, and for any LMSW.
 */
static void check_cr0_write(CPUX86State *env, bool lmsw, uint64_t val)
{
    check(env, SVM_EXIT_WRITE_CR + 0);
    if (lmsw || ((val ^ env->cr[0]) & ~(uint64_t)(CR0_TS_MASK | CR0_MP_MASK))) {
        check(env, SVM_EXIT_CR0_SEL_WRITE);
    }
}

static void check_control_register(CPUX86State *env, const DecodedInsn *d)
{
    if (d->op == X86_OP_SMSW) {
        if (!faults_first(env, UMIP_)) {
            check(env, SVM_EXIT_READ_CR + 0);
        }
        return;
    }
    if (x86_cpl(env)) {
        return;
    }
    switch (d->op) {
    case X86_OP_MOV_FROM_CR:
        check(env, SVM_EXIT_READ_CR + (d->opnd[1].reg & 15));
        break;
    case X86_OP_LMSW:
        check_cr0_write(env, true, 0);
        break;
    case X86_OP_CLTS:
        check(env, SVM_EXIT_WRITE_CR + 0);
        break;
    default:
        if (d->opnd[0].reg == 0) {
            check_cr0_write(env, false, env->regs[d->opnd[1].reg]);
        } else {
            check(env, SVM_EXIT_WRITE_CR + (d->opnd[0].reg & 15));
        }
        break;
    }
}

static void check_debug_register(CPUX86State *env, const DecodedInsn *d)
{
    if (x86_cpl(env)) {
        return;
    }
    if (d->op == X86_OP_MOV_FROM_DR) {
        check(env, SVM_EXIT_READ_DR + (d->opnd[1].reg & 15));
    } else {
        check(env, SVM_EXIT_WRITE_DR + (d->opnd[0].reg & 15));
    }
}

/* ---- maps ---- */

static bool map_bit(CPUX86State *env, uint64_t map, unsigned bit, unsigned bits)
{
    uint16_t word =
        address_space_lduw(x86_address_space(env), map + bit / 8, x86_mem_attrs(env), NULL);

    return word >> (bit % 8) & ((1u << bits) - 1);
}

/* 15.11: two bits, for reads and for writes, of each register in three ranges. */
static void check_msr(CPUX86State *env, bool write)
{
    static const uint32_t range[] = {0, 0xc0000000, 0xc0010000};
    uint32_t index = env->regs[R_ECX];

    if (x86_cpl(env) || !x86_svm_intercepts(env, SVM_EXIT_MSR)) {
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(range); i++) {
        if (index - range[i] < 0x2000 &&
            !map_bit(env, env->svm.msrpm + i * 0x800, (index - range[i]) * 2 + write, 1)) {
            return;
        }
    }
    insn_exit(env, SVM_EXIT_MSR, write, 0);
}

/* 15.10.2 */
void x86_svm_check_io(CPUX86State *env, const DecodedInsn *d, unsigned port, unsigned size, bool in)
{
    bool string = d->op == X86_OP_INS || d->op == X86_OP_OUTS;
    bool repeated = string && (d->prefixes & (X86_PFX_REPZ | X86_PFX_REPNZ));
    uint64_t info;

    if (!(env->hflags & HF_GUEST) || !x86_svm_intercepts(env, SVM_EXIT_IOIO) ||
        !map_bit(env, env->svm.iopm, port, size)) {
        return;
    }
    /* Sizes of operand and address are flags that follow each other: 1 << 4, 1 << 7. */
    info = in | string << 2 | repeated << 3 | size << 4 | (uint64_t)port << 16;
    info |= (d->addrsize / 2) << 7;
    if (string) {
        info |= (in ? R_ES : d->mem.seg) << 10;
    }
    insn_exit(env, SVM_EXIT_IOIO, info, env->next_eip);
}

void x86_svm_check_task(CPUX86State *env, unsigned sel, uint64_t reason, const uint32_t *error_code)
{
    uint64_t info2 = reason;

    if (!x86_svm_intercepts(env, SVM_EXIT_TASK_SWITCH)) {
        return;
    }
    if (error_code) {
        info2 |= SVM_TASK_HAS_CODE | *error_code;
    }
    if (env->eflags & RF_MASK) {
        info2 |= SVM_TASK_RF;
    }
    insn_exit(env, SVM_EXIT_TASK_SWITCH, sel, info2);
}

/* ---- before an instruction ---- */

void x86_svm_check_insn(CPUX86State *env, const DecodedInsn *d)
{
    const InsnIntercept *i;

    switch (d->op) {
    case X86_OP_MOV_TO_CR:
    case X86_OP_MOV_FROM_CR:
    case X86_OP_SMSW:
    case X86_OP_LMSW:
    case X86_OP_CLTS:
        check_control_register(env, d);
        break;
    case X86_OP_MOV_TO_DR:
    case X86_OP_MOV_FROM_DR:
        check_debug_register(env, d);
        break;
    case X86_OP_RDMSR:
    case X86_OP_WRMSR:
        check_msr(env, d->op == X86_OP_WRMSR);
        break;
    case X86_OP_INTO:
        if (env->eflags & CC_O) {
            check(env, SVM_EXIT_EXCEPTION + EXCP04_INTO);
        }
        break;
    case X86_OP_INVPCID:
        if (!x86_cpl(env) && x86_svm_intercepts(env, SVM_EXIT_INVPCID)) {
            /* The operand's linear address, and the type. */
            insn_exit(env, SVM_EXIT_INVPCID,
                      x86_lin(env, d->mem.seg, x86_mem_ea(env, d), 16, OPND_R),
                      env->regs[d->opnd[0].reg]);
        }
        break;
    case X86_OP_MWAIT:
        if (env->monitor_armed && !faults_first(env, CPL0)) {
            check(env, SVM_EXIT_MWAIT_ARMED);
        }
        /* fall through */
    default:
        i = find_simple(d->op);
        if (i && x86_svm_intercepts(env, i->code) && !faults_first(env, i->before)) {
            insn_exit(env, i->code, 0, 0);
        }
        break;
    }
}

/* ---- events ---- */

bool x86_svm_virq_ready(const CPUX86State *env)
{
    uint64_t ctl = env->svm.int_ctl;
    unsigned prio = ctl >> SVM_V_PRIO_SHIFT & 15;

    if (!(env->hflags & HF_GUEST) || !(ctl & SVM_V_IRQ) || !(env->eflags & IF_MASK)) {
        return false;
    }
    if ((ctl & SVM_V_GIF_ENABLE) && !(ctl & SVM_V_GIF)) {
        return false;
    }
    return (ctl & SVM_V_IGN_TPR) || prio > (ctl & 15);
}

int x86_svm_virq_take(CPUX86State *env)
{
    env->svm.int_ctl &= ~SVM_V_IRQ;
    cpu_reset_interrupt(env_cpu(env), CPU_INTERRUPT_VIRQ);
    return env->svm.int_ctl >> SVM_V_VECTOR_SHIFT & 0xff;
}

uint64_t x86_svm_event_info(const X86Event *ev)
{
    uint64_t type = SVM_EVENT_EXCEPTION;

    if (ev->kind == X86_EVENT_EXTERNAL) {
        type = ev->vector == EXCP02_NMI ? SVM_EVENT_NMI : SVM_EVENT_INTR;
    } else if (ev->kind == X86_EVENT_SOFT_INT && ev->vector != EXCP03_INT3 &&
               ev->vector != EXCP04_INTO) {
        type = SVM_EVENT_SOFT_INT;
    }
    return SVM_EVENT_VALID | (uint64_t)ev->vector | type << SVM_EVENT_TYPE_SHIFT |
           (ev->has_error_code
                ? SVM_EVENT_HAS_CODE | (uint64_t)ev->error_code << SVM_EVENT_CODE_SHIFT
                : 0);
}
