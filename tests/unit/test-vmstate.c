/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State descriptions: every kind of field there and back, versions,
 * subsections, checks; and streams that end early or have a wrong byte, which
 * must give a message and nothing worse.
 */
#include "qemu/osdep.h"
#include "migration/blocker.h"
#include "migration/qemu-file.h"
#include "migration/register.h"
#include "migration/vmstate.h"
#include "qemu/bitmap.h"
#include "qemu/crc.h"
#include "qemu/fifo8.h"
#include "qemu/timer.h"

/* ---- a stream in memory ---- */

typedef struct Memory {
    GByteArray *bytes;
    size_t position;
} Memory;

static int memory_write(void *opaque, const uint8_t *buf, size_t size)
{
    g_byte_array_append(((Memory *)opaque)->bytes, buf, size);
    return 0;
}

/* In small pieces, as a socket would. */
static ssize_t memory_read(void *opaque, uint8_t *buf, size_t size)
{
    Memory *m = opaque;
    size_t part = MIN(MIN(size, 7), m->bytes->len - m->position);

    if (part) { /* an empty array has no data at all */
        memcpy(buf, m->bytes->data + m->position, part);
    }
    m->position += part;
    return part;
}

static int memory_close(void *opaque)
{
    return 0;
}

static const QEMUFileOps memory_ops = {
    .read = memory_read,
    .write = memory_write,
    .close = memory_close,
};

static GByteArray *save(const VMStateDescription *vmsd, void *opaque)
{
    Memory m = {.bytes = g_byte_array_new()};
    QEMUFile *f = qemu_file_new(&memory_ops, &m, true);

    g_assert_cmpint(vmstate_save_state(f, vmsd, opaque, &error_abort), ==, 0);
    g_assert_cmpint(qemu_fclose(f), ==, 0);
    return m.bytes;
}

/* Consumes nothing; the bytes must all be used when it succeeds. */
static int load(GByteArray *bytes, const VMStateDescription *vmsd, void *opaque, int version,
                Error **errp)
{
    Memory m = {.bytes = bytes};
    QEMUFile *f = qemu_file_new(&memory_ops, &m, false);
    int ret = vmstate_load_state(f, vmsd, opaque, version, errp);

    if (!ret) {
        g_assert_cmpuint(qemu_file_transferred(f), ==, bytes->len);
    }
    qemu_fclose(f);
    return ret;
}

static void assert_refused(GByteArray *bytes, const VMStateDescription *vmsd, void *opaque,
                           int version, const char *message)
{
    Error *err = NULL;

    g_assert_cmpint(load(bytes, vmsd, opaque, version, &err), <, 0);
    g_assert_cmpstr(error_get_pretty(err), ==, message);
    error_free(err);
}

/* ---- all kinds of fields ---- */

typedef struct Point {
    int32_t x, y;
} Point;

static const VMStateDescription vmstate_point = {
    .name = "point",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){VMSTATE_INT32(x, Point), VMSTATE_INT32(y, Point),
                                     VMSTATE_END_OF_LIST()},
};

typedef struct Node {
    uint16_t value;
    QTAILQ_ENTRY(Node) next;
} Node;

static const VMStateDescription vmstate_node = {
    .name = "node",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){VMSTATE_UINT16(value, Node), VMSTATE_END_OF_LIST()},
};

#define MANY     9
#define MAP_BITS 75

typedef struct Kinds {
    bool yes;
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    uint8_t same8;
    uint16_t same16;
    uint32_t same32;
    uint64_t same64;
    int32_t same_i32, at_most;
    bool bools[3];
    int32_t i32s[2];
    int64_t i64s[2];
    uint8_t u8s[5];
    uint16_t u16s[3];
    uint32_t u32s[4];
    uint64_t u64s[2];
    uint32_t matrix[2][3];
    uint8_t buffer[10], part[10];
    uint32_t count; /* of both that follow */
    uint32_t *counted;
    Point counted_points[MANY];
    uint32_t allocated_size;
    uint8_t *allocated;
    Point point, points[2], *point_pointer;
    int32_t map_bits;
    unsigned long *map;
    QTAILQ_HEAD(, Node) nodes;
    Fifo8 fifo;
    QEMUTimer timer, *timer_pointer, *timers[2];
    uint32_t sometimes, sub, later;
    bool has_sometimes, has_sub;
} Kinds;

