/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The qtest protocol's accesses to ports and memory, as a processor would make them. */

#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "exec/ioport.h"
#include "qtest-internal.h"

/* The size in bytes that the last letter of "inb", "writeq" and so on stands for. */
static unsigned access_size(const char *name)
{
    switch (name[strlen(name) - 1]) {
    case 'b':
        return 1;
    case 'w':
        return 2;
    case 'l':
        return 4;
    default:
        return 8;
    }
}

/* ---- ports ---- */

static void do_out(QTestServer *s, char **words)
{
    unsigned size = access_size(words[0]);
    uint64_t addr, value;

    if (!qtest_number(s, "port", words[1], 0xffff, &addr) ||
        !qtest_number(s, "value", words[2], UINT64_MAX >> (64 - size * 8), &value)) {
        return;
    }
    switch (size) {
    case 1:
        cpu_outb(addr, value);
        break;
    case 2:
        cpu_outw(addr, value);
        break;
    default:
        cpu_outl(addr, value);
        break;
    }
    qtest_send(s, "OK");
}

static void do_in(QTestServer *s, char **words)
{
    uint64_t addr;
    uint32_t value;

    if (!qtest_number(s, "port", words[1], 0xffff, &addr)) {
        return;
    }
    switch (access_size(words[0])) {
    case 1:
        value = cpu_inb(addr);
        break;
    case 2:
        value = cpu_inw(addr);
        break;
    default:
        value = cpu_inl(addr);
        break;
    }
    qtest_send(s, "OK 0x%04x", value);
}

/* ---- single values in memory ---- */

static void do_write_value(QTestServer *s, char **words)
{
    const MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    unsigned size = access_size(words[0]);
    uint64_t addr, value;

    if (!qtest_number(s, "address", words[1], UINT64_MAX - (size - 1), &addr) ||
        !qtest_number(s, "value", words[2], UINT64_MAX >> (64 - size * 8), &value)) {
        return;
    }
    switch (size) {
    case 1:
        address_space_stb(&address_space_memory, addr, value, attrs, NULL);
        break;
    case 2:
        address_space_stw(&address_space_memory, addr, value, attrs, NULL);
        break;
    case 4:
        address_space_stl(&address_space_memory, addr, value, attrs, NULL);
        break;
    default:
        address_space_stq(&address_space_memory, addr, value, attrs, NULL);
        break;
    }
    qtest_send(s, "OK");
}

static void do_read_value(QTestServer *s, char **words)
{
    const MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    unsigned size = access_size(words[0]);
    uint64_t addr, value;

    if (!qtest_number(s, "address", words[1], UINT64_MAX - (size - 1), &addr)) {
        return;
    }
    switch (size) {
    case 1:
        value = address_space_ldub(&address_space_memory, addr, attrs, NULL);
        break;
    case 2:
        value = address_space_lduw(&address_space_memory, addr, attrs, NULL);
        break;
    case 4:
        value = address_space_ldl(&address_space_memory, addr, attrs, NULL);
        break;
    default:
        value = address_space_ldq(&address_space_memory, addr, attrs, NULL);
        break;
    }
    qtest_send(s, "OK 0x%016" PRIx64, value);
}

/* ---- blocks of memory ---- */

/* ADDR and SIZE of the block commands. */
static bool parse_block(QTestServer *s, char **words, uint64_t *addr, uint64_t *size)
{
    if (!qtest_number(s, "address", words[1], UINT64_MAX, addr) ||
        !qtest_number(s, "size", words[2], QTEST_MAX_DATA, size)) {
        return false;
    }
    if (*size && *addr + (*size - 1) < *addr) {
        qtest_send(s, "FAIL the block goes beyond the last address");
        return false;
    }
    return true;
}

static uint8_t *read_block(QTestServer *s, char **words, uint64_t *size)
{
    uint64_t addr;
    uint8_t *data;

    if (!parse_block(s, words, &addr, size)) {
        return NULL;
    }
    if (!*size) {
        qtest_send(s, "FAIL nothing to read");
        return NULL;
    }
    data = g_malloc(*size);
    address_space_read(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, data, *size);
    return data;
}

