/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 16550A behind COM1, with a ring buffer (or nothing) as its other end. */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/char/serial-isa.h"
#include "hw/char/serial.h"
#include "hw/qdev-properties-system.h"
#include "isa-rig.h"
#include "qapi/error.h"

#define COM1 0x3f8
#define IRQ  4

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR };

/* The other end: keeps what was sent, and can refuse to take more. */
#define TYPE_TEST_CHARDEV "chardev-test-serial"
typedef struct TestChardev {
    Chardev parent;
    GString *sent;
    int room; /* bytes taken before it says "later" */
    int breaks;
    QEMUSerialSetParams params;
} TestChardev;

static Chardev *chr;
static DeviceState *serial;

static TestChardev *end(void)
{
    return (TestChardev *)chr;
}

static int test_chr_write(Chardev *s, const uint8_t *buf, int len)
{
    TestChardev *t = (TestChardev *)s;

    if (t->room == 0) {
        errno = EAGAIN;
        return -1;
    }
    if (t->room > 0) {
        t->room--;
    }
    g_string_append_len(t->sent, (const char *)buf, len);
    return len;
}

/* Ready in the next round of the main context. */
static GSource *test_chr_add_watch(Chardev *s, GIOCondition cond)
{
    return g_idle_source_new();
}

static int test_chr_ioctl(Chardev *s, int cmd, void *arg)
{
    TestChardev *t = (TestChardev *)s;

    switch (cmd) {
    case CHR_IOCTL_SERIAL_SET_PARAMS:
        t->params = *(QEMUSerialSetParams *)arg;
        return 0;
    case CHR_IOCTL_SERIAL_SET_BREAK:
        t->breaks += *(int *)arg;
        return 0;
    default:
        return -ENOTSUP;
    }
}

static bool test_chr_open(Chardev *s, const QDict *opts, bool *be_opened, Error **errp)
{
    ((TestChardev *)s)->sent = g_string_new("");
    ((TestChardev *)s)->room = -1;
    return true;
}

static void test_chr_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->internal = true;
    cc->chr_open = test_chr_open;
    cc->chr_write = test_chr_write;
    cc->chr_add_watch = test_chr_add_watch;
    cc->chr_ioctl = test_chr_ioctl;
}

static const TypeInfo test_chr_types[] = {
    {
        .name = TYPE_TEST_CHARDEV,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(TestChardev),
        .class_init = test_chr_class_init,
    },
};
DEFINE_TYPES(test_chr_types)

static uint8_t in(int reg)
{
    return cpu_inb(COM1 + reg);
}

static void out(int reg, uint8_t val)
{
    cpu_outb(COM1 + reg, val);
}

static void send_to_guest(const char *text)
{
    qemu_chr_be_write(chr, (const uint8_t *)text, strlen(text));
}

static void start(void)
{
    device_cold_reset(serial);
    g_string_truncate(end()->sent, 0);
    end()->room = -1;
    isa_rig_take_rises(IRQ);
}

static void test_registers_after_reset(void)
{
    start();
    g_assert_cmphex(in(IER), ==, 0x00);
    g_assert_cmphex(in(IIR), ==, 0x01);
    g_assert_cmphex(in(LCR), ==, 0x00);
    g_assert_cmphex(in(MCR), ==, 0x08);
    g_assert_cmphex(in(LSR), ==, 0x60);
    g_assert_cmphex(in(MSR), ==, 0xb0);
    out(SCR, 0x5a);
    g_assert_cmphex(in(SCR), ==, 0x5a);
}

static void test_divisor_sets_line_speed(void)
{
    start();
    out(LCR, 0x80);
    out(RBR, 0x01);
    out(IER, 0x00);
    g_assert_cmphex(in(RBR), ==, 0x01);
    out(LCR, 0x1a); /* 7 bits, even parity, one stop bit */
    g_assert_cmpint(end()->params.speed, ==, 115200);
    g_assert_cmpint(end()->params.parity, ==, 'E');
    g_assert_cmpint(end()->params.data_bits, ==, 7);
    g_assert_cmpint(end()->params.stop_bits, ==, 1);
    out(LCR, 0x43);
    g_assert_cmpint(end()->breaks, ==, 1);
    out(LCR, 0x03);
}

static void test_transmit_and_interrupt_when_empty(void)
{
    start();
    out(IER, 0x02);
    g_assert_cmpint(rig.line[IRQ].level, ==, 1);
    g_assert_cmphex(in(IIR), ==, 0x02);
    g_assert_cmpint(rig.line[IRQ].level, ==, 0);
    g_assert_cmphex(in(IIR), ==, 0x01);
    out(RBR, 'a');
    g_assert_cmpint(rig.line[IRQ].level, ==, 1);
    out(RBR, 'b');
    g_assert_cmpstr(end()->sent->str, ==, "ab");
    /* Off and on again: reported anew */
    in(IIR);
    out(IER, 0x00);
    out(IER, 0x02);
    g_assert_cmphex(in(IIR), ==, 0x02);
}

static void test_receive_without_fifo(void)
{
    start();
    out(IER, 0x01);
    g_assert_cmpint(qemu_chr_be_can_write(chr), ==, 1);
    send_to_guest("x");
    g_assert_cmpint(qemu_chr_be_can_write(chr), ==, 0);
    g_assert_cmpint(rig.line[IRQ].level, ==, 1);
    g_assert_cmphex(in(IIR), ==, 0x04);
    g_assert_cmphex(in(LSR), ==, 0x61);
    g_assert_cmphex(in(RBR), ==, 'x');
    g_assert_cmphex(in(LSR), ==, 0x60);
    g_assert_cmpint(rig.line[IRQ].level, ==, 0);
}

