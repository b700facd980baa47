# SPDX-License-Identifier: GPL-2.0-or-later
"""From the arguments of a request to the function of a command, and back with its result."""

from . import entities as ent
from .names import quoted
from .output import guarded, module_stem, parameters, write_header, write_source


def returned(command):
    return command.ret.c_type() if command.ret else 'void '


def prototype(command):
    c_type = returned(command)
    space = '' if c_type.endswith(('*', ' ')) else ' '
    prefix = 'coroutine_fn ' if command.coroutine else ''
    return (f'{prefix}{c_type}{space}qmp_{command.c_name()}'
            f'({parameters(command.arg, command.boxed)})')


def marshal_prototype(command):
    prefix = 'coroutine_fn ' if command.coroutine else ''
    return (f'{prefix}void qmp_marshal_{command.c_name()}'
            '(QDict *args, QObject **ret, Error **errp)')


def declaration(command):
    text = f'{marshal_prototype(command)};\n'
    return (f'{prototype(command)};\n' if command.gen else '') + text


def call_arguments(command):
    if command.boxed:
        return '&arg, '
    result = ''
    for member in command.arg.members() if command.arg else []:
        if member.has_flag():
            result += f'arg.has_{member.c_name()}, '
        result += f'arg.{member.c_name()}, '
    return result


def read_arguments(arg):
    name = arg.c_name()
    return f'''    v = qobject_input_visitor_new_qmp(QOBJECT(args));
    ok = visit_start_struct(v, NULL, NULL, 0, errp);
    if (ok) {{
        ok = visit_type_{name}_members(v, &arg, errp) && visit_check_struct(v, errp);
        visit_end_struct(v, NULL);
    }}
    visit_free(v);
'''


def write_result(type_):
    """The result to JSON, and free it."""
    is_pointer = type_.c_type().endswith('*')
    text = f'''        v = qobject_output_visitor_new_qmp(ret);
        visit_type_{type_.c_name()}(v, "return", &value, &error_abort);
        visit_complete(v, ret);
        visit_free(v);
'''
    if is_pointer:
        text += f'''        v = qapi_dealloc_visitor_new();
        visit_type_{type_.c_name()}(v, NULL, &value, NULL);
        visit_free(v);
'''
    return text


def call(command):
    arguments = call_arguments(command) + '&err'
    if not command.ret:
        return (f'    qmp_{command.c_name()}({arguments});\n'
                '    if (err) {\n        error_propagate(errp, err);\n    }\n')
    return (f'    value = qmp_{command.c_name()}({arguments});\n    if (err) {{\n'
            f'        error_propagate(errp, err);\n    }} else {{\n{write_result(command.ret)}    }}\n')


def marshal(command):
    if not command.gen:
        return ''
    arg, ret = command.arg, command.ret
    text = f'{marshal_prototype(command)}\n{{\n    Error *err = NULL;\n'
    if ret:
        c_type = ret.c_type()
        text += f'    {c_type}{"" if c_type.endswith("*") else " "}value;\n'
    if arg:
        text += f'    {arg.c_name()} arg = {{0}};\n    bool ok;\n    Visitor *v;\n\n'
        text += read_arguments(arg)
        body = ''.join('    ' + line if line.strip() else line
                       for line in call(command).splitlines(True))
        text += f'    if (ok) {{\n{body}    }}\n'
        text += ('    v = qapi_dealloc_visitor_new();\n    visit_start_struct(v, NULL, NULL, 0, '
                 f'NULL);\n    visit_type_{arg.c_name()}_members(v, &arg, NULL);\n'
                 '    visit_end_struct(v, NULL);\n    visit_free(v);\n')
    else:
        text += '    Visitor *v;\n\n' if ret else '\n'
        text += '    if (!qmp_no_arguments(args, errp)) {\n        return;\n    }\n' + call(command)
    return text + '}\n\n'


def options(command):
    flags = [flag for flag, on in (('QCO_NO_SUCCESS_RESP', not command.success_response),
                                   ('QCO_ALLOW_OOB', command.allow_oob),
                                   ('QCO_ALLOW_PRECONFIG', command.allow_preconfig),
                                   ('QCO_COROUTINE', command.coroutine)) if on]
    return ' | '.join(flags) or '0'


def registration(command):
    return guarded(command.cond,
                   f'    qmp_register_command(cmds, {quoted(command.name)}, '
                   f'qmp_marshal_{command.c_name()}, {options(command)}, '
                   f'{command.special_features()});\n')


def generate(schema, folder):
    registrations = ''
    modules = []
    for module in schema.modules:
        stem = module_stem(module)
        commands = schema.of_module(module, ent.Command)
        head = ''.join(guarded(c.cond, declaration(c)) for c in commands)
        body = ''.join(guarded(c.cond, marshal(c)) for c in commands)
        registrations += ''.join(map(registration, commands))
        if commands:
            modules.append(f'qapi/qapi-commands-{stem}.h')
        write_header(folder, f'qapi-commands-{stem}.h', f'Commands of {module}.',
                     ['qapi/qmp-registry.h', f'qapi/qapi-types-{stem}.h', 'qemu/coroutine.h'], head)
        write_source(folder, f'qapi-commands-{stem}.c', f'Commands of {module}.',
                     ['qapi/dealloc-visitor.h', 'qapi/error.h', f'qapi/qapi-commands-{stem}.h',
                      f'qapi/qapi-visit-{stem}.h', 'qapi/qobject-input-visitor.h',
                      'qapi/qobject-output-visitor.h', 'qobject/qdict.h'], body)
    write_header(folder, 'qapi-init-commands.h', 'The table of all commands.',
                 ['qapi/qmp-registry.h'], 'void qmp_init_marshal(QmpCommandList *cmds);\n')
    write_source(folder, 'qapi-init-commands.c', 'The table of all commands.',
                 ['qapi/qapi-init-commands.h', 'qapi/util.h'] + modules,
                 f'void qmp_init_marshal(QmpCommandList *cmds)\n{{\n{registrations}}}\n')
