/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saving and loading of structs as their VMStateDescription says.
 *
 * In the stream a description is its fields in order, each preceded by a byte
 * that counts the characters of its name and by the name, so that a field that
 * one side does not have is found out at once; then the subsections that are
 * there, each a byte SUBSECTION, its name and version; then a byte END.
 */

#include "qemu/osdep.h"
#include "migration/qemu-file.h"
#include "migration/register.h"
#include "migration/vmstate.h"
#include "qom/object.h"

#define MARK_SUBSECTION 0x05
#define MARK_END        0x06
/* Elements of one array or queue: beyond it a count in a stream is not believable. */
#define MAX_ELEMENTS (1 << 20)

bool vmstate_section_needed(const VMStateDescription *vmsd, void *opaque)
{
    return !vmsd->needed || vmsd->needed(opaque);
}

static bool field_present(const VMStateField *field, void *opaque, int version_id)
{
    if (field->flags & VMS_MUST_EXIST) {
        return true;
    }
    return field->field_exists ? field->field_exists(opaque, version_id)
                               : field->version_id <= version_id;
}

/* Number of elements; negative when what the struct says is impossible. */
static int64_t element_count(const VMStateField *field, void *opaque)
{
    void *at = (char *)opaque + field->num_offset;
    int64_t count = 1;

    if (field->flags & VMS_ARRAY) {
        count = field->num;
    } else if (field->flags & VMS_VARRAY_INT32) {
        count = *(int32_t *)at;
    } else if (field->flags & VMS_VARRAY_UINT32) {
        count = *(uint32_t *)at;
    } else if (field->flags & VMS_VARRAY_UINT16) {
        count = *(uint16_t *)at;
    } else if (field->flags & VMS_VARRAY_UINT8) {
        count = *(uint8_t *)at;
    }
    if (field->flags & VMS_MULTIPLY_ELEMENTS) {
        count *= field->num;
    }
    return count > MAX_ELEMENTS ? -1 : count;
}

static size_t element_size(const VMStateField *field, void *opaque)
{
    return field->flags & VMS_VBUFFER ? *(uint32_t *)((char *)opaque + field->size_offset)
                                      : field->size;
}

/* Where element @i of the field is; NULL when it is an absent pointer. */
static void *element_at(const VMStateField *field, void *opaque, int64_t i, size_t size)
{
    char *base = (char *)opaque + field->offset;

    if (field->flags & VMS_POINTER) {
        base = *(char **)base;
    }
    if (field->flags & VMS_ARRAY_OF_POINTER) {
        return ((void **)base)[i];
    }
    return base ? base + i * size : NULL;
}

/* ---- saving ---- */

static int save_element(QEMUFile *f, const VMStateField *field, void *element, size_t size,
                        Error **errp)
{
    if (field->flags & VMS_ARRAY_OF_POINTER) {
        qemu_put_byte(f, element != NULL);
        if (!element) {
            return 0;
        }
    }
    if (field->flags & VMS_STRUCT) {
        return vmstate_save_state(f, field->vmsd, element, errp);
    }
    return field->info->put(f, element, size, field);
}

static int save_field(QEMUFile *f, const VMStateField *field, void *opaque, Error **errp)
{
    int64_t count = element_count(field, opaque);
    size_t size = element_size(field, opaque);
    int ret = count < 0 ? -EINVAL : 0;

    for (int64_t i = 0; i < count && !ret; i++) {
        ret = save_element(f, field, element_at(field, opaque, i, size), size, errp);
    }
    return ret;
}

static int save_subsections(QEMUFile *f, const VMStateDescription *vmsd, void *opaque, Error **errp)
{
    for (const VMStateDescription *const *sub = vmsd->subsections; sub && *sub; sub++) {
        int ret;
        if (!vmstate_section_needed(*sub, opaque)) {
            continue;
        }
        qemu_put_byte(f, MARK_SUBSECTION);
        qemu_put_counted_string(f, (*sub)->name);
        qemu_put_be32(f, (*sub)->version_id);
        ret = vmstate_save_state(f, *sub, opaque, errp);
        if (ret) {
            return ret;
        }
    }
    qemu_put_byte(f, MARK_END);
    return 0;
}

int vmstate_save_state(QEMUFile *f, const VMStateDescription *vmsd, void *opaque, Error **errp)
{
    ERRP_GUARD();
    int ret = 0;

    if (vmsd->unmigratable) {
        error_setg(errp, "the state of '%s' cannot be saved", vmsd->name);
        return -ENOTSUP;
    }
    if (vmsd->pre_save) {
        ret = vmsd->pre_save(opaque);
        if (ret) {
            error_setg(errp, "'%s' is in a state that cannot be saved", vmsd->name);
            return ret;
        }
    }
    for (const VMStateField *field = vmsd->fields; field && field->name && !ret; field++) {
        if (!field_present(field, opaque, vmsd->version_id)) {
            continue;
        }
        qemu_put_counted_string(f, field->name);
        ret = save_field(f, field, opaque, errp);
        if (ret && !*errp) {
            error_setg(errp, "saving field '%s' of '%s' failed", field->name, vmsd->name);
        }
    }
    if (!ret) {
        ret = save_subsections(f, vmsd, opaque, errp);
    }
    if (vmsd->post_save) {
        int post = vmsd->post_save(opaque);
        ret = ret ? ret : post;
    }
    return ret;
}

/* ---- loading ---- */

