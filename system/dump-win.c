/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump as Windows itself writes one at a crash (DUMP_HEADER64 and its brother of 32 bits, as the
 * Windows SDK publishes them): a header, and the pages of physical memory that it lists.
 *
 * The guest's driver for device vmcoreinfo leaves a header that it had the kernel fill. What that
 * could not know is added: the code of the crash, or that there was none, and then the registers of
 * the processors, where debuggers look for them. They are put into the dump, not the guest.
 */

#include "qemu/osdep.h"
#include "dump-internal.h"
#include "exec/address-spaces.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "target/i386/dump-windows.h"

#define DUMP_TYPE_FULL   1
#define LIVE_SYSTEM_DUMP 0x161 /* bug check code of a dump without a bug check */
#define WRITE_AT_ONCE    MiB

/* Where things are in a header. */
typedef struct Layout {
    char signature[9];
    size_t size, word; /* bytes of it, and of an address */
    size_t page_tables, code, parameters, debugger_data, context, type, space;
    size_t runs_count, pages_count, runs; /* runs: first page and count of pages each */
    unsigned max_runs;
} Layout;

static const Layout layouts[] = {
    {"PAGEDU64", 0x2000, 8, 0x10, 0x38, 0x40, 0x80, 0x348, 0xf98, 0xfa0, 0x88, 0x90, 0x98, 42},
    {"PAGEDUMP", 0x1000, 4, 0x10, 0x28, 0x2c, 0x60, 0x320, 0xf88, 0xfa0, 0x64, 0x68, 0x6c, 86},
};

/* KDDEBUGGER_DATA64, which kernels of 32 bits have, too. */
enum {
    DEBUGGER_TAG = 0x10,
    DEBUGGER_SIZE = 0x14,
    DEBUGGER_BUGCHECK = 0x88,    /* address of code and parameters */
    DEBUGGER_PROCESSORS = 0x218, /* address of the addresses of processors' control blocks */
    DEBUGGER_CONTEXT_AT = 0x338, /* offset in those of the address of a CONTEXT, 16 bits */
    DEBUGGER_DATA_SIZE = 0x33a,
};

struct DumpWin {
    const Layout *layout;
    uint8_t header[0x2000];
    GArray *patches; /* DumpWinPatch */
};

/* Bytes of the dump that differ from the guest's memory; within one page. */
typedef struct DumpWinPatch {
    uint64_t phys;
    uint32_t size;
    uint8_t data[DUMP_PAGE_SIZE];
} DumpWinPatch;

void dump_win_free(DumpWin *w)
{
    if (w) {
        g_array_unref(w->patches);
        g_free(w);
    }
}

static uint64_t word_at(const DumpWin *w, size_t offset)
{
    return ldn_le_p(w->header + offset, w->layout->word);
}

/* ---- the guest's virtual memory ---- */

static bool translate(const DumpWin *w, uint64_t virt, uint64_t *phys)
{
    if (w->layout->word == 4) {
        virt = (uint32_t)virt; /* some are sign-extended */
    }
    return x86_dump_translate(first_cpu, word_at(w, w->layout->page_tables), virt, phys);
}

static bool read_virtual(const DumpWin *w, uint64_t virt, void *buf, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t n = MIN(size - done, DUMP_PAGE_SIZE - (virt + done) % DUMP_PAGE_SIZE);
        uint64_t phys;

        if (!translate(w, virt + done, &phys) ||
            address_space_read(&address_space_memory, phys, MEMTXATTRS_UNSPECIFIED,
                               (uint8_t *)buf + done, n) != MEMTX_OK) {
            return false;
        }
        done += n;
    }
    return true;
}

static bool read_word(const DumpWin *w, uint64_t virt, uint64_t *value)
{
    uint8_t buf[8];

    if (!read_virtual(w, virt, buf, w->layout->word)) {
        return false;
    }
    *value = ldn_le_p(buf, w->layout->word);
    return true;
}

static void patch_virtual(DumpWin *w, uint64_t virt, const uint8_t *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        DumpWinPatch p = {.size =
                              MIN(size - done, DUMP_PAGE_SIZE - (virt + done) % DUMP_PAGE_SIZE)};

        if (translate(w, virt + done, &p.phys)) {
            memcpy(p.data, data + done, p.size);
            g_array_append_val(w->patches, p);
        }
        done += p.size;
    }
}

/* ---- what the guest could not know ---- */

/* false: there was no crash. */
static bool add_bugcheck(DumpWin *w, const uint8_t *debugger_data)
{
    const Layout *l = w->layout;
    uint64_t data[5];

    for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
        if (!read_word(w, ldq_le_p(debugger_data + DEBUGGER_BUGCHECK) + i * l->word, &data[i])) {
            return false;
        }
    }
    if (!data[0]) {
        return false;
    }
    stl_le_p(w->header + l->code, data[0]);
    for (size_t i = 1; i < ARRAY_SIZE(data); i++) {
        stn_le_p(w->header + l->parameters + (i - 1) * l->word, l->word, data[i]);
    }
    return true;
}

static void add_processors(DumpWin *w, const uint8_t *debugger_data)
{
    const Layout *l = w->layout;
    bool is_64bit = l->word == 8;
    size_t size = is_64bit ? X86_WINDOWS_CONTEXT64 : X86_WINDOWS_CONTEXT32;
    uint64_t blocks = ldq_le_p(debugger_data + DEBUGGER_PROCESSORS), block, at;
    uint8_t context[X86_WINDOWS_CONTEXT64];
    CPUState *cpu;
    int i = 0;

    CPU_FOREACH (cpu) {
        x86_dump_windows_context(cpu, is_64bit, context);
        if (!i) {
            memcpy(w->header + l->context, context, size);
        }
        if (read_word(w, blocks + i * l->word, &block) &&
            read_word(w, block + lduw_le_p(debugger_data + DEBUGGER_CONTEXT_AT), &at)) {
            patch_virtual(w, at, context, size);
        }
        i++;
    }
}

