"""``[mailboxes.oauth]``: what is set, and what is said about mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtriage.oauth.faults import TokenRefused
from mailtriage.office import open_tokens
from mailtriage.settings import Settings, SettingsError, load
from tests.mailtriage.tokens import keeper
from tests.servers.token_server import TokenServer

GOOGLE = 'provider = "google"'
MICROSOFT = 'provider = "microsoft"\ntenant = "contoso.example"'
OWN = 'token_url = "https://login.example/token"'


def settings_of(folder: Path, oauth: str, *, authentication: str = "xoauth2", more: str = "") -> Settings:
    (folder / "mailtriage.toml").write_text(
        f"""
        [[mailboxes]]
        name = "support"
        policy = "penelope"
        host = "imap.example.org"
        username = "support@example.org"
        authentication = "{authentication}"
        {more}
        [mailboxes.oauth]
        client_id = "abc"
        {oauth}
        """
    )
    return load(folder / "mailtriage.toml")


@pytest.mark.parametrize(
    ("oauth", "token_url", "scopes"),
    [
        (GOOGLE, "https://oauth2.googleapis.com/token", ("https://mail.google.com/",)),
        (
            MICROSOFT,
            "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token",
            ("https://outlook.office365.com/IMAP.AccessAsUser.All", "offline_access"),
        ),
        (
            f'{MICROSOFT}\ngrant = "client_credentials"\nclient_secret_env = "SECRET"',
            "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token",
            ("https://outlook.office365.com/.default",),
        ),
        (f'{OWN}\nscopes = ["mail"]', "https://login.example/token", ("mail",)),
    ],
)
def test_providers_are_known_by_name_and_others_by_url(
    tmp_path: Path, oauth: str, token_url: str, scopes: tuple[str, ...]
) -> None:
    provider = open_tokens(settings_of(tmp_path, oauth))["support"].endpoint.provider
    assert (provider.token_url, provider.scopes) == (token_url, scopes)


def test_a_mailbox_with_tokens_needs_no_password(tmp_path: Path) -> None:
    [mailbox] = settings_of(tmp_path, GOOGLE, authentication="oauthbearer").mailboxes
    assert (mailbox.session().password, mailbox.session().authentication) == ("", "oauthbearer")


@pytest.mark.parametrize(
    ("oauth", "more", "authentication", "says"),
    [
        (GOOGLE, "password = 'hunter2-hunter2'", "xoauth2", "uses no password"),
        (GOOGLE, "password = 'hunter2-hunter2'", "login", 'needs authentication = "xoauth2" or "oauthbearer"'),
        (GOOGLE, "", "xoauth3", "mailboxes.0.authentication"),
        ("", "", "xoauth2", "give either provider"),
        (f"{GOOGLE}\n{OWN}", "", "xoauth2", "give either provider"),
        ('provider = "yahoo"', "", "xoauth2", "mailboxes.0.oauth.provider"),
        ('token_url = "http://login.example/token"', "", "xoauth2", "must be an https:// address"),
        ('token_url = "https://user@login.example/token"', "", "xoauth2", "must be an https:// address"),
        ('token_url = "https://login.example:0x/token"', "", "xoauth2", "must be an https:// address"),
        (f'{OWN}\ndevice_url = "ftp://login.example/"', "", "xoauth2", "mailboxes.0.oauth.device_url"),
        (f'{OWN}\ntenant = "contoso"', "", "xoauth2", 'tenant goes with provider = "microsoft"'),
        ('provider = "microsoft"\ntenant = "a/b"', "", "xoauth2", "mailboxes.0.oauth.tenant"),
        (f'{OWN}\ngrant = "client_credentials"', "", "xoauth2", "needs client_secret_file"),
        (
            'provider = "microsoft"\ngrant = "client_credentials"\nclient_secret_env = "S"', "", "xoauth2",
            "needs tenant",
        ),
        (f'{GOOGLE}\nclient_secret = "hunter2-hunter2"', "", "xoauth2", "no such setting"),
        (f"{GOOGLE}\nsecret_expires = 31", "", "xoauth2", "mailboxes.0.oauth.secret_expires"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_oauth_table_is_named(
    tmp_path: Path, oauth: str, more: str, authentication: str, says: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        settings_of(tmp_path, oauth, authentication=authentication, more=more)
    assert says in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_tokens_without_an_oauth_table_are_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "mailtriage.toml").write_text(
        "[[mailboxes]]\nname = 'a'\npolicy = 'penelope'\nhost = 'h'\nusername = 'u'\nauthentication = 'xoauth2'\n"
    )
    with pytest.raises(SettingsError, match=r"needs a \[mailboxes.oauth\] table"):
        load(tmp_path / "mailtriage.toml")


def test_a_secret_that_cannot_be_read_is_named(
    tmp_path: Path, server: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = keeper(server, tmp_path, client_secret_file=tmp_path / "nowhere", refresh_token="r")
    with pytest.raises(TokenRefused, match=r"mailboxes\.support\.oauth\.client_secret_file: cannot read"):
        missing.token()
    monkeypatch.delenv("NO_SUCH_SECRET", raising=False)
    unset = keeper(server, tmp_path, client_secret_file=None, client_secret_env="NO_SUCH_SECRET", refresh_token="r")
    with pytest.raises(TokenRefused, match="NO_SUCH_SECRET"):
        unset.token()
