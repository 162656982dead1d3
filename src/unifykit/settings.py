"""One small frozen model a provider, and the variables it is read from. Knows no SDK.

Precedence: an explicit argument, then ``UNIFYKIT_<PROVIDER>_*``, then the ecosystem's own names, then the names of the
reference document. The order of the names in each field *is* the precedence; the reference page is generated from it.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, cast
from urllib.parse import urlsplit

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from unifykit.errors import ConfigurationError

__all__ = [
    "AgoraSettings",
    "GitHubSettings",
    "GitLabSettings",
    "LogRocketSettings",
    "MapboxSettings",
    "OpenAISettings",
    "ProviderSettings",
    "RedisSettings",
    "StripeSettings",
    "SupabaseSettings",
]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _names(field: str, *variables: str) -> AliasChoices:
    return AliasChoices(field, *variables)


class ProviderSettings(BaseModel):
    """What every provider's settings share.

    Attributes:
        allow_insecure: Permit plain ``http://`` to a host that is not loopback.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True
    )

    provider: ClassVar[str]
    required: ClassVar[tuple[str, ...]] = ()

    allow_insecure: bool = Field(default=False, validation_alias=_names("allow_insecure", "UNIFYKIT_ALLOW_INSECURE"))

    def __init__(self, **values: Any) -> None:
        fault: ConfigurationError | None = None
        try:
            super().__init__(**values)
        except ValidationError as error:
            fault = self._malformed(error, {})
        if fault is not None:  # raised out here, so that no context of it holds the value
            raise fault

    def __reduce__(self) -> Any:
        raise TypeError(
            f"{type(self).__name__} holds a secret: read it anew in the other process instead of pickling it"
        )

    @field_validator("base_url", "url", check_fields=False)
    @classmethod
    def _url(cls, value: str, info: Any) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError("give a whole URL, such as https://api.example.com")
        if parts.username is not None:
            raise ValueError("a URL is shown in logs: keep the user and the password out of it")
        insecure = parts.scheme == "http" and parts.hostname not in _LOOPBACK and not info.data.get("allow_insecure")
        if insecure:
            raise ValueError("plain http would show the credential to the network: use https, or allow_insecure=True")
        return value.rstrip("/")

    @field_validator("*", mode="after")
    @classmethod
    def _header_safe(cls, value: Any) -> Any:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(text, str) and (not text.isprintable() or text != text.strip()):
            raise ValueError("has a line break, another control character, or space around it")
        if isinstance(value, SecretStr) and "://" not in str(text) and not str(text).isascii():
            raise ValueError("has a letter outside ASCII, which no header can carry: copy it anew")
        return value

    @classmethod
    def variables(cls, field: str, account: str | None = None) -> list[str]:
        """The environment variables of a field, the first found counts.

        A named account has a credential of its own; the rest, such as the base URL, it shares with the default account
        unless its own variable says otherwise.
        """
        alias = cls.model_fields[field].validation_alias
        names = [str(name) for name in alias.choices[1:]] if isinstance(alias, AliasChoices) else []
        if account is None:
            return names
        own = [_of_account(name, cls.provider, account) for name in names[:1]]
        return own if field in cls.required or "secret" in field or "certificate" in field else own + names

    @classmethod
    def find(cls, field: str, environment: Mapping[str, str], account: str | None = None) -> str | None:
        """The name of the variable that a field would be read from, or None."""
        return next((name for name in cls.variables(field, account) if environment.get(name)), None)

    @classmethod
    def read(cls, environment: Mapping[str, str], account: str | None = None) -> Self:
        """Read the settings of an account (None for the default one).

        Raises:
            ConfigurationError: A required setting is missing or a value is malformed; the text names the variables.
        """
        names = {field: cls.find(field, environment, account) or "" for field in cls.model_fields}
        found = {field: environment[name] for field, name in names.items() if name}
        key = (cls, account, tuple(found.items()))
        kept = _read.get(key)
        if kept is None:
            if len(_read) >= _KEPT:
                _read.clear()
            kept = _read[key] = cls.make(found, account, names)
        return cast("Self", kept)  # the key begins with the class

    @classmethod
    def make(cls, values: Mapping[str, Any], account: str | None = None, names: Mapping[str, str] = {}) -> Self:
        """Build from values; `names` says for the error's text which variables they came from.

        Raises:
            ConfigurationError: See `read`.
        """
        missing = [field for field in cls.required if not values.get(field)]
        if missing:
            wanted = "; ".join(f"{field}: {', '.join(cls.variables(field, account))}" for field in missing)
            name = cls.provider if account is None else f"{cls.provider}[{account!r}]"
            raise ConfigurationError(
                f"{name} is not configured. Set one of these variables: {wanted}.", provider=cls.provider
            )
        made = cls.__new__(cls)
        fault: ConfigurationError | None = None
        try:
            cls.__pydantic_validator__.validate_python(dict(values), self_instance=made)
        except ValidationError as error:
            fault = cls._malformed(error, names)
        if fault is not None:  # raised out here, so that no context of it holds the value
            raise fault
        return made

    @classmethod
    def _malformed(cls, error: ValidationError, names: Mapping[str, str]) -> ConfigurationError:
        faults: list[str] = []
        for fault in error.errors(include_input=False, include_url=False, include_context=False):
            field = ".".join(map(str, fault["loc"]))
            faults.append(f"{names.get(field) or field}: {fault['msg'].removeprefix('Value error, ')}")
        text = f"the settings of {cls.provider} are malformed: {'; '.join(faults)}."
        return ConfigurationError(text, provider=cls.provider)


