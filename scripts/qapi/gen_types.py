# SPDX-License-Identifier: GPL-2.0-or-later
"""Types in C, the names of enum values, and what frees them."""

from . import entities as ent
from .names import quoted
from .output import guarded, module_stem, write_header, write_source


def declare(c_type, name):
    return c_type + ('' if c_type.endswith('*') else ' ') + name


def enum_decl(enum):
    name = enum.c_name()
    body = ''.join(guarded(v.cond, f'    {enum.const(v.name)},\n') for v in enum.values)
    return (f'typedef enum {name} {{\n{body}    {enum.const("_MAX")},\n}} {name};\n\n'
            f'extern const QEnumLookup {name}_lookup;\n'
            f'#define {name}_str(val) qapi_enum_lookup(&{name}_lookup, (val))\n\n')


def enum_lookup(enum):
    name = enum.c_name()
    names = features = ''
    for value in enum.values:
        const = enum.const(value.name)
        names += guarded(value.cond, f'    [{const}] = {quoted(value.name)},\n')
        special = value.special_features()
        if special != '0':
            features += guarded(value.cond, f'    [{const}] = {special},\n')
    if not enum.values:
        names = '    NULL,\n'
    size = enum.const('_MAX')
    text = f'static const char *const {name}_names[] = {{\n{names}}};\n'
    extra = ''
    if features:
        text += f'static const unsigned char {name}_features[{size}] = {{\n{features}}};\n'
        extra = f'.special_features = {name}_features, '
    return (text + f'const QEnumLookup {name}_lookup = '
                   f'{{.array = {name}_names, {extra}.size = {size}}};\n\n')


def member_decls(members):
    text = ''
    for member in members:
        line = ''
        if member.has_flag():
            line = f'    bool has_{member.c_name()};\n'
        line += f'    {declare(member.type.c_type(), member.c_name())};\n'
        text += guarded(member.cond, line)
    return text


def variant_decls(variants):
    """Objects lie in the union itself; what has no members needs no place."""
    lines = ''
    for variant in variants:
        type_ = variant.type
        if isinstance(type_, ent.ObjectType) and type_.name == 'q_empty':
            continue
        in_place = isinstance(type_, ent.ObjectType)
        c_type = type_.c_name() if in_place else type_.c_type()
        lines += guarded(variant.cond, f'        {declare(c_type, variant.c_name())};\n')
    return f'    union {{\n{lines}    }} u;\n'


def struct_decl(type_):
    name = type_.c_name()
    text = f'struct {name} {{\n'
    if isinstance(type_, ent.AlternateType):
        text += '    QType type;\n' + variant_decls(type_.variants)
    else:
        if type_.base and type_.base.members():
            text += f'    /* as in {type_.base.c_name()}: */\n{member_decls(type_.base.members())}'
            text += '    /* own: */\n'
        text += member_decls(type_.local_members)
        if type_.variants:
            text += variant_decls(type_.variants)
        if type_.is_empty():
            text += '    char dummy_; /* C has no empty struct */\n'
    text += '};\n\n'
    if isinstance(type_, ent.ObjectType) and type_.base and not type_.base.implicit:
        base = type_.base.c_name()
        text += (f'static inline {base} *qapi_{name}_base(const {name} *obj)\n'
                 f'{{\n    return ({base} *)obj;\n}}\n\n')
    return text


def list_decl(type_):
    name = type_.c_name()
    return (f'struct {name} {{\n    {name} *next;\n'
            f'    {declare(type_.element.c_type(), "value")};\n}};\n\n')


def free_decl(type_):
    name = type_.c_name()
    if getattr(type_, 'implicit', False):
        return ''
    return (f'void qapi_free_{name}({name} *obj);\n'
            f'G_DEFINE_AUTOPTR_CLEANUP_FUNC({name}, qapi_free_{name})\n\n')


def free_function(type_):
    name = type_.c_name()
    if getattr(type_, 'implicit', False):
        return ''
    return (f'void qapi_free_{name}({name} *obj)\n{{\n'
            f'    if (obj) {{\n        Visitor *v = qapi_dealloc_visitor_new();\n\n'
            f'        visit_type_{name}(v, NULL, &obj, NULL);\n        visit_free(v);\n    }}\n}}\n\n')


def by_need(types):
    """Types such that one that lies within another comes before it."""
    done, result = set(), []
    mine = {t.name for t in types}

    def add(type_):
        if type_.name in done or type_.name not in mine:
            return
        done.add(type_.name)
        if getattr(type_, 'base', None):
            add(type_.base)
        for variant in type_.variants:
            if isinstance(variant.type, (ent.ObjectType, ent.AlternateType)):
                add(variant.type)
        result.append(type_)

    for type_ in types:
        add(type_)
    return result


def module_code(schema, module):
    """(header text, source text) of what @module defines."""
    enums = schema.of_module(module, ent.EnumType)
    arrays = schema.of_module(module, ent.ArrayType)
    structs = by_need(schema.of_module(module, (ent.ObjectType, ent.AlternateType)))
    head = body = ''
    for enum in enums:
        head += guarded(enum.cond, enum_decl(enum))
        body += guarded(enum.cond, enum_lookup(enum))
    for type_ in structs + arrays:
        name = type_.c_name()
        head += guarded(type_.cond, f'typedef struct {name} {name};\n')
    head += '\n'
    for type_ in structs:
        head += guarded(type_.cond, struct_decl(type_))
    for type_ in arrays:
        head += guarded(type_.cond, list_decl(type_))
    for type_ in structs + arrays:
        head += guarded(type_.cond, free_decl(type_))
        body += guarded(type_.cond, free_function(type_))
    return head, body


def generate(schema, folder):
    head, body = module_code(schema, None)
    write_header(folder, 'qapi-builtin-types.h', 'Types that need no schema file.',
                 ['qapi/util.h'], head)
    write_source(folder, 'qapi-builtin-types.c', '',
                 ['qapi/dealloc-visitor.h', 'qapi/qapi-builtin-visit.h'], body)
    for module in schema.modules:
        stem = module_stem(module)
        head, body = module_code(schema, module)
        includes = ['qapi/qapi-builtin-types.h']
        includes += [f'qapi/qapi-types-{module_stem(m)}.h' for m in schema.includes[module]]
        write_header(folder, f'qapi-types-{stem}.h', f'Types of {module}.', includes, head)
        write_source(folder, f'qapi-types-{stem}.c', f'Types of {module}.',
                     ['qapi/dealloc-visitor.h', f'qapi/qapi-visit-{stem}.h'], body)


