/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump in the compressed format of makedumpfile, which crash reads (IMPLEMENTATION and
 * diskdump_mod.h in the documentation of makedumpfile): header, sub header with the notes, two
 * bitmaps of pages, descriptors of pages, pages. As a stream, each part is preceded by its offset.
 */

#include "qemu/osdep.h"
#include "config-host.h"
#include <zlib.h>
#ifdef CONFIG_LZO
#include <lzo/lzo1x.h>
#endif
#ifdef CONFIG_SNAPPY
#include <snappy-c.h>
#endif
#include "dump-internal.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/units.h"

#define FLAT_HEADER_SIZE 4096
#define BLOCK            DUMP_PAGE_SIZE
#define HEADER_SIZE      464 /* struct disk_dump_header on 64-bit hosts */
#define SUB_HEADER_SIZE  104 /* struct kdump_sub_header */
#define DESC_SIZE        24
#define DESC_BATCH       (64 * KiB / DESC_SIZE)

enum {
    COMPRESSED_ZLIB = 1,
    COMPRESSED_LZO = 2,
    COMPRESSED_SNAPPY = 4,
};

typedef struct Kdump {
    Dump *d;
    bool flat;
    unsigned method;      /* COMPRESSED_* */
    uint64_t max_pfn;     /* behind the last page */
    uint64_t bitmap_size; /* of one */
    uint64_t pages;
    uint64_t zero_offset; /* of the page that all pages of zeros share; 0: none yet */
    GByteArray *descs;    /* not yet written */
    GByteArray *data;
    uint64_t descs_at, data_at; /* where they belong */
    uint8_t *packed;
    size_t packed_room;
    void *work;
} Kdump;

bool dump_format_is_there(DumpGuestMemoryFormat format)
{
    switch (format) {
    case DUMP_GUEST_MEMORY_FORMAT_KDUMP_LZO:
    case DUMP_GUEST_MEMORY_FORMAT_KDUMP_RAW_LZO:
#ifdef CONFIG_LZO
        return true;
#else
        return false;
#endif
    case DUMP_GUEST_MEMORY_FORMAT_KDUMP_SNAPPY:
    case DUMP_GUEST_MEMORY_FORMAT_KDUMP_RAW_SNAPPY:
#ifdef CONFIG_SNAPPY
        return true;
#else
        return false;
#endif
    default:
        return true;
    }
}

/* ---- the file, or the stream that becomes one ---- */

static bool put_at(Kdump *k, uint64_t offset, const void *data, size_t size, Error **errp)
{
    uint8_t where[16];

    if (!k->flat) {
        if (lseek(k->d->fd, offset, SEEK_SET) < 0) {
            error_setg_errno(errp, errno, "cannot write the dump at offset %" PRIu64, offset);
            return false;
        }
        return dump_write(k->d, data, size, errp);
    }
    stq_be_p(where, offset);
    stq_be_p(where + 8, size);
    return dump_write(k->d, where, sizeof(where), errp) && dump_write(k->d, data, size, errp);
}

static bool begin(Kdump *k, Error **errp)
{
    uint8_t header[FLAT_HEADER_SIZE] = "makedumpfile";

    if (!k->flat) {
        if (lseek(k->d->fd, 0, SEEK_SET) < 0) {
            error_setg_errno(errp, errno,
                             "formats kdump-raw-* need a file that can be written "
                             "anywhere");
            return false;
        }
        return true;
    }
    stq_be_p(header + 16, 1); /* type */
    stq_be_p(header + 24, 1); /* version */
    return dump_write(k->d, header, sizeof(header), errp);
}

static bool end(Kdump *k, Error **errp)
{
    uint8_t mark[16];

    memset(mark, 0xff, sizeof(mark));
    return !k->flat || dump_write(k->d, mark, sizeof(mark), errp);
}

/* ---- headers ---- */

static uint64_t sub_header_blocks(const Kdump *k)
{
    return DIV_ROUND_UP(SUB_HEADER_SIZE + k->d->notes->len, BLOCK);
}

static uint64_t bitmap_offset(const Kdump *k)
{
    return (1 + sub_header_blocks(k)) * BLOCK;
}

/* NUMBER(phys_base) of the guest's note: where its kernel was loaded, relative to its link address.
 */
static uint64_t phys_base(const Dump *d)
{
    static const char key[] = "NUMBER(phys_base)=";
    g_autofree char *text = NULL;
    const char *found;
    int64_t value = 0;

    if (!d->vmcoreinfo) {
        return 0;
    }
    text = g_strndup((const char *)d->notes->data + d->vmcoreinfo, d->vmcoreinfo_size);
    found = strstr(text, key);
    if (found) {
        qemu_strtoi64(found + strlen(key), &found, 10, &value);
    }
    return value;
}

