"""Accounts, files, functions and health over sockets, in both modes."""

import io
import threading

import httpx
import pytest

from unifykit import errors

WORD = "correct horse"


def session_of(here, email="alan@example.com"):
    return here.run(lambda p: p.supabase.auth.sign_up(email, WORD)).session


def test_an_account_from_sign_up_to_its_end(here):
    session = session_of(here)
    assert WORD not in repr(session)
    assert session.access_token not in repr(session)
    alan = here.p.supabase.as_user(session)
    assert here.run(lambda _: alan.auth.user()).email == "alan@example.com"
    changed = here.run(lambda _: alan.auth.update_user(data={"name": "Alan"}, password="better horse"))
    assert changed.user_metadata == {"name": "Alan"}
    newer = here.run(lambda p: p.supabase.auth.sign_in("alan@example.com", "better horse"))
    newest = here.run(lambda p: p.supabase.as_user(newer).auth.refresh())
    with pytest.raises(errors.InvalidRequestError) as used_up:
        here.run(lambda p: p.supabase.auth.refresh(newer.refresh_token))
    assert used_up.value.code == "refresh_token_already_used"
    here.run(lambda p: p.supabase.as_user(newest).auth.sign_out())
    with pytest.raises(errors.AuthenticationError) as closed:
        here.run(lambda _: alan.auth.user())
    assert closed.value.code == "session_not_found"


def test_each_user_sees_his_own(here):
    alan, bob = (here.p.supabase.as_user(session_of(here, f"{name}@example.com")) for name in ("alan", "bob"))
    here.run(lambda _: alan.table("notes").insert({"body": "mine"}).execute())
    assert [row["body"] for row in here.run(lambda _: alan.table("notes").select().execute())] == ["mine"]
    assert here.run(lambda _: bob.table("notes").select().execute()) == []
    assert here.run(lambda p: p.supabase["anon"].table("notes").select().execute()) == []
    assert here.run(lambda p: p.supabase.table("notes").select().total()) == 1
    assert here.run(lambda _: alan.with_options(timeout=30).table("notes").select().total()) == 1
    assert (alan.key_role, here.p.supabase.key_role, here.p.supabase["anon"].key_role) == ("user", "service", "anon")


def test_a_native_client_of_a_user_is_that_user(here):
    alan = here.p.supabase.as_user(session_of(here))
    here.run(lambda _: alan.table("notes").insert({"body": "mine"}).execute())
    assert here.run(lambda _: alan.native.table("notes").select("body").execute()).data == [{"body": "mine"}]
    assert here.run(lambda p: p.supabase["anon"].native.table("notes").select("body").execute()).data == []


def test_who_signs_in_changes_nobody_else(sandbox):
    with sandbox.platforms() as p:
        sessions = [p.supabase.auth.sign_up(f"u{n}@example.com", WORD).session for n in range(4)]
        wrong = []

        def work(session):
            client = p.supabase.as_user(session)
            for _ in range(5):
                p.supabase.auth.sign_in(session.user.email, WORD)
                if client.auth.user().id != session.user.id or p.supabase.key_role != "service":
                    wrong.append(session.user.email)
                if not any(user.id == session.user.id for user in p.supabase.auth.admin.list_users()):
                    wrong.append("admin")

        threads = [threading.Thread(target=work, args=(session,)) for session in sessions]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    assert wrong == []


@pytest.mark.parametrize(
    ("call", "kind", "code"),
    [
        (lambda a: a.sign_in("nobody@example.com", WORD), errors.AuthenticationError, "invalid_credentials"),
        (lambda a: a.sign_up("x@example.com", "123"), errors.InvalidRequestError, "weak_password"),
        (lambda a: a.admin.get_user("00000000-0000-0000-0000-000000000000"), errors.NotFoundError, "user_not_found"),
        (lambda a: a.refresh("nonsense"), errors.InvalidRequestError, "refresh_token_not_found"),
        (lambda a: a.user(), errors.AuthenticationError, None),
        (lambda a: a.sign_out(), errors.AuthenticationError, None),
        (lambda a: a.update_user(password="x"), errors.AuthenticationError, None),
        (lambda a: a.refresh(), errors.AuthenticationError, None),
        (lambda a: a.sign_up("no address", WORD), errors.InvalidRequestError, None),
    ],
)
def test_what_accounts_refuse(here, call, kind, code):
    with pytest.raises(kind) as refused:
        here.run(lambda p: call(p.supabase.auth))
    assert (type(refused.value), refused.value.code) == (kind, code)


