/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Declarative device state: a VMStateDescription lists the fields of a struct
 * that make up the guest-visible state of a device, and one pair of functions
 * saves and loads any of them.
 *
 * Rules that every description follows:
 *  - all guest-visible state is in it from version 1;
 *  - what is only sometimes there goes into a subsection with .needed, so that
 *    a stream without it still loads;
 *  - a value that indexes or sizes something is checked when it is loaded:
 *    VMSTATE_VALIDATE, or a post_load that returns a negative errno. A stream
 *    is outside input.
 *
 * All functions here: BQL held, VM stopped.
 */
#ifndef MIGRATION_VMSTATE_H
#define MIGRATION_VMSTATE_H

#include "qemu/osdep.h"
#include "qemu/queue.h"
#include "qapi/error.h"

typedef struct QEMUFile QEMUFile;
typedef struct VMStateInfo VMStateInfo;
typedef struct VMStateField VMStateField;
typedef struct VMStateDescription VMStateDescription;

/* How one kind of value is written and read. Both return 0 or a negative errno. */
struct VMStateInfo {
    const char *name; /* part of the stream: the loader refuses another type's bytes */
    int (*get)(QEMUFile *f, void *pv, size_t size, const VMStateField *field);
    int (*put)(QEMUFile *f, void *pv, size_t size, const VMStateField *field);
};

enum VMStateFlags {
    VMS_SINGLE = 0x001,
    VMS_POINTER = 0x002,            /* the field is a pointer to the data */
    VMS_ARRAY = 0x004,              /* field->num elements */
    VMS_STRUCT = 0x008,             /* described by field->vmsd */
    VMS_VARRAY_INT32 = 0x010,       /* element count is an int32_t at num_offset */
    VMS_VARRAY_UINT32 = 0x020,      /* ... uint32_t */
    VMS_VARRAY_UINT16 = 0x040,      /* ... uint16_t */
    VMS_VARRAY_UINT8 = 0x080,       /* ... uint8_t */
    VMS_BUFFER = 0x100,             /* size bytes as they are */
    VMS_VBUFFER = 0x200,            /* byte count is a uint32_t at size_offset */
    VMS_ARRAY_OF_POINTER = 0x400,   /* elements are pointers to the data; NULL allowed */
    VMS_ALLOC = 0x800,              /* allocate the data of a pointer on load */
    VMS_MUST_EXIST = 0x1000,        /* field_exists() false is an error, not an absence */
    VMS_MULTIPLY_ELEMENTS = 0x2000, /* the count is multiplied by field->num */
};

struct VMStateField {
    const char *name;
    size_t offset;
    size_t size;
    size_t start;
    int num;
    size_t num_offset;
    size_t size_offset;
    const VMStateInfo *info;
    unsigned flags;
    const VMStateDescription *vmsd;
    int version_id; /* there from this version on */
    int struct_version_id;
    bool (*field_exists)(void *opaque, int version_id);
    const char *err_hint;
};

typedef enum {
    MIG_PRI_DEFAULT = 0,
    MIG_PRI_UNINITIALIZED,
    MIG_PRI_LOW,
    MIG_PRI_BACKEND,
    MIG_PRI_IOMMU,
    MIG_PRI_PCI_BUS,
    MIG_PRI_VIRTIO_MEM,
    MIG_PRI_APIC,
    MIG_PRI_GICV3_ITS,
    MIG_PRI_MAX,
} MigrationPriority;

struct VMStateDescription {
    const char *name;
    bool unmigratable; /* saving is refused, with the name of the device */
    int version_id;
    int minimum_version_id;
    MigrationPriority priority; /* higher is saved, and so loaded, first */
    int (*pre_load)(void *opaque);
    int (*post_load)(void *opaque, int version_id);
    int (*pre_save)(void *opaque);
    int (*post_save)(void *opaque);
    bool (*needed)(void *opaque); /* subsections, and optional devices */
    const VMStateField *fields;
    const VMStateDescription *const *subsections;
};

