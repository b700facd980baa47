/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVMe by a driver of its own: registers, queues, data by PRP and SGL, commands, events, state. */
#include "libqtest.h"
#include "qemu/bswap.h"
#include <glib/gstdio.h>

#define SLOT  5
#define DEVFN QPCI_DEVFN(SLOT, 0)
#define BAR   0xe0000000ull
#define ASQ   0x100000ull
#define ACQ   0x101000ull
#define IOSQ  0x102000ull
#define IOCQ  0x103000ull
#define DATA  0x200000ull
#define LISTS 0x300000ull
#define DEPTH 16
#define DISK  (4 * 1024 * 1024)

static QTestState *qts;
static char *disk;

typedef struct Queue {
    unsigned id, tail, head;
    bool phase;
    uint64_t sq, cq;
} Queue;

typedef struct Command {
    uint8_t opcode, flags;
    uint32_t nsid;
    uint64_t prp1, prp2;
    uint32_t dw10, dw11, dw12, dw13;
} Command;

static Queue admin, io;
static uint16_t next_cid;
static uint32_t last_result;

/* ---- the driver ---- */

static uint32_t reg(unsigned offset)
{
    return qtest_readl(qts, BAR + offset);
}

static void wait_ready(bool ready)
{
    while ((reg(0x1c) & 1) != ready) {
        g_assert_cmphex(reg(0x1c) & 2, ==, 0);
        qtest_clock_step(qts, 1000);
    }
}

static Queue queue(unsigned id, uint64_t sq, uint64_t cq)
{
    qtest_memset(qts, cq, 0, DEPTH * 16);
    return (Queue){.id = id, .phase = true, .sq = sq, .cq = cq};
}

static void enable(void)
{
    qtest_writel(qts, BAR + 0x24, (DEPTH - 1) << 16 | (DEPTH - 1));
    qtest_writeq(qts, BAR + 0x28, ASQ);
    qtest_writeq(qts, BAR + 0x30, ACQ);
    admin = queue(0, ASQ, ACQ);
    qtest_writel(qts, BAR + 0x14, 4 << 20 | 6 << 16 | 1);
    wait_ready(true);
}

static void put(Queue *q, const Command *c, uint16_t cid)
{
    uint32_t dw[16] = {c->opcode | c->flags << 8 | cid << 16,
                       c->nsid,
                       0,
                       0,
                       0,
                       0,
                       c->prp1,
                       c->prp1 >> 32,
                       c->prp2,
                       c->prp2 >> 32,
                       c->dw10,
                       c->dw11,
                       c->dw12,
                       c->dw13};

    qtest_memwrite(qts, q->sq + q->tail * 64, dw, sizeof(dw));
    q->tail = (q->tail + 1) % DEPTH;
}

static void ring(const Queue *q)
{
    qtest_writel(qts, BAR + 0x1000 + q->id * 8, q->tail);
}

static bool completion(Queue *q, uint16_t *cid, uint16_t *status)
{
    uint32_t dw[4];

    qtest_memread(qts, q->cq + q->head * 16, dw, sizeof(dw));
    if ((dw[3] >> 16 & 1) != q->phase) {
        return false;
    }
    *cid = dw[3];
    *status = dw[3] >> 17;
    last_result = dw[0];
    if (++q->head == DEPTH) {
        q->head = 0;
        q->phase = !q->phase;
    }
    qtest_writel(qts, BAR + 0x1000 + q->id * 8 + 4, q->head);
    return true;
}

static uint16_t wait_for(Queue *q, uint16_t cid)
{
    uint16_t got, status;

    while (!completion(q, &got, &status)) {
        qtest_clock_step(qts, 1000);
    }
    g_assert_cmphex(got, ==, cid);
    return status & 0x7ff; /* without "do not retry" */
}

static uint16_t run(Queue *q, Command c)
{
    uint16_t cid = ++next_cid;

    put(q, &c, cid);
    ring(q);
    return wait_for(q, cid);
}

static void create_io_queues(void)
{
    io = queue(1, IOSQ, IOCQ);
    g_assert_cmphex(
        run(&admin, (Command){5, .prp1 = IOCQ, .dw10 = (DEPTH - 1) << 16 | 1, .dw11 = 3}), ==, 0);
    g_assert_cmphex(
        run(&admin, (Command){1, .prp1 = IOSQ, .dw10 = (DEPTH - 1) << 16 | 1, .dw11 = 1 << 16 | 1}),
        ==, 0);
}

static void map_device(void)
{
    qpci_config_writel(qts, DEVFN, 0x10, BAR);
    qpci_config_writel(qts, DEVFN, 0x14, 0);
    qpci_config_writew(qts, DEVFN, 4, 6);
}

