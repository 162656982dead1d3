"""Tokens against Agora's own vectors (AgoraIO/Tools, MIT): what is compared is inflated, because compressors differ."""

import base64
import hashlib
import hmac
import struct
import zlib

import pytest
from tests.providers.agora.conftest import APP_ID, CERTIFICATE, settings

from unifykit import ConfigurationError, InvalidRequestError, MissingExtraError, Platforms, UnsupportedError
from unifykit.providers.agora.access_token import CHAT, CHAT_APP, CHAT_USER, JOIN, LOGIN, RTC, RTM, Service, build
from unifykit.testing import VirtualClock

CHANNEL, UID = "7d72365eb983485397e3e3f9d460bdda", "2882341273"
VECTORS = {
    "a user's number": (
        [Service(RTC, {JOIN: 600}, [CHANNEL, UID])],
        (
            "007eJxTYBBbsMMnKq7p9Hf/HcIX5kce9b518kCiQgSr5Zrp4X1Tu6UUGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwMk4yN3b8IMEQwMTAwMoAw"
            "BIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiVwMRhYWRsYmhkbmxgDCaiTj"
        ),
    ),
    "anybody": (
        [Service(RTC, {JOIN: 600}, [CHANNEL, ""])],
        (
            "007eJxTYLhzZP08Lxa1Pg57+TcXb/3cZ3wi4V6kbpbOog0G2dOYk20UGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwMk4yN3b8IMEQwMTAwMoAw"
            "BIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiQwMADacImo="
        ),
    ),
    "a user of chat": (
        [Service(CHAT, {CHAT_USER: 600}, [UID])],
        (
            "007eJxTYNAIsnbS3v/A5t2TC6feR15r+6cq8bqAvfaW+tk/Vzz+p6xTYLA0N3B2NDZNSTUzSDYxMTMxTUpKTLVINDI0NTAzTDI2dv8iwBDBxMDAyADC"
            "rEDMCOZzMRhZWBgZmxgamRsDAB+lHrg="
        ),
    ),
    "an app's chat": (
        [Service(CHAT, {CHAT_APP: 600}, [""])],
        (
            "007eJxTYNDNaz3snC8huEfHWdz6s98qltq4zqy9fl99Uh0FDvy6F6DAYGlu4OxobJqSamaQbGJiZmKalJSYapFoZGhqYGaYZGzs/kWAIYKJgYGRAYRZ"
            "gZgJzGdgAACt8hhr"
        ),
    ),
}


def inflated(token: str) -> bytes:
    assert token.startswith("007")
    return zlib.decompress(base64.b64decode(token[3:]))


class Read:
    """A token, taken apart by somebody who knows only the format."""

    def __init__(self, token: str) -> None:
        self.data, self.at = inflated(token), 0
        self.signature = self.text()
        self.signed = self.data[self.at :]
        self.app_id = self.text().decode()
        self.issued, self.expires_in, self.salt = self.take("<I"), self.take("<I"), self.take("<I")
        self.services = [self.service() for _ in range(self.take("<H"))]
        assert self.at == len(self.data)

    def take(self, form: str) -> int:
        [found] = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return int(found)

    def text(self) -> bytes:
        size = self.take("<H")
        self.at += size
        return self.data[self.at - size : self.at]

    def service(self) -> tuple[int, dict[int, int], list[str]]:
        kind = self.take("<H")
        rights = {self.take("<H"): self.take("<I") for _ in range(self.take("<H"))}
        return kind, rights, [self.text().decode() for _ in range({RTC: 2, RTM: 1, CHAT: 1}[kind])]

    def proves(self, certificate: str) -> bool:
        inner = hmac.new(struct.pack("<I", self.issued), certificate.encode(), hashlib.sha256).digest()
        key = hmac.new(struct.pack("<I", self.salt), inner, hashlib.sha256).digest()
        return hmac.compare_digest(hmac.new(key, self.signed, hashlib.sha256).digest(), self.signature)


@pytest.mark.parametrize("name", VECTORS)
def test_the_official_vectors(name):
    services, expected = VECTORS[name]
    made = build(APP_ID, CERTIFICATE, services, issued=1111111, expires_in=600, salt=1)
    assert inflated(made) == inflated(expected)


def test_several_services_are_sorted():
    given = [Service(RTM, {LOGIN: 1}, ["u"]), Service(RTC, {JOIN: 1}, ["c", ""])]
    read = Read(build(APP_ID, CERTIFICATE, given, issued=1, expires_in=1, salt=1))
    assert [kind for kind, _, _ in read.services] == [RTC, RTM]
    assert read.proves(CERTIFICATE)
    assert not read.proves(APP_ID)


