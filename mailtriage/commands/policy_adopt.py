"""The command that puts a policy file in force."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from classifier.registry import Registry
from mailtriage.adoption import AdoptionRefused, adoption
from mailtriage.commands.opened import settings_of
from mailtriage.office import opened_policies
from mailtriage.own_mails import keep_examples
from mailtriage.policies_in_force import PoliciesInForce
from mailtriage.settings import Settings
from mailtriage.starters import shipped_examples
from policies import loader
from policies.policy import Policy
from policies.trial.examples import load_examples
from policies.trial.trying import try_examples
from tickets.policy_versions import Adoption

NAMED = 5
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("adopt")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--author", required=True, help="Who puts it in force.")
@click.option("--reason", required=True, help="Why, in a sentence: it is kept with the version.")
@click.option("--effective", type=DAY, help="The day (2027-01-31) from which it holds (default: the file's own).")
@click.option("--backdate", is_flag=True, help="Allow a day before today.")
@click.option("--dry-run", is_flag=True, help="Check everything and say what would be done; record nothing.")
@click.pass_context
def policy_adopt(
    context: click.Context,
    file: Path,
    author: str,
    reason: str,
    effective: datetime | None,
    backdate: bool,
    dry_run: bool,
) -> None:
    """Put a policy file in force from a day on. Running programs use it from then; older tickets keep their version.

    \b
    Example: mailtriage policy adopt penelope.toml --author "Ann Smit" --reason "new port list" \\
                 --effective 2027-01-01
    """
    policy = loader.load(file)
    settings = settings_of(context)
    with opened_policies(settings, besides=file) as policies:
        day = effective.date() if effective else None
        new = adoption(policy, policies, author=author, reason=reason, effective=day, backdate=backdate)
        _try_examples(policy, file)
        if not dry_run:
            policies.adopt(new)
        click.echo(_said(new, policies, dry_run=dry_run))
    if not dry_run and keep_examples(policy, file, settings) and not _has_model(policy, settings):
        click.echo(f"It has no model yet. Next: mailtriage train --policy {policy.name}")


def _try_examples(policy: Policy, file: Path) -> None:
    """Raises :class:`AdoptionRefused` when an example beside the policy file does not come out as it says."""
    from mailtriage.commands.policy_test import find_in_new_text  # brings spaCy

    path = file.parent / "examples" / f"{policy.name}.toml"
    if not path.is_file():
        return
    tried = list(try_examples(policy, load_examples(path, policy), find_in_new_text(policy)))
    failed = [each.example.id for each in tried if not each.passed]
    if failed:
        named = ", ".join(failed[:NAMED]) + (", ..." if len(failed) > NAMED else "")
        raise AdoptionRefused(
            f"{len(failed)} of {len(tried)} examples in {path} do not come out as they say ({named}): mend the policy "
            f"or the examples. See `mailtriage policy test {file}`."
        )


def _has_model(policy: Policy, settings: Settings) -> bool:
    return bool(shipped_examples(policy.name) or Registry(settings.models_dir).current(policy.name))


def _said(new: Adoption, policies: PoliciesInForce, *, dry_run: bool) -> str:
    policy, today = new.policy, policies.today(new.policy)
    verb = "would be" if dry_run else "is"
    since = f"from {new.effective} on ({policy.file.time_zone})" if new.effective > today else f"since {new.effective}"
    before = [row for row in policies.history(policy.name) if row.version != policy.version]
    told = f"{policy.name} {policy.version} {verb} in force {since}"
    if before and new.effective > today:
        told += f"; until then {policies[policy.name].version}"
    return f"{told}. Nothing was recorded." if dry_run else f"{told}."