def test_an_address_is_taken_once(here):
    session_of(here)
    with pytest.raises(errors.ConflictError) as twice:
        session_of(here)
    assert twice.value.code == "user_already_exists"
    with pytest.raises(errors.ConflictError) as by_admin:
        here.run(lambda p: p.supabase.auth.admin.create_user("alan@example.com"))
    assert by_admin.value.code == "email_exists"


def test_administration(here):
    admin = here.p.supabase.auth.admin
    made = here.run(lambda _: admin.create_user("alan@example.com", password=WORD, data={"n": 1}))
    assert here.run(lambda _: admin.get_user(made.id)).user_metadata == {"n": 1}
    assert here.run(lambda _: admin.update_user(made.id, app_metadata={"plan": "pro"})).app_metadata["plan"] == "pro"
    assert [user.id for user in here.run(lambda _: admin.list_users())] == [made.id]
    here.run(lambda _: admin.delete_user(made.id))
    assert here.run(lambda _: admin.list_users()) == []
    with pytest.raises(errors.PermissionDeniedError) as refused:
        here.run(lambda p: p.supabase["anon"].auth.admin.list_users())
    assert refused.value.code == "not_admin"


def test_oauth_and_recovery(here):
    url = here.p.supabase.auth.oauth_url("google", redirect_to="https://app.example.com/?a=b", scopes="email openid")
    assert dict(httpx.URL(url).params) == {
        "provider": "google",
        "redirect_to": "https://app.example.com/?a=b",
        "scopes": "email openid",
    }
    assert here.run(lambda p: p.supabase.auth.reset_password("nobody@example.com")) is None


def bucket_of(here, **options):
    here.run(lambda p: p.supabase.storage.create_bucket("b", **options))
    return here.p.supabase.storage.bucket("b")


def test_files_in_every_form(here, tmp_path):
    bucket = bucket_of(here, public=True)
    (tmp_path / "local").write_bytes(b"from a path")
    with (tmp_path / "local").open("rb") as file:
        given = {
            "a b/bytes.txt": b"\r\n--odd\x00bytes",
            "path.txt": tmp_path / "local",
            "text.txt": str(tmp_path / "local"),
            "file.bin": file,
            "memory.bin": io.BytesIO(b"memory"),
        }
        for path, data in given.items():
            assert here.run(lambda _, path=path, data=data: bucket.upload(path, data)).key == f"b/{path}"
    assert here.run(lambda _: bucket.download("a b/bytes.txt")) == b"\r\n--odd\x00bytes"
    assert here.run(lambda _: bucket.download("path.txt")) == b"from a path"
    assert here.run(lambda _: bucket.download("text.txt")) == b"from a path"
    assert here.run(lambda _: bucket.download("file.bin")) == b"from a path"
    assert here.run(lambda _: bucket.download("memory.bin")) == b"memory"
    assert httpx.get(bucket.public_url("a b/bytes.txt"), trust_env=False).content == b"\r\n--odd\x00bytes"
    assert next((file.name, file.is_folder) for file in here.run(lambda _: bucket.list())) == ("a b", True)
    assert [file.size for file in here.run(lambda _: bucket.list("a b"))] == [13]


def test_files_moved_copied_signed_and_removed(here):
    bucket = bucket_of(here)
    here.run(lambda _: bucket.upload("a.pdf", b"%PDF"))
    with pytest.raises(errors.ConflictError):
        here.run(lambda _: bucket.upload("a.pdf", b"again"))
    here.run(lambda _: bucket.upload("a.pdf", b"%PDF-2", upsert=True))
    here.run(lambda _: bucket.copy("a.pdf", "b.pdf"))
    here.run(lambda _: bucket.move("a.pdf", "c/d.pdf"))
    url = here.run(lambda _: bucket.signed_url("c/d.pdf", expires_in=60))
    reply = httpx.get(url, trust_env=False)
    assert (reply.content, reply.headers["content-type"]) == (b"%PDF-2", "application/pdf")
    assert httpx.get(url.replace("c/d.pdf", "b.pdf"), trust_env=False).status_code == 400
    assert [file.name for file in here.run(lambda _: bucket.remove(["b.pdf", "none.pdf"]))] == ["b.pdf"]
    for call in (
        lambda: bucket.download("b.pdf"),
        lambda: bucket.signed_url("b.pdf", expires_in=9),
        lambda: bucket.move("b.pdf", "x"),
    ):
        with pytest.raises(errors.NotFoundError):
            here.run(lambda _, call=call: call())
    with pytest.raises(errors.ConflictError):
        here.run(lambda p: p.supabase.storage.delete_bucket("b"))
    here.run(lambda _: bucket.remove(["c/d.pdf"]))
    here.run(lambda p: p.supabase.storage.delete_bucket("b"))
    assert here.run(lambda p: p.supabase.storage.list_buckets()) == []


