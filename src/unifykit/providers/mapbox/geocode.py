"""Places by name, and names of places.

https://docs.mapbox.com/api/search/geocoding
"""

from collections.abc import Mapping, Sequence
from typing import Any

from unifykit._core.arguments import given
from unifykit._core.context import current
from unifykit._core.mode import M
from unifykit._core.operation import SAFE, operation
from unifykit.errors import InvalidRequestError
from unifykit.providers.mapbox.arguments import Point, between, box, listed, point
from unifykit.providers.mapbox.models import Batch, Places
from unifykit.providers.mapbox.resource import MapboxResource

_ROOT = "/search/geocode/v6"
_MOST, _LONGEST, _BATCH = 10, 256, 1000
_PARTS = frozenset(
    (
        "address_line1",
        "address_number",
        "street",
        "block",
        "place",
        "region",
        "postcode",
        "locality",
        "neighborhood",
        "country",
    )
)


class Geocode(MapboxResource[M]):
    """`p.mapbox.geocode`: version 6. Mapbox permits to keep only what was asked for with `permanent`."""

    @operation(SAFE)
    async def forward(
        self, text: str | None = None, *, address: Mapping[str, str] | None = None, limit: int | None = None,
        types: Sequence[str] | None = None, country: Sequence[str] | None = None, language: str | None = None,
        proximity: Point | None = None, bbox: tuple[float, float, float, float] | None = None,
        autocomplete: bool | None = None, permanent: bool | None = None,
    ) -> Places:  # fmt: skip
        """Find places by a text, or by the parts of an address.

        https://docs.mapbox.com/api/search/geocoding/#forward-geocoding-with-search-text-input

        Args:
            text: What to look for, up to 256 characters; either this or `address`.
            address: Parts such as ``{"street": "Rue de Rivoli", "place": "Paris"}``.
            limit: How many at most: 1 to 10.
            types: Kinds of places, such as ``["address", "place"]``.
            country: Two letters each.
            language: Two letters.
            proximity: Longitude and latitude near which to look first.
            bbox: West, south, east, north.
            autocomplete: Whether `text` may be the beginning of a word.
            permanent: Whether the result may be kept; it costs more.

        Example:
            >>> place = p.mapbox.geocode.forward("Eiffel Tower").first
            >>> place.name, place.__geo_interface__["geometry"]["type"]
            ('Eiffel Tower', 'Point')
        """
        query = _asked(text, address) | _options(limit, types, country, language, bbox, permanent)
        if proximity is not None:
            query["proximity"] = point(*proximity)
        return await self.fetch(Places, f"{_ROOT}/forward", query | given(autocomplete=autocomplete))

    @operation(SAFE)
    async def reverse(
        self, lon: float, lat: float, *, limit: int | None = None, types: Sequence[str] | None = None,
        country: Sequence[str] | None = None, language: str | None = None, permanent: bool | None = None,
    ) -> Places:  # fmt: skip
        """Find what is at a point.

        https://docs.mapbox.com/api/search/geocoding/#reverse-geocoding

        Args:
            lon: Longitude in degrees.
            lat: Latitude in degrees.
            limit: How many at most: 1 to 5; more than one needs exactly one of `types`.
            types: Kinds of places.
            country: Two letters each.
            language: Two letters.
            permanent: Whether the result may be kept; it costs more.

        Example:
            >>> p.mapbox.geocode.reverse(2.2945, 48.8584).first.name
            'Eiffel Tower'
        """
        point(lon, lat)
        if (limit or 1) > 1 and len(types or ()) != 1:
            raise InvalidRequestError("more than one place needs exactly one of types: give types=['address'].")
        query = _options(limit, types, country, language, None, permanent)
        return await self.fetch(Places, f"{_ROOT}/reverse", {"longitude": lon, "latitude": lat} | query)

    @operation(SAFE)
    async def batch(
        self, queries: Sequence[str | Point | Mapping[str, Any]], *, permanent: bool | None = None
    ) -> Sequence[Places]:
        """Many questions at once; each counts as a request.

        https://docs.mapbox.com/api/search/geocoding/#batch-geocoding

        Args:
            queries: Up to 1,000 texts, points (longitude, latitude), or questions in Mapbox's own words.
            permanent: Whether the results may be kept; it costs more.

        Returns:
            What was found, in the order of the questions.

        Example:
            >>> found = p.mapbox.geocode.batch(["Eiffel Tower", (2.3499, 48.853)])
            >>> [places.first.name for places in found]
            ['Eiffel Tower', 'Notre-Dame']
        """
        if isinstance(queries, str) or not 1 <= len(queries) <= _BATCH:
            raise InvalidRequestError(f"give a list of 1 to {_BATCH} questions.")
        body = [_question(query) for query in queries]
        op = current.get()
        if op is not None:
            op.weight = len(body)
        found = await self.fetch(Batch, f"{_ROOT}/batch", given(permanent=permanent), body=body)
        return found.batch


def _asked(text: str | None, address: Mapping[str, str] | None) -> dict[str, Any]:
    if (text is None) == (address is None):
        raise InvalidRequestError("what to look for? Give either a text or an address.")
    if text is not None:
        return {"q": _text(text)}
    unknown = set(address or {}) - _PARTS
    if unknown or not address:
        raise InvalidRequestError(
            f"an address has the parts {', '.join(sorted(_PARTS))}; not {', '.join(sorted(unknown)) or 'none'}."
        )
    return dict(address)


def _text(text: str) -> str:
    if not text.strip() or len(text) > _LONGEST or ";" in text:
        raise InvalidRequestError(f"a text has 1 to {_LONGEST} characters and no semicolon.")
    return text


def _question(query: str | Point | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(query, str):
        return {"q": _text(query)}
    if isinstance(query, Mapping):
        return dict(query)
    lon, lat = query
    point(lon, lat)
    return {"longitude": lon, "latitude": lat}


def _options(  # noqa: PLR0917 -- the options of one request
    limit: int | None, types: Sequence[str] | None, country: Sequence[str] | None, language: str | None,
    bbox: tuple[float, float, float, float] | None, permanent: bool | None,
) -> dict[str, Any]:  # fmt: skip
    return given(
        limit=between(limit, 1, _MOST, "limit"), types=listed(types, "types"), country=listed(country, "country"),
        language=language, bbox=box(bbox), permanent=permanent,
    )  # fmt: skip
