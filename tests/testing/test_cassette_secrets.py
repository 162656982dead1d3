"""No cassette holds a secret: ten thousand of them, in every place of an exchange and in every spelling, written out or refused."""

import base64
import gc
import html
import json
import random
import string
from collections import Counter
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest

from unifykit import Platforms
from unifykit._wires import tap
from unifykit._wires.tap import Asked, Commands, Failure, Replies, SaidNo, Told
from unifykit.settings import AgoraSettings, LogRocketSettings, RedisSettings, StripeSettings, SupabaseSettings
from unifykit.testing import Cassette, SecretInCassetteError
from unifykit.testing.cassettes.document import _texts, read
from unifykit.testing.cassettes.guard import Guard
from unifykit.testing.cassettes.redaction import Redactor
from unifykit.testing.cassettes.secrets import configured, is_secret

SECRETS = 10_000
A_CASSETTE = 10
LETTERS = string.ascii_letters + string.digits
ODD = LETTERS + "+/=%\"\\ &<>'é☃?#:@-_.~!$*(),;"


def a_secret(rng: random.Random) -> str:
    size = rng.randint(8, 60)
    kind = rng.randrange(6)
    if kind == 0:
        return "".join(rng.choices(ODD, k=size))
    if kind == 1:
        return ".".join(
            [
                "ey" + "".join(rng.choices(LETTERS, k=20)),
                "ey" + "".join(rng.choices(LETTERS, k=30)),
                "".join(rng.choices(LETTERS, k=43)),
            ]
        )
    prefix = rng.choice(["", "ghp_", "glpat-", "sk_test_", "sk-proj-", "whsec_", "org:app:"])
    return prefix + "".join(rng.choices(LETTERS + "-_", k=size))


# -- spellings: those that redaction knows, and those that are only found at the end


def plain(secret, _):
    return secret


def in_json(secret, rng):
    return json.dumps(secret, ensure_ascii=rng.random() < 0.5)[1:-1]


def in_address(secret, rng):
    return quote(secret, safe=rng.choice(["", "/"]))


def partly_quoted(secret, rng):
    def one(character):
        if rng.random() < 0.5 and character != "%" and character.isascii() and character not in ' "\\<>&#':
            return character
        return "".join(f"%{byte:{rng.choice(['02x', '02X'])}}" for byte in character.encode())

    return "".join(map(one, secret))


def escaped(secret, _):
    return "".join(
        f"\\u{unit:04x}" for character in secret for unit in ([ord(character)] if ord(character) < 65536 else [])
    )


def in_base64(secret, rng):
    around = [bytes(rng.choices(range(33, 126), k=rng.randint(0, 7))) for _ in range(2)]
    encode = rng.choice([base64.b64encode, base64.urlsafe_b64encode])
    return encode(around[0] + secret.encode() + around[1]).decode().rstrip(rng.choice(["", "="]))


def in_lines(secret, rng):
    return base64.encodebytes(bytes(rng.choices(range(33, 126), k=rng.randint(50, 60))) + secret.encode()).decode()


def in_claims(secret, rng):
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": "1", rng.choice(["note", "password"]): secret}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJlc2lnbmF0dXJl"])


def in_hex(secret, rng):
    return secret.encode().hex() if rng.random() < 0.5 else secret.encode().hex().upper()


def in_html(secret, _):
    return html.escape(secret)


KNOWN = (plain, plain, in_json, in_address)
ALL = (*KNOWN, partly_quoted, escaped, in_base64, in_lines, in_claims, in_hex, in_html)

# -- places


def asked(method="POST", url="https://api.example.com/v1/things", headers=(), body=b"", engine=None):
    return Asked(method, url, [*headers], body, engine)


def told(status=200, headers=(), chunks=(), failure=None):
    return Told(status, "OK", [*headers], [*chunks], failure)


JSON = ("Content-Type", "application/json")


def latin(text):
    return text.encode("utf-8").decode("latin-1").replace("\n", " ").replace("\r", " ")


def bearer(text, _):
    return asked(
        headers=[("Authorization", f"Bearer {latin(text)}"), ("apikey", latin(text)), ("X-Custom", latin(text))]
    ), told()


def cookie(text, _):
    return asked(headers=[("Cookie", f"a={latin(text)}")]), told(headers=[("Set-Cookie", f"a={latin(text)}; Path=/")])


def compared_header(text, _):
    return asked(headers=[("Prefer", latin(text))]), told(
        headers=[("X-Echo", latin(text)), ("x-auth-token", latin(text))]
    )


