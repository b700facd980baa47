/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Letting the machine go on, as a whole or some CPUs of it, and saying why it
 * stopped (gdb manual, E.3 "Stop Reply Packets").
 *
 * All CPUs stop together. The one that hit something is reported; what another
 * one hit in the same moment is reported when the client resumes, but for
 * breakpoints, which are hit again.
 */
#include "qemu/osdep.h"
#include "gdbstub/gdb-int.h"
#include "qemu/cutils.h"
#include "system/cpus.h"

/* ---- what a CPU does when the machine goes on ---- */

enum { ACT_NONE, ACT_CONTINUE, ACT_STEP };

typedef struct Actions {
    uint8_t *of_cpu; /* ACT_... by CPU index */
    unsigned count;
} Actions;

static void actions_init(Actions *a, int action)
{
    CPUState *cpu;

    a->count = 0;
    CPU_FOREACH (cpu) {
        a->count = MAX(a->count, (unsigned)cpu->cpu_index + 1);
    }
    a->of_cpu = g_malloc(a->count);
    memset(a->of_cpu, action, a->count);
}

bool gdb_can_resume(void)
{
    return !runstate_check(RUN_STATE_INMIGRATE) && !runstate_check(RUN_STATE_FINISH_MIGRATE) &&
           !runstate_check(RUN_STATE_SUSPENDED) &&
           runstate_transition_allowed(runstate_get(), RUN_STATE_RUNNING);
}

/*
 * SSTEP_NOIRQ keeps handlers out of the way and SSTEP_NOTIMER lets no time pass.
 * A CPU that is halted would stay so for ever then: it goes on with the interrupt.
 */
static int step_flags(CPUState *cpu)
{
    cpu_synchronize_state(cpu);
    return cpu->halted ? SSTEP_ENABLE : gdb.sstep_flags | SSTEP_ENABLE;
}

/*
 * gdb takes out the breakpoint at a CPU's program counter before it goes on. It
 * does not know of one that is there by its linear address only: that one was
 * reported, and is passed.
 */
static void pass_reported_breakpoint(void)
{
    CPUState *cpu = qemu_get_cpu(gdb.stop.cpu_index);

    if (gdb.stop.reason == GDB_STOP_BREAKPOINT && cpu) {
        cpu->pass_breakpoint =
            cpu_get_pc(cpu) == gdb.stop.address && cpu->cc->gdb->get_pc(cpu) != gdb.stop.address;
    }
}

static void resume(const Actions *a)
{
    bool need_time = false;
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        int action = (unsigned)cpu->cpu_index < a->count ? a->of_cpu[cpu->cpu_index] : ACT_CONTINUE;
        int flags = action == ACT_STEP ? step_flags(cpu) : 0;

        cpu_single_step(cpu, flags);
        need_time |= action == ACT_CONTINUE || (flags && !(flags & SSTEP_NOTIMER));
    }
    pass_reported_breakpoint();
    gdb.stop = (GdbStop){0};
    gdb.waiting = true;
    if (vm_prepare_start(!need_time) < 0) {
        return;
    }
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL, need_time);
    if (!need_time) {
        cpu_disable_ticks();
    }
    CPU_FOREACH (cpu) {
        if ((unsigned)cpu->cpu_index >= a->count || a->of_cpu[cpu->cpu_index] != ACT_NONE) {
            cpu_resume(cpu);
        }
    }
}

/* Is the watchpoint that was hit still set? */
static bool watch_is_set(const GdbStop *stop)
{
    for (guint i = 0; i < gdb.breakpoints->len; i++) {
        const GdbBreakpoint *bp = &g_array_index(gdb.breakpoints, GdbBreakpoint, i);

        if (bp->type >= 2 && stop->address - bp->addr < bp->len) {
            return true;
        }
    }
    return false;
}

/* Takes what another CPU hit before; false: nothing. */
static bool take_later_stop(void)
{
    while (gdb.later->len) {
        GdbStop stop = g_array_index(gdb.later, GdbStop, 0);
        CPUState *cpu = qemu_get_cpu(stop.cpu_index);

        g_array_remove_index(gdb.later, 0);
        if (cpu && watch_is_set(&stop)) {
            gdb.stop = stop;
            gdb.g_cpu = gdb.c_cpu = cpu;
            return true;
        }
    }
    return false;
}

