/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets by their first letter or word; registers, breakpoints, threads, the
 * end (gdb manual, E.2 "Packets").
 */
#include "qemu/osdep.h"
#include "gdbstub/gdb-int.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "system/accel-ops.h"
#include "system/cpus.h"
#include "system/runstate-action.h"

/* ---- threads: one process, a thread per CPU ---- */

/* A number, or -1 for all; GDB_THREAD_BAD. */
static int parse_id(const char **p)
{
    uint64_t value;

    if (strstart(*p, "-1", p)) {
        return GDB_THREAD_ALL;
    }
    return gdb_parse_number(p, &value) && value <= INT_MAX ? (int)value : GDB_THREAD_BAD;
}

int gdb_parse_thread(const char **p)
{
    int pid = GDB_THREAD_ANY;

    if (**p == 'p') {
        (*p)++;
        pid = parse_id(p);
        if (pid != GDB_THREAD_ALL && pid != GDB_THREAD_ANY && pid != GDB_PID) {
            return GDB_THREAD_BAD;
        }
        if (**p != '.') {
            return GDB_THREAD_ALL;
        }
        (*p)++;
    }
    return parse_id(p);
}

CPUState *gdb_thread_cpu(int thread)
{
    return thread > 0 ? qemu_get_cpu(thread - 1) : NULL;
}

void gdb_append_thread(GString *s, const CPUState *cpu)
{
    if (gdb.multiprocess) {
        g_string_append_printf(s, "p%02x.", GDB_PID);
    }
    g_string_append_printf(s, "%02x", cpu->cpu_index + 1);
}

/* Hg, Hc: the CPU that register and memory packets, or resumptions are about. */
static void cmd_select_thread(const GdbPacket *p)
{
    const char *s = p->text + 2;
    char op = p->len > 1 ? p->text[1] : 0;
    int thread = op ? gdb_parse_thread(&s) : GDB_THREAD_BAD;
    CPUState *cpu;

    if ((op != 'g' && op != 'c') || thread == GDB_THREAD_BAD) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    cpu = thread > 0 ? gdb_thread_cpu(thread) : NULL;
    if (thread > 0 && !cpu) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    if (cpu && op == 'g') {
        gdb.g_cpu = cpu;
    } else if (cpu) {
        gdb.c_cpu = cpu;
    }
    gdb_put_ok();
}

static void cmd_thread_alive(const GdbPacket *p)
{
    const char *s = p->text + 1;

    if (gdb_thread_cpu(gdb_parse_thread(&s))) {
        gdb_put_ok();
    } else {
        gdb_put_error(GDB_EINVAL);
    }
}

/* ---- registers ---- */

static void cmd_read_registers(const GdbPacket *p)
{
    const GdbTarget *t = gdb.g_cpu->cc->gdb;
    g_autoptr(GString) s = g_string_new(NULL);
    uint8_t buf[GDB_MAX_REG_SIZE];

    cpu_synchronize_state(gdb.g_cpu);
    for (unsigned i = 0; i < t->num_g_regs(gdb.g_cpu, gdb.layout); i++) {
        t->read_reg(gdb.g_cpu, gdb.layout, i, buf);
        gdb_append_hex(s, buf, t->reg_size(gdb.g_cpu, gdb.layout, i));
    }
    gdb_put(s->str);
}

/* Around a call gdb saves and restores all registers: what cannot be written need not be. */
static bool set_register(const GdbTarget *t, unsigned reg, const uint8_t *buf, unsigned size)
{
    uint8_t now[GDB_MAX_REG_SIZE];

    t->read_reg(gdb.g_cpu, gdb.layout, reg, now);
    return !memcmp(now, buf, size) || t->write_reg(gdb.g_cpu, gdb.layout, reg, buf);
}

static void cmd_write_registers(const GdbPacket *p)
{
    const GdbTarget *t = gdb.g_cpu->cc->gdb;
    unsigned n = t->num_regs(gdb.g_cpu, gdb.layout);
    const char *s = p->text + 1;
    uint8_t buf[GDB_MAX_REG_SIZE];

    cpu_synchronize_state(gdb.g_cpu);
    for (unsigned i = 0; i < n && *s; i++) {
        unsigned size = t->reg_size(gdb.g_cpu, gdb.layout, i);

        if (!gdb_parse_hex(s, buf, size)) {
            gdb_put_error(GDB_EINVAL);
            return;
        }
        s += size * 2;
        if (!set_register(t, i, buf, size)) {
            gdb_put_error(GDB_EINVAL);
            return;
        }
    }
    gdb_put_ok();
}

