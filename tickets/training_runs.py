"""Runs of retraining: asked for, begun, followed and ended; one runs at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select, update

from tickets.columns import countable
from tickets.events import add, happening
from tickets.faults import StoreError
from tickets.schema import training_run

RunState = Literal["waiting", "running", "promoted", "refused", "failed", "cancelled"]
LIVE: tuple[RunState, ...] = ("waiting", "running")
TRAINED = "model_trained"
LATE = timedelta(seconds=30)
"""A run that has been silent for so long has probably been killed; only who gets its lock knows."""
CANCELLED = "training_cancelled"


class NoSuchRun(StoreError):
    """There is no training run of that number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no training run {number}: see `mailtriage runs list`.")


class RunEnded(StoreError):
    """The training run is no longer going on: somebody cancelled it, or it was given up."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Training run {number} was cancelled or given up meanwhile; nothing was put in force.")


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One training of a policy's next model: who asked for it, how far it is, and what came of it.

    ``share`` (0 to 1) of the work is done. ``beat_at`` is its last sign of life. ``champion`` is the version in force
    when it began, ``version`` the one that it made. ``reasons`` are the gate's sentences, ``error`` why it failed.
    """

    id: int
    policy: str
    actor: str
    seed: int
    state: RunState
    step: str
    share: float
    asked_at: datetime
    started_at: datetime | None
    beat_at: datetime | None
    ended_at: datetime | None
    champion: str | None
    version: str | None
    reasons: tuple[str, ...]
    cancelled_by: str | None
    error: str | None

    @property
    def live(self) -> bool:
        """Whether it waits or runs."""
        return self.state in LIVE

    def is_late(self, now: datetime) -> bool:
        """Whether it should run but has given no sign of life for :data:`LATE`."""
        return self.state == "running" and self.beat_at is not None and now - self.beat_at > LATE

    def to_json(self) -> dict[str, Any]:
        """A JSON object; moments in ISO 8601."""
        moments = {
            name: moment.isoformat() if moment else None
            for name, moment in (
                ("asked_at", self.asked_at),
                ("started_at", self.started_at),
                ("beat_at", self.beat_at),
                ("ended_at", self.ended_at),
            )
        }
        return {
            "id": self.id,
            "policy": self.policy,
            "actor": self.actor,
            "seed": self.seed,
            "state": self.state,
            "step": self.step,
            "share": round(self.share, 3),
            **moments,
            "champion": self.champion,
            "version": self.version,
            "reasons": list(self.reasons),
            "cancelled_by": self.cancelled_by,
            "error": self.error,
        }


def ask(connection: Connection, policy: str, actor: str, seed: int) -> TrainingRun:
    """A run that waits for its turn; the one of that policy that waits already, where there is one."""
    waiting = select(training_run).where(training_run.c.policy == policy, training_run.c.state == "waiting")
    if found := connection.execute(waiting).one_or_none():
        return _run(found)
    values = {
        "policy": policy,
        "actor": actor,
        "seed": seed,
        "state": "waiting",
        "step": "waiting",
        "share": 0.0,
        "asked_at": datetime.now(UTC),
        "reasons": [],
    }
    return _run(connection.execute(insert(training_run).values(values).returning(training_run)).one())


def begin(connection: Connection, number: int, champion: str | None) -> TrainingRun:
    """The run, which runs from now on; raises :class:`RunEnded` when it waits no longer."""
    now = datetime.now(UTC)
    values = {"state": "running", "step": "starting", "started_at": now, "beat_at": now, "champion": champion}
    return _changed(connection, number, "waiting", values)


def beat(connection: Connection, number: int, step: str, share: float) -> TrainingRun:
    """A sign of life, and how far it is; raises :class:`RunEnded` when it was ended by others."""
    return _changed(connection, number, "running", {"beat_at": datetime.now(UTC), "step": step, "share": share})


def made(connection: Connection, number: int, version: str) -> TrainingRun:
    """Notes which version the run made; raises :class:`RunEnded` when it may no longer be put in force."""
    run = _changed(connection, number, "running", {"version": version, "step": "putting in force", "share": 1.0})
    if run.cancelled_by is not None:
        raise RunEnded(number)
    return run


def end(
    connection: Connection,
    number: int,
    state: RunState,
    *,
    reasons: Sequence[str] = (),
    version: str | None = None,
    error: str | None = None,
) -> TrainingRun:
    """Ends a run that has not ended; what the gate decided of its model is an event. Raises :class:`RunEnded`."""
    values: dict[str, Any] = {"state": state, "ended_at": datetime.now(UTC), "reasons": list(reasons), "error": error}
    if version is not None:
        values["version"] = version
    run = _changed(connection, number, LIVE, values)
    if state in ("promoted", "refused"):
        told = {"policy": run.policy, "promoted": state == "promoted", "reasons": list(reasons), "version": run.version}
        add(connection, [happening(TRAINED, told | {"run": run.id}, actor=run.actor)])
    return run


def cancel(connection: Connection, number: int, actor: str) -> TrainingRun:
    """Ends a waiting run; asks a running one to end. One that has ended stays as it is."""
    run = one(connection, number, lock=True)
    if not run.live:
        return run
    add(connection, [happening(CANCELLED, {"policy": run.policy, "run": run.id}, actor=actor)])
    if run.state == "running":
        return _changed(connection, number, "running", {"cancelled_by": actor})
    values = {"state": "cancelled", "cancelled_by": actor, "ended_at": datetime.now(UTC)}
    return _changed(connection, number, "waiting", values)


def one(connection: Connection, number: int, *, lock: bool = False) -> TrainingRun:
    """The run of that number; raises :class:`NoSuchRun`."""
    query = select(training_run).where(training_run.c.id == countable(number))
    found = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NoSuchRun(number)
    return _run(found)


def newest(
    connection: Connection, policy: str | None, states: Sequence[RunState] | None, limit: int
) -> list[TrainingRun]:
    """Runs, the newest first; of one policy, in some states."""
    query = select(training_run).order_by(training_run.c.id.desc()).limit(countable(limit))
    if policy is not None:
        query = query.where(training_run.c.policy == policy)
    if states is not None:
        query = query.where(training_run.c.state.in_(states))
    return [_run(row) for row in connection.execute(query)]


def _changed(
    connection: Connection, number: int, state: RunState | Sequence[RunState], values: dict[str, Any]
) -> TrainingRun:
    states = [state] if isinstance(state, str) else list(state)
    where = (training_run.c.id == countable(number), training_run.c.state.in_(states))
    found = connection.execute(update(training_run).where(*where).values(values).returning(training_run)).one_or_none()
    if found is None:
        raise RunEnded(number)
    return _run(found)


def _run(row: Row[Any]) -> TrainingRun:
    columns = dict(row._mapping)
    return TrainingRun(**{**columns, "reasons": tuple(row.reasons)})