def test_what_each_method_permits(both):
    clock = VirtualClock(wall=1_800_000_000.9)
    tokens = both(agora=settings(), clock=clock).p.agora.tokens
    for made, services in [
        (tokens.rtc("room", uid=7, expires_in=60), [(RTC, {1: 60, 2: 60, 3: 60, 4: 60}, ["room", "7"])]),
        (tokens.rtc("room", uid="Ada", role="subscriber", expires_in=60), [(RTC, {1: 60}, ["room", "Ada"])]),
        (tokens.rtc("room", expires_in=60), [(RTC, {1: 60, 2: 60, 3: 60, 4: 60}, ["room", ""])]),
        (tokens.rtm("ada", expires_in=60), [(RTM, {1: 60}, ["ada"])]),
        (tokens.chat("ada", expires_in=60), [(CHAT, {1: 60}, ["ada"])]),
        (tokens.chat(expires_in=60), [(CHAT, {2: 60}, [""])]),
    ]:
        read = Read(made)
        assert (read.app_id, read.issued, read.expires_in) == (APP_ID, 1_800_000_000, 60)
        assert read.services == services
        assert read.proves(CERTIFICATE)


def test_no_two_tokens_are_the_same(both):
    tokens = both(agora=settings(), clock=VirtualClock()).p.agora.tokens
    assert len({tokens.rtm("ada") for _ in range(20)}) == 20


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.rtc("", uid=1),
        lambda t: t.rtc("ü", uid=1),
        lambda t: t.rtc("c" * 65, uid=1),
        lambda t: t.rtc("room", uid=-1),
        lambda t: t.rtc("room", uid=2**32),
        lambda t: t.rtc("room", uid=True),
        lambda t: t.rtc("room", uid=" "),
        lambda t: t.rtc("room", uid="x" * 256),
        lambda t: t.rtc("room", role="admin"),
        lambda t: t.rtc("room", expires_in=0),
        lambda t: t.rtc("room", expires_in=-5),
        lambda t: t.rtc("room", expires_in=86_401),
        lambda t: t.rtc("room", expires_in=1_900_000_000),  # an instant, as version 006 has it
        lambda t: t.rtc("room", expires_in=1.5),
        lambda t: t.rtc("room", version="005"),
        lambda t: t.rtm(""),
        lambda t: t.rtm("é" * 33),
        lambda t: t.chat(""),
    ],
)
def test_what_makes_no_sense_is_refused(call):
    with Platforms(agora=settings()) as p, pytest.raises(InvalidRequestError) as caught:
        call(p.agora.tokens)
    assert caught.value.provider == "agora"
    assert caught.value.operation.startswith("tokens.")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"app_certificate": None}, "AGORA_APP_CERTIFICATE"),
        ({"app_certificate": CERTIFICATE[:-1]}, "AGORA_APP_CERTIFICATE"),
        ({"app_certificate": "g" * 32}, "AGORA_APP_CERTIFICATE"),
        ({"app_id": "abc"}, "AGORA_APP_ID"),
    ],
)
@pytest.mark.parametrize("version", ["007", "006"])
def test_keys_that_agora_could_not_have_given_name_their_variable(changed, named, version):
    with Platforms(agora=settings(**changed)) as p, pytest.raises(ConfigurationError, match=named) as caught:
        p.agora.tokens.rtc("room", version=version)
    assert CERTIFICATE[:-1] not in str(caught.value)


def old(token: str) -> dict[int, int]:
    """The privileges of a token of version 006, with their instants."""
    assert token.startswith("006" + APP_ID)
    data = base64.b64decode(token[35:])
    at = 2 + struct.unpack_from("<H", data)[0] + 8 + 2 + 8
    [count] = struct.unpack_from("<H", data, at)
    return dict(struct.unpack_from("<HI", data, at + 2 + 6 * index) for index in range(count))


def test_version_006_counts_from_now_too(both):
    clock = VirtualClock(wall=1_800_000_000)
    tokens = both(agora=settings(), clock=clock).p.agora.tokens
    assert old(tokens.rtc("room", uid=7, expires_in=60, version="006")) == dict.fromkeys((1, 2, 3, 4), 1_800_000_060)
    assert old(tokens.rtc("room", uid=7, role="subscriber", expires_in=60, version="006")) == {1: 1_800_000_060}
    assert old(tokens.rtm("ada", expires_in=60, version="006")) == {1000: 1_800_000_060}
    with pytest.raises(UnsupportedError, match="chat"):
        tokens.chat("ada", version="006")


def test_version_006_without_its_extra_says_what_to_type(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "agora_token_builder", None)
    with Platforms(agora=settings()) as p, pytest.raises(MissingExtraError, match=r"unifykit\[agora\]"):
        p.agora.tokens.rtm("ada", version="006")
    with Platforms(agora=settings()) as p:
        assert p.agora.tokens.rtm("ada").startswith("007")
