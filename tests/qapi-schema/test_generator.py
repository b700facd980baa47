#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The schema generator: what it says about mistakes, and what it makes of a good schema."""

import contextlib
import io
import json
import re
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / 'scripts'))

from qapi.main import main as qapi_main  # noqa: E402


def cases():
    """(name, {file: text}, message) of each case in cases.txt."""
    text = (HERE / 'cases.txt').read_text(encoding='utf-8')
    for block in re.split(r'^== ', text, flags=re.MULTILINE)[1:]:
        name, rest = block.split('\n', 1)
        schema, message = rest.split('\n=> ', 1)
        parts = re.split(r'^-- (\S+)\n', schema, flags=re.MULTILINE)
        files = {'schema.json': parts[0]}
        files.update(zip(parts[1::2], parts[2::2]))
        yield name, files, message.strip()


def generate(files, output=False):
    """(exit status, messages, {file: text} of what was made)."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding='utf-8')
        errors = io.StringIO()
        args = [str(Path(folder, 'schema.json'))]
        if output:
            args += ['-o', str(Path(folder, 'out'))]
        with contextlib.redirect_stderr(errors):
            status = qapi_main(args)
        made = {p.name: p.read_text(encoding='utf-8') for p in Path(folder).glob('out/*')}
        return status, errors.getvalue().strip(), made


class Mistakes(unittest.TestCase):
    def test_message_of_each(self):
        for name, files, message in cases():
            with self.subTest(name):
                status, said, _ = generate(files)
                self.assertEqual((status, said), (1, message))


def schema_json(text):
    """The introspection text as query-qmp-schema reads it, without compiled-out parts."""
    strings = re.findall(r'^ *"(.*)"', text.split('=', 1)[1], flags=re.MULTILINE)
    whole = ''.join(s.replace('\\"', '"') for s in strings)
    return json.loads(re.sub(r', *([]}])', r'\1', whole))


GOOD = """
{ 'enum': 'Colour', 'prefix': 'COL',
  'data': [ 'red', { 'name': 'dark-green', 'if': 'CONFIG_GREEN' },
            { 'name': 'grey', 'features': [ 'deprecated' ] } ] }
{ 'struct': 'Base', 'data': { 'name': 'str', '*size': 'size' } }
{ 'struct': 'Paint', 'base': 'Base',
  'data': { '*colour': { 'type': 'Colour', 'features': [ 'unstable' ] }, 'layers': [ 'int' ],
            '*coats': [ 'Base' ], 'default': 'bool' } }
{ 'union': 'Thing', 'base': { 'kind': 'Kind' }, 'discriminator': 'kind',
  'data': { 'paint': 'Paint' } }
{ 'enum': 'Kind', 'data': [ 'paint', 'nothing' ] }
{ 'alternate': 'Ref', 'data': { 'name': 'str', 'definition': 'Thing', 'none': 'null' } }
{ 'command': 'paint-it', 'data': { 'what': 'Ref', '*times': 'uint8' }, 'returns': [ 'Paint' ],
  'features': [ 'deprecated' ], 'if': { 'all': [ 'CONFIG_A', { 'not': 'CONFIG_B' } ] } }
{ 'command': 'stop-it', 'allow-oob': true, 'coroutine': true, 'success-response': false }
{ 'event': 'PAINTED', 'data': { 'thing': 'Thing', '*why': 'str' } }
{ 'event': 'DRY', 'boxed': true, 'data': 'Paint' }
"""


class GoodSchema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        status, said, cls.made = generate({'schema.json': GOOD}, output=True)
        assert status == 0, said

    def has(self, name, *pieces):
        text = re.sub(r'\s+', ' ', self.made[name])
        for piece in pieces:
            self.assertIn(re.sub(r'\s+', ' ', piece), text)

    def test_enum(self):
        self.has('qapi-types-schema.h', """typedef enum Colour {
            COL_RED,
            #if defined(CONFIG_GREEN)
            COL_DARK_GREEN,
            #endif
            COL_GREY,
            COL__MAX,
            } Colour;""")
        self.has('qapi-types-schema.c', '[COL_GREY] = 1u << QAPI_DEPRECATED,')

    def test_struct(self):
        self.has('qapi-types-schema.h', """struct Paint {
            /* as in Base: */
            char *name;
            bool has_size;
            uint64_t size;
            /* own: */
            bool has_colour;
            Colour colour;
            intList *layers;
            bool has_coats;
            BaseList *coats;
            bool q_default;
            };""")

    def test_union(self):
        self.has('qapi-types-schema.h', 'Kind kind; /* own: */ union { Paint paint; } u; };')
        self.has('qapi-visit-schema.c', 'switch (obj->kind) { case KIND_PAINT:')

    def test_features_of_members(self):
        self.has('qapi-visit-schema.c',
                 'if (visit_policy_reject(v, "colour", 1u << QAPI_UNSTABLE, errp))')

    def test_commands(self):
        self.has('qapi-commands-schema.h',
                 '#if defined(CONFIG_A) && (!defined(CONFIG_B)) '
                 'PaintList *qmp_paint_it(Ref *what, bool has_times, uint8_t times, Error **errp);',
                 'coroutine_fn void qmp_stop_it(Error **errp);')
        self.has('qapi-init-commands.c',
                 'qmp_register_command(cmds, "paint-it", qmp_marshal_paint_it, 0, '
                 '1u << QAPI_DEPRECATED);',
                 'QCO_NO_SUCCESS_RESP | QCO_ALLOW_OOB | QCO_COROUTINE, 0);')

    def test_events(self):
        self.has('qapi-events-schema.h',
                 'void qapi_event_send_painted(Thing *thing, const char *why);',
                 'void qapi_event_send_dry(Paint *arg);')
        self.has('qapi-emit-events.c', '[QAPI_EVENT_PAINTED] = "PAINTED",')

    def test_introspection(self):
        text = self.made['qapi-introspect.c']
        self.assertIn('#if defined(CONFIG_GREEN)', text)
        infos = {info['name']: info for info in schema_json(text)}
        command = infos['paint-it']
        self.assertEqual(command['features'], ['deprecated'])
        self.assertTrue(infos['stop-it']['allow-oob'])
        argument = infos[command['arg-type']]
        self.assertEqual([m['name'] for m in argument['members']], ['what', 'times'])
        self.assertIn('default', argument['members'][1])
        self.assertEqual(argument['members'][1]['type'], 'int')
        self.assertEqual(infos[argument['members'][0]['type']]['meta-type'], 'alternate')
        result = infos[command['ret-type']]
        self.assertEqual(result['meta-type'], 'array')
        members = {m['name']: m for m in infos[result['element-type']]['members']}
        self.assertEqual(list(members), ['name', 'size', 'colour', 'layers', 'coats', 'default'])
        self.assertEqual(members['colour']['features'], ['unstable'])
        self.assertEqual(infos[members['colour']['type']]['values'],
                         ['red', 'dark-green', 'grey'])
        thing = infos[infos[infos['PAINTED']['arg-type']]['members'][0]['type']]
        self.assertEqual(thing['tag'], 'kind')
        self.assertEqual([v['case'] for v in thing['variants']], ['paint', 'nothing'])

    def test_reference(self):
        self.has('qapi-reference.md', 'command `paint-it`', '- `times`: uint8, optional')


if __name__ == '__main__':
    unittest.main()