static void begin_with(const char *more)
{
    qts = qtest_initf("-machine pc -nodefaults -m 128 -drive file=%s,if=none,id=d,format=raw "
                      "-device nvme,drive=d,serial=abc,id=n,addr=%d%s",
                      disk, SLOT, more);
    map_device();
    enable();
    create_io_queues();
}

static void begin(void)
{
    begin_with("");
}

static void end(void)
{
    qtest_quit(qts);
}

/* ---- registers and identity ---- */

static void test_registers(void)
{
    begin();
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 0), ==, 0x00101b36);
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 8), ==, 0x01080202);
    g_assert_cmphex(reg(0) & 0xffff, ==, 0x7ff);
    g_assert_cmphex(reg(8), ==, 0x10400);
    /* Disabled, it forgets its queues but not where the admin queues were. */
    qtest_writel(qts, BAR + 0x14, 0);
    wait_ready(false);
    g_assert_cmphex(qtest_readq(qts, BAR + 0x28), ==, ASQ);
    enable();
    create_io_queues();
    /* Shut down. */
    qtest_writel(qts, BAR + 0x14, 4 << 20 | 6 << 16 | 1 << 14 | 1);
    while ((reg(0x1c) & 0xc) != 8) {
        qtest_clock_step(qts, 1000);
    }
    end();
}

static void test_identify(void)
{
    uint8_t id[4096];

    begin();
    g_assert_cmphex(run(&admin, (Command){6, .prp1 = DATA, .dw10 = 1}), ==, 0);
    qtest_memread(qts, DATA, id, sizeof(id));
    g_assert_cmpmem(id + 4, 20, "abc                 ", 20);
    g_assert_cmpmem(id + 24, 14, "QEMU NVMe Ctrl", 14);
    g_assert_cmpstr((char *)id + 768, ==, "nqn.2019-08.org.qemu:abc");
    g_assert_cmphex(run(&admin, (Command){6, .nsid = 1, .prp1 = DATA, .dw10 = 0}), ==, 0);
    g_assert_cmpuint(qtest_readq(qts, DATA), ==, DISK / 512);
    g_assert_cmphex(run(&admin, (Command){6, .prp1 = DATA, .dw10 = 2}), ==, 0);
    g_assert_cmpuint(qtest_readl(qts, DATA), ==, 1);
    g_assert_cmpuint(qtest_readl(qts, DATA + 4), ==, 0);
    g_assert_cmphex(run(&admin, (Command){6, .nsid = 1, .prp1 = DATA, .dw10 = 3}), ==, 0);
    g_assert_cmphex(run(&admin, (Command){6, .prp1 = DATA, .dw10 = 0x13}), ==, 0);
    g_assert_cmpuint(qtest_readw(qts, DATA), ==, 1);
    /* What is not there. */
    g_assert_cmphex(run(&admin, (Command){6, .nsid = 0x1000, .prp1 = DATA}), ==, 0x0b);
    g_assert_cmphex(run(&admin, (Command){6, .prp1 = DATA, .dw10 = 0xee}), ==, 2);
    g_assert_cmphex(run(&admin, (Command){0x7f}), ==, 1);
    end();
}

