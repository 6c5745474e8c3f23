"""A policy's TOML file, read and checked."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from errors import MailtriageError
from policies.file import PolicyFile, RuleEntry
from policies.labels import Severity
from policies.part import not_allowed
from policies.policy import Clause, Policy, Signal, Topic
from policies.references import problems
from policies.rule import Effect, Rule

_SHIPPED = Path(__file__).parent
_TOML_PLACE = re.compile(r"\s*\(at (?P<place>line \d+, column \d+|end of document)\)$")


class PolicyFileError(MailtriageError):
    """The policy file does not say what it must: names the file, the key and what is allowed there.

    ``problems`` are all the lines; the text is the first of them.
    """

    def __init__(self, *lines: str) -> None:
        more = f" (and {len(lines) - 1} more: `mailtriage policy check` lists them)" if len(lines) > 1 else ""
        super().__init__(f"{lines[0]}{more}")
        self.problems = lines


def load(path: Path) -> Policy:
    """The policy in the TOML file ``path``; raises :class:`PolicyFileError`."""
    content = _read(path)
    return _policy(_checked(path.name, content), hashlib.sha256(content).hexdigest())


def load_shipped(name: str) -> Policy:
    """The policy of that name that ships with the program (``penelope``, ``atollon``, ``perfana``)."""
    if name not in shipped():
        raise PolicyFileError(not_allowed(name, "a policy that ships with the program", list(shipped())))
    return load(_SHIPPED / f"{name}.toml")


def shipped() -> tuple[str, ...]:
    """The names of the policies that ship with the program, sorted."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.toml")))


def load_folder(folder: Path | None = None) -> dict[str, Policy]:
    """Every policy by name: the shipped ones, over them those of the ``*.toml`` files in ``folder``.

    A file replaces the shipped policy whose name it gives. Raises :class:`PolicyFileError`, also when two files of
    the folder give the same name.
    """
    policies = {name: load_shipped(name) for name in shipped()}
    if folder is None:
        return policies
    if not folder.is_dir():
        raise PolicyFileError(f"{folder}: there is no such folder; create it or change the setting that names it")
    source: dict[str, Path] = {}
    for path in sorted(folder.glob("*.toml")):
        policy = load(path)
        if policy.name in source:
            raise PolicyFileError(
                f"{path.name}: name: {policy.name!r} is already the policy of {source[policy.name].name}; "
                "give each policy a name of its own"
            )
        source[policy.name] = path
        policies[policy.name] = policy
    return policies


def check(path: Path) -> list[str]:
    """Every problem of the policy file, a line each, with file, key path and what is allowed; empty when it is fine."""
    try:
        load(path)
    except PolicyFileError as error:
        return list(error.problems)
    return []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PolicyFileError(f"{path}: cannot be read: {error.strerror or error}") from error


def _checked(name: str, content: bytes) -> PolicyFile:
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PolicyFileError(f"{name}: line {line}: not UTF-8; save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        where = place["place"] if place else "TOML"
        raise PolicyFileError(f"{name}: {where}: {_TOML_PLACE.sub('', str(error))}") from error
    try:
        file = PolicyFile.model_validate(data)
    except ValidationError as error:
        details: list[Any] = list(error.errors())
        raise PolicyFileError(*(f"{name}: {_sentence(detail)}" for detail in details)) from error
    found = problems(file)
    if found:
        raise PolicyFileError(*(f"{name}: {path}: {message}" for path, message in found))
    return file


def _sentence(detail: Mapping[str, Any]) -> str:
    """One pydantic error as a key path and what is allowed there."""
    path = ""
    for part in detail["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return f"{path.lstrip('.') or 'the file'}: {_message(detail)}"


def _message(detail: Mapping[str, Any]) -> str:
    context: Mapping[str, Any] = detail.get("ctx", {})
    value = detail["input"]
    match detail["type"]:
        case "missing":
            return "is missing"
        case "value_error":
            return str(context["error"])
        case "enum" | "literal_error":
            return f"{value!r} is not a value of this key; allowed: {context['expected']}"
        case "string_pattern_mismatch":
            return f"{value!r} is not written as it must be; allowed: text that matches {context['pattern']}"
        case _:
            shown = repr(value)
            return f"{detail['msg']}; it is {shown if len(shown) <= 60 else shown[:57] + '...'}"


def _policy(file: PolicyFile, digest: str) -> Policy:
    return Policy(
        name=file.name,
        title=file.title,
        version=file.version,
        effective=file.effective,
        languages=file.languages,
        topics={
            topic.name: Topic(topic.name, topic.title, topic.scope, _full(file, topic.clauses)) for topic in file.topics
        },
        clauses={
            name: Clause(name, clause.sentence, clause.scope)
            for clause in file.clauses
            for name in _full(file, [clause.id])
        },
        fact_values={name: entry.legal for name, entry in file.facts.items()},
        signals={name: Signal(name, dict(entry.phrases), entry.unless) for name, entry in file.signals.items()},
        rules=tuple(_rule(file, entry) for entry in file.rules),
        severity_costs={
            true: {decided: file.severity_costs[true].get(decided, 0.0) for decided in Severity} for true in Severity
        },
        target_precision=dict(file.target_precision),
        digest=digest,
        file=file,
    )


def _full(file: PolicyFile, ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{file.name}/{name}" for name in ids)


def _rule(file: PolicyFile, entry: RuleEntry) -> Rule:
    effects = [
        Effect("set", label=label, value=value)
        for label, value in (entry.set.model_dump(mode="json", exclude_none=True) if entry.set else {}).items()
    ]
    if entry.raise_to is not None:
        effects.append(Effect("raise_to", label="severity", value=entry.raise_to.value))
    if entry.lower_to is not None:
        effects.append(Effect("lower_to", label="severity", value=entry.lower_to.value))
    if entry.ask is not None:
        effects.append(Effect("ask", reason=entry.ask))
    return Rule(entry.id, entry.title, _full(file, entry.clauses), entry.when.plain(), tuple(effects), entry.final)
