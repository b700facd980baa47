/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files for the guest's memory: ELF of either class, little endian (System V ABI, chapters 4 and
 * 5), Intel HEX (Hexadecimal Object File Format Specification, revision A), or bytes as they are.
 * Nothing in a file is trusted.
 */
#include "qemu/osdep.h"
#include <elf.h>
#include "hw/core/loader-image.h"
#include "qemu/bswap.h"

static void add_segment(LoaderImage *image, hwaddr addr, const void *data, uint64_t size,
                        uint64_t mem_size)
{
    LoaderSegment segment = {addr, data, size, mem_size};

    g_array_append_val(image->segments, segment);
}

/* ---- ELF ---- */

/* A program header of either class. */
static Elf64_Phdr program_header(const char *at, bool is64)
{
    Elf64_Phdr p;
    Elf32_Phdr p32;

    if (is64) {
        memcpy(&p, at, sizeof(p));
        return p;
    }
    memcpy(&p32, at, sizeof(p32));
    return (Elf64_Phdr){
        .p_type = p32.p_type,
        .p_offset = p32.p_offset,
        .p_paddr = p32.p_paddr,
        .p_filesz = p32.p_filesz,
        .p_memsz = p32.p_memsz,
    };
}

/* The loadable ones of @h; a guest with @max_size bytes has no room for larger ones. */
static bool add_program_headers(LoaderImage *image, size_t size, const Elf64_Ehdr *h, bool is64,
                                uint64_t max_size, Error **errp)
{
    for (unsigned i = 0; i < h->e_phnum; i++) {
        Elf64_Phdr p = program_header(image->file + h->e_phoff + i * h->e_phentsize, is64);

        if (p.p_type != PT_LOAD || !p.p_memsz) {
            continue;
        }
        if (p.p_offset > size || p.p_filesz > size - p.p_offset || p.p_filesz > p.p_memsz ||
            p.p_paddr + p.p_memsz < p.p_paddr) {
            error_setg(errp, "it is an ELF file, and its segment %u is not all in it", i);
            return false;
        }
        if (p.p_memsz > max_size) {
            error_setg(errp,
                       "segment %u of this ELF file takes %" PRIu64
                       " bytes of memory; the machine has %" PRIu64,
                       i, p.p_memsz, max_size);
            return false;
        }
        add_segment(image, p.p_paddr, image->file + p.p_offset, p.p_filesz, p.p_memsz);
    }
    return true;
}

static bool parse_elf(LoaderImage *image, size_t size, uint64_t max_size, Error **errp)
{
    const char *file = image->file;
    bool is64 = file[EI_CLASS] == ELFCLASS64;
    size_t entry_size = is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    Elf64_Ehdr h = {};

    if (file[EI_DATA] != ELFDATA2LSB || size < (is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr))) {
        error_setg(errp, "it is no little-endian ELF file, or only its beginning");
        return false;
    }
    if (is64) {
        memcpy(&h, file, sizeof(h));
    } else {
        Elf32_Ehdr h32;
        memcpy(&h32, file, sizeof(h32));
        h.e_entry = h32.e_entry;
        h.e_phoff = h32.e_phoff;
        h.e_phnum = h32.e_phnum;
        h.e_phentsize = h32.e_phentsize;
    }
    if (!h.e_phnum || h.e_phentsize != entry_size || h.e_phoff > size ||
        h.e_phnum * entry_size > size - h.e_phoff) {
        error_setg(errp, "it is an ELF file, and its program headers are not in it");
        return false;
    }
    if (!add_program_headers(image, size, &h, is64, max_size, errp)) {
        return false;
    }
    image->has_entry = true;
    image->entry = h.e_entry;
    return true;
}

/* ---- Intel HEX ---- */

#define HEX_MAX_RECORD (5 + 255)

enum {
    HEX_DATA,
    HEX_END,
    HEX_SEGMENT,       /* bits 4-19 of the address of what follows */
    HEX_START_SEGMENT, /* CS:IP */
    HEX_LINEAR,        /* bits 16-31 */
    HEX_START_LINEAR,  /* EIP */
};

