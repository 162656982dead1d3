"""Settings: where they come from, what is refused, and that no secret is shown."""

import copy
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifykit import ConfigurationError, Platforms, settings
from unifykit.settings import (
    AgoraSettings,
    GitHubSettings,
    GitLabSettings,
    LogRocketSettings,
    MapboxSettings,
    OpenAISettings,
    ProviderSettings,
    RedisSettings,
    StripeSettings,
    SupabaseSettings,
    environment,
)

SECRET = "s3cret-0123456789"
EVERY = [getattr(settings, name) for name in settings.__all__ if name != "ProviderSettings"]
LEAST = {
    AgoraSettings: {"app_id": "a", "app_certificate": SECRET, "customer_secret": SECRET},
    GitHubSettings: {"token": SECRET},
    GitLabSettings: {"token": SECRET},
    LogRocketSettings: {"api_key": SECRET},
    MapboxSettings: {"access_token": SECRET},
    OpenAISettings: {"api_key": SECRET},
    RedisSettings: {"redis_url": f"redis://:{SECRET}@localhost:6379/0"},
    StripeSettings: {"secret_key": SECRET, "webhook_secret": SECRET},
    SupabaseSettings: {"url": "https://x.supabase.co", "key": SECRET},
}
REFERENCE = {
    "GITHUB_TOKEN_API": (GitHubSettings, "token"),
    "TOKEN_API_GITLAB": (GitLabSettings, "token"),
    "URL_SUPABASE_AUTOQG": (SupabaseSettings, "url"),
    "SUPABASE_ANON_PUBLIC": (SupabaseSettings, "key"),
    "SUPABASE_AUTOQG_API_KEY": (SupabaseSettings, "key"),
    "STRIPE_API_KEY_SECRET": (StripeSettings, "secret_key"),
    "STRIPE_API_KEY_PUBLIC": (StripeSettings, "publishable_key"),
    "OPEN_AI_API_KEY": (OpenAISettings, "api_key"),
}


def plain(value):
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


@pytest.fixture(params=EVERY, ids=lambda kind: kind.provider)
def kind(request):
    return request.param


# -- precedence


def test_our_own_name_comes_first(kind):
    for field in set(kind.model_fields) - {"allow_insecure"}:
        first = kind.variables(field)[0]
        assert first.startswith(f"UNIFYKIT_{kind.provider.upper()}_"), first


def test_the_order_of_the_names_is_the_precedence(kind):
    for field in set(kind.model_fields) - {"allow_insecure"}:
        names = kind.variables(field)
        for index, name in enumerate(names):
            assert kind.find(field, dict.fromkeys(names[index:], "x")) == name
        assert kind.find(field, {}) is None
        assert kind.find(field, dict.fromkeys(names, "")) is None  # an empty variable is an unset one


@pytest.mark.parametrize("name", REFERENCE)
def test_the_reference_names_are_honoured(name):
    model, field = REFERENCE[name]
    values = {model.variables(other)[0]: value for other, value in LEAST[model].items() if other != field}
    value = "https://named.supabase.co" if field == "url" else "named"
    read = model.read({**values, name: value})
    assert plain(getattr(read, field)) == value
    assert model.find(field, {name: value}) == name


def test_an_explicit_argument_comes_before_the_environment(monkeypatch):
    monkeypatch.setenv("UNIFYKIT_GITHUB_TOKEN", "from-the-environment")
    with Platforms() as read, Platforms(github=GitHubSettings(token="given")) as given_:
        assert plain(read.github.link.settings.token) == "from-the-environment"
        assert plain(given_.github.link.settings.token) == "given"
    with pytest.raises(ConfigurationError, match="token"):
        GitHubSettings()  # a settings object is what it was given: `read` looks into the environment


def test_the_same_variables_give_the_same_settings():
    read = GitHubSettings.read({"GITHUB_TOKEN": "a"})
    assert GitHubSettings.read({"GITHUB_TOKEN": "a"}) is read
    for number in range(200):
        assert plain(GitHubSettings.read({"GITHUB_TOKEN": str(number)}).token) == str(number)


