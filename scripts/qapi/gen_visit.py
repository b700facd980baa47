# SPDX-License-Identifier: GPL-2.0-or-later
"""Visitors of types: one walk each, for input, output, copying and freeing."""

from . import entities as ent
from .names import quoted
from .output import guarded, module_stem, write_header, write_source


def params(type_):
    stars = '*' if isinstance(type_, ent.EnumType) else '**'
    return f'Visitor *v, const char *name, {type_.c_name()} {stars}obj, Error **errp'


def visit_decl(type_):
    name = type_.c_name()
    text = ''
    if isinstance(type_, ent.ObjectType):
        text = f'bool visit_type_{name}_members(Visitor *v, {name} *obj, Error **errp);\n'
        if type_.implicit:
            return text
    return text + f'bool visit_type_{name}({params(type_)});\n'


def enum_visit(enum):
    name = enum.c_name()
    return (f'bool visit_type_{name}({params(enum)})\n{{\n    int value = *obj;\n'
            f'    bool ok = visit_type_enum(v, name, &value, &{name}_lookup, errp);\n\n'
            f'    *obj = value;\n    return ok;\n}}\n\n')


def list_visit(type_):
    name = type_.c_name()
    element = type_.element.c_name()
    return f'''bool visit_type_{name}({params(type_)})
{{
    bool ok = true;

    if (!visit_start_list(v, name, (GenericList **)obj, sizeof(**obj), errp)) {{
        return false;
    }}
    for ({name} *tail = *obj; ok && tail;
         tail = ({name} *)visit_next_list(v, (GenericList *)tail, sizeof(**obj))) {{
        ok = visit_type_{element}(v, NULL, &tail->value, errp);
        if (!ok) {{
            break;
        }}
    }}
    ok = ok && visit_check_list(v, errp);
    visit_end_list(v, (void **)obj);
    if (!ok && visit_is_input(v)) {{
        qapi_free_{name}(*obj);
        *obj = NULL;
    }}
    return ok;
}}

'''


def indent(text, by='    '):
    return ''.join(line if line.startswith('#') or not line.strip() else by + line
                   for line in text.splitlines(True))


def member_visit(member):
    """Statements; presence of a member that has no flag is in a local has_NAME."""
    c, name = member.c_name(), quoted(member.name)
    call = (f'if (!visit_type_{member.type.c_name()}(v, {name}, &obj->{c}, errp)) {{\n'
            '    return false;\n}\n')
    special = member.special_features()
    if special != '0':
        call = (f'if (visit_policy_reject(v, {name}, {special}, errp)) {{\n    return false;\n}}\n'
                f'if (!visit_policy_skip(v, {name}, {special})) {{\n{indent(call)}}}\n')
    if member.optional:
        flag = f'obj->has_{c}' if member.has_flag() else f'has_{c}'
        call = f'if (visit_optional(v, {name}, &{flag})) {{\n{indent(call)}}}\n'
    return guarded(member.cond, indent(call))


def variants_visit(type_):
    tag = type_.tag()
    cases = ''
    for variant in type_.variants:
        const = tag.type.const(variant.name)
        if variant.type.name == 'q_empty':
            continue
        cases += guarded(variant.cond,
                         f'    case {const}:\n        return visit_type_{variant.type.c_name()}'
                         f'_members(v, &obj->u.{variant.c_name()}, errp);\n')
    return (f'    switch (obj->{tag.c_name()}) {{\n{cases}    default:\n'
            '        return true; /* nothing more in this case */\n    }\n')


def members_visit(type_):
    name = type_.c_name()
    text = f'bool visit_type_{name}_members(Visitor *v, {name} *obj, Error **errp)\n{{\n'
    flags = ''
    for member in type_.local_members:
        if member.optional and not member.has_flag():
            flags += guarded(member.cond,
                             f'    bool has_{member.c_name()} = !!obj->{member.c_name()};\n')
    text += flags + ('\n' if flags else '')
    if type_.base and type_.base.members():
        base = type_.base.c_name()
        text += (f'    if (!visit_type_{base}_members(v, ({base} *)obj, errp)) {{\n'
                 '        return false;\n    }\n')
    text += ''.join(member_visit(m) for m in type_.local_members)
    text += variants_visit(type_) if type_.variants else '    return true;\n'
    return text + '}\n\n'


