"""A policy's TOML file, read and checked."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from errors import MailtriageError
from policies.file import PolicyFile, RuleEntry
from policies.labels import Severity
from policies.part import key_path, not_allowed, what_is_wrong
from policies.policy import Clause, Policy, Signal, Topic
from policies.positions import Positions
from policies.problem import FileProblem, not_toml
from policies.references import Problem, problems
from policies.rule import Effect, Rule

_SHIPPED = Path(__file__).parent


class PolicyFileError(MailtriageError):
    """The policy file does not say what it must: names the file, the key and what is allowed there.

    ``found`` are all the problems, ``problems`` the line of each; the text is the first of them.
    """

    def __init__(self, *found: FileProblem | str) -> None:
        more = f" (and {len(found) - 1} more: `mailtriage policy check` lists them)" if len(found) > 1 else ""
        super().__init__(f"{found[0]}{more}")
        self.found = tuple(entry for entry in found if isinstance(entry, FileProblem))
        self.problems = tuple(map(str, found))


def load(path: Path) -> Policy:
    """The policy in the TOML file ``path``; raises :class:`PolicyFileError`."""
    return read_policy(_read(path), path.name)


def read_policy(content: bytes, name: str) -> Policy:
    """The policy that ``content`` (TOML, UTF-8) describes; ``name`` is what errors call the file.

    Raises :class:`PolicyFileError`.
    """
    return _policy(_checked(name, content), content)


def read_tables(data: Mapping[str, Any], source: bytes, name: str) -> Policy:
    """The policy that ``data`` (TOML as it was read) describes; ``source`` are the bytes that it comes from.

    Raises :class:`PolicyFileError`, whose problems name keys but no lines.
    """
    return _policy(_valid(name, "", data), source)


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
    return policies if folder is None else {**policies, **load_own(folder)}


def load_own(folder: Path, besides: Path | None = None) -> dict[str, Policy]:
    """The policies of the ``*.toml`` files in ``folder`` by name; ``besides`` is a file of it that is not looked at.

    Raises as :func:`load_folder`.
    """
    if not folder.is_dir():
        raise PolicyFileError(f"{folder}: there is no such folder; create it or change the setting that names it")
    policies: dict[str, Policy] = {}
    source: dict[str, Path] = {}
    for path in sorted(folder.glob("*.toml")):
        if besides is not None and path.resolve() == besides.resolve():
            continue
        policy = load(path)
        if policy.name in source:
            raise PolicyFileError(
                FileProblem(
                    path.name,
                    f"{policy.name!r} is already the policy of {source[policy.name].name}; "
                    "give each policy a name of its own",
                    "name",
                )
            )
        source[policy.name] = path
        policies[policy.name] = policy
    return policies


def check(path: Path) -> list[FileProblem]:
    """Every problem of the policy file, with file, line, key path and what is allowed there; empty when it is fine."""
    try:
        load(path)
    except PolicyFileError as error:
        return list(error.found)
    return []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PolicyFileError(FileProblem(str(path), f"cannot be read: {error.strerror or error}")) from error


def _checked(name: str, content: bytes) -> PolicyFile:
    try:
        text = content.decode("utf-8")
        data = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PolicyFileError(FileProblem(name, "not UTF-8; save the file as UTF-8", line=line)) from error
    except tomllib.TOMLDecodeError as error:
        raise PolicyFileError(not_toml(name, text, str(error))) from error
    except RecursionError as error:
        raise PolicyFileError(FileProblem(name, "arrays or tables within one another beyond all measure")) from error
    return _valid(name, text, data)


def _valid(name: str, text: str, data: Mapping[str, Any]) -> PolicyFile:
    try:
        file = PolicyFile.model_validate(data)
    except ValidationError as error:
        details: list[Any] = list(error.errors())
        wrong = [(key_path(detail["loc"]), what_is_wrong(detail)) for detail in details]
        raise PolicyFileError(*_placed(name, text, wrong)) from error
    found = problems(file)
    if found:
        raise PolicyFileError(*_placed(name, text, found))
    return file


def _placed(name: str, text: str, found: Sequence[Problem]) -> list[FileProblem]:
    positions = Positions.of(text)
    return [FileProblem(name, says, key, positions.line(key, says)) for key, says in found]


def _policy(file: PolicyFile, source: bytes) -> Policy:
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
        target_coverage=dict(file.target_coverage),
        source=source,
        digest=hashlib.sha256(source).hexdigest(),
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
    clauses = _full(file, entry.clauses)
    return Rule(entry.id, entry.title, clauses, entry.when.plain(), tuple(effects), entry.final, entry.over)
