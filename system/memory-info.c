/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `info mtree`: the trees of regions, or the flat views they come out as, in text. */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "hw/qdev-core.h"
#include "memory-internal.h"

typedef struct MtreePrinter {
    void (*emit)(void *opaque, const char *text);
    void *opaque;
    bool owner;
    bool disabled;
    GString *line;
    GHashTable *aliased; /* regions to print trees of, as aliases lead to them */
    GPtrArray *alias_todo;
} MtreePrinter;

static void flush_line(MtreePrinter *p)
{
    g_string_append_c(p->line, '\n');
    p->emit(p->opaque, p->line->str);
    g_string_truncate(p->line, 0);
}

static const char *region_type(MemoryRegion *mr)
{
    while (mr->alias) {
        mr = mr->alias;
    }
    if (mr->ram_device) {
        return "ramd";
    }
    if (memory_region_is_romd(mr)) {
        return "romd";
    }
    if (memory_region_is_rom(mr)) {
        return "rom";
    }
    if (mr->ram) {
        return "ram";
    }
    return mr->terminates ? "i/o" : "container";
}

static void print_object(MtreePrinter *p, const char *label, Object *obj)
{
    DeviceState *dev = (DeviceState *)object_dynamic_cast(obj, TYPE_DEVICE);
    g_autofree char *path = NULL;

    if (dev && dev->id) {
        g_string_append_printf(p->line, " %s:{dev id=%s}", label, dev->id);
        return;
    }
    path = object_get_canonical_path(obj);
    g_string_append_printf(p->line, " %s:{%s path=%s}", label, dev ? "dev" : "obj",
                           path ? path : "(none)");
}

static void print_owner(MtreePrinter *p, MemoryRegion *mr)
{
    if (!p->owner) {
        return;
    }
    if (mr->owner) {
        print_object(p, "owner", mr->owner);
    } else if (OBJECT(mr)->parent) {
        print_object(p, "parent", OBJECT(mr)->parent);
    } else {
        g_string_append(p->line, " orphan");
    }
}

static void print_range(MtreePrinter *p, unsigned indent, Int128 start, Int128 size)
{
    Int128 last = size ? start + size - 1 : start;

    g_string_append_printf(p->line, "%*s" HWADDR_FMT "-" HWADDR_FMT, indent, "",
                           int128_get64(start), int128_get64(last));
}

/* Addresses beyond 2^64 (an alias window reaching over the end) are shown modulo. */
static void print_tree(MtreePrinter *p, MemoryRegion *mr, unsigned indent, Int128 base)
{
    MemoryRegion *sub;
    Int128 start = base + mr->addr;

    if (mr->enabled || p->disabled) {
        print_range(p, indent, start, mr->size);
        g_string_append_printf(p->line, " (prio %d, %s%s): ", mr->priority,
                               mr->nonvolatile ? "nv-" : "", region_type(mr));
        if (mr->alias) {
            g_string_append_printf(p->line, "alias %s @%s ", memory_region_name(mr),
                                   memory_region_name(mr->alias));
            print_range(p, 0, mr->alias_offset, mr->size);
            if (g_hash_table_add(p->aliased, mr->alias)) {
                g_ptr_array_add(p->alias_todo, mr->alias);
            }
        } else {
            g_string_append(p->line, memory_region_name(mr));
        }
        if (!mr->enabled) {
            g_string_append(p->line, " [disabled]");
        }
        print_owner(p, mr);
        flush_line(p);
    }
    /* In address order, whatever order decides who wins. */
    {
        g_autoptr(GPtrArray) subs = g_ptr_array_new();

        QTAILQ_FOREACH (sub, &mr->subregions, subregions_link) {
            guint i = 0;

            while (i < subs->len) {
                MemoryRegion *other = g_ptr_array_index(subs, i);

                if (sub->addr < other->addr ||
                    (sub->addr == other->addr && sub->priority > other->priority)) {
                    break;
                }
                i++;
            }
            g_ptr_array_insert(subs, i, sub);
        }
        for (guint i = 0; i < subs->len; i++) {
            print_tree(p, g_ptr_array_index(subs, i), indent + 2, start);
        }
    }
}

