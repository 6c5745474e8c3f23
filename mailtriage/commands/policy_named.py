"""A policy as the commands are told which: a file, the name of one in force, or a name with a version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from mailtriage.commands.opened import settings_of
from mailtriage.office import find_policy, opened_policies
from mailtriage.settings import Settings
from policies import loader
from policies.policy import Policy
from policies.versions import Policies, UnknownVersion

PROBLEM = 1
"""The exit code where what was looked at is not as it should be."""


def named(context: click.Context, names: Iterable[str]) -> list[Policy]:
    """The policies of ``names`` in their order: ``my.toml``, ``perfana`` or ``perfana@1.0.0``; all in force for none.

    Files need no store; where there is none yet, names are those of what ships and what ``policies_dir`` holds. Raises
    :class:`~policies.loader.PolicyFileError`, :class:`~mailtriage.office.UnknownPolicy` and
    :class:`~policies.versions.UnknownVersion`.
    """
    wanted = list(names)
    if wanted and all(map(is_file, wanted)):
        return [loader.load(Path(name)) for name in wanted]
    settings = settings_of(context)
    if not _has_store(settings):
        every = loader.load_folder(settings.policies_dir)
        return [_one(name, every, None) for name in wanted or sorted(every)]
    with opened_policies(settings) as policies:
        return [_one(name, policies, policies) for name in wanted or sorted(policies)]


def is_file(name: str) -> bool:
    """Whether a file is meant: names of policies have neither dot nor slash, but in a version."""
    return name.endswith(".toml") or "/" in name


def _one(name: str, in_force: Mapping[str, Policy], recorded: Policies | None) -> Policy:
    plain, _, version = name.partition("@")
    if is_file(name):
        return loader.load(Path(name))
    found = find_policy(in_force, plain)
    if not version or found.version == version:
        return found
    if recorded is None:
        raise UnknownVersion(f"No store has recorded a version {version} of {plain}; what there is is {found.version}.")
    return recorded.version(plain, version)


def _has_store(settings: Settings) -> bool:
    return settings.database_url is not None or settings.database_file().is_file()
