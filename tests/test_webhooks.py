"""The webhook door: official vectors, the window's edges, rotation, replay, and garbage."""

import base64
import hashlib
import hmac
import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from unifykit import InvalidRequestError, WebhookVerificationError
from unifykit.providers.stripe import Event
from unifykit.webhooks import verify

STANDARD = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = 1614265330
MESSAGE = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": str(NOW),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
BODY = b'{"test": 2432232314}'
AGORA = (
    b'{"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f","notifyMs":1560408533119,'
    b'"payload":{"a":"1","b":2},"productId":1}'
)
HELLO = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def standard(body=BODY, secret=STANDARD, at=NOW, message="msg_1"):
    key = base64.b64decode(secret.removeprefix("v1,").removeprefix("whsec_"))
    mac = hmac.new(key, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "Webhook-Id": message,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def stripe(body=b'{"id":"evt_1","type":"invoice.paid"}', secret="whsec_endpoint", at=NOW, extra=""):
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={at},v1={mac}{extra}"}, body


def github(body=b'{"zen":"Keep it logically awesome."}', secret="s3cret", **headers):
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "X-Hub-Signature-256": f"sha256={mac}",
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": "d-1",
        **headers,
    }, body


def test_github_official_vector():
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation"""
    event = verify("github", {"X-Hub-Signature-256": HELLO}, b"Hello, World!", "It's a Secret to Everybody")

    assert event.raw == b"Hello, World!"


def test_github_event_is_typed():
    headers, body = github()

    event = verify("github", headers, body, "s3cret")

    assert (event.type, event.id, event.timestamp, event.data["zen"]) == (
        "ping",
        "d-1",
        None,
        "Keep it logically awesome.",
    )


def test_github_form_payload():
    """GitHub can also send the payload as a form field."""
    headers, body = github(body=b"payload=%7B%22a%22%3A1%7D", **{"Content-Type": "application/x-www-form-urlencoded"})

    assert verify("github", headers, body, "s3cret").data == {"a": 1}


def test_github_json_that_is_none_is_refused():
    headers, body = github(body=b"[1]", **{"Content-Type": "application/json"})

    with pytest.raises(WebhookVerificationError, match="no JSON object"):
        verify("github", headers, body, "s3cret")


@pytest.mark.parametrize("provider", ["gitlab", "openai"])
def test_standard_webhooks_official_vector(provider):
    event = verify(provider, MESSAGE, BODY, STANDARD, now=NOW)

    assert (event.id, event.timestamp, event.data) == (MESSAGE["webhook-id"], NOW, {"test": 2432232314})


def test_supabase_secret_is_taken_as_the_dashboard_shows_it():
    event = verify("supabase", MESSAGE, BODY, f"v1,{STANDARD}|v1,whsec_AAAA", now=NOW)

    assert event.type == "auth-hook"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"metadata": {"name": "before-user-created"}}, "before-user-created"),
        ({"sms": {}}, "send-sms"),
        ({"email_data": {}}, "send-email"),
    ],
)
def test_supabase_hooks_say_which_they_are(data, kind):
    body = json.dumps(data).encode()

    assert verify("supabase", standard(body), body, f"v1,{STANDARD}", now=NOW).type == kind


def test_supabase_joins_signatures_with_a_comma():
    headers = {
        **MESSAGE,
        "webhook-signature": f"v1,{base64.b64encode(b'x' * 32).decode()}, {MESSAGE['webhook-signature']}",
    }

    assert verify("supabase", headers, BODY, f"v1,{STANDARD}", now=NOW).id


def test_openai_official_vector():
    """From openai-python's tests of its own verifier."""
    secret = "whsec_" + "RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c="
    body = (
        b'{"id": "evt_685c059ae3a481909bdc86819b066fb6", "object": "event", "created_at": 1750861210, '
        b'"type": "response.completed", "data": {"id": "resp_123"}}'
    )
    headers = {
        "webhook-id": "wh_685c059ae39c8190af8c71ed1022a24d",
        "webhook-timestamp": "1750861210",
        "webhook-signature": "v1,gUAg4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY=",
    }

    assert verify("openai", headers, body, secret, now=1750861210).type == "response.completed"


def test_openai_secret_without_prefix_is_used_as_it_is():
    mac = hmac.new(b"plain", f"m.{NOW}.".encode() + BODY, hashlib.sha256).digest()
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": str(NOW),
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }

    assert verify("openai", headers, BODY, "plain", now=NOW).id == "m"


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("Agora-Signature-V2", "de96da5acf03b0021ac3b4fa2225e7ae6f3533a30d50bb02c08ea4fa748bda24"),
        ("Agora-Signature", "5a3bb6a6d9fad2ea9ae3fb707a14c9d7f3136df1"),
    ],
)
def test_agora_official_vectors(name, signature):
    """https://docs.agora.io/cn/Video/signature_verify"""
    event = verify("agora", {name: signature}, AGORA, "secret")

    assert (event.type, event.id, event.timestamp) == ("10", "4eb720f0-8da7-11e9-a43e-53f411c2761f", 1560408533.119)


