/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Framing of gdb's remote protocol: whatever bytes come, a packet is whole or not there. */
#include "qemu/osdep.h"
#include "gdbstub/gdb-int.h"

/* Feeds @text; the last event that was something. */
static GdbRxEvent feed(GdbReceiver *rx, const char *text, size_t len)
{
    GdbRxEvent last = GDB_RX_NONE;

    for (size_t i = 0; i < len; i++) {
        GdbRxEvent ev = gdb_rx_byte(rx, text[i]);

        last = ev == GDB_RX_NONE ? last : ev;
    }
    return last;
}

static void expect(const char *text, GdbRxEvent event, const char *body)
{
    GdbReceiver rx;

    gdb_rx_init(&rx);
    g_assert_cmpint(feed(&rx, text, strlen(text)), ==, event);
    if (body) {
        g_assert_cmpmem(rx.body->data, rx.body->len, body, strlen(body));
    }
    gdb_rx_free(&rx);
}

static void test_packets_and_their_sums(void)
{
    expect("$g#67", GDB_RX_PACKET, "g");
    expect("$#00", GDB_RX_PACKET, "");
    expect("+++$m0,4#fd", GDB_RX_PACKET, "m0,4");
    expect("$g#66", GDB_RX_BAD, NULL);
    expect("$g#zz", GDB_RX_BAD, NULL);
    expect("$g#6", GDB_RX_NONE, NULL);
    expect("\003", GDB_RX_INTERRUPT, NULL);
    expect("-", GDB_RX_NACK, NULL);
    expect("$lost$g#67", GDB_RX_PACKET, "g");
}

static void test_escapes_and_run_lengths(void)
{
    expect("$X}\x03}\x04#59", GDB_RX_PACKET, "X#$");
    expect("$0* #7a", GDB_RX_PACKET, "0000");
    expect("$0*#5a", GDB_RX_PACKET, "0*");
    expect("$*#2a", GDB_RX_PACKET, "*");
}

static void test_a_packet_too_long_is_an_unknown_one(void)
{
    g_autoptr(GString) s = g_string_new("$");
    GdbReceiver rx;
    unsigned sum = 0;

    for (int i = 0; i < GDB_PACKET_MAX + 100; i++) {
        g_string_append_c(s, 'q');
        sum += 'q';
    }
    g_string_append_printf(s, "#%02x", sum & 0xff);
    gdb_rx_init(&rx);
    g_assert_cmpint(feed(&rx, s->str, s->len), ==, GDB_RX_PACKET);
    g_assert_cmpuint(rx.body->len, ==, 0);
    g_assert_cmpint(feed(&rx, "$g#67", 5), ==, GDB_RX_PACKET);
    gdb_rx_free(&rx);
}

static void test_what_is_sent_is_received(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(1);
    GdbReceiver rx;

    gdb_rx_init(&rx);
    for (int i = 0; i < 2000; i++) {
        g_autoptr(GByteArray) frame = g_byte_array_new();
        uint8_t data[64];
        size_t len = g_rand_int_range(r, 0, sizeof(data));

        for (size_t k = 0; k < len; k++) {
            data[k] = g_rand_boolean(r) ? "#$}*"[g_rand_int_range(r, 0, 4)] : g_rand_int(r);
        }
        gdb_frame(frame, data, len);
        g_assert_cmpint(feed(&rx, (char *)frame->data, frame->len), ==, GDB_RX_PACKET);
        g_assert_cmpmem(rx.body->data, rx.body->len, data, len);
    }
    gdb_rx_free(&rx);
}

static void test_noise_ends(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(2);
    GdbReceiver rx;

    gdb_rx_init(&rx);
    for (int i = 0; i < 1000000; i++) {
        gdb_rx_byte(&rx,
                    g_rand_boolean(r) ? "$#}*+-09af"[g_rand_int_range(r, 0, 10)] : g_rand_int(r));
        g_assert_cmpuint(rx.body->len, <=, GDB_PACKET_MAX);
    }
    /* Whatever state that left: the packet after the next is heard. */
    feed(&rx, "#00$g#67", 8);
    g_assert_cmpint(feed(&rx, "$g#67", 5), ==, GDB_RX_PACKET);
    gdb_rx_free(&rx);
}

static void test_numbers(void)
{
    const char *p = "1f,";
    uint64_t v;
    uint8_t byte;

    g_assert_true(gdb_parse_number(&p, &v));
    g_assert_cmpuint(v, ==, 0x1f);
    g_assert_cmpstr(p, ==, ",");
    g_assert_false(gdb_parse_number(&p, &v));
    p = "ffffffffffffffff";
    g_assert_true(gdb_parse_number(&p, &v));
    p = "10000000000000000";
    g_assert_false(gdb_parse_number(&p, &v));
    g_assert_false(gdb_parse_hex("0", &byte, 1));
    g_assert_false(gdb_parse_hex("0g", &byte, 1));
    g_assert_true(gdb_parse_hex("a5", &byte, 1));
    g_assert_cmphex(byte, ==, 0xa5);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gdb-packet/sums", test_packets_and_their_sums);
    g_test_add_func("/gdb-packet/escapes", test_escapes_and_run_lengths);
    g_test_add_func("/gdb-packet/too-long", test_a_packet_too_long_is_an_unknown_one);
    g_test_add_func("/gdb-packet/round-trip", test_what_is_sent_is_received);
    g_test_add_func("/gdb-packet/noise", test_noise_ends);
    g_test_add_func("/gdb-packet/numbers", test_numbers);
    return g_test_run();
}
