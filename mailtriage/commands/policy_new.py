"""The command that writes the beginning of a policy of one's own."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from string import Template
from zoneinfo import ZoneInfo

import click

from errors import MailtriageError
from policies import loader
from policies.clock.hours import check_time_zone

TEMPLATES = Path(loader.__file__).parent / "template"
NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
LANGUAGE = re.compile(r"[a-z]{2,3}")
TEXT_OF = re.compile(r"(?:phrases|asks)\.(?P<language>[a-z]{2,3}) = ")
ALWAYS = "en"
"""The language of questions to a sender whose own has no text."""
TUESDAY, FRIDAY = date(2026, 3, 10), date(2026, 3, 13)


class CannotBegin(MailtriageError):
    """The files of a new policy cannot be written: says what to give instead."""


@click.command("new")
@click.argument("name")
@click.option("--title", help="What people call it (default: the name).")
@click.option("--vendor", help="Whose support it is (default: the title).")
@click.option("--time-zone", default="UTC", show_default=True, help="Where support is given, such as Europe/Amsterdam.")
@click.option("--language", "languages", multiple=True, help="A language of support; may be repeated (default: en).")
@click.option(
    "--into",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("my-policies"),
    show_default=True,
    help="The folder that gets NAME.toml and examples/NAME.toml.",
)
def policy_new(
    name: str, title: str | None, vendor: str | None, time_zone: str, languages: tuple[str, ...], folder: Path
) -> None:
    """Write the beginning of a policy: a small agreement that works, explained table by table, and its examples.

    Example: mailtriage policy new tidewater --title "Tidewater support" --time-zone Europe/Amsterdam --language en
    """
    filled = _values(name, title or f"{name.capitalize()} support", vendor, time_zone, languages or (ALWAYS,))
    policy, examples = folder / f"{name}.toml", folder / "examples" / f"{name}.toml"
    for path in (policy, examples):
        if path.exists():
            raise CannotBegin(f"{path} is there already and is left as it is; give another NAME or --into FOLDER.")
    for path, source in ((policy, "policy.toml"), (examples, "examples.toml")):
        _write(path, _written(source, filled, languages))
    click.echo(f"{policy} and {examples} are written. Next:")
    for verb in ("check", "test", "conflicts"):
        click.echo(f"  mailtriage policy {verb} {policy}")


def _values(name: str, title: str, vendor: str | None, time_zone: str, languages: Sequence[str]) -> dict[str, str]:
    """What the templates' placeholders stand for. Raises :class:`CannotBegin`."""
    if not NAME.fullmatch(name):
        raise CannotBegin(f"{name!r} cannot be a policy's name; allowed: a to z, 0 to 9, _ and -, a letter first.")
    if name in loader.shipped():
        raise CannotBegin(f"{name!r} is a policy that ships with the program; give yours another name.")
    vendor = vendor or title
    for what, text in (("title", title), ("vendor", vendor)):
        if not text.isprintable() or not text.strip():
            raise CannotBegin(f"The {what} must be one line of text.")
    for language in languages:
        if not LANGUAGE.fullmatch(language):
            raise CannotBegin(f"{language!r} is not a language; allowed: its two letters (ISO 639), such as en or nl.")
    try:
        zone = ZoneInfo(check_time_zone(time_zone))
    except ValueError as error:
        raise CannotBegin(f"--time-zone: {error}.") from error
    return {
        "title_words": title,
        "name": _quoted(name),
        "title": _quoted(title),
        "vendor": _quoted(vendor),
        "today": datetime.now(zone).date().isoformat(),
        "languages": f"[{', '.join(map(_quoted, dict.fromkeys(languages)))}]",
        "time_zone": _quoted(time_zone),
        "tuesday_10": datetime.combine(TUESDAY, time(10), zone).isoformat(),
        "friday_16_30": datetime.combine(FRIDAY, time(16, 30), zone).isoformat(),
    }


def _quoted(text: str) -> str:
    """A TOML string: JSON's are such strings."""
    return json.dumps(text, ensure_ascii=False)


def _written(source: str, values: dict[str, str], languages: Sequence[str]) -> str:
    """The template with its values, without the lines in languages that are not asked for."""
    kept = {ALWAYS, *languages}
    lines = (TEMPLATES / source).read_text(encoding="utf-8").splitlines(keepends=True)
    own = [line for line in lines if (found := TEXT_OF.match(line)) is None or found["language"] in kept]
    return Template("".join(own)).substitute(values)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CannotBegin(f"{path}: cannot be written ({error.strerror}); give --into another folder.") from error