_KEPT = 64
_read: dict[Any, ProviderSettings] = {}  # the same variables give the same settings


def _of_account(name: str, provider: str, account: str) -> str:
    prefix = f"UNIFYKIT_{provider.upper()}_"
    return name.replace(prefix, f"{prefix}{re.sub(r'[^A-Z0-9]', '_', account.upper())}_", 1)


def environment(env_file: str | os.PathLike[str] | None = None) -> dict[str, str]:
    """The process's environment, over what a ``.env`` file says (the environment wins).

    A ``.env`` file is read only where one is named: a file that happens to lie in the working directory could send a
    token to another host.

    Raises:
        ConfigurationError: The file does not exist.
    """
    if env_file is None:
        return dict(os.environ)
    if not Path(env_file).is_file():
        raise ConfigurationError(f"there is no settings file {os.fspath(env_file)!r}.")
    from pydantic_settings import BaseSettings, DotEnvSettingsSource  # 25 ms, which few callers need

    told = DotEnvSettingsSource(BaseSettings, env_file=Path(env_file), case_sensitive=True).env_vars
    return {**{name: value for name, value in told.items() if value}, **os.environ}


class GitHubSettings(ProviderSettings):
    """GitHub: a token (personal, fine-grained, or an app's), and the API's root for GitHub Enterprise."""

    provider: ClassVar[str] = "github"
    required: ClassVar[tuple[str, ...]] = ("token",)

    token: SecretStr = Field(
        validation_alias=_names("token", "UNIFYKIT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "GITHUB_TOKEN_API")
    )
    base_url: str = Field(
        default="https://api.github.com",
        validation_alias=_names("base_url", "UNIFYKIT_GITHUB_BASE_URL", "GITHUB_API_URL"),
    )


class GitLabSettings(ProviderSettings):
    """GitLab: a token, and the host of a self-managed instance (no ``/api/v4``)."""

    provider: ClassVar[str] = "gitlab"
    required: ClassVar[tuple[str, ...]] = ("token",)

    token: SecretStr = Field(
        validation_alias=_names(
            "token", "UNIFYKIT_GITLAB_TOKEN", "GITLAB_TOKEN", "GITLAB_PRIVATE_TOKEN", "TOKEN_API_GITLAB"
        )
    )
    base_url: str = Field(
        default="https://gitlab.com",
        validation_alias=_names("base_url", "UNIFYKIT_GITLAB_BASE_URL", "GITLAB_URL", "CI_SERVER_URL"),
    )


class SupabaseSettings(ProviderSettings):
    """Supabase: the project's URL and one of its keys."""

    provider: ClassVar[str] = "supabase"
    required: ClassVar[tuple[str, ...]] = ("url", "key")

    url: str = Field(
        default="", validation_alias=_names("url", "UNIFYKIT_SUPABASE_URL", "SUPABASE_URL", "URL_SUPABASE_AUTOQG")
    )
    key: SecretStr = Field(
        validation_alias=_names(
            "key", "UNIFYKIT_SUPABASE_KEY", "SUPABASE_KEY", "SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY",
            "SUPABASE_AUTOQG_API_KEY", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY", "SUPABASE_ANON_PUBLIC",
        )
    )  # fmt: skip


class StripeSettings(ProviderSettings):
    """Stripe: the secret key; the publishable key and the webhook's secret where they are used."""

    provider: ClassVar[str] = "stripe"
    required: ClassVar[tuple[str, ...]] = ("secret_key",)

    secret_key: SecretStr = Field(
        validation_alias=_names(
            "secret_key", "UNIFYKIT_STRIPE_SECRET_KEY", "STRIPE_SECRET_KEY", "STRIPE_API_KEY", "STRIPE_API_KEY_SECRET"
        )
    )
    publishable_key: str | None = Field(
        default=None,
        validation_alias=_names(
            "publishable_key", "UNIFYKIT_STRIPE_PUBLISHABLE_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_API_KEY_PUBLIC"
        ),
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        validation_alias=_names("webhook_secret", "UNIFYKIT_STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET"),
    )
    base_url: str = Field(
        default="https://api.stripe.com", validation_alias=_names("base_url", "UNIFYKIT_STRIPE_BASE_URL")
    )


class OpenAISettings(ProviderSettings):
    """OpenAI, or any server that speaks its API: the key and the root up to ``/v1``.

    Attributes:
        transport: What async calls go over: httpx, or aiohttp (the extra ``openai-aiohttp``), which takes half the CPU.
            Sync calls always go over httpx.
    """

    provider: ClassVar[str] = "openai"
    required: ClassVar[tuple[str, ...]] = ("api_key",)

    api_key: SecretStr = Field(
        validation_alias=_names("api_key", "UNIFYKIT_OPENAI_API_KEY", "OPENAI_API_KEY", "OPEN_AI_API_KEY")
    )
    base_url: str = Field(
        default="https://api.openai.com/v1",
        validation_alias=_names("base_url", "UNIFYKIT_OPENAI_BASE_URL", "OPENAI_BASE_URL"),
    )
    organization: str | None = Field(
        default=None, validation_alias=_names("organization", "UNIFYKIT_OPENAI_ORGANIZATION", "OPENAI_ORG_ID")
    )
    project: str | None = Field(
        default=None, validation_alias=_names("project", "UNIFYKIT_OPENAI_PROJECT", "OPENAI_PROJECT_ID")
    )
    transport: Literal["httpx", "aiohttp"] = Field(
        default="httpx", validation_alias=_names("transport", "UNIFYKIT_OPENAI_TRANSPORT")
    )


class RedisSettings(ProviderSettings):
    """Redis or Valkey: a URL, ``redis://``, ``rediss://`` (TLS) or ``unix://``; it may carry a password."""

    provider: ClassVar[str] = "redis"
    required: ClassVar[tuple[str, ...]] = ("redis_url",)

    redis_url: SecretStr = Field(validation_alias=_names("redis_url", "UNIFYKIT_REDIS_URL", "REDIS_URL"))

    @field_validator("redis_url")
    @classmethod
    def _known_scheme(cls, value: SecretStr) -> SecretStr:
        if urlsplit(value.get_secret_value()).scheme not in ("redis", "rediss", "unix"):
            raise ValueError("give a URL of redis://, rediss:// or unix://")
        return value


class AgoraSettings(ProviderSettings):
    """Agora: the app for tokens, the customer's id and secret for the REST API."""

    provider: ClassVar[str] = "agora"
    required: ClassVar[tuple[str, ...]] = ("app_id",)

    app_id: str = Field(default="", validation_alias=_names("app_id", "UNIFYKIT_AGORA_APP_ID", "AGORA_APP_ID"))
    app_certificate: SecretStr | None = Field(
        default=None,
        validation_alias=_names("app_certificate", "UNIFYKIT_AGORA_APP_CERTIFICATE", "AGORA_APP_CERTIFICATE"),
    )
    customer_id: str | None = Field(
        default=None, validation_alias=_names("customer_id", "UNIFYKIT_AGORA_CUSTOMER_ID", "AGORA_CUSTOMER_ID")
    )
    customer_secret: SecretStr | None = Field(
        default=None,
        validation_alias=_names("customer_secret", "UNIFYKIT_AGORA_CUSTOMER_SECRET", "AGORA_CUSTOMER_SECRET"),
    )
    base_url: str = Field(
        default="https://api.agora.io", validation_alias=_names("base_url", "UNIFYKIT_AGORA_BASE_URL")
    )


class LogRocketSettings(ProviderSettings):
    """LogRocket: the API key, ``org:app:key``."""

    provider: ClassVar[str] = "logrocket"
    required: ClassVar[tuple[str, ...]] = ("api_key",)

    api_key: SecretStr = Field(
        validation_alias=_names("api_key", "UNIFYKIT_LOGROCKET_API_KEY", "LOGROCKET_API_KEY", "LOGROCKET_APIKEY")
    )
    base_url: str = Field(
        default="https://api.logrocket.com",
        validation_alias=_names("base_url", "UNIFYKIT_LOGROCKET_BASE_URL", "LOGROCKET_APIHOST"),
    )


class MapboxSettings(ProviderSettings):
    """Mapbox: the access token."""

    provider: ClassVar[str] = "mapbox"
    required: ClassVar[tuple[str, ...]] = ("access_token",)

    access_token: SecretStr = Field(
        validation_alias=_names("access_token", "UNIFYKIT_MAPBOX_ACCESS_TOKEN", "MAPBOX_ACCESS_TOKEN")
    )
    base_url: str = Field(
        default="https://api.mapbox.com", validation_alias=_names("base_url", "UNIFYKIT_MAPBOX_BASE_URL")
    )
