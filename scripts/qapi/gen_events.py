# SPDX-License-Identifier: GPL-2.0-or-later
"""A function for each event that makes its message and hands it to the monitors."""

from . import entities as ent
from .names import quoted
from .output import guarded, module_stem, parameters, write_header, write_source


def prototype(event):
    return (f'void qapi_event_send_{event.c_name().lower()}'
            f'({parameters(event.arg, event.boxed, None)})')


def fill(arg):
    """The arguments of the function as the members of a struct; strings are not copied."""
    lines = ''
    for member in arg.members():
        c = member.c_name()
        if member.has_flag():
            lines += f'        .has_{c} = has_{c},\n'
        cast = '(char *)' if member.type.c_param() == 'const char *' else ''
        lines += f'        .{c} = {cast}{c},\n'
    return f'    {arg.c_name()} param = {{\n{lines}    }};\n'


def function(event):
    text = f'{prototype(event)}\n{{\n'
    if event.arg and not event.boxed:
        text += fill(event.arg)
    text += f'    QDict *message = qmp_event_build_dict({quoted(event.name)});\n'
    if event.arg:
        param = 'arg' if event.boxed else '&param'
        text += f'''    QObject *data;
    Visitor *v = qobject_output_visitor_new_qmp(&data);

    visit_start_struct(v, {quoted(event.name)}, NULL, 0, &error_abort);
    visit_type_{event.arg.c_name()}_members(v, {param}, &error_abort);
    visit_end_struct(v, NULL);
    visit_complete(v, &data);
    visit_free(v);
    qdict_put_obj(message, "data", data);
'''
    else:
        text += '\n'
    return text + (f'    qapi_event_emit({event.const()}, message);\n'
                   '    qobject_unref(message);\n}\n\n')


def generate(schema, folder):
    names = []
    for module in schema.modules:
        stem = module_stem(module)
        events = schema.of_module(module, ent.Event)
        names += events
        head = ''.join(guarded(e.cond, prototype(e) + ';\n') for e in events)
        body = ''.join(guarded(e.cond, function(e)) for e in events)
        write_header(folder, f'qapi-events-{stem}.h', f'Events of {module}.',
                     [f'qapi/qapi-types-{stem}.h'], head)
        write_source(folder, f'qapi-events-{stem}.c', f'Events of {module}.',
                     ['qapi/error.h', f'qapi/qapi-events-{stem}.h', 'qapi/qapi-emit-events.h',
                      f'qapi/qapi-visit-{stem}.h', 'qapi/qmp-event.h',
                      'qapi/qobject-output-visitor.h', 'qobject/qdict.h'], body)
    consts = ''.join(guarded(e.cond, f'    {e.const()},\n') for e in names)
    table = ''.join(guarded(e.cond, f'    [{e.const()}] = {quoted(e.name)},\n') for e in names)
    write_header(folder, 'qapi-emit-events.h', 'The names of all events.',
                 ['qapi/util.h'],
                 f'typedef enum QAPIEvent {{\n{consts}    QAPI_EVENT__MAX,\n}} QAPIEvent;\n\n'
                 'extern const QEnumLookup QAPIEvent_lookup;\n'
                 '#define QAPIEvent_str(val) qapi_enum_lookup(&QAPIEvent_lookup, (val))\n')
    write_source(folder, 'qapi-emit-events.c', 'The names of all events.',
                 ['qapi/qapi-emit-events.h'],
                 f'static const char *const names[] = {{\n{table}    [QAPI_EVENT__MAX] = NULL,\n}};\n\n'
                 'const QEnumLookup QAPIEvent_lookup = {.array = names, .size = QAPI_EVENT__MAX};\n')