/* The globally unique identifier of a namespace, in both places where drivers look. */
static void test_nguid(void)
{
    static const uint8_t nguid[16] = {0, 1, 2,    3,    4,    5,    6,    7,
                                      8, 9, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    uint8_t id[4096];

    begin_with(" -blockdev null-co,node-name=e,size=1048576,read-zeroes=on -device nvme-ns,bus=n,"
               "drive=e,nsid=2,nguid=00010203-0405-0607-0809-aAbBcCdDeEfF");
    g_assert_cmphex(run(&admin, (Command){6, .nsid = 2, .prp1 = DATA, .dw10 = 0}), ==, 0);
    qtest_memread(qts, DATA, id, sizeof(id));
    g_assert_cmpmem(id + 104, 16, nguid, 16);
    g_assert_cmphex(run(&admin, (Command){6, .nsid = 2, .prp1 = DATA, .dw10 = 3}), ==, 0);
    qtest_memread(qts, DATA, id, sizeof(id));
    /* Type 2, 16 bytes. */
    g_assert_cmphex(id[0], ==, 2);
    g_assert_cmphex(id[1], ==, 16);
    g_assert_cmpmem(id + 4, 16, nguid, 16);
    end();

    qtest_refused("-blockdev null-co,node-name=d,read-zeroes=on -device nvme,serial=s,id=n "
                  "-device nvme-ns,bus=n,drive=d,nguid=0001-0203",
                  "nguid=0001-0203: expected 16 bytes");
}

/* ---- data ---- */

static void fill(uint64_t addr, uint8_t first, size_t size)
{
    g_autofree uint8_t *data = g_malloc(size);

    for (size_t i = 0; i < size; i++) {
        data[i] = first + i / 512 + i % 7;
    }
    qtest_memwrite(qts, addr, data, size);
}

static bool same(uint64_t a, uint64_t b, size_t size)
{
    g_autofree uint8_t *x = g_malloc(size), *y = g_malloc(size);

    qtest_memread(qts, a, x, size);
    qtest_memread(qts, b, y, size);
    return !memcmp(x, y, size);
}

/* 64 KiB through a list of pages, the other way round on the way back. */
static void test_prp(void)
{
    begin();
    fill(DATA, 1, 65536);
    for (int i = 0; i < 15; i++) {
        qtest_writeq(qts, LISTS + 8 * i, DATA + 4096 * (i + 1));
    }
    g_assert_cmphex(
        run(&io, (Command){1, .nsid = 1, .prp1 = DATA, .prp2 = LISTS, .dw10 = 8, .dw12 = 127}), ==,
        0);
    for (int i = 0; i < 15; i++) {
        qtest_writeq(qts, LISTS + 8 * i, DATA + 0x80000 + 4096 * (i + 1));
    }
    g_assert_cmphex(run(&io, (Command){2, .nsid = 1, .prp1 = DATA + 0x80000, .prp2 = LISTS,
                                       .dw10 = 8, .dw12 = 127}),
                    ==, 0);
    g_assert(same(DATA, DATA + 0x80000, 65536));
    /* From the middle of a page, two pages. */
    g_assert_cmphex(run(&io, (Command){2, .nsid = 1, .prp1 = DATA + 0xa0e00, .prp2 = DATA + 0xa1000,
                                       .dw10 = 8, .dw12 = 1}),
                    ==, 0);
    g_assert(same(DATA, DATA + 0xa0e00, 1024));
    /* A list that goes on in another page. */
    qtest_writeq(qts, LISTS + 0xff0, DATA + 0xb1000);
    qtest_writeq(qts, LISTS + 0xff8, LISTS + 0x1000);
    qtest_writeq(qts, LISTS + 0x1000, DATA + 0xb2000);
    qtest_writeq(qts, LISTS + 0x1008, DATA + 0xb3000);
    g_assert_cmphex(run(&io, (Command){2, .nsid = 1, .prp1 = DATA + 0xb0000, .prp2 = LISTS + 0xff0,
                                       .dw10 = 8, .dw12 = 31}),
                    ==, 0);
    g_assert(same(DATA, DATA + 0xb0000, 16384));
    end();
}

static void descriptor(uint64_t at, uint64_t addr, uint32_t len, uint8_t type)
{
    qtest_writeq(qts, at, addr);
    qtest_writel(qts, at + 8, len);
    qtest_writel(qts, at + 12, (uint32_t)type << 28);
}

static uint16_t read_sgl(uint64_t list, uint32_t len, uint8_t type, unsigned blocks)
{
    /* The descriptor lies where the PRPs would. */
    return run(&io, (Command){2, .flags = 0x40, .nsid = 1, .prp1 = list,
                              .prp2 = len | (uint64_t)type << 60, .dw10 = 8, .dw12 = blocks - 1});
}

static void test_sgl(void)
{
    begin();
    fill(DATA, 9, 8192);
    g_assert_cmphex(
        run(&io, (Command){1, .nsid = 1, .prp1 = DATA, .prp2 = DATA + 4096, .dw10 = 8, .dw12 = 15}),
        ==, 0);
    g_assert_cmphex(read_sgl(DATA + 0x10001, 8192, 0, 16), ==, 0);
    g_assert(same(DATA, DATA + 0x10001, 8192));
    /* Two segments; a bit bucket drops the second kilobyte. */
    descriptor(LISTS, DATA + 0x20000, 1024, 0);
    descriptor(LISTS + 16, 0, 1024, 1);
    descriptor(LISTS + 32, LISTS + 0x1000, 32, 3);
    descriptor(LISTS + 0x1000, DATA + 0x30000, 5000, 0);
    descriptor(LISTS + 0x1010, DATA + 0x40000, 8192 - 5000 - 2048, 0);
    g_assert_cmphex(read_sgl(LISTS, 48, 2, 16), ==, 0);
    g_assert(same(DATA, DATA + 0x20000, 1024));
    g_assert(same(DATA + 2048, DATA + 0x30000, 5000));
    g_assert(same(DATA + 2048 + 5000, DATA + 0x40000, 8192 - 5000 - 2048));
    /* Too short, too long, of no type, a segment in a loop, of odd size. */
    g_assert_cmphex(read_sgl(DATA, 4096, 0, 16), ==, 0x0f);
    g_assert_cmphex(read_sgl(DATA, 16384, 0, 16), ==, 0x0f);
    g_assert_cmphex(read_sgl(DATA, 8192, 7, 16), ==, 0x11);
    descriptor(LISTS, LISTS, 16, 2);
    g_assert_cmphex(read_sgl(LISTS, 16, 2, 16), ==, 0x0e);
    g_assert_cmphex(read_sgl(LISTS, 17, 2, 16), ==, 0x0d);
    end();
}

static void test_refused(void)
{
    begin();
    g_assert_cmphex(run(&io, (Command){2, .nsid = 1, .prp1 = DATA, .dw10 = DISK / 512}), ==, 0x80);
    g_assert_cmphex(
        run(&io, (Command){2, .nsid = 1, .prp1 = DATA, .dw10 = UINT32_MAX, .dw11 = UINT32_MAX}), ==,
        0x80);
    g_assert_cmphex(run(&io, (Command){2, .nsid = 1, .prp1 = DATA, .dw12 = 2047}), ==, 2);
    g_assert_cmphex(run(&io, (Command){2, .nsid = 1, .prp1 = DATA + 1}), ==, 0x13);
    g_assert_cmphex(run(&io, (Command){2, .nsid = 1, .prp1 = DATA, .prp2 = DATA + 4, .dw12 = 15}),
                    ==, 0x13);
    g_assert_cmphex(run(&io, (Command){2, .nsid = 2, .prp1 = DATA}), ==, 2);
    g_assert_cmphex(run(&io, (Command){2, .nsid = 0, .prp1 = DATA}), ==, 0x0b);
    g_assert_cmphex(run(&io, (Command){0x77, .nsid = 1}), ==, 1);
    /* To where there is no memory. */
    g_assert_cmphex(run(&io, (Command){1, .nsid = 1, .prp1 = 0xd0000000, .dw12 = 0}), ==, 0);
    end();
}

/* ---- commands ---- */

static void test_commands(void)
{
    begin();
    fill(DATA, 3, 4096);
    g_assert_cmphex(run(&io, (Command){1, .nsid = 1, .prp1 = DATA, .dw12 = 7 | 1u << 30}), ==, 0);
    g_assert_cmphex(run(&io, (Command){5, .nsid = 1, .prp1 = DATA, .dw12 = 7}), ==, 0);
    qtest_writeb(qts, DATA + 4095, qtest_readb(qts, DATA + 4095) ^ 1);
    g_assert_cmphex(run(&io, (Command){5, .nsid = 1, .prp1 = DATA, .dw12 = 7}), ==, 0x285);
    g_assert_cmphex(run(&io, (Command){0x0c, .nsid = 1, .dw12 = 7}), ==, 0);
    g_assert_cmphex(run(&io, (Command){0, .nsid = 1}), ==, 0);
    g_assert_cmphex(run(&io, (Command){0, .nsid = UINT32_MAX}), ==, 0);
    /* Copy blocks 0 to 7 to 100. */
    qtest_memset(qts, LISTS, 0, 32);
    qtest_writew(qts, LISTS + 16, 7);
    g_assert_cmphex(run(&io, (Command){0x19, .nsid = 1, .prp1 = LISTS, .dw10 = 100}), ==, 0);
    qtest_writeb(qts, DATA + 4095, qtest_readb(qts, DATA + 4095) ^ 1);
    g_assert_cmphex(run(&io, (Command){5, .nsid = 1, .prp1 = DATA, .dw10 = 100, .dw12 = 7}), ==, 0);
    /* Zero four blocks, and discard the others. */
    g_assert_cmphex(run(&io, (Command){8, .nsid = 1, .dw12 = 3 | 1 << 25}), ==, 0);
    qtest_memset(qts, LISTS, 0, 16);
    qtest_writel(qts, LISTS + 4, 4);
    qtest_writeq(qts, LISTS + 8, 4);
    g_assert_cmphex(run(&io, (Command){9, .nsid = 1, .prp1 = LISTS, .dw11 = 4}), ==, 0);
    g_assert_cmphex(run(&io, (Command){2, .nsid = 1, .prp1 = DATA + 0x1000, .dw12 = 3}), ==, 0);
    for (int i = 0; i < 2048; i += 8) {
        g_assert_cmphex(qtest_readq(qts, DATA + 0x1000 + i), ==, 0);
    }
    /* A range outside. */
    qtest_writel(qts, LISTS + 4, UINT32_MAX);
    g_assert_cmphex(run(&io, (Command){9, .nsid = 1, .prp1 = LISTS, .dw11 = 4}), ==, 0x80);
    end();
}

static void test_format(void)
{
    begin();
    g_assert_cmphex(run(&io, (Command){1, .nsid = 1, .prp1 = DATA, .dw12 = 7}), ==, 0);
    g_assert_cmphex(run(&admin, (Command){0x80, .nsid = 1, .dw10 = 9}), ==, 0x10a);
    g_assert_cmphex(run(&admin, (Command){0x80, .nsid = 1, .dw10 = 3}), ==, 0);
    g_assert_cmphex(run(&admin, (Command){6, .nsid = 1, .prp1 = DATA}), ==, 0);
    g_assert_cmpuint(qtest_readq(qts, DATA), ==, DISK / 4096);
    g_assert_cmphex(qtest_readb(qts, DATA + 26), ==, 3);
    g_assert_cmphex(run(&io, (Command){2, .nsid = 1, .prp1 = DATA, .dw12 = 0}), ==, 0);
    g_assert_cmphex(qtest_readq(qts, DATA), ==, 0);
    end();
}

/* ---- queues ---- */

static void test_queues(void)
{
    begin();
    g_assert_cmphex(run(&admin, (Command){9, .dw10 = 7, .dw11 = 0x30003}), ==, 0x0c);
    g_assert_cmphex(run(&admin, (Command){4, .dw10 = 1}), ==, 0x10c);
    g_assert_cmphex(run(&admin, (Command){0, .dw10 = 2}), ==, 0x101);
    g_assert_cmphex(run(&admin, (Command){5, .prp1 = DATA, .dw10 = 0xffff0002, .dw11 = 1}), ==,
                    0x102);
    g_assert_cmphex(run(&admin, (Command){1, .prp1 = DATA, .dw10 = 0xf0002, .dw11 = 9 << 16 | 1}),
                    ==, 0x100);
    /* Several requests at once; all come back. */
    for (int i = 0; i < 10; i++) {
        put(&io, &(Command){2, .nsid = 1, .prp1 = DATA + 0x1000 * i, .dw12 = 7}, 100 + i);
    }
    ring(&io);
    for (int seen = 0, n = 0; n < 10;) {
        uint16_t cid, status;

        if (completion(&io, &cid, &status)) {
            g_assert_cmphex(status, ==, 0);
            g_assert(cid >= 100 && cid < 110 && !(seen & 1 << (cid - 100)));
            seen |= 1 << (cid - 100);
            n++;
        }
        qtest_clock_step(qts, 1000);
    }
    g_assert_cmphex(run(&admin, (Command){0, .dw10 = 1}), ==, 0);
    g_assert_cmphex(run(&admin, (Command){4, .dw10 = 1}), ==, 0);
    create_io_queues();
    g_assert_cmphex(run(&admin, (Command){9, .dw10 = 7, .dw11 = 0x30003}), ==, 0x0c);
    end();
}

/* A doorbell of a queue that is not there, and a position outside of one: events. */
static void test_events(void)
{
    begin();
    put(&admin, &(Command){0x0c}, 500);
    put(&admin, &(Command){0x0c}, 501);
    ring(&admin);
    qtest_writel(qts, BAR + 0x1000 + 5 * 8, 1);
    g_assert_cmphex(wait_for(&admin, 500), ==, 0);
    g_assert_cmphex(last_result, ==, 0x010000);
    /* Masked until the log is read. */
    qtest_writel(qts, BAR + 0x1000 + 8, 1000);
    g_assert_cmphex(run(&admin, (Command){2, .prp1 = DATA, .dw10 = 0x0f0001 | 1 << 15}), ==, 0);
    put(&admin, &(Command){2, .prp1 = DATA, .dw10 = 0x0f0001}, 600);
    ring(&admin);
    g_assert_cmphex(wait_for(&admin, 501), ==, 0);
    g_assert_cmphex(last_result, ==, 0x010100);
    g_assert_cmphex(wait_for(&admin, 600), ==, 0);
    /* The drive's health, once it is asked for. */
    g_assert_cmphex(run(&admin, (Command){9, .dw10 = 0x0b, .dw11 = 0xff}), ==, 0);
    put(&admin, &(Command){0x0c}, 502);
    ring(&admin);
    qtest_qmp_assert_success(qts, "{'execute': 'qom-set', 'arguments': {'path': "
                                  "'/machine/peripheral/n', 'property': 'smart_critical_warning', "
                                  "'value': 1}}");
    g_assert_cmphex(wait_for(&admin, 502), ==, 0);
    g_assert_cmphex(last_result, ==, 0x020201);
    g_assert_cmphex(run(&admin, (Command){2, .prp1 = DATA, .dw10 = 0x7f0002, .nsid = UINT32_MAX}),
                    ==, 0);
    g_assert_cmphex(qtest_readb(qts, DATA), ==, 1);
    /* An event request can be aborted. */
    put(&admin, &(Command){0x0c}, 503);
    put(&admin, &(Command){8, .dw10 = 503 << 16}, 504);
    ring(&admin);
    g_assert_cmphex(wait_for(&admin, 503), ==, 7);
    g_assert_cmphex(wait_for(&admin, 504), ==, 0);
    g_assert_cmphex(last_result, ==, 0);
    end();
}

static void test_shadow_doorbells(const void *more)
{
    begin_with(more);
    qtest_memset(qts, LISTS, 0, 8192);
    g_assert_cmphex(run(&admin, (Command){0x7c, .prp1 = LISTS, .prp2 = LISTS + 4096}), ==, 0);
    for (unsigned i = 0; i < 40; i++) {
        Command c = {2, .nsid = 1, .prp1 = DATA, .dw12 = 0};
        unsigned old = io.tail, event;

        put(&io, &c, i);
        qtest_writel(qts, LISTS + 8, io.tail);
        event = qtest_readl(qts, LISTS + 4096 + 8);
        /* A driver rings when the event index was passed; here it has nothing else to do. */
        g_assert_cmpuint(event, ==, old);
        ring(&io);
        g_assert_cmphex(wait_for(&io, i), ==, 0);
        qtest_writel(qts, LISTS + 12, io.head);
    }
    end();
}

static void test_interrupts(void)
{
    uint64_t table = BAR + 0x2000, target = DATA + 0x10000;
    int cap;

    begin();
    /* The pin: up until all queues of the vector are empty. */
    put(&io, &(Command){0, .nsid = 1}, 1);
    ring(&io);
    while (!(qpci_config_readw(qts, DEVFN, 6) & 8)) {
        qtest_clock_step(qts, 1000);
    }
    qtest_writel(qts, BAR + 0x0c, 1);
    g_assert_cmphex(qpci_config_readw(qts, DEVFN, 6) & 8, ==, 0);
    qtest_writel(qts, BAR + 0x10, 1);
    g_assert_cmphex(qpci_config_readw(qts, DEVFN, 6) & 8, ==, 8);
    wait_for(&io, 1);
    g_assert_cmphex(qpci_config_readw(qts, DEVFN, 6) & 8, ==, 0);
    /* MSI-X. */
    cap = qpci_find_capability(qts, DEVFN, 0x11);
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, cap + 4), ==, 0x2000);
    qtest_writeq(qts, table, target);
    qtest_writel(qts, table + 8, 0x77);
    qtest_writel(qts, table + 12, 0);
    qpci_config_writew(qts, DEVFN, cap + 2, 0x8000);
    g_assert_cmphex(run(&io, (Command){0, .nsid = 1}), ==, 0);
    g_assert_cmphex(qtest_readl(qts, target), ==, 0x77);
    end();
}

