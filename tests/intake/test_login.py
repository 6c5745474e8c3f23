"""Signing in: to a real Dovecot, and to a server that answers as the large providers do."""

from __future__ import annotations

import base64
import logging
import traceback
from dataclasses import dataclass, field, replace

import pytest

from intake.mailbox import Mailbox, MailboxError, MailboxSettings, MailboxThrottled, MailboxUnavailable
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.scripted import Answer, Connection, Rule, scripted, usual

SECRET = "the-password-that-nobody-may-see"
ERROR_CHALLENGE = base64.b64encode(b'{"status":"401","schemes":"bearer"}')


@dataclass
class Tokens:
    """A source of tokens that gives the next one once the last was refused."""

    left: list[str]
    refusals: list[str] = field(default_factory=list)

    def token(self) -> str:
        return self.left[0]

    def refused(self, token: str) -> None:
        self.refusals.append(token)
        if len(self.left) > 1:
            self.left.pop(0)


def settings_for(port: int, **more: object) -> MailboxSettings:
    fields = {"name": "support", "host": "127.0.0.1", "username": "ann@example.com", "password": SECRET, "port": port,
              "tls": "none", "timeout_seconds": 5.0, **more}  # fmt: skip
    return MailboxSettings(**fields)  # type: ignore[arg-type]


def failure(rule: Rule = usual, greeting: bytes = b"* OK ready\r\n", **settings: object) -> MailboxError:
    """What opening a mailbox on such a server fails with."""
    with scripted(rule=rule, greeting=greeting) as server, pytest.raises(MailboxError) as raised:
        Mailbox(settings_for(server.port, **settings)).__enter__()
    return raised.value


def answering(start: str, answer: bytes) -> Rule:
    return lambda command, connection: answer if command.startswith(start) else None


def bearers(good: str) -> Rule:
    """Takes one access token; says what is wrong with another one in a challenge, as Gmail and Exchange do."""

    def rule(command: str, connection: Connection) -> Answer:
        if command.startswith("AUTHENTICATE"):
            response = base64.b64decode(command.split()[2])
            if f"Bearer {good}\x01".encode() in response:
                return None
            return b"+ " + ERROR_CHALLENGE + b"\r\n"
        if command in ("", "AQ=="):
            return connection.tags[-2].encode() + b" NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n"
        return None

    return rule


@pytest.mark.dovecot
@pytest.mark.parametrize("authentication", ["login", "plain"])
@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_a_password_signs_in_by_login_and_by_plain_on_every_kind_of_connection(
    dovecot: Dovecot, user: str, authentication: str, tls: str
) -> None:
    port = dovecot.tls_port if tls == "implicit" else dovecot.port
    settings = settings_for(
        port, username=user, password=PASSWORD, authentication=authentication, tls=tls,
        ca_file=str(dovecot.certificate),
    )  # fmt: skip
    with Mailbox(settings) as mailbox:
        assert list(mailbox.fetch_new(None)) == []


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 AUTH=PLAIN SASL-IR", "IMAP4rev1 AUTH=PLAIN"])
def test_plain_is_sent_at_once_where_the_server_takes_that_and_when_asked_otherwise(capabilities: str) -> None:
    response = base64.b64encode(b"\0ann@example.com\0" + SECRET.encode()).decode()

    def rule(command: str, connection: Connection) -> Answer:
        if command == "AUTHENTICATE PLAIN":
            return b"+ \r\n"
        if command == response:
            return connection.tags[-2].encode() + b" OK welcome\r\n"
        return None

    with scripted(rule=rule, capabilities=capabilities) as server:
        with Mailbox(settings_for(server.port, authentication="plain")):
            pass
        at_once = f"AUTHENTICATE PLAIN {response}"
        assert (at_once in server.commands) == ("SASL-IR" in capabilities)
        assert (response in server.commands) == ("SASL-IR" not in capabilities)


