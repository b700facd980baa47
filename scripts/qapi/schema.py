# SPDX-License-Identifier: GPL-2.0-or-later
"""Expressions to entities: names are looked up, and what they stand for must fit."""

import os
import re

from . import entities as ent
from .parser import Parser
from .shape import check_expression
from .source import SchemaError

TYPE_NAME = re.compile(r'[A-Z][A-Za-z0-9]*$')


def cond_and(first, second):
    if not first or not second or first == second:
        return first or second
    return {'all': [first, second]}


class Schema:
    """All of a schema: @definitions in order, @types by name, @modules (files), @includes."""

    def __init__(self, path):
        parser = Parser(os.path.dirname(os.path.abspath(path)))
        parser.parse(os.path.abspath(path))
        self.main = os.path.basename(path)
        self.modules = parser.modules
        self.includes = parser.includes
        self.types = {}
        self.arrays = {}
        self.definitions = []
        self._names = {}
        self._exprs = {}
        self._in_progress = []
        for type_ in ent.builtin_types():
            self.types[type_.name] = type_
        self.empty = self.types['q_empty'] = ent.ObjectType('q_empty', [], implicit=True)
        for type_ in list(self.types.values()):
            if type_.meta in ('builtin', 'enum'):
                self.array_of(type_)
        self._collect(parser.expressions)
        self._resolve_all(parser.expressions)

    # ---- collecting names ----

    def _collect(self, expressions):
        for expr in expressions:
            meta, name = check_expression(expr)
            expr.source = expr.source.about(f"{meta} '{name}'")
            expr.meta, expr.name = meta, name
            other = self._names.get(name)
            if other:
                raise SchemaError(expr.source, f"'{name}' is defined already, "
                                               f"at {other.file}:{other.line}")
            if name in self.types:
                raise SchemaError(expr.source, f"'{name}' is a built-in type")
            self._names[name] = expr.source
            self._check_definition_name(expr)
            if meta not in ('command', 'event'):
                self._exprs[name] = expr

    @staticmethod
    def _check_definition_name(expr):
        name, meta = expr.name, expr.meta
        if meta == 'event':
            if not re.match(r'[A-Z][A-Z0-9_]*$', name):
                raise SchemaError(expr.source, 'the name of an event is in upper case with _')
        elif meta == 'command':
            if name not in expr.pragma.command_name_exceptions and \
                    not re.match(r'[a-z][a-z0-9-]*$', name):
                raise SchemaError(expr.source, 'the name of a command is in lower case with -')
        elif not TYPE_NAME.match(name) or name.endswith('List'):
            raise SchemaError(expr.source, 'the name of a type is in CamelCase, and does not end '
                                           "with 'List'")

    # ---- looking up ----

    def array_of(self, element):
        if element.name not in self.arrays:
            self.arrays[element.name] = ent.ArrayType(element)
        return self.arrays[element.name]

    def lookup(self, name, source, what):
        """The type @name, which may be [name]."""
        if isinstance(name, list):
            return self.array_of(self.lookup(name[0], source, what))
        if name in self.types and name != 'q_empty':
            return self.types[name]
        if name not in self._exprs:
            raise SchemaError(source, f"{what} uses unknown type '{name}'")
        return self._type(self._exprs[name])

    def _type(self, expr):
        if expr.name in self._in_progress:
            raise SchemaError(expr.source, 'the object contains itself')
        self._in_progress.append(expr.name)
        make = {'enum': self._enum, 'struct': self._struct, 'union': self._union,
                'alternate': self._alternate}[expr.meta]
        type_ = self._shell(expr)
        self.types[expr.name] = type_
        self._in_progress.pop()
        make(expr, type_)
        return type_

    def _shell(self, expr):
        """The type without its parts, so that they may refer to it."""
        common = {'expr': expr, 'cond': expr.value.get('if'), 'features': self._features(expr.value)}
        if expr.meta == 'enum':
            return ent.EnumType(expr.name, [], expr.value.get('prefix'), **common)
        if expr.meta == 'alternate':
            return ent.AlternateType(expr.name, [], **common)
        return ent.ObjectType(expr.name, [], **common)

    # ---- types ----

    @staticmethod
    def _features(value):
        return [ent.Part(f['name'], f.get('if')) for f in value.get('features', ())]

    def _members(self, expr, members):
        result = []
        for key, value in members.items():
            name = key.lstrip('*')
            what = f"member '{name}'"
            if name not in expr.pragma.member_name_exceptions and \
                    (name != name.lower() or '_' in name):
                raise SchemaError(expr.source, f'{what} should be in lower case with -')
            if name == 'u' or name.startswith(('has-', 'has_')):
                raise SchemaError(expr.source, f'{what} has a reserved name')
            type_ = self.lookup(value['type'], expr.source, what)
            result.append(ent.Member(name, type_, key.startswith('*'), value.get('if'),
                                     self._features(value)))
        self._check_unique(expr, result, 'member')
        return result

    @staticmethod
    def _check_unique(expr, parts, what):
        seen = {}
        for part in parts:
            name = part.c_name().lower()
            if name in seen:
                raise SchemaError(expr.source, f"{what} '{part.name}' collides with "
                                               f"{what} '{seen[name]}'")
            seen[name] = part.name

    def _enum(self, expr, type_):
        for value in expr.value['data']:
            type_.values.append(ent.EnumValue(value['name'], value.get('if'),
                                              self._features(value)))
        self._check_unique(expr, type_.values, 'value')

    def _base(self, expr):
        base = expr.value.get('base')
        if base is None:
            return None
        if isinstance(base, dict):
            return self._implicit(expr, f'q_obj_{expr.name}-base', base)
        type_ = self.lookup(base, expr.source, "'base'")
        self._must_be_struct(expr, type_, "'base'")
        return type_

    @staticmethod
    def _must_be_struct(expr, type_, what, union_too=False):
        if not isinstance(type_, ent.ObjectType) or (type_.variants and not union_too):
            raise SchemaError(expr.source, f"{what} can't be the type '{type_.name}', "
                                           'which is no struct')

    def _implicit(self, expr, name, members):
        type_ = ent.ObjectType(name, self._members(expr, members), implicit=True, expr=expr,
                               cond=expr.value.get('if'))
        self.types[name] = type_
        return type_

    def _struct(self, expr, type_):
        self._in_progress.append(expr.name)
        type_.base = self._base(expr)
        self._in_progress.pop()
        self._check_base_chain(expr, type_)
        type_.local_members = self._members(expr, expr.value['data'])
        self._check_unique(expr, type_.members(), 'member')

    @staticmethod
    def _check_base_chain(expr, type_):
        base = type_.base
        while base:
            if base is type_:
                raise SchemaError(expr.source, 'the object contains itself')
            base = base.base

    def _union(self, expr, type_):
        type_.base = self._base(expr)
        type_.tag_name = expr.value['discriminator']
        tag = type_.tag()
        if not isinstance(type_.tag_name, str) or not tag:
            raise SchemaError(expr.source, f"discriminator '{type_.tag_name}' is not in 'base'")
        if not isinstance(tag.type, ent.EnumType):
            raise SchemaError(expr.source, f"discriminator '{tag.name}' must be an enum, "
                                           f"not '{tag.type.name}'")
        if tag.optional or tag.cond:
            raise SchemaError(expr.source, f"discriminator '{tag.name}' can't be optional "
                                           'or conditional')
        branches = {}
        for name, value in expr.value['data'].items():
            if not tag.type.has_value(name):
                raise SchemaError(expr.source, f"branch '{name}' is no value of enum "
                                               f"'{tag.type.name}'")
            branch = self.lookup(value['type'], expr.source, f"branch '{name}'")
            self._must_be_struct(expr, branch, f"branch '{name}'", True)
            if branch is type_:
                raise SchemaError(expr.source, 'the object contains itself')
            branches[name] = (branch, value)
        self._add_variants(expr, type_, tag, branches)

    def _add_variants(self, expr, type_, tag, branches):
        type_.variants = []
        for value in tag.type.values:
            branch, written = branches.get(value.name, (self.empty, {}))
            cond = cond_and(value.cond, written.get('if'))
            type_.variants.append(ent.Member(value.name, branch, cond=cond))
            self._check_unique(expr, type_.members() + branch.members(), 'member')

    def _alternate(self, expr, type_):
        by_qtype = {}
        for name, value in expr.value['data'].items():
            branch = self.lookup(value['type'], expr.source, f"branch '{name}'")
            if not branch.qtype:
                raise SchemaError(expr.source, f"branch '{name}' can't be of type "
                                               f"'{branch.name}'")
            if branch.qtype in by_qtype:
                raise SchemaError(expr.source, f"branch '{name}' can't be told from branch "
                                               f"'{by_qtype[branch.qtype]}'")
            by_qtype[branch.qtype] = name
            type_.variants.append(ent.Member(name, branch, cond=value.get('if')))

    # ---- commands and events ----

    def _argument(self, expr):
        data = expr.value.get('data')
        boxed = expr.value.get('boxed', False)
        if isinstance(data, dict):
            return self._implicit(expr, f'q_obj_{expr.name}-arg', data) if data else None
        type_ = self.lookup(data, expr.source, "'data'")
        self._must_be_struct(expr, type_, "'data'", boxed)
        return type_

    def _command(self, expr):
        ret = None
        if 'returns' in expr.value:
            ret = self.lookup(expr.value['returns'], expr.source, "'returns'")
            inner = ret.element if isinstance(ret, ent.ArrayType) else ret
            if not isinstance(inner, ent.ObjectType) and \
                    expr.name not in expr.pragma.command_returns_exceptions:
                raise SchemaError(expr.source, f"'returns' can't be the type '{inner.name}': "
                                               'it could not be extended')
        return ent.Command(expr.name, self._argument(expr), ret, expr.value, expr=expr,
                           cond=expr.value.get('if'), features=self._features(expr.value))

    def _event(self, expr):
        return ent.Event(expr.name, self._argument(expr), expr.value.get('boxed', False), expr=expr,
                         cond=expr.value.get('if'), features=self._features(expr.value))

    def _resolve_all(self, expressions):
        for expr in expressions:
            if expr.meta == 'command':
                entity = self._command(expr)
            elif expr.meta == 'event':
                entity = self._event(expr)
            else:
                entity = self.lookup(expr.name, expr.source, 'schema')
            self.definitions.append(entity)
            self._check_doc(expr, entity)

    @staticmethod
    def _check_doc(expr, entity):
        if not expr.doc:
            if expr.pragma.doc_required:
                raise SchemaError(expr.source, 'there is no documentation before it')
            return
        features = [f.name for f in entity.features]
        if isinstance(entity, ent.EnumType):
            names = [v.name for v in entity.values]
            parts = entity.values
        elif isinstance(entity, ent.AlternateType):
            names, parts = [v.name for v in entity.variants], entity.variants
        elif isinstance(entity, ent.ObjectType):
            base = entity.base.members() if entity.base and entity.base.implicit else []
            parts = base + entity.local_members
            names = [m.name for m in parts]
        else:
            arg = entity.arg if entity.arg and entity.arg.implicit else None
            parts = arg.members() if arg else []
            names = [m.name for m in parts]
        features += [f.name for part in parts for f in part.features]
        expr.doc.check(expr.name, names, features, False)

    # ---- by module ----

    def of_module(self, module, kind):
        """Entities of class @kind that @module defines, implicit objects and arrays too."""
        found = [d for d in self.definitions if isinstance(d, kind) and d.module == module]
        listed = set(map(id, found))
        for type_ in list(self.types.values()) + list(self.arrays.values()):
            if isinstance(type_, kind) and type_.module == module and id(type_) not in listed \
                    and type_ is not self.empty:
                found.append(type_)
        return found
