"""A topic added to the text of a policy file: comments and order stay as they are, and the version goes up."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass

from errors import MailtriageError
from policies.file import PolicyFile
from policies.labels import Scope
from policies.loader import read_policy
from policies.policy import Policy
from policies.positions import Positions

NAME = re.compile(r"[a-z][a-z0-9_-]{0,59}")
LONGEST_TITLE = 120
_VERSION = re.compile(r"""(?P<begin>^\s*version\s*=\s*)(?:"[^"\n]*"|'[^'\n]*')""")
_ABOUT_NEXT = re.compile(r"\s*(?:#.*)?")
"""A line that belongs to what comes after it: blank, or a comment."""


class TopicRefused(MailtriageError):
    """The topic cannot be added to the policy as asked: says why and what to do."""


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic to be added: ``clauses`` by their ids within the policy, or in full; no scope leaves it to the text."""

    name: str
    title: str
    scope: str | None = None
    clauses: tuple[str, ...] = ()


def with_topic(policy: Policy, topic: NewTopic, taken: Collection[str]) -> Policy:
    """``policy`` with one topic more, last among its topics, as a version that is none of those ``taken``.

    Where the clauses decide one scope it is the topic's, unless it names another. Raises :class:`TopicRefused`.
    """
    topic = _checked(policy, topic)
    version = _next(policy.version, taken)
    text = policy.source.decode()
    line_end = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(line_end)
    positions = Positions.of(text)
    block = _block(topic)
    place = _after_topics(lines, positions)
    number = positions.line("version") - 1
    lines[number], count = _VERSION.subn(rf'\g<begin>"{version}"', lines[number], count=1)
    lines[place:place] = ["", *block]
    made = read_policy(line_end.join(lines).encode(), f"{policy.name}.toml")
    if not count or not _differ_so(policy.file, made.file, topic, version):
        raise TopicRefused(f"{policy.name}.toml is written in a way that a topic cannot be added to here: {_BY_HAND}")
    return made


_BY_HAND = "add it to the file by hand and put that in force with `mailtriage policy adopt`."


def _checked(policy: Policy, topic: NewTopic) -> NewTopic:
    name, title = topic.name.strip(), " ".join(topic.title.split())
    if not NAME.fullmatch(name):
        raise TopicRefused(
            f"{name!r} is no name of a topic: up to 60 of a-z, 0-9, _ and -, beginning with a letter (bicycle_lease)."
        )
    if name in policy.topics:
        raise TopicRefused(f"{policy.name} has a topic {name!r} already ({policy.topics[name].title}).")
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        raise TopicRefused(f"Give a title that people read: one line of at most {LONGEST_TITLE} characters.")
    if topic.scope is not None and topic.scope not in tuple(Scope):
        raise TopicRefused(f"{topic.scope!r} is no scope; there are {', '.join(Scope)}.")
    clauses = tuple(dict.fromkeys(clause.removeprefix(f"{policy.name}/") for clause in topic.clauses))
    for clause in clauses:
        if f"{policy.name}/{clause}" not in policy.clauses:
            known = ", ".join(full.removeprefix(f"{policy.name}/") for full in policy.clauses)
            raise TopicRefused(f"{clause!r} is no clause of {policy.name}; it has {known}.")
    scope = topic.scope or _scope_of(policy, clauses)
    if scope is None and not clauses:
        raise TopicRefused("Say which clauses it falls under, or what its scope is where nothing else says.")
    return NewTopic(name, title, scope, clauses)


def _scope_of(policy: Policy, clauses: Collection[str]) -> str | None:
    """The scope that the clauses decide, where they decide one."""
    scopes = {policy.clauses[f"{policy.name}/{clause}"].scope for clause in clauses} - {None}
    return str(scopes.pop()) if len(scopes) == 1 else None


def _next(version: str, taken: Collection[str]) -> str:
    major, minor, _ = map(int, version.split("."))
    while (raised := f"{major}.{minor + 1}.0") in taken:
        minor += 1
    return raised


def _block(topic: NewTopic) -> list[str]:
    lines = ["[[topics]]", f"name = {_string(topic.name)}", f"title = {_string(topic.title)}"]
    if topic.scope is not None:
        lines.append(f"scope = {_string(topic.scope)}")
    if topic.clauses:
        lines.append(f"clauses = [{', '.join(map(_string, topic.clauses))}]")
    return lines


def _string(text: str) -> str:
    """A basic string of TOML, which for printable text is written as JSON's."""
    return json.dumps(str(text), ensure_ascii=False)


def _after_topics(lines: list[str], positions: Positions) -> int:
    """The place in ``lines`` right after the last topic's last line."""
    own = [path[1] for path in positions.lines if len(path) == 2 and path[0] == "topics" and isinstance(path[1], int)]
    last = ("topics", max(own, default=-1))
    began = positions.lines.get(last, 0)
    if not lines[began - 1].strip().startswith("[["):
        raise TopicRefused(f"The topics are not written as [[topics]] tables: {_BY_HAND}")
    place = min((line - 1 for path, line in positions.lines.items() if line > began and path[:2] != last), default=None)
    place = len(lines) if place is None else place
    while _ABOUT_NEXT.fullmatch(lines[place - 1]):
        place -= 1
    return place


def _differ_so(before: PolicyFile, after: PolicyFile, topic: NewTopic, version: str) -> bool:
    """Whether nothing but the topic and the version is another."""
    added = after.topics[-1]
    told = NewTopic(added.name, added.title, added.scope and str(added.scope), added.clauses)
    as_before = after.model_copy(update={"topics": after.topics[:-1], "version": before.version})
    return told == topic and after.version == version and as_before == before