extern const VMStateInfo vmstate_info_bool;
extern const VMStateInfo vmstate_info_int8;
extern const VMStateInfo vmstate_info_int16;
extern const VMStateInfo vmstate_info_int32;
extern const VMStateInfo vmstate_info_int64;
extern const VMStateInfo vmstate_info_int32_equal; /* loaded value must equal the present one */
extern const VMStateInfo vmstate_info_uint8;
extern const VMStateInfo vmstate_info_uint16;
extern const VMStateInfo vmstate_info_uint32;
extern const VMStateInfo vmstate_info_uint64;
extern const VMStateInfo vmstate_info_uint8_equal;
extern const VMStateInfo vmstate_info_uint16_equal;
extern const VMStateInfo vmstate_info_uint32_equal;
extern const VMStateInfo vmstate_info_uint64_equal;
extern const VMStateInfo vmstate_info_int32_le; /* 0 <= loaded value <= present one */
extern const VMStateInfo vmstate_info_timer;    /* QEMUTimer: expiry in its clock's ns, or -1 */
extern const VMStateInfo vmstate_info_buffer;
extern const VMStateInfo vmstate_info_unused_buffer;
extern const VMStateInfo vmstate_info_bitmap;
extern const VMStateInfo vmstate_info_qtailq;
extern const VMStateInfo vmstate_info_validate;

/* Compile-time check that @field of @state has the type the macro is for. */
#define vmstate_type_check(t1, t2) ((t1 *)0 - (t2 *)0)
#define vmstate_offset_value(state, field, type)                                                   \
    (offsetof(state, field) + vmstate_type_check(type, typeof_field(state, field)))
#define vmstate_offset_pointer(state, field, type)                                                 \
    (offsetof(state, field) + vmstate_type_check(type *, typeof_field(state, field)))
#define vmstate_offset_array(state, field, type, num)                                              \
    (offsetof(state, field) + vmstate_type_check(type, typeof(((state *)0)->field[0])) +           \
     0 * sizeof(char[sizeof(((state *)0)->field) == (num) * sizeof(type) ? 1 : -1]))
#define vmstate_offset_buffer(state, field)                                                        \
    (offsetof(state, field) + vmstate_type_check(uint8_t, typeof(((state *)0)->field[0])))

#define VMSTATE_SINGLE_FULL(_field, _state, _test, _version, _info, _type)                         \
    {                                                                                              \
        .name = (stringify(_field)), .version_id = (_version), .field_exists = (_test),            \
        .size = sizeof(_type), .info = &(_info), .flags = VMS_SINGLE,                              \
        .offset = vmstate_offset_value(_state, _field, _type)                                      \
    }
#define VMSTATE_SINGLE(_field, _state, _version, _info, _type)                                     \
    VMSTATE_SINGLE_FULL(_field, _state, NULL, _version, _info, _type)
#define VMSTATE_SINGLE_TEST(_field, _state, _test, _version, _info, _type)                         \
    VMSTATE_SINGLE_FULL(_field, _state, _test, _version, _info, _type)

/* An int32_t/uint16_t/... element count is read from a sibling loaded before. */
#define VMSTATE_VARRAY_FULL(_field, _state, _count, _ctype, _version, _info, _type, _flag)         \
    {                                                                                              \
        .name = (stringify(_field)), .version_id = (_version), .info = &(_info),                   \
        .num_offset = vmstate_offset_value(_state, _count, _ctype), .size = sizeof(_type),         \
        .flags = (_flag) | VMS_POINTER, .offset = vmstate_offset_pointer(_state, _field, _type)    \
    }
#define VMSTATE_VARRAY_INT32(_field, _state, _count, _version, _info, _type)                       \
    VMSTATE_VARRAY_FULL(_field, _state, _count, int32_t, _version, _info, _type, VMS_VARRAY_INT32)
