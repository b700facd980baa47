/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generated types: read from JSON and options, written, copied, freed; policy, events, commands. */
#include "qemu/osdep.h"
#include "qapi/clone-visitor.h"
#include "qapi/compat-policy.h"
#include "qapi/forward-visitor.h"
#include "qapi/qapi-events-run-state.h"
#include "qapi/qapi-visit-common.h"
#include "qapi/qapi-visit-compat.h"
#include "qapi/qapi-visit-machine.h"
#include "qapi/qapi-visit-run-state.h"
#include "qapi/qapi-visit-ui.h"
#include "qapi/qmp-event.h"
#include "qapi/qmp-registry.h"
#include "qapi/qobject-input-visitor.h"
#include "qapi/qobject-output-visitor.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"

static Visitor *json_input(const char *json)
{
    g_autoptr(QObject) obj = qobject_from_json(json, &error_abort);

    return qobject_input_visitor_new(obj);
}

/* "VISIT as JSON" of *@obj. */
#define assert_json(type, obj, expected)                                                           \
    do {                                                                                           \
        QObject *result_;                                                                          \
        Visitor *out_ = qobject_output_visitor_new(&result_);                                      \
        g_autoptr(GString) text_ = NULL;                                                           \
                                                                                                   \
        visit_type_##type(out_, NULL, &(obj), &error_abort);                                       \
        visit_complete(out_, &result_);                                                            \
        visit_free(out_);                                                                          \
        text_ = qobject_to_json(result_);                                                          \
        g_assert_cmpstr(text_->str, ==, expected);                                                 \
        qobject_unref(result_);                                                                    \
    } while (0)

