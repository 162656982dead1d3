"""The Stripe client: what it is built of."""

from typing import TYPE_CHECKING, Any, ClassVar

from unifykit._core.client import Client, Dual, Native
from unifykit._core.context import Operation
from unifykit._core.mode import M
from unifykit.errors import UnifyError
from unifykit.providers.stripe.errors import DIALECT, translate

if TYPE_CHECKING:
    import stripe

_OFFICIAL = "https://api.stripe.com"


class Stripe(Client[M], Dual[M, "stripe.StripeClient"]):
    """Stripe for one account: `p.stripe`.

    https://docs.stripe.com/api

    `native` is one class for both modes: its ``*_async`` methods are the ones to await.
    """

    provider = "stripe"
    packages: ClassVar[tuple[str, ...]] = ("stripe",)
    dialect = DIALECT

    native: "Native[stripe.StripeClient, stripe.StripeClient]" = Native()

    def build_native(self) -> "stripe.StripeClient":
        """stripe-python's client on our wires."""
        import stripe

        from unifykit._wires.origin import Home
        from unifykit._wires.stripe import WiredHTTPClient
        from unifykit._wires.urllib3 import Pools, Wire

        # The SDK has one switch for the process; on, its first request would write an identifier to the user's home.
        stripe.enable_telemetry = False
        link = self.link
        base = link.settings.base_url
        home = Home(base, DIALECT.trusted if base == _OFFICIAL else ())
        wire = Wire(link.engine, link.clock, DIALECT, home, link.share("urllib3", Pools))
        return stripe.StripeClient(
            link.settings.secret_key.get_secret_value(),
            http_client=WiredHTTPClient(wire, lambda: self._async_client(home)),
            max_network_retries=0,
            base_addresses={}
            if base == _OFFICIAL
            else dict.fromkeys(("api", "connect", "files", "meter_events"), base),  # type: ignore[arg-type]  # its keys are literals
        )

    def _async_client(self, home: Any) -> Any:
        import httpx

        from unifykit._wires.httpx import family

        link, classes = self.link, family(httpx)
        return classes.AsyncClient(
            link.engine, link.clock, DIALECT, home, link.share("httpx async", classes.AsyncPools)
        )

    def translate(self, error: Exception, op: Operation) -> UnifyError:
        """The uniform error for what stripe-python, the network or a model raised."""
        return translate(error, op)
