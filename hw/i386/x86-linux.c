/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct boot of a Linux bzImage: the emulator lays the parts out, the option
 * ROM linuxboot_dma copies them to guest memory through fw_cfg.
 *
 * Specification: the Linux/x86 boot protocol (2.06 and later),
 * Documentation/arch/x86/boot.rst of the kernel.
 */

#include "qemu/osdep.h"
#include "hw/i386/optionrom/optionrom.h"
#include "hw/i386/x86.h"
#include "hw/nvram/fw_cfg.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "system/boot-order.h"
#include "x86-boot.h"
#include "x86-linux.h"

#define REAL_ADDR   0x10000
#define CMDLINE_TOP 0x9a000

void x86_linux_parse(X86LinuxBoot *b)
{
    if (b->size < HDR_MIN_SIZE || ldl_le_p(b->image + HDR_MAGIC) != HDR_MAGIC_VALUE) {
        x86_boot_fail(
            "kernel '%s' is neither a Linux bzImage nor of another kind that can be booted "
            "directly",
            b->name);
    }
    b->version = lduw_le_p(b->image + HDR_VERSION);
    if (b->version < 0x206) {
        x86_boot_fail("kernel '%s' has boot protocol %u.%02u; 2.06 or later is needed", b->name,
                      b->version >> 8, b->version & 0xff);
    }
    b->setup_size = (b->image[HDR_SETUP_SECTS] ? b->image[HDR_SETUP_SECTS] : 4) * 512 + 512;
    if (b->setup_size > b->size) {
        x86_boot_fail("kernel '%s' is truncated: %zu bytes, its setup code alone has %zu", b->name,
                      b->size, b->setup_size);
    }
    /* syssize counts what follows the setup code, in 16-byte units. */
    uint64_t payload = (uint64_t)ldl_le_p(b->image + 0x1f4) * 16;
    if (b->setup_size + payload > ROUND_UP((uint64_t)b->size, 16)) {
        x86_boot_fail("kernel '%s' is truncated: %zu bytes, its header says %" PRIu64, b->name,
                      b->size, b->setup_size + payload);
    }
    b->kernel = b->image + b->setup_size;
    b->kernel_size = b->size - b->setup_size;
}

void x86_linux_check_cmdline(const X86LinuxBoot *b)
{
    uint32_t max = ldl_le_p(b->image + HDR_CMDLINE_SIZE);

    if (strlen(b->cmdline) > max) {
        x86_boot_fail("-append text has %zu characters; kernel '%s' takes %u", strlen(b->cmdline),
                      b->name, max);
    }
}

/*
 * End of the memory that the kernel uses before it can look at the memory map: from where it runs,
 * which is its preferred address, as it is loaded below that (boot protocol, "init_size").
 */
static uint64_t kernel_end(const X86LinuxBoot *b)
{
    uint64_t loaded = PROT_ADDR + b->kernel_size, running = 0, size;

    if (b->version >= 0x20a) {
        size = ldl_le_p(b->image + HDR_INIT_SIZE);
        running = size ? MIN(ldq_le_p(b->image + HDR_PREF_ADDRESS), UINT32_MAX) + size : 0;
    }
    return MAX(loaded, running);
}

void x86_linux_check_memory(const X86LinuxBoot *b, const X86MachineState *x86ms)
{
    if (kernel_end(b) > x86ms->below_4g_mem_size) {
        x86_boot_fail("kernel '%s' needs memory up to %" PRIu64 " MiB to unpack itself; give the "
                      "guest more with -m",
                      b->name, DIV_ROUND_UP(kernel_end(b), MiB));
    }
}