static bool put_headers(Kdump *k, Error **errp)
{
    const Dump *d = k->d;
    uint8_t head[HEADER_SIZE] = "KDUMP   ";
    g_autoptr(GByteArray) sub = g_byte_array_new();

    stl_le_p(head + 8, 6);                        /* header_version */
    strcpy((char *)head + 12 + 4 * 65, "x86_64"); /* utsname.machine */
    stl_le_p(head + 424, k->method);
    stl_le_p(head + 428, BLOCK);
    stl_le_p(head + 432, sub_header_blocks(k));
    stl_le_p(head + 436, 2 * k->bitmap_size / BLOCK);
    stl_le_p(head + 440, MIN(k->max_pfn, UINT32_MAX));
    stl_le_p(head + 460, 1); /* nr_cpus: how many task addresses there would be */

    g_byte_array_set_size(sub, SUB_HEADER_SIZE);
    memset(sub->data, 0, SUB_HEADER_SIZE);
    stq_le_p(sub->data, phys_base(d));
    stl_le_p(sub->data + 8, 1); /* dump_level: pages of zeros are left out */
    if (d->vmcoreinfo) {
        stq_le_p(sub->data + 32, BLOCK + SUB_HEADER_SIZE + d->vmcoreinfo);
        stq_le_p(sub->data + 40, d->vmcoreinfo_size);
    }
    stq_le_p(sub->data + 48, BLOCK + SUB_HEADER_SIZE);
    stq_le_p(sub->data + 56, d->notes->len);
    stq_le_p(sub->data + 96, k->max_pfn);
    g_byte_array_append(sub, d->notes->data, d->notes->len);

    return put_at(k, 0, head, sizeof(head), errp) && put_at(k, BLOCK, sub->data, sub->len, errp);
}

/* ---- pages: only whole ones ---- */

static uint64_t first_pfn(const DumpBlock *b)
{
    return DIV_ROUND_UP(b->start, DUMP_PAGE_SIZE);
}

static uint64_t end_pfn(const DumpBlock *b)
{
    return (b->start + b->size) / DUMP_PAGE_SIZE;
}

static void count_pages(Kdump *k)
{
    for (guint i = 0; i < k->d->blocks->len; i++) {
        const DumpBlock *b = &g_array_index(k->d->blocks, DumpBlock, i);
        if (first_pfn(b) < end_pfn(b)) {
            k->pages += end_pfn(b) - first_pfn(b);
            k->max_pfn = MAX(k->max_pfn, end_pfn(b));
        }
    }
    k->bitmap_size = ROUND_UP(DIV_ROUND_UP(k->max_pfn, 8), BLOCK);
}

/* Which pages exist, and which are in the dump: the same. A piece of the bitmap a time. */
static bool put_bitmaps(Kdump *k, Error **errp)
{
    const uint64_t piece = 64 * KiB;
    g_autofree uint8_t *bits = g_malloc(piece);

    for (uint64_t at = 0; at < k->bitmap_size; at += piece) {
        size_t size = MIN(piece, k->bitmap_size - at);

        memset(bits, 0, size);
        for (guint i = 0; i < k->d->blocks->len; i++) {
            const DumpBlock *b = &g_array_index(k->d->blocks, DumpBlock, i);
            uint64_t from = MAX(first_pfn(b), at * 8), to = MIN(end_pfn(b), (at + size) * 8);
            for (uint64_t pfn = from; pfn < to; pfn++) {
                bits[pfn / 8 - at] |= 1u << (pfn % 8);
            }
        }
        if (!put_at(k, bitmap_offset(k) + at, bits, size, errp) ||
            !put_at(k, bitmap_offset(k) + k->bitmap_size + at, bits, size, errp)) {
            return false;
        }
    }
    return true;
}

static bool flush(Kdump *k, Error **errp)
{
    if ((k->descs->len && !put_at(k, k->descs_at, k->descs->data, k->descs->len, errp)) ||
        (k->data->len && !put_at(k, k->data_at, k->data->data, k->data->len, errp))) {
        return false;
    }
    k->descs_at += k->descs->len;
    k->data_at += k->data->len;
    g_byte_array_set_size(k->descs, 0);
    g_byte_array_set_size(k->data, 0);
    return true;
}

