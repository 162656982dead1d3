"""An app around a counterpart that holds every exchange against the platform's own description; OpenAI's by default."""

from tests.contracts.openai import validate_exchange


class Contract:
    """An ASGI app around another."""

    def __init__(self, app, validate=validate_exchange):
        self.app = app
        self.validate = validate
        self.faults = []
        self.checked = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked, answered, start = bytearray(), bytearray(), {}

        async def hear():
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def say(message):
            start.update({} if start else message)
            answered.extend(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self._check(scope, bytes(asked), start, bytes(answered))  # before the client can go on
            await send(message)

        await self.app(scope, hear, say)

    def _check(self, scope, asked, start, answered):
        sent = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        query = scope["query_string"].decode()
        path = scope["raw_path"].decode() + (f"?{query}" if query else "")
        self.checked += 1
        try:
            self.validate(
                scope["method"], path, start["status"], sent.get("content-type", ""), asked,
                headers.get("content-type", ""), answered,
            )  # fmt: skip
        except AssertionError as fault:
            self.faults.append(str(fault))