void x86_linux_place_initrd(X86LinuxBoot *b, X86MachineState *x86ms, int acpi_data_size)
{
    const MachineState *ms = MACHINE(x86ms);
    uint64_t max = ldl_le_p(b->image + HDR_INITRD_MAX);
    uint64_t ram = x86ms->below_4g_mem_size - MIN(x86ms->below_4g_mem_size, acpi_data_size + 1u);

    if (b->version >= 0x20c &&
        (lduw_le_p(b->image + HDR_XLOADFLAGS) & XLF_CAN_BE_LOADED_ABOVE_4G)) {
        max = UINT32_MAX;
    }
    max = MIN(max, ram);
    if (b->initrd_size >= max || ((max - b->initrd_size) & ~4095ull) < kernel_end(b)) {
        x86_boot_fail(
            "%s '%s' of %zu bytes does not fit into memory beside the kernel; give the guest "
            "more with -m",
            ms->initrd_filename ? "initrd" : "dtb",
            ms->initrd_filename ? ms->initrd_filename : ms->dtb, b->initrd_size);
    }
    b->initrd_addr = (max - b->initrd_size) & ~4095ull;
    stl_le_p(b->image + HDR_RAMDISK_IMAGE, b->initrd_addr);
    stl_le_p(b->image + HDR_RAMDISK_SIZE, b->initrd_size);
}

/* "vga=MODE" is for the loader, not for the kernel (boot protocol, "Special Command Line Options").
 */
static void set_video_mode(X86LinuxBoot *b)
{
    const char *vga = strstr(b->cmdline, "vga=");
    unsigned mode;

    if (!vga || (vga != b->cmdline && vga[-1] != ' ')) {
        return;
    }
    vga += 4;
    if (g_str_has_prefix(vga, "normal")) {
        mode = 0xffff;
    } else if (g_str_has_prefix(vga, "ext")) {
        mode = 0xfffe;
    } else if (g_str_has_prefix(vga, "ask")) {
        mode = 0xfffd;
    } else if (qemu_strtoui(vga, &vga, 0, &mode) || mode > 0xffff) {
        x86_boot_fail("-append: vga= takes normal, ext, ask or a number");
    }
    stw_le_p(b->image + HDR_VID_MODE, mode);
}

/* Offset of the device tree's node behind the initrd, whose last page the kernel frees. */
static size_t dtb_offset(size_t initrd_size)
{
    return ROUND_UP(initrd_size, TARGET_PAGE_SIZE);
}

/* The device tree is a setup_data node behind the initrd, where no kernel unpacks itself. */
static void add_dtb(X86LinuxBoot *b, const char *name)
{
    g_autofree char *dtb = NULL;
    size_t size, offset = dtb_offset(b->initrd_size);
    char *node;

    if (b->version < 0x209) {
        x86_boot_fail("kernel '%s' has boot protocol %u.%02u, which knows no device tree (2.09)",
                      b->name, b->version >> 8, b->version & 0xff);
    }
    dtb = x86_boot_read_file("dtb", "device tree", name, &size);
    b->initrd = g_realloc(b->initrd, offset + SETUP_DATA_HEADER + size);
    node = b->initrd + offset;
    stq_le_p(node, ldq_le_p(b->image + HDR_SETUP_DATA));
    stl_le_p(node + 8, SETUP_DTB);
    stl_le_p(node + 12, size);
    memcpy(node + SETUP_DATA_HEADER, dtb, size);
    b->initrd_size = offset + SETUP_DATA_HEADER + size;
}

/* The header has @initrd_size, without the node, and where that is. */
static void link_dtb(X86LinuxBoot *b, size_t initrd_size)
{
    stl_le_p(b->image + HDR_RAMDISK_SIZE, initrd_size);
    stq_le_p(b->image + HDR_SETUP_DATA, b->initrd_addr + dtb_offset(initrd_size));
}

static void add_part(FWCfgState *fw_cfg, uint16_t addr_key, uint64_t addr, uint16_t size_key,
                     size_t size, uint16_t data_key, void *data)
{
    fw_cfg_add_i32(fw_cfg, addr_key, addr);
    fw_cfg_add_i32(fw_cfg, size_key, size);
    if (data) {
        fw_cfg_add_bytes(fw_cfg, data_key, data, size);
    }
}