static void do_read(QTestServer *s, char **words)
{
    g_autofree uint8_t *data = NULL;
    g_autoptr(GString) hex = NULL;
    uint64_t size;

    data = read_block(s, words, &size);
    if (!data) {
        return;
    }
    hex = g_string_sized_new(size * 2);
    for (uint64_t i = 0; i < size; i++) {
        g_string_append_c(hex, "0123456789abcdef"[data[i] >> 4]);
        g_string_append_c(hex, "0123456789abcdef"[data[i] & 15]);
    }
    qtest_send(s, "OK 0x%s", hex->str);
}

static void do_b64read(QTestServer *s, char **words)
{
    g_autofree uint8_t *data = NULL;
    g_autofree char *text = NULL;
    uint64_t size;

    data = read_block(s, words, &size);
    if (data) {
        text = g_base64_encode(data, size);
        qtest_send(s, "OK %s", text);
    }
}

/* Writes @size bytes, of which @data has the first @len; the rest are zeros. */
static void write_block(QTestServer *s, uint64_t addr, uint64_t size, const uint8_t *data,
                        uint64_t len)
{
    g_autofree uint8_t *block = g_malloc0(MAX(size, 1));

    memcpy(block, data, MIN(size, len));
    address_space_write(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, block, size);
    qtest_send(s, "OK");
}

static void do_write(QTestServer *s, char **words)
{
    g_autofree uint8_t *data = NULL;
    const char *hex = words[3];
    uint64_t addr, size, digits;

    if (!parse_block(s, words, &addr, &size)) {
        return;
    }
    if (!g_str_has_prefix(hex, "0x")) {
        qtest_send(s, "FAIL data does not begin with 0x");
        return;
    }
    hex += 2;
    digits = strlen(hex);
    if (digits % 2 || digits / 2 > size) {
        qtest_send(s, "FAIL data has %" PRIu64 " digits for %" PRIu64 " bytes", digits, size);
        return;
    }
    data = g_malloc(digits / 2 + 1);
    for (uint64_t i = 0; i < digits; i += 2) {
        int high = g_ascii_xdigit_value(hex[i]), low = g_ascii_xdigit_value(hex[i + 1]);

        if (high < 0 || low < 0) {
            qtest_send(s, "FAIL data has something else than hexadecimal digits");
            return;
        }
        data[i / 2] = high << 4 | low;
    }
    write_block(s, addr, size, data, digits / 2);
}

static void do_b64write(QTestServer *s, char **words)
{
    g_autofree uint8_t *data = NULL;
    uint64_t addr, size;
    gsize len;

    if (!parse_block(s, words, &addr, &size)) {
        return;
    }
    data = g_base64_decode(words[3], &len);
    if (len > size) {
        qtest_send(s, "FAIL data has %zu bytes, more than %" PRIu64, (size_t)len, size);
        return;
    }
    write_block(s, addr, size, data, len);
}

static void do_memset(QTestServer *s, char **words)
{
    uint64_t addr, size, value;

    if (!parse_block(s, words, &addr, &size) || !qtest_number(s, "value", words[3], 0xff, &value)) {
        return;
    }
    address_space_set(&address_space_memory, addr, value, size, MEMTXATTRS_UNSPECIFIED);
    qtest_send(s, "OK");
}

const QTestCommand qtest_access_commands[] = {
    {"outb", 2, 2, do_out},
    {"outw", 2, 2, do_out},
    {"outl", 2, 2, do_out},
    {"inb", 1, 1, do_in},
    {"inw", 1, 1, do_in},
    {"inl", 1, 1, do_in},
    {"writeb", 2, 2, do_write_value},
    {"writew", 2, 2, do_write_value},
    {"writel", 2, 2, do_write_value},
    {"writeq", 2, 2, do_write_value},
    {"readb", 1, 1, do_read_value},
    {"readw", 1, 1, do_read_value},
    {"readl", 1, 1, do_read_value},
    {"readq", 1, 1, do_read_value},
    {"read", 2, 2, do_read},
    {"write", 3, 3, do_write},
    {"b64read", 2, 2, do_b64read},
    {"b64write", 3, 3, do_b64write},
    {"memset", 3, 3, do_memset},
    {NULL},
};
