"""Pools of Redis connections that may be asked through the tap, see `tap`."""

from typing import Any

from unifykit._wires import tap


class Tappable:
    """A pool whose connections may be asked through the tap."""

    def get_connection(self, *_: Any, **__: Any) -> Any:
        if tap.installed is None:
            return super().get_connection()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
        from unifykit._wires.tap_redis import TappedConnection

        return TappedConnection(tap.installed, self, super().get_connection, self.release)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]

    def release(self, connection: Any) -> None:
        if connection.tapped:
            connection.give_back()
        else:
            super().release(connection)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


class AsyncTappable:
    """See `Tappable`."""

    async def get_connection(self, *_: Any, **__: Any) -> Any:
        if tap.installed is None:
            return await super().get_connection()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
        from unifykit._wires.tap_redis import AsyncTappedConnection

        return AsyncTappedConnection(tap.installed, self, super().get_connection, self.release)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]

    async def release(self, connection: Any) -> None:
        if connection.tapped:
            await connection.give_back()
        else:
            await super().release(connection)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
