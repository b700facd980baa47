/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SMBus host controllers of PCs, and the EEPROMs of their memory modules. */

#include "libqtest.h"

#define BASE       0xb100
#define STATUS     (BASE + 0)
#define CONTROL    (BASE + 2)
#define COMMAND    (BASE + 3)
#define ADDRESS    (BASE + 4)
#define DATA0      (BASE + 5)
#define DATA1      (BASE + 6)
#define BLOCK      (BASE + 7)
#define AUX        (BASE + 0xd) /* ICH9: the block buffer is in use */

#define START      0x40
#define QUICK      (0 << 2)
#define BYTE       (1 << 2)
#define BYTE_DATA  (2 << 2)
#define WORD_DATA  (3 << 2)
#define BLOCK_DATA (5 << 2)

#define DONE       0x02
#define DEV_ERROR  0x04
#define FAILED     0x10
#define BYTE_DONE  0x80
#define BUSY       0x01
#define INTREN     0x01

static QTestState *qts;

/* The status after a transaction, which is cleared. */
static uint8_t transact(int device, bool read, uint8_t protocol, uint8_t command)
{
    uint8_t status;

    qtest_outb(qts, ADDRESS, device << 1 | read);
    qtest_outb(qts, COMMAND, command);
    qtest_outb(qts, CONTROL, START | protocol);
    status = qtest_inb(qts, STATUS);
    qtest_outb(qts, STATUS, 0xff);
    g_assert_cmphex(qtest_inb(qts, STATUS), ==, 0);
    return status;
}

static uint8_t read_byte(int device, uint8_t offset)
{
    g_assert_cmphex(transact(device, true, BYTE_DATA, offset), ==, DONE);
    return qtest_inb(qts, DATA0);
}

static void test_eeprom(void)
{
    qts = qtest_init("-machine pc");
    for (int device = 0x50; device <= 0x57; device++) {
        g_assert_cmphex(transact(device, false, QUICK, 0), ==, DONE);
        g_assert_cmphex(read_byte(device, 0), ==, 0);
    }
    qtest_outb(qts, DATA0, 0xab);
    g_assert_cmphex(transact(0x51, false, BYTE_DATA, 255), ==, DONE);
    qtest_outb(qts, DATA0, 0x34);
    qtest_outb(qts, DATA1, 0x12);
    g_assert_cmphex(transact(0x51, false, WORD_DATA, 7), ==, DONE);
    g_assert_cmphex(read_byte(0x51, 255), ==, 0xab);
    g_assert_cmphex(read_byte(0x51, 8), ==, 0x12);
    g_assert_cmphex(read_byte(0x50, 8), ==, 0);
    g_assert_cmphex(transact(0x51, true, WORD_DATA, 7), ==, DONE);
    g_assert_cmphex(qtest_inb(qts, DATA1) << 8 | qtest_inb(qts, DATA0), ==, 0x1234);
    /* An address by itself, then a byte from there; the address goes round. */
    g_assert_cmphex(transact(0x51, false, BYTE, 255), ==, DONE);
    g_assert_cmphex(transact(0x51, true, BYTE, 0), ==, DONE);
    g_assert_cmphex(qtest_inb(qts, DATA0), ==, 0xab);
    /* Without power it is still there. */
    qtest_system_reset(qts);
    g_assert_cmphex(read_byte(0x51, 255), ==, 0xab);
    qtest_quit(qts);
}

static void test_block(void)
{
    qts = qtest_init("-machine pc");
    qtest_inb(qts, CONTROL);
    for (int i = 0; i < 40; i++) {
        qtest_outb(qts, BLOCK, i); /* 32 are kept */
    }
    qtest_inb(qts, CONTROL);
    qtest_outb(qts, DATA0, 200);
    g_assert_cmphex(transact(0x52, false, BLOCK_DATA, 16), ==, DONE);
    /* To an EEPROM a block is its length, and the bytes. */
    g_assert_cmphex(read_byte(0x52, 16), ==, 32);
    g_assert_cmphex(read_byte(0x52, 17 + 10), ==, 10);
    g_assert_cmphex(read_byte(0x52, 17 + 31), ==, 31);
    g_assert_cmphex(transact(0x52, true, BLOCK_DATA, 16), ==, DONE);
    g_assert_cmphex(qtest_inb(qts, DATA0), ==, 32);
    qtest_inb(qts, CONTROL);
    g_assert_cmphex(qtest_inb(qts, BLOCK), ==, 32);
    g_assert_cmphex(qtest_inb(qts, BLOCK), ==, 33);
    qtest_quit(qts);
}

static void test_nobody(void)
{
    static const uint8_t protocols[] = {QUICK,  BYTE,       BYTE_DATA, WORD_DATA,
                                        4 << 2, BLOCK_DATA, 6 << 2,    7 << 2};

    qts = qtest_init("-machine pc,smbus=off");
    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++) {
        for (int read = 0; read < 2; read++) {
            g_assert_cmphex(transact(0x50, read, protocols[i], 0), ==, DONE | DEV_ERROR);
        }
    }
    qtest_outb(qts, CONTROL, 0x02);
    g_assert_cmphex(qtest_inb(qts, STATUS), ==, FAILED);
    qtest_quit(qts);
}

