/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices and buses: realize, properties, globals, reset order, hotplug hooks, wires. */
#include "qemu/osdep.h"
#include "hw/core/split-irq.h"
#include "hw/qdev-properties.h"
#include "migration/register.h"
#include "migration/vmstate.h"
#include "qemu/module.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "system/reset.h"

static GString *events;

static void assert_events(const char *expected)
{
    g_assert_cmpstr(events->str, ==, expected);
    g_string_truncate(events, 0);
}

static void assert_error(Error **err, const char *text)
{
    g_assert_nonnull(*err);
    if (!strstr(error_get_pretty(*err), text)) {
        g_error("expected '%s', got '%s'", text, error_get_pretty(*err));
    }
    g_clear_pointer(err, error_free);
}

/* ---- a bus that handles hotplug ----------------------------------------- */

#define TYPE_TEST_BUS "TestBus"
typedef struct TestBus {
    BusState parent_obj;
    bool refuse_plug, refuse_address;
} TestBus;
DECLARE_INSTANCE_CHECKER(TestBus, TEST_BUS, TYPE_TEST_BUS)

static void test_bus_pre_plug(HotplugHandler *h, DeviceState *dev, Error **errp)
{
    g_string_append(events, "[pre]");
    if (TEST_BUS(h)->refuse_plug) {
        error_setg(errp, "no room");
    }
}

static void test_bus_plug(HotplugHandler *h, DeviceState *dev, Error **errp)
{
    g_string_append(events, "[plug]");
}

static void test_bus_unplug(HotplugHandler *h, DeviceState *dev, Error **errp)
{
    g_string_append(events, "[unplug]");
    qdev_simple_device_unplug_cb(h, dev, errp);
}

static bool test_bus_check_address(BusState *bus, DeviceState *dev, Error **errp)
{
    if (TEST_BUS(bus)->refuse_address) {
        error_setg(errp, "address in use");
        return false;
    }
    return true;
}

static char *test_bus_get_dev_path(DeviceState *dev)
{
    return g_strdup("01:02");
}

static void test_bus_class_init(ObjectClass *klass, const void *data)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);
    BusClass *bc = BUS_CLASS(klass);

    hc->pre_plug = test_bus_pre_plug;
    hc->plug = test_bus_plug;
    hc->unplug = test_bus_unplug;
    bc->check_address = test_bus_check_address;
    bc->get_dev_path = test_bus_get_dev_path;
}

/* ---- a device with a bus ------------------------------------------------ */

#define TYPE_TEST_BRIDGE "test-bridge"
OBJECT_DECLARE_SIMPLE_TYPE(TestBridge, TEST_BRIDGE)
struct TestBridge {
    DeviceState parent_obj;
    TestBus bus;
};

#define TYPE_TEST_DEV "test-dev"
OBJECT_DECLARE_SIMPLE_TYPE(TestDev, TEST_DEV)
struct TestDev {
    DeviceState parent_obj;
    char *tag;
    uint32_t num;
    uint64_t size;
    uint32_t bits;
    OnOffAutoBit64 triple;
    bool fail;
    OnOffAuto mode;
    MACAddr mac;
    int32_t addr;
    QemuUUID uuid;
    DeviceState *peer;
    uint32_t n_names;
    char **names;
    uint64_t masked;
    uint32_t small_size;
    int64_t offset;
    uint32_t state;
};

static const Property test_dev_properties[] = {
    DEFINE_PROP_STRING("tag", TestDev, tag),
    DEFINE_PROP_UINT32("num", TestDev, num, 7),
    DEFINE_PROP_SIZE("size", TestDev, size, 65536),
    DEFINE_PROP_BIT("bit3", TestDev, bits, 3, true),
    DEFINE_PROP_BIT("bit31", TestDev, bits, 31, false),
    DEFINE_PROP_ON_OFF_AUTO_BIT64("tri5", TestDev, triple, 5, ON_OFF_AUTO_AUTO),
    DEFINE_PROP_BOOL("fail", TestDev, fail, false),
    DEFINE_PROP_ON_OFF_AUTO("mode", TestDev, mode, ON_OFF_AUTO_AUTO),
    DEFINE_PROP_MACADDR("mac", TestDev, mac),
    DEFINE_PROP_PCI_DEVFN("addr", TestDev, addr, -1),
    DEFINE_PROP_UUID("uuid", TestDev, uuid),
    DEFINE_PROP_LINK("peer", TestDev, peer, TYPE_DEVICE, DeviceState *),
    DEFINE_PROP_ARRAY("names", TestDev, n_names, names, qdev_prop_string, char *),
    DEFINE_PROP_UINT64_CHECKMASK("masked", TestDev, masked, 0xf0),
    DEFINE_PROP_SIZE32("small-size", TestDev, small_size, 4096),
    DEFINE_PROP_INT64("offset", TestDev, offset, -5),
};

