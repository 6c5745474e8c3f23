"""The model registry: versions of trained models by policy, their cards and digests, promotion and rollback."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from classifier import encoder, storage
from classifier.card import ModelCard as ModelCard
from classifier.figures.figures import Figures
from classifier.model import Model
from classifier.program import UNKNOWN, program_version
from classifier.registry_locks import changing, drafting, sweep
from errors import MailtriageError

CARD = "card.json"
CURRENT = "current"
FIGURES = "figures.json"
# Names made by _name below; anything else in a folder (also a name out of a request) is no version.
VERSION = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}(?:-\d+)?")
POLICY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class RegistryError(MailtriageError):
    """A model cannot be used: missing, made for another program version, or not the file the registry wrote."""


class OutdatedModel(RegistryError):
    """A model that an earlier version of the program made, which reads mail otherwise: it must be trained again."""


class Registry:
    """A folder of model versions: ``ROOT/<policy>/<version>/`` with ``card.json`` and the model's files.

    ``ROOT/<policy>/current`` names the version in force and, on the lines below, those that were before it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def versions(self, policy: str) -> list[ModelCard]:
        """The cards of a policy's versions, newest first."""
        folder = self.folder(policy)
        names = [path.name for path in folder.iterdir() if VERSION.fullmatch(path.name)] if folder.is_dir() else []
        # Another process may remove old ones meanwhile.
        return [self.card(policy, name) for name in sorted(names, reverse=True) if (folder / name).is_dir()]

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
        return next(iter(self.history(policy)), None)

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
        _check_encoder(card)
        try:
            model = storage.load(folder, chosen)
        except storage.OutdatedFormat as error:
            raise _outdated(policy, chosen, error) from error
        except (OSError, ValueError, KeyError) as error:
            raise RegistryError(
                f"Model {policy} {chosen} cannot be read ({error}): train again with `mailtriage train`."
            ) from error
        if model.policy != policy:
            raise RegistryError(f"Model {chosen} was trained for {model.policy}, not {policy}: train one for {policy}.")
        return model

    def outdated(self, card: ModelCard) -> str | None:
        """Why this program cannot use a version, which another one made, and what to do; None where it can."""
        try:
            _check_program(card)
            storage.check_format(self.folder(card.policy) / card.version)
        except OutdatedModel as error:
            return str(error)
        except storage.OutdatedFormat as error:
            return str(_outdated(card.policy, card.version, error))
        except OSError:
            return None  # loading it says what is wrong
        return None

    def figures(self, policy: str, version: str) -> Figures | None:
        """What that version did on the mails held back, checked by its digest; None where it was not kept.

        Raises :class:`RegistryError` for a file that the registry did not write.
        """
        card = self.card(policy, version)
        if FIGURES not in card.files:
            return None
        path = self._version_folder(policy, version) / FIGURES
        _check_file(path, card.files[FIGURES])
        try:
            return Figures.from_json(json.loads(path.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RegistryError(f"{path} cannot be read ({error}): train again with `mailtriage train`.") from error

    def add(self, model: Model, card: ModelCard, figures: Figures | None = None) -> ModelCard:
        """Writes a new version atomically; the card comes back with its version and file digests filled in."""
        folder = self.folder(model.policy)
        with self._filled_folder(folder) as draft:
            storage.save(model, draft)
            if figures is not None:
                (draft / FIGURES).write_text(json.dumps(figures.to_json(), ensure_ascii=False), encoding="utf-8")
            files = {path.name: _digest(path) for path in sorted(draft.iterdir())}
            made_of = hashlib.sha256("".join(files.values()).encode()).hexdigest()[:8]
            complete = replace(card, version=f"{_stamp(card.created_at)}-{made_of}", files=files)
            return self._publish(draft, folder, complete)

    def promote(self, policy: str, version: str) -> None:
        """Puts a version in force, atomically: readers see the old or the new one, nothing in between."""
        self._put_in_force(policy, version, lambda current: True)

    def succeed(self, policy: str, version: str, before: str | None) -> bool:
        """Puts a version in force in the place of ``before``; False, and nothing done, where another one is by now."""
        return self._put_in_force(policy, version, lambda current: current == before)

    def _put_in_force(self, policy: str, version: str, may: Callable[[str | None], bool]) -> bool:
        self.card(policy, version)
        with self._changing(policy):
            self.card(policy, version)  # nobody has removed it before this one's turn came
            history = self.history(policy)
            if not may(next(iter(history), None)):
                return False
            if history[:1] != [version]:
                self._write_history(policy, [version, *history])
            return True

    def rollback(self, policy: str) -> str:
        """Puts the version that was in force before back in force; its name. Raises when there is none."""
        if self.current(policy) is None:
            raise RegistryError(f"There is no earlier model of {policy} to go back to.")
        with self._changing(policy):
            history = self.history(policy)
            if len(history) < 2:
                raise RegistryError(f"There is no earlier model of {policy} to go back to.")
            self.card(policy, history[1])
            self._write_history(policy, history[1:])
        return history[1]

    def remove(self, policy: str, versions: Collection[str]) -> None:
        """Removes versions for good, none of them half; raises for the one in force and the one before it."""
        folder = self.folder(policy)
        with self._changing(policy):
            history = self.history(policy)
            if kept := set(history[:2]) & set(versions):
                raise RegistryError(f"{policy} {min(kept)} is in force, or was before: it stays.")
            # First nothing leads to them any more, then they go.
            self._write_history(policy, [version for version in history if version not in versions])
            for version in versions:
                gone = folder / f".gone-{version}"
                self._version_folder(policy, version).rename(gone)
                shutil.rmtree(gone)

    def sweep(self, policy: str) -> list[str]:
        """Removes what killed processes left half written or half removed; the names of that."""
        with _told(self.folder(policy)):
            return sweep(self.folder(policy))

    def install_starters(self, shipped: Path, policies: Sequence[str]) -> list[str]:
        """Puts the shipped starter model of each policy in force that has none; the policies it was done for."""
        source = Registry(shipped)
        installed = []
        for policy in policies:
            starter = source.current(policy)
            if starter is None or self.current(policy):
                continue
            if not self._version_folder(policy, starter).is_dir():
                self._copy(source, policy, starter)
            self.promote(policy, starter)
            installed.append(policy)
        return installed

    def _copy(self, source: Registry, policy: str, version: str) -> None:
        card, origin = source.card(policy, version), source._version_folder(policy, version)
        _check_files(card, origin)
        folder = self.folder(policy)
        with self._filled_folder(folder) as draft:
            for name in card.files:
                shutil.copyfile(origin / name, draft / name)
            self._publish(draft, folder, card)

    def folder(self, policy: str) -> Path:
        """Where a policy's versions are; raises for what is no name of a policy."""
        if not POLICY.fullmatch(policy):
            raise RegistryError(f"{policy!r} is not the name of a policy.")
        return self.root / policy

    def _version_folder(self, policy: str, version: str) -> Path:
        if not VERSION.fullmatch(version):
            raise RegistryError(f"{version!r} is not the name of a model version: see `mailtriage models list`.")
        return self.folder(policy) / version

    @contextmanager
    def _changing(self, policy: str) -> Iterator[None]:
        with _told(self.folder(policy)), changing(self.folder(policy)):
            yield

    @contextmanager
    def _filled_folder(self, folder: Path) -> Iterator[Path]:
        """A temporary folder beside the versions, gone afterwards unless it was published."""
        with _told(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with drafting(folder):
                draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder))
                try:
                    yield draft
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

    def history(self, policy: str) -> list[str]:
        """The version in force, then those that were before it, the last one first; empty when there is none."""
        try:
            lines = (self.folder(policy) / CURRENT).read_text(encoding="utf-8").split()
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise RegistryError(f"{self.folder(policy) / CURRENT} cannot be read: promote a model anew.") from error
        return [line for line in lines if VERSION.fullmatch(line)]

    def _write_history(self, policy: str, versions: Sequence[str]) -> None:
        folder = self.folder(policy)
        descriptor, name = tempfile.mkstemp(prefix=".current-", dir=folder)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(versions) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(folder / CURRENT)
        _sync(folder)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Says which folder it was that could not be written."""
    try:
        yield
    except OSError as error:
        raise RegistryError(
            f"{folder} cannot be written ({error.strerror}): check its owner and free space."
        ) from error


def _outdated(policy: str, version: str, error: storage.OutdatedFormat) -> OutdatedModel:
    return OutdatedModel(
        f"Model {policy} {version} is of an earlier version of mailtriage ({error}): make the next with "
        f"`mailtriage train --policy {policy}`."
    )


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d-%H%M%S")


def _check_program(card: ModelCard) -> None:
    """A model is read by the minor version that wrote it: what its numbers mean may change with the next."""
    ours, theirs = program_version(), card.program
    if UNKNOWN in (ours, theirs) or ours.split(".")[:2] == theirs.split(".")[:2]:
        return
    raise OutdatedModel(
        f"Model {card.policy} {card.version} was made by mailtriage {theirs}, this is {ours}: "
        f"make a new one with `mailtriage train --policy {card.policy}`."
    )


def _check_encoder(card: ModelCard) -> None:
    """A model is useless without the encoder it learned with, and each mail would say so in its own error."""
    try:
        encoder.require(card.profile)
    except encoder.EncoderError as error:
        raise RegistryError(
            f"Model {card.policy} {card.version} was trained in the {card.profile} profile. {error}"
        ) from error


def _check_files(card: ModelCard, folder: Path) -> None:
    if not set(storage.FILES) <= set(card.files) <= {*storage.FILES, storage.POLICY, FIGURES}:
        raise RegistryError(f"The card of model {card.policy} {card.version} does not list its files: train again.")
    for name, digest in card.files.items():
        _check_file(folder / name, digest)


def _check_file(path: Path, digest: str) -> None:
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
