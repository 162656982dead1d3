"""The settings of the platforms on a cassette: which secrets they have, and settings that need none to play it."""

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from pydantic import SecretStr

from unifykit import settings as models
from unifykit._core.engine import Account, Engine
from unifykit._wires import tap
from unifykit.platforms import PROVIDERS
from unifykit.testing.cassettes.secrets import REDACTED, configured

_SEGMENTS = 3


def settings_of(engine: Engine | None) -> models.ProviderSettings | None:
    """The settings of the account that an engine drives."""
    return None if engine is None else tap.accounts.get(engine.account)


def home_of(settings: Any) -> str:
    """The origin of a platform's base URL."""
    parts = urlsplit(getattr(settings, "base_url", "") or getattr(settings, "url", ""))
    port = "" if parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname or ''}{port}"


def secrets_in_use(known: WeakSet[Account]) -> Iterator[tuple[str, str]]:
    """The secrets of every account that is in use in this process, beside those that are known, which they then are."""
    for account, settings in list(tap.accounts.items()):
        if account not in known:
            known.add(account)
            yield from configured(settings)


def secrets_around() -> Iterator[tuple[str, str]]:
    """The secrets that the environment has for any platform, whether it is used or not."""
    for _, name in PROVIDERS.values():
        model: type[models.ProviderSettings] = getattr(models, name)
        for field, about in model.model_fields.items():
            if SecretStr in (about.annotation, *getattr(about.annotation, "__args__", ())):
                found = ((variable, os.environ.get(variable)) for variable in model.variables(field))
                yield from ((variable, value) for variable, value in found if value)


def shown(settings: models.ProviderSettings) -> dict[str, str]:
    """An account's settings, with something that looks like a secret in the place of each."""
    made: dict[str, str] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            made[name] = _stand_in(settings.provider, name, value.get_secret_value())
        elif isinstance(value, str) and value and name != "transport":  # any of them plays
            made[name] = value
    return made


def _stand_in(provider: str, name: str, secret: str) -> str:
    if provider == "redis":
        return "redis://127.0.0.1"
    if provider == "agora" and name == "app_certificate":
        return "0" * 32
    if provider == "logrocket":
        return f"{secret.rpartition(':')[0]}:{REDACTED}"
    parts = secret.split(".")
    if len(parts) == _SEGMENTS and (provider == "mapbox" or secret.startswith("ey")):
        return f"{parts[0]}.{parts[1]}.{REDACTED}"
    return REDACTED
