/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text to a scalar or a list of integers with ranges. */
#include "qemu/osdep.h"
#include "qapi/string-input-visitor.h"
#include "qapi/visitor-impl.h"
#include "qemu/cutils.h"
#include "qobject/qnull.h"

/* A few characters can ask for a huge range. */
#define LIST_MAX 65536

typedef struct StringInputVisitor {
    Visitor visitor;
    const char *string;
    GArray *list; /* of int64_t, while in a list */
    guint pos;
} StringInputVisitor;

static StringInputVisitor *to_siv(Visitor *v)
{
    return container_of(v, StringInputVisitor, visitor);
}

static bool siv_error(const Visitor *v, const char *name, const char *what, const char *got,
                      Error **errp)
{
    error_setg(errp, "Parameter '%s' expects %s, got '%s'", visit_name_for_error(v, name), what,
               got);
    return false;
}

/* One "N" or "N-M" at *@s. */
static bool parse_range(StringInputVisitor *siv, const char **s)
{
    int64_t first, last;

    if (qemu_strtoi64(*s, s, 0, &first) < 0) {
        return false;
    }
    last = first;
    if (**s == '-') {
        (*s)++;
        if (qemu_strtoi64(*s, s, 0, &last) < 0 || last < first ||
            (uint64_t)last - first >= LIST_MAX - siv->list->len) {
            return false;
        }
    }
    for (int64_t i = first;; i++) {
        g_array_append_val(siv->list, i);
        if (i == last) {
            break;
        }
    }
    return siv->list->len < LIST_MAX;
}

static bool siv_start_list(Visitor *v, const char *name, GenericList **list, size_t size,
                           Error **errp)
{
    StringInputVisitor *siv = to_siv(v);
    const char *s = siv->string;
    bool ok = true;

    siv->list = g_array_new(FALSE, FALSE, sizeof(int64_t));
    siv->pos = 0;
    while (ok && *s) {
        ok = parse_range(siv, &s) && (!*s || (*s == ',' && s[1]));
        s += ok && *s == ',';
    }
    if (!ok) {
        g_array_free(g_steal_pointer(&siv->list), TRUE);
        if (list) {
            *list = NULL;
        }
        return siv_error(v, name, "a list of integers and ranges (such as 0-3,8)", siv->string,
                         errp);
    }
    if (list) {
        *list = siv->list->len ? g_malloc0(size) : NULL;
    }
    return true;
}

static GenericList *siv_next_list(Visitor *v, GenericList *tail, size_t size)
{
    StringInputVisitor *siv = to_siv(v);

    if (siv->pos >= siv->list->len) {
        return NULL;
    }
    tail->next = g_malloc0(size);
    return tail->next;
}

static bool siv_check_list(Visitor *v, Error **errp)
{
    StringInputVisitor *siv = to_siv(v);

    if (siv->pos < siv->list->len) {
        error_setg(errp, "Only %u list elements are accepted, got '%s'", siv->pos, siv->string);
        return false;
    }
    return true;
}

static void siv_end_list(Visitor *v, void **list)
{
    g_array_free(g_steal_pointer(&to_siv(v)->list), TRUE);
}

/* Text it is; the one who asks parses it. */
static bool siv_start_alternate(Visitor *v, const char *name, GenericAlternate **obj, size_t size,
                                Error **errp)
{
    *obj = g_malloc0(size);
    (*obj)->type = QTYPE_QSTRING;
    return true;
}

/* The next list element; false when not in a list. */
static bool siv_next_element(StringInputVisitor *siv, int64_t *obj)
{
    if (!siv->list || siv->pos >= siv->list->len) {
        return false;
    }
    *obj = g_array_index(siv->list, int64_t, siv->pos++);
    return true;
}

static bool siv_type_int64(Visitor *v, const char *name, int64_t *obj, Error **errp)
{
    StringInputVisitor *siv = to_siv(v);

    if (siv->list) {
        return siv_next_element(siv, obj) ||
               siv_error(v, name, "one more element", siv->string, errp);
    }
    return qemu_strtoi64(siv->string, NULL, 0, obj) == 0 ||
           siv_error(v, name, "an integer", siv->string, errp);
}

static bool siv_type_uint64(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    StringInputVisitor *siv = to_siv(v);
    int64_t val;

    if (siv->list) {
        if (!siv_next_element(siv, &val)) {
            return siv_error(v, name, "one more element", siv->string, errp);
        }
        v->negative = val < 0;
        *obj = val;
        return true;
    }
    v->negative = strchr(siv->string, '-');
    return qemu_strtou64(siv->string, NULL, 0, obj) == 0 ||
           siv_error(v, name, "an integer", siv->string, errp);
}

static bool siv_type_size(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    StringInputVisitor *siv = to_siv(v);

    return qemu_strtosz(siv->string, NULL, obj) == 0 ||
           siv_error(v, name, "a size (such as 512, 64K, 1.5G)", siv->string, errp);
}

static bool siv_type_bool(Visitor *v, const char *name, bool *obj, Error **errp)
{
    return qapi_bool_parse(visit_name_for_error(v, name), to_siv(v)->string, obj, errp);
}

static bool siv_type_str(Visitor *v, const char *name, char **obj, Error **errp)
{
    *obj = g_strdup(to_siv(v)->string);
    return true;
}

static bool siv_type_number(Visitor *v, const char *name, double *obj, Error **errp)
{
    const char *str = to_siv(v)->string;
    char *end;

    *obj = g_ascii_strtod(str, &end);
    return (*str && !*end && isfinite(*obj)) || siv_error(v, name, "a number", str, errp);
}

static bool siv_type_null(Visitor *v, const char *name, QNull **obj, Error **errp)
{
    *obj = NULL;
    if (*to_siv(v)->string) {
        return siv_error(v, name, "nothing", to_siv(v)->string, errp);
    }
    *obj = qnull();
    return true;
}

static void siv_free(Visitor *v)
{
    StringInputVisitor *siv = to_siv(v);

    if (siv->list) {
        g_array_free(siv->list, TRUE);
    }
    g_free(siv);
}

Visitor *string_input_visitor_new(const char *str)
{
    StringInputVisitor *siv = g_new0(StringInputVisitor, 1);

    siv->visitor = (Visitor){
        .type = VISITOR_INPUT,
        .start_list = siv_start_list,
        .next_list = siv_next_list,
        .check_list = siv_check_list,
        .end_list = siv_end_list,
        .start_alternate = siv_start_alternate,
        .type_int64 = siv_type_int64,
        .type_uint64 = siv_type_uint64,
        .type_size = siv_type_size,
        .type_bool = siv_type_bool,
        .type_str = siv_type_str,
        .type_number = siv_type_number,
        .type_null = siv_type_null,
        .free = siv_free,
    };
    siv->string = str;
    return &siv->visitor;
}
