"""The names that applications write: each operation of the seven platforms beside GitHub and Redis, and what it takes by place and by name."""

import functools
import inspect

import pytest

from unifykit import Platforms, settings, webhooks

NOWHERE = "http://127.0.0.1:9"
ACCOUNTS = {
    "gitlab": settings.GitLabSettings(token="t", base_url=NOWHERE),
    "supabase": settings.SupabaseSettings(url=NOWHERE, key="k"),
    "stripe": settings.StripeSettings(secret_key="sk_test_a", base_url=NOWHERE),
    "openai": settings.OpenAISettings(api_key="k", base_url=NOWHERE),
    "agora": settings.AgoraSettings(app_id="0" * 32, app_certificate="1" * 32, base_url=NOWHERE),
    "logrocket": settings.LogRocketSettings(api_key="org:app:key", base_url=NOWHERE),
    "mapbox": settings.MapboxSettings(access_token="pk.a", base_url=NOWHERE),
}

# what stands before the star is given by place, in this order; what stands after it, by name only
NAMES = """
gitlab.projects.list * owned
gitlab.projects.create name *
gitlab.projects.get project
gitlab.projects.update project *
gitlab.projects.archive project
gitlab.projects.unarchive project
gitlab.projects.fork project *
gitlab.projects.star project
gitlab.projects.unstar project
gitlab.projects.delete project
gitlab.pipelines.list project *
gitlab.pipelines.create project * ref variables
gitlab.pipelines.get project pipeline_id
gitlab.pipelines.cancel project pipeline_id
gitlab.pipelines.retry project pipeline_id
gitlab.pipelines.jobs project pipeline_id *
gitlab.jobs.get project job_id
gitlab.jobs.retry project job_id
gitlab.jobs.cancel project job_id
gitlab.jobs.artifacts project job_id
gitlab.jobs.artifact project job_id path
gitlab.jobs.log project job_id
gitlab.merge_requests.create project * source_branch target_branch title description
gitlab.merge_requests.list project *
gitlab.merge_requests.get project iid
gitlab.merge_requests.approve project iid *
gitlab.merge_requests.merge project iid *
gitlab.merge_requests.comment project iid body
gitlab.merge_requests.set_reviewers project iid user_ids
gitlab.issues.create project * title description labels
gitlab.issues.list project *
gitlab.issues.get project iid
gitlab.issues.update project iid *
gitlab.issues.close project iid
gitlab.issues.comment project iid body
gitlab.issues.add_labels project iid labels
gitlab.issues.assign project iid user_ids
gitlab.issues.add_spent_time project iid duration *
gitlab.issues.reset_spent_time project iid
gitlab.boards.list project
gitlab.registry.repositories project
gitlab.registry.get repository_id
gitlab.registry.tags project repository_id
gitlab.registry.tag project repository_id name
gitlab.registry.delete_tag project repository_id name
gitlab.me
gitlab.groups.list *
gitlab.events.list *
gitlab.snippets.list
supabase.rpc function params
supabase.auth.sign_up email password * data
supabase.auth.sign_in email password
supabase.auth.sign_out *
supabase.auth.user
supabase.auth.update_user * data email password
supabase.auth.reset_password email * redirect_to
supabase.auth.oauth_url provider * redirect_to scopes
supabase.auth.refresh refresh_token
supabase.auth.admin.list_users
supabase.auth.admin.create_user email *
supabase.auth.admin.delete_user uid
supabase.storage.list_buckets
supabase.storage.create_bucket name * public
supabase.functions.invoke name * body headers method
stripe.customers.create * email name metadata idempotency_key
stripe.customers.get customer_id
stripe.customers.update customer_id * email
stripe.customers.delete customer_id
stripe.customers.list *
stripe.customers.search query
stripe.payment_intents.create * amount currency
stripe.payment_intents.get payment_intent_id
stripe.payment_intents.confirm payment_intent_id *
stripe.payment_intents.capture payment_intent_id *
stripe.payment_intents.cancel payment_intent_id *
stripe.payment_intents.update payment_intent_id *
stripe.payment_intents.list *
stripe.subscriptions.create * customer items trial_period_days
stripe.subscriptions.get subscription_id
stripe.subscriptions.update subscription_id *
stripe.subscriptions.cancel subscription_id *
stripe.subscriptions.pause subscription_id * behavior
stripe.subscriptions.resume subscription_id *
stripe.subscriptions.list *
stripe.products.create *
stripe.products.get product_id
stripe.products.update product_id *
stripe.products.archive product_id *
stripe.products.list *
stripe.prices.create *
stripe.prices.get price_id
stripe.prices.update price_id *
stripe.prices.archive price_id *
stripe.prices.list *
stripe.invoices.create *
stripe.invoices.get invoice_id
stripe.invoices.finalize invoice_id *
stripe.invoices.pay invoice_id *
stripe.invoices.send invoice_id *
stripe.invoices.void invoice_id *
stripe.invoices.list *
stripe.invoice_items.create *
stripe.invoice_items.list *
stripe.invoice_items.delete invoice_item_id
stripe.refunds.create * payment_intent amount
stripe.refunds.get refund_id
stripe.refunds.list *
stripe.webhook_endpoints.create *
stripe.webhook_endpoints.list
stripe.webhook_endpoints.delete webhook_endpoint_id
stripe.checkout.create * mode line_items success_url cancel_url customer
stripe.checkout.get session_id
stripe.checkout.expire session_id *
stripe.portal.create * customer return_url
stripe.account
stripe.balance
stripe.payment_methods.list * customer type
stripe.payment_methods.attach payment_method_id * customer
stripe.payment_methods.detach payment_method_id *
openai.chat.complete model messages * tools response_model
openai.chat.stream model messages * tools response_model
openai.chat.run_tools model messages tools *
openai.responses.create model input *
openai.responses.stream model input *
openai.responses.get id
openai.responses.delete id
openai.embeddings.create model text *
openai.embeddings.batch model texts * progress
openai.images.generate model prompt *
openai.images.edit image * mask prompt
openai.images.vary image *
openai.audio.speak model text * voice
openai.audio.transcribe model file *
openai.audio.translate model file *
openai.assistants.create * name instructions model tools
openai.threads.create *
openai.threads.add thread text *
openai.threads.run thread assistant *
openai.threads.messages thread *
openai.files.upload file * purpose
openai.files.list *
openai.files.get id
openai.files.content id
openai.files.delete id
openai.fine_tuning.create model training_file *
openai.fine_tuning.list
openai.fine_tuning.get id
openai.fine_tuning.cancel id
openai.fine_tuning.events id
openai.models.list
agora.tokens.rtc channel * uid role expires_in version
agora.tokens.rtm user * expires_in version
agora.tokens.chat user * version
agora.channels.list *
agora.channels.users channel *
agora.channels.user_status channel uid
agora.bans.create channel *
agora.bans.list
agora.bans.update ban *
agora.bans.delete ban
agora.recordings.start channel *
agora.recordings.query recording
agora.recordings.update recording *
agora.recordings.stop recording *
logrocket.users.identify user_id * name email traits
logrocket.highlights.request *
logrocket.exports.list * since
logrocket.exports.sessions export *
logrocket.audit_logs.list *
logrocket.releases.create version
logrocket.releases.upload_sourcemaps version folder * progress
logrocket.snippet *
mapbox.geocode.forward text *
mapbox.geocode.reverse lon lat *
mapbox.geocode.batch queries *
mapbox.directions.get points * profile
mapbox.directions.matrix points *
mapbox.directions.isochrone point * minutes
mapbox.directions.optimize points *
mapbox.static_map center *
mapbox.tilequery.get lon lat *
mapbox.tokens.create scopes *
mapbox.tokens.list *
mapbox.tokens.delete token_id *
"""


@functools.cache
def platforms():
    return Platforms(**ACCOUNTS)


@pytest.mark.parametrize("line", NAMES.split("\n")[1:-1])
def test_the_name_and_what_it_takes(line):
    path, *words = line.split()
    parameters = inspect.signature(functools.reduce(getattr, path.split("."), platforms())).parameters
    by_place, by_name = words, []
    if "*" in words:
        by_place, by_name = words[: words.index("*")], words[words.index("*") + 1 :]
    kinds = {name: one.kind for name, one in parameters.items()}
    assert [name for name, kind in kinds.items() if kind is not inspect.Parameter.KEYWORD_ONLY] == by_place
    assert {name for name in by_name if kinds.get(name) is inspect.Parameter.KEYWORD_ONLY} == set(by_name)


def test_the_one_door_for_webhooks():
    parameters = inspect.signature(webhooks.verify).parameters
    kinds = {name: one.kind is inspect.Parameter.KEYWORD_ONLY for name, one in parameters.items()}
    assert kinds == {
        "provider": False, "headers": False, "body": False, "secrets": False, "tolerance": True, "now": True, "dedupe": True,
    }  # fmt: skip
    assert parameters["tolerance"].default == 300
