# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks the shape of each expression, before names are looked up, and makes the
short forms long: {'a': 'int'} is {'a': {'type': 'int'}}, ['x'] is [{'name': 'x'}]."""

from .names import NAME
from .source import SchemaError

META = ('enum', 'union', 'alternate', 'struct', 'command', 'event')

# Keys of each kind of expression: (needed, possible).
KEYS = {
    'enum': (('data',), ('prefix', 'if', 'features')),
    'struct': (('data',), ('base', 'if', 'features')),
    'union': (('base', 'discriminator', 'data'), ('if', 'features')),
    'alternate': (('data',), ('if', 'features')),
    'command': ((), ('data', 'returns', 'boxed', 'gen', 'success-response', 'allow-oob',
                     'allow-preconfig', 'coroutine', 'if', 'features')),
    'event': ((), ('data', 'boxed', 'if', 'features')),
}
# Flags that can only have this value: the other one is what they are without.
FLAGS = {'gen': False, 'success-response': False, 'boxed': True, 'allow-oob': True,
         'allow-preconfig': True, 'coroutine': True}


def check_keys(source, value, what, needed, possible):
    for key in needed:
        if key not in value:
            raise SchemaError(source, f"{what} needs '{key}'")
    for key in value:
        if key not in needed and key not in possible:
            raise SchemaError(source, f"{what} has unknown key '{key}'")


def check_name(source, name, what):
    if not isinstance(name, str) or not NAME.match(name):
        raise SchemaError(source, f"{what} has an invalid name {name!r}")


def check_if(source, cond, what):
    """A condition: a name, or {'all': [...]}, {'any': [...]}, {'not': condition}."""
    if isinstance(cond, str):
        if not cond.replace('_', 'a').isalnum() or cond[0].isdigit() or cond.upper() != cond:
            raise SchemaError(source, f"'if' of {what} needs a name such as CONFIG_FOO, "
                                      f"not '{cond}'")
        return
    if not isinstance(cond, dict) or len(cond) != 1:
        raise SchemaError(source, f"'if' of {what} is a name or one of 'all', 'any', 'not'")
    operator, operand = next(iter(cond.items()))
    if operator == 'not':
        check_if(source, operand, what)
    elif operator in ('all', 'any'):
        if not isinstance(operand, list) or not operand:
            raise SchemaError(source, f"'{operator}' in 'if' of {what} needs a list")
        for item in operand:
            check_if(source, item, what)
    else:
        raise SchemaError(source, f"'if' of {what} has unknown operator '{operator}'")


def long_list(source, value, what):
    """['a', {'name': 'b', 'if': ...}] with all items objects; checks names and conditions."""
    if not isinstance(value, list):
        raise SchemaError(source, f'{what} must be an array')
    result = []
    for item in value:
        item = {'name': item} if isinstance(item, str) else item
        if not isinstance(item, dict):
            raise SchemaError(source, f'{what} has an item that is no string and no object')
        check_name(source, item.get('name'), what)
        if 'if' in item:
            check_if(source, item['if'], f"'{item['name']}'")
        result.append(item)
    return result


def normalize_features(source, value, what):
    if 'features' in value:
        features = long_list(source, value['features'], f"'features' of {what}")
        for feature in features:
            check_keys(source, feature, f"feature '{feature['name']}'", ('name',), ('if',))
        value['features'] = features


def check_type(source, type_, what):
    if isinstance(type_, list):
        if len(type_) != 1 or not isinstance(type_[0], str):
            raise SchemaError(source, f'{what}: an array type has one name in brackets')
    elif not isinstance(type_, str):
        raise SchemaError(source, f'{what} needs a type name')


def normalize_members(source, value, key, what, optional=True):
    """The members of value[key], in place."""
    members = value[key]
    for name, member in members.items():
        bare = name[1:] if name.startswith('*') else name
        where = f"member '{bare}' of {what}"
        if name.startswith('*') and not optional:
            raise SchemaError(source, f"{where} can't be optional")
        check_name(source, bare, where)
        if not isinstance(member, dict):
            member = members[name] = {'type': member}
        check_keys(source, member, where, ('type',), ('if', 'features'))
        check_type(source, member['type'], where)
        if 'if' in member:
            check_if(source, member['if'], where)
        normalize_features(source, member, where)


def check_flags(source, value, what):
    for key, only in FLAGS.items():
        if key in value and value[key] is not only:
            raise SchemaError(source, f"'{key}' of {what} can only be {str(only).lower()}")


def check_data(source, value, meta, what):
    """'data', 'base' and 'returns': inline members where they may be, else type names."""
    if meta == 'enum':
        value['data'] = long_list(source, value['data'], f"'data' of {what}")
        for item in value['data']:
            check_keys(source, item, f"value '{item['name']}'", ('name',), ('if', 'features'))
            normalize_features(source, item, f"value '{item['name']}'")
        return
    data = value.get('data', {})
    if isinstance(data, dict):
        value['data'] = data
        normalize_members(source, value, 'data', what, meta not in ('union', 'alternate'))
    elif meta in ('command', 'event'):
        check_type(source, data, f"'data' of {what}")
    else:
        raise SchemaError(source, f"'data' of {what} must be an object")
    if meta in ('union', 'alternate') and not data:
        raise SchemaError(source, f'{what} has no branches')
    if isinstance(value.get('base'), dict) and meta == 'union':
        normalize_members(source, value, 'base', what)
    elif 'base' in value:
        check_type(source, value['base'], f"'base' of {what}")
    if 'returns' in value:
        check_type(source, value['returns'], f"'returns' of {what}")


def check_expression(expr):
    """Returns (kind, name); expr.value has the long form afterwards."""
    value, source = expr.value, expr.source
    kinds = [kind for kind in META if kind in value]
    if not kinds:
        raise SchemaError(source, 'this is none of ' + ', '.join(META))
    meta = kinds[0]
    if len(kinds) > 1:
        raise SchemaError(source, f"'{meta}' and '{kinds[1]}' at once")
    name = value[meta]
    check_name(source, name, meta)
    what = f"{meta} '{name}'"
    needed, possible = KEYS[meta]
    check_keys(source, {k: v for k, v in value.items() if k != meta}, what, needed, possible)
    if 'if' in value:
        check_if(source, value['if'], what)
    normalize_features(source, value, what)
    check_flags(source, value, what)
    check_data(source, value, meta, what)
    if value.get('boxed') and not isinstance(value['data'], str) and not value['data']:
        raise SchemaError(source, f"'boxed' of {what} needs 'data'")
    return meta, name
