/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values to text. Runs of integers in a list become ranges, which the string
 * input visitor reads back; structures are for people only.
 */
#include "qemu/osdep.h"
#include "qapi/string-output-visitor.h"
#include "qapi/visitor-impl.h"
#include "qemu/cutils.h"

typedef struct StringOutputVisitor {
    Visitor visitor;
    bool human;
    GString *out;
    char **result;
    unsigned structs; /* open ones */
    unsigned lists;
    bool need_comma;
    GArray *run; /* of int64_t: the integers of the innermost list, not written yet */
} StringOutputVisitor;

static StringOutputVisitor *to_sov(Visitor *v)
{
    return container_of(v, StringOutputVisitor, visitor);
}

static void sov_begin(StringOutputVisitor *sov, const char *name)
{
    if (sov->need_comma) {
        g_string_append_c(sov->out, ',');
    }
    if (sov->structs && name) {
        g_string_append_printf(sov->out, "%s=", name);
    }
    sov->need_comma = sov->structs || sov->lists;
}

static bool sov_text(Visitor *v, const char *name, const char *text)
{
    StringOutputVisitor *sov = to_sov(v);

    sov_begin(sov, name);
    g_string_append(sov->out, text);
    return true;
}

/* Writes the integers collected as "a-b,c". */
static void flush_run(StringOutputVisitor *sov)
{
    for (guint i = 0; i < sov->run->len;) {
        int64_t first = g_array_index(sov->run, int64_t, i), last = first;

        for (i++; i < sov->run->len && last < INT64_MAX &&
                  g_array_index(sov->run, int64_t, i) == last + 1;
             i++) {
            last++;
        }
        sov_begin(sov, NULL);
        g_string_append_printf(sov->out, "%" PRId64, first);
        if (last != first) {
            g_string_append_printf(sov->out, "-%" PRId64, last);
        }
    }
    g_array_set_size(sov->run, 0);
}

static bool sov_type_int64(Visitor *v, const char *name, int64_t *obj, Error **errp)
{
    StringOutputVisitor *sov = to_sov(v);
    g_autofree char *text = NULL;

    if (sov->lists && !sov->structs) {
        g_array_append_val(sov->run, *obj);
        return true;
    }
    text = g_strdup_printf(sov->human ? "%" PRId64 " (0x%" PRIx64 ")" : "%" PRId64, *obj,
                           (uint64_t)*obj);
    return sov_text(v, name, text);
}

static bool sov_type_uint64(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    StringOutputVisitor *sov = to_sov(v);
    g_autofree char *text = NULL;

    if (sov->lists && !sov->structs && *obj <= INT64_MAX) {
        int64_t val = *obj;

        g_array_append_val(sov->run, val);
        return true;
    }
    text = g_strdup_printf(sov->human ? "%" PRIu64 " (0x%" PRIx64 ")" : "%" PRIu64, *obj, *obj);
    return sov_text(v, name, text);
}

static bool sov_type_size(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    g_autofree char *suffixed = NULL;
    g_autofree char *text = NULL;

    if (!to_sov(v)->human) {
        text = g_strdup_printf("%" PRIu64, *obj);
        return sov_text(v, name, text);
    }
    suffixed = size_to_str(*obj);
    text = g_strdup_printf("%" PRIu64 " (%s)", *obj, suffixed);
    return sov_text(v, name, text);
}

static bool sov_type_bool(Visitor *v, const char *name, bool *obj, Error **errp)
{
    return sov_text(v, name, *obj ? "true" : "false");
}

static bool sov_type_str(Visitor *v, const char *name, char **obj, Error **errp)
{
    g_autofree char *text = NULL;

    if (!to_sov(v)->human) {
        return sov_text(v, name, *obj ? *obj : "");
    }
    text = *obj ? g_strdup_printf("\"%s\"", *obj) : g_strdup("<null>");
    return sov_text(v, name, text);
}

static bool sov_type_number(Visitor *v, const char *name, double *obj, Error **errp)
{
    char buf[G_ASCII_DTOSTR_BUF_SIZE];

    return sov_text(v, name, g_ascii_formatd(buf, sizeof(buf), "%.17g", *obj));
}

static bool sov_type_null(Visitor *v, const char *name, QNull **obj, Error **errp)
{
    return sov_text(v, name, to_sov(v)->human ? "<null>" : "");
}

static bool sov_start_struct(Visitor *v, const char *name, void **obj, size_t size, Error **errp)
{
    StringOutputVisitor *sov = to_sov(v);

    flush_run(sov);
    sov_text(v, name, "{");
    sov->structs++;
    sov->need_comma = false;
    return true;
}

static void sov_end_struct(Visitor *v, void **obj)
{
    StringOutputVisitor *sov = to_sov(v);

    g_string_append_c(sov->out, '}');
    sov->structs--;
    sov->need_comma = sov->structs || sov->lists;
}

static bool sov_start_list(Visitor *v, const char *name, GenericList **list, size_t size,
                           Error **errp)
{
    StringOutputVisitor *sov = to_sov(v);

    flush_run(sov);
    if (sov->structs || sov->lists) {
        sov_text(v, name, "[");
        sov->need_comma = false;
    }
    sov->lists++;
    return true;
}

static GenericList *sov_next_list(Visitor *v, GenericList *tail, size_t size)
{
    return tail->next;
}

static void sov_end_list(Visitor *v, void **list)
{
    StringOutputVisitor *sov = to_sov(v);

    flush_run(sov);
    sov->lists--;
    if (sov->structs || sov->lists) {
        g_string_append_c(sov->out, ']');
    }
    sov->need_comma = sov->structs || sov->lists;
}

static void sov_complete(Visitor *v, void *opaque)
{
    StringOutputVisitor *sov = to_sov(v);

    g_assert(opaque == sov->result);
    *sov->result = g_string_free(g_steal_pointer(&sov->out), FALSE);
    sov->result = NULL;
}

static void sov_free(Visitor *v)
{
    StringOutputVisitor *sov = to_sov(v);

    if (sov->out) {
        g_string_free(sov->out, TRUE);
    }
    g_array_free(sov->run, TRUE);
    g_free(sov);
}

Visitor *string_output_visitor_new(bool human, char **result)
{
    StringOutputVisitor *sov = g_new0(StringOutputVisitor, 1);

    sov->visitor = (Visitor){
        .type = VISITOR_OUTPUT,
        .start_struct = sov_start_struct,
        .end_struct = sov_end_struct,
        .start_list = sov_start_list,
        .next_list = sov_next_list,
        .end_list = sov_end_list,
        .type_int64 = sov_type_int64,
        .type_uint64 = sov_type_uint64,
        .type_size = sov_type_size,
        .type_bool = sov_type_bool,
        .type_str = sov_type_str,
        .type_number = sov_type_number,
        .type_null = sov_type_null,
        .complete = sov_complete,
        .free = sov_free,
    };
    sov->human = human;
    sov->out = g_string_new(NULL);
    sov->run = g_array_new(FALSE, FALSE, sizeof(int64_t));
    sov->result = result;
    *result = NULL;
    return &sov->visitor;
}
