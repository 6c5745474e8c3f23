"""The model registry: versions of trained models by policy, their cards and digests, promotion and rollback."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from classifier import storage
from classifier.card import ModelCard as ModelCard
from classifier.model import Model
from classifier.program import UNKNOWN, program_version
from errors import MailtriageError

CARD = "card.json"
CURRENT = "current"
# Names made by _name below; anything else in a folder (also a name out of a request) is no version.
VERSION = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}(?:-\d+)?")
POLICY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class RegistryError(MailtriageError):
    """A model cannot be used: missing, made for another program version, or not the file the registry wrote."""


class Registry:
    """A folder of model versions: ``ROOT/<policy>/<version>/`` with ``card.json`` and the model's files.

    ``ROOT/<policy>/current`` names the version in force and, on the lines below, those that were before it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def versions(self, policy: str) -> list[ModelCard]:
        """The cards of a policy's versions, newest first."""
        folder = self._folder(policy)
        names = [path.name for path in folder.iterdir() if VERSION.fullmatch(path.name)] if folder.is_dir() else []
        return [self.card(policy, name) for name in sorted(names, reverse=True)]

    def card(self, policy: str, version: str) -> ModelCard:
        """The card of one version; raises :class:`RegistryError` when there is none, or it cannot be read."""
        path = self._version_folder(policy, version) / CARD
        try:
            return ModelCard.from_json(json.loads(path.read_bytes()))
        except FileNotFoundError:
            raise RegistryError(f"There is no model {policy} {version}: see `mailtriage models list`.") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RegistryError(
                f"{path} is not a model card: roll back, or train again with `mailtriage train`."
            ) from error

    def current(self, policy: str) -> str | None:
        """The version in force; None when there is none."""
        return next(iter(self._history(policy)), None)

    def load(self, policy: str, version: str | None = None) -> Model:
        """The model of that version (default: the one in force), after every file's digest has been checked.

        Raises :class:`RegistryError`; a file whose digest is not the card's is never read.
        """
        chosen = version or self.current(policy)
        if chosen is None:
            raise RegistryError(f"There is no model for {policy} yet: make one with `mailtriage train`.")
        card = self.card(policy, chosen)
        folder = self._version_folder(policy, chosen)
        _check_program(card)
        _check_files(card, folder)
        try:
            model = storage.load(folder, chosen)
        except (OSError, ValueError, KeyError) as error:
            raise RegistryError(
                f"Model {policy} {chosen} cannot be read ({error}): train again with `mailtriage train`."
            ) from error
        if model.policy != policy:
            raise RegistryError(f"Model {chosen} was trained for {model.policy}, not {policy}: train one for {policy}.")
        return model

    def add(self, model: Model, card: ModelCard) -> ModelCard:
        """Writes a new version atomically; the card comes back with its version and file digests filled in."""
        folder = self._folder(model.policy)
        with self._filled_folder(folder) as draft:
            storage.save(model, draft)
            files = {name: _digest(draft / name) for name in storage.FILES}
            made_of = hashlib.sha256("".join(files.values()).encode()).hexdigest()[:8]
            complete = replace(card, version=f"{_stamp(card.created_at)}-{made_of}", files=files)
            return self._publish(draft, folder, complete)

    def promote(self, policy: str, version: str) -> None:
        """Puts a version in force, atomically: readers see the old or the new one, nothing in between."""
        self.card(policy, version)
        history = self._history(policy)
        if history[:1] != [version]:
            self._write_history(policy, [version, *history])

    def rollback(self, policy: str) -> str:
        """Puts the version that was in force before back in force; its name. Raises when there is none."""
        history = self._history(policy)
        if len(history) < 2:
            raise RegistryError(f"There is no earlier model of {policy} to go back to.")
        self.card(policy, history[1])
        self._write_history(policy, history[1:])
        return history[1]

    def install_starters(self, shipped: Path, policies: Sequence[str]) -> list[str]:
        """Copies the shipped starter model of each policy that has no version yet; the policies it was done for."""
        source = Registry(shipped)
        installed = []
        for policy in policies:
            starter = source.current(policy)
            if starter is None or self.versions(policy):
                continue
            card = source.card(policy, starter)
            origin = source._version_folder(policy, starter)
            _check_files(card, origin)
            folder = self._folder(policy)
            with self._filled_folder(folder) as draft:
                for name in card.files:
                    shutil.copyfile(origin / name, draft / name)
                self._publish(draft, folder, card)
            self.promote(policy, starter)
            installed.append(policy)
        return installed

    def _folder(self, policy: str) -> Path:
        if not POLICY.fullmatch(policy):
            raise RegistryError(f"{policy!r} is not the name of a policy.")
        return self.root / policy

    def _version_folder(self, policy: str, version: str) -> Path:
        if not VERSION.fullmatch(version):
            raise RegistryError(f"{version!r} is not the name of a model version: see `mailtriage models list`.")
        return self._folder(policy) / version

    @contextmanager
    def _filled_folder(self, folder: Path) -> Iterator[Path]:
        """A temporary folder beside the versions, gone afterwards unless it was published."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder))
        except OSError as error:
            raise RegistryError(
                f"{folder} cannot be written ({error.strerror}): check its owner and free space."
            ) from error
        try:
            yield draft
        except OSError as error:
            raise RegistryError(
                f"{folder} cannot be written ({error.strerror}): check its owner and free space."
            ) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _publish(self, draft: Path, folder: Path, card: ModelCard) -> ModelCard:
        """Gives the draft its name, the next free one when two were made from the same in the same second."""
        number = 1
        name = card.version
        while (folder / name).exists():
            number += 1
            name = f"{card.version}-{number}"
        named = replace(card, version=name)
        (draft / CARD).write_text(json.dumps(named.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        draft.chmod(0o755)
        for path in draft.iterdir():
            _sync(path)
        _sync(draft)
        draft.rename(folder / name)
        _sync(folder)
        return named

    def _history(self, policy: str) -> list[str]:
        try:
            lines = (self._folder(policy) / CURRENT).read_text(encoding="utf-8").split()
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise RegistryError(f"{self._folder(policy) / CURRENT} cannot be read: promote a model anew.") from error
        return [line for line in lines if VERSION.fullmatch(line)]

    def _write_history(self, policy: str, versions: Sequence[str]) -> None:
        folder = self._folder(policy)
        try:
            descriptor, name = tempfile.mkstemp(prefix=".current-", dir=folder)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write("\n".join(versions) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(folder / CURRENT)
            _sync(folder)
        except OSError as error:
            raise RegistryError(
                f"{folder} cannot be written ({error.strerror}): check its owner and free space."
            ) from error


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d-%H%M%S")


def _check_program(card: ModelCard) -> None:
    """A model is read by the minor version that wrote it: what its numbers mean may change with the next."""
    ours, theirs = program_version(), card.program
    if UNKNOWN in (ours, theirs) or ours.split(".")[:2] == theirs.split(".")[:2]:
        return
    raise RegistryError(
        f"Model {card.policy} {card.version} was made by mailtriage {theirs}, this is {ours}: "
        f"make a new one with `mailtriage train --policy {card.policy}`."
    )


def _check_files(card: ModelCard, folder: Path) -> None:
    if set(card.files) != set(storage.FILES):
        raise RegistryError(f"The card of model {card.policy} {card.version} does not list its files: train again.")
    for name, digest in card.files.items():
        path = folder / name
        try:
            found = _digest(path)
        except OSError as error:
            raise RegistryError(f"{path} cannot be read ({error.strerror}): roll back or train again.") from error
        if found != digest:
            raise RegistryError(
                f"{path} is not the file the registry wrote (its SHA-256 differs from the card's) and was not loaded: "
                "go back with `mailtriage models rollback`, or train again with `mailtriage train`."
            )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Brings a file or folder to the disk, so that a crash cannot leave a name without content."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
