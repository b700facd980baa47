# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of the schema and their forms in C."""

import re

# Reserved in C or as macros; a member of that name becomes q_NAME.
RESERVED = frozenset('''
    auto break case char const continue default do double else enum extern float for goto if
    int long register return short signed sizeof static struct switch typedef union unsigned
    void volatile while inline restrict asm typeof bool true false
    unix linux i386 errno mips sparc vector pixel
    '''.split())

NAME = re.compile(r'(__[a-z0-9.-]+_)?(x-)?[A-Za-z0-9][A-Za-z0-9_-]*$')


def c_name(name, protect=True):
    """@name as an identifier of C."""
    name = re.sub(r'[^A-Za-z0-9_]', '_', name)
    if protect and (name in RESERVED or name[0].isdigit()):
        return 'q_' + name
    return name


def camel_to_upper(name):
    """InputButton -> INPUT_BUTTON, X86CPURegister32 -> X86_CPU_REGISTER32."""
    name = re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', name)
    name = re.sub(r'([A-Z])([A-Z][a-z])', r'\1_\2', name)
    return c_name(name, False).upper()


def enum_const(enum, value, prefix=None):
    """The C constant of a value; '_MAX' gives the count of them."""
    return (prefix or camel_to_upper(enum)) + '_' + c_name(value, False).upper()


def guard(file_name):
    return c_name(file_name, False).upper()


def quoted(text):
    """@text as a string literal of C."""
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'
