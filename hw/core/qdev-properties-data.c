/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of properties with a syntax or memory of their own: strings, links, addresses, lists.
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "qapi/visitor.h"
#include "qemu/cutils.h"

void error_set_from_qdev_prop_error(Error **errp, int ret, Object *obj, const char *name,
                                    const char *value)
{
    ERRP_GUARD();
    const char *type = object_get_typename(obj);
    const ObjectProperty *prop;

    switch (ret) {
    case 0:
        break;
    case -EEXIST:
        error_setg(errp, "Property '%s.%s' can't take value '%s', it's in use", type, name, value);
        break;
    case -ENOENT:
        error_setg(errp, "Property '%s.%s' can't find value '%s'", type, name, value);
        break;
    default:
        error_setg(errp, "Property '%s.%s' doesn't take value '%s'", type, name, value);
        prop = object_property_find(obj, name);
        if (prop && prop->description) {
            error_append_hint(errp, "Accepted: %s.\n", prop->description);
        }
        break;
    }
}

/* ---- string ------------------------------------------------------------- */

static void release_string(Object *obj, const char *name, void *opaque)
{
    char **ptr = object_field_prop_ptr(obj, opaque);

    g_clear_pointer(ptr, g_free);
}

static void get_string(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    char **ptr = object_field_prop_ptr(obj, opaque);
    char *str = *ptr ? *ptr : (char *)"";

    visit_type_str(v, name, &str, errp);
}

static void set_string(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    char **ptr = object_field_prop_ptr(obj, opaque);
    char *str;

    if (visit_type_str(v, name, &str, errp)) {
        g_free(*ptr);
        *ptr = str;
    }
}

const PropertyInfo qdev_prop_string = {
    .type = "str",
    .get = get_string,
    .set = set_string,
    .release = release_string,
};

/* ---- link --------------------------------------------------------------- */

static ObjectProperty *create_link_property(ObjectClass *oc, const char *name, const Property *prop)
{
    return object_class_property_add_link(oc, name, prop->link_type, prop->offset,
                                          object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
}

const PropertyInfo qdev_prop_link = {
    .type = "link",
    .create = create_link_property,
};

/* ---- network address ---------------------------------------------------- */

static void get_mac(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    MACAddr *mac = object_field_prop_ptr(obj, opaque);
    g_autofree char *str = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac->a[0], mac->a[1],
                                           mac->a[2], mac->a[3], mac->a[4], mac->a[5]);

    visit_type_str(v, name, &str, errp);
}

/* Six pairs of digits, ':' or '-' between them. */
static bool parse_mac(const char *str, MACAddr *mac)
{
    if (strlen(str) != 17) {
        return false;
    }
    for (int i = 0; i < 6; i++, str += 3) {
        int hi = g_ascii_xdigit_value(str[0]), lo = g_ascii_xdigit_value(str[1]);

        if (hi < 0 || lo < 0 || (i < 5 && str[2] != ':' && str[2] != '-')) {
            return false;
        }
        mac->a[i] = hi << 4 | lo;
    }
    return true;
}

static void set_mac(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    MACAddr *mac = object_field_prop_ptr(obj, opaque), parsed;
    g_autofree char *str = NULL;

    if (!visit_type_str(v, name, &str, errp)) {
        return;
    }
    if (!parse_mac(str, &parsed)) {
        error_set_from_qdev_prop_error(errp, -EINVAL, obj, name, str);
        return;
    }
    *mac = parsed;
}

const PropertyInfo qdev_prop_macaddr = {
    .type = "str",
    .description = "Ethernet 6-byte MAC Address, example: 52:54:00:12:34:56",
    .get = get_mac,
    .set = set_mac,
};

/* ---- PCI slot and function ---------------------------------------------- */

static bool parse_devfn(const char *str, int32_t *devfn)
{
    unsigned long slot, fn = 0;
    const char *p;

    if (!g_ascii_isxdigit(*str) || qemu_strtoul(str, &p, 16, &slot) < 0) {
        return false;
    }
    if (*p == '.' && (!g_ascii_isxdigit(p[1]) || qemu_strtoul(p + 1, &p, 16, &fn) < 0)) {
        return false;
    }
    if (*p || slot > 31 || fn > 7) {
        return false;
    }
    *devfn = slot << 3 | fn;
    return true;
}

static void set_pci_devfn(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    int32_t *ptr = object_field_prop_ptr(obj, opaque), value;
    g_autofree GenericAlternate *alt = NULL;
    g_autofree char *str = NULL;

    if (!visit_start_alternate(v, name, &alt, sizeof(*alt), errp)) {
        return;
    }
    if (alt->type == QTYPE_QNUM) {
        if (!visit_type_int32(v, name, &value, errp)) {
            goto out;
        }
        if (value < -1 || value > 255) {
            error_setg(errp, "Property '%s.%s' expects -1 to 255, got %d", object_get_typename(obj),
                       name, value);
            goto out;
        }
        *ptr = value;
    } else if (visit_type_str(v, name, &str, errp)) {
        if (parse_devfn(str, &value)) {
            *ptr = value;
        } else {
            error_setg(
                errp,
                "Property '%s.%s' doesn't take value '%s': it is a slot, 00 to 1f, and maybe "
                "a function, .0 to .7",
                object_get_typename(obj), name, str);
        }
    }
out:
    visit_end_alternate(v, (void **)&alt);
}

static char *print_pci_devfn(Object *obj, const Property *prop)
{
    int32_t *ptr = object_field_prop_ptr(obj, prop);

    return *ptr == -1 ? g_strdup("<unset>") : g_strdup_printf("%02x.%x", *ptr >> 3, *ptr & 7);
}