# -- accounts


def test_accounts_have_names_of_their_own(monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "default")
    monkeypatch.setenv("UNIFYKIT_GITHUB_BOT_TOKEN", "bot")
    monkeypatch.setenv("UNIFYKIT_GITHUB_NIGHTLY_BUILD_TOKEN", "nightly")
    with Platforms() as p:
        assert plain(p.github.link.settings.token) == "default"
        assert plain(p.github["bot"].link.settings.token) == "bot"
        assert plain(p.github["nightly-build"].link.settings.token) == "nightly"
        assert p.github["bot"] is p.github["bot"]
        assert p.github["default"] is p.github
        with pytest.raises(ConfigurationError, match=r"github\['other'\] .*UNIFYKIT_GITHUB_OTHER_TOKEN\."):
            _ = p.github["other"]


def test_accounts_by_argument():
    with Platforms(github={"default": GitHubSettings(token="a"), "bot": GitHubSettings(token="b")}) as p:
        assert [plain(client.link.settings.token) for client in (p.github, p.github["bot"])] == ["a", "b"]


# -- .env


def test_a_file_is_read_only_where_it_is_named(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("GITHUB_TOKEN=from-the-file\nEMPTY\n")
    monkeypatch.chdir(tmp_path)
    with Platforms() as p, pytest.raises(ConfigurationError):
        _ = p.github
    with Platforms(env_file=".env") as p:
        assert plain(p.github.link.settings.token) == "from-the-file"
    monkeypatch.setenv("GITHUB_TOKEN", "from-the-environment")
    assert environment(".env")["GITHUB_TOKEN"] == "from-the-environment"
    assert "EMPTY" not in environment(".env")
    assert environment()["GITHUB_TOKEN"] == "from-the-environment"
    with pytest.raises(ConfigurationError, match=r"no settings file 'missing\.env'"):
        environment("missing.env")


# -- what is missing or malformed


def test_what_is_missing_is_named_with_its_variables(kind):
    with pytest.raises(ConfigurationError) as caught:
        kind.read({})
    text = str(caught.value)
    assert caught.value.provider == kind.provider
    for field in kind.required:
        for name in kind.variables(field):
            assert name in text


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"GITHUB_TOKEN": "two\nlines"}, ["GITHUB_TOKEN", "line break"]),
        ({"GITHUB_TOKEN": "ghp_\u0430bc"}, ["GITHUB_TOKEN", "outside ASCII"]),
        ({"GITHUB_TOKEN": "x", "GITHUB_API_URL": "api.github.com"}, ["GITHUB_API_URL", "whole URL"]),
        (
            {"UNIFYKIT_GITHUB_TOKEN": "x", "UNIFYKIT_GITHUB_BASE_URL": "http://example.com"},
            ["UNIFYKIT_GITHUB_BASE_URL", "plain http"],
        ),
        ({"GITHUB_TOKEN": "x", "UNIFYKIT_ALLOW_INSECURE": "perhaps"}, ["UNIFYKIT_ALLOW_INSECURE", "boolean"]),
        ({"GITHUB_TOKEN": "a b\x00", "GITHUB_API_URL": "x"}, ["GITHUB_TOKEN", "GITHUB_API_URL"]),
    ],
)
def test_what_is_malformed_names_the_variable_that_it_came_from(variables, words):
    with pytest.raises(ConfigurationError) as caught:
        GitHubSettings.read(variables)
    for word in words:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_malformed_in_an_account_names_its_variable():
    with pytest.raises(ConfigurationError, match="UNIFYKIT_GITHUB_BOT_TOKEN"):
        GitHubSettings.read({"UNIFYKIT_GITHUB_BOT_TOKEN": "a\nb"}, "bot")


