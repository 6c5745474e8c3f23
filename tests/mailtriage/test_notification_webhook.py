"""Notifications by webhook, sent to a real HTTP server."""

from __future__ import annotations

import json
import logging
import socket
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from classifier.schema import verdict_document
from mailtriage.notifying import safe_address
from mailtriage.notifying.delivery import NotDelivered
from mailtriage.notifying.message import sample
from mailtriage.notifying.safe_address import addresses_of, is_public
from mailtriage.notifying.tables import WebhookTable
from mailtriage.notifying.webhook import WebhookChannel
from mailtriage.office import Office
from tests.mailtriage.telling import MONDAY, Ticking, message, secret, webhook
from tests.servers import webhook_server
from tests.servers.imap_server import free_port, make_certificate
from tests.servers.webhook_server import SECRET, WebhookServer


@pytest.fixture
def hook() -> Any:
    with webhook_server.running() as server:
        yield server


def channel(**table: object) -> WebhookChannel:
    return WebhookChannel(WebhookTable.model_validate(table), Ticking())


def test_a_webhook_gets_a_signed_json_object(office: Office, hook: WebhookServer, tmp_path: Path) -> None:
    said = channel(**webhook(hook, tmp_path)).deliver(message(office), "ops")
    assert said == "127.0.0.1 answers 204 No Content"
    [request] = hook.received
    assert request.is_signed
    assert request.path == "/hook?team=a"
    assert request.headers["host"] == f"127.0.0.1:{hook.server_port}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-mailtriage-timestamp"] == str(int(MONDAY.timestamp()))
    told = request.json
    assert (told["id"], told["event"]) == (request.headers["x-mailtriage-id"], request.headers["x-mailtriage-event"])
    assert (told["event"], told["at"], told["verdict"]) == ("deadline_missed", "2026-03-02T15:00:00.000Z", None)
    assert told["details"]["late_seconds"] == 4000
    assert told["ticket"] | {
        "number": 1, "policy": "penelope", "state": "decided", "severity": "SEV3", "scope": "included",
        "subject": "Help", "due_at": "2026-03-02T15:00:00.000Z", "url": "https://triage.example/tickets/1",
    } == told["ticket"]  # fmt: skip
    assert "THE BODY" not in request.body.decode()


def test_an_opened_ticket_is_told_with_its_verdict(office: Office, hook: WebhookServer, tmp_path: Path) -> None:
    way = channel(**webhook(hook, tmp_path))
    told = message(office, event="ticket_opened", details={"labels": {}, "message": 1})
    assert told.ticket is not None
    way.deliver(told, "ops")
    document = hook.received[0].json
    assert document["verdict"] == verdict_document(told.ticket.verdict, told.ticket.terms)
    assert document["details"] == {}


def test_a_message_changed_on_its_way_has_a_wrong_signature(hook: WebhookServer, tmp_path: Path) -> None:
    channel(**webhook(hook, tmp_path)).deliver(sample(MONDAY), "ops")
    [request] = hook.received
    assert request.is_signed
    for name in ("x-mailtriage-timestamp", "body"):
        changed = {**request.headers, "x-mailtriage-timestamp": "1"} if name != "body" else request.headers
        body = request.body + b" " if name == "body" else request.body
        assert not webhook_server.Request("/", changed, body).is_signed


@pytest.mark.parametrize("status", [200, 201, 299])
def test_every_status_of_success_is_success(hook: WebhookServer, tmp_path: Path, status: int) -> None:
    hook.statuses = [status]
    assert str(status) in channel(**webhook(hook, tmp_path)).deliver(sample(MONDAY), "ops")


@pytest.mark.parametrize(
    ("status", "for_good"), [(400, False), (401, False), (404, False), (410, True), (429, False), (500, False)]
)
def test_every_other_status_is_a_failure_and_only_gone_is_one_for_good(
    hook: WebhookServer, tmp_path: Path, status: int, for_good: bool
) -> None:
    hook.statuses = [status]
    with pytest.raises(NotDelivered, match=f"answers {status}") as caught:
        channel(**webhook(hook, tmp_path)).deliver(sample(MONDAY), "ops")
    assert caught.value.for_good == for_good