static void add_what_is_missing(DumpWin *w)
{
    uint64_t at = word_at(w, w->layout->debugger_data);
    uint8_t data[DEBUGGER_DATA_SIZE];

    if (!read_virtual(w, at, data, sizeof(data)) || memcmp(data + DEBUGGER_TAG, "KDBG", 4) ||
        ldl_le_p(data + DEBUGGER_SIZE) < sizeof(data)) {
        warn_report("win-dmp: the guest's data for debuggers is not at 0x%" PRIx64
                    ", where its header has it: no registers and no code of the crash",
                    at);
        return;
    }
    if (!add_bugcheck(w, data)) {
        stl_le_p(w->header + w->layout->code, LIVE_SYSTEM_DUMP);
        add_processors(w, data);
    }
}

/* ---- the header ---- */

static const Layout *find_layout(const uint8_t *header, size_t size)
{
    for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
        if (size == layouts[i].size && !memcmp(header, layouts[i].signature, 8)) {
            return &layouts[i];
        }
    }
    return NULL;
}

static bool get_run(const DumpWin *w, unsigned i, uint64_t *start, uint64_t *size)
{
    const Layout *l = w->layout;
    uint64_t page = word_at(w, l->runs + 2 * i * l->word);
    uint64_t pages = word_at(w, l->runs + (2 * i + 1) * l->word);

    *start = page * DUMP_PAGE_SIZE;
    *size = pages * DUMP_PAGE_SIZE;
    return page < (1ull << 40) && pages < (1ull << 40);
}

static const DumpBlock *find_block(const Dump *d, uint64_t phys)
{
    for (guint i = 0; i < d->blocks->len; i++) {
        const DumpBlock *b = &g_array_index(d->blocks, DumpBlock, i);

        if (phys >= b->start && phys - b->start < b->size) {
            return b;
        }
    }
    return NULL;
}

/* All of it is memory that is there. */
static bool is_memory(const Dump *d, uint64_t start, uint64_t size)
{
    while (size) {
        const DumpBlock *b = find_block(d, start);
        uint64_t n = b ? MIN(size, b->start + b->size - start) : 0;

        if (!n) {
            return false;
        }
        start += n;
        size -= n;
    }
    return true;
}

static bool check_runs(Dump *d, Error **errp)
{
    const DumpWin *w = d->win;
    uint32_t count = ldl_le_p(w->header + w->layout->runs_count);
    uint64_t before = 0, total = 0, start, size;

    if (!count || count > w->layout->max_runs) {
        error_setg(errp, "format 'win-dmp': the guest's header lists %u runs of memory", count);
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        if (!get_run(w, i, &start, &size) || !size || start < before ||
            !is_memory(d, start, size)) {
            error_setg(errp, "format 'win-dmp': run %u of memory in the guest's header is none", i);
            return false;
        }
        before = start + size;
        total += size;
    }
    d->total = w->layout->size + total;
    return true;
}

bool dump_win_prepare(Dump *d, Error **errp)
{
    const Layout *layout =
        d->vmcoreinfo ? find_layout(d->notes->data + d->vmcoreinfo, d->vmcoreinfo_size) : NULL;
    DumpWin *w;

    if (!layout) {
        error_setg(errp, "format 'win-dmp' needs a Windows guest whose driver for device "
                         "vmcoreinfo has left the header of a dump");
        return false;
    }
    w = d->win = g_new0(DumpWin, 1);
    w->layout = layout;
    w->patches = g_array_new(false, false, sizeof(DumpWinPatch));
    memcpy(w->header, d->notes->data + d->vmcoreinfo, layout->size);
    if (!check_runs(d, errp)) {
        return false;
    }
    add_what_is_missing(w);
    stl_le_p(w->header + layout->type, DUMP_TYPE_FULL);
    stq_le_p(w->header + layout->space, d->total);
    return true;
}

/* ---- writing; any thread ---- */

static void apply_patches(const DumpWin *w, uint64_t start, uint8_t *data, uint64_t size)
{
    for (guint i = 0; i < w->patches->len; i++) {
        const DumpWinPatch *p = &g_array_index(w->patches, DumpWinPatch, i);
        uint64_t from = MAX(p->phys, start), to = MIN(p->phys + p->size, start + size);

        if (from < to) {
            memcpy(data + (from - start), p->data + (from - p->phys), to - from);
        }
    }
}

static bool write_run(Dump *d, uint8_t *buf, uint64_t start, uint64_t size, Error **errp)
{
    while (size) {
        const DumpBlock *b = find_block(d, start);
        uint64_t n = MIN(MIN(size, b->start + b->size - start), WRITE_AT_ONCE);

        memcpy(buf, b->host + (start - b->start), n);
        apply_patches(d->win, start, buf, n);
        if (!dump_write(d, buf, n, errp)) {
            return false;
        }
        qatomic_set(&d->completed, d->completed + n);
        start += n;
        size -= n;
    }
    return true;
}

bool dump_write_win(Dump *d, Error **errp)
{
    const DumpWin *w = d->win;
    g_autofree uint8_t *buf = g_malloc(WRITE_AT_ONCE);
    uint32_t count = ldl_le_p(w->header + w->layout->runs_count);
    uint64_t start, size;

    if (!dump_write(d, w->header, w->layout->size, errp)) {
        return false;
    }
    qatomic_set(&d->completed, w->layout->size);
    for (unsigned i = 0; i < count; i++) {
        get_run(w, i, &start, &size);
        if (!write_run(d, buf, start, size, errp)) {
            return false;
        }
    }
    return true;
}
