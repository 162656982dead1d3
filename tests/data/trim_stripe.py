"""Cut Stripe's OpenAPI description and fixtures down: python trim_stripe.py spec3.json.gz fixtures3.json

The inputs are `latest/openapi.spec3.json` (gzipped) and `openapi/fixtures3.json` of the repository stripe/openapi. Kept are
the operations named here with every component they reference; prose and vendor extensions are left out.
"""

import gzip
import json
import sys
from pathlib import Path

from trim_openapi import kept, write

HERE = Path(__file__).parent
PATHS = """
/account /balance /billing_portal/sessions /charges /charges/search /charges/{charge} /charges/{charge}/refunds
/checkout/sessions /checkout/sessions/{session} /checkout/sessions/{session}/expire
/checkout/sessions/{session}/line_items /customers /customers/search /customers/{customer}
/customers/{customer}/payment_methods /customers/{customer}/subscriptions /events /events/{id} /invoice_payments
/invoice_payments/{invoice_payment} /invoiceitems /invoiceitems/{invoiceitem} /invoices /invoices/search
/invoices/{invoice} /invoices/{invoice}/finalize /invoices/{invoice}/lines /invoices/{invoice}/mark_uncollectible
/invoices/{invoice}/pay /invoices/{invoice}/send /invoices/{invoice}/void /payment_intents /payment_intents/search
/payment_intents/{intent} /payment_intents/{intent}/cancel /payment_intents/{intent}/capture
/payment_intents/{intent}/confirm /payment_methods /payment_methods/{payment_method}
/payment_methods/{payment_method}/attach /payment_methods/{payment_method}/detach /prices /prices/search
/prices/{price} /products /products/search /products/{id} /refunds /refunds/{refund} /subscription_items
/subscription_items/{item} /subscriptions /subscriptions/search /subscriptions/{subscription_exposed_id}
/subscriptions/{subscription}/resume /webhook_endpoints /webhook_endpoints/{webhook_endpoint}
"""
FIXTURES = """
account balance billing_portal.session charge checkout.session customer deleted_customer deleted_invoice
deleted_invoiceitem deleted_product deleted_webhook_endpoint event invoice invoiceitem item line_item payment_intent
payment_method price product refund subscription subscription_item webhook_endpoint
"""


def main(description, fixtures):
    described = json.loads(gzip.decompress(Path(description).read_bytes()))
    write(HERE / "stripe-openapi.json.gz", kept(described, [f"/v1{path}" for path in PATHS.split()]))
    resources = json.loads(Path(fixtures).read_text("utf-8"))["resources"]
    write(HERE / "stripe-fixtures.json.gz", {name: resources[name] for name in FIXTURES.split()})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
