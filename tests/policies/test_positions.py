"""On which line of a TOML file a key stands."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.loader import check
from policies.positions import Positions
from tests.policies.build import RULE, SMALL

POLICIES = sorted((Path(__file__).parents[2] / "policies").glob("*.toml"))

TEXT = '''# a comment with [[rules]] and key = "value" in it
title = "One"  # line 2
"quoted key" = 1
a.b . "c.d" = 4
inline = { x = 1, y = { z = [1, 2] } }
text = """
[[rules]]
title = 'no key'
"""
raw = \'\'\'
[table]
x = "\'\'\'
list = [
    "first", # [not a table]
    "se\\"]cond",

    # more
    { name = "third", deep = [
        [1],
        [2, 3],
      ] },
]

[[rules]]
id = "one"
when.topic = ["help"]
[rules.set]
scope = "outside"

[[rules]]
id = "two"
[[rules.parts]]
p = 1
[[rules.parts]]
p = 2

[ table . "sub table" ]
date = 2026-01-01T00:00:00Z
number = 1_000.5e3
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("title", 2),
        ("quoted key", 3),
        ("a", 4),
        ("a.b", 4),
        ("inline.y.z[1]", 5),
        ("text", 6),
        ("raw", 10),
        ("list", 13),
        ("list[0]", 14),
        ("list[1]", 15),
        ("list[2].name", 18),
        ("list[2].deep[1][0]", 20),
        ("rules", 24),
        ("rules[0]", 24),
        ("rules[0].when.topic", 26),
        ("rules[0].set.scope", 28),
        ("rules[1].id", 31),
        ("rules[1].parts[1].p", 35),
        ("table.sub table.number", 39),
    ],
)
def test_keys_of_every_kind_have_their_line(path: str, line: int) -> None:
    tomllib.loads(TEXT)
    assert Positions.of(TEXT).line(path) == line


def test_a_dotted_quoted_key_is_one_step() -> None:
    assert Positions.of(TEXT).line(("a", "b", "c.d")) == 4


def test_what_is_not_in_the_file_is_on_the_line_of_what_is_around_it() -> None:
    positions = Positions.of(TEXT)
    assert positions.line("rules[1].when.topic") == 30
    assert positions.line("inline.missing") == 5
    assert positions.line("nothing.at.all") == 1


def test_kinds_that_pydantic_puts_among_the_keys_are_passed_over() -> None:
    assert Positions.of(TEXT).line(("rules", 0, "function-after[f(), Part]", "set", "scope")) == 28


def test_what_is_said_of_a_key_below_or_an_item_of_a_list_is_on_its_line() -> None:
    positions = Positions.of(TEXT)
    assert positions.line("rules[0]", "'id' is not a key of this table; allowed: name") == 25
    assert positions.line("list", "'first' is not a topic of this policy") == 14


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from _paths(item, (*path, key))


@pytest.mark.parametrize("file", POLICIES, ids=lambda path: path.stem)
def test_every_key_of_the_shipped_policies_has_a_line_of_its_own_that_names_it(file: Path) -> None:
    text = file.read_text("utf-8")
    lines, positions = text.splitlines(), Positions.of(text)
    for path in _paths(tomllib.loads(text)):
        assert path in positions.lines
        if isinstance(path[-1], str):
            assert path[-1] in lines[positions.line(path) - 1]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(alphabet="ab=.[]{}\"'\\,\n #1\t", max_size=60))
def test_any_text_is_read_without_an_error_and_all_keys_of_toml_are_found(text: str) -> None:
    positions = Positions.of(text)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert all(path in positions.lines for path in _paths(data))


def test_a_deeply_nested_file_is_refused_not_followed_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "deep.toml"
    path.write_text("a = " + "[" * 100_000, encoding="utf-8")
    assert Positions.of(path.read_text("utf-8")).line("a") == 1
    assert len(check(path)) == 1


@pytest.mark.parametrize(
    ("old", "new", "key", "word"),
    [
        ('set.scope = "outside"', 'set.scope = "free"', "rules[0].set.scope", "set.scope"),
        ('when.topic = ["help"]', 'when.topic = [\n  "help",\n  "odbc",\n]', "rules[0].when.topic", '"odbc"'),
        ('title = "Out"', 'title = "Out"\ntilte = "Out"', "rules[0]", "tilte"),
        ('when.topic = ["help"]', 'when.impact = { fuction = ["dead"] }', "rules[0].when.impact", "fuction"),
        ('title = "Out"\n', "", "rules[0].title", "[[rules]]"),
    ],
)
def test_a_problem_of_a_policy_file_names_its_line(tmp_path: Path, old: str, new: str, key: str, word: str) -> None:
    path = tmp_path / "wrong.toml"
    text = SMALL + RULE.replace(old, new)
    path.write_text(text, encoding="utf-8")
    [problem] = check(path)
    assert problem.key == key
    assert problem.line is not None
    assert word in text.splitlines()[problem.line - 1]
    assert str(problem).startswith(f"wrong.toml: line {problem.line}: {key}: ")
    assert problem.to_json()["line"] == problem.line


def test_a_file_that_ends_too_soon_is_wrong_on_its_last_line(tmp_path: Path) -> None:
    path = tmp_path / "cut.toml"
    path.write_text('title = "x"\nlist = [\n', encoding="utf-8")
    [problem] = check(path)
    assert problem.line == 3
