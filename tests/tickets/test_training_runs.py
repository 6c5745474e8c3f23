"""Runs of retraining: one row each, that every process sees, and one at a time that runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.servers.postgres import SHARED, server
from tests.tickets.making import recording
from tickets.store import Store, StoreError
from tickets.training_runs import LATE, NoSuchRun, RunEnded


def test_a_policy_waits_once_however_often_it_is_asked_for(store: Store) -> None:
    first = store.ask_training("penelope", actor="ann", seed=3)
    assert store.ask_training("penelope", actor="bob") == first
    assert (first.state, first.seed, first.actor) == ("waiting", 3, "ann")
    assert store.ask_training("atollon", actor="bob").id != first.id
    assert [run.policy for run in store.training_runs(states=("waiting",))] == ["atollon", "penelope"]


def test_a_run_goes_from_waiting_to_what_the_gate_decided_and_leaves_an_event(store: Store) -> None:
    asked = store.ask_training("penelope", actor="ann")
    assert store.begin_training(asked.id, "old").champion == "old"
    assert store.beat_training(asked.id, "heads", 0.5).share == 0.5
    store.training_made(asked.id, "new")
    ended = store.end_training(asked.id, "promoted", reasons=["Not worse."])
    assert (ended.state, ended.version, ended.reasons) == ("promoted", "new", ("Not worse.",))
    event = store.events()[0]
    assert (event.kind, event.actor) == ("model_trained", "ann")
    assert event.details == {
        "policy": "penelope", "promoted": True, "reasons": ["Not worse."], "version": "new", "run": asked.id,
    }  # fmt: skip


def test_a_second_run_cannot_begin_beside_the_first(store: Store) -> None:
    first, second = (store.ask_training(policy, actor="ann") for policy in ("penelope", "atollon"))
    store.begin_training(first.id, None)
    with pytest.raises(StoreError):
        store.begin_training(second.id, None)
    store.end_training(first.id, "failed", error="no")
    assert store.begin_training(second.id, None).state == "running"


def test_a_waiting_run_is_cancelled_at_once_and_a_running_one_asked_to_end(store: Store) -> None:
    waiting = store.ask_training("atollon", actor="ann")
    assert store.cancel_training(waiting.id, actor="bob").state == "cancelled"
    running = store.begin_training(store.ask_training("penelope", actor="ann").id, None)
    assert store.cancel_training(running.id, actor="bob").state == "running"
    assert store.beat_training(running.id, "heads", 0.5).cancelled_by == "bob"
    with pytest.raises(RunEnded):
        store.training_made(running.id, "new")
    assert [event.kind for event in store.events()] == ["training_cancelled", "training_cancelled"]


def test_what_has_ended_cannot_be_gone_on_with(store: Store) -> None:
    run = store.begin_training(store.ask_training("penelope", actor="ann").id, None)
    store.end_training(run.id, "failed", error="killed")
    for go_on in (
        lambda: store.beat_training(run.id, "heads", 0.5),
        lambda: store.training_made(run.id, "new"),
        lambda: store.end_training(run.id, "promoted"),
        lambda: store.begin_training(run.id, None),
    ):
        with pytest.raises(RunEnded):
            go_on()
    assert store.cancel_training(run.id, actor="bob").state == "failed"
    with pytest.raises(NoSuchRun, match="runs list"):
        store.training_run(run.id + 1)


def test_a_run_is_late_when_it_should_run_and_says_nothing(store: Store) -> None:
    asked = store.ask_training("penelope", actor="ann")
    later = datetime.now(UTC) + LATE + timedelta(seconds=5)
    assert not asked.is_late(later)
    running = store.begin_training(asked.id, None)
    assert running.is_late(later) and not running.is_late(datetime.now(UTC))


def test_the_versions_that_decided_recent_tickets_are_told(store: Store) -> None:
    now = datetime.now(UTC)
    store.record([recording()], None)
    [version] = store.deciding_models("penelope", now - timedelta(days=36500))
    ticket = store.ticket(1)
    assert ticket is not None and version == ticket.verdict.versions.model
    waits = frozenset({version}) if ticket.state == "review" else frozenset()
    assert store.deciding_models("penelope", now + timedelta(days=1)) == waits
    assert store.deciding_models("atollon", now - timedelta(days=36500)) == frozenset()


@pytest.mark.postgres
def test_one_connection_to_postgresql_has_the_turn_and_its_death_gives_it_to_the_next() -> None:
    url = server().emptied_database()
    one, other = Store.open(url), Store.open(url)
    with one.training_turn() as first:
        with other.training_turn() as second:
            assert (first, second) == (True, False)
        with psycopg.connect(server().conninfo(SHARED), autocommit=True) as crash:
            crash.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        with other.training_turn() as after:
            assert after is True
    with one.training_turn() as again:
        assert again is True
    one.close()
    other.close()
