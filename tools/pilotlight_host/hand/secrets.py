"""Passwords of a site file, taken out and encrypted by a passphrase: scrypt and Fernet, of the
library cryptography. UserError says what does not fit.
"""

import base64
import getpass
import json
import os
from pathlib import Path
from typing import Any

from pilotlight_host.errors import UserError

NAME = "passwords.enc"
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}  # 32 MiB
_MOST = {"n": 2**17, "r": 16, "p": 4}
_SALT_BYTES = 16
_SHORTEST = 8


def passphrase_of(file: str, twice: bool = False) -> str:
    """The first line of `file`, or (`-`) what is typed, `twice` where nothing can prove it."""
    if file == "-":
        said = getpass.getpass("passphrase: ")
        if twice and getpass.getpass("once more: ") != said:
            raise UserError("the two passphrases differ")
    else:
        try:
            said = Path(file).read_text(encoding="utf-8").partition("\n")[0]
        except OSError as error:
            raise UserError(f"--passphrase {file}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise UserError(f"--passphrase {file}: is no text in UTF-8") from None
    if len(said) < _SHORTEST:
        raise UserError(f"passphrase: {len(said)} characters, expected {_SHORTEST} or more")
    return said


def take_out(site: bytes, passphrase: str) -> tuple[bytes, bytes]:
    """The site file with empty passwords, and these, encrypted."""
    try:
        content = json.loads(site)
    except ValueError:
        raise UserError(
            "site.json: is no JSON, so its passwords cannot be encrypted; --without-passwords "
            "leaves them out"
        ) from None
    found = {}
    for name, table in _with_passwords(content):
        found[name], table["password"] = table["password"], ""
    salt = os.urandom(_SALT_BYTES)
    token = _fernet(passphrase, salt, _SCRYPT).encrypt(json.dumps(found).encode())
    sealed = {"salt": base64.b64encode(salt).decode(), "token": token.decode()} | _SCRYPT
    return json.dumps(content, indent=1).encode(), json.dumps(sealed, indent=1).encode()


def put_back(site: bytes, sealed: bytes, passphrase: str) -> bytes:
    """The site file with its passwords."""
    from cryptography.fernet import InvalidToken

    try:
        told = json.loads(sealed)
        costs = {key: told[key] for key in _SCRYPT}
        if any(not 1 <= costs[key] <= _MOST[key] for key in _MOST):
            raise ValueError(f"scrypt of {costs}")
        fernet = _fernet(passphrase, base64.b64decode(told["salt"]), costs)
        found = json.loads(fernet.decrypt(told["token"].encode()))
        content = json.loads(site)
    except InvalidToken:
        raise UserError(f"{NAME}: the passphrase is another one, or the file is damaged") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"site.json, {NAME}: not understood ({error})") from None
    for name, table in _with_passwords(content, found):
        table["password"] = found[name]
    return json.dumps(content, indent=1).encode()


def _with_passwords(content: Any, names: Any = None) -> list[tuple[str, dict[str, Any]]]:
    tables = content.items() if isinstance(content, dict) else ()
    return [
        (name, table)
        for name, table in tables
        if isinstance(table, dict) and (table.get("password") if names is None else name in names)
    ]


def _fernet(passphrase: str, salt: bytes, costs: dict[str, int]) -> Any:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    key = Scrypt(salt=salt, length=32, **costs).derive(passphrase.encode())
    return Fernet(base64.urlsafe_b64encode(key))