static bool count_fits(void *opaque, int version_id)
{
    return ((Kinds *)opaque)->count <= MANY;
}

static bool sometimes_there(void *opaque, int version_id)
{
    return ((Kinds *)opaque)->has_sometimes;
}

static bool sub_needed(void *opaque)
{
    return ((Kinds *)opaque)->has_sub;
}

static const VMStateDescription vmstate_kinds_sub = {
    .name = "kinds/sub",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = sub_needed,
    .fields = (const VMStateField[]){VMSTATE_UINT32(sub, Kinds), VMSTATE_END_OF_LIST()},
};

static const VMStateDescription vmstate_kinds = {
    .name = "kinds",
    .version_id = 3,
    .minimum_version_id = 2,
    .fields =
        (const VMStateField[]){
            VMSTATE_BOOL(yes, Kinds),
            VMSTATE_INT8(i8, Kinds),
            VMSTATE_INT16(i16, Kinds),
            VMSTATE_INT32(i32, Kinds),
            VMSTATE_INT64(i64, Kinds),
            VMSTATE_UINT8(u8, Kinds),
            VMSTATE_UINT16(u16, Kinds),
            VMSTATE_UINT32(u32, Kinds),
            VMSTATE_UINT64(u64, Kinds),
            VMSTATE_UINT8_EQUAL(same8, Kinds, "other kind of chip"),
            VMSTATE_UINT16_EQUAL(same16, Kinds, NULL),
            VMSTATE_UINT32_EQUAL(same32, Kinds, NULL),
            VMSTATE_UINT64_EQUAL(same64, Kinds, NULL),
            VMSTATE_INT32_EQUAL(same_i32, Kinds, NULL),
            VMSTATE_INT32_LE(at_most, Kinds),
            VMSTATE_BOOL_ARRAY(bools, Kinds, 3),
            VMSTATE_INT32_ARRAY(i32s, Kinds, 2),
            VMSTATE_INT64_ARRAY(i64s, Kinds, 2),
            VMSTATE_UINT8_ARRAY(u8s, Kinds, 5),
            VMSTATE_UINT16_ARRAY(u16s, Kinds, 3),
            VMSTATE_UINT32_SUB_ARRAY(u32s, Kinds, 1, 3),
            VMSTATE_UINT64_ARRAY(u64s, Kinds, 2),
            VMSTATE_UINT32_2DARRAY(matrix, Kinds, 2, 3),
            VMSTATE_BUFFER(buffer, Kinds),
            VMSTATE_PARTIAL_BUFFER(part, Kinds, 4),
            VMSTATE_UNUSED(6),
            VMSTATE_UINT32(count, Kinds),
            VMSTATE_VALIDATE("more elements than there is room for", count_fits),
            VMSTATE_VARRAY_UINT32(counted, Kinds, count, 0, vmstate_info_uint32, uint32_t),
            VMSTATE_STRUCT_VARRAY_UINT32(counted_points, Kinds, count, 0, vmstate_point, Point),
            VMSTATE_UINT32(allocated_size, Kinds),
            VMSTATE_VBUFFER_ALLOC_UINT32(allocated, Kinds, 0, NULL, allocated_size),
            VMSTATE_STRUCT(point, Kinds, 0, vmstate_point, Point),
            VMSTATE_STRUCT_ARRAY(points, Kinds, 2, 0, vmstate_point, Point),
            VMSTATE_STRUCT_POINTER(point_pointer, Kinds, vmstate_point, Point),
            VMSTATE_BITMAP(map, Kinds, 0, map_bits),
            VMSTATE_QTAILQ_V(nodes, Kinds, 0, vmstate_node, Node, next),
            VMSTATE_STRUCT(fifo, Kinds, 0, vmstate_fifo8, Fifo8),
            VMSTATE_TIMER(timer, Kinds),
            VMSTATE_TIMER_PTR(timer_pointer, Kinds),
            VMSTATE_TIMER_PTR_ARRAY(timers, Kinds, 2),
            VMSTATE_UINT32_TEST(sometimes, Kinds, sometimes_there),
            VMSTATE_UINT32_V(later, Kinds, 3),
            VMSTATE_END_OF_LIST(),
        },
    .subsections = (const VMStateDescription *const[]){&vmstate_kinds_sub, NULL},
};

static void timer_unused(void *opaque)
{
}