#define VMSTATE_VARRAY_UINT32(_field, _state, _count, _version, _info, _type)                      \
    VMSTATE_VARRAY_FULL(_field, _state, _count, uint32_t, _version, _info, _type, VMS_VARRAY_UINT32)
#define VMSTATE_VARRAY_UINT16(_field, _state, _count, _version, _info, _type)                      \
    VMSTATE_VARRAY_FULL(_field, _state, _count, uint16_t, _version, _info, _type, VMS_VARRAY_UINT16)

#define VMSTATE_ARRAY_TEST(_field, _state, _num, _test, _version, _info, _type)                    \
    {                                                                                              \
        .name = (stringify(_field)), .version_id = (_version), .field_exists = (_test),            \
        .num = (_num), .info = &(_info), .size = sizeof(_type), .flags = VMS_ARRAY,                \
        .offset = vmstate_offset_array(_state, _field, _type, _num)                                \
    }
#define VMSTATE_ARRAY(_field, _state, _num, _version, _info, _type)                                \
    VMSTATE_ARRAY_TEST(_field, _state, _num, NULL, _version, _info, _type)
#define VMSTATE_SUB_ARRAY(_field, _state, _start, _num, _version, _info, _type)                    \
    {                                                                                              \
        .name = (stringify(_field)), .version_id = (_version), .num = (_num), .info = &(_info),    \
        .size = sizeof(_type), .flags = VMS_ARRAY,                                                 \
        .offset = offsetof(_state, _field) + (_start) * sizeof(_type) +                            \
                  vmstate_type_check(_type, typeof(((_state *)0)->_field[0]))                      \
    }
/* A multi-dimensional array, element by element. */
#define VMSTATE_2DARRAY(_field, _state, _n1, _n2, _version, _info, _type)                          \
    {                                                                                              \
        .name = (stringify(_field)), .version_id = (_version), .num = (_n1) * (_n2),               \
        .info = &(_info), .size = sizeof(_type), .flags = VMS_ARRAY,                               \
        .offset = offsetof(_state, _field) +                                                       \
                  vmstate_type_check(_type, typeof(((_state *)0)->_field[0][0]))                   \
    }

#define VMSTATE_STRUCT_TEST(_field, _state, _test, _version, _vmsd, _type)                         \
    {                                                                                              \
        .name = (stringify(_field)), .version_id = (_version), .field_exists = (_test),            \
        .vmsd = &(_vmsd), .size = sizeof(_type), .flags = VMS_STRUCT,                              \
        .offset = vmstate_offset_value(_state, _field, _type)                                      \
    }
#define VMSTATE_STRUCT(_field, _state, _version, _vmsd, _type)                                     \
    VMSTATE_STRUCT_TEST(_field, _state, NULL, _version, _vmsd, _type)
#define VMSTATE_STRUCT_POINTER(_field, _state, _vmsd, _type)                                       \
    {                                                                                              \
        .name = (stringify(_field)), .vmsd = &(_vmsd), .size = sizeof(_type *),                    \
        .flags = VMS_STRUCT | VMS_POINTER, .offset = vmstate_offset_pointer(_state, _field, _type) \
    }
#define VMSTATE_STRUCT_ARRAY_TEST(_field, _state, _num, _test, _version, _vmsd, _type)             \
    {                                                                                              \
        .name = (stringify(_field)), .num = (_num), .field_exists = (_test),                       \
        .version_id = (_version), .vmsd = &(_vmsd), .size = sizeof(_type),                         \
        .flags = VMS_STRUCT | VMS_ARRAY,                                                           \
        .offset = vmstate_offset_array(_state, _field, _type, _num)                                \
    }
#define VMSTATE_STRUCT_ARRAY(_field, _state, _num, _version, _vmsd, _type)                         \
    VMSTATE_STRUCT_ARRAY_TEST(_field, _state, _num, NULL, _version, _vmsd, _type)
