/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The DMA controllers: registers, transfers in both directions, terminal count. */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/dma/i8257.h"
#include "isa-rig.h"
#include "qapi/error.h"

static uint8_t *ram;
static int calls;

/* A device with @opaque bytes to move in all, in two calls. */
static uint8_t device_data[64];

static int from_device(void *opaque, int nchan, int pos, int size)
{
    IsaDma *dma = isa_bus_get_dma(rig.bus, nchan);
    int len = MIN(size - pos, (size + 1) / 2);

    calls++;
    ISADMA_GET_CLASS(dma)->write_memory(dma, nchan, device_data + pos, pos, len);
    return pos + len;
}

static int to_device(void *opaque, int nchan, int pos, int size)
{
    IsaDma *dma = isa_bus_get_dma(rig.bus, nchan);

    calls++;
    ISADMA_GET_CLASS(dma)->read_memory(dma, nchan, device_data + pos, pos, size - pos);
    return size;
}

static void attach(int nchan, IsaDmaTransferHandler handler)
{
    IsaDma *dma = isa_bus_get_dma(rig.bus, nchan);

    ISADMA_GET_CLASS(dma)->register_channel(dma, nchan, handler, NULL);
    calls = 0;
}

static void request(int nchan, bool on)
{
    IsaDma *dma = isa_bus_get_dma(rig.bus, nchan);

    (on ? ISADMA_GET_CLASS(dma)->hold_DREQ : ISADMA_GET_CLASS(dma)->release_DREQ)(dma, nchan);
}

/* Programs channel 2 as a BIOS does for the floppy. */
static void program_channel_2(uint8_t mode, uint32_t addr, uint16_t count)
{
    cpu_outb(0x0a, 0x06);
    cpu_outb(0x0c, 0x00);
    cpu_outb(0x04, addr);
    cpu_outb(0x04, addr >> 8);
    cpu_outb(0x81, addr >> 16);
    cpu_outb(0x05, count);
    cpu_outb(0x05, count >> 8);
    cpu_outb(0x0b, mode | 2);
    cpu_outb(0x0a, 0x02);
}

static uint16_t read16(uint16_t port)
{
    uint16_t low = cpu_inb(port);

    return low | cpu_inb(port) << 8;
}

static void fill(void)
{
    for (int i = 0; i < sizeof(device_data); i++) {
        device_data[i] = i + 1;
    }
    memset(ram, 0, 0x20000);
}

static void test_transfer_to_memory_ends_with_terminal_count(void)
{
    fill();
    attach(2, from_device);
    program_channel_2(0x44, 0x11000, 15);
    request(2, true);
    while (calls < 2) {
        qemu_bh_schedule_idle(I8257(isa_bus_get_dma(rig.bus, 2))->dma_bh);
        aio_poll(qemu_get_aio_context(), true);
    }
    g_assert_cmpmem(ram + 0x11000, 16, device_data, 16);
    g_assert_cmpint(ram[0x11010], ==, 0);
    request(2, false);
    g_assert_cmphex(cpu_inb(0x08), ==, 0x04);
    g_assert_cmphex(cpu_inb(0x08), ==, 0x00);
    g_assert_cmphex(cpu_inb(0x0f), ==, 0x0f);
    cpu_outb(0x0c, 0);
    g_assert_cmphex(read16(0x04), ==, 0x1010);
    g_assert_cmphex(read16(0x05), ==, 0xffff);
}

static void test_masked_channel_waits(void)
{
    fill();
    attach(2, to_device);
    program_channel_2(0x48, 0x00100, 7);
    cpu_outb(0x0a, 0x06);
    request(2, true);
    g_assert_cmpint(calls, ==, 0);
    memcpy(ram + 0x100, "ABCDEFGH", 8);
    cpu_outb(0x0a, 0x02);
    g_assert_cmpint(calls, ==, 1);
    g_assert_cmpmem(device_data, 8, "ABCDEFGH", 8);
    request(2, false);
}

static void test_decrement_goes_backwards(void)
{
    fill();
    attach(2, to_device);
    memcpy(ram + 0x200, "ABCDEFGH", 8);
    program_channel_2(0x68, 0x00208, 7);
    request(2, true);
    request(2, false);
    g_assert_cmpmem(device_data, 8, "HGFEDCBA", 8);
}

static void test_auto_initialization_starts_over(void)
{
    fill();
    attach(2, to_device);
    program_channel_2(0x58, 0x00300, 7);
    request(2, true);
    request(2, false);
    g_assert_cmphex(cpu_inb(0x0f) & 4, ==, 0);
    cpu_outb(0x0c, 0);
    g_assert_cmphex(read16(0x05), ==, 7);
    request(2, true);
    request(2, false);
    g_assert_cmpint(calls, ==, 2);
}

static void test_word_channel_moves_words(void)
{
    fill();
    attach(5, to_device);
    memcpy(ram + 0x10400, "0123456789abcdef", 16);
    cpu_outb(0xd4, 0x05);
    cpu_outb(0xd8, 0);
    cpu_outb(0xc4, 0x00); /* word address 0x8200: bytes 0x10400 */
    cpu_outb(0xc4, 0x02);
    cpu_outb(0x8b, 0x01); /* bit 0 does not count */
    cpu_outb(0xc6, 7);
    cpu_outb(0xc6, 0);
    cpu_outb(0xd6, 0x49);
    cpu_outb(0x8b, 0x00);
    cpu_outb(0xd4, 0x01);
    memcpy(ram + 0x00400, "0123456789abcdef", 16);
    request(5, true);
    request(5, false);
    g_assert_cmpmem(device_data, 16, "0123456789abcdef", 16);
    g_assert_cmphex(cpu_inb(0xd0) & 0x02, ==, 0x02);
}

static void test_registers_survive_anything(void)
{
    attach(2, NULL);
    attach(5, NULL);
    for (int port = 0; port < 0x10; port++) {
        for (int val = 0; val < 256; val += 17) {
            cpu_outb(port, val);
            cpu_outb(0xc0 + 2 * port, val);
            cpu_inb(port);
            cpu_inb(0xc0 + 2 * port);
        }
    }
    device_cold_reset(DEVICE(isa_bus_get_dma(rig.bus, 0)));
    g_assert_cmphex(cpu_inb(0x0f), ==, 0x0f);
}

int main(int argc, char **argv)
{
    static MemoryRegion mr;

    g_test_init(&argc, &argv, NULL);
    isa_rig_init();
    memory_region_init_ram_nomigrate(&mr, NULL, "ram", 0x100000, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &mr);
    ram = memory_region_get_ram_ptr(&mr);
    i8257_dma_init(qdev_get_machine(), rig.bus, false);
    device_cold_reset(DEVICE(isa_bus_get_dma(rig.bus, 0)));
    device_cold_reset(DEVICE(isa_bus_get_dma(rig.bus, 5)));

#define T(name) g_test_add_func("/i8257/" #name, test_##name)
    T(transfer_to_memory_ends_with_terminal_count);
    T(masked_channel_waits);
    T(decrement_goes_backwards);
    T(auto_initialization_starts_over);
    T(word_channel_moves_words);
    T(registers_survive_anything);
    return g_test_run();
}