static const VMStateDescription vmstate_test_dev = {
    .name = "test-dev",
    .version_id = 1,
    .fields = (const VMStateField[]){VMSTATE_END_OF_LIST()},
};

static void log_event(Object *obj, const char *what)
{
    TestDev *s = TEST_DEV(obj);

    g_string_append_printf(events, "%s:%s ", s->tag ? s->tag : "?", what);
}

static void test_dev_realize(DeviceState *dev, Error **errp)
{
    TestDev *s = TEST_DEV(dev);

    if (s->fail) {
        error_setg(errp, "told to fail");
        return;
    }
    log_event(OBJECT(dev), "realize");
}

static void test_dev_unrealize(DeviceState *dev)
{
    log_event(OBJECT(dev), "unrealize");
}

static void test_dev_enter(Object *obj, ResetType type)
{
    log_event(obj, "enter");
    TEST_DEV(obj)->state = 0;
}

static void test_dev_hold(Object *obj, ResetType type)
{
    log_event(obj, "hold");
}

static void test_dev_exit(Object *obj, ResetType type)
{
    log_event(obj, "exit");
}

static void test_dev_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->bus_type = TYPE_TEST_BUS;
    dc->realize = test_dev_realize;
    dc->unrealize = test_dev_unrealize;
    dc->vmsd = &vmstate_test_dev;
    rc->phases.enter = test_dev_enter;
    rc->phases.hold = test_dev_hold;
    rc->phases.exit = test_dev_exit;
    device_class_set_props(dc, test_dev_properties);
}

static void test_bridge_init(Object *obj)
{
    TestBridge *s = TEST_BRIDGE(obj);

    qbus_init(&s->bus, sizeof(s->bus), TYPE_TEST_BUS, DEVICE(obj), NULL);
    qbus_set_bus_hotplug_handler(BUS(&s->bus));
}

static void plain_dev_reset_hold(Object *obj, ResetType type)
{
    g_string_append(events, "plain ");
}

static void plain_dev_class_init(ObjectClass *klass, const void *data)
{
    RESETTABLE_CLASS(klass)->phases.hold = plain_dev_reset_hold;
}

static const TypeInfo test_types[] = {
    {
        .name = TYPE_TEST_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(TestBus),
        .class_init = test_bus_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_HOTPLUG_HANDLER}, {}},
    },
    {
        .name = TYPE_TEST_BRIDGE,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(TestBridge),
        .instance_init = test_bridge_init,
    },
    {
        .name = TYPE_TEST_DEV,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(TestDev),
        .class_init = test_dev_class_init,
    },
    {
        .name = "test-plain-dev",
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(DeviceState),
        .class_init = plain_dev_class_init,
    },
};
DEFINE_TYPES(test_types)

static TestBridge *new_bridge(void)
{
    TestBridge *bridge = TEST_BRIDGE(qdev_new(TYPE_TEST_BRIDGE));

    qdev_realize(DEVICE(bridge), NULL, &error_abort);
    g_string_truncate(events, 0);
    return bridge;
}

static void free_bridge(TestBridge *bridge)
{
    object_unparent(OBJECT(bridge));
    g_assert_cmpint(OBJECT(bridge)->ref, ==, 1);
    object_unref(bridge);
    g_string_truncate(events, 0);
}

static TestDev *new_dev(const char *tag)
{
    TestDev *dev = TEST_DEV(qdev_new(TYPE_TEST_DEV));

    qdev_prop_set_string(DEVICE(dev), "tag", tag);
    return dev;
}

/* ---- realize ------------------------------------------------------------ */

static int count_vmstate(VMStateEntry *e, void *opaque)
{
    *(int *)opaque += !strcmp(e->idstr, "01:02/test-dev");
    return 0;
}

static int vmstates(void)
{
    int n = 0;

    vmstate_foreach(count_vmstate, &n);
    return n;
}