/* What both sides configure; the rest is zero. */
static Kinds *kinds_new(void)
{
    Kinds *k = g_new0(Kinds, 1);

    k->same8 = 8;
    k->same16 = 1616;
    k->same32 = 323232;
    k->same64 = UINT64_C(646464646464);
    k->same_i32 = -32;
    k->at_most = 100;
    k->counted = g_new0(uint32_t, MANY);
    k->point_pointer = g_new0(Point, 1);
    k->map_bits = MAP_BITS;
    k->map = bitmap_new(MAP_BITS);
    QTAILQ_INIT(&k->nodes);
    fifo8_create(&k->fifo, 16);
    timer_init_ns(&k->timer, QEMU_CLOCK_VIRTUAL, timer_unused, NULL);
    k->timer_pointer = timer_new_ns(QEMU_CLOCK_VIRTUAL, timer_unused, NULL);
    k->timers[1] = timer_new_ns(QEMU_CLOCK_VIRTUAL, timer_unused, NULL);
    return k;
}

static void kinds_free(Kinds *k)
{
    Node *node, *next;

    QTAILQ_FOREACH_SAFE (node, &k->nodes, next, next) {
        g_free(node);
    }
    timer_del(&k->timer);
    timer_free(k->timer_pointer);
    timer_free(k->timers[1]);
    fifo8_destroy(&k->fifo);
    g_free(k->map);
    g_free(k->counted);
    g_free(k->allocated);
    g_free(k->point_pointer);
    g_free(k);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kinds, kinds_free)

static void fill_pattern(void *at, size_t size, uint8_t seed)
{
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)at)[i] = seed + 37 * i;
    }
}

/* Values in everything. */
static Kinds *kinds_example(void)
{
    Kinds *k = kinds_new();

    k->yes = k->bools[1] = true;
    fill_pattern(&k->i8, 1, 0x91);
    fill_pattern(&k->i16, 2, 0x92);
    fill_pattern(&k->i32, 4, 0x93);
    fill_pattern(&k->i64, 8, 0x94);
    fill_pattern(&k->u8, 1, 0x95);
    fill_pattern(&k->u16, 2, 0x96);
    fill_pattern(&k->u32, 4, 0x97);
    fill_pattern(&k->u64, 8, 0x98);
    k->at_most = 60;
    fill_pattern(k->i32s, sizeof(k->i32s), 1);
    fill_pattern(k->i64s, sizeof(k->i64s), 2);
    fill_pattern(k->u8s, sizeof(k->u8s), 3);
    fill_pattern(k->u16s, sizeof(k->u16s), 4);
    fill_pattern(k->u32s + 1, 12, 5);
    fill_pattern(k->u64s, sizeof(k->u64s), 6);
    fill_pattern(k->matrix, sizeof(k->matrix), 7);
    fill_pattern(k->buffer, sizeof(k->buffer), 8);
    fill_pattern(k->part, 4, 9);
    k->count = 4;
    fill_pattern(k->counted, 16, 10);
    fill_pattern(k->counted_points, 4 * sizeof(Point), 11);
    k->allocated_size = 33;
    k->allocated = g_malloc(33);
    fill_pattern(k->allocated, 33, 12);
    fill_pattern(&k->point, sizeof(k->point), 13);
    fill_pattern(k->points, sizeof(k->points), 14);
    fill_pattern(k->point_pointer, sizeof(Point), 15);
    bitmap_set(k->map, 60, 12);
    for (int i = 0; i < 3; i++) {
        Node *node = g_new0(Node, 1);
        node->value = 1000 + i;
        QTAILQ_INSERT_TAIL(&k->nodes, node, next);
    }
    fifo8_push_all(&k->fifo, (const uint8_t *)"0123456789", 10);
    fifo8_pop(&k->fifo);
    timer_mod_ns(&k->timer, INT64_C(1) << 60);
    timer_mod_ns(k->timers[1], (INT64_C(1) << 60) + 1);
    k->later = 0x1a7e4;
    return k;
}

