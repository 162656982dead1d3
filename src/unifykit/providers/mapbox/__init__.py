"""Mapbox over its web services; it needs no extra.

https://docs.mapbox.com/api
"""

from unifykit.providers.mapbox.client import Mapbox
from unifykit.providers.mapbox.models import Image

__all__ = ["Image", "Mapbox"]