static int load_element(QEMUFile *f, const VMStateField *field, void *element, size_t size,
                        Error **errp)
{
    if (field->flags & VMS_ARRAY_OF_POINTER) {
        bool there = qemu_get_byte(f);
        if (there != (element != NULL)) {
            return -EINVAL;
        }
        if (!there) {
            return 0;
        }
    }
    if (!element && size) {
        return -EINVAL;
    }
    if (field->flags & VMS_STRUCT) {
        return vmstate_load_state(
            f, field->vmsd, element,
            field->struct_version_id ? field->struct_version_id : field->vmsd->version_id, errp);
    }
    return field->info->get(f, element, size, field);
}

static int load_field(QEMUFile *f, const VMStateField *field, void *opaque, Error **errp)
{
    int64_t count = element_count(field, opaque);
    size_t size = element_size(field, opaque);
    int ret = count < 0 ? -EINVAL : 0;

    if (!ret && (field->flags & VMS_ALLOC)) {
        void **pointer = (void **)((char *)opaque + field->offset);
        if (size > MAX_ELEMENTS) {
            return -EINVAL;
        }
        g_free(*pointer);
        *pointer = g_malloc0(size * count);
    }
    for (int64_t i = 0; i < count && !ret; i++) {
        ret = load_element(f, field, element_at(field, opaque, i, size), size, errp);
        if (!ret) {
            ret = qemu_file_get_error(f);
        }
    }
    return ret;
}

/* true and @errp after a read that did not get its bytes. */
static bool ended_early(QEMUFile *f, const VMStateDescription *vmsd, Error **errp)
{
    int ret = qemu_file_get_error(f);

    if (ret == -EIO) {
        error_setg(errp, "the saved state ends in the middle of '%s'", vmsd->name);
    } else if (ret) {
        qemu_file_get_error_obj(f, errp);
    }
    return ret != 0;
}

/* The name of the next field in the stream must be @field's. */
static bool expect_name(QEMUFile *f, const VMStateDescription *vmsd, const VMStateField *field,
                        Error **errp)
{
    char name[256];

    qemu_get_counted_string(f, name);
    if (ended_early(f, vmsd, errp)) {
        return false;
    }
    if (strcmp(name, field->name)) {
        error_setg(errp, "'%s' has the field '%s' here where the saved state has '%s'", vmsd->name,
                   field->name, name);
        return false;
    }
    return true;
}

static int load_subsections(QEMUFile *f, const VMStateDescription *vmsd, void *opaque, Error **errp)
{
    for (;;) {
        const VMStateDescription *const *sub = vmsd->subsections;
        int mark = qemu_get_byte(f), ret;
        char name[256];
        int32_t version;

        if (mark == MARK_END) {
            return 0;
        }
        if (ended_early(f, vmsd, errp)) {
            return -EIO;
        }
        if (mark != MARK_SUBSECTION) {
            error_setg(errp, "the saved state of '%s' does not end where it should", vmsd->name);
            return -EINVAL;
        }
        qemu_get_counted_string(f, name);
        version = qemu_get_be32(f);
        if (ended_early(f, vmsd, errp)) {
            return -EIO;
        }
        while (sub && *sub && strcmp((*sub)->name, name)) {
            sub++;
        }
        if (!sub || !*sub) {
            error_setg(errp, "the saved state of '%s' has a part '%s' that is not known here",
                       vmsd->name, name);
            return -ENOENT;
        }
        ret = vmstate_load_state(f, *sub, opaque, version, errp);
        if (ret) {
            return ret;
        }
    }
}

static int load_fields(QEMUFile *f, const VMStateDescription *vmsd, void *opaque, int version_id,
                       Error **errp)
{
    ERRP_GUARD();

    for (const VMStateField *field = vmsd->fields; field && field->name; field++) {
        int ret;
        if (!field_present(field, opaque, version_id)) {
            continue;
        }
        if (!expect_name(f, vmsd, field, errp)) {
            return -EINVAL;
        }
        if ((field->flags & VMS_MUST_EXIST) && !field->field_exists(opaque, version_id)) {
            error_setg(errp, "the saved state of '%s' is not valid: %s", vmsd->name, field->name);
            return -EINVAL;
        }
        ret = load_field(f, field, opaque, errp);
        if (ret && !*errp && ended_early(f, vmsd, errp)) {
            return ret;
        }
        if (ret && !*errp) {
            error_setg(errp, "field '%s' of '%s' cannot be loaded: %s", field->name, vmsd->name,
                       field->err_hint ? field->err_hint : g_strerror(-ret));
        }
        if (ret) {
            return ret;
        }
    }
    return 0;
}

int vmstate_load_state(QEMUFile *f, const VMStateDescription *vmsd, void *opaque, int version_id,
                       Error **errp)
{
    int ret;

    if (version_id > vmsd->version_id || version_id < vmsd->minimum_version_id) {
        error_setg(errp, "the saved state of '%s' has version %d; %d to %d are known here",
                   vmsd->name, version_id, vmsd->minimum_version_id, vmsd->version_id);
        return -EINVAL;
    }
    ret = vmsd->pre_load ? vmsd->pre_load(opaque) : 0;
    if (ret) {
        error_setg(errp, "'%s' cannot load a state now", vmsd->name);
        return ret;
    }
    ret = load_fields(f, vmsd, opaque, version_id, errp);
    if (!ret) {
        ret = load_subsections(f, vmsd, opaque, errp);
    }
    if (!ret && vmsd->post_load) {
        ret = vmsd->post_load(opaque, version_id);
        if (ret) {
            error_setg(errp, "the saved state of '%s' is not valid", vmsd->name);
        }
    }
    return ret;
}