@pytest.mark.parametrize("authentication", ["xoauth2", "oauthbearer"])
def test_a_refused_token_is_reported_and_the_next_one_tried_once(authentication: str) -> None:
    tokens = Tokens(["stale", "fresh"])
    with (
        scripted(rule=bearers("fresh")) as server,
        Mailbox(settings_for(server.port, authentication=authentication, token=tokens)) as mailbox,
    ):
        assert list(mailbox.fetch_new(None)) == []
    assert tokens.refusals == ["stale"]


@pytest.mark.parametrize("authentication", ["xoauth2", "oauthbearer"])
def test_when_the_next_token_is_refused_too_it_is_said_without_a_token(authentication: str) -> None:
    tokens = Tokens(["stale-token-1234567890", "stale-token-0987654321", "never asked for"])
    error = failure(bearers("another"), authentication=authentication, token=tokens)
    assert "refuses the access token of 'ann@example.com'" in str(error)
    assert not isinstance(error, MailboxUnavailable)
    assert "stale-token" not in "".join(traceback.format_exception(error))
    assert len(tokens.refusals) == 1


def test_a_source_that_has_no_other_token_is_not_tried_again() -> None:
    tokens = Tokens(["only"])
    with scripted(rule=bearers("another")) as server:
        with pytest.raises(MailboxError, match="refuses the access token"):
            Mailbox(settings_for(server.port, authentication="xoauth2", token=tokens)).__enter__()
        assert len(server.connections) == 1


def test_a_token_is_kept_when_the_server_only_cannot_check_it_now() -> None:
    tokens = Tokens(["good"])
    rule = answering("AUTHENTICATE", b"%t NO [UNAVAILABLE] the directory does not answer\r\n")
    with scripted(rule=rule) as server, pytest.raises(MailboxUnavailable, match="cannot check passwords just now"):
        Mailbox(settings_for(server.port, authentication="xoauth2", token=tokens)).__enter__()
    assert tokens.refusals == []


def test_a_mechanism_that_is_not_offered_is_said_with_those_that_are() -> None:
    with scripted(capabilities="IMAP4rev1 AUTH=PLAIN AUTH=NTLM") as server:
        settings = settings_for(server.port, authentication="xoauth2", token=Tokens(["good"]))
        with pytest.raises(MailboxError, match=r"does not offer XOAUTH2 .*it offers: NTLM, PLAIN"):
            Mailbox(settings).__enter__()
        assert not any(command.startswith("AUTHENTICATE") for command in server.commands)


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ("NO [AUTHENTICATIONFAILED] no", MailboxError, "Check user name and password"),
        ("NO [EXPIRED] your password", MailboxError, "password has expired"),
        ("NO [PRIVACYREQUIRED] first", MailboxError, 'set tls = "starttls"'),
        ("NO [AUTHORIZATIONFAILED] not yours", MailboxError, "may not use this mailbox"),
        ("NO [CONTACTADMIN] locked", MailboxError, "administrator has to act"),
        ("NO [UNAVAILABLE] later", MailboxUnavailable, "just now"),
        ("NO [INUSE] locked by POP", MailboxUnavailable, "just now"),
        ("NO [LIMIT] Too many logins", MailboxThrottled, "left alone"),
        ("NO [ALERT] Too many simultaneous connections. (Failure)", MailboxThrottled, "left alone"),
        ("NO [OVERQUOTA] Account exceeded command or bandwidth limits", MailboxThrottled, "left alone"),
        ("BAD command is invalid", MailboxError, "Check user name and password"),
    ],
)
def test_each_refusal_says_what_to_do(answer: str, kind: type[MailboxError], says: str) -> None:
    error = failure(answering("LOGIN", f"%t {answer}\r\n".encode()))
    assert says in str(error)
    assert isinstance(error, kind)
    assert isinstance(error, MailboxUnavailable) == issubclass(kind, MailboxUnavailable)


