"""The store's part on runs of retraining."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import func, or_, select

from tickets import training_runs
from tickets.connected import Connected
from tickets.connections import is_sqlite, reading
from tickets.schema import ticket
from tickets.training_runs import RunState, TrainingRun

TRAINING_LOCK = 0x6D61_696C_7472_6961
"""PostgreSQL's advisory lock of who trains ("mailtria"): it goes with the connection, however that ends."""


class TrainingBook(Connected):
    """Runs of retraining: rows that every process and machine sees."""

    def ask_training(self, policy: str, *, actor: str, seed: int = 0) -> TrainingRun:
        """A run that waits for its turn; the one of that policy that waits already, where there is one."""
        return self._write(lambda c: training_runs.ask(c, policy, actor, seed))

    def begin_training(self, number: int, champion: str | None) -> TrainingRun:
        """The run, running from now on; raises :class:`RunEnded` when it waits no longer."""
        return self._write(lambda c: training_runs.begin(c, number, champion))

    def beat_training(self, number: int, step: str, share: float) -> TrainingRun:
        """A sign of life, and how far it is; raises :class:`RunEnded` when it was ended by others."""
        return self._write(lambda c: training_runs.beat(c, number, step, share))

    def training_made(self, number: int, version: str) -> TrainingRun:
        """Notes which version a run made; raises :class:`RunEnded` when that may no longer be put in force."""
        return self._write(lambda c: training_runs.made(c, number, version))

    def end_training(
        self,
        number: int,
        state: RunState,
        *,
        reasons: Sequence[str] = (),
        version: str | None = None,
        error: str | None = None,
    ) -> TrainingRun:
        """Ends a run, with the event of what the gate decided; raises :class:`RunEnded` when it has ended."""
        return self._write(lambda c: training_runs.end(c, number, state, reasons=reasons, version=version, error=error))

    def cancel_training(self, number: int, *, actor: str) -> TrainingRun:
        """Ends a waiting run, and asks a running one to end; raises :class:`NoSuchRun`."""
        return self._write(lambda c: training_runs.cancel(c, number, actor))

    def training_run(self, number: int) -> TrainingRun:
        """The run of that number; raises :class:`NoSuchRun`."""
        with reading(self._engine) as connection:
            return training_runs.one(connection, number)

    def training_runs(
        self, policy: str | None = None, *, states: Sequence[RunState] | None = None, limit: int = 20
    ) -> list[TrainingRun]:
        """Runs, the newest first."""
        with reading(self._engine) as connection:
            return training_runs.newest(connection, policy, states, limit)

    @contextmanager
    def training_turn(self) -> Iterator[bool | None]:
        """Whether this process may train now: True while no other on this PostgreSQL store does, False else.

        None on SQLite, which has no such lock: one of the data folder does there.
        """
        with reading(self._engine) as connection:
            if is_sqlite(connection):
                yield None
                return
            connection.detach()  # closed at the end, not given to others with the lock on it
            mine = connection.scalar(select(func.pg_try_advisory_lock(TRAINING_LOCK)))
            connection.commit()  # no transaction stays open for as long as a training takes
            yield bool(mine)

    def deciding_models(self, policy: str, since: datetime) -> frozenset[str]:
        """The model versions that decided a ticket of ``policy`` since then, or one that waits for a person."""
        version = ticket.c.verdict["versions"]["model"].as_string()
        recent = or_(ticket.c.created_at >= since, ticket.c.state == "review")
        query = select(version).where(ticket.c.policy == policy, recent).distinct()
        with reading(self._engine) as connection:
            return frozenset(found for found in connection.scalars(query) if found)