static void test_realize(void)
{
    TestBridge *bridge = new_bridge();
    TestDev *dev = new_dev("a");
    g_autofree char *path = NULL;

    g_assert_true(g_str_has_prefix(BUS(&bridge->bus)->name, "testbus."));
    g_assert_true(qdev_realize(DEVICE(dev), BUS(&bridge->bus), &error_abort));
    assert_events("[pre]a:realize [plug]");
    g_assert_true(DEVICE(dev)->realized);
    g_assert_true(qdev_get_parent_bus(DEVICE(dev)) == BUS(&bridge->bus));
    g_assert_cmpint(BUS(&bridge->bus)->num_children, ==, 1);
    g_assert_true(BUS(&bridge->bus)->realized);
    path = object_get_canonical_path(OBJECT(dev));
    g_assert_true(g_str_has_prefix(path, "/machine/unattached/device["));
    g_assert_cmpint(vmstates(), ==, 1);

    object_unref(dev);
    object_unparent(OBJECT(dev));
    assert_events("a:unrealize ");
    g_assert_cmpint(vmstates(), ==, 0);
    g_assert_cmpint(BUS(&bridge->bus)->num_children, ==, 0);
    free_bridge(bridge);
}

static void assert_not_realized(TestBridge *bridge, TestDev *dev, const char *why)
{
    Error *err = NULL;

    object_ref(dev);
    g_assert_false(qdev_realize_and_unref(DEVICE(dev), BUS(&bridge->bus), &err));
    assert_error(&err, why);
    g_assert_false(DEVICE(dev)->realized);
    g_assert_null(DEVICE(dev)->parent_bus);
    g_assert_null(OBJECT(dev)->parent);
    g_assert_cmpint(BUS(&bridge->bus)->num_children, ==, 0);
    g_assert_cmpint(OBJECT(dev)->ref, ==, 1);
    g_assert_cmpint(vmstates(), ==, 0);
    object_unref(dev);
    g_string_truncate(events, 0);
}

static void test_realize_failures_leave_nothing(void)
{
    TestBridge *bridge = new_bridge();
    TestDev *dev = new_dev("a");

    dev->fail = true;
    assert_not_realized(bridge, dev, "told to fail");
    bridge->bus.refuse_plug = true;
    assert_not_realized(bridge, new_dev("b"), "no room");
    bridge->bus.refuse_plug = false;
    bridge->bus.refuse_address = true;
    assert_not_realized(bridge, new_dev("c"), "address in use");
    free_bridge(bridge);
}

static void test_parent_takes_children_along(void)
{
    TestBridge *bridge = new_bridge();

    qdev_realize_and_unref(DEVICE(new_dev("a")), BUS(&bridge->bus), &error_abort);
    qdev_realize_and_unref(DEVICE(new_dev("b")), BUS(&bridge->bus), &error_abort);
    g_string_truncate(events, 0);
    object_unparent(OBJECT(bridge));
    assert_events("b:unrealize a:unrealize ");
    object_unref(bridge);
}

static void test_ids_and_search(void)
{
    TestBridge *bridge = TEST_BRIDGE(qdev_new(TYPE_TEST_BRIDGE));
    TestDev *dev = new_dev("a"), *twin = new_dev("b");
    BusState *bus = BUS(&bridge->bus);
    Error *err = NULL;

    g_assert_cmpstr(qdev_set_id(DEVICE(dev), g_strdup("net0"), &error_abort), ==, "net0");
    g_assert_null(qdev_set_id(DEVICE(twin), g_strdup("net0"), &err));
    assert_error(&err, "Duplicate device ID 'net0'");
    g_assert_true(g_str_has_prefix(qdev_set_id(DEVICE(twin), NULL, &error_abort), "device["));
    qdev_realize(DEVICE(bridge), NULL, &error_abort);
    qdev_realize_and_unref(DEVICE(dev), bus, &error_abort);
    qdev_realize_and_unref(DEVICE(twin), bus, &error_abort);
    g_assert_true(object_resolve_path("/machine/peripheral/net0", NULL) == OBJECT(dev));
    g_assert_true(qdev_find_recursive(bus, "net0") == DEVICE(dev));
    g_assert_true(qbus_find_child(bus, "net0") == DEVICE(dev));
    g_assert_null(qbus_find_child(bus, "net1"));
    g_assert_true(qbus_find_recursive(bus, NULL, TYPE_TEST_BUS) == bus);
    g_assert_null(qbus_find_recursive(bus, "nothing", NULL));
    qbus_mark_full(bus);
    g_assert_true(qbus_is_full(bus));
    object_unparent(OBJECT(dev));
    object_unparent(OBJECT(twin));
    free_bridge(bridge);
}

