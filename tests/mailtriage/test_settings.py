"""Settings come from a file and the environment; what is wrong is named by its key, and no secret is shown."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mailtriage.settings import Settings, SettingsError, load

MAILBOX = """
[[mailboxes]]
name = "team"
policy = "penelope"
host = "imap.example.org"
username = "team"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mailtriage.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_and_the_environment_comes_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTRIAGE_WEB__PORT", "9000")
    settings = load(written(tmp_path, 'data_dir = "here"\npoll_seconds = 5\n[web]\nport = 8000\n'))
    assert (settings.data_dir, settings.poll_seconds, settings.web.port) == (Path("here"), 5, 9000)


def test_an_option_of_the_command_line_comes_before_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTRIAGE_DATA_DIR", "from-environment")
    assert load(written(tmp_path, 'data_dir = "here"'), data_dir=Path("there")).data_dir == Path("there")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("data_dir = ", "not valid TOML"),
        ("data_folder = 'x'", "data_folder: no such setting"),
        ("[web]\nport = 70000", "web.port"),
        ("profile = 'huge'", "profile"),
        (MAILBOX, "exactly one of password_file, password_env and password"),
        (MAILBOX + "password = 'p'\ntls = 'sometimes'", "mailboxes.0.tls"),
        ((MAILBOX + "password = 'p'\n") * 2, "two mailboxes have the same name"),
        (MAILBOX + "password = 'p'\nfolder = 'A'\nfolders = ['B']", "give either folder or folders"),
        (MAILBOX + "password = 'p'\nfolders = ['A', 'B', 'A']", "each folder once"),
        (MAILBOX + "password = 'p'\nfolders = ['Inbox', 'INBOX']", "each folder once"),
        (MAILBOX + "password = 'p'\nfolders = ['']", "mailboxes.0.folders"),
        (MAILBOX + "password = 'p'\nacknowledge = 'move'\nmove_to = 'INBOX'", "moved for ever"),
        (MAILBOX + "password = 'p'\n" + MAILBOX.replace("team", "other", 1) + "password = 'p'", "read the same folder"),
        ("[retraining]\nschedule = 'nightly'", "retraining.schedule"),
    ],
)
def test_a_mistake_is_named_by_file_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, says: str
) -> None:
    monkeypatch.delenv("MAILTRIAGE_PROFILE", raising=False)
    with pytest.raises(SettingsError) as raised:
        load(written(tmp_path, text))
    assert "mailtriage.toml" in str(raised.value)
    assert says in str(raised.value)


def test_each_folder_of_a_mailbox_is_a_mailbox_of_its_own(tmp_path: Path) -> None:
    settings = load(written(tmp_path, MAILBOX + "password = 'p'\nfolders = ['INBOX', 'Support']\nidle = false"))
    both = settings.each_folder()
    assert [(one.label, one.session().folder, one.session().idle) for one in both] == [
        ("team", "INBOX", False),
        ("team/Support", "Support", False),
    ]


def test_two_folders_of_one_account_may_be_two_mailboxes(tmp_path: Path) -> None:
    other = MAILBOX.replace('"team"', '"other"', 1) + "password = 'p'\nfolder = 'Support'"
    settings = load(written(tmp_path, MAILBOX + "password = 'p'\n" + other))
    assert [one.label for one in settings.each_folder()] == ["team", "other/Support"]


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml: no such settings file"):
        load(tmp_path / "missing.toml")


def test_a_wrong_value_of_a_secret_is_not_repeated(tmp_path: Path) -> None:
    text = MAILBOX + "password = 'hunter2-hunter2'\npassword_env = 'ALSO'\n"
    with pytest.raises(SettingsError) as raised:
        load(written(tmp_path, text))
    assert "hunter2" not in str(raised.value)


def test_passwords_come_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("from-the-file\n")
    monkeypatch.setenv("TEAM_PASSWORD", "from-the-environment")
    by_file = load(written(tmp_path, MAILBOX + f"password_file = '{tmp_path / 'secret'}'"))
    assert by_file.mailboxes[0].session().password == "from-the-file"
    by_environment = load(written(tmp_path, MAILBOX + "password_env = 'TEAM_PASSWORD'"))
    assert by_environment.mailboxes[0].session().password == "from-the-environment"
    assert "from-the" not in repr(by_file) + repr(by_file.mailboxes[0].session())


def test_a_missing_secret_says_which_key_names_it(tmp_path: Path) -> None:
    by_file = load(written(tmp_path, MAILBOX + "password_file = '/nowhere/secret'"))
    with pytest.raises(SettingsError, match=r"mailboxes\.team\.password_file: cannot read /nowhere/secret"):
        by_file.mailboxes[0].session()
    by_environment = load(written(tmp_path, MAILBOX + "password_env = 'NOT_SET_ANYWHERE'"))
    with pytest.raises(SettingsError, match="NOT_SET_ANYWHERE"):
        by_environment.mailboxes[0].session()


def test_the_database_password_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("p@ss/word\n")
    settings = Settings(database_url="postgresql+psycopg://m@db/m", database_password_file=tmp_path / "secret")
    assert settings.store_url() == "postgresql+psycopg://m:p%40ss%2Fword@db/m"


def test_the_session_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    key = settings.web_secret()
    assert len(key) == 32
    assert settings.web_secret() == key
    assert stat.S_IMODE((tmp_path / "data" / "session.key").stat().st_mode) == 0o600