static void assert_same_kinds(Kinds *a, Kinds *b)
{
    Node *m = QTAILQ_FIRST(&a->nodes), *n = QTAILQ_FIRST(&b->nodes);

#define SAME(first, last)                                                                          \
    g_assert_cmpmem(&a->first, offsetof(Kinds, last) - offsetof(Kinds, first), &b->first,          \
                    offsetof(Kinds, last) - offsetof(Kinds, first))
    SAME(yes, counted);
    g_assert_cmpmem(a->counted, a->count * 4, b->counted, b->count * 4);
    SAME(counted_points, allocated);
    g_assert_cmpmem(a->allocated, a->allocated_size, b->allocated, b->allocated_size);
    SAME(point, point_pointer);
    g_assert_cmpmem(a->point_pointer, sizeof(Point), b->point_pointer, sizeof(Point));
    g_assert_true(bitmap_equal(a->map, b->map, MAP_BITS));
    for (; m && n; m = QTAILQ_NEXT(m, next), n = QTAILQ_NEXT(n, next)) {
        g_assert_cmpuint(m->value, ==, n->value);
    }
    g_assert_true(!m && !n);
    g_assert_cmpmem(a->fifo.data, 16, b->fifo.data, 16);
    g_assert_cmpuint(a->fifo.head, ==, b->fifo.head);
    g_assert_cmpuint(a->fifo.num, ==, b->fifo.num);
    g_assert_cmpint(timer_expire_time_ns(&a->timer), ==, timer_expire_time_ns(&b->timer));
    g_assert_cmpint(timer_expire_time_ns(a->timer_pointer), ==,
                    timer_expire_time_ns(b->timer_pointer));
    g_assert_cmpint(timer_expire_time_ns(a->timers[1]), ==, timer_expire_time_ns(b->timers[1]));
    SAME(sometimes, has_sometimes);
}

static void test_all_kinds(void)
{
    g_autoptr(Kinds) from = kinds_example();
    g_autoptr(Kinds) to = kinds_new();
    g_autoptr(GByteArray) bytes = save(&vmstate_kinds, from);

    timer_mod_ns(to->timer_pointer, 5); /* off in the saved state */
    g_assert_cmpint(load(bytes, &vmstate_kinds, to, 3, &error_abort), ==, 0);
    assert_same_kinds(from, to);
}

static void test_sometimes(void)
{
    g_autoptr(Kinds) from = kinds_example();
    g_autoptr(Kinds) to = kinds_new();
    g_autoptr(GByteArray) bytes = NULL;

    from->has_sometimes = from->has_sub = to->has_sometimes = true;
    from->sometimes = 0x5031;
    from->sub = 0x50b;
    bytes = save(&vmstate_kinds, from);
    g_assert_cmpint(load(bytes, &vmstate_kinds, to, 3, &error_abort), ==, 0);
    assert_same_kinds(from, to);
}

/* ---- damage ---- */

static void test_truncated(void)
{
    g_autoptr(Kinds) from = kinds_example();
    g_autoptr(GByteArray) bytes = NULL;

    from->has_sub = true;
    bytes = save(&vmstate_kinds, from);
    for (size_t len = 0; len < bytes->len; len++) {
        g_autoptr(GByteArray) part = g_byte_array_new();
        g_autoptr(Kinds) to = kinds_new();
        Error *err = NULL;

        g_byte_array_append(part, bytes->data, len);
        g_assert_cmpint(load(part, &vmstate_kinds, to, 3, &err), <, 0);
        g_assert_true(
            g_str_has_prefix(error_get_pretty(err), "the saved state ends in the middle of '") ||
            strstr(error_get_pretty(err), "'nodes' of 'kinds'"));
        error_free(err);
    }
}

/* Any byte may be wrong: it loads as another value or is refused with a message. */
static void test_mutated(void)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    g_autoptr(Kinds) from = kinds_example();
    g_autoptr(GByteArray) bytes = NULL;

    from->has_sub = true;
    bytes = save(&vmstate_kinds, from);
    for (size_t i = 0; i < bytes->len * ARRAY_SIZE(changes); i++) {
        g_autoptr(Kinds) to = kinds_new();
        Memory m = {.bytes = bytes};
        QEMUFile *f = qemu_file_new(&memory_ops, &m, false);
        Error *err = NULL;
        int ret;

        bytes->data[i / ARRAY_SIZE(changes)] ^= changes[i % ARRAY_SIZE(changes)];
        ret = vmstate_load_state(f, &vmstate_kinds, to, 3, &err);
        g_assert_true((ret < 0) == (err != NULL));
        qemu_fclose(f);
        error_free(err);
        bytes->data[i / ARRAY_SIZE(changes)] ^= changes[i % ARRAY_SIZE(changes)];
    }
}

