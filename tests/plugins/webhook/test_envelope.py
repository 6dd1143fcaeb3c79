"""A receiver that is a program hears what the card is about."""

from datetime import UTC, datetime

import pytest

from gateway.plugin import About, Card, Context
from gateway.testing import FakeClock, ScriptedTransport, context_for
from gateway_webhook import detect
from gateway_webhook.webhook import WebhookChannel
from gateway_webhook.webhook_credential import WebhookCredential


@pytest.fixture
def context() -> Context:
    return context_for(ScriptedTransport([]), FakeClock())


def test_the_event_names_the_notification_and_the_delivery(context: Context) -> None:
    credential = WebhookCredential.model_validate(
        {"url": "https://hooks.example.com/x", "secret": "whsec_" + "QUJD" * 8}
    )
    channel = WebhookChannel(credential, context)
    about = About(
        "ntf_1",
        "dlv_1",
        datetime(2026, 1, 5, 8, tzinfo=UTC),
        {"type": "ticket.closed", "subject": "ticket/4711", "overrides": {"x": {}}},
    )
    event = channel.envelop(channel.render(Card(title="<at id=all></at>")), about)
    assert event["data"]["notification"] == {
        "id": "ntf_1",
        "created_at": "2026-01-05T08:00:00.000Z",
        "type": "ticket.closed",
        "subject": "ticket/4711",
    }
    assert event["data"]["delivery"] == "dlv_1"
    assert event["data"]["card"]["title"] == "<at id=all></at>"


def test_a_pasted_address_names_its_type() -> None:
    url = "https://open.larksuite.com/open-apis/bot/v2/hook/0a1b2c3d-0000-4000-8000-0123456789ab"
    assert detect(f"here: {url} thanks") == ("lark-robot", {"webhook_url": url})
