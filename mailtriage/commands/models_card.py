"""The model card of a version."""

from __future__ import annotations

import click

from classifier.model_card import as_markdown, model_card
from errors import MailtriageError
from mailtriage.commands.opened import settings_of
from mailtriage.office import find_policy, open_policies, open_registry


@click.command("card")
@click.argument("policy")
@click.argument("version", required=False)
@click.pass_context
def models_card(context: click.Context, policy: str, version: str | None) -> None:
    """Write the model card (default: of the model in force) as Markdown, by the headings of Mitchell et al. 2019.

    Example: mailtriage models card penelope > penelope.md
    """
    settings = settings_of(context)
    policies = open_policies(settings)
    chosen = find_policy(policies, policy)
    registry = open_registry(settings, policies)
    name = version or registry.current(policy)
    if name is None:
        raise MailtriageError(f"There is no model for {policy} yet: make one with `mailtriage train`.")
    card = registry.card(policy, name)
    click.echo(as_markdown(f"Model card: {policy} {name}", model_card(card, chosen, registry.figures(policy, name))))
