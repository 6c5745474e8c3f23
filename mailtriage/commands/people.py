"""Commands on users."""

from __future__ import annotations

from pathlib import Path

import click

from errors import MailtriageError
from mailtriage.commands.opened import office_of
from mailtriage.secret_file import read_secret
from webui.passwords import hash_password

LEAST_PASSWORD_LENGTH = 10
ACTOR = "command line"


@click.group()
def users() -> None:
    """The people who sign in."""


@users.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(["agent", "lead", "administrator"]), default="agent", show_default=True)
@click.option(
    "--password-file", type=click.Path(path_type=Path, dir_okay=False), help="Reads the password's first line here."
)
@click.pass_context
def users_add(context: click.Context, name: str, role: str, password_file: Path | None) -> None:
    """Add a person who may sign in; asks for the password where no file is given.

    Example: mailtriage users add maria --role lead
    """
    if password_file is not None:
        password = read_secret(password_file, "--password-file")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(password) < LEAST_PASSWORD_LENGTH:
        raise MailtriageError(f"The password must have at least {LEAST_PASSWORD_LENGTH} characters.")
    with office_of(context) as office:
        office.store.add_user(name, hash_password(password), role, actor=ACTOR)
        click.echo(f"{name} may sign in as {role}.")