def object_visit(type_):
    text = members_visit(type_)
    if type_.implicit:
        return text
    name = type_.c_name()
    return text + f'''bool visit_type_{name}({params(type_)})
{{
    bool ok = true;

    if (!visit_start_struct(v, name, (void **)obj, sizeof(**obj), errp)) {{
        return false;
    }}
    if (*obj) {{ /* NULL: freeing what was left incomplete */
        ok = visit_type_{name}_members(v, *obj, errp) && visit_check_struct(v, errp);
    }}
    visit_end_struct(v, (void **)obj);
    if (!ok && visit_is_input(v)) {{
        qapi_free_{name}(*obj);
        *obj = NULL;
    }}
    return ok;
}}

'''


def branch_visit(variant):
    c = variant.c_name()
    type_ = variant.type
    name = type_.c_name()
    if not isinstance(type_, ent.ObjectType):
        return f'        ok = visit_type_{name}(v, name, &(*obj)->u.{c}, errp);\n        break;\n'
    return (f'        ok = visit_start_struct(v, name, NULL, 0, errp);\n        if (ok) {{\n'
            f'            ok = visit_type_{name}_members(v, &(*obj)->u.{c}, errp) &&\n'
            '                 visit_check_struct(v, errp);\n'
            '            visit_end_struct(v, NULL);\n        }\n        break;\n')


def alternate_visit(type_):
    name = type_.c_name()
    cases = ''.join(guarded(v.cond, f'    case {v.type.qtype}:\n{branch_visit(v)}')
                    for v in type_.variants)
    accepted = ' or '.join(dict.fromkeys(accepted_words(v.type) for v in type_.variants))
    return f'''bool visit_type_{name}({params(type_)})
{{
    bool ok = true;

    if (!visit_start_alternate(v, name, (GenericAlternate **)obj, sizeof(**obj), errp)) {{
        return false;
    }}
    if (!*obj) {{ /* freeing what was left incomplete */
        visit_end_alternate(v, (void **)obj);
        return true;
    }}
    switch ((*obj)->type) {{
{cases}    case QTYPE_NONE: /* freeing what was left incomplete */
        break;
    default:
        error_setg(errp, "Invalid parameter type for '%s', expected: {accepted}",
                   name ? name : "(value)");
        (*obj)->type = QTYPE_NONE; /* no branch to free */
        ok = false;
        break;
    }}
    visit_end_alternate(v, (void **)obj);
    if (!ok && visit_is_input(v)) {{
        qapi_free_{name}(*obj);
        *obj = NULL;
    }}
    return ok;
}}

'''


def accepted_words(type_):
    return {'QTYPE_QSTRING': 'string', 'QTYPE_QNUM': 'number', 'QTYPE_QBOOL': 'boolean',
            'QTYPE_QDICT': 'object', 'QTYPE_QLIST': 'array', 'QTYPE_QNULL': 'null'}[type_.qtype]


VISITS = {'enum': enum_visit, 'array': list_visit, 'object': object_visit,
          'alternate': alternate_visit}


def module_code(schema, module):
    head = body = ''
    for meta, kind in (('enum', ent.EnumType), ('array', ent.ArrayType),
                       ('object', ent.ObjectType), ('alternate', ent.AlternateType)):
        for type_ in schema.of_module(module, kind):
            head += guarded(type_.cond, visit_decl(type_))
            body += guarded(type_.cond, VISITS[meta](type_))
    return head, body


def generate(schema, folder):
    head, body = module_code(schema, None)
    write_header(folder, 'qapi-builtin-visit.h', 'Visitors of types that need no schema file.',
                 ['qapi/qapi-builtin-types.h', 'qapi/visitor.h'], head)
    write_source(folder, 'qapi-builtin-visit.c', '',
                 ['qapi/error.h', 'qapi/qapi-builtin-visit.h'], body)
    for module in schema.modules:
        stem = module_stem(module)
        head, body = module_code(schema, module)
        includes = ['qapi/qapi-builtin-visit.h', f'qapi/qapi-types-{stem}.h']
        includes += [f'qapi/qapi-visit-{module_stem(m)}.h' for m in schema.includes[module]]
        write_header(folder, f'qapi-visit-{stem}.h', f'Visitors of {module}.', includes, head)
        write_source(folder, f'qapi-visit-{stem}.c', f'Visitors of {module}.',
                     ['qapi/error.h', f'qapi/qapi-visit-{stem}.h'], body)
