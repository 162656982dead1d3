"""The Stripe client: what it is built of, and the operations on the account itself."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from unifykit._core.check import Probe, checkup
from unifykit._core.client import Client, Native
from unifykit._core.context import Operation
from unifykit._core.mode import Async, M
from unifykit._core.operation import SAFE, operation
from unifykit.errors import UnifyError
from unifykit.providers.stripe.errors import DIALECT, translate
from unifykit.providers.stripe.resource import StripeResource

if TYPE_CHECKING:
    import stripe

    from unifykit.providers.stripe.catalogue import Prices, Products
    from unifykit.providers.stripe.checkout import Checkout, Portal
    from unifykit.providers.stripe.customers import Customers
    from unifykit.providers.stripe.endpoints import Events, WebhookEndpoints
    from unifykit.providers.stripe.invoices import InvoiceItems, Invoices
    from unifykit.providers.stripe.methods import PaymentMethods
    from unifykit.providers.stripe.models import Account, Balance
    from unifykit.providers.stripe.payment_intents import PaymentIntents
    from unifykit.providers.stripe.refunds import Refunds
    from unifykit.providers.stripe.subscriptions import Subscriptions

_OFFICIAL = "https://api.stripe.com"


# Groups and models are imported where they are first used: the native client needs none of them.
class Stripe(Client[M], StripeResource[M]):
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
        home = Home(base, DIALECT.trusted if base == _OFFICIAL else (), secrets=(link.settings.secret_key,))
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

    @operation(SAFE)
    async def account(self) -> "Account":
        """The account that the key belongs to.

        https://docs.stripe.com/api/accounts/retrieve

        Raises:
            AuthenticationError: Stripe does not accept the key.

        Example:
            >>> p.stripe.account().id.startswith("acct_")
            True
        """
        from unifykit.providers.stripe.models import Account

        return Account.model_validate_json(await self.fetch("get", "/v1/account"))

    @operation(SAFE)
    async def balance(self) -> "Balance":
        """What the account holds.

        https://docs.stripe.com/api/balance/balance_retrieve

        Example:
            >>> [str(funds.money) for funds in p.stripe.balance().pending]
            ['0.00 EUR']
        """
        from unifykit.providers.stripe.models import Balance

        return Balance.model_validate_json(await self.fetch("get", "/v1/balance"))

    @checkup
    def check(self) -> Sequence[Probe["Stripe[Async]"]]:
        """Ask for everything of the account once: account, balance, customers, products, payments, payment methods.

        Only reads. Nothing is raised: what fails is in the report.

        Example:
            >>> p.stripe.check().ok
            True
        """
        return _PROBES

    @functools.cached_property
    def customers(self) -> "Customers[M]":
        """Those who pay."""
        from unifykit.providers.stripe.customers import Customers

        return Customers(self)

    @functools.cached_property
    def payment_intents(self) -> "PaymentIntents[M]":
        """Payments, from the wish to the money."""
        from unifykit.providers.stripe.payment_intents import PaymentIntents

        return PaymentIntents(self)

    @functools.cached_property
    def refunds(self) -> "Refunds[M]":
        """Money given back."""
        from unifykit.providers.stripe.refunds import Refunds

        return Refunds(self)

    @functools.cached_property
    def subscriptions(self) -> "Subscriptions[M]":
        """Customers who pay regularly."""
        from unifykit.providers.stripe.subscriptions import Subscriptions

        return Subscriptions(self)

    @functools.cached_property
    def products(self) -> "Products[M]":
        """What is sold."""
        from unifykit.providers.stripe.catalogue import Products

        return Products(self)

    @functools.cached_property
    def prices(self) -> "Prices[M]":
        """What products cost."""
        from unifykit.providers.stripe.catalogue import Prices

        return Prices(self)

    @functools.cached_property
    def invoices(self) -> "Invoices[M]":
        """What customers owe."""
        from unifykit.providers.stripe.invoices import Invoices

        return Invoices(self)

    @functools.cached_property
    def invoice_items(self) -> "InvoiceItems[M]":
        """What stands on invoices, or waits for one."""
        from unifykit.providers.stripe.invoices import InvoiceItems

        return InvoiceItems(self)

    @functools.cached_property
    def payment_methods(self) -> "PaymentMethods[M]":
        """The cards and accounts of customers."""
        from unifykit.providers.stripe.methods import PaymentMethods

        return PaymentMethods(self)

    @functools.cached_property
    def checkout(self) -> "Checkout[M]":
        """The payment page."""
        from unifykit.providers.stripe.checkout import Checkout

        return Checkout(self)

    @functools.cached_property
    def portal(self) -> "Portal[M]":
        """The page where customers see to their subscriptions."""
        from unifykit.providers.stripe.checkout import Portal

        return Portal(self)

    @functools.cached_property
    def webhook_endpoints(self) -> "WebhookEndpoints[M]":
        """Where events are sent."""
        from unifykit.providers.stripe.endpoints import WebhookEndpoints

        return WebhookEndpoints(self)

    @functools.cached_property
    def events(self) -> "Events[M]":
        """What happened."""
        from unifykit.providers.stripe.endpoints import Events

        return Events(self)


def _held(balance: "Balance") -> str:
    return ", ".join(str(funds.money) for funds in (*balance.available, *balance.pending)) or "nothing"


_PROBES: Sequence[Probe[Stripe[Async]]] = (
    Probe("account", lambda stripe: stripe.account(), lambda account: account.id),
    Probe("balance", lambda stripe: stripe.balance(), _held),
    Probe("customers", lambda stripe: stripe.customers.list().first(3), lambda found: f"{len(found)} read"),
    Probe("products", lambda stripe: stripe.products.list().first(3), lambda found: f"{len(found)} read"),
    Probe("payments", lambda stripe: stripe.payment_intents.list().first(3), lambda found: f"{len(found)} read"),
    Probe(
        "payment methods",
        lambda stripe: stripe.payment_methods.list(type="card").first(3),
        lambda found: f"{len(found)} read",
    ),
)
