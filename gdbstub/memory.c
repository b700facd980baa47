/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for a debugger: as the chosen CPU sees it now, or physical addresses
 * (qemu.PhyMemMode). Reads that fail half-way give what could be read.
 */
#include "qemu/osdep.h"
#include "exec/address-space.h"
#include "exec/target_page.h"
#include "gdbstub/gdb-int.h"
#include "system/cpus.h"

/* qSearch and qCRC look at this much at once, and not further than this. */
#define CHUNK        TARGET_PAGE_SIZE
#define SEARCH_LIMIT (1ull << 32)

static bool access_memory(vaddr addr, void *buf, size_t len, bool write)
{
    MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;

    if (!gdb.physical) {
        return cpu_memory_rw_debug(gdb.g_cpu, addr, buf, len, write) == 0;
    }
    attrs.debug = 1;
    if (write) {
        /* Like a CPU's view: breakpoints and patches reach ROM too. */
        return address_space_write_rom(gdb.g_cpu->as, addr, attrs, buf, len) == MEMTX_OK;
    }
    return address_space_read(gdb.g_cpu->as, addr, attrs, buf, len) == MEMTX_OK;
}

/* Bytes that can be read from @addr, up to @len: page by page, so that an end is found. */
static size_t read_available(vaddr addr, uint8_t *buf, size_t len)
{
    size_t done = 0;

    cpu_synchronize_state(gdb.g_cpu);
    while (done < len) {
        size_t n = MIN(len - done, TARGET_PAGE_SIZE - ((addr + done) & ~TARGET_PAGE_MASK));

        if (!access_memory(addr + done, buf + done, n, false)) {
            break;
        }
        done += n;
    }
    return done;
}

/* "ADDR,LEN" at *@s. */
static bool parse_range(const char **s, uint64_t *addr, uint64_t *len)
{
    if (!gdb_parse_number(s, addr) || **s != ',') {
        return false;
    }
    (*s)++;
    return gdb_parse_number(s, len);
}

static bool parse_read(const GdbPacket *p, uint64_t *addr, uint64_t *len)
{
    const char *s = p->text + 1;

    return parse_range(&s, addr, len) && !*s;
}

void gdb_cmd_read_memory(const GdbPacket *p)
{
    uint8_t buf[GDB_PACKET_MAX / 2];
    g_autoptr(GString) s = g_string_new(NULL);
    uint64_t addr, len;
    size_t got;

    if (!parse_read(p, &addr, &len)) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    len = MIN(len, sizeof(buf));
    got = read_available(addr, buf, len);
    if (!got && len) {
        gdb_put_error(GDB_EFAULT);
        return;
    }
    gdb_append_hex(s, buf, got);
    gdb_put(s->str);
}

void gdb_cmd_read_memory_binary(const GdbPacket *p)
{
    uint8_t buf[1 + GDB_PACKET_MAX / 2] = {'b'};
    uint64_t addr, len;
    size_t got;

    if (!parse_read(p, &addr, &len)) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    /* Every byte may have to be escaped. */
    len = MIN(len, sizeof(buf) - 1);
    got = read_available(addr, buf + 1, len);
    if (!got && len) {
        gdb_put_error(GDB_EFAULT);
        return;
    }
    gdb_put_data(buf, 1 + got);
}

static void write_memory(uint64_t addr, uint8_t *data, uint64_t len)
{
    cpu_synchronize_state(gdb.g_cpu);
    if (len && !access_memory(addr, data, len, true)) {
        gdb_put_error(GDB_EFAULT);
    } else {
        gdb_put_ok();
    }
}

/* Where the data of "ADDR,LEN:DATA" begins; NULL: it is something else. */
static const char *parse_write(const GdbPacket *p, uint64_t *addr, uint64_t *len)
{
    const char *s = p->text + 1;

    if (!parse_range(&s, addr, len) || *s++ != ':') {
        return NULL;
    }
    return s;
}

void gdb_cmd_write_memory(const GdbPacket *p)
{
    uint8_t buf[GDB_PACKET_MAX / 2];
    uint64_t addr, len;
    const char *s = parse_write(p, &addr, &len);

    if (!s || len > sizeof(buf) || p->text + p->len - s != (ptrdiff_t)len * 2 ||
        !gdb_parse_hex(s, buf, len)) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    write_memory(addr, buf, len);
}

void gdb_cmd_write_memory_binary(const GdbPacket *p)
{
    uint64_t addr, len;
    const char *s = parse_write(p, &addr, &len);

    if (!s || p->text + p->len - s != (ptrdiff_t)len) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    write_memory(addr, (uint8_t *)s, len);
}

/* ---- searching and summing ---- */

/* "ADDR;LEN;PATTERN" in binary. */
void gdb_query_search(const GdbPacket *p)
{
    const char *s = p->text + strlen("qSearch:memory:");
    uint8_t buf[CHUNK + GDB_PACKET_MAX];
    uint64_t addr, len, at = 0;
    size_t pattern_len, have = 0;

    if (!gdb_parse_number(&s, &addr) || *s++ != ';' || !gdb_parse_number(&s, &len) || *s++ != ';' ||
        s >= p->text + p->len) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    pattern_len = p->text + p->len - s;
    len = MIN(len, SEARCH_LIMIT);
    /* The last bytes of a chunk stay, as a match may go on in the next. */
    while (at + have < len) {
        size_t n = MIN(len - at - have, CHUNK),
               got = read_available(addr + at + have, buf + have, n);
        const uint8_t *hit;

        have += got;
        hit = memmem(buf, have, s, pattern_len);
        if (hit) {
            gdb_putf("1,%" PRIx64, addr + at + (hit - buf));
            return;
        }
        if (got < n) {
            break;
        }
        if (have >= pattern_len) {
            size_t keep = pattern_len - 1;

            memmove(buf, buf + have - keep, keep);
            at += have - keep;
            have = keep;
        }
    }
    if (at + have < len) {
        gdb_put_error(GDB_EFAULT);
    } else {
        gdb_put("0");
    }
}

/* The checksum of gdb's compare-sections: CRC-32, most significant bit first, from all ones. */
static uint32_t crc_update(uint32_t crc, const uint8_t *p, size_t len)
{
    while (len--) {
        crc ^= (uint32_t)*p++ << 24;
        for (int i = 0; i < 8; i++) {
            crc = crc << 1 ^ (crc & 0x80000000u ? 0x04c11db7u : 0);
        }
    }
    return crc;
}

void gdb_query_crc(const GdbPacket *p)
{
    const char *s = p->text + strlen("qCRC:");
    uint32_t crc = UINT32_MAX;
    uint8_t buf[CHUNK];
    uint64_t addr, len;

    if (!parse_range(&s, &addr, &len) || len > SEARCH_LIMIT) {
        gdb_put_error(GDB_EINVAL);
        return;
    }
    while (len) {
        size_t n = MIN(len, sizeof(buf));

        if (read_available(addr, buf, n) < n) {
            gdb_put_error(GDB_EFAULT);
            return;
        }
        crc = crc_update(crc, buf, n);
        addr += n;
        len -= n;
    }
    gdb_putf("C%08x", crc);
}
