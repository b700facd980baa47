/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a debugger asks about the target and sets for the session (gdb manual,
 * E.4 "General Query Packets"), the target description, monitor commands.
 */
#include "qemu/osdep.h"
#include "gdbstub/gdb-int.h"
#include "monitor/hmp.h"
#include "qemu/accel.h"
#include "qemu/cutils.h"
#include "system/cpus.h"

static bool client_has(const char *features, const char *feature)
{
    g_auto(GStrv) list = g_strsplit(features, ";", 0);

    return g_strv_contains((const char *const *)list, feature);
}

static void query_supported(const GdbPacket *p)
{
    const char *features = strchr(p->text, ':');

    if (features) {
        gdb.multiprocess = client_has(features + 1, "multiprocess+");
        gdb.swbreak = client_has(features + 1, "swbreak+");
        gdb.hwbreak = client_has(features + 1, "hwbreak+");
    }
    gdb_putf("PacketSize=%x;qXfer:features:read+;vContSupported+;multiprocess+;"
             "swbreak+;hwbreak+;QStartNoAckMode+;binary-upload+",
             GDB_PACKET_MAX);
}

/* "ANNEX:OFFSET,LENGTH" of a description that has only one file. */
static void query_features(const GdbPacket *p)
{
    const char *s = p->text + strlen("qXfer:features:read:");
    uint64_t offset, len;
    g_autofree char *xml = NULL;
    g_autofree char *answer = NULL;
    size_t size, n;

    if (!strstart(s, "target.xml:", &s)) {
        gdb_put("E00"); /* there is no such annex */
        return;
    }
    if (!gdb_parse_number(&s, &offset) || *s++ != ',' || !gdb_parse_number(&s, &len)) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    cpu_synchronize_state(gdb.g_cpu);
    if (offset == 0) {
        gdb.layout = gdb.g_cpu->cc->gdb->layout(gdb.g_cpu);
    }
    xml = gdb.g_cpu->cc->gdb->description(gdb.g_cpu, gdb.layout);
    size = strlen(xml);
    if (offset > size) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    n = MIN(MIN(len, size - offset), (size_t)GDB_PACKET_MAX / 2);
    answer = g_malloc(n + 1);
    answer[0] = offset + n < size ? 'm' : 'l';
    memcpy(answer + 1, xml + offset, n);
    gdb_put_data(answer, n + 1);
}

/* ---- threads ---- */

static void query_current_thread(const GdbPacket *p)
{
    g_autoptr(GString) s = g_string_new("QC");

    gdb_append_thread(s, gdb.c_cpu);
    gdb_put(s->str);
}

/* As many as fit well into one packet. */
static void next_threads(const GdbPacket *p)
{
    g_autoptr(GString) s = g_string_new("m");
    CPUState *cpu;
    unsigned i = 0;

    CPU_FOREACH (cpu) {
        if (i++ < gdb.next_thread) {
            continue;
        }
        if (s->len > GDB_PACKET_MAX / 4) {
            break;
        }
        if (s->len > 1) {
            g_string_append_c(s, ',');
        }
        gdb_append_thread(s, cpu);
        gdb.next_thread++;
    }
    gdb_put(s->len > 1 ? s->str : "l");
}

static void query_first_threads(const GdbPacket *p)
{
    gdb.next_thread = 0;
    next_threads(p);
}

static void query_thread_info(const GdbPacket *p)
{
    const char *s = p->text + strlen("qThreadExtraInfo,");
    CPUState *cpu = gdb_thread_cpu(gdb_parse_thread(&s));
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *text = NULL;

    if (!cpu) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    cpu_synchronize_state(cpu);
    text = g_strdup_printf("CPU#%d [%s]", cpu->cpu_index, cpu->halted ? "halted" : "running");
    gdb_append_hex(out, (const uint8_t *)text, strlen(text));
    gdb_put(out->str);
}

/* ---- monitor commands ---- */