def test_agora_newer_signature_must_be_right_when_it_is_there():
    headers = {"Agora-Signature": "5a3bb6a6d9fad2ea9ae3fb707a14c9d7f3136df1", "Agora-Signature-V2": "00" * 32}

    with pytest.raises(WebhookVerificationError):
        verify("agora", headers, AGORA, "secret")


def test_stripe_event_and_an_extra_bad_signature():
    headers, body = stripe(extra=",v1=" + "00" * 32 + ",v0=abc")

    event = verify("stripe", headers, body, "whsec_endpoint", now=NOW)

    assert (event.type, event.id, event.timestamp) == ("invoice.paid", "evt_1", NOW)


def test_stripe_v0_alone_is_refused():
    headers, body = stripe()

    with pytest.raises(WebhookVerificationError):
        verify(
            "stripe",
            {"Stripe-Signature": headers["Stripe-Signature"].replace("v1", "v0")},
            body,
            "whsec_endpoint",
            now=NOW,
        )


def test_gitlab_legacy_token():
    body = b'{"object_kind": "push"}'

    event = verify("gitlab", {"X-Gitlab-Token": "t0ken", "X-Gitlab-Event-UUID": "u"}, body, ["other", "t0ken"])

    assert (event.type, event.id) == ("push", "u")


def test_gitlab_bad_signature_does_not_fall_back_to_the_token():
    headers = {**MESSAGE, "webhook-signature": "v1,AAAA", "X-Gitlab-Token": "t0ken"}

    with pytest.raises(WebhookVerificationError):
        verify("gitlab", headers, BODY, [STANDARD, "t0ken"], now=NOW)


def test_gitlab_signing_secret_is_no_token():
    with pytest.raises(WebhookVerificationError):
        verify("gitlab", {"X-Gitlab-Token": STANDARD}, BODY, STANDARD)


@pytest.mark.parametrize("provider", ["gitlab", "openai", "supabase"])
@pytest.mark.parametrize(
    ("shift", "tolerance", "accepted"),
    [
        (0, 0, True),
        (-300, 300, True),
        (300, 300, True),
        (-301, 300, False),
        (301, 300, False),
        (1, 0, False),
        (-1, 0, False),
    ],
)
def test_window_edges(provider, shift, tolerance, accepted):
    headers = standard(at=NOW + shift)

    if accepted:
        assert verify(provider, headers, BODY, STANDARD, now=NOW, tolerance=tolerance).timestamp == NOW + shift
    else:
        with pytest.raises(WebhookVerificationError, match="window"):
            verify(provider, headers, BODY, STANDARD, now=NOW, tolerance=tolerance)


@pytest.mark.parametrize("shift", [-301, 301])
def test_stripe_window_is_closed_on_both_sides(shift):
    headers, body = stripe(at=NOW + shift)

    with pytest.raises(WebhookVerificationError, match="window"):
        verify("stripe", headers, body, "whsec_endpoint", now=NOW)


@pytest.mark.parametrize("text", ["", "not-a-timestamp", "1.5", "-5", "٣", "9" * 40])
def test_timestamps_that_are_none(text):
    headers = {**standard(), "Webhook-Timestamp": text}

    with pytest.raises(WebhookVerificationError):
        verify("openai", headers, BODY, STANDARD, now=NOW)


def test_the_timestamp_is_signed_as_it_was_written():
    headers = standard(at=f"0{NOW}")

    assert verify("openai", headers, BODY, STANDARD, now=NOW).timestamp == NOW


def test_rotation_accepts_either_secret():
    headers, body = github(secret="old")

    assert verify("github", headers, body, ["new", "old"]).type == "ping"


def test_headers_in_every_shape():
    headers, body = github()
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    assert (
        verify("github", pairs, body, "s3cret").id == verify("github", dict(pairs), body.decode(), "s3cret").id == "d-1"
    )


def test_a_second_delivery_is_a_duplicate():
    seen = set()

    def dedupe(key, ttl):
        assert ttl > 24 * 3600
        return key not in seen and not seen.add(key)

    headers, body = github()
    verify("github", headers, body, "s3cret", dedupe=dedupe)

    with pytest.raises(WebhookVerificationError) as caught:
        verify("github", headers, body, "s3cret", dedupe=dedupe)
    assert caught.value.code == "duplicate"


@pytest.mark.parametrize("secrets", ["", [], [""]])
def test_an_empty_secret_proves_nothing(secrets):
    headers, body = github(secret="")

    with pytest.raises(WebhookVerificationError, match="secret"):
        verify("github", headers, body, secrets)


