# SPDX-License-Identifier: GPL-2.0-or-later
"""What query-qmp-schema answers, as JSON text in pieces.

Names of types are numbers: they are no part of the interface. Every item of an array is
followed by a comma, since it may be compiled out; the reader skips commas before "]".
"""

import json

from . import entities as ent
from .names import quoted
from .output import guarded, write_header, write_source


class Builder:
    """Emits commands and events, and then every type that is reached from them."""

    def __init__(self, schema):
        self.schema = schema
        self.numbers = {}
        self.queue = []
        self.text = ''

    def type_name(self, type_):
        """How introspection calls @type_, which will be described, too."""
        type_ = type_ or self.schema.empty
        if type_.meta == 'builtin':
            name = 'int' if type_.json_type == 'int' else type_.name
            if name == 'int':
                type_ = self.schema.types['int']
            self._enqueue(name, type_)
            return name
        if type_.meta == 'array':
            name = f'[{self.type_name(type_.element)}]'
            self._enqueue(name, type_)
            return name
        if type_ not in self.numbers:
            self.numbers[type_] = str(len(self.numbers))
            self.queue.append((self.numbers[type_], type_))
        return self.numbers[type_]

    def _enqueue(self, name, type_):
        if name not in self.numbers:
            self.numbers[name] = name
            self.queue.append((name, type_))

    # ---- text ----

    @staticmethod
    def lines(text):
        return f'    {quoted(text)}\n'

    def pairs(self, pairs):
        """ "key": value, ... without braces"""
        return self.lines(', '.join(f'{json.dumps(k)}: {json.dumps(v)}' for k, v in pairs) + ', ')

    def array(self, key, items):
        """items: (condition, text of lines)"""
        body = ''.join(guarded(cond, text) for cond, text in items)
        return self.lines(f'{json.dumps(key)}: [') + body + self.lines('], ')

    def strings(self, key, parts):
        return self.array(key, [(p.cond, self.lines(json.dumps(p.name) + ', ')) for p in parts])

    def features(self, part):
        return self.strings('features', part.features) if part.features else ''

    def object(self, inner):
        return self.lines('{') + inner + self.lines('}, ')

    def entry(self, name, meta, inner, entity):
        text = self.object(self.pairs([('name', name), ('meta-type', meta)]) + inner +
                           self.features(entity))
        self.text += guarded(entity.cond, text)

    # ---- entities ----

    def member(self, member):
        inner = self.pairs([('name', member.name), ('type', self.type_name(member.type))] +
                           ([('default', None)] if member.optional else []))
        return member.cond, self.object(inner + self.features(member))

    def value(self, value):
        return value.cond, self.object(self.pairs([('name', value.name)]) + self.features(value))

    def variant(self, variant):
        return variant.cond, self.object(self.pairs([('case', variant.name),
                                                     ('type', self.type_name(variant.type))]))

    def branch(self, branch):
        return branch.cond, self.object(self.pairs([('type', self.type_name(branch.type))]))

    def type(self, name, type_):
        inner = ''
        meta = type_.meta
        if meta == 'builtin':
            inner = self.pairs([('json-type', type_.json_type)])
        elif meta == 'array':
            inner = self.pairs([('element-type', self.type_name(type_.element))])
        elif meta == 'enum':
            inner = self.array('members', map(self.value, type_.values)) + \
                self.strings('values', type_.values)
        elif meta == 'alternate':
            inner = self.array('members', map(self.branch, type_.variants))
        else:
            inner = self.array('members', map(self.member, type_.members()))
            if type_.variants:
                inner += self.pairs([('tag', type_.tag_name)])
                inner += self.array('variants', map(self.variant, type_.variants))
        self.entry(name, meta, inner, type_)

    def command(self, command):
        pairs = [('arg-type', self.type_name(command.arg)),
                 ('ret-type', self.type_name(command.ret))]
        if command.allow_oob:
            pairs.append(('allow-oob', True))
        self.entry(command.name, 'command', self.pairs(pairs), command)

    def build(self):
        for entity in self.schema.definitions:
            if isinstance(entity, ent.Command):
                self.command(entity)
            elif isinstance(entity, ent.Event):
                self.entry(entity.name, 'event',
                           self.pairs([('arg-type', self.type_name(entity.arg))]), entity)
        while self.queue:
            self.type(*self.queue.pop(0))
        return self.text


def generate(schema, folder):
    text = Builder(schema).build()
    write_header(folder, 'qapi-introspect.h', 'The interface, described.', [],
                 '/* JSON but for commas before "]" and "}". */\n'
                 'extern const char qmp_schema_text[];\n')
    write_source(folder, 'qapi-introspect.c', 'The interface, described.',
                 ['qapi/qapi-introspect.h'],
                 f'const char qmp_schema_text[] =\n    "["\n{text}    "]";\n')