@pytest.mark.parametrize("values", [{}, {"token": "x", "nonsense": 1}, {"token": "x\r\nHost: evil"}, {"token": 7}])
def test_direct_arguments_are_refused_with_our_error(values):
    with pytest.raises(ConfigurationError) as caught:
        GitHubSettings(**values)
    assert caught.value.provider == "github"


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://github.example.com/api/v3", True),
        ("https://github.example.com/api/v3/", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("http://github.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost@example.com", False),
        ("https://user:password@example.com", False),
        ("ftp://example.com", False),
        ("https://", False),
        ("example.com", False),
        ("https://example.com:99999", False),
        ("https://[half", False),
        ("https://example.com/\nx", False),
        (" https://example.com", False),
    ],
)
def test_urls(url, fine):
    if fine:
        assert GitHubSettings(token="x", base_url=url).base_url == url.rstrip("/")
        return
    with pytest.raises(ConfigurationError) as caught:
        GitHubSettings(token="x", base_url=url)
    assert "password@" not in str(caught.value)


def test_plain_http_by_explicit_permission():
    assert (
        GitHubSettings(token="x", base_url="http://git.internal", allow_insecure=True).base_url == "http://git.internal"
    )
    assert GitHubSettings.read(
        {"GITHUB_TOKEN": "x", "GITHUB_API_URL": "http://git.internal", "UNIFYKIT_ALLOW_INSECURE": "1"}
    )


@pytest.mark.parametrize("url", ["redis://localhost", "rediss://h:1/2", "unix:///run/redis.sock"])
def test_redis_urls(url):
    assert plain(RedisSettings(redis_url=url).redis_url) == url


@pytest.mark.parametrize("url", ["http://localhost", "localhost:6379", f"redis:{SECRET}\n"])
def test_what_is_no_redis_url(url):
    with pytest.raises(ConfigurationError) as caught:
        RedisSettings(redis_url=url)
    assert SECRET not in str(caught.value)


@given(st.text(min_size=1))
def test_no_secret_that_could_break_a_header_is_taken(text):
    try:
        taken = plain(GitHubSettings(token=text).token)
    except ConfigurationError:
        return
    assert taken == text == text.strip()
    assert not set(text) & set("\r\n\0\x0b\x0c\x1c\x85\u2028")


# -- no secret is shown


def test_no_secret_is_shown(kind):
    made = kind(**LEAST[kind])
    shown = [
        repr(made),
        str(made),
        made.model_dump_json(),
        repr(vars(made)),
        repr(made.model_copy()),
        f"{made!r}",
        repr(copy.deepcopy(made)),
    ]
    assert all(SECRET not in text for text in shown)
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(made)
    assert copy.copy(made) == made


def test_no_secret_is_in_an_error(kind):
    values = {**LEAST[kind], "allow_insecure": "perhaps"}
    values = {field: value + "\n" if field != "allow_insecure" else value for field, value in values.items()}
    with pytest.raises(ConfigurationError) as caught:
        kind.make(values)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None


def test_settings_are_frozen(kind):
    made = kind(**LEAST[kind])
    with pytest.raises(ValueError, match="frozen"):
        made.allow_insecure = True


def test_what_they_share_belongs_to_no_platform():
    assert ProviderSettings.required == ()
    assert ProviderSettings.variables("allow_insecure") == ["UNIFYKIT_ALLOW_INSECURE"]


def test_a_named_account_shares_the_base_url_and_nothing_secret():
    """A bot's token for GitHub Enterprise goes where the default account's goes."""
    variables = {
        "UNIFYKIT_GITHUB_TOKEN": "default",
        "UNIFYKIT_GITHUB_BASE_URL": "https://ghe.example.com/api/v3",
        "UNIFYKIT_GITHUB_BOT_TOKEN": "bot",
    }

    bot = GitHubSettings.read(variables, "bot")

    assert (bot.token.get_secret_value(), bot.base_url) == ("bot", "https://ghe.example.com/api/v3")
    with pytest.raises(ConfigurationError, match="UNIFYKIT_GITHUB_OTHER_TOKEN"):
        GitHubSettings.read(variables, "other")
