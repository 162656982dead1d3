"""Each service's way of saying no."""

from typing import Any

_EXACT = {
    "23503": 409, "23505": 409, "25006": 405, "21000": 400, "42883": 404, "42P01": 404, "42P17": 500, "53400": 500,
    "P0001": 400, "57014": 500,
}  # fmt: skip
_FAMILIES = {
    "08": 503, "09": 500, "0L": 403, "0P": 403, "25": 500, "28": 403, "2D": 500, "38": 500, "39": 500, "3B": 500,
    "40": 500, "53": 503, "54": 500, "55": 500, "57": 500, "58": 500, "F0": 500, "HV": 500, "P0": 500, "XX": 500,
}  # fmt: skip
_AS_SAID = "PT"
_CODE = 5


class Refusal(Exception):  # noqa: N818 -- an answer, not a failure
    """An answer that says no.

    Attributes:
        status: The HTTP status.
        body: The JSON body, in the service's own shape.
        headers: More headers.
    """

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
        self.headers: dict[str, str] = {}


def rest(status: int, code: str, message: str, details: Any = None, hint: str | None = None) -> Refusal:
    """https://docs.postgrest.org/en/latest/references/errors.html."""
    return Refusal(status, {"code": code, "details": details, "hint": hint, "message": message})


def auth(status: int, code: str, message: str) -> Refusal:
    """https://supabase.com/docs/guides/auth/debugging/error-codes."""
    return Refusal(status, {"code": status, "error_code": code, "msg": message})


def storage(status: int, error: str, message: str) -> Refusal:
    """Files answer 400 and say what it is in the body.

    https://supabase.com/docs/guides/storage/debugging/error-codes
    """
    return Refusal(400, {"statusCode": str(status), "error": error, "message": message})


def unknown(method: str, path: str) -> Refusal:
    """What the sandbox does not have."""
    return Refusal(501, {"code": "sandbox", "message": f"The sandbox does not have {method} {path}."})


def status_of(code: str, *, anonymous: bool) -> int:
    """PostgREST's table from SQLSTATE to HTTP."""
    if code == "42501":
        return 401 if anonymous else 403
    if code.startswith(_AS_SAID) and len(code) == _CODE and code[2:].isdigit():
        return int(code[2:])
    return _EXACT.get(code) or _FAMILIES.get(code[:2], 400)
