"""Commands about the sentence encoders."""

from __future__ import annotations

import click

from classifier.encoder import KINDS, EncoderError, Profile, standing
from classifier.encoder.building import built_file
from mailtriage import encoders
from mailtriage.commands.opened import settings_of
from mailtriage.commands.output import echo_json

PROFILES: tuple[Profile, ...] = ("lean", *KINDS)


@click.group("encoder")
def encoder_group() -> None:
    """The sentence encoder of each profile."""


@encoder_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One profile a line.")
@click.pass_context
def encoder_list(context: click.Context, as_json: bool) -> None:
    """Say of each profile whether it can be used here, and else what to run.

    Example: mailtriage encoder list
    """
    encoders.configure(settings_of(context))
    for profile in PROFILES:
        try:
            usable, says = True, standing(profile)
        except EncoderError as error:
            usable, says = False, str(error)
        if as_json:
            echo_json({"profile": profile, "usable": usable, "says": says})
        else:
            click.echo(f"{profile:8} {'usable' if usable else 'not usable'}: {says}")


@encoder_group.command("build")
@click.pass_context
def encoder_build(context: click.Context) -> None:
    """Build the encoder of the full profile now rather than at its first use: some 15 s, 700 MB of memory, once.

    Example: mailtriage encoder build
    """
    settings = settings_of(context)
    encoders.configure(settings)
    encoders.build_with_bar(settings)
    click.echo(f'{built_file(encoders.folder(settings))} is ready; set profile = "full" to use it')
