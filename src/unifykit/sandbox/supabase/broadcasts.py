"""`/realtime/v1/api`: messages to the channels, over HTTP."""

from typing import Any, cast
from urllib.parse import unquote

from .call import Call, Reply
from .realtime import room
from .refusals import Refusal, unknown
from .topics import may_write

Payload = dict[str, Any]


async def answer(call: Call) -> Reply:
    """Answer one request to `/realtime/v1` that is no WebSocket: messages to all who are joined.

    https://supabase.com/docs/guides/realtime/broadcast#broadcast-using-the-rest-api
    """
    if call.method != "POST" or not call.path.startswith("/realtime/v1/api/broadcast"):
        raise unknown(call.method, call.path)
    messages: Any
    private = call.argument.get("private") == "true"
    named = call.path.removeprefix("/realtime/v1/api/broadcast").strip("/").split("/")
    if named == [""]:
        messages = call.json().get("messages")
    elif len(named) == 3 and named[1] == "events":  # noqa: PLR2004 -- topic, "events", event
        messages = [
            {"topic": unquote(named[0]), "event": unquote(named[2]), "payload": call.json(), "private": private}
        ]
    else:
        raise unknown(call.method, call.path)
    if not isinstance(messages, list) or not all(_is_message(one) for one in cast("list[object]", messages)):
        raise Refusal(422, {"errors": {"messages": [{"topic": ["can't be blank"], "event": ["can't be blank"]}]}})
    for one in cast("list[Payload]", messages):
        name, private = str(one["topic"]), bool(one.get("private"))
        if not private or await may_write(call.project.lines, name, call.claims, "broadcast"):
            call.project.realtime.broadcast(room(name, private=private), one["event"], one.get("payload"))
    return Reply(None, 202)


def _is_message(one: object) -> bool:
    return isinstance(one, dict) and bool(cast("Payload", one).get("topic")) and bool(cast("Payload", one).get("event"))
