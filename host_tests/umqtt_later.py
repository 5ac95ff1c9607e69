"""umqtt.simple as it is in today's micropython-lib, derived from the release on the package index.

The later file is not on any index, so the differences that its users can see are applied to the
release at test time: names without u, `connect(clean_session, timeout)`, an `ssl` argument that is
a context, a socket left over is closed before connecting, `wait_msg` returns the packet type of a
PUBLISH too. (Since 1.8.0 it also writes SUBSCRIBE another way: the bytes are the same up to 122.)
"""

import types
from pathlib import Path

CHANGES = (
    ("import usocket as socket", "import socket"),
    ("import ustruct as struct", "import struct"),
    ("from ubinascii import hexlify", "from binascii import hexlify"),
    ("ssl=False, ssl_params={}", "ssl=None, ssl_params={}"),
    (
        "def connect(self, clean_session=True):\n        self.sock = socket.socket()\n",
        "def connect(self, clean_session=True, timeout=None):\n"
        "        if self.sock:\n"
        "            self.sock.close()\n"
        "        self.sock = socket.socket()\n"
        "        self.sock.settimeout(timeout)\n",
    ),
    (
        "            import ussl\n            self.sock = ussl.wrap_socket(self.sock, **self.ssl_params)\n",
        "            self.sock = self.ssl.wrap_socket(self.sock, server_hostname=self.server)\n",
    ),
    ("if self.user is not None:", "if self.user:"),
    ("        self.cb(topic, msg)\n", "        self.cb(topic, msg)\n        handled = op\n"),
    (
        "        elif op & 6 == 4:\n            assert 0\n",
        "        elif op & 6 == 4:\n            assert 0\n        return handled\n",
    ),
)


def later_text(folder: Path) -> str:
    """The file simple.py with the later interface, from the release in `folder`."""
    text = (folder / "umqtt/simple.py").read_text()
    for old, new in CHANGES:
        if old not in text:
            raise ValueError(f"{folder}: the release no longer holds {old!r}")
        text = text.replace(old, new)
    return text


def later(folder: Path) -> types.ModuleType:
    """The module `simple` made of that."""
    text = later_text(folder)
    module = types.ModuleType("umqtt_later")
    exec(compile(text, "umqtt_later.py", "exec"), module.__dict__)
    return module