/* ---- subsystem ---- */

static void test_subsystem(void)
{
    qts = qtest_initf("-machine pc -nodefaults -m 128 -drive file=%s,if=none,id=d,format=raw "
                      "-device nvme-subsys,id=s,nqn=sub "
                      "-device nvme,id=a,serial=x,subsys=s,addr=%d "
                      "-device nvme,id=b,serial=x,subsys=s,addr=6 "
                      "-device nvme-ns,drive=d,nsid=7,bus=a,detached=on",
                      disk, SLOT);
    map_device();
    enable();
    g_assert_cmphex(run(&admin, (Command){6, .prp1 = DATA, .dw10 = 2}), ==, 0);
    g_assert_cmpuint(qtest_readl(qts, DATA), ==, 0);
    g_assert_cmphex(run(&admin, (Command){6, .prp1 = DATA, .dw10 = 0x10}), ==, 0);
    g_assert_cmpuint(qtest_readl(qts, DATA), ==, 7);
    qtest_memset(qts, LISTS, 0, 4096);
    qtest_writew(qts, LISTS, 2);
    qtest_writew(qts, LISTS + 4, 1);
    g_assert_cmphex(run(&admin, (Command){0x15, .nsid = 7, .prp1 = LISTS}), ==, 0);
    g_assert_cmphex(run(&admin, (Command){0x15, .nsid = 7, .prp1 = LISTS}), ==, 0x118);
    g_assert_cmphex(run(&admin, (Command){6, .nsid = 7, .prp1 = DATA, .dw10 = 0x12}), ==, 0);
    g_assert_cmpuint(qtest_readw(qts, DATA), ==, 2);
    create_io_queues();
    g_assert_cmphex(run(&io, (Command){2, .nsid = 7, .prp1 = DATA}), ==, 0);
    g_assert_cmphex(run(&admin, (Command){0x15, .nsid = 7, .prp1 = LISTS, .dw10 = 1}), ==, 0);
    g_assert_cmphex(run(&io, (Command){2, .nsid = 7, .prp1 = DATA}), ==, 2);
    end();
}