static void print_trees(MtreePrinter *p)
{
    AddressSpace *as;

    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        AddressSpace *other;
        bool shown = false;

        /* Spaces with the same root are named together, where the first of them is. */
        for (other = QTAILQ_FIRST(&address_spaces); other != as;
             other = QTAILQ_NEXT(other, address_spaces_link)) {
            shown |= other->root == as->root;
        }
        if (shown) {
            continue;
        }
        for (other = as; other; other = QTAILQ_NEXT(other, address_spaces_link)) {
            if (other->root == as->root) {
                g_string_append_printf(p->line, "address-space: %s", other->name);
                flush_line(p);
            }
        }
        print_tree(p, as->root, 2, 0);
        flush_line(p);
    }
    for (guint i = 0; i < p->alias_todo->len; i++) {
        MemoryRegion *mr = g_ptr_array_index(p->alias_todo, i);

        g_string_append_printf(p->line, "memory-region: %s", memory_region_name(mr));
        flush_line(p);
        print_tree(p, mr, 2, -(Int128)mr->addr);
        flush_line(p);
    }
}

/* The index as the dispatch sees it: which range an address is looked up in. */
static void print_dispatch(MtreePrinter *p, const FlatView *view)
{
    g_string_append_printf(p->line, "  Dispatch: sorted array, %u of %u entries, last hit #%u",
                           view->nr, view->nr_allocated, view->mru);
    flush_line(p);
    for (unsigned i = 0; i < view->nr; i++) {
        const FlatRange *fr = &view->ranges[i];

        g_string_append_printf(p->line, "    #%u @" HWADDR_FMT " +" HWADDR_FMT " %s%s%s", i,
                               int128_get64(fr->addr.start), fr->offset_in_region,
                               memory_region_name(fr->mr), fr->readonly ? " [ro]" : "",
                               fr->mr->is_iommu ? " [iommu]" : "");
        if (fr->dirty_log_mask) {
            g_string_append_printf(p->line, " [log 0x%x]", fr->dirty_log_mask);
        }
        flush_line(p);
    }
}

static void print_view(MtreePrinter *p, FlatView *view, unsigned number, bool dispatch_tree)
{
    AddressSpace *as;
    FlatRange *fr;

    g_string_append_printf(p->line, "FlatView #%u", number);
    flush_line(p);
    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        if (as->current_map == view) {
            g_string_append_printf(p->line, " AS \"%s\", root: %s", as->name,
                                   memory_region_name(as->root));
            if (as->root->alias) {
                g_string_append_printf(p->line, ", alias %s", memory_region_name(as->root->alias));
            }
            flush_line(p);
        }
    }
    g_string_append_printf(p->line, " Root memory region: %s",
                           view->root ? memory_region_name(view->root) : "(none)");
    flush_line(p);
    if (!view->nr) {
        g_string_append(p->line, "  No rendered FlatView");
        flush_line(p);
    }
    FOR_EACH_FLATRANGE (fr, view) {
        print_range(p, 2, fr->addr.start, fr->addr.size);
        g_string_append_printf(
            p->line, " (prio %d, %s%s): %s", fr->mr->priority, fr->nonvolatile ? "nv-" : "",
            fr->readonly && fr->mr->ram ? "rom" : region_type(fr->mr), memory_region_name(fr->mr));
        if (fr->offset_in_region) {
            g_string_append_printf(p->line, " @" HWADDR_FMT, fr->offset_in_region);
        }
        print_owner(p, fr->mr);
        flush_line(p);
    }
    if (dispatch_tree) {
        print_dispatch(p, view);
    }
    flush_line(p);
}

static void print_views(MtreePrinter *p, bool dispatch_tree)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    unsigned number = 0;
    AddressSpace *as;

    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        if (g_hash_table_add(seen, as->current_map)) {
            print_view(p, as->current_map, number++, dispatch_tree);
        }
    }
}

void mtree_info(void (*emit)(void *opaque, const char *text), void *opaque, bool flatview,
                bool dispatch_tree, bool owner, bool disabled)
{
    MtreePrinter p = {
        .emit = emit,
        .opaque = opaque,
        .owner = owner,
        .disabled = disabled,
        .line = g_string_new(NULL),
        .aliased = g_hash_table_new(NULL, NULL),
        .alias_todo = g_ptr_array_new(),
    };

    if (flatview) {
        print_views(&p, dispatch_tree);
    } else {
        print_trees(&p);
    }
    g_ptr_array_free(p.alias_todo, TRUE);
    g_hash_table_destroy(p.aliased);
    g_string_free(p.line, TRUE);
}
