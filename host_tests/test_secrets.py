"""Passwords of a site file, encrypted in a backup."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pilotlight_host.errors import UserError
from pilotlight_host.hand import secrets

SITE = {
    "site": {"id": "home"},
    "mqtt": {"host": "10.0.0.2", "user": "me", "password": 'top "secret" \u00e4'},
    "modem": {"apn": "internet", "password": "1234"},
}
PASSPHRASE = "correct horse"


def sealed() -> tuple[bytes, bytes]:
    return secrets.take_out(json.dumps(SITE).encode(), PASSPHRASE)


def test_they_are_taken_out_and_put_back() -> None:
    site, token = sealed()
    assert json.loads(site)["mqtt"] == {"host": "10.0.0.2", "user": "me", "password": ""}
    for word in (b"secret", b"1234", b"mqtt"):
        assert word not in token
    assert b"1234" not in site
    assert json.loads(secrets.put_back(site, token, PASSPHRASE)) == SITE


def test_nothing_is_the_same_twice() -> None:
    assert sealed()[1] != sealed()[1]


def _other_salt(token: bytes) -> bytes:
    return json.dumps(json.loads(token) | {"salt": "AAAAAAAAAAAAAAAAAAAAAA=="}).encode()


@pytest.mark.parametrize(
    ("change", "passphrase", "said"),
    [
        (bytes, "wrong horses", "the passphrase is another one, or the file is damaged"),
        (_other_salt, PASSPHRASE, "the passphrase is another one, or the file is damaged"),
        (lambda token: token[:40], PASSPHRASE, "passwords.enc: not understood"),
        (lambda token: b"[]", PASSPHRASE, "passwords.enc: not understood"),
        (lambda token: b"{}", PASSPHRASE, "passwords.enc: not understood ('n')"),
        (
            lambda token: json.dumps(json.loads(token) | {"n": 2**30}).encode(),
            PASSPHRASE,
            "passwords.enc: not understood (scrypt of",
        ),
        (
            lambda token: json.dumps(json.loads(token) | {"n": 1000}).encode(),
            PASSPHRASE,
            "passwords.enc: not understood",
        ),
    ],
)
def test_what_does_not_fit_is_named(
    change: Callable[[bytes], bytes], passphrase: str, said: str
) -> None:
    site, token = sealed()
    with pytest.raises(UserError) as found:
        secrets.put_back(site, change(token), passphrase)
    assert said in found.value.lines[0]


def test_without_passwords_there_is_nothing_to_put_back() -> None:
    site, token = secrets.take_out(b'{"mqtt": {"password": ""}}', PASSPHRASE)
    changed = site.replace(b'""', b'"new"')
    assert json.loads(secrets.put_back(changed, token, PASSPHRASE))["mqtt"]["password"] == "new"
    with pytest.raises(UserError, match="not understood"):
        secrets.put_back(b"{", token, PASSPHRASE)


def test_a_site_file_that_is_none_is_refused() -> None:
    with pytest.raises(UserError, match="is no JSON") as found:
        secrets.take_out(b"{", PASSPHRASE)
    assert "--without-passwords leaves them out" in found.value.lines[0]


def test_a_passphrase_comes_from_a_file_or_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "phrase"
    file.write_text(PASSPHRASE + "\nanother line\n")
    assert secrets.passphrase_of(str(file)) == PASSPHRASE
    typed = iter([PASSPHRASE, PASSPHRASE, PASSPHRASE, "correct hose"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    assert secrets.passphrase_of("-", twice=True) == PASSPHRASE
    with pytest.raises(UserError, match="the two passphrases differ"):
        secrets.passphrase_of("-", twice=True)
    with pytest.raises(UserError, match="none: No such file"):
        secrets.passphrase_of(str(tmp_path / "none"))
    file.write_bytes(b"\xff" * 20)
    with pytest.raises(UserError, match="phrase: is no text in UTF-8"):
        secrets.passphrase_of(str(file))
    file.write_text("short")
    with pytest.raises(UserError, match="passphrase: 5 characters, expected 8 or more"):
        secrets.passphrase_of(str(file))