/* ---- controller memory buffer ---- */

static void test_cmb(void)
{
    uint64_t bar2 = 0xe1000000ull, cba = 0x800000000ull;

    begin_with(",cmb_size_mb=1");
    qpci_config_writel(qts, DEVFN, 0x18, bar2);
    qpci_config_writel(qts, DEVFN, 0x1c, 0);
    g_assert_cmphex(reg(0x38), ==, 0);
    qtest_writeq(qts, BAR + 0x50, cba | 3);
    g_assert_cmphex(reg(0x38) & 7, ==, 2);
    g_assert_cmphex(reg(0x3c), ==, 0x121f);
    fill(bar2 + 0x1000, 5, 4096);
    g_assert_cmphex(run(&io, (Command){1, .nsid = 1, .prp1 = cba + 0x1000, .dw12 = 7}), ==, 0);
    g_assert_cmphex(run(&io, (Command){2, .nsid = 1, .prp1 = DATA, .dw12 = 7}), ==, 0);
    g_assert(same(DATA, bar2 + 0x1000, 4096));
    end();
}

/* ---- state ---- */

static void wait_saved(void)
{
    for (;;) {
        g_autoptr(QDict) response = qtest_qmp(qts, "{'execute': 'query-migrate'}");
        const char *status = qdict_get_try_str(qdict_get_qdict(response, "return"), "status");

        g_assert_cmpstr(status, !=, "failed");
        if (!g_strcmp0(status, "completed")) {
            return;
        }
    }
}