/* A struct array of which only the first *_count elements are in use. */
#define VMSTATE_STRUCT_VARRAY_UINT8(_field, _state, _count, _version, _vmsd, _type)                \
    {                                                                                              \
        .name = (stringify(_field)), .num_offset = vmstate_offset_value(_state, _count, uint8_t),  \
        .version_id = (_version), .vmsd = &(_vmsd), .size = sizeof(_type),                         \
        .flags = VMS_STRUCT | VMS_VARRAY_UINT8, .offset = offsetof(_state, _field)                 \
    }
#define VMSTATE_STRUCT_VARRAY_UINT32(_field, _state, _count, _version, _vmsd, _type)               \
    {                                                                                              \
        .name = (stringify(_field)), .num_offset = vmstate_offset_value(_state, _count, uint32_t), \
        .version_id = (_version), .vmsd = &(_vmsd), .size = sizeof(_type),                         \
        .flags = VMS_STRUCT | VMS_VARRAY_UINT32, .offset = offsetof(_state, _field)                \
    }
#define VMSTATE_STRUCT_VARRAY_POINTER_UINT32(_field, _state, _count, _vmsd, _type)                 \
    {                                                                                              \
        .name = (stringify(_field)), .num_offset = vmstate_offset_value(_state, _count, uint32_t), \
        .vmsd = &(_vmsd), .size = sizeof(_type),                                                   \
        .flags = VMS_STRUCT | VMS_POINTER | VMS_VARRAY_UINT32,                                     \
        .offset = vmstate_offset_pointer(_state, _field, _type)                                    \
    }

#define VMSTATE_BUFFER_TEST(_field, _state, _test, _version, _start, _size)                        \
    {                                                                                              \
        .name = (stringify(_field)), .version_id = (_version), .field_exists = (_test),            \
        .size = (_size), .info = &vmstate_info_buffer, .flags = VMS_BUFFER,                        \
        .offset = vmstate_offset_buffer(_state, _field) + (_start)                                 \
    }
#define VMSTATE_BUFFER(_field, _state)                                                             \
    VMSTATE_BUFFER_TEST(_field, _state, NULL, 0, 0, sizeof(typeof_field(_state, _field)))
#define VMSTATE_PARTIAL_BUFFER(_field, _state, _size)                                              \
    VMSTATE_BUFFER_TEST(_field, _state, NULL, 0, 0, _size)
/* Bytes of any type without padding or host byte order in it. */
#define VMSTATE_BUFFER_UNSAFE(_field, _state, _version, _size)                                     \
    {                                                                                              \
        .name = (stringify(_field)), .version_id = (_version), .size = (_size),                    \
        .info = &vmstate_info_buffer, .flags = VMS_BUFFER, .offset = offsetof(_state, _field)      \
    }
#define VMSTATE_VBUFFER_UINT32(_field, _state, _version, _test, _field_size)                       \
    {                                                                                              \
        .name = (stringify(_field)), .version_id = (_version), .field_exists = (_test),            \
        .size_offset = vmstate_offset_value(_state, _field_size, uint32_t),                        \
        .info = &vmstate_info_buffer, .flags = VMS_VBUFFER | VMS_POINTER,                          \
        .offset = offsetof(_state, _field)                                                         \
    }
/* As above, but loading allocates the buffer (g_malloc), freeing the previous one. */
#define VMSTATE_VBUFFER_ALLOC_UINT32(_field, _state, _version, _test, _field_size)                 \
    {                                                                                              \
        .name = (stringify(_field)), .version_id = (_version), .field_exists = (_test),            \
        .size_offset = vmstate_offset_value(_state, _field_size, uint32_t),                        \
        .info = &vmstate_info_buffer, .flags = VMS_VBUFFER | VMS_POINTER | VMS_ALLOC,              \
        .offset = offsetof(_state, _field)                                                         \
    }

