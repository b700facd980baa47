/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The qtest protocol itself: values, blocks, clock, wires, and lines that make no sense. */

#include "libqtest.h"

#define RAM 0x100000

static QTestState *qts;

static void expect(const char *line, const char *reply)
{
    g_autofree char *got = qtest_raw(qts, line, -1);

    g_assert_cmpstr(got, ==, reply);
}

static void expect_fail(const char *line)
{
    g_autofree char *got = qtest_raw(qts, line, -1);

    if (!g_str_has_prefix(got, "FAIL ")) {
        g_error("'%s' is answered with '%s'", line, got);
    }
}

static void test_values(void)
{
    expect("endianness", "OK little");
    expect("writeq 0x100000 0x1122334455667788", "OK");
    expect("readb 0x100000", "OK 0x0000000000000088");
    expect("readw 0x100001", "OK 0x0000000000006677");
    expect("readl 1048579", "OK 0x0000000022334455");
    expect("readq 0x100000", "OK 0x1122334455667788");
    expect("writeb 0x100003 0xff", "OK");
    expect("writew 0x100001 0", "OK");
    expect("writel 0x100004 0x01020304", "OK");
    expect("readq 0x100000", "OK 0x01020304ff000088");
    expect("  readb \t 0x100000 \r", "OK 0x0000000000000088");
    expect("outb 0x80 0x5a", "OK");
    expect("inb 0xfff0", "OK 0x00ff");
    expect("inw 0xfff0", "OK 0xffff");
    expect("inl 0xfff0", "OK 0xffffffff");
}

static void test_blocks(void)
{
    uint8_t big[300000], back[300000];

    expect("write 0x100000 4 0xdeadbeef", "OK");
    expect("read 0x100000 4", "OK 0xdeadbeef");
    expect("write 0x100000 4 0x01", "OK");
    expect("read 0x100000 4", "OK 0x01000000");
    expect("b64write 0x100000 3 QUJD", "OK");
    expect("b64read 0x100000 3", "OK QUJD");
    expect("memset 0x100001 2 0x7a", "OK");
    expect("b64read 0x100000 3", "OK QXp6");
    expect("memset 0x100001 0 0x7b", "OK");
    expect("read 0x100001 1", "OK 0x7a");
    for (size_t i = 0; i < sizeof(big); i++) {
        big[i] = i * 7 + (i >> 8);
    }
    qtest_memwrite(qts, RAM, big, sizeof(big));
    qtest_memread(qts, RAM, back, sizeof(back));
    g_assert_cmpmem(big, sizeof(big), back, sizeof(back));
}

static void test_clock(void)
{
    int64_t now = qtest_clock_step(qts, 0), next;

    g_assert_cmpint(qtest_clock_step(qts, 1), ==, now + 1);
    g_assert_cmpint(qtest_clock_step(qts, 0), ==, now + 1);
    g_assert_cmpint(qtest_clock_set(qts, now + 1000), ==, now + 1000);
    /* It does not go back. */
    g_assert_cmpint(qtest_clock_set(qts, now), ==, now + 1000);
    next = qtest_clock_step_next(qts);
    g_assert_cmpint(next, >, now + 1000);
}

static void test_mistakes(void)
{
    static const char *const lines[] = {
        "",
        "   ",
        "nonsense",
        "inb",
        "inb 0x10000",
        "inb -1",
        "inb 12x",
        "inb 0x70 0x71",
        "outb 0x80 0x100",
        "outw 0x80 0x10000",
        "outl 0x80 0x100000000",
        "readw 0xffffffffffffffff",
        "readq 0x1ffffffffffffffff",
        "writel 0x100000",
        "read 0x100000 0",
        "read 0x100000 0x10000000000",
        "read 0xffffffffffffffff 2",
        "write 0x100000 1 00",
        "write 0x100000 1 0x0",
        "write 0x100000 1 0x0000",
        "write 0x100000 2 0x00zz",
        "b64write 0x100000 1 QUJD",
        "memset 0x100000 1 256",
        "memset 0x100000 0xffffffffffffffff 0",
        "clock_step -1",
        "clock_step 9223372036854775807",
        "clock_set 9223372036854775808",
        "clock_set 9223372036854775807",
        "irq_intercept_in /nowhere",
        "irq_intercept_in /machine",
        "irq_intercept_out /machine/unattached/device[0] no-such-wires",
        "set_irq_in /nowhere unnamed-gpio-in 0 0",
        "set_irq_in ioapic unnamed-gpio-in 24 0",
        "set_irq_in ioapic no-such-wires 0 0",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        expect_fail(lines[i]);
    }
}

/* Good lines with bytes changed, taken out or doubled: each has one answer, OK or FAIL. */
static void test_mutations(void)
{
    static const char *const seeds[] = {
        "writeq 0x100000 0x1122334455667788",
        "readl 0x100000",
        "read 0x100000 0x10",
        "write 0x100000 4 0xdeadbeef",
        "b64read 0x100000 3",
        "b64write 0x100000 3 QUJD",
        "memset 0x100000 0x10 0x55",
        "outl 0x80 0x12345678",
        "inw 0x80",
        "set_irq_in ioapic unnamed-gpio-in 3 0",
        "irq_intercept_in ioapic",
        "clock_step 12",
    };
    g_autoptr(GRand) rnd = g_rand_new_with_seed(4711);

    for (int round = 0; round < 4000; round++) {
        const char *seed = seeds[g_rand_int_range(rnd, 0, G_N_ELEMENTS(seeds))];
        g_autoptr(GString) line = g_string_new(seed);
        g_autofree char *reply = NULL;

        for (int n = g_rand_int_range(rnd, 1, 4); n > 0; n--) {
            int pos = g_rand_int_range(rnd, 0, line->len);

            switch (g_rand_int_range(rnd, 0, 3)) {
            case 0:
                line->str[pos] = g_rand_int_range(rnd, 0, 256);
                break;
            case 1:
                g_string_insert_c(line, pos, g_rand_int_range(rnd, 0, 256));
                break;
            default:
                g_string_insert(line, pos, "99999999999999999999");
                break;
            }
        }
        for (gsize i = 0; i < line->len; i++) {
            if (line->str[i] == '\n') {
                line->str[i] = ' ';
            }
        }
        reply = qtest_raw(qts, line->str, line->len);
        g_assert(g_str_has_prefix(reply, "OK") || g_str_has_prefix(reply, "FAIL "));
    }
    expect("endianness", "OK little");
}

static void test_long_line(void)
{
    size_t len = 36 * 1024 * 1024;
    g_autofree char *line = g_malloc(len);
    g_autofree char *reply = NULL;

    memset(line, 'x', len);
    reply = qtest_raw(qts, line, len);
    g_assert(g_str_has_prefix(reply, "FAIL the line is longer"));
    expect("endianness", "OK little");
}

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    qts = qtest_init("-machine pc");
    g_test_add_func("/qtest/values", test_values);
    g_test_add_func("/qtest/blocks", test_blocks);
    g_test_add_func("/qtest/clock", test_clock);
    g_test_add_func("/qtest/mistakes", test_mistakes);
    g_test_add_func("/qtest/mutations", test_mutations);
    g_test_add_func("/qtest/long-line", test_long_line);
    ret = g_test_run();
    qtest_quit(qts);
    return ret;
}
