/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct boot of multiboot kernels: 32-bit protected mode without paging, EAX
 * the magic number, EBX pointing to the boot information.
 *
 * Specification: Multiboot Specification 0.6.96, chapter 3.
 */

#include "qemu/osdep.h"
#include "hw/i386/optionrom/optionrom.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "x86-boot.h"

#define HEADER_MAGIC     0x1badb002
#define HEADER_SEARCH    8192
#define FLAG_VIDEO       (1 << 2)
#define FLAG_UNKNOWN     0xfff8 /* of those that a loader must know or refuse */
#define FLAG_ADDRESSES   (1 << 16)

#define INFO_MEMORY      (1 << 0)
#define INFO_BOOT_DEVICE (1 << 1)
#define INFO_CMDLINE     (1 << 2)
#define INFO_MODULES     (1 << 3)
#define INFO_MMAP        (1 << 6)
#define INFO_LOADER_NAME (1 << 9)

/* Boot information (3.3); multiboot.S knows these offsets. */
enum {
    MBI_FLAGS = 0,
    MBI_BOOT_DEVICE = 12,
    MBI_CMDLINE = 16,
    MBI_MODS_COUNT = 20,
    MBI_MODS_ADDR = 24,
    MBI_MMAP_ADDR = 48,
    MBI_LOADER_NAME = 64,
    MBI_SIZE = 96,
};
#define MODULE_SIZE 16
#define TEXT_OFFSET (MBI_SIZE + X86_BOOT_MEMMAP_MAX * 24)

/* Offset of the header in the file; negative without. */
static ssize_t find_header(const X86DirectBoot *b)
{
    for (size_t i = 0; i + 12 <= MIN(b->size, (size_t)HEADER_SEARCH); i += 4) {
        if (ldl_le_p(b->image + i) == HEADER_MAGIC &&
            HEADER_MAGIC + ldl_le_p(b->image + i + 4) + ldl_le_p(b->image + i + 8) == 0) {
            return i;
        }
    }
    return -1;
}

/* The header says where each part is (3.1.3). */
static uint32_t load_by_addresses(const X86DirectBoot *b, size_t header, X86FlatImage *kernel)
{
    const uint8_t *h = b->image + header;
    uint32_t header_addr, load, load_end, bss_end;
    uint64_t offset, size;

    if (header + 32 > b->size) {
        x86_boot_fail("kernel '%s' is truncated within its multiboot header", b->name);
    }
    header_addr = ldl_le_p(h + 12);
    load = ldl_le_p(h + 16);
    load_end = ldl_le_p(h + 20);
    bss_end = ldl_le_p(h + 24);
    if (load > header_addr || header_addr - load > header) {
        x86_boot_fail("kernel '%s' has a multiboot header with an impossible load address 0x%x",
                      b->name, load);
    }
    offset = header - (header_addr - load);
    size = load_end ? (uint64_t)load_end - load : b->size - offset;
    if ((load_end && load_end < load) || size > b->size - offset) {
        x86_boot_fail("kernel '%s' is truncated: %zu bytes, its multiboot header says %" PRIu64,
                      b->name, b->size, offset + size);
    }
    x86_boot_alloc(b, kernel, load, MAX(load + size, (uint64_t)bss_end));
    memcpy(kernel->data, b->image + offset, size);
    return ldl_le_p(h + 28);
}

/* ---- boot information ---- */

static uint32_t add_text(GByteArray *info, const char *text)
{
    uint32_t at = X86_BOOT_INFO_ADDR + info->len;

    g_byte_array_append(info, (uint8_t *)text, strlen(text) + 1);
    return at;
}

/* "-initrd 'FILE ARGS,FILE ARGS'", where a doubled comma is one of the text. */
static GPtrArray *split_modules(const char *text)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    GString *current = g_string_new(NULL);

    for (; text && *text; text++) {
        if (*text == ',' && text[1] != ',') {
            g_ptr_array_add(list, g_string_free(current, false));
            current = g_string_new(NULL);
            continue;
        }
        text += *text == ',';
        g_string_append_c(current, *text);
    }
    if (current->len) {
        g_ptr_array_add(list, g_string_free(current, false));
    } else {
        g_string_free(current, true);
    }
    return list;
}

