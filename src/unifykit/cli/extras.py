"""What is installed for each platform: missing is told from broken."""

import importlib
import re
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

from unifykit.cli import Terminated
from unifykit.platforms import PROVIDERS

_REQUIREMENT = re.compile(r"^(?P<name>[\w.-]+)(\[[^]]*])?(?P<versions>[^;]*);.*\bextra == ['\"](?P<extra>[\w-]+)['\"]")
_CLAUSE = re.compile(r"^(>=|<)(\d+(?:\.\d+)*)$")


@dataclass(frozen=True, slots=True)
class Extra:
    """One platform's SDK.

    Attributes:
        state: Whether it can be used.
        version: The installed version, if there is one.
        detail: What is wrong, and what to type.
    """

    state: Literal["installed", "missing", "broken"]
    version: str | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Requirement:
    distribution: str
    versions: str


def examine(provider: str) -> Extra:
    """Import a platform's SDK and say what came of it."""
    wanted = _requirement(provider)
    version = _version(wanted.distribution)
    pip = f"pip install 'unifykit[{provider}]'"
    repair = f"repair it: pip install --force-reinstall 'unifykit[{provider}]'"
    packages: tuple[str, ...] = ()
    try:
        client = getattr(importlib.import_module(f"unifykit.providers.{provider}"), PROVIDERS[provider][0])
        packages = client.packages
        for package in packages:
            importlib.import_module(package)
    except Terminated:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- a broken package may raise anything
        if isinstance(error, ModuleNotFoundError) and error.name in packages:
            return Extra("missing", None, pip)
        return Extra("broken", version, f"{type(error).__name__}: {error}; {repair}")
    if version is not None and not _fits(version, wanted.versions):
        return Extra("broken", version, f"needs {wanted.distribution}{wanted.versions}; {repair}")
    return Extra("installed", version)


def _requirement(provider: str) -> _Requirement:
    try:
        stated = metadata.requires("unifykit") or []
    except metadata.PackageNotFoundError:  # run from a source tree
        stated = []
    found = (match for text in stated if (match := _REQUIREMENT.match(text)) and match["extra"] == provider)
    match = next(found, None)
    return _Requirement(provider, "") if match is None else _Requirement(match["name"], match["versions"].strip())


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _fits(version: str, versions: str) -> bool:
    installed = _release(version)
    for clause in versions.replace(" ", "").split(","):
        match = _CLAUSE.match(clause)
        if match is None:
            continue  # a form that our own requirements do not use
        bound = _release(match[2])
        if (installed < bound) if match[1] == ">=" else (installed >= bound):
            return False
    return True


def _release(version: str) -> tuple[int, ...]:
    digits = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in digits[0].split(".")) if digits else ()
