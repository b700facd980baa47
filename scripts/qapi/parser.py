# SPDX-License-Identifier: GPL-2.0-or-later
"""Text of schema files to expressions.

The language is JSON with strings in single quotes, "#" comments, and no numbers or null.
An expression is an object; a block of lines between two "##" lines documents the
definition that follows it.
"""

import os
import re
from dataclasses import dataclass
from typing import Optional

from .doc import DocBlock
from .source import Pragma, SchemaError, Source

TOKEN = re.compile(r"""(?P<blank>[ \t]+)
                     |(?P<newline>\n)
                     |(?P<comment>\#[^\n]*)
                     |(?P<punct>[{}\[\]:,])
                     |(?P<string>'(?:\\'|[^'\n])*')
                     |(?P<word>[A-Za-z]+)""", re.VERBOSE)
WORDS = {'true': True, 'false': False}


@dataclass
class Expression:
    """A definition as it is written, with its documentation."""

    value: dict
    source: Source
    module: str
    doc: Optional[DocBlock]
    pragma: Pragma


class Tokens:
    """The tokens of one file; @kind and @value are the current one's."""

    def __init__(self, name, text):
        self.name = name
        self.text = text
        self.pos = 0
        self.line = 1
        self.kind = None
        self.value = None
        self.advance()

    def source(self):
        return Source(self.name, self.line)

    def error(self, message):
        return SchemaError(self.source(), message)

    def advance(self):
        while self.pos < len(self.text):
            match = TOKEN.match(self.text, self.pos)
            if not match:
                raise self.error(f'stray {self.text[self.pos]!r}')
            kind, text = match.lastgroup, match.group()
            if kind == 'comment' and text == '##' and self._at_line_start():
                self._take_doc()
                return
            self.pos = match.end()
            if kind == 'newline':
                self.line += 1
            elif kind in ('punct', 'string', 'word'):
                self.kind = text if kind == 'punct' else kind
                self.value = text
                if kind == 'string':
                    self.value = text[1:-1].replace("\\'", "'")
                return
        self.kind = self.value = None

    def _at_line_start(self):
        return self.pos == 0 or self.text[self.pos - 1] == '\n'

    def _take_doc(self):
        """The lines of a documentation block, without the "# " before each."""
        start = self.line
        lines = []
        rest = self.text[self.pos:].split('\n')
        for count, line in enumerate(rest[1:], 1):
            if line == '##':
                self.pos += len('\n'.join(rest[:count + 1]))
                self.line += count
                self.kind = 'doc'
                self.value = (Source(self.name, start), lines)
                return
            if not line.startswith('#') or (len(line) > 1 and line[1] != ' '):
                raise SchemaError(Source(self.name, start + count),
                                  'a line of documentation starts with "# "')
            lines.append(line[2:])
        raise SchemaError(Source(self.name, start), 'documentation block has no end')


class Parser:
    """One file and, recursively, those it includes."""

    def __init__(self, root):
        self.root = root
        self.expressions = []
        self.modules = []
        self.includes = {}
        self._seen = set()

    def parse(self, path, pragma=None, included_from=None):
        name = os.path.relpath(path, self.root)
        if name in self._seen:
            return
        self._seen.add(name)
        try:
            with open(path, encoding='utf-8') as file:
                text = file.read()
        except OSError as err:
            raise SchemaError(included_from or Source(name, 1),
                              f"can't read {name}: {err.strerror}") from None
        self.modules.append(name)
        self.includes[name] = []
        self._parse_file(name, Tokens(name, text), pragma or Pragma())

    def _parse_file(self, name, tokens, pragma):
        doc = None
        while tokens.kind is not None:
            if tokens.kind == 'doc':
                source, lines = tokens.value
                if doc and doc.symbol:
                    raise SchemaError(doc.source, 'documentation is not followed by a definition')
                doc = DocBlock(source, lines)
                tokens.advance()
                continue
            source = tokens.source()
            value = self._value(tokens)
            if not isinstance(value, dict):
                raise SchemaError(source, 'expected an object')
            if 'include' in value:
                self._include(name, source, value, pragma)
            elif 'pragma' in value:
                pragma = self._pragma(source, value, pragma)
            else:
                used = doc if doc and doc.symbol else None
                self.expressions.append(Expression(value, source, name, used, pragma))
                doc = None
        if doc and doc.symbol:
            raise SchemaError(doc.source, 'documentation is not followed by a definition')

    def _include(self, name, source, value, pragma):
        target = value['include']
        if len(value) > 1 or not isinstance(target, str):
            raise SchemaError(source, "'include' needs one file name and nothing else")
        path = os.path.join(self.root, os.path.dirname(name), target)
        other = os.path.relpath(path, self.root)
        if other not in self.includes[name]:
            self.includes[name].append(other)
        self.parse(path, pragma, source)

    @staticmethod
    def _pragma(source, value, old):
        settings = value['pragma']
        if len(value) > 1 or not isinstance(settings, dict):
            raise SchemaError(source, "'pragma' needs an object and nothing else")
        new = Pragma(**vars(old))
        for key, setting in settings.items():
            field = key.replace('-', '_')
            if not hasattr(new, field):
                raise SchemaError(source, f"unknown pragma '{key}'")
            if field == 'doc_required':
                if not isinstance(setting, bool):
                    raise SchemaError(source, f"pragma '{key}' is true or false")
                new.doc_required = setting
                continue
            if not isinstance(setting, list) or not all(isinstance(s, str) for s in setting):
                raise SchemaError(source, f"pragma '{key}' is a list of names")
            setattr(new, field, tuple(setting))
        return new

    def _value(self, tokens):
        kind, value = tokens.kind, tokens.value
        if kind == '{':
            return self._object(tokens)
        if kind == '[':
            return self._array(tokens)
        if kind == 'string':
            tokens.advance()
            return value
        if kind == 'word' and value in WORDS:
            tokens.advance()
            return WORDS[value]
        raise tokens.error("expected '{', '[', a string, or a boolean" +
                           (f', not {value!r}' if isinstance(value, str) else ''))

    def _object(self, tokens):
        result = {}
        tokens.advance()
        if tokens.kind == '}':
            tokens.advance()
            return result
        while True:
            if tokens.kind != 'string':
                raise tokens.error('expected a string as the name of a member')
            key = tokens.value
            if key in result:
                raise tokens.error(f"'{key}' is there twice")
            tokens.advance()
            if tokens.kind != ':':
                raise tokens.error(f"expected ':' after '{key}'")
            tokens.advance()
            result[key] = self._value(tokens)
            if not self._more(tokens, '}'):
                return result

    def _array(self, tokens):
        result = []
        tokens.advance()
        if tokens.kind == ']':
            tokens.advance()
            return result
        while True:
            result.append(self._value(tokens))
            if not self._more(tokens, ']'):
                return result

    @staticmethod
    def _more(tokens, end):
        kind = tokens.kind
        if kind not in (',', end):
            raise tokens.error(f"expected ',' or '{end}'")
        tokens.advance()
        return kind == ','