static void resume_or_report(Actions *a)
{
    if (take_later_stop()) {
        gdb_put_stop_reply(GDB_SIGNAL_TRAP);
    } else if (gdb_can_resume()) {
        resume(a);
    } else {
        gdb_put_error(GDB_EINVAL);
    }
    g_free(a->of_cpu);
}

/* ---- c, s, C, S: "[SIGNAL][;]ADDRESS" ---- */

static bool go_to_address(const GdbPacket *p)
{
    const char *s = p->text + 1;
    uint64_t signal, addr;

    if (p->text[0] == 'C' || p->text[0] == 'S') {
        /* There is nobody in a machine to give a signal to. */
        if (!gdb_parse_number(&s, &signal)) {
            return false;
        }
        if (*s == ';') {
            s++;
        }
    }
    if (!*s) {
        return true;
    }
    if (!gdb_parse_number(&s, &addr) || *s) {
        return false;
    }
    cpu_synchronize_state(gdb.c_cpu);
    gdb.c_cpu->cc->gdb->set_pc(gdb.c_cpu, addr);
    return true;
}

void gdb_cmd_continue(const GdbPacket *p)
{
    Actions a;

    if (!go_to_address(p)) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    actions_init(&a, ACT_CONTINUE);
    resume_or_report(&a);
}

/* The others stand still, as they do under a debugger that knows no vCont. */
void gdb_cmd_step(const GdbPacket *p)
{
    Actions a;

    if (!go_to_address(p)) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    actions_init(&a, ACT_NONE);
    a.of_cpu[gdb.c_cpu->cpu_index] = ACT_STEP;
    resume_or_report(&a);
}

/* ---- vCont;ACTION[:THREAD];... ---- */

/* One action; for each CPU the first that fits counts. */
static bool parse_action(const char *text, Actions *a, bool *chosen)
{
    int thread = GDB_THREAD_ALL, action;
    uint64_t signal;

    switch (*text++) {
    case 'C':
        if (!gdb_parse_number(&text, &signal)) {
            return false;
        }
        /* fall through */
    case 'c':
        action = ACT_CONTINUE;
        break;
    case 'S':
        if (!gdb_parse_number(&text, &signal)) {
            return false;
        }
        /* fall through */
    case 's':
        action = ACT_STEP;
        break;
    default:
        return false;
    }
    if (*text == ':') {
        text++;
        thread = gdb_parse_thread(&text);
    }
    if (*text || thread == GDB_THREAD_BAD) {
        return false;
    }
    if (thread == GDB_THREAD_ANY) {
        thread = gdb.c_cpu->cpu_index + 1;
    }
    for (unsigned i = 0; i < a->count; i++) {
        if (!chosen[i] && (thread == GDB_THREAD_ALL || thread == (int)i + 1)) {
            chosen[i] = true;
            a->of_cpu[i] = action;
        }
    }
    return true;
}

void gdb_cmd_vcont(const GdbPacket *p)
{
    const char *rest = p->text + strlen("vCont");
    g_autofree bool *chosen = NULL;
    bool ok = *rest == ';';
    g_auto(GStrv) list = g_strsplit(ok ? rest + 1 : "", ";", 0);
    Actions a;

    actions_init(&a, ACT_NONE);
    chosen = g_new0(bool, a.count);
    for (int i = 0; ok && list[i]; i++) {
        ok = parse_action(list[i], &a, chosen);
    }
    /* At least one has to go on, or no stop would ever come. */
    if (!ok || !memchr(chosen, true, a.count)) {
        g_free(a.of_cpu);
        gdb_put_error(GDB_EINVAL);
        return;
    }
    resume_or_report(&a);
}

/* ---- stopping ---- */

/* Said of a breakpoint at another address than the program counter gdb takes it for stale. */
static void append_breakpoint(GString *s, const GdbStop *stop)
{
    if (gdb.c_cpu->cc->gdb->get_pc(gdb.c_cpu) != stop->address) {
        return;
    }
    for (guint i = 0; i < gdb.breakpoints->len; i++) {
        const GdbBreakpoint *bp = &g_array_index(gdb.breakpoints, GdbBreakpoint, i);

        if (bp->type < 2 && bp->addr == stop->address && (bp->type ? gdb.hwbreak : gdb.swbreak)) {
            g_string_append(s, bp->type ? "hwbreak:;" : "swbreak:;");
            return;
        }
    }
}