def test_a_redirect_is_not_followed(hook: WebhookServer, tmp_path: Path) -> None:
    hook.statuses = [307]
    hook.headers = {"Location": hook.url}
    with pytest.raises(NotDelivered, match="redirects are not followed"):
        channel(**webhook(hook, tmp_path)).deliver(sample(MONDAY), "ops")
    assert len(hook.received) == 1


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("hang_up", "cannot be reached, or hangs up"),
        ("garbage", "cannot be reached, or hangs up"),
        ("stall", r"does not answer within 0\.2 seconds"),
        ("trickle", r"takes more than 0\.4 seconds to answer"),
    ],
)
def test_a_faulty_receiver_is_a_failure_within_the_time_set(
    hook: WebhookServer, tmp_path: Path, fault: webhook_server.Fault, says: str
) -> None:
    hook.fault = fault
    with pytest.raises(NotDelivered, match=says) as caught:
        channel(**webhook(hook, tmp_path, timeout_seconds=0.2)).deliver(sample(MONDAY), "ops")
    assert not caught.value.for_good


def test_an_endless_answer_is_not_read(hook: WebhookServer, tmp_path: Path) -> None:
    hook.fault = "endless_body"
    assert "answers 204" in channel(**webhook(hook, tmp_path)).deliver(sample(MONDAY), "ops")


def test_https_is_verified(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    with webhook_server.running(tmp_path) as server:
        with pytest.raises(NotDelivered, match=r"certificate of .* is not accepted"):
            channel(**webhook(server, tmp_path)).deliver(sample(MONDAY), "ops")
        trusted = webhook(server, tmp_path, ca_file=tmp_path / "good.pem")
        assert "answers 204" in channel(**trusted).deliver(sample(MONDAY), "ops")
        by_name = {**trusted, "url": server.url.replace("127.0.0.1", "localhost")}
        assert "answers 204" in channel(**by_name).deliver(sample(MONDAY), "ops")
        assert "takes connections by https" in channel(**trusted).check()
        assert len(server.received) == 2


def test_a_certificate_of_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_certificate(tmp_path)
    with webhook_server.running(tmp_path) as server:
        port = server.server_port
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(safe_address.socket, "getaddrinfo", lambda *a, **k: found)
        table = webhook(server, tmp_path, ca_file=tmp_path / "good.pem", url=f"https://hooks.example:{port}/")
        with pytest.raises(NotDelivered, match=r"certificate of hooks\.example"):
            channel(**table).deliver(sample(MONDAY), "ops")


def test_a_private_address_is_refused_unless_it_is_meant(hook: WebhookServer, tmp_path: Path) -> None:
    for url in (hook.url, hook.url.replace("127.0.0.1", "localhost")):
        table = webhook(hook, tmp_path, allow_private=False, allow_plaintext=True, url=url)
        with pytest.raises(NotDelivered, match="allow_private = true"):
            channel(**table).deliver(sample(MONDAY), "ops")
    assert hook.received == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::", "2001:0:7f00:1::", "192.0.2.1",
        "fec0::1", "no address",
    ],
)  # fmt: skip
def test_addresses_of_private_networks_are_known_however_they_are_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_a_name_that_also_leads_to_a_private_address_is_refused_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("93.184.216.34", "127.0.0.1")]
    monkeypatch.setattr(safe_address.socket, "getaddrinfo", lambda *a, **k: found)
    with pytest.raises(NotDelivered, match="private network"):
        addresses_of("rebind.example", 443, allow_private=False)
    assert addresses_of("rebind.example", 443, allow_private=True) == ["93.184.216.34", "127.0.0.1"]


