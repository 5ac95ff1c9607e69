"""Real MQTT brokers on 127.0.0.1: amqtt in this event loop, Mosquitto as a process; a listener.

Clock: real time. Nothing here is used in virtual time, that is what `simbroker` is for.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter
from amqtt.broker import Broker
from amqtt.errors import AMQTTError, MQTTError

from . import mqttpacket as mqtt

HOST = "127.0.0.1"
CONFIG = {
    "listeners": {"default": {"type": "external"}},
    "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
}


def free_port() -> int:
    """A TCP port of this machine that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class EmbeddedBroker:
    """amqtt behind a listening socket of our own, so that it can be killed as a process can.

    `port` is chosen at the first `start()` and kept. Retained messages do not outlive a restart.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._broker: Broker | None = None
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        # amqtt and its state machine tell every step; only what ends it is of interest here
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL)

    async def start(self) -> None:
        """Listen. OSError if the port is taken."""
        self._broker = Broker(CONFIG)
        await self._broker.start()
        self._server = await asyncio.start_server(self._connected, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close in good order: what was still to be said to the clients is said."""
        await self._end(abort=False)

    async def kill(self) -> None:
        """Die at once, as after kill -9: connections end, new ones are refused, memory is lost."""
        await self._end(abort=True)

    async def _end(self, abort: bool) -> None:
        server, broker, self._server, self._broker = self._server, self._broker, None, None
        if server is None or broker is None:
            return
        server.close()
        for writer in list(self._writers):
            if abort:
                writer.transport.abort()
            else:
                writer.close()
        await broker.shutdown()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        broker = self._broker
        if broker is None:
            writer.transport.abort()
            return
        self._writers.add(writer)
        try:
            adapters = StreamReaderAdapter(reader), StreamWriterAdapter(writer)
            # an incomplete or broken first packet is the client's business, not ours
            with contextlib.suppress(AMQTTError, MQTTError, OSError, asyncio.IncompleteReadError):
                await broker.external_connected(*adapters, "default")
        finally:
            self._writers.discard(writer)
            writer.close()


async def listen(port: int, filters: list[str], heard: Callable[[mqtt.Message], None]) -> None:
    """Call `heard` with every message that a broker on this machine gives for `filters`.

    Connects again every second after a loss. Runs until cancelled.
    """
    while True:
        with contextlib.suppress(OSError, mqtt.Malformed):
            await _listen_once(port, filters, heard)
        await asyncio.sleep(1)


async def _listen_once(
    port: int, filters: list[str], heard: Callable[[mqtt.Message], None]
) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(mqtt.encode_connect(f"listener-{id(reader):x}", 0))
        writer.write(mqtt.encode_subscribe(1, filters, 0))
        buffer = bytearray()
        while data := await reader.read(4096):
            buffer += data
            while (taken := mqtt.take_packet(buffer)) is not None:
                kind, flags, body = taken
                if kind == mqtt.PUBLISH:
                    heard(mqtt.parse_publish(flags, body)[0])
    finally:
        writer.close()


class Daemon:
    """A real broker as a process of its own, in a folder of its own that goes with it.

    `words` are its command line, made from that folder and the port.
    """

    def __init__(self, port: int, words: Callable[[Path, int], list[str]]) -> None:
        self.port = port or free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="pilotlight-broker-"))
        self._log = self._folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._command = words(self._folder, self.port)

    def start(self, timeout_s: float = 10) -> None:
        """Start and wait until it accepts. RuntimeError with its last words if it does not.

        OSError if somebody else listens on the port: his answers would be taken for its own.
        """
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, self.port))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        end = time.monotonic() + timeout_s
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 1):
                return
            time.sleep(0.02)
        self.kill()
        words = self._log.read_text(errors="replace")[-400:]
        raise RuntimeError(f"{self._command[0]} accepts nothing on port {self.port}: {words}")

    def kill(self) -> None:
        """kill -9 and wait for its end; `start()` brings it back on the same port."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hold(self) -> None:
        """It stands still: connections stay, nothing is taken or said, until `go_on()`."""
        if self._process:
            self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """It runs again."""
        if self._process:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it and remove its folder."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)


class Mosquitto(Daemon):
    """`program` is the path of the executable. It keeps nothing on disk; clients from this machine
    only, anonymous ones unless `account` names a user and a password.
    """

    def __init__(
        self, program: str | Path, port: int = 0, account: tuple[str, str] | None = None
    ) -> None:
        def words(folder: Path, port: int) -> list[str]:
            # root stays root: another user could not read this folder
            text = f"user root\nlistener {port} {HOST}\npersistence false\n"
            if account is None:
                text += "allow_anonymous true\n"
            else:
                (folder / "users").write_text(_hashed(*account))
                (folder / "users").chmod(0o600)
                text += f"allow_anonymous false\npassword_file {folder}/users\n"
            (folder / "mosquitto.conf").write_text(text)
            return [str(program), "-c", str(folder / "mosquitto.conf")]

        super().__init__(port, words)


def _hashed(user: str, password: str) -> str:
    """A line of Mosquitto's password file: PBKDF2 with SHA-512 (mosquitto_passwd(1), type 7)."""
    salt, turns = os.urandom(12), 101
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, turns)
    coded = [base64.b64encode(part).decode() for part in (salt, key)]
    return f"{user}:$7${turns}${coded[0]}${coded[1]}\n"
