/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The debugger's connection: opening the character device, bytes in and out. */
#include "qemu/osdep.h"
#include "gdbstub/gdb-int.h"
#include "hw/core/cpu.h"
#include "qapi/error.h"
#include "qemu/accel.h"
#include "qemu/cutils.h"
#include "system/accel-ops.h"
#include "system/cpus.h"

/* Packets of ours that a client did not understand are sent again this often. */
#define MAX_RESENDS 8

GdbServer gdb;

/* ---- output ---- */

static void send_last(void)
{
    qemu_chr_fe_write_all(&gdb.chr, gdb.last->data, gdb.last->len);
}

void gdb_put_data(const void *data, size_t len)
{
    g_byte_array_set_size(gdb.last, 0);
    gdb_frame(gdb.last, data, len);
    gdb.resends = 0;
    send_last();
}

void gdb_put(const char *text)
{
    gdb_put_data(text, strlen(text));
}

void gdb_putf(const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    gdb_put(text);
}

void gdb_put_ok(void)
{
    gdb_put("OK");
}

void gdb_put_error(int number)
{
    gdb_putf("E%02x", number);
}

void gdb_put_output(const char *text)
{
    size_t len = strlen(text);

    while (len) {
        size_t n = MIN(len, (size_t)GDB_PACKET_MAX / 2 - 8);
        g_autoptr(GString) s = g_string_new("O");

        gdb_append_hex(s, (const uint8_t *)text, n);
        gdb_put(s->str);
        text += n;
        len -= n;
    }
}

/* ---- input ---- */

static void acknowledge(const char *how)
{
    if (!gdb.no_ack) {
        qemu_chr_fe_write_all(&gdb.chr, (const uint8_t *)how, 1);
    }
}

static void resend(void)
{
    if (!gdb.no_ack && gdb.last->len && gdb.resends++ < MAX_RESENDS) {
        send_last();
    }
}

static void take_packet(void)
{
    /* The receiver's buffer may be used again while the packet is carried out (monitor commands).
     */
    g_autofree char *copy = g_memdup2(gdb.rx.body->data, gdb.rx.body->len + 1);
    GdbPacket p = {copy, gdb.rx.body->len};

    acknowledge("+");
    gdb_handle_packet(&p);
}

static int can_read(void *opaque)
{
    return GDB_PACKET_MAX;
}

static void read_bytes(void *opaque, const uint8_t *buf, int size)
{
    for (int i = 0; i < size && gdb.attached; i++) {
        switch (gdb_rx_byte(&gdb.rx, buf[i])) {
        case GDB_RX_PACKET:
            take_packet();
            break;
        case GDB_RX_BAD:
            acknowledge("-");
            break;
        case GDB_RX_INTERRUPT:
            if (runstate_is_running()) {
                vm_stop(RUN_STATE_PAUSED);
            }
            break;
        case GDB_RX_NACK:
            resend();
            break;
        case GDB_RX_NONE:
            break;
        }
    }
}

/* ---- a client's life ---- */

void gdb_forget_client(void)
{
    CPUState *cpu;

    gdb_remove_all_breakpoints();
    CPU_FOREACH (cpu) {
        cpu_single_step(cpu, 0);
    }
    gdb.waiting = false;
    g_array_set_size(gdb.later, 0);
    gdb.stop = (GdbStop){0};
}

static void client_came(void)
{
    gdb_rx_free(&gdb.rx);
    gdb_rx_init(&gdb.rx);
    g_byte_array_set_size(gdb.last, 0);
    gdb.no_ack = gdb.extended = gdb.multiprocess = gdb.swbreak = gdb.hwbreak = false;
    gdb.waiting = gdb.physical = false;
    gdb.sstep_flags =
        (SSTEP_ENABLE | SSTEP_NOIRQ | SSTEP_NOTIMER) & accel_supported_gdbstub_sstep_flags();
    gdb.g_cpu = gdb.c_cpu = first_cpu;
    if (runstate_is_running()) {
        vm_stop(RUN_STATE_PAUSED);
    }
    cpu_synchronize_state(first_cpu);
    gdb.layout = first_cpu->cc->gdb->layout(first_cpu);
    gdb.attached = true;
}

static void chr_event(void *opaque, QEMUChrEvent event)
{
    switch (event) {
    case CHR_EVENT_OPENED:
        client_came();
        break;
    case CHR_EVENT_CLOSED:
        if (gdb.attached) {
            gdb.attached = false;
            gdb_forget_client();
        }
        break;
    default:
        break;
    }
}

/* ---- opening and closing ---- */

/* Debuggers come and go: sockets listen, and the machine does not wait for one. */
static char *device_spec(const char *device)
{
    bool tcp = strstart(device, "tcp:", NULL);

    if (!tcp && !strstart(device, "unix:", NULL)) {
        return g_strdup(device);
    }
    return g_strconcat(device, strstr(device, ",server") ? "" : ",server=on",
                       strstr(device, ",wait") ? "" : ",wait=off",
                       tcp && !strstr(device, ",nodelay") ? ",nodelay=on" : "", NULL);
}

static bool can_debug(Error **errp)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();

    if (!first_cpu || !first_cpu->cc->gdb) {
        error_setg(errp, "the machine has no CPU that a debugger could look at");
        return false;
    }
    if (!ops || !ops->supports_guest_debug || !ops->supports_guest_debug()) {
        error_setg(errp, "accelerator %s cannot debug guests", current_accel_name());
        return false;
    }
    return true;
}

static void close_device(void)
{
    Chardev *chr;

    if (!gdb.has_chr) {
        return;
    }
    chr = qemu_chr_fe_get_driver(&gdb.chr);
    if (gdb.attached) {
        gdb.attached = false;
        gdb_forget_client();
    }
    /* A device of somebody else's naming stays. */
    qemu_chr_fe_deinit(&gdb.chr, !g_strcmp0(chr->label, "gdb"));
    gdb.has_chr = false;
}

static void prepare(void)
{
    if (gdb.hooked) {
        return;
    }
    gdb.last = g_byte_array_new();
    gdb.breakpoints = g_array_new(false, false, sizeof(GdbBreakpoint));
    gdb.later = g_array_new(false, false, sizeof(GdbStop));
    gdb_rx_init(&gdb.rx);
    qemu_add_vm_change_state_handler(gdb_vm_state_changed, NULL);
    cpus_set_debug_stop_hook(gdb_cpu_stopped);
    gdb.hooked = true;
}

bool gdbserver_start(const char *device, Error **errp)
{
    g_autofree char *spec = device_spec(device);
    Chardev *chr;

    if (!strcmp(device, "none")) {
        close_device();
        return true;
    }
    if (!can_debug(errp)) {
        return false;
    }
    close_device();
    chr = qemu_chr_new("gdb", spec, NULL, errp);
    if (!chr) {
        return false;
    }
    prepare();
    if (!qemu_chr_fe_init(&gdb.chr, chr, errp)) {
        return false;
    }
    gdb.has_chr = true;
    qemu_chr_fe_set_handlers(&gdb.chr, can_read, read_bytes, chr_event, NULL, NULL, NULL, true);
    return true;
}

void gdbserver_exit(int status)
{
    if (gdb.attached) {
        gdb.waiting = false;
        gdb_putf("W%02x", status & 0xff);
        gdb.attached = false;
    }
    close_device();
}