static void test_state(void)
{
    g_autofree char *file = NULL;
    int fd = g_file_open_tmp("qtest-nvme-XXXXXX", &file, NULL);

    close(fd);
    begin();
    fill(DATA, 7, 4096);
    g_assert_cmphex(run(&io, (Command){1, .nsid = 1, .prp1 = DATA, .dw10 = 3, .dw12 = 7}), ==, 0);
    put(&admin, &(Command){0x0c}, 700);
    ring(&admin);
    qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
    /* Rung while nobody serves it. */
    put(&io, &(Command){2, .nsid = 1, .prp1 = DATA + 4096, .dw10 = 3, .dw12 = 7}, 701);
    ring(&io);
    qtest_qmp_assert_success(qts, "{'execute': 'migrate', 'arguments': {'uri': 'file:%s'}}", file);
    wait_saved();
    qtest_quit(qts);
    qts = qtest_initf("-machine pc -nodefaults -m 128 -drive file=%s,if=none,id=d,format=raw "
                      "-device nvme,drive=d,serial=abc,id=n,addr=%d -incoming file:%s",
                      disk, SLOT, file);
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    g_assert_cmphex(wait_for(&io, 701), ==, 0);
    g_assert(same(DATA, DATA + 4096, 4096));
    qtest_writel(qts, BAR + 0x1000 + 5 * 8, 1);
    g_assert_cmphex(wait_for(&admin, 700), ==, 0);
    g_unlink(file);
    end();
}