def query(text, rng):
    name = rng.choice(["access_token", "token", "q", "sig", "filter", "X-Amz-Signature"])
    return asked("GET", f"https://api.example.com/a?{name}={quote(text, safe='%')}&page=1"), told()


def address(text, _):
    return asked("GET", f"https://user:{quote(text, safe='%')}@api.example.com/x/{quote(text, safe='%')}/y"), told()


def json_body(text, rng):
    field = rng.choice(["password", "note", "runners_token", "clientSecret", "title"])
    body = json.dumps({"a": [{"b": {field: text}}], "key": "DB_PASSWORD", "value": text, text: 1}).encode()
    return asked(headers=[JSON], body=body), told(headers=[JSON], chunks=[body])


def inner_json(text, _):
    body = json.dumps({"payload": json.dumps({"note": text, "secret": text})}).encode()
    return asked(headers=[JSON], body=body), told(headers=[JSON], chunks=[body])


def raw_json(text, _):
    body = b'{"note": "' + text.encode() + b'", "n": 1.10000000000000000000001}'
    return asked(headers=[JSON], body=body), told(500, headers=[JSON], chunks=[body])


def form(text, rng):
    field = rng.choice(["password", "card[number]", "description"])
    body = f"{field}={quote(text, safe='')}&a=1".encode()
    return asked(headers=[("Content-Type", "application/x-www-form-urlencoded")], body=body), told()


def multipart(text, rng):
    edge = "".join(rng.choices(LETTERS, k=16))
    payload = text.encode() if rng.random() < 0.5 else b"\xff\xfe\x00" + text.encode() + b"\x00\xff"
    parts = [
        b'Content-Disposition: form-data; name="token"\r\n\r\n' + text.encode(),
        b'Content-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: application/octet-stream\r\n\r\n'
        + payload,
    ]
    body = b"".join(f"--{edge}\r\n".encode() + part + b"\r\n" for part in parts) + f"--{edge}--\r\n".encode()
    return asked(headers=[("Content-Type", f"multipart/form-data; boundary={edge}")], body=body), told()


def text_reply(text, _):
    return asked("GET"), told(headers=[("Content-Type", "text/plain")], chunks=[f"before {text} after".encode()])


def binary_reply(text, rng):
    noise = bytes(rng.choices(range(256), k=rng.randint(1, 9)))
    return asked("GET"), told(
        headers=[("Content-Type", "image/png")], chunks=[b"\x89PNG\xff" + noise + text.encode() + noise]
    )


def events(text, rng):
    body = f'data: {{"delta": "{text}"}}\n\ndata: {{"password": "x"}}\n\n'.encode()
    cuts = sorted(rng.sample(range(1, len(body)), k=min(5, len(body) - 1)))
    chunks = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    return asked(), told(headers=[("Content-Type", "text/event-stream")], chunks=chunks)


def redirect(text, rng):
    name = rng.choice(["token", "X-Amz-Signature", "next"])
    where = f"https://cdn.example.com/{quote(text, safe='%')}?{name}={quote(text, safe='%')}"
    return asked("GET"), told(302, headers=[("Location", where), ("Link", f'<{where}>; rel="next"')])


def failure(text, _):
    return asked("GET"), told(0, failure=Failure("broken", late=False, text=f"cannot reach {text}"))


def cut_off(text, _):
    return asked("GET"), told(chunks=[text.encode()[: len(text) * 2]], failure=Failure("broken", late=False, text=text))


def command(text, rng):
    parts = rng.choice([[b"AUTH", text.encode()], [b"SET", b"k", text.encode()], [b"HSET", b"h", b"password", text.encode()],
                        [b"HELLO", b"3", b"AUTH", b"me", text.encode()], [text.encode(), b"\xff\x00" + text.encode()]])  # fmt: skip
    value = text.encode()
    replies = [
        value,
        [b"token", value, [value]],
        {b"password": value, b"a": value},
        SaidNo(f"WRONGPASS {text}"),
        b"\xff" + value,
        text,
        1,
        None,
    ]
    return Commands([parts]), Replies(replies, Failure("broken", late=False, text=text) if rng.random() < 0.3 else None)


PLACES = (bearer, cookie, compared_header, query, address, json_body, inner_json, raw_json, form, multipart, text_reply, binary_reply,
          events, redirect, failure, cut_off, command)  # fmt: skip

# -- looking for a secret, in a way of its own