/* ---- properties --------------------------------------------------------- */

static void assert_property(TestDev *dev, const char *name, const char *value, const char *json)
{
    g_autoptr(QObject) obj = NULL;
    g_autoptr(GString) text = NULL;

    if (value) {
        object_property_parse(OBJECT(dev), name, value, &error_abort);
    }
    obj = object_property_get_qobject(OBJECT(dev), name, &error_abort);
    text = qobject_to_json(obj);
    g_assert_cmpstr(text->str, ==, json);
}

static void assert_property_refused(TestDev *dev, const char *name, const char *value,
                                    const char *why)
{
    Error *err = NULL;

    g_assert_false(object_property_parse(OBJECT(dev), name, value, &err));
    assert_error(&err, why);
}

static void test_property_kinds(void)
{
    TestDev *dev = TEST_DEV(qdev_new(TYPE_TEST_DEV));
    QemuUUID zero = {};
    QList *names = qlist_new();

    assert_property(dev, "num", NULL, "7");
    assert_property(dev, "num", "0x10", "16");
    assert_property(dev, "size", NULL, "65536");
    assert_property(dev, "size", "1.5K", "1536");
    assert_property(dev, "bit3", NULL, "true");
    g_assert_cmphex(dev->bits, ==, 8);
    assert_property(dev, "bit31", "on", "true");
    assert_property(dev, "bit3", "off", "false");
    g_assert_cmphex(dev->bits, ==, 0x80000000);
    assert_property(dev, "tri5", NULL, "\"auto\"");
    assert_property(dev, "tri5", "on", "\"on\"");
    g_assert_cmphex(dev->triple.on_bits, ==, 0x20);
    assert_property(dev, "tri5", "off", "\"off\"");
    assert_property(dev, "mode", NULL, "\"auto\"");
    assert_property(dev, "mode", "off", "\"off\"");
    assert_property(dev, "mac", "52:54:00:12:34:5F", "\"52:54:00:12:34:5f\"");
    assert_property(dev, "addr", NULL, "-1");
    assert_property(dev, "addr", "1f.7", "255");
    assert_property(dev, "addr", "3", "24");
    object_property_set_int(OBJECT(dev), "addr", 9, &error_abort);
    assert_property(dev, "addr", NULL, "9");
    g_assert_false(qemu_uuid_is_equal(&dev->uuid, &zero)); /* random by default */
    assert_property(dev, "uuid", "00112233-4455-6677-8899-aabbccddeeff",
                    "\"00112233-4455-6677-8899-aabbccddeeff\"");
    assert_property(dev, "masked", "0x30", "48");
    assert_property(dev, "small-size", "1M", "1048576");
    assert_property(dev, "offset", NULL, "-5");
    qlist_append_str(names, "x");
    qlist_append_str(names, "y");
    qdev_prop_set_array(DEVICE(dev), "names", names);
    g_assert_cmpint(dev->n_names, ==, 2);
    assert_property(dev, "names", NULL, "[\"x\", \"y\"]");
    qdev_prop_set_array(DEVICE(dev), "names", qlist_new());
    assert_property(dev, "names", NULL, "[]");
    qdev_prop_set_enum(DEVICE(dev), "mode", ON_OFF_AUTO_ON);
    assert_property(dev, "mode", NULL, "\"on\"");
    object_unref(dev);
}