/* ---- hostile drivers ---- */

/* Commands of random bits, some near to sense: the device lives and answers a sane one. */
static void test_hostile(void)
{
    GRand *rand = g_rand_new_with_seed(4711);

    begin();
    for (int i = 0; i < 1500; i++) {
        Queue *q = g_rand_boolean(rand) ? &admin : &io;
        uint32_t dw[16];
        uint16_t cid, status;

        for (int j = 0; j < 16; j++) {
            dw[j] = g_rand_int(rand);
            if (g_rand_boolean(rand)) {
                dw[j] &= 0xf;
            }
        }
        dw[0] &= 0xffff00ff | (g_rand_boolean(rand) ? 0xff00 : 0);
        dw[1] = g_rand_boolean(rand) ? 1 : dw[1];
        dw[6] = g_rand_boolean(rand) ? DATA + (dw[6] & 0xfffff) : dw[6];
        dw[7] = g_rand_boolean(rand) ? 0 : dw[7];
        dw[8] = g_rand_boolean(rand) ? DATA + (dw[8] & 0xff000) : dw[8];
        if (q == &admin &&
            ((dw[0] & 0xff) <= 5 || (dw[0] & 0xff) == 0x7c || (dw[0] & 0xff) == 0xc)) {
            dw[0] ^= 6; /* the queues are still needed; event requests do not come back */
        }
        qtest_memwrite(qts, q->sq + q->tail * 64, dw, sizeof(dw));
        q->tail = (q->tail + 1) % DEPTH;
        ring(q);
        while (!completion(q, &cid, &status)) {
            qtest_clock_step(qts, 1000);
        }
    }
    g_rand_free(rand);
    qtest_writel(qts, BAR + 0x14, 0);
    wait_ready(false);
    enable();
    create_io_queues();
    g_assert_cmphex(run(&io, (Command){2, .nsid = 1, .prp1 = DATA}), ==, 0);
    end();
}