static void query_command(const GdbPacket *p)
{
    const char *digits = p->text + strlen("qRcmd,");
    size_t n = (p->len - strlen("qRcmd,")) / 2;
    g_autofree char *line = g_malloc0(n + 1);
    g_autofree char *output = NULL;

    if (!gdb_parse_hex(digits, (uint8_t *)line, n)) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    output = hmp_execute_to_string(line, gdb.g_cpu->cpu_index);
    /* The command may have ended the session ("gdbserver none"). */
    if (gdb.attached) {
        gdb_put_output(output);
        gdb_put_ok();
    }
}

/* ---- single step, physical memory ---- */

static void query_extensions(const GdbPacket *p)
{
    gdb_put("sstepbits;sstep;PhyMemMode");
}

static void query_sstepbits(const GdbPacket *p)
{
    gdb_putf("ENABLE=%x,NOIRQ=%x,NOTIMER=%x", SSTEP_ENABLE, SSTEP_NOIRQ, SSTEP_NOTIMER);
}

static void query_sstep(const GdbPacket *p)
{
    gdb_putf("0x%x", gdb.sstep_flags);
}

static void set_sstep(const GdbPacket *p)
{
    const char *s = p->text + strlen("Qqemu.sstep=");
    uint64_t flags;

    strstart(s, "0x", &s);
    if (!gdb_parse_number(&s, &flags) || *s ||
        (flags & ~(uint64_t)accel_supported_gdbstub_sstep_flags())) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    gdb.sstep_flags = flags | SSTEP_ENABLE;
    gdb_put_ok();
}

static void query_physical(const GdbPacket *p)
{
    gdb_put(gdb.physical ? "1" : "0");
}

static void set_physical(const GdbPacket *p)
{
    const char *s = p->text + strlen("Qqemu.PhyMemMode:");
    uint64_t on;

    if (!gdb_parse_number(&s, &on) || *s || on > 1) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    gdb.physical = on;
    gdb_put_ok();
}

static void query_attached(const GdbPacket *p)
{
    gdb_put("1"); /* "quit" leaves the machine running */
}

static void set_no_ack(const GdbPacket *p)
{
    gdb_put_ok();
    gdb.no_ack = true;
    gdb.rx.check_sum = false;
}

/* ---- tables ---- */

typedef struct QueryHandler {
    const char *name; /* what may follow it is told by its last character, or nothing may */
    void (*fn)(const GdbPacket *p);
} QueryHandler;

static const QueryHandler queries[] = {
    {"qAttached", query_attached},
    {"qC", query_current_thread},
    {"qCRC:", gdb_query_crc},
    {"qRcmd,", query_command},
    {"qSearch:memory:", gdb_query_search},
    {"qSupported", query_supported},
    {"qThreadExtraInfo,", query_thread_info},
    {"qXfer:features:read:", query_features},
    {"qfThreadInfo", query_first_threads},
    {"qqemu.PhyMemMode", query_physical},
    {"qqemu.Supported", query_extensions},
    {"qqemu.sstep", query_sstep},
    {"qqemu.sstepbits", query_sstepbits},
    {"qsThreadInfo", next_threads},
};

static const QueryHandler settings[] = {
    {"QStartNoAckMode", set_no_ack},
    {"Qqemu.PhyMemMode:", set_physical},
    {"Qqemu.sstep=", set_sstep},
};

static bool fits(const GdbPacket *p, const char *name)
{
    size_t n = strlen(name);
    const char *rest;

    if (!strstart(p->text, name, &rest)) {
        return false;
    }
    return strchr(":,=", name[n - 1]) || *rest == '\0' || *rest == ':';
}

static void dispatch(const GdbPacket *p, const QueryHandler *table, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fits(p, table[i].name)) {
            table[i].fn(p);
            return;
        }
    }
    gdb_put("");
}

void gdb_cmd_query(const GdbPacket *p)
{
    dispatch(p, queries, ARRAY_SIZE(queries));
}

void gdb_cmd_set(const GdbPacket *p)
{
    dispatch(p, settings, ARRAY_SIZE(settings));
}