static void append_reason(GString *s, const GdbStop *stop)
{
    switch (stop->reason) {
    case GDB_STOP_WATCH:
        g_string_append_printf(s, "%s:%" PRIx64 ";",
                               stop->watch_flags == BP_MEM_READ     ? "rwatch"
                               : stop->watch_flags == BP_MEM_ACCESS ? "awatch"
                                                                    : "watch",
                               stop->address);
        break;
    case GDB_STOP_BREAKPOINT:
        append_breakpoint(s, stop);
        break;
    default:
        break;
    }
}

void gdb_put_stop_reply(int signal)
{
    g_autoptr(GString) s = g_string_new(NULL);

    g_string_printf(s, "T%02xthread:", signal);
    gdb_append_thread(s, gdb.c_cpu);
    g_string_append_c(s, ';');
    if (signal == GDB_SIGNAL_TRAP) {
        append_reason(s, &gdb.stop);
    }
    gdb_put(s->str);
}

static int signal_of_state(RunState state)
{
    switch (state) {
    case RUN_STATE_DEBUG:
        return GDB_SIGNAL_TRAP;
    case RUN_STATE_PAUSED:
        return GDB_SIGNAL_INT;
    case RUN_STATE_SHUTDOWN:
        return GDB_SIGNAL_QUIT;
    case RUN_STATE_IO_ERROR:
        return GDB_SIGNAL_IO;
    case RUN_STATE_WATCHDOG:
        return GDB_SIGNAL_ALRM;
    case RUN_STATE_INTERNAL_ERROR:
    case RUN_STATE_GUEST_PANICKED:
        return GDB_SIGNAL_ABRT;
    case RUN_STATE_FINISH_MIGRATE:
        return GDB_SIGNAL_XCPU;
    case RUN_STATE_SAVE_VM:
    case RUN_STATE_RESTORE_VM:
        return -1; /* it goes on at once */
    default:
        return GDB_SIGNAL_UNKNOWN;
    }
}

void gdb_vm_state_changed(void *opaque, bool running, RunState state)
{
    int signal = signal_of_state(state);
    CPUState *cpu;

    if (running || !gdb.attached || !gdb.waiting || signal < 0) {
        return;
    }
    CPU_FOREACH (cpu) {
        cpu_single_step(cpu, 0);
    }
    gdb.waiting = false;
    if (state == RUN_STATE_DEBUG) {
        cpu = gdb.stop.reason ? qemu_get_cpu(gdb.stop.cpu_index) : NULL;
        if (cpu) {
            gdb.g_cpu = gdb.c_cpu = cpu;
        }
    } else {
        /* What was hit as well comes when the client goes on. */
        if (gdb.stop.reason == GDB_STOP_WATCH) {
            g_array_append_val(gdb.later, gdb.stop);
        }
        gdb.stop = (GdbStop){0};
    }
    gdb_put_stop_reply(signal);
}

/* vCPU thread, BQL held. */
void gdb_cpu_stopped(CPUState *cpu)
{
    GdbStop stop = {.reason = GDB_STOP_STEP, .cpu_index = cpu->cpu_index};
    bool first = gdb.waiting && !gdb.stop.reason;

    if (cpu->watchpoint_hit) {
        stop.reason = GDB_STOP_WATCH;
        stop.watch_flags = cpu->watchpoint_hit->flags & BP_MEM_ACCESS;
        stop.address = cpu->watchpoint_hit->hitaddr;
        cpu->watchpoint_hit->flags &= ~BP_WATCHPOINT_HIT;
        cpu->watchpoint_hit = NULL;
    } else {
        cpu_synchronize_state(cpu);
        stop.address = cpu_get_pc(cpu);
        for (guint i = 0; i < gdb.breakpoints->len; i++) {
            const GdbBreakpoint *bp = &g_array_index(gdb.breakpoints, GdbBreakpoint, i);

            if (bp->type < 2 && bp->addr == stop.address) {
                stop.reason = GDB_STOP_BREAKPOINT;
            }
        }
    }
    if (first) {
        gdb.stop = stop;
    } else if (stop.reason == GDB_STOP_WATCH) {
        g_array_append_val(gdb.later, stop);
    }
}
