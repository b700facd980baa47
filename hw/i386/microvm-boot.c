/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entering a kernel without firmware: all that firmware and boot loader would
 * have left in memory and in the first processor's registers is put there after
 * each reset. A bzImage is entered in 64-bit mode (Linux/x86 boot protocol,
 * "64-bit Boot Protocol"), an ELF file by its PVH entry point (Xen, "x86/HVM
 * direct boot ABI").
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/i386/microvm.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "target/i386/cpu.h"
#include "x86-boot.h"
#include "x86-linux.h"

/* Memory map: type 1 is RAM, 2 reserved (ACPI 6.5, 15.1). */
#define E820_RAM      1
#define E820_RESERVED 2

/* Places below 640 KiB. */
#define GDT_ADDR     0x500
#define BOOT_PARAMS  0x7000
#define STACK_TOP    0x8ff0
#define PAGE_TABLES  0x9000 /* one PML4, one PDPT, four page directories */
#define CMDLINE_ADDR 0x20000
#define DTB_ADDR     0x30000 /* a setup_data node; kernels unpack themselves elsewhere */
#define LOW_END      0x9fc00

/* struct boot_params, the "zero page". */
#define BP_RSDP       0x070
#define BP_E820_COUNT 0x1e8
#define BP_HEADER     0x1f1
#define BP_HEADER_END 0x290
#define BP_E820       0x2d0
#define BP_SIZE       4096

#define HDR_JUMP      0x200
#define XLF_KERNEL_64 0x01
#define ENTRY_64      0x200 /* from the start of the protected-mode part */

/* Selectors that the boot protocol demands. */
#define SEL_CODE 0x10
#define SEL_DATA 0x18

typedef struct MicrovmBlob {
    uint64_t addr;
    const void *data;
    size_t size;
} MicrovmBlob;

typedef struct MicrovmBoot {
    MicrovmBlob blobs[8];
    unsigned num_blobs;
    bool pvh;
    uint64_t entry;
} MicrovmBoot;

/* The data lives as long as the machine. */
static void add_blob(MicrovmBoot *boot, uint64_t addr, const void *data, size_t size)
{
    if (size) {
        boot->blobs[boot->num_blobs++] = (MicrovmBlob){addr, data, size};
    }
}

/* ---- memory map ---- */

typedef void AddRange(void *opaque, uint64_t start, uint64_t size, uint32_t type);

static void for_each_range(X86MachineState *x86ms, AddRange *add, void *opaque)
{
    add(opaque, 0, LOW_END, E820_RAM);
    add(opaque, MICROVM_ACPI_ADDR, MICROVM_ACPI_MAX, E820_RESERVED);
    add(opaque, 1 * MiB, x86ms->below_4g_mem_size - 1 * MiB, E820_RAM);
    if (x86ms->above_4g_mem_size) {
        add(opaque, x86ms->above_4g_mem_start, x86ms->above_4g_mem_size, E820_RAM);
    }
}

static void add_e820(void *opaque, uint64_t start, uint64_t size, uint32_t type)
{
    uint8_t *bp = opaque, *entry = bp + BP_E820 + bp[BP_E820_COUNT] * 20;

    stq_le_p(entry, start);
    stq_le_p(entry + 8, size);
    stl_le_p(entry + 16, type);
    bp[BP_E820_COUNT]++;
}

static void add_pvh(void *opaque, uint64_t start, uint64_t size, uint32_t type)
{
    x86_pvh_add_memory(opaque, start, size, type);
}

/* ---- 64-bit entry ---- */

/* Flat segments at the selectors of the protocol. */
static const uint64_t gdt[] = {0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff};

/* The first 4 GiB, each address as it is, in pages of 2 MiB. */
static uint8_t *identity_page_tables(void)
{
    const unsigned present_rw = 3, large = 0x80;
    uint8_t *tables = g_malloc0(6 * 4096);

    stq_le_p(tables, (PAGE_TABLES + 4096) | present_rw);
    for (unsigned i = 0; i < 4; i++) {
        stq_le_p(tables + 4096 + 8 * i, (PAGE_TABLES + (2 + i) * 4096) | present_rw);
    }
    for (unsigned i = 0; i < 4 * 512; i++) {
        stq_le_p(tables + 2 * 4096 + 8 * i, i * 2 * MiB | present_rw | large);
    }
    return tables;
}

static uint8_t *boot_params(X86MachineState *x86ms, const X86LinuxBoot *b, bool acpi)
{
    uint8_t *bp = g_malloc0(BP_SIZE);
    /* The header says how long it is by a jump over itself. */
    size_t end = HDR_MAGIC + b->image[HDR_JUMP + 1];

    memcpy(bp + BP_HEADER, b->image + HDR_SETUP_SECTS, MIN(end, BP_HEADER_END) - HDR_SETUP_SECTS);
    bp[HDR_TYPE_LOADER] = LOADER_TYPE;
    stl_le_p(bp + HDR_CMD_LINE_PTR, CMDLINE_ADDR);
    if (acpi) {
        stq_le_p(bp + BP_RSDP, MICROVM_ACPI_ADDR);
    }
    for_each_range(x86ms, add_e820, bp);
    return bp;
}

/* -dtb: a node of the list of setup_data (boot protocol, 2.09). */
static void add_dtb(MicrovmBoot *boot, X86LinuxBoot *b, const char *name)
{
    g_autofree char *dtb = NULL;
    uint8_t *node;
    size_t size;

    dtb = x86_boot_read_file("dtb", "device tree", name, &size);
    if (size > LOW_END - DTB_ADDR - SETUP_DATA_HEADER) {
        x86_boot_fail("device tree '%s' has %zu bytes; there is room for %u", name, size,
                      LOW_END - DTB_ADDR - SETUP_DATA_HEADER);
    }
    node = g_malloc0(SETUP_DATA_HEADER + size);
    stq_le_p(node, ldq_le_p(b->image + HDR_SETUP_DATA));
    stl_le_p(node + 8, SETUP_DTB);
    stl_le_p(node + 12, size);
    memcpy(node + SETUP_DATA_HEADER, dtb, size);
    stq_le_p(b->image + HDR_SETUP_DATA, DTB_ADDR);
    add_blob(boot, DTB_ADDR, node, SETUP_DATA_HEADER + size);
}

static void load_bzimage(MicrovmMachineState *mms, MicrovmBoot *boot, X86LinuxBoot *b)
{
    X86MachineState *x86ms = X86_MACHINE(mms);
    MachineState *ms = MACHINE(mms);

    x86_linux_parse(b);
    x86_linux_check_cmdline(b);
    if (b->version < 0x20c || !(lduw_le_p(b->image + HDR_XLOADFLAGS) & XLF_KERNEL_64)) {
        x86_boot_fail("kernel '%s' has no 64-bit entry point, by which machine microvm starts a "
                      "bzImage; with -bios bios-microvm.bin it goes through firmware",
                      b->name);
    }
    x86_linux_check_memory(b, x86ms);
    if (ms->initrd_filename) {
        b->initrd = x86_boot_read_file("initrd", "initrd", ms->initrd_filename, &b->initrd_size);
        if (!b->initrd_size) {
            x86_boot_fail("initrd '%s' is empty", ms->initrd_filename);
        }
        x86_linux_place_initrd(b, x86ms, 0);
    }
    if (ms->dtb) {
        add_dtb(boot, b, ms->dtb);
    }
    boot->entry = PROT_ADDR + ENTRY_64;
    add_blob(boot, GDT_ADDR, gdt, sizeof(gdt));
    add_blob(boot, BOOT_PARAMS, boot_params(x86ms, b, x86_machine_is_acpi_enabled(x86ms)), BP_SIZE);
    add_blob(boot, PAGE_TABLES, identity_page_tables(), 6 * 4096);
    add_blob(boot, CMDLINE_ADDR, b->cmdline, strlen(b->cmdline) + 1);
    add_blob(boot, PROT_ADDR, b->kernel, b->kernel_size);
    add_blob(boot, b->initrd_addr, b->initrd, b->initrd_size);
}

/* ---- PVH entry ---- */

static void load_pvh(MicrovmMachineState *mms, MicrovmBoot *boot, const X86DirectBoot *b)
{
    X86MachineState *x86ms = X86_MACHINE(mms);
    MachineState *ms = MACHINE(mms);
    GByteArray *info;
    X86FlatImage kernel;
    uint32_t entry;
    uint64_t initrd_addr = 0;
    size_t initrd_size = 0;
    char *initrd = NULL;

    if (!x86_pvh_find_entry(b, &entry)) {
        x86_boot_fail("ELF kernel '%s' has no PVH entry point (note XEN_ELFNOTE_PHYS32_ENTRY), by "
                      "which machine microvm starts one",
                      b->name);
    }
    if (ms->dtb) {
        x86_boot_fail("dtb=%s: ELF kernels such as '%s' take no device tree", ms->dtb, b->name);
    }
    x86_boot_load_elf(b, &kernel, NULL);
    if (ms->initrd_filename) {
        initrd = x86_boot_read_file("initrd", "initrd", ms->initrd_filename, &initrd_size);
        initrd_addr = x86_pvh_place_initrd(b, &kernel, ms->initrd_filename, initrd_size);
    }
    info = x86_pvh_start_info(b, initrd_addr, initrd_size);
    if (info->len > X86_BOOT_INFO_MAX) {
        x86_boot_fail("-append text of %zu characters is too long for kernel '%s'",
                      strlen(b->cmdline), b->name);
    }
    for_each_range(x86ms, add_pvh, info);
    if (x86_machine_is_acpi_enabled(x86ms)) {
        x86_pvh_set_rsdp(info, MICROVM_ACPI_ADDR);
    }
    boot->pvh = true;
    boot->entry = entry;
    add_blob(boot, kernel.start, kernel.data, kernel.end - kernel.start);
    add_blob(boot, X86_BOOT_INFO_ADDR, info->data, info->len);
    add_blob(boot, initrd_addr, initrd, initrd_size);
    g_byte_array_free(info, false);
}

/* ---- either ---- */

void microvm_boot_load(MicrovmMachineState *mms)
{
    X86MachineState *x86ms = X86_MACHINE(mms);
    MachineState *ms = MACHINE(mms);
    MicrovmBoot *boot = g_new0(MicrovmBoot, 1);
    X86LinuxBoot *b = g_new0(X86LinuxBoot, 1);

    b->name = ms->kernel_filename;
    b->cmdline = g_strdup(ms->kernel_cmdline ? ms->kernel_cmdline : "");
    b->image = (uint8_t *)x86_boot_read_file("kernel", "kernel", b->name, &b->size);
    const X86DirectBoot direct = {
        .x86ms = x86ms,
        .name = b->name,
        .image = b->image,
        .size = b->size,
        .cmdline = b->cmdline,
        .ram_end = x86ms->below_4g_mem_size,
    };
    if (x86_boot_is_elf(&direct)) {
        load_pvh(mms, boot, &direct);
    } else {
        load_bzimage(mms, boot, b);
    }
    if (x86_machine_is_acpi_enabled(x86ms)) {
        GByteArray *tables = microvm_acpi_tables(mms);

        if (tables->len > MICROVM_ACPI_MAX) {
            x86_boot_fail("ACPI tables of %u bytes; there is room for %u", tables->len,
                          MICROVM_ACPI_MAX);
        }
        add_blob(boot, MICROVM_ACPI_ADDR, tables->data, tables->len);
        g_byte_array_free(tables, false);
    }
    mms->boot = boot;
}

#define DATA_FLAGS                                                                                 \
    (DESC_P_MASK | DESC_S_MASK | DESC_W_MASK | DESC_A_MASK | DESC_G_MASK | DESC_B_MASK)
#define CODE_FLAGS                                                                                 \
    (DESC_P_MASK | DESC_S_MASK | DESC_CS_MASK | DESC_R_MASK | DESC_A_MASK | DESC_G_MASK)
#define TSS_FLAGS (DESC_P_MASK | (11 << DESC_TYPE_SHIFT))

static void set_segments(CPUX86State *env, uint32_t code_size)
{
    static const X86Seg data[] = {R_DS, R_ES, R_SS, R_FS, R_GS};

    cpu_x86_load_seg_cache(env, R_CS, SEL_CODE, 0, UINT32_MAX, CODE_FLAGS | code_size);
    for (size_t i = 0; i < G_N_ELEMENTS(data); i++) {
        cpu_x86_load_seg_cache(env, data[i], SEL_DATA, 0, UINT32_MAX, DATA_FLAGS);
    }
    cpu_x86_load_seg_cache(env, R_TR, 0, 0, 0xffff, TSS_FLAGS);
}

static void enter_64bit(CPUX86State *env, uint64_t entry)
{
    env->gdt.base = GDT_ADDR;
    env->gdt.limit = sizeof(gdt) - 1;
    cpu_x86_update_cr4(env, CR4_PAE_MASK);
    cpu_x86_update_cr3(env, PAGE_TABLES);
    cpu_x86_set_efer(env, MSR_EFER_LME);
    cpu_x86_update_cr0(env, CR0_PE_MASK | CR0_ET_MASK | CR0_PG_MASK);
    set_segments(env, DESC_L_MASK);
    env->regs[R_ESI] = BOOT_PARAMS;
    env->regs[R_ESP] = STACK_TOP;
    env->eip = entry;
}

static void enter_pvh(CPUX86State *env, uint64_t entry)
{
    cpu_x86_update_cr0(env, CR0_PE_MASK | CR0_ET_MASK);
    set_segments(env, DESC_B_MASK);
    env->regs[R_EBX] = X86_BOOT_INFO_ADDR;
    env->eip = entry;
}

void microvm_boot_reset(MicrovmMachineState *mms)
{
    const MicrovmBoot *boot = mms->boot;
    CPUX86State *env = cpu_env(first_cpu);

    for (unsigned i = 0; i < boot->num_blobs; i++) {
        const MicrovmBlob *blob = &boot->blobs[i];

        address_space_write(&address_space_memory, blob->addr, MEMTXATTRS_UNSPECIFIED, blob->data,
                            blob->size);
    }
    if (boot->pvh) {
        enter_pvh(env, boot->entry);
    } else {
        enter_64bit(env, boot->entry);
    }
}
