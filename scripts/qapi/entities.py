# SPDX-License-Identifier: GPL-2.0-or-later
"""What a schema consists of: types, commands, events and their parts."""

from .names import c_name, enum_const

SPECIAL_FEATURES = ('deprecated', 'unstable')


class Part:
    """Something with a name, a condition (None: always) and features."""

    def __init__(self, name, cond=None, features=()):
        self.name = name
        self.cond = cond
        self.features = features

    def c_name(self):
        return c_name(self.name)

    def special_features(self):
        """The features that C code acts on, as an expression of C."""
        names = [f.name for f in self.features if f.name in SPECIAL_FEATURES]
        return ' | '.join(f'1u << QAPI_{name.upper()}' for name in names) or '0'


class EnumValue(Part):
    pass


class Member(Part):
    """A member of an object, or a branch of a union or an alternate."""

    def __init__(self, name, type_, optional=False, cond=None, features=()):
        super().__init__(name, cond, features)
        self.type = type_
        self.optional = optional

    def has_flag(self):
        """Does C need has_NAME to tell whether it is there? Lists do: NULL is an empty one."""
        return self.optional and not self.type.null_is_absent


class Definition(Part):
    """A type, a command or an event; @module is None for what was not defined by a file."""

    meta = None

    def __init__(self, name, expr=None, cond=None, features=()):
        super().__init__(name, cond, features)
        self.module = expr.module if expr else None
        self.source = expr.source if expr else None
        self.doc = expr.doc if expr else None


class Type(Definition):
    null_is_absent = False
    qtype = None

    def c_name(self):
        """No keyword of C is a type of the schema; "int" and "bool" are parts of names."""
        return c_name(self.name, False)

    def c_type(self):
        """Of a variable or member."""
        return f'{c_name(self.name)} *'

    def c_param(self):
        return self.c_type()


class BuiltinType(Type):
    meta = 'builtin'

    def __init__(self, name, json_type, qtype, c_type):
        super().__init__(name)
        self.json_type = json_type
        self.qtype = qtype
        self._c_type = c_type
        self.null_is_absent = c_type.endswith('*')

    def c_type(self):
        return self._c_type

    def c_param(self):
        return 'const char *' if self.name == 'str' else self._c_type


class EnumType(Type):
    meta = 'enum'
    qtype = 'QTYPE_QSTRING'

    def __init__(self, name, values, prefix=None, **kwargs):
        super().__init__(name, **kwargs)
        self.values = values
        self.prefix = prefix

    def c_type(self):
        return c_name(self.name)

    def const(self, value):
        return enum_const(self.name, value, self.prefix)

    def has_value(self, name):
        return any(value.name == name for value in self.values)


class ArrayType(Type):
    meta = 'array'
    qtype = 'QTYPE_QLIST'

    def __init__(self, element):
        super().__init__(element.name + 'List', cond=element.cond)
        self.element = element
        self.module = element.module


class ObjectType(Type):
    """A struct or union. @tag is the member that chooses one of @variants."""

    meta = 'object'
    qtype = 'QTYPE_QDICT'
    null_is_absent = True

    def __init__(self, name, members, base=None, tag_name=None, variants=(), implicit=False,
                 **kwargs):
        super().__init__(name, **kwargs)
        self.local_members = members
        self.base = base
        self.tag_name = tag_name
        self.variants = variants
        self.implicit = implicit

    def members(self):
        return (self.base.members() if self.base else []) + self.local_members

    def tag(self):
        return next((m for m in self.members() if m.name == self.tag_name), None)

    def is_empty(self):
        return not self.members() and not self.variants


class AlternateType(Type):
    meta = 'alternate'
    null_is_absent = True

    def __init__(self, name, branches, **kwargs):
        super().__init__(name, **kwargs)
        self.variants = branches


class Command(Definition):
    meta = 'command'

    def __init__(self, name, arg, ret, options, **kwargs):
        super().__init__(name, **kwargs)
        self.arg = arg
        self.ret = ret
        self.boxed = options.get('boxed', False)
        self.gen = options.get('gen', True)
        self.success_response = options.get('success-response', True)
        self.allow_oob = options.get('allow-oob', False)
        self.allow_preconfig = options.get('allow-preconfig', False)
        self.coroutine = options.get('coroutine', False)


class Event(Definition):
    meta = 'event'

    def __init__(self, name, arg, boxed, **kwargs):
        super().__init__(name, **kwargs)
        self.arg = arg
        self.boxed = boxed

    def const(self):
        return 'QAPI_EVENT_' + c_name(self.name, False).upper()


def builtin_types():
    table = [('str', 'string', 'QTYPE_QSTRING', 'char *'),
             ('number', 'number', 'QTYPE_QNUM', 'double'),
             ('bool', 'boolean', 'QTYPE_QBOOL', 'bool'),
             ('null', 'null', 'QTYPE_QNULL', 'QNull *'),
             ('any', 'value', None, 'QObject *'),
             ('int', 'int', 'QTYPE_QNUM', 'int64_t'),
             ('size', 'int', 'QTYPE_QNUM', 'uint64_t')]
    for bits in (8, 16, 32, 64):
        table.append((f'int{bits}', 'int', 'QTYPE_QNUM', f'int{bits}_t'))
        table.append((f'uint{bits}', 'int', 'QTYPE_QNUM', f'uint{bits}_t'))
    types = [BuiltinType(*row) for row in table]
    values = [EnumValue(v) for v in ('none', 'qnull', 'qnum', 'qstring', 'qdict', 'qlist',
                                     'qbool')]
    types.append(EnumType('QType', values, 'QTYPE'))
    return types

