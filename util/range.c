/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of ranges. */
#include "qemu/osdep.h"
#include "qemu/range.h"

int range_compare(Range *a, Range *b)
{
    g_assert(!range_is_empty(a) && !range_is_empty(b));
    /* Careful not to add one to the end of the full range. */
    if (b->lob && a->upb < b->lob - 1) {
        return -1;
    }
    if (a->lob && b->upb < a->lob - 1) {
        return 1;
    }
    return 0;
}

/* Merge what follows @l into it while they overlap or touch. */
static void absorb_followers(GList *list, GList *l)
{
    while (l->next && range_compare(l->data, l->next->data) == 0) {
        GList *next = l->next;

        range_extend(l->data, next->data);
        g_free(next->data);
        list = g_list_delete_link(list, next);
    }
}

GList *range_list_insert(GList *list, Range *data)
{
    GList *l;

    g_assert(!range_is_empty(data));
    for (l = list; l && range_compare(l->data, data) < 0; l = l->next) {
    }
    if (!l || range_compare(l->data, data) > 0) {
        return g_list_insert_before(list, l, data);
    }
    range_extend(l->data, data);
    g_free(data);
    /* @l stays, so the head of the list is the same. */
    absorb_followers(list, l);
    return list;
}

static gint compare_lob(gconstpointer a, gconstpointer b)
{
    const Range *ra = a, *rb = b;

    return ra->lob < rb->lob ? -1 : ra->lob > rb->lob;
}

void range_inverse_array(GArray *in_ranges, GArray *out_ranges, uint64_t low, uint64_t high)
{
    uint64_t next = low;
    Range gap;
    guint i;

    g_array_sort(in_ranges, compare_lob);
    for (i = 0; i < in_ranges->len; i++) {
        Range *r = &g_array_index(in_ranges, Range, i);

        if (range_is_empty(r) || r->upb < next) {
            continue;
        }
        if (r->lob > high) {
            break;
        }
        if (r->lob > next) {
            range_set_bounds(&gap, next, r->lob - 1);
            g_array_append_val(out_ranges, gap);
        }
        if (r->upb >= high) {
            return;
        }
        next = r->upb + 1;
    }
    range_set_bounds(&gap, next, high);
    g_array_append_val(out_ranges, gap);
}