def test_an_unknown_sender_is_the_callers_mistake():
    with pytest.raises(InvalidRequestError, match="known are agora"):
        verify("paypal", {}, b"", "x")


def test_a_body_over_the_cap_is_refused():
    with pytest.raises(WebhookVerificationError, match="larger"):
        verify("github", {}, b"x" * (25 * 1024 * 1024 + 1), "x")


def test_errors_repeat_nothing_secret():
    headers, body = github(secret="other")

    with pytest.raises(WebhookVerificationError) as caught:
        verify("github", headers, body, "very-secret")
    assert not any(
        word in repr(caught.value) + str(caught.value)
        for word in ("very-secret", headers["X-Hub-Signature-256"], "zen")
    )
    assert caught.value.__cause__ is None


SENDERS = {
    "github": (*github(), "s3cret"),
    "stripe": (*stripe(), "whsec_endpoint"),
    "gitlab": (standard(), BODY, STANDARD),
    "openai": (standard(), BODY, STANDARD),
    "supabase": (standard(), BODY, "v1," + STANDARD),
    "agora": ({"Agora-Signature-V2": hmac.new(b"secret", AGORA, hashlib.sha256).hexdigest()}, AGORA, "secret"),
}
GARBAGE = st.one_of(st.text(), st.binary(), st.none(), st.integers(), st.just("v1,"), st.just("t=1,v1=" + "zz" * 32))


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(sorted(SENDERS)), st.data())
def test_garbage_raises_one_error_and_nothing_else(provider, data):
    """Mutated headers, bodies and secrets: verified or `WebhookVerificationError`."""
    headers, body, secret = SENDERS[provider]
    mutated = dict(headers)
    for name in data.draw(st.lists(st.sampled_from(sorted(headers)), max_size=2)):
        mutated[name] = data.draw(GARBAGE)
    changed = data.draw(st.one_of(st.just(body), st.binary(), st.just(b"[" * 100_000)))

    try:
        event = verify(provider, mutated, changed, data.draw(st.one_of(st.just(secret), st.text())), now=NOW)
    except WebhookVerificationError:
        return
    assert event.raw == body


MUTATIONS = 100_000


def mutated(value, random):
    """A text or bytes with a few places changed, cut out, doubled or swapped for something nasty."""
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(value) + 1)
        nasty = (
            random.choice(NASTY) if isinstance(value, str) else random.choice(NASTY).encode("utf-8", "surrogatepass")
        )
        value = random.choice(
            (value[:at] + nasty + value[at:], value[:at] + value[at + 1 :], value[:at], value[at:] + value[:at], nasty)
        )
    return value


NASTY = (
    "",
    ",",
    "=",
    "t=",
    "v1=",
    "v1,",
    ".",
    "0",
    "9" * 20,
    "-1",
    "1e9",
    "\x00",
    "\ud800",
    "é",
    "{",
    "[[",
    "null",
    "\n",
    "==",
    "%",
)


def test_a_hundred_thousand_mutated_deliveries():
    """`WebhookVerificationError` or success, and success only for what was signed."""
    random = Random(20261123)  # seeded, so that a failure can be seen again
    accepted = 0
    for _ in range(MUTATIONS):
        provider = random.choice(sorted(SENDERS))
        headers, body, secret = SENDERS[provider]
        given = {mutated(name, random) if random.random() < 0.1 else name: value for name, value in headers.items()}
        for name in random.sample(sorted(given), random.randint(0, len(given))):
            given[name] = mutated(given[name], random)
        sent = mutated(body, random) if random.random() < 0.5 else body
        try:
            event = verify(provider, given, sent, mutated(secret, random) if random.random() < 0.1 else secret, now=NOW)
        except WebhookVerificationError:
            continue
        accepted += 1
        assert event.raw == body
    assert 0 < accepted < MUTATIONS / 2


# -- typed payloads


class Ping(BaseModel):
    zen: str


def test_a_payload_as_a_model():
    event = verify("github", *github(), "s3cret")

    assert event.into(Ping) == Ping(zen="Keep it logically awesome.")


def test_a_payload_as_one_of_our_models():
    body = b'{"id": "evt_1", "object": "event", "type": "customer.created", "created": 1, "data": {"object": {"id": "cus_1", "object": "customer"}}}'
    event = verify("stripe", *stripe(body), "whsec_endpoint", now=NOW).into(Event)

    assert (event.type, event.subject.id) == ("customer.created", "cus_1")


def test_a_payload_that_does_not_fit_is_told_without_its_values():
    event = verify("github", *github(b'{"zen": ["secret-value"]}'), "s3cret")

    with pytest.raises(WebhookVerificationError, match=r"github\.webhook: the payload is no Ping: zen") as caught:
        event.into(Ping)
    assert "secret-value" not in f"{caught.value!r} {caught.value.__cause__!r}"
