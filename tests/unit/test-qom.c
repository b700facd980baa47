/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object model: types, interfaces, properties, links, the tree, user-creatable objects. */
#include "qemu/osdep.h"
#include "qapi/qapi-types-common.h"
#include "qemu/module.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qom/compat-properties.h"
#include "qom/object_interfaces.h"

static void assert_error(Error **err, const char *text)
{
    g_assert_nonnull(*err);
    if (!strstr(error_get_pretty(*err), text)) {
        g_error("expected '%s', got '%s'", text, error_get_pretty(*err));
    }
    g_clear_pointer(err, error_free);
}

/* ---- types under test --------------------------------------------------- */

#define TYPE_TALKER "test-talker"
typedef struct TalkerClass {
    InterfaceClass parent_class;
    int (*talk)(Object *obj);
} TalkerClass;
DECLARE_CLASS_CHECKERS(TalkerClass, TALKER, TYPE_TALKER)

#define TYPE_ANIMAL "test-animal"
OBJECT_DECLARE_TYPE(Animal, AnimalClass, ANIMAL)
struct AnimalClass {
    ObjectClass parent_class;
    int legs;
    int base_inits;
};
struct Animal {
    Object parent_obj;
    char *name;
    bool tame;
    int mood;
    Object *friend, *weak_friend;
    uint32_t weight;
    int post_inits;
};
#define TYPE_DOG   "test-dog"
#define TYPE_PUPPY "test-puppy"

static GString *events;

static char *animal_get_name(Object *obj, Error **errp)
{
    return g_strdup(ANIMAL(obj)->name ? ANIMAL(obj)->name : "");
}

static void animal_set_name(Object *obj, const char *value, Error **errp)
{
    if (!strcmp(value, "bad")) {
        error_setg(errp, "bad name");
        return;
    }
    g_free(ANIMAL(obj)->name);
    ANIMAL(obj)->name = g_strdup(value);
}

static bool animal_get_tame(Object *obj, Error **errp)
{
    return ANIMAL(obj)->tame;
}

static void animal_set_tame(Object *obj, bool value, Error **errp)
{
    ANIMAL(obj)->tame = value;
}

static int animal_get_mood(Object *obj, Error **errp)
{
    return ANIMAL(obj)->mood;
}

static void animal_set_mood(Object *obj, int value, Error **errp)
{
    ANIMAL(obj)->mood = value;
}

static void animal_init(Object *obj)
{
    Animal *a = ANIMAL(obj);

    g_string_append(events, "A");
    object_property_add_uint32_ptr(obj, "weight", &a->weight, OBJ_PROP_FLAG_READWRITE);
    object_property_add_link(obj, "friend", TYPE_ANIMAL, &a->friend, object_property_allow_set_link,
                             OBJ_PROP_LINK_STRONG);
}

static void animal_post_init(Object *obj)
{
    g_string_append(events, "a");
}

static void animal_finalize(Object *obj)
{
    g_string_append(events, "x");
    g_free(ANIMAL(obj)->name);
}

static void animal_class_init(ObjectClass *klass, const void *data)
{
    ObjectProperty *op;

    ANIMAL_CLASS(klass)->legs = 4;
    object_class_property_add_str(klass, "name", animal_get_name, animal_set_name);
    object_class_property_set_description(klass, "name", "what it hears to");
    op = object_class_property_add_bool(klass, "tame", animal_get_tame, animal_set_tame);
    object_property_set_default_bool(op, true);
    object_class_property_add_enum(klass, "mood", "OnOffAuto", &OnOffAuto_lookup, animal_get_mood,
                                   animal_set_mood);
    object_class_property_add_link(klass, "weak", TYPE_ANIMAL, offsetof(Animal, weak_friend),
                                   object_property_allow_set_link, 0);
}

static void animal_class_base_init(ObjectClass *klass, const void *data)
{
    ANIMAL_CLASS(klass)->base_inits++;
}

static void dog_init(Object *obj)
{
    g_string_append(events, "D");
}

static void dog_post_init(Object *obj)
{
    g_string_append(events, "d");
}

static void dog_finalize(Object *obj)
{
    g_string_append(events, "y");
}

static int dog_talk(Object *obj)
{
    return 1;
}

static int puppy_talk(Object *obj)
{
    return 2;
}

static void dog_class_init(ObjectClass *klass, const void *data)
{
    TALKER_CLASS(klass)->talk = dog_talk;
    g_assert_cmpstr(data, ==, "data");
}

