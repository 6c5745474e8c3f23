"""From an event to what arrives: outbox, tries, restarts, several deliverers; over SQLite and PostgreSQL."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailtriage import up
from mailtriage.deadlines import DeadlineWatcher
from mailtriage.notifying.deliverer import DelivererThread, deliverers, pause_after
from mailtriage.notifying.threads import Telling, tell_once
from mailtriage.notifying.troubles import TroubleWatcher
from mailtriage.office import Office, open_office
from mailtriage.settings import Settings
from tests.mailtriage.telling import LEAD, MONDAY, Ticking, opened, smtp, webhook
from tests.servers import postgres, smtp_server, webhook_server
from tests.servers.smtp_server import SmtpServer
from tests.servers.webhook_server import WebhookServer

NO_STOP = threading.Event()


@pytest.fixture
def hook() -> Iterator[WebhookServer]:
    with webhook_server.running() as server:
        yield server


@pytest.fixture
def mails() -> Iterator[SmtpServer]:
    with smtp_server.running() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings of the database."""
    return {} if request.param == "sqlite" else {"database_url": postgres.server().emptied_database()}


def kinds(hook: WebhookServer) -> list[str]:
    return [request.json["event"] for request in hook.received]


def test_a_missed_deadline_is_told_by_mail_and_by_webhook(
    make_office: Callable[..., Office],
    database: dict[str, Any],
    hook: WebhookServer,
    mails: SmtpServer,
    tmp_path: Path,
) -> None:
    office = make_office(smtp=smtp(mails, tmp_path), webhooks=[webhook(hook, tmp_path)], **database)
    number = opened(office)
    clock = Ticking(MONDAY + timedelta(minutes=5))
    tell_once(office, clock)
    tell_once(office, clock)
    [mail], [request] = mails.mails, hook.received
    assert "first response overdue" in mail["Subject"]
    assert request.json["ticket"]["number"] == number
    assert request.json["details"]["late_seconds"] == 300
    assert request.is_signed
    assert [n.state for n in office.store.notifications()] == ["sent", "sent"]


def test_each_channel_is_told_what_it_asked_for(
    make_office: Callable[..., Office], hook: WebhookServer, mails: SmtpServer, tmp_path: Path
) -> None:
    notify = [
        {"to": [LEAD], "events": ["ticket_opened SEV1 SEV2"]},
        {"to": ["other@vendor.example"], "policies": ["perfana"]},
    ]
    everything = webhook(hook, tmp_path, events=["ticket_opened", "state_changed", "policy_adopted"])
    office = make_office(smtp=smtp(mails, tmp_path, notify=notify), webhooks=[everything])
    hook.received.clear()
    opened(office, severity="SEV3")
    number = opened(office, severity="SEV1")
    office.store.set_state(number, "closed", actor="ann")
    tell_once(office, lambda: datetime.now(UTC) + timedelta(seconds=1))
    assert [mail["To"] for mail in mails.mails] == [LEAD]
    assert mails.mails[0]["Subject"] == f"[SEV1] new: ticket {number}, Help"
    assert sorted(kinds(hook))[-3:] == ["state_changed", "ticket_opened", "ticket_opened"]


