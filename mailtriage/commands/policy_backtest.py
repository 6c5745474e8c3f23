"""The command that tries a policy, or a rule, on recorded tickets."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from classifier.redeciding import MODEL, TOPIC
from errors import MailtriageError
from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json
from mailtriage.office import Office
from policies import loader
from policies.candidate import with_rules
from policies.policy import Policy

DAY = click.DateTime(formats=["%Y-%m-%d"])
PATH = click.Path(path_type=Path, dir_okay=False)
SHOWN = 20
"""Lines that are printed of each list; ``--json`` has all."""


@click.command("backtest")
@click.option("--policy", "name", help="The policy that is tried (with --file, the one that the file names).")
@click.option("--file", type=PATH, help="The policy file to try, instead of the one in force.")
@click.option("--rule", type=PATH, help="A small file of rules, tried on top of the policy in force.")
@click.option("--since", type=DAY, help="Only tickets received from that day (2026-01-31) on.")
@click.option("--until", type=DAY, help="Only tickets received up to that day, included.")
@click.option("--examples", default=5, show_default=True, type=click.IntRange(0, 1000), help="Ticket numbers a change.")
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object.")
@click.pass_context
def policy_backtest(
    context: click.Context,
    name: str | None,
    file: Path | None,
    rule: Path | None,
    since: datetime | None,
    until: datetime | None,
    examples: int,
    as_json: bool,
) -> None:
    """Say what would have changed on recorded tickets, had this policy decided them; nothing is written.

    A file of rules holds [[rules]], [signals.NAME] and [[clauses]]; `before = "rule-id"` at its top says where they
    come. Without --file and --rule the policy in force is tried on the tickets that earlier versions decided.

    \b
    Example: mailtriage policy backtest --policy penelope --rule vpn.toml --since 2026-06-01
    """
    from mailtriage.backtest import backtest, moments  # spaCy takes a second to import, which other commands need not

    if file is not None and rule is not None:
        raise MailtriageError("Try a whole policy (--file) or rules on top of the one in force (--rule), not both.")
    with office_of(context) as office:
        candidate = _candidate(office, name, file, rule)
        days: tuple[date | None, date | None] = since.date() if since else None, until.date() if until else None
        count = office.store.count_decided(candidate.name, *moments(candidate, *days))
        with click.progressbar(length=count, label="deciding again", show_pos=True, file=sys.stderr) as bar:
            found = backtest(
                office.store,
                office.policies,
                office.registry,
                candidate,
                since=days[0],
                until=days[1],
                examples=examples,
                progress=bar.update,
            )
    report = found.to_json()
    if as_json:
        echo_json(report)
    else:
        click.echo("\n".join(_lines(report)))


def _candidate(office: Office, name: str | None, file: Path | None, rule: Path | None) -> Policy:
    if file is not None:
        candidate = loader.load(file)
        if name not in (None, candidate.name):
            raise MailtriageError(f"{file} is the policy {candidate.name}, not {name}: leave out --policy.")
        office.policy(candidate.name)
        return candidate
    if name is None:
        raise MailtriageError("Say which policy is tried: --policy NAME (mailtriage policy list shows them).")
    present = office.policy(name)
    if rule is None:
        return present
    try:
        return with_rules(present, rule.read_bytes(), rule.name)
    except OSError as error:
        raise MailtriageError(f"{rule}: cannot be read ({error.strerror}).") from error


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    versions = ", ".join(f"{count} by {version}" for version, count in sorted(report["versions"].items()))
    yield f"{report['tickets']} tickets of {report['policy']} decided again{f' ({versions})' if versions else ''}"
    if report["not_exact"]:
        yield f"{report['not_exact']} of them are older than the readings this rests on, so that it is a guess for them"
    if report["severity_unsure"]:
        yield f"for {report['severity_unsure']} the model is gone that knew whether it may decide the severity alone"
    if report["texts_gone"]:
        yield f"the mails of {report['texts_gone']} are no longer stored: new signals could not be looked for there"
    yield from _compared(f"By {report['in_force']}, in force now, instead of the version of then", report["drift"])
    if report["change"]["tickets"]:
        yield from _compared("By what is tried, instead of what is in force", report["change"])


def _compared(title: str, part: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"{title}: {part['changed']} of {part['tickets']} tickets change in a label or in who must look"
    for rule in part["rules"]:
        if rule["changed"] or rule["fired"] != rule["fired_before"]:
            yield f"  {_fired(rule)}"
            for shift in rule["changed"][:SHOWN]:
                yield f"    {shift['label'].replace('_', ' ')} {_shift(shift)}"
    for name in ("coverage", "charge", "target", "looks"):
        shifts = part[name]
        if shifts:
            yield f"  {'who must look' if name == 'looks' else name}:"
            for shift in shifts[:SHOWN]:
                yield f"    {_shift(shift)}"
            if len(shifts) > SHOWN:
                yield f"    and {len(shifts) - SHOWN} more"


def _fired(rule: Mapping[str, Any]) -> str:
    if rule["id"] in (MODEL, TOPIC):
        return f"by the {rule['id']} itself"
    before = f", before {rule['fired_before']}" if rule["fired_before"] != rule["fired"] else ""
    return f"{rule['id']}: fires on {rule['fired']}{before}"


def _shift(shift: Mapping[str, Any]) -> str:
    numbers = ", ".join(map(str, shift["tickets"]))
    more = ", ..." if shift["count"] > len(shift["tickets"]) > 0 else ""
    agents = shift["agents"]
    said = (
        f"; agents spoke on {agents['spoken']}: {agents['agreed_before']} agreed, {agents['would_agree']} would now"
        if agents["spoken"]
        else ""
    )
    which = f" ({numbers}{more})" if numbers else ""
    return f"{shift['from']} -> {shift['to']}: {shift['count']}{which}{said}"