def everything(value):
    if isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from everything(part)
        if isinstance(value.get("chunks"), list):
            yield "".join(value["chunks"])
        if isinstance(value.get("base64"), str):
            yield base64.b64decode(value["base64"]).decode("latin-1")
    elif isinstance(value, list):
        for part in value:
            yield from everything(part)
    elif isinstance(value, str):
        yield value


def readings(text):
    """What somebody who searches would read in a text."""
    yield text
    yield unquote(text)
    yield unquote(unquote(text))
    yield html.unescape(text)
    with suppress(ValueError):
        yield json.loads(f'"{text}"')
    run = "".join(character if character in LETTERS + "+/-_" else " " for character in text.replace("\n", ""))
    for word in filter(lambda word: len(word) > 10, run.split()):  # eight bytes and more
        for start in range(4):
            piece = word[start:].translate(str.maketrans("-_", "+/"))
            piece += "A" * (-len(piece) % 4)
            yield base64.b64decode(piece).decode("utf-8", "ignore")
            with suppress(ValueError):
                yield from everything(
                    json.JSONDecoder().raw_decode(base64.b64decode(piece).decode("utf-8", "ignore"))[0]
                )
    with suppress(ValueError):
        yield bytes.fromhex(text.strip()).decode("utf-8", "ignore")


def leaks(data: bytes, secrets) -> list[str]:
    texts = {data.decode(), *everything(json.loads(data))}
    read_as = "\0".join(reading for text in texts for reading in readings(text) if isinstance(reading, str))
    bytewise = "\0".join(text.encode("latin-1", "ignore").decode("utf-8", "ignore") for text in texts)
    return [secret for secret in secrets if secret in read_as or secret in bytewise]


def accounts(secrets):
    """Platforms with some of the secrets in their settings; the others are given by hand."""
    able = [
        secret
        for secret in secrets
        if secret.isascii() and secret.isprintable() and secret.strip() == secret and ":" not in secret
    ]
    one, two, three, four, five = (able * 5)[:5]
    p = Platforms(
        stripe=StripeSettings(secret_key=one),
        supabase=SupabaseSettings(url="https://api.example.com", key=two),
        redis=RedisSettings(redis_url=f"redis://:{quote(three, safe='')}@127.0.0.1:1"),
        agora=AgoraSettings(app_id="a", customer_id="c", customer_secret=four),
        logrocket=LogRocketSettings(api_key=f"o:a:{five}"),
    )
    links = [p.stripe.link, p.supabase.link, p.redis.link, p.agora.link, p.logrocket.link]
    return p, links, set(secrets) - {one, two, three, four, five}


def test_ten_thousand_secrets(tmp_path: Path):
    rng = random.Random(20261123)
    done = Counter()
    for number in range(SECRETS // A_CASSETTE):
        secrets = [a_secret(rng) for _ in range(A_CASSETTE)]
        spellings = KNOWN if number % 4 else ALL
        path = tmp_path / f"{number}.json"
        p, links, given = accounts(secrets)
        try:
            with Cassette(path, "record", secrets=given):
                for index, secret in enumerate(secrets):
                    place = rng.choice(PLACES)
                    exchange, reply = place(rng.choice(spellings)(secret, rng), rng)
                    exchange.engine = links[index % len(links)].engine
                    (tap.installed.command if isinstance(exchange, Commands) else tap.installed.ask)(exchange)
                    (tap.installed.keep_replies if isinstance(exchange, Commands) else tap.installed.keep)(
                        exchange, reply
                    )
        except SecretInCassetteError as refused:
            done["refused"] += len(secrets)
            said = str(refused)
            assert not path.exists()
            assert not any(secret in said for secret in secrets)
        else:
            done["written"] += len(secrets)
            data = path.read_bytes()
            assert leaks(data, secrets) == []
            assert b"REDACTED" in data
            assert len(read(path, "")["interactions"]) == A_CASSETTE
        p.close()
        if not number % 20:
            gc.collect()  # accounts of earlier rounds
    assert [file for file in tmp_path.iterdir() if file.name.startswith(".")] == []
    assert done["written"] + done["refused"] == SECRETS
    assert done["written"] > SECRETS * 0.6, done
    assert done["refused"] > SECRETS * 0.1, done


def test_the_search_of_this_test_finds_what_is_there():
    rng = random.Random(1)
    for spelling in ALL:
        missed = 0
        for _ in range(200):
            secret = a_secret(rng)
            document = json.dumps({"text": spelling(secret, rng)}).encode()
            missed += leaks(document, [secret]) == []
        assert missed <= 10, (spelling.__name__, missed)


@pytest.mark.parametrize("spelling", ALL)
def test_the_guard_finds_every_spelling(spelling):
    rng = random.Random(2)
    for _ in range(300):
        secret = a_secret(rng)
        guard = Guard([("it", secret)])
        around = "".join(rng.choices(LETTERS + " /+=", k=rng.randint(0, 20))), "".join(rng.choices(" ,;)", k=3))
        document = json.dumps(
            {"a": [around[0] + " " + spelling(secret, rng) + around[1]]}, ensure_ascii=rng.random() < 0.5
        )
        assert guard.find(*_texts(json.loads(document))) == "it", (secret, document)


def test_the_guard_is_not_alarmed():
    rng = random.Random(3)
    guard = Guard([(str(number), a_secret(rng)) for number in range(50)])
    for _ in range(50):
        texts = base64.b64encode(rng.randbytes(2000)).decode(), "".join(rng.choices(ODD, k=2000))
        assert guard.find(json.dumps(texts), *texts) is None


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("see https://x.y/a?token=abcdef&page=2#top", "see https://x.y/a?token=REDACTED&page=2#top"),
        ("https://me:word@host/path", "https://REDACTED@host/path"),
        ('{"password": "hunter2", "title": "t"}', '{"password": "REDACTED", "title": "t"}'),
        ('{\\"api_key\\":\\"hunter2\\"}', '{\\"api_key\\":\\"REDACTED\\"}'),
        ("token ghp_0123456789abcdefghijABCDEFGHIJ012345 here", "token REDACTED here"),
        ("prompt_tokens=5 and page_token=abc", "prompt_tokens=5 and page_token=abc"),
        ("nothing of the kind", "nothing of the kind"),
    ],
)
def test_texts_without_their_secrets(text, clean):
    assert Redactor([]).text(text) == clean


