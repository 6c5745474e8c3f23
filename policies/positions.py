"""On which line of a TOML file a key stands, which :mod:`tomllib` does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# The four kinds of strings of TOML 1.0; three quotes come first, as one quote would match their beginning.
_STRING = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
)
_OTHER_VALUE = re.compile(r"[^,\]}#\n]+")
_STEP = re.compile(r"\[(?P<place>\d+)\]|(?P<name>[^.\[\]]+)")
_QUOTED_FIRST = re.compile(r"'(?P<name>[^']+)' is not")


class _Unreadable(Exception):
    """The text is no TOML: what was found so far is kept."""


@dataclass(frozen=True, slots=True)
class Positions:
    """The line, counted from 1, of every key of a TOML text and of every item of its arrays.

    An item of an array is found by its place; a string also by its text.
    """

    lines: Mapping[Path, int]

    @classmethod
    def of(cls, text: str) -> Positions:
        """The positions in ``text``; of a text that is no TOML those before the mistake."""
        reader = _Reader(text)
        with suppress(_Unreadable, RecursionError):
            reader.read()
        return cls(reader.lines)

    def line(self, path: str | Iterable[str | int], about: str = "") -> int:
        """The line of a key path (``rules[3].when.topic``), or of the nearest key around it that is in the file.

        Where ``about``, what is said of it, begins with a key or item of it, the line of that one.
        """
        steps = _steps(path) if isinstance(path, str) else tuple(path)
        found: Path = ()
        for step in steps:
            # pydantic puts the kinds of a union among the keys: what the file does not have is passed over.
            found = (*found, step) if (*found, step) in self.lines else found
        named = _QUOTED_FIRST.match(about)
        if named is not None and (*found, named["name"]) in self.lines:
            found = (*found, named["name"])
        return self.lines.get(found, 1)


def _steps(path: str) -> Path:
    return tuple(int(step["place"]) if step["place"] else step["name"] for step in _STEP.finditer(path))


@dataclass(slots=True)
class _Reader:
    """Reads TOML for its keys only: values are skipped, but for the arrays and inline tables among them."""

    text: str
    at: int = 0
    lines: dict[Path, int] = field(default_factory=dict)
    _items: dict[Path, int] = field(default_factory=dict)
    _counted: int = 0
    _line: int = 1

    def read(self) -> None:
        table: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self._take("[["):
                table = self._header(last_is_item=True)
                self._expect("]]")
            elif self._take("["):
                table = self._header(last_is_item=False)
                self._expect("]")
            else:
                self._key_and_value(table)

    def _header(self, *, last_is_item: bool) -> Path:
        """The table that a header names: names on the way stand for the latest item of an array of tables."""
        line = self._line_here()
        keys = self._keys()
        table: Path = ()
        for position, key in enumerate(keys):
            table = (*table, key)
            self.lines.setdefault(table, line)
            if last_is_item and position == len(keys) - 1:
                self._items[table] = self._items.get(table, -1) + 1
            if table in self._items:
                table = (*table, self._items[table])
                self.lines.setdefault(table, line)
        return table

    def _key_and_value(self, table: Path) -> None:
        line = self._line_here()
        for key in self._keys():
            table = (*table, key)
            self.lines.setdefault(table, line)
        self._expect("=")
        self._skip(_SPACE)
        self._value(table)

    def _keys(self) -> list[str]:
        keys = [self._key()]
        while self._take("."):
            keys.append(self._key())
        return keys

    def _key(self) -> str:
        self._skip(_SPACE)
        match = _BARE_KEY.match(self.text, self.at) or _STRING.match(self.text, self.at)
        if match is None:
            raise _Unreadable
        self.at = match.end()
        self._skip(_SPACE)
        word = match[0]
        return word if word[0] not in "\"'" else _plain(word)

    def _value(self, path: Path) -> None:
        if self._take("["):
            self._array(path)
        elif self._take("{"):
            self._inline_table(path)
        else:
            match = _STRING.match(self.text, self.at) or _OTHER_VALUE.match(self.text, self.at)
            if match is None:
                raise _Unreadable
            self.at = match.end()

    def _array(self, path: Path) -> None:
        place = 0
        self._skip(_BLANK)
        while not self._take("]"):
            line = self.lines[(*path, place)] = self._line_here()
            string = _STRING.match(self.text, self.at)
            self._value((*path, place))
            if string is not None:
                # By its text as well, since what is said of a list names the item that is wrong in it.
                self.lines.setdefault((*path, _plain(string[0])), line)
            self._between("]")
            place += 1

    def _inline_table(self, path: Path) -> None:
        self._skip(_BLANK)
        while not self._take("}"):
            self._key_and_value(path)
            self._between("}")

    def _between(self, end: str) -> None:
        """A comma, or the end."""
        self._skip(_BLANK)
        if not self._take(",") and not self.text.startswith(end, self.at):
            raise _Unreadable
        self._skip(_BLANK)

    def _skip(self, what: re.Pattern[str]) -> int:
        match = what.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _take(self, mark: str) -> bool:
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise _Unreadable

    def _line_here(self) -> int:
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line


def _plain(quoted: str) -> str:
    """What a string says."""
    if "\\" not in quoted and quoted[:3] not in ('"""', "'''"):
        return quoted[1:-1]
    try:
        (key,) = tomllib.loads(f"{quoted} = 0")
    except tomllib.TOMLDecodeError:
        raise _Unreadable from None
    return str(key)
