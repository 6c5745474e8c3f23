"""What commands open: the settings of the call, and the office."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from mailtriage.office import Office, open_office, settle
from mailtriage.settings import Settings, load

PORT = click.IntRange(0, 65535)
"""A port's number, 0 for one that is free."""


def settings_of(context: click.Context) -> Settings:
    """The settings that ``--config`` and ``--data-dir`` of this call give."""
    return load(context.obj["config"], data_dir=context.obj["data_dir"])


@contextmanager
def office_of(context: click.Context, *, train_own: bool = True) -> Iterator[Office]:
    """The office of this call's settings, closed at the end; see :func:`~mailtriage.office.open_registry`."""
    office = open_office(settings_of(context), train_own=train_own)
    settle()
    try:
        yield office
    finally:
        office.close()