static void test_property_errors(void)
{
    TestBridge *bridge = new_bridge();
    TestDev *dev = TEST_DEV(qdev_new(TYPE_TEST_DEV));
    g_autoptr(QList) bad = qlist_new();
    Error *err = NULL;

    assert_property_refused(dev, "num", "4294967296", "expects uint32_t");
    assert_property_refused(dev, "mac", "52:54:00:12:34", "doesn't take value");
    assert_property_refused(dev, "mac", "52:54:00:12:34:5g", "doesn't take value");
    assert_property_refused(dev, "addr", "20.0", "'test-dev.addr' doesn't take value '20.0'");
    assert_property_refused(dev, "addr", "1.8", "doesn't take value");
    assert_property_refused(dev, "addr", "1.", "doesn't take value");
    assert_property_refused(dev, "uuid", "abc", "doesn't take value 'abc'");
    assert_property_refused(dev, "masked", "0x31", "bits outside the mask 0xf0");
    assert_property_refused(dev, "small-size", "4G", "maximum: 4294967295");
    assert_property_refused(dev, "mode", "maybe", "expected one of: auto, on, off");
    assert_property_refused(dev, "nmu", "1", "Property 'test-dev.nmu' not found");
    qlist_append_str(bad, "x");
    qlist_append_int(bad, 1);
    g_assert_false(object_property_set_qobject(OBJECT(dev), "names", QOBJECT(bad), &err));
    assert_error(&err, "expected: string");
    g_assert_cmpint(dev->n_names, ==, 0);

    qdev_realize(DEVICE(dev), BUS(&bridge->bus), &error_abort);
    assert_property_refused(dev, "num", "1", "after it was realized");
    g_assert_false(object_property_set_link(OBJECT(dev), "peer", OBJECT(bridge), &err));
    assert_error(&err, "after it was realized");
    object_unparent(OBJECT(dev));
    object_unref(dev);
    free_bridge(bridge);
}

static void test_globals(void)
{
    static GlobalProperty globals[] = {
        {TYPE_TEST_DEV, "num", "42"},
        {TYPE_DEVICE, "fail", "on", .optional = true},
        {TYPE_TEST_DEV, "num", "43"},
    };
    static GlobalProperty compat[] = {
        {TYPE_TEST_DEV, "num", "1"},
        {TYPE_TEST_DEV, "size", "2"},
    };
    g_autoptr(GPtrArray) props = g_ptr_array_new();
    TestDev *dev;

    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, 0);
        g_test_trap_assert_passed();
        g_test_trap_assert_stderr("*global tset-dev.num has invalid class name (did you mean "
                                  "'test-dev'?)*");
        return;
    }
    compat_props_add(props, compat, G_N_ELEMENTS(compat));
    object_set_machine_compat_props(props);
    for (size_t i = 0; i < G_N_ELEMENTS(globals); i++) {
        qdev_prop_register_global(&globals[i]);
    }
    dev = TEST_DEV(qdev_new(TYPE_TEST_DEV));
    g_assert_cmpint(dev->num, ==, 43); /* the user's, and of those the last */
    g_assert_cmpint(dev->size, ==, 2);
    g_assert_true(dev->fail);
    g_assert_true(qdev_find_global_prop(OBJECT(dev), "num") == &globals[2]);
    object_unref(dev);
    object_unref(qdev_new("test-plain-dev")); /* has no "fail", and that is fine */

    g_assert_true(qdev_prop_check_globals());
    globals[0] = (GlobalProperty){"tset-dev", "num", "1"};
    g_assert_false(qdev_prop_check_globals());
}

/* ---- reset -------------------------------------------------------------- */

static void test_reset_order(void)
{
    TestBridge *bridge = new_bridge();
    TestDev *a = new_dev("a"), *b = new_dev("b");

    qdev_realize_and_unref(DEVICE(a), BUS(&bridge->bus), &error_abort);
    qdev_realize_and_unref(DEVICE(b), BUS(&bridge->bus), &error_abort);
    g_string_truncate(events, 0);
    device_cold_reset(DEVICE(bridge));
    assert_events("b:enter a:enter b:hold a:hold b:exit a:exit ");
    device_cold_reset(DEVICE(a));
    assert_events("a:enter a:hold a:exit ");

    /* Held from two sides: in from the first, out with the last. */
    resettable_assert_reset(OBJECT(a), RESET_TYPE_COLD);
    assert_events("a:enter a:hold ");
    g_assert_true(device_is_in_reset(DEVICE(a)));
    bus_cold_reset(BUS(&bridge->bus));
    assert_events("b:enter b:hold b:exit ");
    resettable_release_reset(OBJECT(a), RESET_TYPE_COLD);
    assert_events("a:exit ");
    g_assert_false(device_is_in_reset(DEVICE(a)));
    free_bridge(bridge);
}

static void reset_function(void *opaque)
{
    g_string_append_printf(events, "%s ", (char *)opaque);
}

static void reset_that_unregisters(void *opaque)
{
    g_string_append(events, "once ");
    qemu_unregister_reset(reset_that_unregisters, opaque);
    qemu_register_reset(reset_function, (void *)"later");
}

