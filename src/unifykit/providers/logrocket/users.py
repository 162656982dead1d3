"""Who uses the application."""

from collections.abc import Mapping

from unifykit._core.arguments import given, segment
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, operation
from unifykit._core.rest import Rest
from unifykit.errors import InvalidRequestError
from unifykit.providers.logrocket.models import User

_LONGEST = 1024


class Users(Rest[M]):
    """`p.logrocket.users`: those whose sessions are recorded."""

    @operation(IDEMPOTENT)
    async def identify(
        self, user_id: str, *, name: str | None = None, email: str | None = None,
        traits: Mapping[str, str | int | float | bool] | None = None,
    ) -> User:  # fmt: skip
        """Say who a user is. What is not given stays as it is.

        https://docs.logrocket.com/docs/user-identification-api

        Args:
            user_id: The application's id of the user.
            name: A name.
            email: An address.
            traits: Notes to search by: names and values of up to 1,024 characters; an empty value removes its name.

        Raises:
            InvalidRequestError: A trait is too long.

        Example:
            >>> user = p.logrocket.users.identify("42", name="Ada", traits={"plan": "pro", "seats": 5})
            >>> user.traits
            {'plan': 'pro', 'seats': '5'}
        """
        stamp = int(self._client.link.clock.wall() * 1000)
        body = given(name=name, email=email, traits=_noted(traits)) | {"timestamp": stamp}
        reply = await self.send("PUT", f"/users/{segment(user_id, 'user')}", json=body)
        return User.model_validate_json(reply.content)


def _noted(traits: Mapping[str, str | int | float | bool] | None) -> dict[str, str | int | float | bool] | None:
    for name, value in (traits or {}).items():
        if not name or max(len(name), len(str(value))) > _LONGEST:
            raise InvalidRequestError(f"the trait {name[:40]!r} does not fit: 1 to {_LONGEST} characters each.")
    return None if traits is None else dict(traits)
