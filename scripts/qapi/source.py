# SPDX-License-Identifier: GPL-2.0-or-later
"""Where something stands in a schema, and the one exception for what is wrong with it."""

from dataclasses import dataclass
from typing import Optional


@dataclass
class Pragma:
    """Settings that hold for the file they stand in and for those that it includes."""

    doc_required: bool = False
    command_name_exceptions: tuple = ()
    command_returns_exceptions: tuple = ()
    member_name_exceptions: tuple = ()


@dataclass(frozen=True)
class Source:
    """A line of a schema file; @what names the definition it belongs to."""

    file: str
    line: int
    what: Optional[str] = None

    def about(self, what):
        return Source(self.file, self.line, what)

    def __str__(self):
        where = f'{self.file}:{self.line}'
        return f'{where}: In {self.what}' if self.what else where


class SchemaError(Exception):
    """What is wrong, and where."""

    def __init__(self, source, message):
        super().__init__(f'{source}: {message}')