static void init_pci_devfn(Object *obj, ObjectProperty *op)
{
    const Property *prop = op->opaque;

    *(int32_t *)object_field_prop_ptr(obj, prop) = prop->defval.i;
}

/* -1 is the next free slot. */
static void set_default_pci_devfn(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_int(op, prop->defval.i);
    op->init = init_pci_devfn;
}

const PropertyInfo qdev_prop_pci_devfn = {
    .type = "str",
    .description = "Slot and optional function number, example: 06.0 or 06",
    .print = print_pci_devfn,
    .get = qdev_propinfo_get_int32,
    .set = set_pci_devfn,
    .set_default_value = set_default_pci_devfn,
};

/* ---- UUID --------------------------------------------------------------- */

static void get_uuid(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    QemuUUID *uuid = object_field_prop_ptr(obj, opaque);
    g_autofree char *str = qemu_uuid_unparse_strdup(uuid);

    visit_type_str(v, name, &str, errp);
}

static void set_uuid(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    QemuUUID *uuid = object_field_prop_ptr(obj, opaque), parsed;
    g_autofree char *str = NULL;

    if (!visit_type_str(v, name, &str, errp)) {
        return;
    }
    if (!strcmp(str, "auto")) {
        qemu_uuid_generate(uuid);
    } else if (qemu_uuid_parse(str, &parsed) == 0) {
        *uuid = parsed;
    } else {
        error_set_from_qdev_prop_error(errp, -EINVAL, obj, name, str);
    }
}

static void set_default_uuid_auto(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_str(op, "auto");
}

const PropertyInfo qdev_prop_uuid = {
    .type = "str",
    .description = "UUID (aka GUID) or \"auto\" for random value (default)",
    .get = get_uuid,
    .set = set_uuid,
    .set_default_value = set_default_uuid_auto,
};

const PropertyInfo qdev_prop_typed_uuid = {
    .type = "QemuUUID",
    .description = "The same in each start of the device",
    .get = get_uuid,
    .set = set_uuid,
};

/* ---- list --------------------------------------------------------------- */

/* The property that describes one element, as if it were a field of @obj. */
static Property element_prop(Object *obj, const Property *parent, char *elem)
{
    return (Property){
        .name = parent->name,
        .info = parent->arrayinfo,
        .offset = elem - (char *)obj,
    };
}

static void release_elements(Object *obj, const Property *prop, const char *name, char *elems,
                             uint32_t n)
{
    for (uint32_t i = 0; prop->arrayinfo->release && i < n; i++) {
        Property elem = element_prop(obj, prop, elems + (size_t)i * prop->arrayfieldsize);

        prop->arrayinfo->release(obj, name, &elem);
    }
    g_free(elems);
}

static void release_array(Object *obj, const char *name, void *opaque)
{
    const Property *prop = opaque;
    uint32_t *count = object_field_prop_ptr(obj, prop);
    char **elems = (char **)((char *)obj + prop->arrayoffset);

    release_elements(obj, prop, name, *elems, *count);
    *elems = NULL;
    *count = 0;
}

static void set_array(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    ERRP_GUARD();
    const Property *prop = opaque;
    g_autoptr(GByteArray) elems = g_byte_array_new();
    GenericList *list, *elem;
    uint32_t n = 0;
    bool ok;

    if (!visit_start_list(v, name, &list, sizeof(*list), errp)) {
        return;
    }
    for (elem = list; elem; elem = visit_next_list(v, elem, sizeof(*list))) {
        Property elem_prop;

        g_byte_array_set_size(elems, (n + 1) * prop->arrayfieldsize);
        memset(elems->data + n * prop->arrayfieldsize, 0, prop->arrayfieldsize);
        elem_prop = element_prop(obj, prop, (char *)elems->data + n * prop->arrayfieldsize);
        n++;
        prop->arrayinfo->set(obj, v, name, &elem_prop, errp);
        if (*errp) {
            break;
        }
    }
    ok = !*errp && visit_check_list(v, errp);
    visit_end_list(v, (void **)&list);
    while (list) {
        elem = list->next;
        g_free(list);
        list = elem;
    }
    if (!ok) {
        release_elements(obj, prop, name, g_memdup2(elems->data, elems->len), n);
        return;
    }
    release_array(obj, name, opaque);
    *(char **)((char *)obj + prop->arrayoffset) = g_memdup2(elems->data, elems->len);
    *(uint32_t *)object_field_prop_ptr(obj, prop) = n;
}

static void get_array(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;
    uint32_t count = *(uint32_t *)object_field_prop_ptr(obj, prop);
    char *elems = *(char **)((char *)obj + prop->arrayoffset);
    /* The visitor follows list links; the elements themselves are in the array. */
    g_autofree GenericList *chain = g_new0(GenericList, count + 1);
    GenericList *list = count ? chain : NULL, *node;
    uint32_t i = 0;

    for (uint32_t k = 1; k < count; k++) {
        chain[k - 1].next = &chain[k];
    }
    if (!visit_start_list(v, name, &list, sizeof(*list), errp)) {
        return;
    }
    for (node = list; node; node = visit_next_list(v, node, sizeof(*list))) {
        Property elem = element_prop(obj, prop, elems + (size_t)i++ * prop->arrayfieldsize);

        prop->arrayinfo->get(obj, v, name, &elem, errp);
    }
    visit_end_list(v, (void **)&list);
}

static void set_default_empty_list(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_list(op);
}

const PropertyInfo qdev_prop_array = {
    .type = "list",
    .get = get_array,
    .set = set_array,
    .release = release_array,
    .set_default_value = set_default_empty_list,
};