static void test_machine_reset(void)
{
    TestBridge *bridge = new_bridge();
    TestDev *dev = new_dev("a");

    qdev_realize_and_unref(DEVICE(dev), BUS(&bridge->bus), &error_abort);
    g_string_truncate(events, 0);
    qemu_register_reset(reset_function, (void *)"first");
    qemu_register_resettable(OBJECT(bridge));
    qemu_register_reset_nosnapshotload(reset_function, (void *)"costly");
    qemu_register_reset(reset_that_unregisters, NULL);
    qemu_devices_reset(RESET_TYPE_COLD);
    assert_events("a:enter first a:hold costly once a:exit ");
    qemu_devices_reset(RESET_TYPE_SNAPSHOT_LOAD);
    assert_events("a:enter first a:hold later a:exit ");
    qemu_unregister_reset(reset_function, (void *)"first");
    qemu_unregister_reset(reset_function, (void *)"costly");
    qemu_unregister_reset(reset_function, (void *)"later");
    qemu_unregister_resettable(OBJECT(bridge));
    qemu_devices_reset(RESET_TYPE_COLD);
    assert_events("");
    free_bridge(bridge);
}

static void test_reset_of_changed_parent(void)
{
    TestBridge *held = new_bridge(), *free_one = new_bridge();
    TestDev *dev = new_dev("a");

    qdev_realize(DEVICE(dev), BUS(&free_one->bus), &error_abort);
    resettable_assert_reset(OBJECT(held), RESET_TYPE_COLD);
    g_string_truncate(events, 0);
    qdev_set_parent_bus(DEVICE(dev), BUS(&held->bus), &error_abort);
    assert_events("a:enter a:hold ");
    resettable_release_reset(OBJECT(held), RESET_TYPE_COLD);
    assert_events("a:exit ");
    g_assert_cmpint(BUS(&free_one->bus)->num_children, ==, 0);
    object_unparent(OBJECT(dev));
    object_unref(dev);
    free_bridge(held);
    free_bridge(free_one);
}

static void test_reset_hold_only(void)
{
    DeviceState *dev = qdev_new("test-plain-dev");

    qdev_realize(dev, NULL, &error_abort);
    device_cold_reset(dev);
    assert_events("plain ");
    object_unparent(OBJECT(dev));
    object_unref(dev);
}

/* ---- hotplug ------------------------------------------------------------ */

static void test_hotplug(void)
{
    TestBridge *bridge;
    TestDev *dev;
    Error *reason = NULL, *err = NULL;

    if (!g_test_subprocess()) { /* phases don't go back */
        g_test_trap_subprocess(NULL, 0, 0);
        g_test_trap_assert_passed();
        return;
    }
    bridge = new_bridge();
    phase_advance(PHASE_MACHINE_READY);
    dev = new_dev("a");
    g_assert_true(qdev_get_hotplugged(DEVICE(dev)));
    g_assert_true(qdev_hotplug_allowed(DEVICE(dev), BUS(&bridge->bus), &error_abort));
    qdev_realize_and_unref(DEVICE(dev), BUS(&bridge->bus), &error_abort);
    assert_events("[pre]a:realize a:enter a:hold a:exit [plug]");
    g_assert_true(qdev_machine_modified());
    g_assert_true(object_property_get_bool(OBJECT(dev), "hotpluggable", &error_abort));

    error_setg(&reason, "migration in progress");
    qdev_add_unplug_blocker(DEVICE(dev), reason);
    g_assert_false(qdev_hotunplug_allowed(DEVICE(dev), &err));
    assert_error(&err, "migration in progress");
    qdev_del_unplug_blocker(DEVICE(dev), reason);
    error_free(reason);
    g_assert_true(qdev_hotunplug_allowed(DEVICE(dev), &error_abort));
    hotplug_handler_unplug(qdev_get_hotplug_handler(DEVICE(dev)), DEVICE(dev), &error_abort);
    assert_events("[unplug]a:unrealize ");
    object_unparent(OBJECT(dev));

    qbus_set_hotplug_handler(BUS(&bridge->bus), NULL);
    g_assert_false(qdev_hotplug_allowed(DEVICE(bridge), BUS(&bridge->bus), &err));
    assert_error(&err, "does not support hotplugging");
}

static void listener_realize(DeviceListener *l, DeviceState *dev)
{
    g_string_append(events, "+");
}

