"""Commands on drift: how the mail of each week differs from the training mail, and kinds that no topic fits."""

from __future__ import annotations

from collections.abc import Iterator

import click

from classifier.drift import ASPECTS
from classifier.weekly import Drift, Week
from mailtriage.clusters import cluster_of, clusters
from mailtriage.commands.listing import printable
from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json
from mailtriage.drift import MOST_WEEKS, WEEKS, drift
from mailtriage.new_topic import give_topic
from mailtriage.office import Office
from policies.adding import NewTopic
from policies.labels import Scope
from webui.drifting import Cluster

SAMPLES = 3


@click.group("drift", invoke_without_command=True)
@click.option("--policy", help="Only this policy.")
@click.option("--weeks", type=click.IntRange(1, MOST_WEEKS), default=WEEKS, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a policy, with the tickets that show it.")
@click.pass_context
def drift_group(context: click.Context, policy: str | None, weeks: int, as_json: bool) -> None:
    """Say how each week's mail differs from the mail that the model in force learned from.

    Bits of divergence beyond chance, by topic, words, language and certainty; * marks what is neither chance nor too
    little to matter, ** what also differs from the four weeks before.

    Example: mailtriage drift --policy penelope --weeks 12
    """
    if context.invoked_subcommand is not None:
        return
    with office_of(context) as office:
        for name in _names(office, policy):
            found = drift(name, office, weeks=weeks)
            if as_json:
                echo_json(found.to_json())
                continue
            for line in lines_of(found):
                click.echo(printable(line))


@drift_group.command("clusters")
@click.option("--policy", help="Only this policy.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a cluster.")
@click.pass_context
def drift_clusters(context: click.Context, policy: str | None, as_json: bool) -> None:
    """List kinds of mail of the last 90 days that no topic fits, named by their words.

    Example: mailtriage drift clusters --policy penelope
    """
    with office_of(context) as office:
        for name in _names(office, policy):
            for cluster in clusters(name, office):
                if as_json:
                    echo_json(cluster.to_json())
                    continue
                for line in _told(cluster):
                    click.echo(printable(line))


@drift_group.command("topic")
@click.argument("cluster", type=int)
@click.option("--name", required=True, help="The topic's name in the policy, such as bicycle_lease.")
@click.option("--title", default="", help="What people read; without one the topic is there already.")
@click.option("--clause", "clauses", multiple=True, help="A clause it falls under; may be repeated.")
@click.option("--scope", type=click.Choice(list(Scope)), help="Its scope, where the clauses do not say.")
@click.option("--policy", help="Only look for the cluster in this policy.")
@click.option("--by", required=True, help="The lead whose word it is.")
@click.option("--reason", default="", help="Why: kept with the new version.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: what became of each ticket.")
@click.pass_context
def drift_topic(
    context: click.Context,
    cluster: int,
    name: str,
    title: str,
    clauses: tuple[str, ...],
    scope: str | None,
    policy: str | None,
    by: str,
    reason: str,
    as_json: bool,
) -> None:
    """Make CLUSTER (its number in `drift clusters`) a topic: the policy gets a new version, its tickets the label.

    \b
    Example: mailtriage drift topic 143 --name bicycle_lease --title "Leased bicycles" \\
                 --clause outside.1 --by maria
    """
    with office_of(context) as office:
        found = cluster_of(cluster, office, _names(office, policy))
        tickets, topic = [number for number, _ in found.mails], NewTopic(name, title, scope, clauses)
        given = give_topic(found.policy, tickets, topic, office, author=by, reason=reason)
        if as_json:
            echo_json(given.to_json())
            return
        version = f", new in {given.policy} {given.version}" if given.version else ""
        click.echo(printable(f"{given.labelled} tickets have the topic {given.topic}{version}"))
        for change in given.tickets:
            if change.refused:
                click.echo(printable(f"  ticket {change.ticket}: {change.refused}"))
        click.echo(f"Next: mailtriage train --policy {given.policy}")


def lines_of(found: Drift) -> Iterator[str]:
    """A policy's weeks for people, a line each, and what differs in them."""
    yield f"{found.policy}: model {found.model}, learned from {found.learned_from} mails"
    if found.remark:
        yield f"  {found.remark}"
    yield "  week from   mails  " + "".join(f"{aspect:>12}" for aspect in ASPECTS)
    for week in found.weeks:
        yield f"  {week.begins}  {week.mails:5}  {''.join(_cell(week, aspect) for aspect in ASPECTS)}"
        for aspect in week.unlike_training:
            shift = week.training[aspect]
            parts = ", ".join(f"{part.value} {part.before:.0%} to {part.now:.0%}" for part in shift.parts)
            yield f"    {aspect}: {parts}; tickets {', '.join(shift.mails)}"


def _cell(week: Week, aspect: str) -> str:
    shift = week.training.get(aspect)
    if shift is None:
        return f"{'-':>10}  "
    marks = "*" * ((aspect in week.unlike_training) + (aspect in week.unlike_training and aspect in week.unlike_before))
    return f"{max(0.0, shift.divergence - shift.chance):>10.3f}{marks:2}"


def _told(cluster: Cluster) -> Iterator[str]:
    yield (
        f"{cluster.number}  {cluster.policy}  {len(cluster.mails)} mails since {cluster.since:%Y-%m-%d}: "
        + ", ".join(cluster.words)
    )
    for number, subject in cluster.mails[:SAMPLES]:
        yield f"    {number}  {subject}"


def _names(office: Office, policy: str | None) -> list[str]:
    """The policy named, or all that have a model: mail of the others is not read."""
    if policy:
        return [office.policy(policy).name]
    return [name for name in sorted(office.policies) if office.registry.current(name)]