static void test_checks(void)
{
    g_autoptr(Kinds) from = kinds_example();
    g_autoptr(Kinds) to = kinds_new();
    g_autoptr(GByteArray) bytes = save(&vmstate_kinds, from), huge = NULL;

    to->same8 = 9;
    assert_refused(bytes, &vmstate_kinds, to, 3,
                   "field 'same8' of 'kinds' cannot be loaded: other kind of chip");
    to->same8 = 8;
    to->at_most = 59;
    assert_refused(bytes, &vmstate_kinds, to, 3,
                   "field 'at_most' of 'kinds' cannot be loaded: Invalid argument");
    to->at_most = 60;
    g_free(from->counted);
    from->counted = g_new0(uint32_t, MANY + 1);
    from->count = MANY + 1;
    huge = save(&vmstate_kinds, from);
    from->count = 0;
    assert_refused(huge, &vmstate_kinds, to, 3,
                   "the saved state of 'kinds' is not valid: more elements than there is room for");
}

/* ---- versions ---- */

static void test_versions(void)
{
    static VMStateDescription old;
    g_autoptr(Kinds) from = kinds_example();
    g_autoptr(Kinds) to = kinds_new();
    g_autoptr(GByteArray) bytes = NULL;

    old = vmstate_kinds;
    old.version_id = 2;
    bytes = save(&old, from);
    to->later = 77; /* stays what it was: the old version does not have it */
    g_assert_cmpint(load(bytes, &vmstate_kinds, to, 2, &error_abort), ==, 0);
    g_assert_cmpuint(to->later, ==, 77);
    assert_refused(bytes, &vmstate_kinds, to, 4,
                   "the saved state of 'kinds' has version 4; 2 to 3 are known here");
    assert_refused(bytes, &vmstate_kinds, to, 1,
                   "the saved state of 'kinds' has version 1; 2 to 3 are known here");
    assert_refused(bytes, &vmstate_kinds, to, 3, "the saved state ends in the middle of 'kinds'");
}

static void test_unknown_parts(void)
{
    static VMStateDescription without;
    g_autoptr(Kinds) from = kinds_example();
    g_autoptr(Kinds) to = kinds_new();
    g_autoptr(GByteArray) bytes = NULL;
    Point point = {0};

    from->has_sub = true;
    bytes = save(&vmstate_kinds, from);
    without = vmstate_kinds;
    without.subsections = NULL;
    assert_refused(bytes, &without, to, 3,
                   "the saved state of 'kinds' has a part 'kinds/sub' that is not known here");
    assert_refused(bytes, &vmstate_point, &point, 1,
                   "'point' has the field 'x' here where the saved state has 'yes'");
}

/* ---- hooks ---- */

static int refuse(void *opaque)
{
    return -EBUSY;
}

static int refuse_version(void *opaque, int version_id)
{
    return -ERANGE;
}

static void assert_not_saved(const VMStateDescription *vmsd, const char *message)
{
    Memory m = {.bytes = g_byte_array_new()};
    QEMUFile *f = qemu_file_new(&memory_ops, &m, true);
    Point point = {0};
    Error *err = NULL;

    g_assert_cmpint(vmstate_save_state(f, vmsd, &point, &err), <, 0);
    g_assert_cmpstr(error_get_pretty(err), ==, message);
    error_free(err);
    qemu_fclose(f);
    g_byte_array_unref(m.bytes);
}

static void test_hooks(void)
{
    VMStateDescription busy = vmstate_point, never = vmstate_point, invalid = vmstate_point;
    Point point = {1, 2};
    g_autoptr(GByteArray) bytes = save(&vmstate_point, &point);

    busy.pre_save = refuse;
    assert_not_saved(&busy, "'point' is in a state that cannot be saved");
    never.unmigratable = true;
    assert_not_saved(&never, "the state of 'point' cannot be saved");
    invalid.post_load = refuse_version;
    assert_refused(bytes, &invalid, &point, 1, "the saved state of 'point' is not valid");
    busy.pre_load = refuse;
    assert_refused(bytes, &busy, &point, 1, "'point' cannot load a state now");
}

/* ---- the list of descriptions ---- */

