"""``mailtriage train --search``: which recipe suits a policy's mails, tried on all cores or on a Dask cluster."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import click
import joblib

from classifier.features import Profile
from classifier.recipe import Recipe
from classifier.search import Finding, best, recipes, search
from classifier.snapshot import snapshot
from errors import MailtriageError
from mailtriage.office import Office
from mailtriage.retraining import training_data
from mailtriage.starters import TrainingError, pool_beside, prime

Backend = Literal["loky", "threading", "dask"]
BACKENDS: tuple[Backend, ...] = ("loky", "threading", "dask")


class BackendError(MailtriageError):
    """The search cannot be spread as asked: says what to install or to start."""


def search_recipe(
    name: str, office: Office, *, profile: Profile | None, seed: int, backend: Backend, scheduler: str | None
) -> Recipe:
    """The recipe that did best on what the policy ``name`` learns from; a table of all goes to standard error."""
    policy, chosen = office.policy(name), profile or office.settings.profile
    examples = snapshot(training_data(name, office)).examples
    if not examples:
        raise TrainingError(f"{name} has no labelled mail to search on.")
    tried = recipes(chosen)
    findings: list[Finding] = []
    with (
        spread(backend, scheduler),
        click.progressbar(length=len(tried), label=f"searching for {name}", file=sys.stderr) as bar,
    ):
        prime(chosen, office.policies)
        pool = pool_beside(name, office.policies)
        for finding in search(policy, examples, tried, pool=pool, profile=chosen, seed=seed):
            findings.append(finding)
            bar.update(1)
    found = best(findings)
    click.echo(table(findings, found), err=True)
    return found


def table(findings: list[Finding], chosen: Recipe) -> str:
    """A row for each recipe, the best first; * marks the one chosen."""
    labels = list(findings[0].macro_f1)
    rows = [f"  {'recipe':48}{'mean':>7}" + "".join(f"{label:>12}" for label in labels) + f"{'cost':>8}"]
    for finding in sorted(findings, key=lambda finding: -finding.score):
        mark = "*" if finding.recipe == chosen else " "
        scores = "".join(f"{finding.macro_f1[label]:12.3f}" for label in labels)
        rows.append(f"{mark} {finding.recipe!s:48}{finding.score:7.3f}{scores}{finding.severity_cost:8.2f}")
    return "\n".join(rows)


@contextmanager
def spread(backend: Backend, scheduler: str | None) -> Iterator[None]:
    """Joblib's work goes to ``backend`` within; ``dask`` needs the extra of that name."""
    if backend != "dask":
        with joblib.parallel_config(backend=backend):
            yield
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise BackendError('--backend dask needs Dask: pip install "mailtriage[dask]"') from error
    try:
        client = Client(scheduler) if scheduler else Client(processes=True, dashboard_address=None)
    except OSError as error:
        raise BackendError(f"No Dask scheduler answers at {scheduler}: start one, or leave out --scheduler.") from error
    with client, joblib.parallel_config(backend="dask"):
        yield
