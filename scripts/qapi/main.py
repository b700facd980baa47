# SPDX-License-Identifier: GPL-2.0-or-later
"""Command line of the generator."""

import argparse
import os
import sys

from . import gen_commands, gen_docs, gen_events, gen_introspect, gen_types, gen_visit
from .schema import Schema
from .source import SchemaError

GENERATORS = (gen_types, gen_visit, gen_commands, gen_events, gen_introspect, gen_docs)


def main(args):
    parser = argparse.ArgumentParser(prog='qapi-gen.py', description=__doc__)
    parser.add_argument('schema', help='the file that includes all others')
    parser.add_argument('-o', '--output', metavar='FOLDER',
                        help='where generated files go; without it the schema is only checked')
    parser.add_argument('-d', '--depfile', help='list of the files that were read, for ninja')
    options = parser.parse_args(args)
    try:
        schema = Schema(options.schema)
    except SchemaError as err:
        print(err, file=sys.stderr)
        return 1
    if options.output:
        os.makedirs(options.output, exist_ok=True)
        for generator in GENERATORS:
            generator.generate(schema, options.output)
    if options.depfile:
        root = os.path.dirname(os.path.abspath(options.schema))
        with open(options.depfile, 'w', encoding='utf-8') as file:
            names = ' '.join(os.path.join(root, m) for m in schema.modules)
            file.write(f'{os.path.join(options.output, "qapi-reference.md")}: {names}\n')
    return 0
