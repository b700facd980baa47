/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How single values are written and read. */

#include "qemu/osdep.h"
#include "migration/qemu-file.h"
#include "migration/vmstate.h"
#include "qemu/bitmap.h"
#include "qemu/timer.h"

#define DEFINE_INTEGER(kind, ctype, get_fn, put_fn)                                                \
    static int get_##kind(QEMUFile *f, void *pv, size_t size, const VMStateField *field)           \
    {                                                                                              \
        *(ctype *)pv = get_fn(f);                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int put_##kind(QEMUFile *f, void *pv, size_t size, const VMStateField *field)           \
    {                                                                                              \
        put_fn(f, *(ctype *)pv);                                                                   \
        return 0;                                                                                  \
    }                                                                                              \
    const VMStateInfo vmstate_info_##kind = {.name = #kind, .get = get_##kind, .put = put_##kind};

DEFINE_INTEGER(int8, int8_t, qemu_get_byte, qemu_put_byte)
DEFINE_INTEGER(int16, int16_t, qemu_get_be16, qemu_put_be16)
DEFINE_INTEGER(int32, int32_t, qemu_get_be32, qemu_put_be32)
DEFINE_INTEGER(int64, int64_t, qemu_get_be64, qemu_put_be64)
DEFINE_INTEGER(uint8, uint8_t, qemu_get_byte, qemu_put_byte)
DEFINE_INTEGER(uint16, uint16_t, qemu_get_be16, qemu_put_be16)
DEFINE_INTEGER(uint32, uint32_t, qemu_get_be32, qemu_put_be32)
DEFINE_INTEGER(uint64, uint64_t, qemu_get_be64, qemu_put_be64)

static int get_bool(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    int value = qemu_get_byte(f);

    /* Anything else would be a bool that is neither true nor false. */
    *(bool *)pv = value == 1;
    return value > 1 ? -EINVAL : 0;
}

static int put_bool(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    qemu_put_byte(f, *(bool *)pv);
    return 0;
}

const VMStateInfo vmstate_info_bool = {.name = "bool", .get = get_bool, .put = put_bool};

/* A value that both sides configured, and that must agree. */
#define DEFINE_EQUAL(kind, base, ctype)                                                            \
    static int get_##kind##_equal(QEMUFile *f, void *pv, size_t size, const VMStateField *field)   \
    {                                                                                              \
        ctype value;                                                                               \
        get_##base(f, &value, size, field);                                                        \
        return value == *(ctype *)pv ? 0 : -EINVAL;                                                \
    }                                                                                              \
    const VMStateInfo vmstate_info_##kind##_equal = {                                              \
        .name = #kind " equal", .get = get_##kind##_equal, .put = put_##base};

DEFINE_EQUAL(uint8, uint8, uint8_t)
DEFINE_EQUAL(uint16, uint16, uint16_t)
DEFINE_EQUAL(uint32, uint32, uint32_t)
DEFINE_EQUAL(uint64, uint64, uint64_t)
DEFINE_EQUAL(int32, int32, int32_t)

/* A count that may not exceed what this side has room for. */
static int get_int32_le(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    int32_t loaded = qemu_get_be32(f), *current = pv;

    if (loaded < 0 || loaded > *current) {
        return -EINVAL;
    }
    *current = loaded;
    return 0;
}

const VMStateInfo vmstate_info_int32_le = {
    .name = "int32 le",
    .get = get_int32_le,
    .put = put_int32,
};

static int get_timer(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    QEMUTimer *timer = pv;
    int64_t expires = qemu_get_be64(f);

    if (expires < 0) {
        timer_del(timer);
    } else {
        timer_mod_ns(timer, expires);
    }
    return 0;
}

static int put_timer(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    qemu_put_be64(f, timer_expire_time_ns(pv));
    return 0;
}

const VMStateInfo vmstate_info_timer = {.name = "timer", .get = get_timer, .put = put_timer};

static int get_buffer(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    qemu_get_buffer(f, pv, size);
    return 0;
}

static int put_buffer(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    qemu_put_buffer(f, pv, size);
    return 0;
}

const VMStateInfo vmstate_info_buffer = {.name = "buffer", .get = get_buffer, .put = put_buffer};

static int get_unused(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    while (size-- > 0) {
        qemu_get_byte(f);
    }
    return 0;
}

static int put_unused(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    while (size-- > 0) {
        qemu_put_byte(f, 0);
    }
    return 0;
}

const VMStateInfo vmstate_info_unused_buffer = {
    .name = "unused buffer",
    .get = get_unused,
    .put = put_unused,
};

/* @size is in bits here; little-endian words whatever the host. */
static int get_bitmap(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    unsigned long *map = pv;

    for (size_t i = 0; i < BITS_TO_LONGS(size); i++) {
        map[i] = qemu_get_be64(f);
    }
    return 0;
}

static int put_bitmap(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    unsigned long *map = pv;

    for (size_t i = 0; i < BITS_TO_LONGS(size); i++) {
        qemu_put_be64(f, map[i]);
    }
    return 0;
}

const VMStateInfo vmstate_info_bitmap = {.name = "bitmap", .get = get_bitmap, .put = put_bitmap};

/* Nothing in the stream: field_exists() did the work. */
static int nothing(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    return 0;
}

const VMStateInfo vmstate_info_validate = {.name = "validate", .get = nothing, .put = nothing};

/* ---- queues ---- */

/* Appends to a queue of which only the place of the link in an element is known. */
static void raw_insert_tail(QTailQLink *head, void *element, size_t link_offset)
{
    QTailQLink *link = (QTailQLink *)((char *)element + link_offset);

    link->tql_next = NULL;
    link->tql_prev = head->tql_prev;
    head->tql_prev->tql_next = element;
    head->tql_prev = link;
}

/* Each element is preceded by a byte 1, the end is a byte 0. */
static int get_qtailq(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    while (qemu_get_byte(f)) {
        void *element;
        int ret;

        if (qemu_file_get_error(f)) {
            return qemu_file_get_error(f);
        }
        element = g_malloc0(field->size);
        ret = vmstate_load_state(f, field->vmsd, element, field->vmsd->version_id, NULL);
        if (ret) {
            g_free(element);
            return ret;
        }
        raw_insert_tail(pv, element, field->start);
    }
    return 0;
}

static int put_qtailq(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    void *element;

    for (element = ((QTailQLink *)pv)->tql_next; element;
         element = ((QTailQLink *)((char *)element + field->start))->tql_next) {
        int ret;
        qemu_put_byte(f, 1);
        ret = vmstate_save_state(f, field->vmsd, element, NULL);
        if (ret) {
            return ret;
        }
    }
    qemu_put_byte(f, 0);
    return 0;
}

const VMStateInfo vmstate_info_qtailq = {.name = "qtailq", .get = get_qtailq, .put = put_qtailq};
