/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The script in fw_cfg file etc/table-loader: records of 128 bytes, each a
 * command that the firmware carries out in order (docs/devel/acpi.md).
 */

#include "qemu/osdep.h"
#include "hw/acpi/bios-linker-loader.h"
#include "qemu/bswap.h"

#define FILE_NAME_SIZE 56

enum {
    CMD_ALLOCATE = 1,
    CMD_ADD_POINTER = 2,
    CMD_ADD_CHECKSUM = 3,
    CMD_WRITE_POINTER = 4,
};

enum {
    ZONE_HIGH = 1,
    ZONE_FSEG = 2,
};

/* Little endian. */
typedef struct QEMU_PACKED LoaderEntry {
    uint32_t command;
    union {
        struct QEMU_PACKED {
            char file[FILE_NAME_SIZE];
            uint32_t align;
            uint8_t zone;
        } alloc;
        struct QEMU_PACKED {
            char dst_file[FILE_NAME_SIZE];
            char src_file[FILE_NAME_SIZE];
            uint32_t offset;
            uint8_t size;
        } pointer;
        struct QEMU_PACKED {
            char file[FILE_NAME_SIZE];
            uint32_t offset;
            uint32_t start;
            uint32_t length;
        } checksum;
        struct QEMU_PACKED {
            char dst_file[FILE_NAME_SIZE];
            char src_file[FILE_NAME_SIZE];
            uint32_t dst_offset;
            uint32_t src_offset;
            uint8_t size;
        } write_pointer;
        uint8_t pad[BIOS_LINKER_LOADER_ENTRY_SIZE - 4];
    };
} LoaderEntry;

QEMU_BUILD_BUG_ON(sizeof(LoaderEntry) != BIOS_LINKER_LOADER_ENTRY_SIZE);

typedef struct LoaderFile {
    char name[FILE_NAME_SIZE];
    GArray *blob;
} LoaderFile;

BIOSLinker *bios_linker_loader_init(void)
{
    BIOSLinker *linker = g_new0(BIOSLinker, 1);

    linker->cmd_blob = g_array_new(false, true, 1);
    linker->file_list = g_array_new(false, true, sizeof(LoaderFile));
    return linker;
}

void bios_linker_loader_cleanup(BIOSLinker *linker)
{
    g_array_free(linker->cmd_blob, true);
    g_array_free(linker->file_list, true);
    g_free(linker);
}

static void set_name(char *field, const char *name)
{
    g_assert(strlen(name) < FILE_NAME_SIZE);
    g_strlcpy(field, name, FILE_NAME_SIZE);
}

static GArray *find_blob(BIOSLinker *linker, const char *name)
{
    for (guint i = 0; i < linker->file_list->len; i++) {
        LoaderFile *file = &g_array_index(linker->file_list, LoaderFile, i);
        if (!strcmp(file->name, name)) {
            return file->blob;
        }
    }
    return NULL;
}

static void append(BIOSLinker *linker, const LoaderEntry *entry)
{
    g_array_append_vals(linker->cmd_blob, entry, sizeof(*entry));
}

void bios_linker_loader_alloc(BIOSLinker *linker, const char *name, GArray *blob, uint32_t align,
                              bool fseg)
{
    LoaderEntry entry = {.command = cpu_to_le32(CMD_ALLOCATE)};
    LoaderFile file = {.blob = blob};

    g_assert(align && !(align & (align - 1)) && !find_blob(linker, name));
    set_name(file.name, name);
    g_array_append_val(linker->file_list, file);

    set_name(entry.alloc.file, name);
    entry.alloc.align = cpu_to_le32(align);
    entry.alloc.zone = fseg ? ZONE_FSEG : ZONE_HIGH;
    /* Memory is there before any command that uses it, whatever the order of the calls. */
    g_array_prepend_vals(linker->cmd_blob, &entry, sizeof(entry));
}

void bios_linker_loader_add_checksum(BIOSLinker *linker, const char *name, unsigned start,
                                     unsigned size, unsigned checksum_offset)
{
    LoaderEntry entry = {.command = cpu_to_le32(CMD_ADD_CHECKSUM)};
    GArray *blob = find_blob(linker, name);

    g_assert(blob && start + size <= blob->len && checksum_offset >= start &&
             checksum_offset < start + size);
    blob->data[checksum_offset] = 0;
    set_name(entry.checksum.file, name);
    entry.checksum.offset = cpu_to_le32(checksum_offset);
    entry.checksum.start = cpu_to_le32(start);
    entry.checksum.length = cpu_to_le32(size);
    append(linker, &entry);
}

