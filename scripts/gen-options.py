#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the table of command-line options from system/qemu-options.in.

usage: gen-options.py def|params|doc INPUT OUTPUT

"def" writes rows for #include: DEFHEADING(text) and
DEF(name, enumerator, flags, help, arch mask). "params" writes the parameters of options,
"doc" the manual page.
"""

import json
import re
import sys
from pathlib import Path


class Entry:
    def __init__(self, names, synopsis):
        self.names = names
        self.synopsis = synopsis
        self.text = []
        self.group = None
        self.params = []


def parse(path):
    """A list of (section title, [Entry...])."""
    sections = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith('#'):
            continue
        if line.startswith('section '):
            sections.append((line[len('section '):], []))
        elif match := re.fullmatch(r'option (\S+)(?: : (.+))?', line):
            sections[-1][1].append(Entry(match[1].split('/'), match[2]))
        elif match := re.fullmatch(r'    params (\S+) = (.*)', line):
            sections[-1][1][-1].group = match[1]
            sections[-1][1][-1].params += [param.split(':') for param in match[2].split()]
        elif match := re.fullmatch(r'    params (.*)', line):
            sections[-1][1][-1].params += [param.split(':') for param in match[1].split()]
        elif line.startswith('    ') and sections and sections[-1][1]:
            sections[-1][1][-1].text.append(line.strip())
        else:
            sys.exit(f'{path}:{number}: neither section, option nor help text')
    return sections


def enumerator(name):
    return 'QEMU_OPTION_' + name.replace('-', '_')


def help_text(entry):
    head = f'-{entry.names[0]} {entry.synopsis or ""}'.rstrip()
    if len(entry.names) > 1:
        head += '  (also ' + ', '.join('-' + name for name in entry.names[1:]) + ')'
    return '\n'.join([head] + ['        ' + line for line in entry.text]) + '\n'


def write_def(sections):
    lines = ['/* Generated from system/qemu-options.in. */']
    for title, entries in sections:
        lines.append(f'DEFHEADING({json.dumps(title + ":")})')
        for entry in entries:
            flags = 'HAS_ARG' if entry.synopsis else '0'
            for index, name in enumerate(entry.names):
                text = json.dumps(help_text(entry)) if index == 0 else 'NULL'
                lines.append(f'DEF({json.dumps(name)}, {enumerator(entry.names[0])}, {flags}, '
                             f'{text}, QEMU_ARCH_I386, {int(index > 0)})')
    return '\n'.join(lines) + '\n'


TYPES = {'str': 'STRING', 'bool': 'BOOLEAN', 'num': 'NUMBER', 'size': 'SIZE'}


def write_params(sections):
    """PARAM(group, name, type): what query-command-line-options tells."""
    lines = ['/* Generated from system/qemu-options.in. */']
    for _, entries in sections:
        for entry in entries:
            for name, kind in entry.params:
                lines.append(f'PARAM({json.dumps(entry.group or entry.names[0])}, '
                             f'{json.dumps(name)}, COMMAND_LINE_PARAMETER_TYPE_{TYPES[kind]})')
    return '\n'.join(lines) + '\n'


def write_doc(sections):
    lines = ['# Command line', '', '<!-- Generated from system/qemu-options.in. -->', '']
    for title, entries in sections:
        lines += [f'## {title}', '']
        for entry in entries:
            names = ', '.join(f'`-{name}`' for name in entry.names)
            lines += [f'**{names}**' + (f' `{entry.synopsis}`' if entry.synopsis else ''), '',
                      ' '.join(entry.text), '']
            if entry.params:
                lines += ['Parameters: ' + ', '.join(f'`{name}`' for name, _ in entry.params) + '.',
                          '']
    return '\n'.join(lines)


def main():
    kind, source, output = sys.argv[1:]
    sections = parse(Path(source))
    writers = {'def': write_def, 'params': write_params, 'doc': write_doc}
    Path(output).write_text(writers[kind](sections))


if __name__ == '__main__':
    main()
