"""Every request of accounts that supabase-py and our client send, and every reply, fits Supabase's own description."""

import asyncio
import contextlib
import json

import httpx
import pytest
import supabase
from supabase_auth.errors import AuthApiError
from tests.contracts.supabase import ContractError, validate_exchange
from tests.sandbox.openai_contract import Contract

from unifykit import AsyncPlatforms, Platforms, UnifyError
from unifykit.sandbox.serving import Serving
from unifykit.sandbox.supabase import SupabaseProject
from unifykit.settings import SupabaseSettings

pytestmark = pytest.mark.filterwarnings("ignore:The '(timeout|verify|proxy)' parameter:DeprecationWarning")

WORD = "correct horse"


@pytest.fixture(scope="module")
def project():
    project = SupabaseProject()
    yield project
    project.close()


@pytest.fixture
def contract(project):
    return Contract(project.reset(), validate_exchange)


@pytest.fixture
def url(contract):
    serving = Serving(contract)
    yield serving.url
    serving.close()
    assert not contract.faults, "\n".join(contract.faults)
    assert contract.checked > 5


STEPS = [
    lambda auth, _: auth.sign_up("ada@example.com", WORD, data={"name": "Ada"}),
    lambda auth, _: auth.sign_in("ada@example.com", WORD),
    lambda _, mine: mine.user(),
    lambda _, mine: mine.update_user(data={"n": 1}, password="better horse"),
    lambda _, mine: mine.refresh(),
    lambda auth, _: auth.reset_password("ada@example.com", redirect_to="https://app.example.com/"),
    lambda _, mine: mine.sign_out(),
    lambda auth, _: auth.admin.create_user("bob@example.com", password=WORD, data={"n": 1}),
    lambda auth, _: auth.admin.list_users(),
    lambda auth, _: auth.sign_in("ada@example.com", "wrong"),
    lambda auth, _: auth.sign_up("ada@example.com", "x"),
    lambda auth, _: auth.admin.get_user("00000000-0000-0000-0000-000000000000"),
    lambda auth, _: auth.refresh("nonsense"),
]


def test_our_client(url, project):
    with Platforms(supabase=SupabaseSettings(url=url, key=project.service_key)) as p:
        session = p.supabase.auth.sign_up("first@example.com", WORD).session
        auth, mine = p.supabase.auth, p.supabase.as_user(session).auth
        for step in STEPS:
            with contextlib.suppress(UnifyError):  # refusals are held against the description too
                found = step(auth, mine)
                list(found) if hasattr(found, "pages") else None
        made = auth.admin.create_user("carl@example.com")
        auth.admin.update_user(made.id, app_metadata={"plan": "pro"}, data={"n": 2})
        assert auth.admin.get_user(made.id).app_metadata["plan"] == "pro"
        auth.admin.delete_user(made.id)
        assert p.supabase.auth_settings()["external"]


def test_our_client_in_async_mode(url, project):
    async def go():
        async with AsyncPlatforms(supabase=SupabaseSettings(url=url, key=project.service_key)) as p:
            session = (await p.supabase.auth.sign_up("first@example.com", WORD)).session
            mine = p.supabase.as_user(session).auth
            await mine.update_user(data={"n": 1})
            await mine.refresh()
            await mine.sign_out(everywhere=True)
            await p.supabase.auth.sign_in("first@example.com", WORD)
            return [user.email async for user in p.supabase.auth.admin.list_users()]

    assert asyncio.run(go()) == ["first@example.com"]


def test_supabase_py(url, project):
    with httpx.Client(trust_env=False) as http:
        options = supabase.ClientOptions(httpx_client=http, auto_refresh_token=False)
        client = supabase.create_client(url, project.service_key, options)
        client.auth.sign_up({"email": "ada@example.com", "password": WORD, "options": {"data": {"n": 1}}})
        client.auth.sign_in_with_password({"email": "ada@example.com", "password": WORD})
        assert client.auth.get_user().user.email == "ada@example.com"
        client.auth.update_user({"data": {"display_name": "Ada"}})
        client.auth.refresh_session()
        client.auth.reset_password_for_email("ada@example.com", {"redirect_to": "https://app.example.com/"})
        client.auth.sign_out()
        with pytest.raises(AuthApiError):
            client.auth.sign_in_with_password({"email": "ada@example.com", "password": "wrong"})
        admin = supabase.create_client(url, project.service_key, options).auth.admin
        made = admin.create_user({"email": "b@example.com", "password": WORD, "email_confirm": True}).user
        admin.update_user_by_id(made.id, {"user_metadata": {"a": 1}})
        assert admin.get_user_by_id(made.id).user.user_metadata == {"a": 1}
        assert len(admin.list_users(page=1, per_page=1)) == 1
        admin.delete_user(made.id)


USER = {"id": "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "email": "a@example.com", "created_at": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        (("POST", "/auth/v1/signup", {"email": "a@example.com", "password": "x", "nickname": "A"}), 200, USER),
        (("POST", "/auth/v1/signup", {"email": 5}), 200, USER),
        (("POST", "/auth/v1/recover", {}), 200, {}),
        (("POST", "/auth/v1/signup?next=1", {"email": "a@example.com"}), 200, USER),
        (("POST", "/auth/v1/nowhere", {}), 200, {}),
        (("GET", "/auth/v1/user", None), 200, {**USER, "user_metadata": "none"}),
        (("GET", "/auth/v1/user", None), 203, USER),
        (("GET", "/auth/v1/user", None), 403, {"message": "no"}),
        (("GET", "/auth/v1/user", None), 403, {"code": "403", "error_code": "x", "msg": "no"}),
        (("POST", "/auth/v1/logout?scope=global", None), 204, {"bye": 1}),
    ],
)
def test_the_contract_bites(asked, status, told):
    method, path, body = asked
    sent = b"" if body is None else json.dumps(body).encode()
    with pytest.raises(ContractError):
        validate_exchange(method, path, status, "application/json", sent, "application/json", json.dumps(told).encode())
