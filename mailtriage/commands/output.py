"""What commands print for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from classifier.fitting import Progress


def echo_json(value: Any) -> None:
    """Prints a value as one line of JSON, characters as they are."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


@contextmanager
def training_bar(policy: str) -> Iterator[Progress]:
    """Draws on standard error how far a training is, where that is a terminal."""
    with click.progressbar(length=1000, label=policy, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def progress(step: str, share: float) -> None:
            bar.label = f"{policy}: {step}"
            bar.update(round(share * 1000) - bar.pos)

        yield progress