static int count_points(VMStateEntry *entry, void *opaque)
{
    if (!strcmp(entry->idstr, "point")) {
        g_assert_cmpuint(entry->instance_id, ==, *(uint32_t *)opaque);
        *(uint32_t *)opaque += 1;
    }
    return 0;
}

static void test_registry(void)
{
    VMStateDescription never = vmstate_point;
    Point points[3] = {0};
    uint32_t found = 0;
    Error *err = NULL;

    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(vmstate_register(NULL, VMSTATE_INSTANCE_ID_ANY, &vmstate_point, &points[i]),
                        ==, 0);
    }
    vmstate_foreach(count_points, &found);
    g_assert_cmpuint(found, ==, 3);
    vmstate_unregister(NULL, &vmstate_point, &points[2]);
    found = 0;
    vmstate_foreach(count_points, &found);
    g_assert_cmpuint(found, ==, 2);

    migration_set_only_migratable(true);
    never.unmigratable = true;
    g_assert_false(vmstate_register_device(NULL, &never, &points[2], -1, &err));
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "device 'point' cannot be saved, which -only-migratable asks for");
    error_free(err);
    migration_set_only_migratable(false);
    vmstate_unregister(NULL, &vmstate_point, &points[0]);
    vmstate_unregister(NULL, &vmstate_point, &points[1]);
}

static void test_blockers(void)
{
    Error *reason = NULL, *other = NULL, *err = NULL;

    g_assert_false(migration_is_blocked(&err));
    error_setg(&reason, "the disk is borrowed");
    g_assert_cmpint(migrate_add_blocker(&reason, &error_abort), ==, 0);
    g_assert_true(migration_is_blocked(&err));
    g_assert_cmpstr(error_get_pretty(err), ==, "the disk is borrowed");
    error_free(err);
    err = NULL;
    migrate_del_blocker(&reason);
    g_assert_null(reason);
    g_assert_false(migration_is_blocked(&error_abort));

    migration_set_only_migratable(true);
    error_setg(&other, "it never works");
    g_assert_cmpint(migrate_add_blocker(&other, &err), <, 0);
    g_assert_null(other);
    g_assert_cmpstr(error_get_pretty(err), ==, "not with -only-migratable: it never works");
    error_free(err);
    migration_set_only_migratable(false);
}

/* ---- the file itself ---- */

static void test_checksum(void)
{
    Memory m = {.bytes = g_byte_array_new()};
    QEMUFile *f = qemu_file_new(&memory_ops, &m, true);
    uint32_t sum;

    for (int i = 0; i < 30000; i++) { /* more than one buffer */
        qemu_put_be32(f, i);
    }
    sum = qemu_file_checksum(f);
    qemu_put_be32(f, sum);
    qemu_fclose(f);
    g_assert_cmphex(sum, ==, crc32c(UINT32_MAX, m.bytes->data, m.bytes->len - 4));

    f = qemu_file_new(&memory_ops, &m, false);
    for (int i = 0; i < 30000; i++) {
        g_assert_cmpuint(qemu_get_be32(f), ==, i);
        if (i == 17) {
            qemu_file_checksum(f); /* to look at it changes nothing */
        }
    }
    g_assert_cmphex(qemu_file_checksum(f), ==, sum);
    g_assert_cmphex(qemu_get_be32(f), ==, sum);
    g_assert_cmpint(qemu_file_get_error(f), ==, 0);
    g_assert_cmpint(qemu_get_byte(f), ==, 0);
    g_assert_cmpint(qemu_file_get_error(f), ==, -EIO);
    qemu_fclose(f);
    g_byte_array_unref(m.bytes);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    init_clocks(NULL);
    g_test_add_func("/vmstate/all-kinds", test_all_kinds);
    g_test_add_func("/vmstate/sometimes", test_sometimes);
    g_test_add_func("/vmstate/truncated", test_truncated);
    g_test_add_func("/vmstate/mutated", test_mutated);
    g_test_add_func("/vmstate/checks", test_checks);
    g_test_add_func("/vmstate/versions", test_versions);
    g_test_add_func("/vmstate/unknown-parts", test_unknown_parts);
    g_test_add_func("/vmstate/hooks", test_hooks);
    g_test_add_func("/vmstate/registry", test_registry);
    g_test_add_func("/vmstate/blockers", test_blockers);
    g_test_add_func("/vmstate/checksum", test_checksum);
    return g_test_run();
}