/* Loading fails with the text of @_reason when @_test(opaque, version) is false. */
#define VMSTATE_VALIDATE(_reason, _test)                                                           \
    {                                                                                              \
        .name = (_reason), .field_exists = (_test), .flags = VMS_MUST_EXIST,                       \
        .info = &vmstate_info_validate                                                             \
    }

#define VMSTATE_UNUSED_V(_version, _size)                                                          \
    {                                                                                              \
        .name = "unused", .version_id = (_version), .size = (_size),                               \
        .info = &vmstate_info_unused_buffer, .flags = VMS_BUFFER                                   \
    }
#define VMSTATE_UNUSED(_size)     VMSTATE_UNUSED_V(0, _size)

#define VMSTATE_BOOL_V(f, s, v)   VMSTATE_SINGLE(f, s, v, vmstate_info_bool, bool)
#define VMSTATE_INT8_V(f, s, v)   VMSTATE_SINGLE(f, s, v, vmstate_info_int8, int8_t)
#define VMSTATE_INT16_V(f, s, v)  VMSTATE_SINGLE(f, s, v, vmstate_info_int16, int16_t)
#define VMSTATE_INT32_V(f, s, v)  VMSTATE_SINGLE(f, s, v, vmstate_info_int32, int32_t)
#define VMSTATE_INT64_V(f, s, v)  VMSTATE_SINGLE(f, s, v, vmstate_info_int64, int64_t)
#define VMSTATE_UINT8_V(f, s, v)  VMSTATE_SINGLE(f, s, v, vmstate_info_uint8, uint8_t)
#define VMSTATE_UINT16_V(f, s, v) VMSTATE_SINGLE(f, s, v, vmstate_info_uint16, uint16_t)
#define VMSTATE_UINT32_V(f, s, v) VMSTATE_SINGLE(f, s, v, vmstate_info_uint32, uint32_t)
#define VMSTATE_UINT64_V(f, s, v) VMSTATE_SINGLE(f, s, v, vmstate_info_uint64, uint64_t)

#define VMSTATE_BOOL(f, s)        VMSTATE_BOOL_V(f, s, 0)
#define VMSTATE_INT8(f, s)        VMSTATE_INT8_V(f, s, 0)
#define VMSTATE_INT16(f, s)       VMSTATE_INT16_V(f, s, 0)
#define VMSTATE_INT32(f, s)       VMSTATE_INT32_V(f, s, 0)
#define VMSTATE_INT64(f, s)       VMSTATE_INT64_V(f, s, 0)
#define VMSTATE_UINT8(f, s)       VMSTATE_UINT8_V(f, s, 0)
#define VMSTATE_UINT16(f, s)      VMSTATE_UINT16_V(f, s, 0)
#define VMSTATE_UINT32(f, s)      VMSTATE_UINT32_V(f, s, 0)
#define VMSTATE_UINT64(f, s)      VMSTATE_UINT64_V(f, s, 0)

#define VMSTATE_UINT8_EQUAL(f, s, hint)                                                            \
    {                                                                                              \
        .name = (stringify(f)), .err_hint = (hint), .size = sizeof(uint8_t),                       \
        .info = &vmstate_info_uint8_equal, .flags = VMS_SINGLE,                                    \
        .offset = vmstate_offset_value(s, f, uint8_t)                                              \
    }
#define VMSTATE_UINT16_EQUAL(f, s, hint)                                                           \
    {                                                                                              \
        .name = (stringify(f)), .err_hint = (hint), .size = sizeof(uint16_t),                      \
        .info = &vmstate_info_uint16_equal, .flags = VMS_SINGLE,                                   \
        .offset = vmstate_offset_value(s, f, uint16_t)                                             \
    }
#define VMSTATE_UINT32_EQUAL(f, s, hint)                                                           \
    {                                                                                              \
        .name = (stringify(f)), .err_hint = (hint), .size = sizeof(uint32_t),                      \
        .info = &vmstate_info_uint32_equal, .flags = VMS_SINGLE,                                   \
        .offset = vmstate_offset_value(s, f, uint32_t)                                             \
    }