static bool valid_size(uint8_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

void bios_linker_loader_add_pointer(BIOSLinker *linker, const char *dst_file, uint32_t dst_offset,
                                    uint8_t size, const char *src_file, uint32_t src_offset)
{
    LoaderEntry entry = {.command = cpu_to_le32(CMD_ADD_POINTER)};
    GArray *dst = find_blob(linker, dst_file);
    GArray *src = find_blob(linker, src_file);
    uint64_t value = cpu_to_le64(src_offset);

    g_assert(dst && src && valid_size(size));
    g_assert(dst_offset + size <= dst->len && src_offset < src->len);
    memcpy(dst->data + dst_offset, &value, size);
    set_name(entry.pointer.dst_file, dst_file);
    set_name(entry.pointer.src_file, src_file);
    entry.pointer.offset = cpu_to_le32(dst_offset);
    entry.pointer.size = size;
    append(linker, &entry);
}

void bios_linker_loader_write_pointer(BIOSLinker *linker, const char *dst_file, uint32_t dst_offset,
                                      uint8_t size, const char *src_file, uint32_t src_offset)
{
    LoaderEntry entry = {.command = cpu_to_le32(CMD_WRITE_POINTER)};
    GArray *src = find_blob(linker, src_file);

    g_assert(src && src_offset < src->len && valid_size(size));
    set_name(entry.write_pointer.dst_file, dst_file);
    set_name(entry.write_pointer.src_file, src_file);
    entry.write_pointer.dst_offset = cpu_to_le32(dst_offset);
    entry.write_pointer.src_offset = cpu_to_le32(src_offset);
    entry.write_pointer.size = size;
    append(linker, &entry);
}

/* ---- carrying it out ---- */

typedef struct Installation {
    BIOSLinker *linker;
    GByteArray *memory;
    uint64_t base;
    uint32_t *offset; /* of each file in @memory */
} Installation;

static void place(Installation *in, guint i)
{
    GArray *blob = g_array_index(in->linker->file_list, LoaderFile, i).blob;

    g_byte_array_set_size(in->memory, ROUND_UP(in->memory->len, 64));
    in->offset[i] = in->memory->len;
    g_byte_array_append(in->memory, (uint8_t *)blob->data, blob->len);
}

static uint32_t file_offset(const Installation *in, const char *name)
{
    for (guint i = 0; i < in->linker->file_list->len; i++) {
        if (!strcmp(g_array_index(in->linker->file_list, LoaderFile, i).name, name)) {
            return in->offset[i];
        }
    }
    g_assert_not_reached(); /* commands name only files that were given memory */
}

static void carry_out(Installation *in, const LoaderEntry *e)
{
    uint8_t *at;
    uint32_t size;
    uint8_t sum = 0;

    switch (le32_to_cpu(e->command)) {
    case CMD_ADD_POINTER:
        at = in->memory->data + file_offset(in, e->pointer.dst_file) +
             le32_to_cpu(e->pointer.offset);
        size = e->pointer.size;
        stn_le_p(at, size, ldn_le_p(at, size) + in->base + file_offset(in, e->pointer.src_file));
        break;
    case CMD_ADD_CHECKSUM:
        at = in->memory->data + file_offset(in, e->checksum.file);
        size = le32_to_cpu(e->checksum.length);
        for (uint32_t i = 0; i < size; i++) {
            sum += at[le32_to_cpu(e->checksum.start) + i];
        }
        at[le32_to_cpu(e->checksum.offset)] -= sum;
        break;
    }
}

GByteArray *bios_linker_loader_install(BIOSLinker *linker, const char *first, uint64_t base)
{
    guint files = linker->file_list->len;
    g_autofree uint32_t *offset = g_new0(uint32_t, files);
    Installation in = {
        .linker = linker, .memory = g_byte_array_new(), .base = base, .offset = offset};

    for (int pass = 0; pass < 2; pass++) {
        for (guint i = 0; i < files; i++) {
            bool is_first = !strcmp(g_array_index(linker->file_list, LoaderFile, i).name, first);
            if (is_first == (pass == 0)) {
                place(&in, i);
            }
        }
    }
    for (guint at = 0; at < linker->cmd_blob->len; at += BIOS_LINKER_LOADER_ENTRY_SIZE) {
        carry_out(&in, (const LoaderEntry *)(linker->cmd_blob->data + at));
    }
    return in.memory;
}
