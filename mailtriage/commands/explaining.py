"""The command that says by which words a mail is decided."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from classifier.assess import Mail
from classifier.explaining.explained import Explained, LabelExplained, explain, read
from classifier.explaining.tipping import Tip, tips
from errors import MailtriageError
from intake import message as messages
from mailtriage.commands.opened import settings_of
from mailtriage.commands.output import echo_json
from mailtriage.office import LoadedModels, find_policy, open_policies, open_registry
from policies.facts import Facts

LISTED = 8


@click.command("explain")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--policy", required=True, help="The policy that decides.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with every word and where it stands.")
@click.pass_context
def explain_command(context: click.Context, file: Path, policy: str, as_json: bool) -> None:
    """Say by which words a raw mail (.eml; - reads standard input) is decided, and what would tip it.

    For each label the words with signed weights that add up to how far the value is ahead of the runner-up, the nearest
    labelled mails, and the fewest words or the one fact without which it would be decided otherwise.

    Example: mailtriage explain mail.eml --policy penelope
    """
    settings = settings_of(context)
    policies = open_policies(settings)
    chosen = find_policy(policies, policy)
    model = LoadedModels(open_registry(settings, policies)).of(policy)
    message = messages.parse(_content(file))
    facts = Facts(received_at=message.date or datetime.now(UTC), language=message.language)
    found = read(model, chosen, Mail(message.subject, message.new_text or message.text, facts))
    explained = explain(model, chosen, found)
    tipping = tips(model, chosen, found, explained)
    if as_json:
        echo_json({**explained.to_json(), "tips": [_tip_json(tip) for tip in tipping]})
        return
    for line in _lines(explained, tipping):
        click.echo(line)


def _content(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise MailtriageError(f"{file}: cannot be read ({error.strerror}).") from error


def _tip_json(tip: Tip) -> dict[str, object]:
    return {"label": tip.label, "kind": tip.kind, "what": list(tip.what), "becomes": tip.becomes}


def _lines(explained: Explained, tipping: list[Tip]) -> Iterator[str]:
    yield f"Model {explained.model}. Weights are log-odds of the value against the runner-up: {explained.method}."
    for told in explained.labels:
        yield ""
        yield (
            f"{told.label} {told.value} ({told.probability:.0%}), runner-up {told.runner_up} "
            f"({told.runner_up_probability:.0%})" + (f"; in force {told.decided}" if told.decided != told.value else "")
        )
        yield from (f"  {line}" for line in _weights(told, explained.text))
        yield from (f"  would be {tip.becomes} {_condition(tip)}" for tip in tipping if tip.label == told.label)
    if explained.neighbours:
        yield "\nNearest labelled mails"
        for near in explained.neighbours:
            yield f"  {near.id} ({near.cosine:.2f}): {', '.join(f'{k} {v}' for k, v in near.labels.items())}"


def _weights(told: LabelExplained, text: str) -> Iterator[str]:
    ranked = told.by_word(text)
    listed = sorted(ranked[:LISTED], key=lambda item: -item[1])
    yield from (f"{weight:+6.2f}  {word}" for word, weight in listed)
    yield f"{sum(weight for _, weight in ranked[LISTED:]):+6.2f}  all other words"
    beside = [part for part in told.parts if part.kind == "around"]
    yield from (f"{part.weight:+6.2f}  {part.name}" for part in beside if abs(part.weight) >= 0.005)
    small = sum(part.weight for part in beside if abs(part.weight) < 0.005)
    rest = sum(part.weight for part in told.parts if part.kind in ("sentence", "mail"))
    yield f"{rest + small:+6.2f}  sentences and the mail as a whole"
    yield f"{sum(part.weight for part in told.parts if part.kind == 'base'):+6.2f}  before a word is read"
    yield f"{told.margin:+6.2f}  margin"
    if told.views is not None:
        views = told.views
        yield (
            f"the words, asked directly: {views.by_words} ({1 - views.table_share:.0%} of the mix, "
            f"{views.words_weight:+.2f}); the policy's table: {views.by_table} ({views.table_share:.0%}, "
            f"{views.facts_weight:+.2f}; {views.row})"
        )
        for fact in views.facts:
            said = f': "{" ".join(text[slice(*fact.sentence)].split())}"' if fact.sentence else ""
            yield f"  {fact.weight:+6.2f}  {fact.fact} {fact.value} ({fact.probability:.0%}){said}"


def _condition(tip: Tip) -> str:
    if tip.kind == "words":
        return "without " + ", ".join(f'"{word}"' for word in tip.what)
    return f"were it not said that {tip.what[0]}" if tip.kind == "impact" else f"with {tip.what[0]}"