#define assert_refused(type, json, words)                                                          \
    do {                                                                                           \
        g_autoptr(Visitor) in_ = json_input(json);                                                 \
        g_autoptr(Error) err_ = NULL;                                                              \
        type *obj_ = NULL;                                                                         \
                                                                                                   \
        g_assert_false(visit_type_##type(in_, NULL, &obj_, &err_));                                \
        g_assert_null(obj_);                                                                       \
        g_assert_nonnull(strstr(error_get_pretty(err_), words));                                   \
    } while (0)

#define KEY                                                                                        \
    "{\"type\": \"key\", \"data\": {\"key\": {\"type\": \"qcode\", \"data\": \"meta_l\"}, "        \
    "\"down\": true}}"

static void test_nested_union_is_read_copied_and_written(void)
{
    g_autoptr(Visitor) in = json_input(KEY);
    InputEvent *event, *copy;

    g_assert_true(visit_type_InputEvent(in, NULL, &event, &error_abort));
    g_assert_cmpint(event->type, ==, INPUT_EVENT_KIND_KEY);
    g_assert_cmpint(event->u.key.data->key->u.qcode.data, ==, Q_KEY_CODE_META_L);
    copy = QAPI_CLONE(InputEvent, event);
    qapi_free_InputEvent(event);
    assert_json(InputEvent, copy, KEY);
    qapi_free_InputEvent(copy);
}

static void test_bad_input_frees_what_was_read(void)
{
    assert_refused(InputEvent,
                   "{\"type\": \"key\", \"data\": {\"key\": {\"type\": \"qcode\", "
                   "\"data\": \"meta_l\"}, \"down\": 1}}",
                   "'data.down', expected: boolean");
    assert_refused(InputEvent, "{\"type\": \"key\"}", "'data' is missing");
    assert_refused(InputEvent, "{\"type\": \"kex\", \"data\": {}}", "does not accept value 'kex'");
    assert_refused(InputEvent,
                   "{\"type\": \"btn\", \"data\": {\"button\": \"left\", \"down\": "
                   "true}, \"more\": 1}",
                   "'more' is unexpected");
    assert_refused(GuestPanicInformation,
                   "{\"type\": \"tdx\", \"error-code\": 1, \"message\": "
                   "\"m\", \"gpa\": \"x\"}",
                   "'gpa', expected: uint64");
    assert_refused(InputEvent, "[]", "expected: object");
}

static void test_alternate_is_told_by_its_json_type(void)
{
    g_autoptr(Visitor) text = json_input("\"x\"");
    g_autoptr(Visitor) null = json_input("null");
    StrOrNull *s, *n, *copy;

    g_assert_true(visit_type_StrOrNull(text, NULL, &s, &error_abort));
    g_assert_cmpint(s->type, ==, QTYPE_QSTRING);
    g_assert_cmpstr(s->u.s, ==, "x");
    copy = QAPI_CLONE(StrOrNull, s);
    qapi_free_StrOrNull(s);
    assert_json(StrOrNull, copy, "\"x\"");
    qapi_free_StrOrNull(copy);

    g_assert_true(visit_type_StrOrNull(null, NULL, &n, &error_abort));
    g_assert_cmpint(n->type, ==, QTYPE_QNULL);
    assert_json(StrOrNull, n, "null");
    qapi_free_StrOrNull(n);
    assert_refused(StrOrNull, "5", "expected: string or null");
}

static void test_optional_members_stay_absent(void)
{
    g_autoptr(Visitor) in = qobject_input_visitor_new_str("order=dc,menu=on", NULL, &error_abort);
    BootConfiguration *boot, copy;

    g_assert_true(visit_type_BootConfiguration(in, NULL, &boot, &error_abort));
    g_assert_true(boot->has_menu && boot->menu && !boot->has_strict && !boot->once);
    assert_json(BootConfiguration, boot, "{\"order\": \"dc\", \"menu\": true}");
    QAPI_CLONE_MEMBERS(BootConfiguration, &copy, boot);
    g_assert_true(copy.order != boot->order && g_str_equal(copy.order, "dc"));
    g_free(copy.order);
    qapi_free_BootConfiguration(boot);
}

static void test_lists_are_copied_element_by_element(void)
{
    strList *list = NULL, **tail = &list, *copy;

    QAPI_LIST_APPEND(tail, g_strdup("a"));
    QAPI_LIST_APPEND(tail, g_strdup("b"));
    copy = QAPI_CLONE(strList, list);
    qapi_free_strList(list);
    assert_json(strList, copy, "[\"a\", \"b\"]");
    qapi_free_strList(copy);
    copy = QAPI_CLONE(strList, (strList *)NULL);
    assert_json(strList, copy, "[]");
}

static void test_forwarded_member_has_another_name(void)
{
    g_autoptr(Visitor) in = json_input("{\"outer\": {\"order\": \"a\"}}");
    g_autoptr(Visitor) forward = visitor_forward_field(in, "inner", "outer");
    BootConfiguration *boot = NULL;
    Error *err = NULL;

    g_assert_true(visit_start_struct(in, NULL, NULL, 0, &error_abort));
    g_assert_false(visit_type_BootConfiguration(forward, "outer", &boot, &err));
    error_free_or_abort(&err);
    g_assert_true(visit_type_BootConfiguration(forward, "inner", &boot, &error_abort));
    g_assert_cmpstr(boot->order, ==, "a");
    visit_end_struct(in, NULL);
    qapi_free_BootConfiguration(boot);
}

static void test_policy_decides_on_features(void)
{
    CompatPolicy policy = {.has_deprecated_input = true,
                           .deprecated_input = COMPAT_POLICY_INPUT_REJECT,
                           .has_unstable_output = true,
                           .unstable_output = COMPAT_POLICY_OUTPUT_HIDE};
    Error *err = NULL;

    g_assert_true(compat_policy_input_ok(&policy, 1u << QAPI_UNSTABLE, ERROR_CLASS_GENERIC_ERROR,
                                         "command", "x", &error_abort));
    g_assert_false(compat_policy_input_ok(&policy, 1u << QAPI_DEPRECATED,
                                          ERROR_CLASS_COMMAND_NOT_FOUND, "command", "x", &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Deprecated command 'x' is disabled by -compat");
    error_free(err);
    g_assert_false(compat_policy_output_ok(&policy, 1u << QAPI_UNSTABLE));
    g_assert_true(compat_policy_output_ok(&policy, 1u << QAPI_DEPRECATED));
    g_assert_true(compat_policy_output_ok(NULL, 1u << QAPI_UNSTABLE));
}

static QDict *last_event;

static void keep_event(QAPIEvent event, QDict *message)
{
    g_assert_cmpstr(QAPIEvent_str(event), ==, qdict_get_str(message, "event"));
    last_event = qobject_ref(message);
}

static void test_events_carry_their_data(void)
{
    GuestPanicInformation info = {.type = GUEST_PANIC_INFORMATION_TYPE_TDX,
                                  .u.tdx = {.error_code = 3, .message = (char *)"boom"}};
    g_autoptr(GString) text = NULL;

    qapi_event_send_stop(); /* nobody listens */
    qapi_event_set_emit(keep_event);
    qapi_event_send_guest_panicked(GUEST_PANIC_ACTION_RUN, &info);
    qapi_event_set_emit(NULL);
    text = qobject_to_json(qdict_get(last_event, "data"));
    g_assert_cmpstr(text->str, ==,
                    "{\"action\": \"run\", \"info\": {\"type\": \"tdx\", \"error-code\": 3, "
                    "\"message\": \"boom\"}}");
    qobject_unref(last_event);
}

static void marshal_one(QDict *args, QObject **ret, Error **errp)
{
}

static void count_command(const QmpCommand *cmd, void *opaque)
{
    ++*(int *)opaque;
}

static void test_registering_again_replaces(void)
{
    QmpCommandList *cmds = qmp_command_list_new();
    int n = 0;

    qmp_register_command(cmds, "one", marshal_one, 0, 0);
    qmp_register_command(cmds, "one", marshal_one, QCO_ALLOW_OOB, 0);
    g_assert_cmpint(qmp_find_command(cmds, "one")->options, ==, QCO_ALLOW_OOB);
    g_assert_null(qmp_find_command(cmds, "two"));
    qmp_for_each_command(cmds, count_command, &n);
    g_assert_cmpint(n, ==, 1);
    qmp_command_list_free(cmds);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define T(name) g_test_add_func("/qapi/" #name, test_##name)
    T(nested_union_is_read_copied_and_written);
    T(bad_input_frees_what_was_read);
    T(alternate_is_told_by_its_json_type);
    T(optional_members_stay_absent);
    T(lists_are_copied_element_by_element);
    T(forwarded_member_has_another_name);
    T(policy_decides_on_features);
    T(events_carry_their_data);
    T(registering_again_replaces);
    return g_test_run();
}