def test_what_a_bucket_refuses(here):
    bucket = bucket_of(here, file_size_limit=3, allowed_mime_types=["image/*"])
    with pytest.raises(errors.InvalidRequestError, match="maximum allowed size"):
        here.run(lambda _: bucket.upload("a.png", b"1234"))
    with pytest.raises(errors.InvalidRequestError, match="text/plain is not supported"):
        here.run(lambda _: bucket.upload("a.txt", b"1"))
    with pytest.raises(errors.PermissionDeniedError):
        here.run(lambda p: p.supabase["anon"].storage.bucket("b").upload("a.png", b"1"))
    with pytest.raises(errors.NotFoundError):
        here.run(lambda p: p.supabase.storage.bucket("none").upload("a.png", b"1"))
    for path in ("", "a//b", "../a"):
        with pytest.raises(errors.InvalidRequestError, match="path"):
            here.run(lambda _, path=path: bucket.download(path))
    with pytest.raises(errors.InvalidRequestError, match="cannot be read"):
        here.run(lambda _: bucket.upload("a.png", "/no/such/file"))
    with pytest.raises(errors.InvalidRequestError, match="list"):
        here.run(lambda _: bucket.remove("a.png"))


def test_functions(here, sandbox):
    functions = sandbox._parts["supabase"].project.functions
    functions["hello"] = lambda request: {
        "hello": request.json()["name"],
        "role": request.claims["role"],
        "x": request.headers["x-a"],
    }
    functions["echo"] = lambda request: request.body[::-1]
    functions["teapot"] = lambda request: (418, {"message": "short and stout"})
    functions["broken"] = lambda request: 1 / 0
    reply = here.run(lambda p: p.supabase.functions.invoke("hello", body={"name": "J"}, headers={"X-A": "1"}))
    assert (reply.status, reply.json()) == (200, {"hello": "J", "role": "service_role", "x": "1"})
    assert here.run(lambda p: p.supabase.functions.invoke("echo", body=b"abc")).bytes == b"cba"
    assert here.run(lambda p: p.supabase.functions.invoke("echo", body="abc")).bytes == b"cba"
    with pytest.raises(errors.InvalidRequestError, match="short and stout"):
        here.run(lambda p: p.supabase.functions.invoke("teapot"))
    with pytest.raises(errors.NotFoundError):
        here.run(lambda p: p.supabase.functions.invoke("none"))
    with pytest.raises(errors.ServerError, match="ZeroDivisionError"):
        here.run(lambda p: p.supabase.functions.invoke("broken"))


def test_health(here, running):
    report = here.run(lambda p: p.supabase.check(tables=["users", "nope"]))
    assert [(item.name, item.ok) for item in report.items] == [
        ("database", True), ("table users", True), ("table nope", False), ("auth", True), ("storage", True),
    ]  # fmt: skip
    running.faults("supabase").status(500, times=50)
    assert not any(item.ok for item in here.run(lambda p: p.supabase.with_options(timeout=0.5).check()).items)


def test_a_key_of_another_project(here, both, sandbox):
    from unifykit.settings import SupabaseSettings

    other = both(supabase=SupabaseSettings(url=here.p.supabase.credentials.url, key="sb_secret_placeholder"))
    assert other.p.supabase.key_role == "service"
    with pytest.raises(errors.AuthenticationError, match="Invalid API key"):
        other.run(lambda p: p.supabase.table("users").select().execute())
    assert "sb_secret_placeholder" not in repr(other.p.supabase.credentials)