static void listener_unrealize(DeviceListener *l, DeviceState *dev)
{
    g_string_append(events, "-");
}

static void test_listeners(void)
{
    DeviceListener listener = {.realize = listener_realize, .unrealize = listener_unrealize};
    DeviceState *dev = qdev_new("test-plain-dev");

    device_listener_register(&listener);
    qdev_realize(dev, NULL, &error_abort);
    object_unparent(OBJECT(dev));
    object_unref(dev);
    assert_events("+-");
    device_listener_unregister(&listener);
}

/* ---- wires -------------------------------------------------------------- */

static int levels[8];

static void store_level(void *opaque, int n, int level)
{
    levels[n] = level;
}

static void test_irqs(void)
{
    qemu_irq *lines = qemu_allocate_irqs(store_level, NULL, 4);
    qemu_irq inverted;

    qemu_irq_raise(lines[2]);
    g_assert_cmpint(levels[2], ==, 1);
    qemu_irq_lower(lines[2]);
    g_assert_cmpint(levels[2], ==, 0);
    qemu_set_irq(NULL, 1);
    g_assert_false(qemu_irq_is_connected(NULL));
    inverted = qemu_irq_invert(lines[1]);
    g_assert_cmpint(levels[1], ==, 1);
    qemu_irq_raise(inverted);
    g_assert_cmpint(levels[1], ==, 0);
    qemu_free_irq(inverted);
    qemu_free_irqs(lines, 4);
}

static void test_gpios_and_splitter(void)
{
    DeviceState *dev = qdev_new("test-plain-dev"), *split = qdev_new(TYPE_SPLIT_IRQ);
    DeviceState *box = qdev_new("test-plain-dev");
    qemu_irq out[2];
    Error *err = NULL;

    qdev_init_gpio_in(dev, store_level, 4);
    qdev_init_gpio_in_named(dev, store_level, "extra", 2);
    qdev_init_gpio_out(dev, out, 2);
    qdev_prop_set_uint16(split, "num-lines", 65);
    g_assert_false(qdev_realize(split, NULL, &err));
    assert_error(&err, "expects 1 to 64, got 65");
    qdev_prop_set_uint16(split, "num-lines", 2);
    qdev_realize(split, NULL, &error_abort);
    qdev_connect_gpio_out(split, 0, qdev_get_gpio_in(dev, 3));
    qdev_connect_gpio_out(split, 1, qdev_get_gpio_in_named(dev, "extra", 1));
    qdev_connect_gpio_out(dev, 1, qdev_get_gpio_in(split, 0));
    g_assert_true(qdev_get_gpio_out_connector(dev, NULL, 1) == qdev_get_gpio_in(split, 0));
    g_assert_null(qdev_get_gpio_out_connector(dev, NULL, 0));

    memset(levels, 0, sizeof(levels));
    qemu_irq_raise(out[1]);
    g_assert_cmpint(levels[3], ==, 1);
    g_assert_cmpint(levels[1], ==, 1);

    qdev_pass_gpios(dev, box, "extra");
    qemu_irq_lower(qdev_get_gpio_in_named(box, "extra", 1));
    g_assert_cmpint(levels[1], ==, 0);

    object_unref(box);
    object_unparent(OBJECT(split));
    object_unref(split);
    object_unref(dev);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    events = g_string_new(NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qdev/realize/order", test_realize);
    g_test_add_func("/qdev/realize/failures", test_realize_failures_leave_nothing);
    g_test_add_func("/qdev/realize/parent", test_parent_takes_children_along);
    g_test_add_func("/qdev/ids", test_ids_and_search);
    g_test_add_func("/qdev/property/kinds", test_property_kinds);
    g_test_add_func("/qdev/property/errors", test_property_errors);
    g_test_add_func("/qdev/globals", test_globals);
    g_test_add_func("/qdev/reset/order", test_reset_order);
    g_test_add_func("/qdev/reset/machine", test_machine_reset);
    g_test_add_func("/qdev/reset/changed-parent", test_reset_of_changed_parent);
    g_test_add_func("/qdev/reset/hold-only", test_reset_hold_only);
    g_test_add_func("/qdev/hotplug", test_hotplug);
    g_test_add_func("/qdev/listeners", test_listeners);
    g_test_add_func("/qdev/gpio/irqs", test_irqs);
    g_test_add_func("/qdev/gpio/named-split", test_gpios_and_splitter);
    return g_test_run();
}
