"""What every result model is built on."""

import functools
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter


class Model(BaseModel):
    """A frozen result. What the provider sent and the model does not name stays reachable in `raw`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="allow", populate_by_name=True, hide_input_in_errors=True
    )

    @property
    def raw(self) -> dict[str, Any]:
        """Everything the provider sent, under the provider's names, as plain JSON values."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


_Model = TypeVar("_Model", bound=BaseModel)


@functools.cache
def _many(model: type[_Model]) -> TypeAdapter[list[_Model]]:
    # what a reply holds may be a secret: it stays out of errors
    return TypeAdapter(list[model], config=ConfigDict(hide_input_in_errors=True))  # type: ignore[valid-type]


def parse_list(model: type[_Model], body: bytes) -> list[_Model]:
    """Build models from a JSON array's bytes."""
    return _many(model).validate_json(body)