/* Appends each module to @data, page-aligned, and its entry to @entries. */
static void load_modules(const X86DirectBoot *b, GPtrArray *modules, uint32_t base,
                         GByteArray *data, GByteArray *info, GByteArray *entries)
{
    for (guint i = 0; i < modules->len; i++) {
        const char *text = g_ptr_array_index(modules, i);
        g_autofree char *name = g_strndup(text, strcspn(text, " "));
        uint8_t entry[MODULE_SIZE] = {0};
        g_autofree char *bytes = NULL;
        size_t size, start = ROUND_UP(data->len, 4096);

        bytes = x86_boot_read_file("initrd", "multiboot module", name, &size);
        if (base + start + size > b->ram_end) {
            x86_boot_fail("multiboot module '%s' of %zu bytes does not fit into memory; give the "
                          "guest more with -m",
                          name, size);
        }
        g_byte_array_set_size(data, start);
        g_byte_array_append(data, (uint8_t *)bytes, size);
        stl_le_p(entry, base + start);
        stl_le_p(entry + 4, base + start + size);
        stl_le_p(entry + 8, add_text(info, text));
        g_byte_array_append(entries, entry, sizeof(entry));
    }
}

bool x86_load_multiboot(const X86DirectBoot *b)
{
    g_autoptr(GPtrArray) modules = split_modules(MACHINE(b->x86ms)->initrd_filename);
    g_autoptr(GByteArray) entries = g_byte_array_new();
    g_autofree char *cmdline = g_strdup_printf("%s %s", b->name, b->cmdline);
    GByteArray *info, *data = g_byte_array_new();
    uint32_t flags, base, cmdline_addr, loader_addr;
    ssize_t header = find_header(b);
    X86FlatImage kernel;
    uint64_t entry;
    size_t data_size;

    if (header < 0) {
        g_byte_array_unref(data);
        return false;
    }
    flags = ldl_le_p(b->image + header + 4);
    if (flags & FLAG_UNKNOWN) {
        x86_boot_fail("kernel '%s' needs unknown multiboot features (flags 0x%x)", b->name, flags);
    }
    if (flags & FLAG_VIDEO) {
        warn_report("kernel '%s' asks for a video mode, which is left to it to set", b->name);
    }
    if (flags & FLAG_ADDRESSES) {
        entry = load_by_addresses(b, header, &kernel);
    } else if (x86_boot_is_elf(b)) {
        x86_boot_load_elf(b, &kernel, &entry);
    } else {
        x86_boot_fail("multiboot kernel '%s' is no ELF file and says no load address", b->name);
    }

    info = g_byte_array_new();
    g_byte_array_set_size(info, TEXT_OFFSET);
    memset(info->data, 0, info->len);
    cmdline_addr = add_text(info, cmdline);
    loader_addr = add_text(info, "qemu");
    base = ROUND_UP(kernel.end, 4096);
    load_modules(b, modules, base, data, info, entries);
    g_byte_array_set_size(info, ROUND_UP(info->len, 4));
    stl_le_p(info->data + MBI_FLAGS, INFO_MEMORY | INFO_BOOT_DEVICE | INFO_CMDLINE | INFO_MODULES |
                                         INFO_MMAP | INFO_LOADER_NAME);
    stl_le_p(info->data + MBI_BOOT_DEVICE, 0x8000ffff); /* first disk, first partition */
    stl_le_p(info->data + MBI_CMDLINE, cmdline_addr);
    stl_le_p(info->data + MBI_LOADER_NAME, loader_addr);
    stl_le_p(info->data + MBI_MMAP_ADDR, X86_BOOT_INFO_ADDR + MBI_SIZE);
    stl_le_p(info->data + MBI_MODS_COUNT, modules->len);
    stl_le_p(info->data + MBI_MODS_ADDR, X86_BOOT_INFO_ADDR + info->len);
    g_byte_array_append(info, entries->data, entries->len);
    data_size = data->len;
    x86_boot_publish(b, &kernel, entry, info, base, g_byte_array_free(data, false), data_size,
                     "genroms/multiboot.bin", multiboot_rom, multiboot_rom_size);
    return true;
}
