"""Commands that decide mail and record nothing."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from classifier.assess import Mail, assess
from classifier.example import Example, read_jsonl
from classifier.mail import mail_of
from classifier.promise import NOVEL
from classifier.schema import verdict_document, verdict_schema
from classifier.verdict import Verdict
from errors import MailtriageError
from intake import message as messages
from mailtriage.commands.opened import settings_of
from mailtriage.commands.output import echo_json
from mailtriage.importing import batches
from mailtriage.office import LoadedModels, find_policy, open_policies, open_registry
from policies.facts import Facts
from policies.policy import Policy

PATHS = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--policy", help="The policy that decides (labelled mails: where they name none).")
@click.option("--json", "as_json", is_flag=True, help="One verdict (JSON object) a line.")
@click.option("--skip-bad", is_flag=True, help="Leave out lines that cannot be read, instead of ending.")
@click.pass_context
def classify(context: click.Context, file: Path, policy: str | None, as_json: bool, skip_bad: bool) -> None:
    """Decide a raw mail (.eml) or labelled mails (.jsonl; their labels are not looked at); - reads standard input.

    Example: mailtriage classify mail.eml --policy penelope --json
    """
    settings = settings_of(context)
    policies = open_policies(settings)
    models = LoadedModels(open_registry(settings, policies))
    content = _content(file)
    if file.suffix == ".jsonl" or (str(file) == "-" and content.lstrip()[:1] == b"{"):
        examples = read_jsonl(io.StringIO(_text(content, file)), str(file), skip_bad=skip_bad)
        for batch in batches(examples):
            for example, document, verdict in _decide(batch, policy, policies, models):
                document = {"id": example.id, **document}
                echo_json(document) if as_json else click.echo(f"{example.id}: {_verdict_text(verdict)}")
        return
    chosen = find_policy(policies, _required(policy))
    message = messages.parse(content)
    received_at = message.date or datetime.now(UTC)
    facts = Facts(received_at=received_at, language=message.language)
    mail = Mail(message.subject, message.new_text or message.text, facts)
    verdict = assess(models.of(chosen.name), chosen, [mail])[0]
    document = _document(verdict, chosen, facts)
    echo_json(document) if as_json else click.echo(_verdict_text(verdict))


@click.command("schema")
@click.argument("name", type=click.Choice(["verdict"]))
def schema_command(name: str) -> None:
    """Print the JSON Schema of a verdict.

    Example: mailtriage schema verdict
    """
    echo_json(verdict_schema())


def _content(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise MailtriageError(f"{file}: cannot be read ({error.strerror}).") from error


def _text(content: bytes, file: Path) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MailtriageError(f"{file}: is not UTF-8 (byte {error.start}).") from error


def _required(policy: str | None) -> str:
    if policy is None:
        raise MailtriageError("Say which policy decides: --policy NAME (mailtriage policy list shows them).")
    return policy


def _decide(
    batch: list[Example], policy: str | None, policies: dict[str, Policy], models: LoadedModels
) -> Iterator[tuple[Example, dict[str, object], Verdict]]:
    """The verdicts of a batch, in order; mails of one policy are decided together."""
    names = [example.policy or _required(policy) for example in batch]
    verdicts: dict[int, Verdict] = {}
    for name in dict.fromkeys(names):
        places = [index for index, given in enumerate(names) if given == name]
        chosen = find_policy(policies, name)
        verdicts |= zip(places, assess(models.of(name), chosen, [mail_of(batch[i]) for i in places]), strict=True)
    for index, example in enumerate(batch):
        yield example, _document(verdicts[index], policies[names[index]], example.facts), verdicts[index]


def _document(verdict: Verdict, policy: Policy, facts: Facts) -> dict[str, object]:
    labels = {name: decision.value for name, decision in verdict.labels.items()}
    terms = policy.terms(
        labels, verdict.clauses, facts, facts.received_at, impact=verdict.impact_values, signals=verdict.signals
    )
    return verdict_document(verdict, terms)


def _verdict_text(verdict: Verdict) -> str:
    labels = ", ".join(f"{name} {d.value} ({d.source}, p {d.probability:.2f})" for name, d in verdict.labels.items())
    novel = f"; {NOVEL}, so a person decides" if verdict.novel else ""
    return f"{labels}; clauses {', '.join(verdict.clauses) or 'none'}{novel}"
