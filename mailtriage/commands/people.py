"""Commands on customers and users."""

from __future__ import annotations

from pathlib import Path

import click

from errors import MailtriageError
from mailtriage.commands.opened import office_of
from mailtriage.secret_file import read_secret
from tickets.customer_csv import import_csv
from webui.passwords import hash_password

LEAST_PASSWORD_LENGTH = 10
ACTOR = "command line"


@click.group()
def customers() -> None:
    """The customers' agreements."""


@customers.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--policy", help="The policy of all rows, where the file has no policy column.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.pass_context
def customers_import(context: click.Context, file: Path, policy: str | None, dry_run: bool) -> None:
    """Create or update customers and contacts from a CSV file; all of it or, on an error, nothing.

    Example: mailtriage customers import customers.csv --policy penelope --dry-run
    """
    with office_of(context) as office:
        try:
            with file.open(encoding="utf-8-sig", newline="") as stream:
                report = import_csv(office.store, stream, office.policies, policy=policy, actor=ACTOR, dry_run=dry_run)
        except OSError as error:
            raise MailtriageError(f"{file}: cannot be read ({error.strerror}).") from error
        except UnicodeDecodeError as error:
            raise MailtriageError(f"{file}: is not UTF-8 (byte {error.start}).") from error
        click.echo(("would change: " if dry_run else "") + str(report))


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