#define VMSTATE_UINT64_EQUAL(f, s, hint)                                                           \
    {                                                                                              \
        .name = (stringify(f)), .err_hint = (hint), .size = sizeof(uint64_t),                      \
        .info = &vmstate_info_uint64_equal, .flags = VMS_SINGLE,                                   \
        .offset = vmstate_offset_value(s, f, uint64_t)                                             \
    }
#define VMSTATE_INT32_EQUAL(f, s, hint)                                                            \
    {                                                                                              \
        .name = (stringify(f)), .err_hint = (hint), .size = sizeof(int32_t),                       \
        .info = &vmstate_info_int32_equal, .flags = VMS_SINGLE,                                    \
        .offset = vmstate_offset_value(s, f, int32_t)                                              \
    }
#define VMSTATE_INT32_LE(f, s)       VMSTATE_SINGLE(f, s, 0, vmstate_info_int32_le, int32_t)

#define VMSTATE_BOOL_TEST(f, s, t)   VMSTATE_SINGLE_TEST(f, s, t, 0, vmstate_info_bool, bool)
#define VMSTATE_INT32_TEST(f, s, t)  VMSTATE_SINGLE_TEST(f, s, t, 0, vmstate_info_int32, int32_t)
#define VMSTATE_INT64_TEST(f, s, t)  VMSTATE_SINGLE_TEST(f, s, t, 0, vmstate_info_int64, int64_t)
#define VMSTATE_UINT8_TEST(f, s, t)  VMSTATE_SINGLE_TEST(f, s, t, 0, vmstate_info_uint8, uint8_t)
#define VMSTATE_UINT16_TEST(f, s, t) VMSTATE_SINGLE_TEST(f, s, t, 0, vmstate_info_uint16, uint16_t)
#define VMSTATE_UINT32_TEST(f, s, t) VMSTATE_SINGLE_TEST(f, s, t, 0, vmstate_info_uint32, uint32_t)
#define VMSTATE_UINT64_TEST(f, s, t) VMSTATE_SINGLE_TEST(f, s, t, 0, vmstate_info_uint64, uint64_t)

#define VMSTATE_TIMER_PTR(f, s)                                                                    \
    {                                                                                              \
        .name = (stringify(f)), .size = sizeof(QEMUTimer *), .info = &vmstate_info_timer,          \
        .flags = VMS_SINGLE | VMS_POINTER, .offset = vmstate_offset_pointer(s, f, QEMUTimer)       \
    }
#define VMSTATE_TIMER_V(f, s, v) VMSTATE_SINGLE(f, s, v, vmstate_info_timer, QEMUTimer)
#define VMSTATE_TIMER(f, s)      VMSTATE_TIMER_V(f, s, 0)
#define VMSTATE_TIMER_PTR_ARRAY(f, s, n)                                                           \
    {                                                                                              \
        .name = (stringify(f)), .num = (n), .size = sizeof(QEMUTimer *),                           \
        .info = &vmstate_info_timer, .flags = VMS_ARRAY | VMS_ARRAY_OF_POINTER,                    \
        .offset = vmstate_offset_array(s, f, QEMUTimer *, n)                                       \
    }