static void cmd_read_register(const GdbPacket *p)
{
    const GdbTarget *t = gdb.g_cpu->cc->gdb;
    const char *s = p->text + 1;
    uint8_t buf[GDB_MAX_REG_SIZE];
    uint64_t reg;
    unsigned size;

    if (!gdb_parse_number(&s, &reg) || reg > UINT16_MAX ||
        !(size = t->reg_size(gdb.g_cpu, gdb.layout, reg))) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    g_autoptr(GString) out = g_string_new(NULL);
    cpu_synchronize_state(gdb.g_cpu);
    t->read_reg(gdb.g_cpu, gdb.layout, reg, buf);
    gdb_append_hex(out, buf, size);
    gdb_put(out->str);
}

static void cmd_write_register(const GdbPacket *p)
{
    const GdbTarget *t = gdb.g_cpu->cc->gdb;
    const char *s = p->text + 1;
    uint8_t buf[GDB_MAX_REG_SIZE];
    uint64_t reg;
    unsigned size;

    if (!gdb_parse_number(&s, &reg) || reg > UINT16_MAX || *s++ != '=' ||
        !(size = t->reg_size(gdb.g_cpu, gdb.layout, reg)) || !gdb_parse_hex(s, buf, size)) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    cpu_synchronize_state(gdb.g_cpu);
    if (set_register(t, reg, buf, size)) {
        gdb_put_ok();
    } else {
        gdb_put_error(GDB_EINVAL);
    }
}

/* ---- breakpoints: Z0 software, Z1 hardware, Z2 write, Z3 read, Z4 access ---- */

static GdbBreakpoint *find_breakpoint(const GdbBreakpoint *want, guint *index)
{
    for (guint i = 0; i < gdb.breakpoints->len; i++) {
        GdbBreakpoint *bp = &g_array_index(gdb.breakpoints, GdbBreakpoint, i);

        if (bp->type == want->type && bp->addr == want->addr && bp->len == want->len) {
            *index = i;
            return bp;
        }
    }
    return NULL;
}

static bool parse_breakpoint(const GdbPacket *p, GdbBreakpoint *bp)
{
    const char *s = p->text + 1;
    uint64_t addr, len;

    if (*s < '0' || *s > '4') {
        return false;
    }
    bp->type = *s++ - '0';
    if (*s++ != ',' || !gdb_parse_number(&s, &addr) || *s++ != ',' || !gdb_parse_number(&s, &len)) {
        return false;
    }
    bp->addr = addr;
    /* The length says of which kind a breakpoint instruction is; we need none. */
    bp->len = bp->type < 2 ? 1 : len;
    return true;
}

static void cmd_insert_breakpoint(const GdbPacket *p)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();
    GdbBreakpoint bp;
    guint at;
    int err;

    if (!parse_breakpoint(p, &bp)) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    if (find_breakpoint(&bp, &at)) {
        gdb_put_ok();
        return;
    }
    if (gdb.breakpoints->len >= GDB_MAX_BREAKPOINTS) {
        gdb_put_error(ENOBUFS);
        return;
    }
    err = ops->insert_breakpoint(gdb.g_cpu, bp.type, bp.addr, bp.len);
    if (err == -ENOSYS) {
        gdb_put(""); /* not supported: gdb does it itself */
    } else if (err) {
        gdb_put_error(-err & 0xff);
    } else {
        g_array_append_val(gdb.breakpoints, bp);
        gdb_put_ok();
    }
}

static void cmd_remove_breakpoint(const GdbPacket *p)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();
    GdbBreakpoint bp;
    guint at;
    int err;

    if (!parse_breakpoint(p, &bp) || !find_breakpoint(&bp, &at)) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    err = ops->remove_breakpoint(gdb.g_cpu, bp.type, bp.addr, bp.len);
    g_array_remove_index_fast(gdb.breakpoints, at);
    if (err) {
        gdb_put_error(-err & 0xff);
    } else {
        gdb_put_ok();
    }
}

bool gdb_remove_all_breakpoints(void)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();

    if (!gdb.breakpoints->len) {
        return false;
    }
    ops->remove_all_breakpoints(gdb.g_cpu);
    g_array_set_size(gdb.breakpoints, 0);
    return true;
}

/* ---- beginning and end ---- */

static void resume_for_good(void)
{
    gdb_forget_client();
    if (gdb_can_resume()) {
        vm_start();
    }
}