def test_a_token_that_signs_itself_can_still_be_read():
    head, claims = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "HS256"}, {"sub": "ada"})
    )
    clean = Redactor([]).json({"access_token": f"{head}.{claims}.c2lnbmF0dXJlc2ln"})["access_token"]
    assert clean.split(".")[:2] == [head, claims]
    assert base64.urlsafe_b64decode(clean.split(".")[2] + "=") == b"REDACTED"


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "PASSWORD",
        "clientSecret",
        "x-api-key",
        "runners_token",
        "webhook_secret",
        "card[number]",
        "refreshToken",
    ],
)
def test_names_of_secrets(name):
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "title",
        "next_page_token",
        "total_tokens",
        "tokenizer",
        "secretary",
        "key",
        "x-ratelimit-limit-tokens",
        "public_key",
    ],
)
def test_names_of_others(name):
    assert not is_secret(name)


def test_what_in_settings_is_secret():
    def values(settings):
        return [value for _, value in configured(settings)]

    assert values(RedisSettings(redis_url="redis://localhost:6379/0")) == []
    assert "p@ss" in values(RedisSettings(redis_url="redis://u:p%40ss@localhost"))
    assert values(LogRocketSettings(api_key="o:a:k3y-of-it")) == ["o:a:k3y-of-it", "k3y-of-it"]
    assert values(StripeSettings(secret_key="REDACTED")) == []


def test_secrets_of_the_environment_are_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-from-the-environment")
    path = tmp_path / "a.json"
    hidden = base64.b64encode(b"glpat-from-the-environment").decode()
    with pytest.raises(SecretInCassetteError, match=r"GITLAB_TOKEN is in interaction 1, reply\.body"):
        with Cassette(path, "record"):
            tap.installed.keep(asked(), told(chunks=[json.dumps({"note": hidden}).encode()]))
    assert list(tmp_path.iterdir()) == []


def test_a_credential_that_only_a_request_carries_is_one(tmp_path):
    path = tmp_path / "a.json"
    basic = base64.b64encode(b"user:only-in-a-header").decode()
    with Cassette(path, "record"):
        exchange = asked(headers=[("Authorization", f"Basic {basic}")])
        tap.installed.ask(exchange)
        tap.installed.keep(exchange, told(chunks=[b'{"echo": "only-in-a-header", "all": "' + basic.encode() + b'"}']))
    assert "only-in" not in path.read_text()
    assert basic not in path.read_text()


def test_query_strings_are_read_as_the_test_builds_them():
    exchange, _ = query("a b&c", random.Random(1))
    assert "a b&c" in [value for _, value in parse_qsl(urlsplit(exchange.url).query)]