#define VMSTATE_BOOL_ARRAY(f, s, n)   VMSTATE_ARRAY(f, s, n, 0, vmstate_info_bool, bool)
#define VMSTATE_INT32_ARRAY(f, s, n)  VMSTATE_ARRAY(f, s, n, 0, vmstate_info_int32, int32_t)
#define VMSTATE_INT64_ARRAY(f, s, n)  VMSTATE_ARRAY(f, s, n, 0, vmstate_info_int64, int64_t)
#define VMSTATE_UINT8_ARRAY(f, s, n)  VMSTATE_ARRAY(f, s, n, 0, vmstate_info_uint8, uint8_t)
#define VMSTATE_UINT16_ARRAY(f, s, n) VMSTATE_ARRAY(f, s, n, 0, vmstate_info_uint16, uint16_t)
#define VMSTATE_UINT32_ARRAY(f, s, n) VMSTATE_ARRAY(f, s, n, 0, vmstate_info_uint32, uint32_t)
#define VMSTATE_UINT64_ARRAY(f, s, n) VMSTATE_ARRAY(f, s, n, 0, vmstate_info_uint64, uint64_t)
#define VMSTATE_UINT32_SUB_ARRAY(f, s, start, n)                                                   \
    VMSTATE_SUB_ARRAY(f, s, start, n, 0, vmstate_info_uint32, uint32_t)
#define VMSTATE_UINT8_2DARRAY(f, s, n1, n2)                                                        \
    VMSTATE_2DARRAY(f, s, n1, n2, 0, vmstate_info_uint8, uint8_t)
#define VMSTATE_UINT32_2DARRAY(f, s, n1, n2)                                                       \
    VMSTATE_2DARRAY(f, s, n1, n2, 0, vmstate_info_uint32, uint32_t)
#define VMSTATE_UINT64_2DARRAY(f, s, n1, n2)                                                       \
    VMSTATE_2DARRAY(f, s, n1, n2, 0, vmstate_info_uint64, uint64_t)

#define VMSTATE_BITMAP(_field, _state, _version, _field_size)                                      \
    {                                                                                              \
        .name = (stringify(_field)), .version_id = (_version),                                     \
        .size_offset = vmstate_offset_value(_state, _field_size, int32_t),                         \
        .info = &vmstate_info_bitmap, .flags = VMS_VBUFFER | VMS_POINTER,                          \
        .offset = offsetof(_state, _field)                                                         \
    }
/* A queue whose elements (of _type, linked by _next) loading allocates with g_malloc0. */
#define VMSTATE_QTAILQ_V(_field, _state, _version, _vmsd, _type, _next)                            \
    {                                                                                              \
        .name = (stringify(_field)), .version_id = (_version), .vmsd = &(_vmsd),                   \
        .size = sizeof(_type), .info = &vmstate_info_qtailq, .offset = offsetof(_state, _field),   \
        .start = offsetof(_type, _next)                                                            \
    }

#define VMSTATE_END_OF_LIST()                                                                      \
    {                                                                                              \
        .flags = 0, .name = NULL                                                                   \
    }

/*
 * Load @opaque as @vmsd describes it, from a section written with version
 * @version_id. 0, or a negative errno with @errp saying which field of which
 * device and why; the object may then be half loaded and must be reset.
 */
int vmstate_load_state(QEMUFile *f, const VMStateDescription *vmsd, void *opaque, int version_id,
                       Error **errp);
/* Save; 0, or a negative errno with @errp naming the device. */
int vmstate_save_state(QEMUFile *f, const VMStateDescription *vmsd, void *opaque, Error **errp);
/* Whether the section is there at all (vmsd->needed). */
bool vmstate_section_needed(const VMStateDescription *vmsd, void *opaque);

/*
 * Announce state that belongs to no device. @instance_id: VMSTATE_INSTANCE_ID_ANY
 * counts up per name. vmstate_unregister() takes the same triple.
 */
#define VMSTATE_INSTANCE_ID_ANY UINT32_MAX
int vmstate_register(DeviceState *dev, uint32_t instance_id, const VMStateDescription *vmsd,
                     void *opaque);
void vmstate_unregister(DeviceState *dev, const VMStateDescription *vmsd, void *opaque);

/* RAM blocks that are part of the saved state, under the name of their region. */
void vmstate_register_ram(MemoryRegion *mr, DeviceState *owner);
void vmstate_unregister_ram(MemoryRegion *mr, DeviceState *owner);
void vmstate_register_ram_global(MemoryRegion *mr);

#endif