static void boot_bzimage(X86LinuxBoot *b, X86MachineState *x86ms, FWCfgState *fw_cfg,
                         int acpi_data_size)
{
    MachineState *ms = MACHINE(x86ms);
    size_t cmdline_size = ROUND_UP(strlen(b->cmdline) + 1, 16);
    uint32_t cmdline_addr = CMDLINE_TOP - cmdline_size;
    size_t initrd_size = b->initrd_size;

    x86_linux_parse(b);
    x86_linux_check_cmdline(b);
    set_video_mode(b);
    stl_le_p(b->image + HDR_CMD_LINE_PTR, cmdline_addr);
    b->image[HDR_TYPE_LOADER] = LOADER_TYPE;
    b->image[HDR_LOADFLAGS] |= LOADFLAGS_CAN_USE_HEAP;
    stw_le_p(b->image + HDR_HEAP_END_PTR, cmdline_addr - REAL_ADDR - 0x200);
    if (ms->dtb) {
        add_dtb(b, ms->dtb);
    }
    x86_linux_check_memory(b, x86ms);
    if (b->initrd) {
        x86_linux_place_initrd(b, x86ms, acpi_data_size);
    }
    if (ms->dtb) {
        link_dtb(b, initrd_size);
    }

    add_part(fw_cfg, FW_CFG_CMDLINE_ADDR, cmdline_addr, FW_CFG_CMDLINE_SIZE, strlen(b->cmdline) + 1,
             FW_CFG_CMDLINE_DATA, b->cmdline);
    add_part(fw_cfg, FW_CFG_INITRD_ADDR, b->initrd_addr, FW_CFG_INITRD_SIZE, b->initrd_size,
             FW_CFG_INITRD_DATA, b->initrd);
    add_part(fw_cfg, FW_CFG_KERNEL_ADDR, PROT_ADDR, FW_CFG_KERNEL_SIZE, b->kernel_size,
             FW_CFG_KERNEL_DATA, b->kernel);
    add_part(fw_cfg, FW_CFG_SETUP_ADDR, REAL_ADDR, FW_CFG_SETUP_SIZE, b->setup_size,
             FW_CFG_SETUP_DATA, b->image);
    if (x86ms->option_roms) {
        fw_cfg_add_file(fw_cfg, "genroms/linuxboot_dma.bin", (void *)linuxboot_dma_rom,
                        linuxboot_dma_rom_size, &error_fatal);
        boot_order_add_rom("genroms/linuxboot_dma.bin", 0);
    }
}

/* Kernels that are no bzImage: multiboot, ELF with a PVH entry. */
static bool boot_other_kind(const X86LinuxBoot *b, X86MachineState *x86ms, FWCfgState *fw_cfg,
                            int acpi_data_size, bool pvh_enabled)
{
    const X86DirectBoot direct = {
        .x86ms = x86ms,
        .fw_cfg = fw_cfg,
        .name = b->name,
        .image = b->image,
        .size = b->size,
        .cmdline = b->cmdline,
        .ram_end = x86ms->below_4g_mem_size - MIN(acpi_data_size, x86ms->below_4g_mem_size),
    };

    if (b->size >= HDR_MIN_SIZE && ldl_le_p(b->image + HDR_MAGIC) == HDR_MAGIC_VALUE) {
        return false;
    }
    return x86_load_multiboot(&direct) || (pvh_enabled && x86_load_pvh(&direct));
}

void x86_load_linux(X86MachineState *x86ms, FWCfgState *fw_cfg, int acpi_data_size,
                    bool pvh_enabled)
{
    MachineState *ms = MACHINE(x86ms);
    /* Everything here is handed to fw_cfg, and so lives as long as the machine. */
    X86LinuxBoot *b = g_new0(X86LinuxBoot, 1);

    b->name = ms->kernel_filename;
    b->cmdline = g_strdup(ms->kernel_cmdline ? ms->kernel_cmdline : "");
    b->image = (uint8_t *)x86_boot_read_file("kernel", "kernel", b->name, &b->size);
    if (boot_other_kind(b, x86ms, fw_cfg, acpi_data_size, pvh_enabled)) {
        return;
    }
    if (ms->initrd_filename) {
        b->initrd = x86_boot_read_file("initrd", "initrd", ms->initrd_filename, &b->initrd_size);
        if (!b->initrd_size) {
            x86_boot_fail("initrd '%s' is empty", ms->initrd_filename);
        }
    }
    boot_bzimage(b, x86ms, fw_cfg, acpi_data_size);
}