def test_the_name_is_looked_up_once_and_the_checked_address_is_connected_to(
    hook: WebhookServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def look_up(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        if host == "hooks.example":
            asked.append(host)
            host = "127.0.0.1" if len(asked) == 1 else "127.9.9.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]

    monkeypatch.setattr(safe_address.socket, "getaddrinfo", look_up)
    url = f"http://hooks.example:{hook.server_port}/"
    channel(**webhook(hook, tmp_path, url=url, allow_plaintext=True)).deliver(sample(MONDAY), "ops")
    assert asked == ["hooks.example"]
    assert hook.received[0].headers["host"] == f"hooks.example:{hook.server_port}"


def test_nobody_there_is_a_failure_that_is_tried_again(hook: WebhookServer, tmp_path: Path) -> None:
    table = webhook(hook, tmp_path, url=f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(NotDelivered, match="cannot be reached") as caught:
        channel(**table).check()
    assert not caught.value.for_good
    with pytest.raises(NotDelivered, match="cannot be looked up"):
        channel(**{**table, "url": "https://no-such-host.invalid/"}).check()


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/x", "ftp://hooks.example/", "https://user:pw@hooks.example/", "https:///x",
        "https://hooks.example/#x", "https://hooks.example/a b", "https://hooks.example/\r\nX: y", "hooks.example",
        "https://[::1/", "https://hooks.example:0/", "https://h\u00f6ks.example/",
    ],
)  # fmt: skip
def test_an_address_that_is_not_safe_is_refused_without_being_quoted(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        channel(name="ops", url=url, secret_file=tmp_path / "secret")
    assert url not in str(caught.value)


def test_secrets_are_in_no_error_log_or_repr(
    hook: WebhookServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hook.statuses = [500]
    address = secret(tmp_path, "url", hook.url.replace("hook?team=a", "hook/T0K3N"))
    table = {**webhook(hook, tmp_path), "url": None, "url_file": address}
    way = channel(**table)
    with pytest.raises(NotDelivered) as caught:
        way.deliver(sample(MONDAY), "ops")
    assert hook.received[0].path == "/hook/T0K3N"
    told = f"{caught.value!r} {caplog.text} {way.table!r} {way!r} {channel(**webhook(hook, tmp_path)).table!r}"
    assert SECRET not in told and "T0K3N" not in told and "team=a" not in told


def test_a_receiver_that_repeats_its_address_and_key_has_them_blanked_out(hook: WebhookServer, tmp_path: Path) -> None:
    hook.statuses = [500]
    hook.reason = f"no /hook/T0K3N%2B1?key=K3Y0 T0K3N+1 K3Y0 for {SECRET}"
    address = secret(tmp_path, "url", hook.url.replace("hook?team=a", "hook/T0K3N%2B1?key=K3Y0"))
    with pytest.raises(NotDelivered) as caught:
        channel(**{**webhook(hook, tmp_path), "url": None, "url_file": address}).deliver(sample(MONDAY), "ops")
    assert str(caught.value) == "127.0.0.1 answers 500 no ***?*** *** *** for ***"


def test_a_short_or_missing_secret_is_a_failure_that_names_its_key(hook: WebhookServer, tmp_path: Path) -> None:
    table = webhook(hook, tmp_path)
    table["secret_file"].write_text("short")
    with pytest.raises(NotDelivered, match=r"webhooks\.ops\.secret: shorter than 16") as caught:
        channel(**table).check()
    assert "short\n" not in str(caught.value)
    table["secret_file"].unlink()
    with pytest.raises(NotDelivered, match=r"webhooks\.ops\.secret_file: cannot read"):
        channel(**table).deliver(sample(MONDAY), "ops")
    assert hook.received == []


def test_a_document_is_json_whatever_a_subject_holds(office: Office, hook: WebhookServer, tmp_path: Path) -> None:
    told = message(office, subject="\u202e\udcff\r\n\"'</script>")
    channel(**webhook(hook, tmp_path)).deliver(told, "ops")
    assert json.loads(hook.received[0].body)["ticket"]["subject"].endswith("\r\n\"'</script>")