/* ---- ICH9: the same behind a BAR, with an interrupt, and blocks by bytes ---- */

#define ICH9_SMB QPCI_DEVFN(0x1f, 3)

static void begin_ich9(const char *args)
{
    qts = qtest_init(args);
    g_assert_cmphex(qpci_config_readl(qts, ICH9_SMB, 0), ==, 0x29308086);
    qpci_config_writel(qts, ICH9_SMB, 0x20, BASE);
    qpci_config_writew(qts, ICH9_SMB, 4, 1);
    g_assert_cmphex(qtest_inb(qts, STATUS), ==, 0xff); /* not enabled */
    qpci_config_writeb(qts, ICH9_SMB, 0x40, 1);
}

static bool interrupt(void)
{
    return qpci_config_readw(qts, ICH9_SMB, 6) & 8;
}

static void test_ich9(void)
{
    begin_ich9("-machine q35");
    g_assert_cmphex(read_byte(0x50, 0), ==, 0);
    g_assert_false(interrupt());
    qtest_outb(qts, DATA0, 0xab);
    qtest_outb(qts, ADDRESS, 0x51 << 1);
    qtest_outb(qts, COMMAND, 9);
    qtest_outb(qts, CONTROL, START | BYTE_DATA | INTREN);
    g_assert_true(interrupt());
    qtest_outb(qts, STATUS, DONE);
    g_assert_false(interrupt());
    g_assert_cmphex(read_byte(0x51, 9), ==, 0xab);

    /* A block through the buffer. */
    qtest_outb(qts, AUX, 0xff);
    g_assert_cmphex(qtest_inb(qts, AUX), ==, 2);
    qtest_inb(qts, CONTROL);
    for (int i = 0; i < 4; i++) {
        qtest_outb(qts, BLOCK, 0x10 + i);
    }
    qtest_outb(qts, DATA0, 4);
    g_assert_cmphex(transact(0x52, false, BLOCK_DATA, 16), ==, DONE);
    g_assert_cmphex(read_byte(0x52, 17 + 3), ==, 0x13);
    qtest_quit(qts);
}

/* Without the buffer each byte is told, and waits until it is acknowledged. */
static void test_ich9_bytes(void)
{
    begin_ich9("-machine q35");
    qtest_outb(qts, ADDRESS, 0x52 << 1);
    qtest_outb(qts, COMMAND, 16);
    qtest_outb(qts, DATA0, 3);
    qtest_outb(qts, BLOCK, 0x20);
    qtest_outb(qts, CONTROL, START | BLOCK_DATA);
    for (int i = 1; i < 3; i++) {
        g_assert_cmphex(qtest_inb(qts, STATUS), ==, BUSY | BYTE_DONE);
        qtest_outb(qts, BLOCK, 0x20 + i);
        qtest_outb(qts, STATUS, BYTE_DONE);
    }
    g_assert_cmphex(qtest_inb(qts, STATUS), ==, BUSY | BYTE_DONE);
    qtest_outb(qts, STATUS, BYTE_DONE);
    g_assert_cmphex(qtest_inb(qts, STATUS), ==, DONE);
    qtest_outb(qts, STATUS, DONE);

    qtest_outb(qts, ADDRESS, 0x52 << 1 | 1);
    qtest_outb(qts, CONTROL, START | BLOCK_DATA | INTREN);
    for (int i = 0; i < 3; i++) {
        g_assert_cmphex(qtest_inb(qts, STATUS), ==, BUSY | BYTE_DONE);
        g_assert_true(interrupt());
        /* An EEPROM's block: its length comes first, and is the count. */
        g_assert_cmphex(qtest_inb(qts, BLOCK), ==, 0x20 + i);
        qtest_outb(qts, STATUS, BYTE_DONE);
    }
    g_assert_cmphex(qtest_inb(qts, STATUS), ==, DONE);
    /* A kill in the middle. */
    qtest_outb(qts, STATUS, DONE);
    qtest_outb(qts, CONTROL, START | BLOCK_DATA);
    qtest_outb(qts, CONTROL, 0x02);
    g_assert_cmphex(qtest_inb(qts, STATUS), ==, FAILED);
    qtest_quit(qts);
}

static void test_ich9_off(void)
{
    qts = qtest_init("-machine q35,smbus=off,sata=off");
    g_assert_cmphex(qpci_config_readl(qts, ICH9_SMB, 0), ==, UINT32_MAX);
    g_assert_cmphex(qpci_config_readl(qts, QPCI_DEVFN(0x1f, 2), 0), ==, UINT32_MAX);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/smbus/eeprom", test_eeprom);
    g_test_add_func("/smbus/block", test_block);
    g_test_add_func("/smbus/nobody", test_nobody);
    g_test_add_func("/smbus/ich9", test_ich9);
    g_test_add_func("/smbus/ich9-bytes", test_ich9_bytes);
    g_test_add_func("/smbus/ich9-off", test_ich9_off);
    return g_test_run();
}