@pytest.mark.parametrize("authentication", ["login", "plain"])
@pytest.mark.parametrize("status", ["NO", "BAD", "OK then garbage"])
def test_a_server_that_repeats_the_command_betrays_no_password(authentication: str, status: str) -> None:
    def rule(command: str, connection: Connection) -> Answer:
        if command.startswith(("LOGIN", "AUTHENTICATE")):
            if status.startswith("OK"):
                return f"garbage {command}\r\n".encode()
            return f"%t {status} what is {command}\r\n".encode()
        return None

    encoded = base64.b64encode(f"\0ann@example.com\0{SECRET}".encode()).decode()
    with scripted(rule=rule) as server, pytest.raises(MailboxError) as raised:
        Mailbox(settings_for(server.port, authentication=authentication)).__enter__()
    told = "".join(traceback.format_exception(raised.value)) + repr(settings_for(1))
    assert "ann@example.com" in told
    assert SECRET not in told
    assert encoded not in told


@pytest.mark.parametrize("secret", ['quo"te\\back', "with space", "paréntesis"])
def test_any_character_of_a_password_arrives(secret: str) -> None:
    with scripted() as server:
        with Mailbox(settings_for(server.port, password=secret)):
            pass
        login = next(c for c in server.commands if c.startswith(("LOGIN", "AUTHENTICATE")))
    if secret.isascii():
        escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
        assert login == f'LOGIN "ann@example.com" "{escaped}"'
    else:
        assert base64.b64decode(login.split()[2]).decode() == f"\0ann@example.com\0{secret}"


def test_a_password_with_a_line_break_is_refused_before_it_is_sent() -> None:
    with scripted() as server:
        with pytest.raises(MailboxError, match="may not hold a line break"):
            Mailbox(settings_for(server.port, password="a\r\nb LOGOUT")).__enter__()
        assert server.commands[:1] == ["CAPABILITY"]


def test_a_server_that_never_stops_asking_is_left() -> None:
    def rule(command: str, connection: Connection) -> Answer:
        asked = command.startswith("AUTHENTICATE") or connection.lines[-2:-1] == ["AUTHENTICATE"] or command == ""
        return b"+ more\r\n" if asked else None

    with scripted(rule=rule) as server:
        settings = settings_for(server.port, authentication="xoauth2", token=Tokens(["good"]))
        with pytest.raises(MailboxUnavailable, match="hung up during the login"):
            Mailbox(settings).__enter__()


def test_a_password_is_never_sent_where_the_server_forbids_it() -> None:
    with scripted(capabilities="IMAP4rev1 LOGINDISABLED STARTTLS") as server:
        with pytest.raises(MailboxError, match="LOGINDISABLED"):
            Mailbox(settings_for(server.port)).__enter__()
        assert not any(SECRET in command for command in server.commands)


def test_a_greeting_that_turns_us_away_is_throttling_when_it_says_so() -> None:
    error = failure(greeting=b"* BYE Too many simultaneous connections\r\n")
    assert isinstance(error, MailboxThrottled)
    assert "Too many simultaneous connections" in str(error)


def test_a_connection_that_is_signed_in_already_is_used() -> None:
    with scripted(greeting=b"* PREAUTH welcome\r\n") as server, Mailbox(settings_for(server.port)):
        assert not any(command.startswith(("LOGIN", "AUTHENTICATE")) for command in server.commands)


@pytest.mark.parametrize("authentication", ["login", "plain", "xoauth2"])
def test_no_log_of_any_level_holds_a_secret(authentication: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with scripted() as server:
        settings = settings_for(server.port, authentication=authentication, token=Tokens([SECRET]))
        with Mailbox(settings) as mailbox:
            assert list(mailbox.fetch_new(None)) == []
        sent = [command for command in server.commands if command.startswith(("LOGIN", "AUTHENTICATE"))]
    assert sent
    assert SECRET not in caplog.text
    assert sent[0].split()[-1].strip('"') not in caplog.text


def test_settings_show_neither_password_nor_token() -> None:
    shown = repr(replace(settings_for(1), token=Tokens(["the-token"])))
    assert SECRET not in shown
    assert "the-token" not in shown
