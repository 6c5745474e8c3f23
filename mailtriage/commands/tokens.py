"""Commands on the tokens of the REST API."""

from __future__ import annotations

import click

from mailtriage.commands.listing import printable
from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json

ACTOR = "command line"


@click.group()
def tokens() -> None:
    """Tokens of programs that use the REST API."""


@tokens.command("add")
@click.argument("user")
@click.argument("name")
@click.pass_context
def tokens_add(context: click.Context, user: str, name: str) -> None:
    """Make a token that may do what USER may; NAME says what it is for. It is printed once and kept nowhere.

    Example: mailtriage tokens add maria "CRM synchronisation"
    """
    with office_of(context) as office:
        token, text = office.store.add_token(user, name, actor=ACTOR)
        click.echo(text)
        told = f"token {token.id} of {token.user}, for {token.name}: keep it, it is not shown again"
        click.echo(printable(told), err=True)


@tokens.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def tokens_list(context: click.Context, as_json: bool) -> None:
    """List the tokens, those revoked included; never their secrets."""
    with office_of(context) as office:
        for token in office.store.tokens():
            revoked = token.revoked_at.isoformat() if token.revoked_at else None
            if as_json:
                made = token.created_at.isoformat()
                told = {"id": token.id, "user": token.user, "name": token.name, "created_at": made}
                echo_json({**told, "revoked_at": revoked})
            else:
                state = f"revoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else "in use"
                click.echo(printable(f"{token.id}  {token.created_at:%Y-%m-%d}  {token.user}  {token.name}  {state}"))


@tokens.command("revoke")
@click.argument("token", type=int)
@click.pass_context
def tokens_revoke(context: click.Context, token: int) -> None:
    """Make a token good for nothing, at once.

    Example: mailtriage tokens revoke 3
    """
    with office_of(context) as office:
        revoked = office.store.revoke_token(token, actor=ACTOR)
        click.echo(printable(f"token {revoked.id} of {revoked.user} is revoked"))