/* Length, address, type, data and checksum of the line at @at; NULL when it is none. */
static const char *hex_record(const char *at, uint8_t *record)
{
    size_t n = 0, length = 5;
    uint8_t sum = 0;

    if (*at++ != ':') {
        return NULL;
    }
    for (; n < length; n++, at += 2) {
        if (!g_ascii_isxdigit(at[0]) || !g_ascii_isxdigit(at[1])) {
            return NULL;
        }
        record[n] = g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]);
        sum += record[n];
        if (n == 0) {
            length += record[0];
        }
    }
    return sum == 0 ? at + strspn(at, "\r\n") : NULL;
}

typedef struct HexState {
    LoaderImage *image;
    uint32_t base;
    bool ended;
} HexState;

static void hex_data(HexState *s, uint32_t addr, const uint8_t *data, unsigned length)
{
    GArray *segments = s->image->segments;
    LoaderSegment *last =
        segments->len ? &g_array_index(segments, LoaderSegment, segments->len - 1) : NULL;

    g_byte_array_append(s->image->hex, data, length);
    if (last && last->addr + last->size == addr) {
        last->size += length;
        last->mem_size = last->size;
    } else if (length) {
        add_segment(s->image, addr, NULL, length, length);
    }
}

static bool hex_apply(HexState *s, const uint8_t *record)
{
    const uint8_t *data = record + 4;
    uint8_t length = record[0];

    switch (record[3]) {
    case HEX_DATA:
        hex_data(s, s->base + lduw_be_p(record + 1), data, length);
        return true;
    case HEX_END:
        s->ended = true;
        return length == 0;
    case HEX_SEGMENT:
        s->base = length == 2 ? lduw_be_p(data) << 4 : 0;
        return length == 2;
    case HEX_LINEAR:
        s->base = length == 2 ? (uint32_t)lduw_be_p(data) << 16 : 0;
        return length == 2;
    case HEX_START_SEGMENT:
    case HEX_START_LINEAR:
        if (length != 4) {
            return false;
        }
        s->image->has_entry = true;
        s->image->entry = record[3] == HEX_START_LINEAR
                              ? ldl_be_p(data)
                              : (lduw_be_p(data) << 4) + lduw_be_p(data + 2);
        return true;
    default:
        return false;
    }
}

static bool parse_hex(LoaderImage *image, Error **errp)
{
    HexState s = {.image = image};
    uint8_t record[HEX_MAX_RECORD];
    const uint8_t *data;
    unsigned line = 0;

    image->hex = g_byte_array_new();
    for (const char *at = image->file; !s.ended;) {
        line++;
        at = hex_record(at, record);
        if (!at || !hex_apply(&s, record)) {
            error_setg(errp, "record %u is no record of an Intel HEX file", line);
            return false;
        }
    }
    /* Only now the bytes stay where they are. */
    data = image->hex->data;
    for (guint i = 0; i < image->segments->len; i++) {
        LoaderSegment *segment = &g_array_index(image->segments, LoaderSegment, i);

        segment->data = data;
        data += segment->size;
    }
    return true;
}

/* A first line that is a record: text that begins with a colon is not enough. */
static bool is_hex(const char *file)
{
    uint8_t record[HEX_MAX_RECORD];

    return hex_record(file, record) != NULL;
}

/* ---- */

static bool parse(LoaderImage *image, size_t size, uint64_t max_size, bool raw, hwaddr addr,
                  Error **errp)
{
    if (!raw && size > EI_NIDENT && !memcmp(image->file, ELFMAG, SELFMAG)) {
        return parse_elf(image, size, max_size, errp);
    }
    if (!raw && is_hex(image->file)) {
        return parse_hex(image, errp);
    }
    add_segment(image, addr, (const uint8_t *)image->file, size, size);
    return true;
}

LoaderImage *loader_image_read(const char *name, uint64_t max_size, bool raw, hwaddr addr,
                               Error **errp)
{
    ERRP_GUARD();
    LoaderImage *image = g_new0(LoaderImage, 1);
    size_t size;

    image->segments = g_array_new(false, false, sizeof(LoaderSegment));
    image->file = qemu_read_file(name, MIN(max_size, INT32_MAX), &size, errp);
    if (image->file && parse(image, size, max_size, raw, addr, errp)) {
        return image;
    }
    if (image->file) {
        error_prepend(errp, "file '%s': ", name);
    }
    loader_image_free(image);
    return NULL;
}

void loader_image_free(LoaderImage *image)
{
    if (image) {
        g_array_unref(image->segments);
        g_clear_pointer(&image->hex, g_byte_array_unref);
        g_free(image->file);
        g_free(image);
    }
}