static void cmd_detach(const GdbPacket *p)
{
    gdb_put_ok();
    resume_for_good();
}

static void end_machine(void)
{
    error_report("ended by the debugger");
    gdb.quitting = true;
    gdb_forget_client();
    run_actions.shutdown = SHUTDOWN_ACTION_POWEROFF;
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_QMP_QUIT);
}

static void cmd_kill(const GdbPacket *p)
{
    end_machine();
}

/* "run" kills what runs before it starts it anew: then the machine only stands still. */
static void cmd_vkill(const GdbPacket *p)
{
    gdb_put_ok();
    if (gdb.extended) {
        gdb_forget_client();
    } else {
        end_machine();
    }
}

/* A machine is never begun anew, but it can be reset: that is what "run" does. */
static void reset_machine(void)
{
    qemu_system_reset(SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET);
    if (runstate_needs_reset()) {
        runstate_set(RUN_STATE_PAUSED);
    }
    gdb.stop = (GdbStop){0};
}

static void cmd_restart(const GdbPacket *p)
{
    reset_machine(); /* R has no answer */
}

static void cmd_vrun(const GdbPacket *p)
{
    reset_machine();
    gdb_put_stop_reply(GDB_SIGNAL_TRAP);
}

static void cmd_vattach(const GdbPacket *p)
{
    const char *s = p->text + strlen("vAttach;");
    uint64_t pid;

    if (!gdb_parse_number(&s, &pid) || pid != GDB_PID) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    gdb.g_cpu = gdb.c_cpu = first_cpu;
    gdb_put_stop_reply(GDB_SIGNAL_TRAP);
}

static void cmd_extended(const GdbPacket *p)
{
    gdb.extended = true;
    gdb_put_ok();
}

static void cmd_why_stopped(const GdbPacket *p)
{
    /* What was set by a client that had gone without a word is none of this one's. */
    gdb_remove_all_breakpoints();
    gdb_put_stop_reply(GDB_SIGNAL_TRAP);
}

static void cmd_vcont_query(const GdbPacket *p)
{
    gdb_put("vCont;c;C;s;S");
}

/* ---- the table ---- */

typedef struct PacketHandler {
    const char *prefix;
    void (*fn)(const GdbPacket *p);
} PacketHandler;

/* The first prefix that fits counts. */
static const PacketHandler handlers[] = {
    {"!", cmd_extended},
    {"?", cmd_why_stopped},
    {"c", gdb_cmd_continue},
    {"C", gdb_cmd_continue},
    {"D", cmd_detach},
    {"g", cmd_read_registers},
    {"G", cmd_write_registers},
    {"H", cmd_select_thread},
    {"k", cmd_kill},
    {"m", gdb_cmd_read_memory},
    {"M", gdb_cmd_write_memory},
    {"p", cmd_read_register},
    {"P", cmd_write_register},
    {"q", gdb_cmd_query},
    {"Q", gdb_cmd_set},
    {"R", cmd_restart},
    {"s", gdb_cmd_step},
    {"S", gdb_cmd_step},
    {"T", cmd_thread_alive},
    {"vAttach;", cmd_vattach},
    {"vCont?", cmd_vcont_query},
    {"vCont", gdb_cmd_vcont},
    {"vKill", cmd_vkill},
    {"vRun", cmd_vrun},
    {"x", gdb_cmd_read_memory_binary},
    {"X", gdb_cmd_write_memory_binary},
    {"z", cmd_remove_breakpoint},
    {"Z", cmd_insert_breakpoint},
};

/* Compares pointers only: @cpu may be no more. */
static bool still_there(const CPUState *cpu)
{
    CPUState *each;

    CPU_FOREACH (each) {
        if (each == cpu) {
            return true;
        }
    }
    return false;
}

/* A CPU may have been unplugged since it was chosen. */
static void check_selection(void)
{
    if (!still_there(gdb.g_cpu)) {
        gdb.g_cpu = first_cpu;
    }
    if (!still_there(gdb.c_cpu)) {
        gdb.c_cpu = first_cpu;
    }
}

void gdb_handle_packet(const GdbPacket *p)
{
    if (gdb.quitting) {
        return;
    }
    if (runstate_is_running()) {
        /* Somebody else let it go on: a debugger looks at a machine that stands still. */
        vm_stop(RUN_STATE_PAUSED);
    }
    check_selection();
    for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
        if (strstart(p->text, handlers[i].prefix, NULL)) {
            handlers[i].fn(p);
            return;
        }
    }
    gdb_put(""); /* not supported */
}