static void puppy_class_init(ObjectClass *klass, const void *data)
{
    g_assert_true(TALKER_CLASS(klass)->talk == dog_talk);
    TALKER_CLASS(klass)->talk = puppy_talk;
}

/* A user-creatable one. */
#define TYPE_TOOL "test-tool"
OBJECT_DECLARE_SIMPLE_TYPE(Tool, TOOL)
struct Tool {
    Object parent_obj;
    uint64_t size;
    bool used;
};

static void tool_complete(UserCreatable *uc, Error **errp)
{
    if (TOOL(uc)->size == 13) {
        error_setg(errp, "13 is unlucky");
    }
}

static bool tool_can_be_deleted(UserCreatable *uc)
{
    return !TOOL(uc)->used;
}

static void tool_init(Object *obj)
{
    object_property_add_uint64_ptr(obj, "size", &TOOL(obj)->size, OBJ_PROP_FLAG_READWRITE);
}

static void tool_class_init(ObjectClass *klass, const void *data)
{
    UserCreatableClass *ucc = USER_CREATABLE_CLASS(klass);

    ucc->complete = tool_complete;
    ucc->can_be_deleted = tool_can_be_deleted;
}

static const TypeInfo test_types[] = {
    /* Children before their parents: order must not matter. */
    {
        .name = TYPE_PUPPY,
        .parent = TYPE_DOG,
        .class_init = puppy_class_init,
    },
    {
        .name = TYPE_DOG,
        .parent = TYPE_ANIMAL,
        .instance_init = dog_init,
        .instance_post_init = dog_post_init,
        .instance_finalize = dog_finalize,
        .class_init = dog_class_init,
        .class_data = "data",
        .interfaces = (const InterfaceInfo[]){{TYPE_TALKER}, {}},
    },
    {
        .name = TYPE_TALKER,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(TalkerClass),
    },
    {
        .name = TYPE_ANIMAL,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Animal),
        .instance_init = animal_init,
        .instance_post_init = animal_post_init,
        .instance_finalize = animal_finalize,
        .abstract = true,
        .class_size = sizeof(AnimalClass),
        .class_init = animal_class_init,
        .class_base_init = animal_class_base_init,
    },
    {
        .name = TYPE_TOOL,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Tool),
        .instance_init = tool_init,
        .class_init = tool_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_USER_CREATABLE}, {}},
    },
};
DEFINE_TYPES(test_types)

/* ---- types -------------------------------------------------------------- */

static void test_life(void)
{
    Object *obj;

    g_string_truncate(events, 0);
    obj = object_new(TYPE_PUPPY);
    g_assert_cmpstr(events->str, ==, "ADad");
    object_ref(obj);
    object_unref(obj);
    object_unref(obj);
    g_assert_cmpstr(events->str, ==, "ADadyx");
}

static void test_classes(void)
{
    g_autoptr(Object) dog = object_new(TYPE_DOG);
    GSList *list;

    g_assert_cmpint(ANIMAL_GET_CLASS(dog)->legs, ==, 4);
    g_assert_cmpint(ANIMAL_GET_CLASS(dog)->base_inits, ==, 1);
    g_assert_cmpint(ANIMAL_CLASS(object_class_by_name(TYPE_PUPPY))->base_inits, ==, 2);
    g_assert_null(object_class_by_name("nothing"));
    g_assert_null(object_class_by_name(NULL));
    g_assert_cmpstr(object_class_get_name(object_class_get_parent(object_get_class(dog))), ==,
                    TYPE_ANIMAL);
    list = object_class_get_list_sorted(TYPE_ANIMAL, false);
    g_assert_cmpint(g_slist_length(list), ==, 2);
    g_assert_cmpstr(object_class_get_name(list->data), ==, TYPE_DOG);
    g_slist_free(list);
    g_assert_cmpstr(object_class_nearest_name(TYPE_ANIMAL, "test-pupy"), ==, TYPE_PUPPY);
    g_assert_null(object_class_nearest_name(TYPE_ANIMAL, "elephant"));
}

