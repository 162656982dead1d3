"""Every reply that was recorded from Mapbox becomes a model, and nothing of it is lost."""

import gzip
import json
from pathlib import Path

import pytest

from unifykit import UnsupportedError
from unifykit.providers.mapbox.models import Batch, Directions, FeatureCollection, Matching, Matrix, Places, Trips

REPLIES = json.loads(gzip.decompress((Path(__file__).parents[2] / "data" / "mapbox-replies.json.gz").read_bytes()))
KINDS = {
    "services-directions__": Directions,
    "services-geocoding__v6_batch": Batch,
    "services-geocoding__": Places,
    "services-isochrone__": FeatureCollection,
    "services-matching__": Matching,
    "services-matrix__": Matrix,
    "services-optimization__": Trips,
    "services-tilequery__": FeatureCollection,
}
ERRORS = {"services-geocoding__v6_error_message"}
LISTS = {"services-geocoding__geocoding_batch"}
WHOLE = [name for name in REPLIES if name not in ERRORS | LISTS]


def kind(name):
    return next(found for start, found in KINDS.items() if name.startswith(start))


def numbers(value):
    """The value with whole floats as such: JSON has one kind of number."""
    if isinstance(value, dict):
        return {key: numbers(one) for key, one in value.items()}
    if isinstance(value, list):
        return [numbers(one) for one in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@pytest.mark.parametrize("name", WHOLE)
def test_nothing_that_was_recorded_is_lost(name):
    found = kind(name).model_validate_json(json.dumps(REPLIES[name]))
    assert numbers(found.raw) == numbers(REPLIES[name])


def test_an_older_batch_is_several_collections():
    found = [Places.model_validate(one) for one in REPLIES["services-geocoding__geocoding_batch"]]
    assert [places.first.name for places in found][:1] == ["20001"]


def test_what_a_place_tells():
    place = Places.model_validate(REPLIES["services-geocoding__v6_response_non_empty_valid"]).first
    assert (place.name, place.kind) == ("740 15th Street Northwest", "address")
    assert place.full_address == "740 15th Street Northwest, DC 20005, USA"
    assert place.lonlat == (-77.03394, 38.899929)
    assert place.__geo_interface__["geometry"] == {"type": "Point", "coordinates": [-77.03394, 38.899929]}
    older = Places.model_validate(REPLIES["services-geocoding__geocoding"]).first
    assert (older.name, older.kind) == ("Pennsylvania Ave NW", None)
    assert older.full_address.startswith("1600 Pennsylvania Ave NW, Washington")
    assert Places.model_validate(REPLIES["services-geocoding__v6_response_empty"]).first is None


def test_an_area_has_a_shape_and_no_single_place():
    area = FeatureCollection.model_validate(REPLIES["services-isochrone__isochroneWithPolygons"])
    assert area.features[0].lonlat is None
    assert area.__geo_interface__["features"][0]["geometry"]["type"] == "Polygon"


def test_an_encoded_polyline_is_not_passed_off_as_geojson():
    route = Directions.model_validate(REPLIES["services-directions__directions_v5"]).routes[0]
    assert (route.distance, len(route.legs)) == (78168.7, 1)
    with pytest.raises(UnsupportedError, match="polyline"):
        _ = route.__geo_interface__
