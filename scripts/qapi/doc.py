# SPDX-License-Identifier: GPL-2.0-or-later
"""Documentation blocks.

    ##
    # @name:
    #
    # What it is.
    #
    # @member: what that is; goes on in
    #     indented lines
    #
    # Features:
    #
    # @deprecated: why
    #
    # Returns: what
    #
    # Since: 2.4
    ##

A block without a first "@name:" is text between the definitions ("# = Title" is a heading).
"""

import re

from .source import SchemaError

SYMBOL = re.compile(r'@([\w.-]+):$')
ITEM = re.compile(r'@([\w.*-]+):(?: +(.*))?$')
SECTION = re.compile(r'(Returns|Since|Errors|Example|Note|Notes|T[O]DO)::?(?: +(.*))?$')


class DocBlock:
    """One block: @symbol (None for free text), @body, @members, @features, @sections."""

    def __init__(self, source, lines):
        self.source = source
        self.symbol = None
        self.body = []
        self.members = {}
        self.features = {}
        self.sections = {}
        rest = self._skip_blank(lines)
        match = SYMBOL.match(rest[0]) if rest else None
        if not match:
            self.body = lines
            return
        self.symbol = match.group(1)
        self._parse(rest[1:])

    @staticmethod
    def _skip_blank(lines):
        start = 0
        while start < len(lines) and not lines[start].strip():
            start += 1
        return lines[start:]

    def _parse(self, lines):
        current = self.body
        items = self.members
        for line in lines:
            item = ITEM.match(line)
            section = SECTION.match(line)
            if item:
                name = item.group(1)
                if name in items:
                    raise SchemaError(self.source, f"'{name}' is described twice")
                current = items[name] = [item.group(2) or '']
            elif line == 'Features:':
                items = self.features
                current = []
            elif section:
                current = self.sections.setdefault(section.group(1), [])
                if section.group(2):
                    current.append(section.group(2))
            else:
                current.append(line)

    def check(self, name, members, features, required):
        """Is it about @name, and are just @members and @features described?"""
        if self.symbol != name:
            raise SchemaError(self.source, f"documentation of '{self.symbol}' stands before "
                                           f"the definition of '{name}'")
        for described, known, what in ((self.members, members, 'member'),
                                       (self.features, features, 'feature')):
            for item in described:
                if item not in known:
                    raise SchemaError(self.source, f"'{name}' has no {what} '{item}' to describe")
            for item in known:
                if required and item not in described:
                    raise SchemaError(self.source, f"{what} '{item}' of '{name}' is not described")


def text_of(lines):
    """Lines as one paragraph per blank-separated group, for pages."""
    paragraphs = []
    current = []
    for line in lines:
        if line.strip():
            current.append(line.strip())
        elif current:
            paragraphs.append(' '.join(current))
            current = []
    if current:
        paragraphs.append(' '.join(current))
    return '\n\n'.join(paragraphs)