/* A reset by the Express capability, which is there on every bus, with commands under way. */
static void test_function_level_reset(void)
{
    int express;

    begin_with(" -blockdev null-co,node-name=e,size=1048576,latency-ns=20000000 "
               "-device nvme-ns,bus=n,drive=e,nsid=2");
    express = qpci_find_capability(qts, DEVFN, 0x10);
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, express + 4), ==, 0x10008000);
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < DEPTH - 1; i++) {
            put(&io, &(Command){i & 1 ? 2 : 1, .nsid = 1 + (i & 2) / 2, .prp1 = DATA}, i);
        }
        ring(&io);
        qpci_config_writew(qts, DEVFN, express + 8, 0x8000);
        g_assert_cmphex(qpci_config_readw(qts, DEVFN, express + 8), ==, 0);
        g_assert_cmphex(qpci_config_readw(qts, DEVFN, 4), ==, 0);
        /* Nothing that was under way ends now. */
        qtest_memset(qts, IOCQ, 0, DEPTH * 16);
        qtest_clock_step(qts, 100 * 1000 * 1000);
        g_assert_cmphex(qtest_readl(qts, IOCQ + 12), ==, 0);
        map_device();
        g_assert_cmphex(reg(0x14), ==, 0);
        g_assert_cmphex(reg(0x1c), ==, 0);
        g_assert_cmphex(qtest_readq(qts, BAR + 0x28), ==, 0);
        enable();
        create_io_queues();
        g_assert_cmphex(run(&io, (Command){2, .nsid = 1, .prp1 = DATA}), ==, 0);
    }
    end();
}

/* A reset while a queue waits to be deleted, for what is under way in it. */
static void test_reset_while_deleting(void)
{
    begin_with(" -blockdev null-co,node-name=e,size=1048576,latency-ns=200000000 "
               "-device nvme-ns,bus=n,drive=e,nsid=2");
    put(&io, &(Command){2, .nsid = 2, .prp1 = DATA}, 1);
    ring(&io);
    put(&admin, &(Command){0, .dw10 = 1}, 0x77);
    /* Done by when the one behind it is. */
    g_assert_cmphex(run(&admin, (Command){0xa, .dw10 = 7}), ==, 0);
    qtest_writel(qts, BAR + 0x14, 0);
    wait_ready(false);
    enable();
    create_io_queues();
    g_assert_cmphex(run(&io, (Command){2, .nsid = 2, .prp1 = DATA}), ==, 0);
    end();
}

/* Queues where there is no memory: a fatal state, which a reset ends. */
static void test_no_memory(void)
{
    begin();
    g_assert_cmphex(run(&admin, (Command){5, .prp1 = 0xfffff000, .dw10 = 0xf0002, .dw11 = 1}), ==,
                    0);
    qpci_config_writew(qts, DEVFN, 4, 2); /* no bus mastering */
    put(&io, &(Command){0, .nsid = 1}, 1);
    ring(&io);
    while (!(reg(0x1c) & 2)) {
        qtest_clock_step(qts, 1000);
    }
    qpci_config_writew(qts, DEVFN, 4, 6);
    qtest_writel(qts, BAR + 0x14, 0);
    while (reg(0x1c) & 3) {
        qtest_clock_step(qts, 1000);
    }
    enable();
    create_io_queues();
    g_assert_cmphex(run(&io, (Command){0, .nsid = 1}), ==, 0);
    end();
}

int main(int argc, char **argv)
{
    int fd = g_file_open_tmp("qtest-nvme-disk-XXXXXX", &disk, NULL), ret;

    g_test_init(&argc, &argv, NULL);
    g_assert(fd >= 0 && ftruncate(fd, DISK) == 0);
    close(fd);
    g_test_add_func("/nvme/registers", test_registers);
    g_test_add_func("/nvme/identify", test_identify);
    g_test_add_func("/nvme/nguid", test_nguid);
    g_test_add_func("/nvme/prp", test_prp);
    g_test_add_func("/nvme/sgl", test_sgl);
    g_test_add_func("/nvme/refused", test_refused);
    g_test_add_func("/nvme/commands", test_commands);
    g_test_add_func("/nvme/format", test_format);
    g_test_add_func("/nvme/queues", test_queues);
    g_test_add_func("/nvme/events", test_events);
    g_test_add_data_func("/nvme/shadow-doorbells", "", test_shadow_doorbells);
    g_test_add_data_func("/nvme/ioeventfd", ",ioeventfd=on", test_shadow_doorbells);
    g_test_add_func("/nvme/interrupts", test_interrupts);
    g_test_add_func("/nvme/subsystem", test_subsystem);
    g_test_add_func("/nvme/cmb", test_cmb);
    g_test_add_func("/nvme/state", test_state);
    g_test_add_func("/nvme/hostile", test_hostile);
    g_test_add_func("/nvme/reset-while-deleting", test_reset_while_deleting);
    g_test_add_func("/nvme/no-memory", test_no_memory);
    g_test_add_func("/nvme/function-level-reset", test_function_level_reset);
    ret = g_test_run();
    g_unlink(disk);
    g_free(disk);
    return ret;
}