static void test_fifo_trigger_level(void)
{
    start();
    out(IIR, 0x81); /* FIFOs on, 8 bytes */
    g_assert_cmphex(in(IIR), ==, 0xc1);
    out(IER, 0x01);
    g_assert_cmpint(qemu_chr_be_can_write(chr), ==, 8);
    send_to_guest("1234567");
    g_assert_cmpint(rig.line[IRQ].level, ==, 0);
    send_to_guest("8");
    g_assert_cmphex(in(IIR), ==, 0xc4);
    for (int c = '1'; c <= '8'; c++) {
        g_assert_cmphex(in(RBR), ==, c);
    }
    g_assert_cmphex(in(IIR), ==, 0xc1);
}

static void test_fifo_timeout(void)
{
    start();
    out(IIR, 0xc1); /* 14 bytes */
    out(IER, 0x01);
    send_to_guest("ab");
    g_assert_cmpint(rig.line[IRQ].level, ==, 0);
    /* Four characters of 10 bits at 9600 baud */
    isa_rig_advance_ns(4160000);
    g_assert_cmpint(rig.line[IRQ].level, ==, 0);
    isa_rig_advance_ns(20000);
    g_assert_cmphex(in(IIR), ==, 0xcc);
    g_assert_cmphex(in(RBR), ==, 'a');
    g_assert_cmphex(in(IIR), ==, 0xc1);
    isa_rig_advance_ns(5000000);
    g_assert_cmphex(in(IIR), ==, 0xcc);
    g_assert_cmphex(in(RBR), ==, 'b');
    isa_rig_advance_ns(5000000);
    g_assert_cmphex(in(IIR), ==, 0xc1);
}

static void test_fifo_overrun(void)
{
    start();
    out(IIR, 0x01);
    out(IER, 0x05);
    out(MCR, 0x10);
    for (int i = 0; i < 17; i++) {
        out(RBR, 'A' + i);
    }
    g_assert_cmphex(in(IIR), ==, 0xc6);
    g_assert_cmphex(in(LSR), ==, 0x63);
    g_assert_cmphex(in(LSR), ==, 0x61);
    g_assert_cmphex(in(RBR), ==, 'A');
    out(IIR, 0x03); /* empty the receive FIFO */
    g_assert_cmphex(in(LSR), ==, 0x60);
}

static void test_loopback(void)
{
    start();
    out(MCR, 0x1a);
    g_assert_cmphex(in(MSR)&0xf0, ==, 0x90);
    out(MCR, 0x15);
    g_assert_cmphex(in(MSR)&0xf0, ==, 0x60);
    out(RBR, 'L');
    g_assert_cmphex(in(RBR), ==, 'L');
    g_assert_cmpstr(end()->sent->str, ==, "");
}

static void test_break_is_line_status(void)
{
    start();
    out(IER, 0x04);
    qemu_chr_be_event(chr, CHR_EVENT_BREAK);
    g_assert_cmphex(in(IIR), ==, 0x06);
    g_assert_cmphex(in(LSR), ==, 0x71);
    g_assert_cmphex(in(LSR), ==, 0x61);
    g_assert_cmpint(rig.line[IRQ].level, ==, 0);
}

static void test_back_end_that_is_full_is_waited_for(void)
{
    start();
    out(IIR, 0x01);
    end()->room = 2;
    out(RBR, '1');
    out(RBR, '2');
    out(RBR, '3');
    out(RBR, '4');
    g_assert_cmpstr(end()->sent->str, ==, "12");
    g_assert_cmphex(in(LSR), ==, 0x00);
    end()->room = -1;
    while (g_main_context_iteration(NULL, false)) {
    }
    g_assert_cmpstr(end()->sent->str, ==, "1234");
    g_assert_cmphex(in(LSR), ==, 0x60);
}

static void test_second_port_gets_next_place(void)
{
    ISADevice *dev = isa_new(TYPE_ISA_SERIAL);

    g_assert_true(isa_realize_and_unref(dev, rig.bus, &error_abort));
    g_assert_cmphex(cpu_inb(0x2f8 + LSR), ==, 0x60);
    g_assert_cmpint(dev->ioport_id, ==, 0x2f8);
}

static void test_bad_index_is_refused(void)
{
    DeviceState *dev = DEVICE(isa_new(TYPE_ISA_SERIAL));
    Error *err = NULL;

    qdev_prop_set_uint32(dev, "index", 7);
    g_assert_false(qdev_realize(dev, BUS(rig.bus), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "'index'"));
    error_free(err);
    object_unref(OBJECT(dev));
}

int main(int argc, char **argv)
{
    QDict *opts = qdict_new();

    g_test_init(&argc, &argv, NULL);
    isa_rig_init();
    chr = qemu_chardev_new("com1", TYPE_TEST_CHARDEV, opts, NULL, &error_abort);
    qobject_unref(opts);
    serial = DEVICE(isa_new(TYPE_ISA_SERIAL));
    qdev_prop_set_chr(serial, "chardev", chr);
    isa_realize_and_unref(ISA_DEVICE(serial), rig.bus, &error_abort);

#define T(name) g_test_add_func("/serial/" #name, test_##name)
    T(registers_after_reset);
    T(divisor_sets_line_speed);
    T(transmit_and_interrupt_when_empty);
    T(receive_without_fifo);
    T(fifo_trigger_level);
    T(fifo_timeout);
    T(fifo_overrun);
    T(loopback);
    T(break_is_line_status);
    T(back_end_that_is_full_is_waited_for);
    T(second_port_gets_next_place);
    T(bad_index_is_refused);
    return g_test_run();
}
