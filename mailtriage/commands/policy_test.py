"""The command that tries a policy's own examples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from classifier.signals import finder
from errors import MailtriageError
from intake.new_text import reply
from mailtriage.commands.opened import settings_of
from mailtriage.commands.output import echo_json
from mailtriage.commands.policy_named import PROBLEM, is_file
from mailtriage.office import find_policy
from policies import loader
from policies.policy import Policy
from policies.trial.examples import ExamplesError, load_examples, where
from policies.trial.reach import ENOUGH, Reach, Share, reach
from policies.trial.trying import Find, Tried, try_examples


@dataclass(frozen=True, slots=True)
class Tested:
    """A policy, its examples as they were tried, and what they reach."""

    policy: Policy
    tried: tuple[Tried, ...]
    reach: Reach

    @property
    def failed(self) -> list[Tried]:
        return [each for each in self.tried if not each.passed]

    @property
    def well(self) -> bool:
        """Whether all pass and every clause has an example in which it is cited."""
        return not self.failed and not self.reach.clauses.missed


@click.command("test")
@click.argument("policies", nargs=-1, metavar="[NAME|FILE]...")
@click.option("--examples", type=click.Path(path_type=Path), help="The file of examples, for a single policy.")
@click.option("--json", "as_json", is_flag=True, help="One object a policy.")
@click.pass_context
def policy_test(context: click.Context, policies: tuple[str, ...], examples: Path | None, as_json: bool) -> None:
    """Try the policies' own examples. Without arguments: those of all policies that ship or are in policies_dir.

    NAME is one of these, FILE any policy file. Its examples are in examples/NAME.toml beside it, or else those that
    ship for a policy of that name. Leaves with 1 when an example fails or a clause has none. Looks at files only,
    never at the store.

    Example: mailtriage policy test penelope my-policy.toml
    """
    if examples is not None and len(policies) != 1:
        raise click.UsageError("--examples goes with one policy: mailtriage policy test NAME --examples FILE")
    found = list(_policies(context, policies))
    tested = [_tested(policy, examples or _file(policy, folder, named=bool(policies))) for policy, folder in found]
    for policy, test in zip((policy for policy, _ in found), tested, strict=True):
        if test is not None:
            echo_json(_as_json(test)) if as_json else _print(test)
        elif not as_json:
            click.echo(f"{policy.name} {policy.version}: no examples; write some to examples/{policy.name}.toml")
    if any(test is not None and not test.well for test in tested):
        context.exit(PROBLEM)


def _policies(context: click.Context, names: tuple[str, ...]) -> Iterator[tuple[Policy, Path | None]]:
    """The policies asked for, each with the folder that its file is in."""
    settings = settings_of(context)
    files = loader.load_folder(settings.policies_dir)
    for name in names or sorted(files):
        if is_file(name):
            yield loader.load(Path(name)), Path(name).parent
        else:
            yield find_policy(files, name), settings.policies_dir


def _file(policy: Policy, folder: Path | None, *, named: bool) -> Path | None:
    path = where(policy.name, folder)
    if path is None and named:
        place = folder / "examples" if folder is not None else Path("examples")
        raise MailtriageError(f"{policy.name} has no examples; write them to {place / policy.name}.toml")
    return path


def _tested(policy: Policy, path: Path | None) -> Tested | None:
    if path is None:
        return None
    try:
        examples = load_examples(path, policy)
    except ExamplesError as error:
        for problem in error.found:
            click.echo(problem, err=True)
        raise MailtriageError(f"{_count(len(error.found), 'problem')}; no example of {path.name} was tried.") from error
    tried = tuple(try_examples(policy, examples, find_in_new_text(policy)))
    return Tested(policy, tried, reach(policy, tried))


def find_in_new_text(policy: Policy) -> Find:
    """Finds the policy's signals as in a mail that arrives: in its new text."""
    signals = finder(policy)

    def find(subject: str, body: str) -> dict[str, tuple[str, ...]]:
        new_text = reply.split(body, subject).new_text
        return signals.find(subject, new_text if new_text.strip() else body)

    return find


def _print(test: Tested) -> None:
    policy, found = test.policy, test.reach
    for each in test.failed:
        click.echo(f"{policy.name}: {each.example.id} (line {each.example.line}) fails")
        for difference in each.differences:
            click.echo(f"  {difference.what}: expected {difference.expected}; came {difference.came}")
        for reason in each.why():
            click.echo(f"  because {reason}")
    passed = len(test.tried) - len(test.failed)
    click.echo(f"{policy.name} {policy.version}: {_count(len(test.tried), 'example')}, {passed} passed")
    for what, share in (("clauses", found.clauses), ("rules", found.rules), ("branches", found.branches)):
        few = f", {len(found.few)} with fewer than {ENOUGH} examples" if share is found.clauses else ""
        click.echo(f"  {what}: {share.reached} of {share.of} reached{few}")
        for name in share.missed:
            click.echo(f"    not reached: {name}")
        for name in found.few if share is found.clauses else ():
            click.echo(f"    fewer than {ENOUGH} examples: {name}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _as_json(test: Tested) -> dict[str, Any]:
    found = test.reach
    return {
        "policy": test.policy.name,
        "version": test.policy.version,
        "examples": len(test.tried),
        "passed": len(test.tried) - len(test.failed),
        "clauses": _share_json(found.clauses) | {"fewer_than_three": list(found.few)},
        "rules": _share_json(found.rules),
        "branches": _share_json(found.branches),
        "failed": [
            {
                "id": each.example.id,
                "line": each.example.line,
                "differences": [
                    {"what": one.what, "expected": one.expected, "came": one.came} for one in each.differences
                ],
                "rules": [hit.rule.id for hit in each.outcome.fired],
                "why": each.why(),
            }
            for each in test.failed
        ],
    }


def _share_json(share: Share) -> dict[str, Any]:
    return {"reached": share.reached, "of": share.of, "missed": list(share.missed)}