def test_what_fails_is_tried_again_later_each_time_then_given_up_with_an_alert(
    make_office: Callable[..., Office], hook: WebhookServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    office = make_office(webhooks=[webhook(hook, tmp_path, max_tries=4)])
    number = opened(office)
    clock = Ticking(MONDAY + timedelta(minutes=1))
    hook.statuses = [500] * 4
    troubles = TroubleWatcher(office.store, office.settings, NO_STOP, clock)
    tell_once(office, clock)
    waits = []
    for _ in range(3):
        troubles.look()
        [waiting] = office.store.notifications()
        assert waiting.state == "failing" and waiting.next_try is not None
        waits.append(waiting.next_try - clock.now)
        [deliverer] = deliverers(office, clock)
        assert deliverer.deliver_due(NO_STOP) == {}  # not yet
        clock.now = waiting.next_try
        deliverer.deliver_due(NO_STOP)
    for wait, whole in zip(waits, (30, 60, 120), strict=True):
        assert timedelta(seconds=whole / 2) <= wait <= timedelta(seconds=whole)
    assert len(hook.received) == 4
    assert len({request.headers["x-mailtriage-id"] for request in hook.received}) == 1
    [given_up] = office.store.notifications(failed=True)
    assert (given_up.state, given_up.tries) == ("given_up", 4)
    assert office.store.events(number)[0].kind == "notification_given_up"
    troubles.look()
    [alert] = troubles.alerts
    assert (alert.part, alert.mailbox, alert.kind) == ("notifications", "ops", "notifications_given_up")
    assert "answers 500" in alert.says
    assert webhook_server.SECRET not in caplog.text + repr(office.settings) + alert.says

    clock.passes(days=30)
    assert office.store.retry_notifications(None, clock(), actor="ann") == [given_up.id]
    tell_once(office, clock)
    troubles.look()
    assert troubles.alerts == []
    assert hook.received[-1].headers["x-mailtriage-id"] == hook.received[0].headers["x-mailtriage-id"]


def test_a_failing_target_is_an_alert_before_it_is_given_up(
    make_office: Callable[..., Office], hook: WebhookServer, tmp_path: Path
) -> None:
    office = make_office(webhooks=[webhook(hook, tmp_path)])
    opened(office)
    clock = Ticking(MONDAY)
    hook.statuses = [503] * 3
    for _ in range(3):
        tell_once(office, clock)
        clock.passes(hours=1)
    troubles = TroubleWatcher(office.store, office.settings, NO_STOP, clock)
    troubles.look()
    [alert] = troubles.alerts
    assert alert.kind == "notifications_fail"
    report = up.health([], {}, troubles.alerts)
    assert report["status"] == "ok"
    assert report["alerts"] == [{"notifications": "ops", "kind": "notifications_fail", "mail_stops": None}]


def test_an_address_refused_for_good_is_given_up_at_once_and_costs_no_other(
    make_office: Callable[..., Office], mails: SmtpServer, tmp_path: Path
) -> None:
    others = [f"agent{number}@vendor.example" for number in range(3)]
    office = make_office(smtp=smtp(mails, tmp_path, notify=[{"to": [LEAD, *others]}]))
    mails.answers[LEAD] = "550 5.1.1 no such user"
    opened(office)
    tell_once(office, Ticking())
    assert sorted(mail["To"] for mail in mails.mails) == others
    [given_up] = office.store.notifications(failed=True)
    assert (given_up.target, given_up.tries, given_up.state) == (LEAD, 1, "given_up")


def test_a_failure_does_not_stand_before_the_others(
    make_office: Callable[..., Office], mails: SmtpServer, tmp_path: Path
) -> None:
    office = make_office(smtp=smtp(mails, tmp_path, notify=[{"to": [LEAD, "other@vendor.example"]}]))
    mails.answers[LEAD] = "451 4.7.1 greylisted"
    opened(office)
    clock = Ticking()
    tell_once(office, clock)
    assert [mail["To"] for mail in mails.mails] == ["other@vendor.example"]


def test_pauses_grow_to_a_day_and_are_spread() -> None:
    assert pause_after(1, 0.0) == timedelta(seconds=15)
    assert pause_after(1, 1.0) == timedelta(seconds=30)
    assert [pause_after(tries, 1.0) for tries in (11, 12, 13, 1000)] == [
        timedelta(seconds=30720), timedelta(seconds=61440), timedelta(days=1), timedelta(days=1),
    ]  # fmt: skip


def _dies_before_it_sends(settings: dict[str, Any]) -> None:
    office = open_office(Settings(**settings))
    [deliverer] = deliverers(office, lambda: MONDAY)
    deliverer.channel.deliver = lambda message, target: os._exit(9)  # type: ignore[method-assign]
    deliverer.deliver_due(NO_STOP)


def _dies_before_it_notes_it(settings: dict[str, Any]) -> None:
    office = open_office(Settings(**settings))
    [deliverer] = deliverers(office, lambda: MONDAY)
    send = deliverer.channel.deliver

    def sends_and_dies(message: Any, target: str) -> str:
        send(message, target)
        os._exit(9)

    deliverer.channel.deliver = sends_and_dies  # type: ignore[method-assign]
    deliverer.deliver_due(NO_STOP)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(
    ("dies", "arrives"), [(_dies_before_it_sends, 1), (_dies_before_it_notes_it, 2)], ids=["before", "after"]
)
def test_a_process_killed_between_commit_and_send_loses_nothing(
    dies: Callable[[dict[str, Any]], None],
    arrives: int,
    make_office: Callable[..., Office],
    database: dict[str, Any],
    hook: WebhookServer,
    tmp_path: Path,
) -> None:
    settings = {"data_dir": tmp_path / "data", "webhooks": [webhook(hook, tmp_path)], **database}
    office = make_office(**settings)
    opened(office)
    clock = Ticking()
    tell_deadlines_only(office, clock)
    process = multiprocessing.get_context("fork").Process(target=dies, args=(settings,))
    process.start()
    process.join(60)
    assert process.exitcode == 9
    [taken] = office.store.notifications()
    assert (taken.tries, taken.done_at) == (1, None)
    [deliverer] = deliverers(office, clock)
    assert deliverer.deliver_due(NO_STOP) == {}  # it may be alive yet
    clock.passes(minutes=6)
    assert deliverer.deliver_due(NO_STOP) == {"sent": 1}
    assert len(hook.received) == arrives
    assert len({request.headers["x-mailtriage-id"] for request in hook.received}) == 1


def tell_deadlines_only(office: Office, clock: Callable[[], datetime]) -> None:
    DeadlineWatcher(office, NO_STOP, clock).look()


def test_two_deliverers_at_once_send_each_notification_once(
    make_office: Callable[..., Office], database: dict[str, Any], hook: WebhookServer, tmp_path: Path
) -> None:
    settings = {"data_dir": tmp_path / "data", "webhooks": [webhook(hook, tmp_path)], **database}
    offices = [make_office(**settings) for _ in range(2)]
    numbers = [opened(offices[0]) for _ in range(25)]
    clock = Ticking()
    looks = [threading.Thread(target=tell_deadlines_only, args=(office, clock)) for office in offices]
    run(looks)
    work = [deliverers(office, clock)[0] for office in offices]
    run([threading.Thread(target=one.deliver_due, args=(NO_STOP,)) for one in work])
    work[0].deliver_due(NO_STOP)
    assert sorted(request.json["ticket"]["number"] for request in hook.received) == numbers


def run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_threads_watch_deliver_and_stop(
    make_office: Callable[..., Office], hook: WebhookServer, mails: SmtpServer, tmp_path: Path
) -> None:
    office = make_office(
        smtp=smtp(mails, tmp_path), webhooks=[webhook(hook, tmp_path)], deadlines={"look_every_seconds": 0.05}
    )
    opened(office, datetime.now(UTC) - timedelta(minutes=1))
    stop = threading.Event()
    telling = Telling(office, stop)
    assert len(telling.threads) == 4
    for thread in telling.threads:
        thread.start()
    waiting = threading.Event()
    for _ in range(600):
        if hook.received and mails.received:
            break
        waiting.wait(0.05)
    stop.set()
    for thread in telling.threads:
        thread.join(10)
        assert not thread.is_alive()
    assert len(hook.received) == len(mails.received) == 1
    assert telling.alerts() == []


def test_a_store_that_fails_leaves_the_outbox_for_the_next_round(
    make_office: Callable[..., Office], hook: WebhookServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    office = make_office(webhooks=[webhook(hook, tmp_path)])
    office.close()
    (tmp_path / "data" / "mailtriage.db").rename(tmp_path / "away")
    (tmp_path / "data" / "mailtriage.db").mkdir()
    caplog.set_level(logging.WARNING)
    [deliverer] = deliverers(office)
    DelivererThread(deliverer, NO_STOP).round()
    TroubleWatcher(office.store, office.settings, NO_STOP).look()
    tell_deadlines_only(office, Ticking())
    told = [record.getMessage() for record in caplog.records]
    assert any("notifications wait" in line for line in told)
    assert any("notifications could not be looked at" in line for line in told)


def test_nothing_of_the_past_that_is_imported_is_told(
    make_office: Callable[..., Office], hook: WebhookServer, tmp_path: Path
) -> None:
    office = make_office(webhooks=[webhook(hook, tmp_path)])
    opened(office, MONDAY - timedelta(days=8))
    tell_once(office, Ticking())
    assert hook.received == []
