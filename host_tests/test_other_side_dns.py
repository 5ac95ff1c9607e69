"""Names looked up by the real driver at a name server that is not ours (dnslib), on CPython and on
MicroPython; and packets of either side read by the other.
"""

import os
import random
import socket
import subprocess
import sys

import pytest
from dnslib import AAAA, CNAME, QTYPE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSServer
from pilotlight.wire import dns
from pilotlight_host.paths import BOARDS, FIRMWARE, HOST_TESTS, ROOT
from test_both_interpreters import mpy_environment


class Zone(BaseResolver):
    """What there is: an address behind two other names, one for IPv6 only, and nothing else."""

    def resolve(self, request, handler):
        name, reply = str(request.q.qname), request.reply()
        if name == "broker.example.":
            reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME("a.example."), ttl=30))
            reply.add_answer(RR("a.example.", QTYPE.CNAME, rdata=CNAME("b.example."), ttl=30))
            reply.add_answer(RR("b.example.", QTYPE.A, rdata=A("192.0.2.7"), ttl=30))
        elif name == "six.example.":
            reply.add_answer(RR(name, QTYPE.AAAA, rdata=AAAA("2001:db8::1"), ttl=30))
        else:
            reply.header.rcode = 3
        return reply


@pytest.fixture(scope="module")
def port():
    server = DNSServer(Zone(), address="127.0.0.1", port=0)
    server.start_thread()
    yield server.server.server_address[1]
    server.stop()


def look_up(interpreter, port, *names, micropython=None):
    script = str(HOST_TESTS / "mpy/look_up.py")
    if interpreter == "micropython":
        command, environment = [str(micropython), script], mpy_environment()
    else:
        shim = "from pilotlight_host.shims.install import install; install();"
        code = f"{shim} import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0])"
        command = [sys.executable, "-c", code, script]
        environment = os.environ | {"PYTHONPATH": f"{ROOT / 'tools'}:{FIRMWARE}:{BOARDS}"}
    words = [*command, str(port), *names]
    done = subprocess.run(
        words, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("interpreter", ["cpython", "micropython"])
def test_names_are_looked_up(interpreter, port, micropython):
    names = ("broker.example", "six.example", "nobody.example")
    assert look_up(interpreter, port, *names, micropython=micropython) == [
        "192.0.2.7",
        "six.example: there is no IPv4 address",
        "nobody.example: there is no such name",
    ]


@pytest.mark.parametrize("interpreter", ["cpython", "micropython"])
def test_where_nobody_listens_it_ends_in_its_time(interpreter, micropython):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = look_up(interpreter, port, "broker.example", micropython=micropython)
    assert said == ["broker.example: no name server answers"]


def test_our_questions_are_read_by_others():
    for name in ("broker", "a-b_c.example.org", "x" * 63 + ".example"):
        found = DNSRecord.parse(dns.question(name, 4711))
        assert (found.header.id, found.header.rd, found.q.qtype) == (4711, 1, QTYPE.A)
        assert str(found.q.qname) == name + "."


def test_answers_of_others_are_read():
    chance = random.Random(5)
    for _ in range(300):
        name = ".".join("abcdefgh"[: chance.randint(1, 8)] for _ in range(chance.randint(1, 4)))
        asked = dns.question(name, chance.randrange(65536))
        reply = DNSRecord.parse(asked).reply()
        wanted = [f"10.{n}.{chance.randrange(256)}.1" for n in range(chance.randint(1, 12))]
        for address in wanted:
            if chance.random() < 0.3:
                reply.add_answer(RR(name, QTYPE.AAAA, rdata=AAAA("2001:db8::1"), ttl=5))
            reply.add_answer(RR(name, QTYPE.A, rdata=A(address), ttl=chance.randint(1, 9999)))
        found = dns.answer(bytes(reply.pack()), asked)
        assert found is not None and found[0] == wanted
