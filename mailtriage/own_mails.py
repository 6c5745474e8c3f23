"""The labelled mails of a policy of one's own: a file of them in the data folder, and the policy's examples."""

from __future__ import annotations

import shutil
from pathlib import Path

from classifier import written
from classifier.example import Example
from errors import MailtriageError
from mailtriage.settings import Settings
from mailtriage.starters import read_legal, shipped_examples
from policies.policy import Policy
from policies.trial.examples import load_examples


def own_mails(policy: Policy, settings: Settings) -> list[Example]:
    """The mails of ``DATA_DIR/training_data/NAME.jsonl``; for a policy that ships none, its examples as well.

    Raises :class:`~classifier.example.ExampleFileError` and :class:`~policies.trial.examples.ExamplesError`.
    """
    path = settings.data_dir / "training_data" / f"{policy.name}.jsonl"
    sent = read_legal(path, policy) if path.exists() else []
    examples = None if shipped_examples(policy.name) else _file(policy.name, settings)
    return sent if examples is None else [*sent, *written.labelled(load_examples(examples, policy), policy)]


def keep_examples(policy: Policy, beside: Path, settings: Settings) -> bool:
    """Keeps the examples beside a policy's file in the data folder, to learn from; whether there are any.

    Raises :class:`~errors.MailtriageError` where they cannot be written.
    """
    source, kept = beside.parent / "examples" / f"{policy.name}.toml", _kept(policy.name, settings)
    if not source.is_file():
        return False
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        if not (kept.exists() and kept.samefile(source)):
            shutil.copyfile(source, kept)
    except OSError as error:
        raise MailtriageError(f"{kept}: the examples cannot be kept ({error.strerror}).") from error
    return True


def where_to_write(name: str, settings: Settings) -> str:
    """What a user is told who has no mail for a policy to learn from."""
    own = settings.data_dir / "training_data" / f"{name}.jsonl"
    return (
        f"There is no mail to learn {name} from: write examples beside its file (`mailtriage policy new` shows how) "
        f"and put it in force with `mailtriage policy adopt`, or write labelled mails to {own} (docs/formats.md)."
    )


def _file(name: str, settings: Settings) -> Path | None:
    folder = settings.policies_dir
    candidates = [*([folder / "examples" / f"{name}.toml"] if folder is not None else []), _kept(name, settings)]
    return next((path for path in candidates if path.is_file()), None)


def _kept(name: str, settings: Settings) -> Path:
    return settings.data_dir / "examples" / f"{name}.toml"