/* Size in k->packed; 0: it did not get smaller. */
static size_t pack(Kdump *k, const uint8_t *page)
{
    size_t size = 0;

    switch (k->method) {
    case COMPRESSED_ZLIB: {
        uLongf out = k->packed_room;
        size = compress2(k->packed, &out, page, DUMP_PAGE_SIZE, Z_BEST_SPEED) == Z_OK ? out : 0;
        break;
    }
#ifdef CONFIG_LZO
    case COMPRESSED_LZO: {
        lzo_uint out = k->packed_room;
        size =
            lzo1x_1_compress(page, DUMP_PAGE_SIZE, k->packed, &out, k->work) == LZO_E_OK ? out : 0;
        break;
    }
#endif
#ifdef CONFIG_SNAPPY
    case COMPRESSED_SNAPPY: {
        size_t out = k->packed_room;
        size = snappy_compress((const char *)page, DUMP_PAGE_SIZE, (char *)k->packed, &out) ==
                       SNAPPY_OK
                   ? out
                   : 0;
        break;
    }
#endif
    }
    return size < DUMP_PAGE_SIZE ? size : 0;
}

static void put_desc(Kdump *k, uint64_t offset, uint32_t size, uint32_t flags)
{
    uint8_t desc[DESC_SIZE] = {};

    stq_le_p(desc, offset);
    stl_le_p(desc + 8, size);
    stl_le_p(desc + 12, flags);
    g_byte_array_append(k->descs, desc, sizeof(desc));
}

static uint64_t put_data(Kdump *k, const uint8_t *data, size_t size)
{
    uint64_t offset = k->data_at + k->data->len;

    g_byte_array_append(k->data, data, size);
    return offset;
}

static bool put_page(Kdump *k, const uint8_t *page, Error **errp)
{
    size_t size;

    if (buffer_is_zero(page, DUMP_PAGE_SIZE)) {
        if (!k->zero_offset) {
            k->zero_offset = put_data(k, page, DUMP_PAGE_SIZE);
        }
        put_desc(k, k->zero_offset, DUMP_PAGE_SIZE, 0);
    } else if ((size = pack(k, page)) != 0) {
        put_desc(k, put_data(k, k->packed, size), size, k->method);
    } else {
        put_desc(k, put_data(k, page, DUMP_PAGE_SIZE), DUMP_PAGE_SIZE, 0);
    }
    qatomic_set(&k->d->completed, k->d->completed + DUMP_PAGE_SIZE);
    return k->descs->len < DESC_BATCH * DESC_SIZE || flush(k, errp);
}

static bool put_pages(Kdump *k, Error **errp)
{
    k->descs_at = bitmap_offset(k) + 2 * k->bitmap_size;
    k->data_at = k->descs_at + k->pages * DESC_SIZE;
    for (guint i = 0; i < k->d->blocks->len; i++) {
        const DumpBlock *b = &g_array_index(k->d->blocks, DumpBlock, i);
        for (uint64_t pfn = first_pfn(b); pfn < end_pfn(b); pfn++) {
            if (!put_page(k, b->host + (pfn * DUMP_PAGE_SIZE - b->start), errp)) {
                return false;
            }
        }
    }
    return flush(k, errp);
}

/* ---- the whole ---- */

static void choose(Kdump *k)
{
    switch (k->d->format) {
    case DUMP_GUEST_MEMORY_FORMAT_KDUMP_ZLIB:
    case DUMP_GUEST_MEMORY_FORMAT_KDUMP_LZO:
    case DUMP_GUEST_MEMORY_FORMAT_KDUMP_SNAPPY:
        k->flat = true;
        break;
    default:
        break;
    }
    switch (k->d->format) {
    case DUMP_GUEST_MEMORY_FORMAT_KDUMP_LZO:
    case DUMP_GUEST_MEMORY_FORMAT_KDUMP_RAW_LZO:
        k->method = COMPRESSED_LZO;
        break;
    case DUMP_GUEST_MEMORY_FORMAT_KDUMP_SNAPPY:
    case DUMP_GUEST_MEMORY_FORMAT_KDUMP_RAW_SNAPPY:
        k->method = COMPRESSED_SNAPPY;
        break;
    default:
        k->method = COMPRESSED_ZLIB;
    }
    k->packed_room = 2 * DUMP_PAGE_SIZE; /* more than any of them makes of a page */
    k->packed = g_malloc(k->packed_room);
#ifdef CONFIG_LZO
    k->work = g_malloc(LZO1X_1_MEM_COMPRESS);
#endif
}

bool dump_write_kdump(Dump *d, Error **errp)
{
    Kdump k = {.d = d, .descs = g_byte_array_new(), .data = g_byte_array_new()};
    bool ok;

    choose(&k);
    count_pages(&k);
    ok = begin(&k, errp) && put_headers(&k, errp) && put_bitmaps(&k, errp) && put_pages(&k, errp) &&
         end(&k, errp);
    g_byte_array_unref(k.descs);
    g_byte_array_unref(k.data);
    g_free(k.packed);
    g_free(k.work);
    return ok;
}
