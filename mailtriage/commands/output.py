"""What commands print for programs."""

from __future__ import annotations

import json
from typing import Any

import click


def echo_json(value: Any) -> None:
    """Prints a value as one line of JSON, characters as they are."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))
