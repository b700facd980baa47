# SPDX-License-Identifier: GPL-2.0-or-later
"""A reference of the interface in Markdown, a chapter for each schema file."""

from . import entities as ent
from .doc import text_of
from .output import module_stem, write


def type_words(type_):
    if type_ is None:
        return 'nothing'
    if isinstance(type_, ent.ArrayType):
        return f'array of {type_words(type_.element)}'
    if isinstance(type_, ent.BuiltinType):
        return type_.name
    return f'[{type_.name}](#{type_.name.lower()})'


def anchor(entity):
    return entity.name.lower()


def member_line(member, doc):
    words = text_of(doc.members.get(member.name, [])) if doc else ''
    optional = ', optional' if member.optional else ''
    marks = ''.join(f', {f.name}' for f in member.features)
    return f'- `{member.name}`: {type_words(member.type)}{optional}{marks}' + \
        (f'. {words}' if words else '') + '\n'


def parts(entity):
    doc = entity.doc
    text = ''
    if isinstance(entity, ent.EnumType):
        for value in entity.values:
            words = text_of(doc.members.get(value.name, [])) if doc else ''
            text += f'- `{value.name}`' + (f': {words}' if words else '') + '\n'
    elif isinstance(entity, ent.AlternateType):
        text += ''.join(member_line(v, doc) for v in entity.variants)
    elif isinstance(entity, ent.ObjectType):
        if entity.base and not entity.base.implicit:
            text += f'- all members of {type_words(entity.base)}\n'
        members = entity.local_members
        if entity.base and entity.base.implicit:
            members = entity.base.members() + members
        text += ''.join(member_line(m, doc) for m in members)
        for variant in entity.variants:
            if variant.type.name != 'q_empty':
                text += (f'- where `{entity.tag_name}` is `{variant.name}`: '
                         f'all members of {type_words(variant.type)}\n')
    elif entity.arg:
        if entity.arg.implicit:
            text += ''.join(member_line(m, doc) for m in entity.arg.members())
        else:
            text += f'- all members of {type_words(entity.arg)}\n'
    return text


def flags(entity):
    if not isinstance(entity, ent.Command):
        return ''
    words = [word for word, on in (('may be executed out of band', entity.allow_oob),
                                   ('available before the machine is made (`-preconfig`)',
                                    entity.allow_preconfig),
                                   ('does not answer when it succeeds',
                                    not entity.success_response)) if on]
    return f'This command {", ".join(words)}.\n\n' if words else ''


def section(entity):
    doc = entity.doc
    text = f'### <a id="{anchor(entity)}"></a>{entity.meta} `{entity.name}`\n\n'
    if doc:
        text += text_of(doc.body) + '\n\n'
    listed = parts(entity)
    text += listed + ('\n' if listed else '')
    if isinstance(entity, ent.Command) and entity.ret:
        text += f'Returns: {type_words(entity.ret)}\n\n'
    text += flags(entity)
    for feature in entity.features:
        words = text_of(doc.features.get(feature.name, [])) if doc else ''
        text += f'*{feature.name}*' + (f': {words}' if words else '') + '\n\n'
    if doc and 'Since' in doc.sections:
        text += f'Since {text_of(doc.sections["Since"])}\n\n'
    return text


def generate(schema, folder):
    text = '# Interface reference\n\nGenerated from `qapi/*.json`.\n\n'
    for module in schema.modules:
        mine = [d for d in schema.definitions if d.module == module]
        if mine:
            text += f'## {module_stem(module)}\n\n' + ''.join(map(section, mine))
    write(folder, 'qapi-reference.md', text)