static void test_casts_and_interfaces(void)
{
    g_autoptr(Object) dog = object_new(TYPE_DOG);
    g_autoptr(Object) puppy = object_new(TYPE_PUPPY);
    g_autoptr(Object) tool = object_new(TYPE_TOOL);

    g_assert_true(object_dynamic_cast(puppy, TYPE_DOG) == puppy);
    g_assert_true(object_dynamic_cast(puppy, TYPE_TALKER) == puppy);
    g_assert_true(object_dynamic_cast(puppy, TYPE_INTERFACE) == puppy);
    g_assert_null(object_dynamic_cast(dog, TYPE_PUPPY));
    g_assert_null(object_dynamic_cast(tool, TYPE_TALKER));
    g_assert_null(object_dynamic_cast(NULL, TYPE_DOG));
    for (int i = 0; i < 3; i++) { /* cached or not */
        g_assert_cmpint(TALKER_GET_CLASS(dog)->talk(dog), ==, 1);
        g_assert_cmpint(TALKER_GET_CLASS(puppy)->talk(puppy), ==, 2);
        g_assert_true((void *)ANIMAL(puppy) == puppy);
    }
}

static void test_wrong_cast_aborts(void)
{
    if (g_test_subprocess()) {
        g_autoptr(Object) tool = object_new(TYPE_TOOL);

        ANIMAL(tool);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*'test-tool' is no 'test-animal'*");
}

/* ---- properties --------------------------------------------------------- */

static void test_properties(void)
{
    g_autoptr(Object) dog = object_new(TYPE_DOG);
    g_autofree char *name = NULL;
    g_autofree char *text = NULL;
    Error *err = NULL;

    g_assert_true(ANIMAL(dog)->tame); /* the default */
    g_assert_true(object_property_set_str(dog, "name", "rex", &error_abort));
    name = object_property_get_str(dog, "name", &error_abort);
    g_assert_cmpstr(name, ==, "rex");
    g_assert_true(object_property_parse(dog, "tame", "off", &error_abort));
    g_assert_false(object_property_get_bool(dog, "tame", &error_abort));
    g_assert_true(object_property_set_str(dog, "mood", "off", &error_abort));
    g_assert_cmpint(object_property_get_enum(dog, "mood", "OnOffAuto", &error_abort), ==,
                    ON_OFF_AUTO_OFF);
    g_assert_true(object_property_parse(dog, "weight", "0x20", &error_abort));
    g_assert_cmpint(object_property_get_uint(dog, "weight", &error_abort), ==, 32);
    g_assert_cmpint(object_property_get_int(dog, "weight", &error_abort), ==, 32);
    text = object_property_print(dog, "weight", true, &error_abort);
    g_assert_cmpstr(text, ==, "32 (0x20)");

    g_assert_false(object_property_set_str(dog, "name", "bad", &err));
    assert_error(&err, "bad name");
    g_assert_false(object_property_parse(dog, "weight", "4294967296", &err));
    assert_error(&err, "'weight' expects uint32_t");
    g_assert_false(object_property_set_str(dog, "tame", "on", &err));
    assert_error(&err, "expected: boolean");
    g_assert_cmpint(object_property_get_int(dog, "name", &err), ==, -1);
    assert_error(&err, "no int");
    g_assert_cmpint(object_property_get_enum(dog, "mood", "Other", &err), ==, -1);
    assert_error(&err, "not the enum");
    g_assert_false(object_property_set_str(dog, "type", "x", &err));
    assert_error(&err, "'test-dog.type' is not writable");
}

static void test_unknown_property_names_nearest(void)
{
    g_autoptr(Object) dog = object_new(TYPE_DOG);
    Error *err = NULL;

    g_assert_false(object_property_set_int(dog, "wieght", 1, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Property 'test-dog.wieght' not found");
    g_assert_cmpstr(error_get_hint(err), ==, "did you mean 'weight'?\n");
    g_clear_pointer(&err, error_free);
    g_assert_null(object_class_property_find_err(object_get_class(dog), "nmae", &err));
    g_assert_cmpstr(error_get_hint(err), ==, "did you mean 'name'?\n");
    error_free(err);
}

static void test_add_delete_iterate(void)
{
    g_autoptr(Object) dog = object_new(TYPE_DOG);
    ObjectPropertyIterator iter;
    ObjectProperty *prop;
    uint8_t v = 3;
    Error *err = NULL;
    int n = 0;

    object_property_add_uint8_ptr(dog, "x[*]", &v, OBJ_PROP_FLAG_READ);
    prop = object_property_add_uint8_ptr(dog, "x[*]", &v, OBJ_PROP_FLAG_READ);
    g_assert_cmpstr(prop->name, ==, "x[1]");
    g_assert_null(object_property_try_add(dog, "x[1]", "t", NULL, NULL, NULL, NULL, &err));
    assert_error(&err, "attempt to add duplicate property 'x[1]'");
    g_assert_null(object_property_try_add(dog, "name", "t", NULL, NULL, NULL, NULL, &err));
    assert_error(&err, "duplicate");
    g_assert_false(object_property_set_int(dog, "x[0]", 1, &err));
    assert_error(&err, "not writable");
    object_property_iter_init(&iter, dog);
    while ((prop = object_property_iter_next(&iter))) {
        n++;
    }
    /* x[0], x[1], weight, friend; name, tame, mood, weak; type */
    g_assert_cmpint(n, ==, 9);
    object_property_del(dog, "x[0]");
    g_assert_null(object_property_find(dog, "x[0]"));
}

static void test_from_qdict(void)
{
    g_autoptr(Object) dog = object_new(TYPE_DOG);
    g_autoptr(QDict) typed = qdict_from_jsonf_nofail("{'weight': 5, 'tame': false}");
    g_autoptr(QDict) strings = qdict_from_jsonf_nofail("{'weight': '6', 'tame': 'on'}");
    Error *err = NULL;

    g_assert_true(object_set_properties_from_qdict(dog, typed, false, &error_abort));
    g_assert_false(ANIMAL(dog)->tame);
    g_assert_true(object_set_properties_from_qdict(dog, strings, true, &error_abort));
    g_assert_cmpint(ANIMAL(dog)->weight, ==, 6);
    g_assert_false(object_set_properties_from_qdict(dog, strings, false, &err));
    assert_error(&err, "Invalid parameter type for 'weight'");
}

static void test_compat_props(void)
{
    GlobalProperty props[] = {
        {TYPE_ANIMAL, "weight", "7"},
        {TYPE_PUPPY, "weight", "1"},
        {TYPE_TALKER, "nothing", "1", .optional = true},
    };
    GlobalProperty wrong[] = {{TYPE_DOG, "weight", "heavy"}};
    g_autoptr(GPtrArray) arr = g_ptr_array_new();
    g_autoptr(GPtrArray) bad = g_ptr_array_new();
    g_autoptr(Object) dog = object_new(TYPE_DOG);
    g_autoptr(Object) puppy = object_new(TYPE_PUPPY);
    Error *err = NULL;

    compat_props_add(arr, props, G_N_ELEMENTS(props));
    compat_props_add(bad, wrong, G_N_ELEMENTS(wrong));
    g_assert_true(object_apply_global_props(dog, arr, &error_abort));
    g_assert_cmpint(ANIMAL(dog)->weight, ==, 7);
    g_assert_false(props[1].used);
    g_assert_true(object_apply_global_props(puppy, arr, &error_abort));
    g_assert_cmpint(ANIMAL(puppy)->weight, ==, 1);
    g_assert_false(object_apply_global_props(dog, bad, &err));
    assert_error(&err, "can't apply global test-dog.weight=heavy: Parameter 'weight' expects");
}

/* ---- links and the tree ------------------------------------------------- */

static void test_tree(void)
{
    Object *root = object_get_root();
    Object *zoo = object_property_add_new_container(root, "zoo");
    Object *cage = object_property_add_new_container(zoo, "cage");
    Object *dog = object_new(TYPE_DOG), *puppy = object_new(TYPE_PUPPY);
    g_autofree char *path = NULL;
    bool ambiguous;

    object_property_add_child(cage, "dog", dog);
    object_property_add_child(zoo, "dog", puppy);
    object_unref(dog);
    object_unref(puppy);
    path = object_get_canonical_path(dog);
    g_assert_cmpstr(path, ==, "/zoo/cage/dog");
    g_assert_cmpstr(object_get_canonical_path_component(dog), ==, "dog");

    g_assert_true(object_resolve_path("/zoo/cage/dog", &ambiguous) == dog);
    g_assert_true(object_resolve_path("cage/dog", &ambiguous) == dog);
    g_assert_null(object_resolve_path("dog", &ambiguous));
    g_assert_true(ambiguous);
    g_assert_true(object_resolve_path_type("dog", TYPE_PUPPY, &ambiguous) == puppy);
    g_assert_true(object_resolve_path_type("", TYPE_PUPPY, NULL) == puppy);
    g_assert_null(object_resolve_path("/zoo/nobody", &ambiguous));
    g_assert_false(ambiguous);
    g_assert_true(object_resolve_path_at(zoo, "cage/dog") == dog);
    g_assert_true(object_resolve_path("/", NULL) == root);
    g_assert_true(object_resolve_type_unambiguous(TYPE_PUPPY, &error_abort) == puppy);

    g_string_truncate(events, 0);
    object_unparent(zoo);
    g_assert_cmpint(events->len, ==, 4); /* both are gone */
    g_assert_null(object_resolve_path("/zoo", NULL));
}

static int count_and_unparent(Object *child, void *opaque)
{
    (*(int *)opaque)++;
    object_unparent(child);
    return 0;
}

static void test_children_may_go_during_walk(void)
{
    g_autoptr(Object) parent = object_new(TYPE_CONTAINER);
    int n = 0;

    for (int i = 0; i < 20; i++) {
        object_property_add_new_container(parent, "c[*]");
    }
    object_child_foreach_recursive(parent, count_and_unparent, &n);
    g_assert_cmpint(n, ==, 20);
}

static void test_links(void)
{
    Object *objects = object_get_objects_root();
    Object *dog = object_new(TYPE_DOG), *puppy = object_new(TYPE_PUPPY), *tool;
    g_autofree char *path = NULL;
    Error *err = NULL;

    object_property_add_child(objects, "dog", dog);
    object_property_add_child(objects, "puppy", puppy);
    tool = object_new_with_props(TYPE_TOOL, objects, "tool", &error_abort, "size", "4", NULL);

    g_assert_true(object_property_set_str(dog, "friend", "puppy", &error_abort));
    g_assert_true(ANIMAL(dog)->friend == puppy);
    g_assert_cmpint(puppy->ref, ==, 3);
    path = object_property_get_str(dog, "friend", &error_abort);
    g_assert_cmpstr(path, ==, "/objects/puppy");
    g_assert_true(object_property_get_link(dog, "friend", &error_abort) == puppy);
    g_assert_true(object_resolve_path("/objects/dog/friend", NULL) == puppy);

    g_assert_true(object_property_set_link(dog, "weak", puppy, &error_abort));
    g_assert_cmpint(puppy->ref, ==, 3);
    g_assert_false(object_property_set_link(dog, "friend", tool, &err));
    assert_error(&err, "expects an object of type 'test-animal', got 'test-tool'");
    g_assert_false(object_property_set_str(dog, "friend", "/objects/tool", &err));
    assert_error(&err, "expected: test-animal");
    g_assert_false(object_property_set_str(dog, "friend", "/objects/nobody", &err));
    g_assert_cmpint(error_get_class(err), ==, ERROR_CLASS_DEVICE_NOT_FOUND);
    assert_error(&err, "'/objects/nobody' not found");

    g_assert_true(object_property_set_str(dog, "friend", "", &error_abort));
    g_assert_null(ANIMAL(dog)->friend);
    g_assert_cmpint(puppy->ref, ==, 2);
    object_property_set_link(dog, "friend", puppy, &error_abort);

    object_unparent(dog);
    object_unref(dog);
    g_assert_cmpint(puppy->ref, ==, 2); /* the link's reference went with the dog */
    object_unparent(puppy);
    object_unref(puppy);
    object_unparent(tool);
}

static void test_aliases(void)
{
    g_autoptr(Object) dog = object_new(TYPE_DOG);
    g_autoptr(Object) box = object_new(TYPE_CONTAINER);
    g_autoptr(Object) outer = object_new(TYPE_CONTAINER);
    Object *inner = object_property_add_new_container(box, "inner");
    Error *err = NULL;

    object_property_add_alias(box, "load", dog, "weight");
    object_property_add_alias(outer, "load2", box, "load");
    object_property_add_alias(outer, "part", box, "inner");
    object_property_add_alias(box, "pal", dog, "friend");
    object_property_add_const_link(outer, "always", dog);

    g_assert_true(object_property_parse(outer, "load2", "9", &error_abort));
    g_assert_cmpint(ANIMAL(dog)->weight, ==, 9);
    g_assert_cmpint(object_property_get_int(box, "load", &error_abort), ==, 9);
    g_assert_false(object_property_parse(outer, "load2", "x", &err));
    assert_error(&err, "Parameter 'load2' expects");
    g_assert_cmpstr(object_property_get_type(outer, "part", &error_abort), ==, "link<container>");
    g_assert_true(object_resolve_path_component(outer, "part") == inner);
    g_assert_true(object_resolve_path_component(outer, "always") == dog);
    g_assert_false(object_property_set_link(outer, "always", dog, &err));
    assert_error(&err, "no link that can be set");
    object_property_set_link(box, "pal", NULL, &error_abort);
}

/* ---- user-creatable objects --------------------------------------------- */

static void test_user_creatable(void)
{
    bool helped;
    Tool *tool;
    Error *err = NULL;

    g_assert_true(user_creatable_add_from_str("test-tool,id=t0,size=12", &helped, &error_abort));
    tool = TOOL(object_resolve_path("/objects/t0", NULL));
    g_assert_cmpint(tool->size, ==, 12);
    g_assert_true(user_creatable_add_from_str(
        "{\"qom-type\": \"test-tool\", \"id\": \"t1\", \"size\": 5}", &helped, &error_abort));
    tool->used = true;
    g_assert_false(user_creatable_del("t0", &err));
    assert_error(&err, "'t0' is in use");
    tool->used = false;
    g_assert_true(user_creatable_del("t0", &error_abort));
    g_assert_false(user_creatable_del("t0", &err));
    assert_error(&err, "'t0' not found");
    user_creatable_cleanup();
    g_assert_null(object_resolve_path("/objects/t1", NULL));
}

static void assert_not_created(const char *str, const char *why)
{
    Error *err = NULL;
    bool helped;

    g_assert_false(user_creatable_add_from_str(str, &helped, &err));
    g_assert_false(helped);
    assert_error(&err, why);
    g_assert_null(object_resolve_path("/objects/x", NULL));
}

static void test_user_creatable_errors(void)
{
    Error *err = NULL;
    bool helped;

    assert_not_created("test-tool", "Parameter 'id' is missing");
    assert_not_created("id=x", "Parameter 'qom-type' is missing");
    assert_not_created("nothing,id=x", "invalid object type: nothing");
    assert_not_created("test-dog,id=x", "'test-dog' can't be created by a user");
    assert_not_created("test-tool,id=1x", "'id' expects an identifier");
    assert_not_created("test-tool,id=x,size=13", "13 is unlucky");
    assert_not_created("test-tool,id=x,size=big", "'size' expects an integer, got 'big'");
    assert_not_created("test-tool,id=x,sise=1", "Property 'test-tool.sise' not found");
    assert_not_created("{\"qom-type\": \"test-tool\", \"id\": 1}", "'id' expects a string");
    assert_not_created("{\"qom-type\"", "JSON parse error");
    g_assert_false(user_creatable_add_from_str("test-tol,id=x", &helped, &err));
    g_assert_cmpstr(error_get_hint(err), ==,
                    "did you mean 'test-tool'? \"-object help\" lists them.\n");
    g_clear_pointer(&err, error_free);

    g_assert_true(user_creatable_add_from_str("test-tool,id=x", &helped, &error_abort));
    g_assert_false(user_creatable_add_from_str("test-tool,id=x", &helped, &err));
    assert_error(&err, "duplicate property 'x'");
    user_creatable_cleanup();
}

static void test_help(void)
{
    bool helped;

    if (g_test_subprocess()) {
        g_assert_true(user_creatable_add_from_str("help", &helped, &error_abort));
        g_assert_true(helped);
        g_assert_true(user_creatable_add_from_str("test-tool,help", &helped, &error_abort));
        g_assert_true(user_creatable_print_type_properties(TYPE_DOG));
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stdout("*List of user creatable objects:\n  test-tool\n"
                              "There are no options for test-tool.\n"
                              "test-dog options:\n*"
                              "  name=<string>          - what it hears to\n"
                              "  tame=<bool>            -  (default: true)\n*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    events = g_string_new(NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qom/type/life", test_life);
    g_test_add_func("/qom/type/classes", test_classes);
    g_test_add_func("/qom/type/casts-interfaces", test_casts_and_interfaces);
    g_test_add_func("/qom/type/wrong-cast", test_wrong_cast_aborts);
    g_test_add_func("/qom/property/get-set", test_properties);
    g_test_add_func("/qom/property/nearest", test_unknown_property_names_nearest);
    g_test_add_func("/qom/property/add-delete", test_add_delete_iterate);
    g_test_add_func("/qom/property/from-qdict", test_from_qdict);
    g_test_add_func("/qom/property/compat", test_compat_props);
    g_test_add_func("/qom/tree/paths", test_tree);
    g_test_add_func("/qom/tree/walk", test_children_may_go_during_walk);
    g_test_add_func("/qom/links", test_links);
    g_test_add_func("/qom/aliases", test_aliases);
    g_test_add_func("/qom/user-creatable/life", test_user_creatable);
    g_test_add_func("/qom/user-creatable/errors", test_user_creatable_errors);
    g_test_add_func("/qom/user-creatable/help", test_help);
    return g_test_run();
}
