"""The vendor's own client talks to the emulator on a real port and must be content."""

import importlib
import io
import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette

from gateway_lark.emulator import Emulator, Person, create

from .conftest import served

pytestmark = pytest.mark.judge

Vendor = Any  # the client has no types worth naming
APIS = ("application.v6", "cardkit.v1", "contact.v3", "im.v1", "tenant.v2")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
CARD = {"schema": "2.0", "body": {"elements": [{"tag": "markdown", "content": "hi"}]}}


@pytest.fixture(scope="module")
def oapi() -> Vendor:
    """Import the client, or fail: a judge who is absent must not acquit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for api in APIS:
            importlib.import_module(f"lark_oapi.api.{api}")
        return importlib.import_module("lark_oapi")


@pytest.fixture(scope="module")
def app() -> Starlette:
    return create(enforce_limits=False)


@pytest.fixture(scope="module")
def address(app: Starlette) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture(scope="module")
def judge(oapi: Vendor, app: Starlette, address: str) -> Vendor:
    config = app.state.demo["config"]
    builder = oapi.Client.builder().app_id(config["app_id"]).app_secret(config["app_secret"])
    return builder.domain(address).log_level(oapi.LogLevel.ERROR).build()


@pytest.fixture
def emulator(app: Starlette) -> Emulator:
    found: Emulator = app.state.emulator
    found.outbox.messages.clear()
    return found


@pytest.fixture
def li_wei(emulator: Emulator) -> Person:
    return emulator.people["li.wei"]


@pytest.fixture
def open_id(app: Starlette, emulator: Emulator, li_wei: Person) -> str:
    return emulator.open_id(app.state.demo["config"]["app_id"], li_wei)


def raw(oapi: Vendor, judge: Vendor, method: str, path: str, body: object = None) -> dict[str, Any]:
    builder = oapi.BaseRequest.builder().http_method(oapi.HttpMethod[method]).uri(path)
    request = builder.token_types({oapi.AccessTokenType.TENANT}).body(body).build()
    answer = judge.request(request)
    assert answer.success(), answer.msg
    assert answer.get_log_id()
    found: dict[str, Any] = json.loads(answer.raw.content)
    return found


def sent(oapi: Vendor, judge: Vendor, open_id: str, card: object = CARD) -> str:
    im = oapi.api.im.v1
    body = im.CreateMessageRequestBody.builder().receive_id(open_id).msg_type("interactive")
    body = body.content(json.dumps(card)).build()
    builder = im.CreateMessageRequest.builder().receive_id_type("open_id")
    answer = judge.im.v1.message.create(builder.request_body(body).build())
    assert answer.success(), answer.msg
    message_id: str = answer.data.message_id
    return message_id


def test_it_finds_people_by_mail_and_mobile(
    oapi: Vendor,
    judge: Vendor,
    li_wei: Person,
    open_id: str,
) -> None:
    contact = oapi.api.contact.v3
    body = contact.BatchGetIdUserRequestBody.builder()
    body = body.emails([li_wei.email, "nobody@x.y"]).mobiles([li_wei.mobile]).build()
    request = contact.BatchGetIdUserRequest.builder().user_id_type("open_id")
    answer = judge.contact.v3.user.batch_get_id(request.request_body(body).build())
    assert answer.success(), answer.msg
    assert [each.user_id for each in answer.data.user_list] == [open_id, None, open_id]
    assert answer.data.user_list[0].status.is_activated is True


def test_it_sends_updates_answers_and_recalls(
    oapi: Vendor,
    judge: Vendor,
    emulator: Emulator,
    open_id: str,
) -> None:
    im, calls = oapi.api.im.v1, judge.im.v1.message
    message_id = sent(oapi, judge, open_id)
    patch = im.PatchMessageRequestBody.builder().content('{"schema":"2.0"}').build()
    request = im.PatchMessageRequest.builder().message_id(message_id).request_body(patch).build()
    assert calls.patch(request).success()
    said = im.ReplyMessageRequestBody.builder().msg_type("text").content('{"text":"x"}')
    reply = im.ReplyMessageRequest.builder().message_id(message_id)
    answer = calls.reply(reply.request_body(said.uuid("r1").build()).build())
    assert answer.data.parent_id == message_id
    assert calls.delete(im.DeleteMessageRequest.builder().message_id(message_id).build()).success()
    assert [each.recalled for each in emulator.messages] == [True, False]
    assert emulator.messages[0].updates == ['{"schema":"2.0"}']


def test_it_reads_a_refusal(oapi: Vendor, judge: Vendor) -> None:
    im = oapi.api.im.v1
    request = im.DeleteMessageRequest.builder().message_id("om_nobody").build()
    answer = judge.im.v1.message.delete(request)
    assert (answer.code, answer.success()) == (99992354, False)
    assert answer.get_log_id()


def test_it_sends_a_batch_by_a_raw_call(
    oapi: Vendor,
    judge: Vendor,
    emulator: Emulator,
    open_id: str,
) -> None:
    body = {"open_ids": [open_id, "ou_nobody"], "msg_type": "interactive", "card": CARD}
    answer = raw(oapi, judge, "POST", "/open-apis/message/v4/batch_send/", body)
    assert answer["data"]["invalid_open_ids"] == ["ou_nobody"]
    assert len(emulator.messages) == 1
    im = oapi.api.im.v1
    request = im.GetProgressBatchMessageRequest.builder()
    request = request.batch_message_id(answer["data"]["message_id"]).build()
    progress = judge.im.v1.batch_message.get_progress(request)
    assert progress.success(), progress.msg
    assert progress.data.batch_message_send_progress.read_user_ids_count == 0


def test_it_makes_sends_and_updates_a_card_entity(
    oapi: Vendor,
    judge: Vendor,
    emulator: Emulator,
    open_id: str,
) -> None:
    kit = oapi.api.cardkit.v1
    body = kit.CreateCardRequestBody.builder().type("card_json").data(json.dumps(CARD)).build()
    made = judge.cardkit.v1.card.create(kit.CreateCardRequest.builder().request_body(body).build())
    assert made.success(), made.msg
    card_id = made.data.card_id
    sent(oapi, judge, open_id, {"type": "card", "data": {"card_id": card_id}})
    card = kit.Card.builder().type("card_json").data('{"schema":"2.0"}').build()
    change = kit.UpdateCardRequestBody.builder().card(card).uuid("u").sequence(1).build()
    request = kit.UpdateCardRequest.builder().card_id(card_id).request_body(change).build()
    assert judge.cardkit.v1.card.update(request).success()
    assert emulator.messages[0].card == {"schema": "2.0"}


def test_it_uploads_an_image(oapi: Vendor, judge: Vendor, emulator: Emulator) -> None:
    im = oapi.api.im.v1
    body = im.CreateImageRequestBody.builder().image_type("message").image(io.BytesIO(PNG)).build()
    answer = judge.im.v1.image.create(im.CreateImageRequest.builder().request_body(body).build())
    assert answer.success(), answer.msg
    assert emulator.uploads[answer.data.image_key].data == PNG


def test_it_checks_a_setup(oapi: Vendor, judge: Vendor, app: Starlette) -> None:
    config = app.state.demo["config"]
    assert raw(oapi, judge, "GET", "/open-apis/bot/v3/info")["bot"]["activate_status"] == 2
    v6 = oapi.api.application.v6
    request = v6.GetApplicationRequest.builder().app_id("me").lang("en_us").build()
    me = judge.application.v6.application.get(request)
    assert me.data.app.app_id == config["app_id"]
    assert me.data.app.status == 1
    scopes = judge.application.v6.scope.list(v6.ListScopeRequest.builder().build())
    assert {each.grant_status for each in scopes.data.scopes} == {1}
    tenant = judge.tenant.v2.tenant.query(oapi.api.tenant.v2.QueryTenantRequest.builder().build())
    assert tenant.data.tenant.name == config["organization"]


def test_it_hears_that_a_secret_is_wrong(oapi: Vendor, app: Starlette, address: str) -> None:
    # the client keeps tokens by app id for the whole process, so this one must be new to it
    app.state.emulator.add_app("cli_fresh", "right")
    builder = oapi.Client.builder().app_id("cli_fresh").app_secret("wrong")
    client = builder.domain(address).log_level(oapi.LogLevel.ERROR).build()
    request = oapi.api.tenant.v2.QueryTenantRequest.builder().build()
    with pytest.raises(oapi.core.exception.ObtainAccessTokenException, match="10014"):
        client.tenant.v2.tenant.query(request)
