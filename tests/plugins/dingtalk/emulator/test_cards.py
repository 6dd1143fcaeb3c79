import pytest

from gateway_dingtalk.emulator import Emulator

from .conftest import CARDS, Client, Json


async def test_a_card_is_shown_to_people_who_share_one_instance(
    client: Client, emulator: Emulator
) -> None:
    answer = (await client.show("t1", "li.wei", "wang.fang")).json()
    assert (answer["success"], answer["result"]["outTrackId"]) == (True, "t1")
    results = answer["result"]["deliverResults"]
    assert [(each["spaceType"], each["spaceId"], each["success"]) for each in results] == [
        ("IM_ROBOT", "li.wei", True),
        ("IM_ROBOT", "wang.fang", True),
    ]
    assert [each.out_track_id for each in emulator.messages] == ["t1", "t1"]
    assert emulator.messages[0].query_key == results[0]["carrierId"]
    await client.update("t1", status="approved")
    shown = {each.receiver: each.card.params["status"] for each in emulator.messages if each.card}
    assert shown == {"li.wei": "approved", "wang.fang": "approved"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cardTemplateId": None}, "MissingcardTemplateId"),
        ({"cardTemplateId": ""}, "param.cardTemplateIdEmpty"),
        ({"cardTemplateId": "x.schema"}, "param.templateNotExist"),
        ({"outTrackId": None}, "MissingoutTrackId"),
        ({"outTrackId": "x" * 101}, "param.invalid"),
        ({"cardData": None}, "param.cardPublicDataEmpty"),
        ({"cardData": {}}, "param.cardPublicDataEmpty"),
        ({"cardData": {"cardParamMap": {"n": 1}}}, "param.invalid"),
        ({"cardData": {"cardParamMap": {"n": True}}}, "param.invalid"),
        ({"cardData": {"cardParamMap": {"n": {}}}}, "param.invalid"),
        ({"cardData": {"cardParamMap": []}}, "param.invalid"),
        ({"cardData": {"cardParamMap": {"n": "字" * 342}}}, "param.invalid"),
        ({"cardData": {"cardParamMap": {"n" * 101: "x"}}}, "param.invalid"),
        ({"cardData": {"cardParamMap": {str(n): "x" * 1000 for n in range(110)}}}, "param.invalid"),
        ({"privateData": {"nobody": {"cardParamMap": {}}}}, "param.userIdNotExist"),
        ({"callbackType": "http"}, "param.invalid"),
        ({"callbackType": "HTTP", "callbackRouteKey": "k"}, "param.invalid"),
        ({"openSpaceId": None}, "MissingopenSpaceId"),
        ({"openSpaceId": "li.wei"}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card://IM_ROBOT.li.wei"}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card//im_robot.li.wei"}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card//IM_ROBOT.nobody"}, "param.userIdNotExist"),
        ({"openSpaceId": "dtv1.card//IM_GROUP.cidx"}, "param.openSpaceModelInvalid"),
        ({"imRobotOpenSpaceModel": None}, "param.openSpaceModelInvalid"),
        ({"imRobotOpenSpaceModel": {}}, "param.openSpaceModelInvalid"),
        ({"imRobotOpenDeliverModel": None}, "param.openDeliverModelEmpty"),
        ({"imRobotOpenDeliverModel": {"robotCode": "x"}}, "param.openDeliverModelError"),
        ({"imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"}}, "param.openDeliverModelError"),
    ],
)
async def test_a_wrong_card_is_refused_and_not_kept(
    client: Client, emulator: Emulator, changes: Json, code: str
) -> None:
    answer = await client.show("t1", "li.wei", **changes)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert (emulator.messages, emulator.cards) == ([], {})


async def test_what_the_documents_leave_open_is_a_switch(
    client: Client, emulator: Emulator
) -> None:
    emulator.turn(
        {
            "card_value_bytes": None,
            "loose_spaces": True,
            "deliver_without_robot": True,
            "unknown_card_user": "result",
        }
    )
    answer = await client.show(
        "t1",
        openSpaceId="dtv1.card://im_robot.li.wei;dtv1.card//IM_ROBOT.nobody",
        cardData={"cardParamMap": {"markdown": "x" * 18_000}},
        imRobotOpenDeliverModel={"spaceType": "IM_ROBOT"},
    )
    results = answer.json()["result"]["deliverResults"]
    assert [(each["success"], each["errorMsg"]) for each in results] == [
        (True, ""),
        (False, "用户不存在"),
    ]


async def test_who_cannot_be_shown_the_card_is_told_place_by_place(
    client: Client, emulator: Emulator
) -> None:
    emulator.people["li.wei"].blocked_robot = True
    emulator.people["wang.fang"].in_scope = False
    answer = await client.show("t1", "li.wei", "wang.fang", "zhao.jun")
    assert answer.status_code == 200
    results = answer.json()["result"]["deliverResults"]
    assert [each["success"] for each in results] == [False, False, True]
    assert all(each["errorMsg"] for each in results[:2])
    assert [each.receiver for each in emulator.messages] == ["zhao.jun"]


async def test_an_id_in_use_is_refused_or_keeps_its_old_card(
    client: Client, emulator: Emulator
) -> None:
    await client.show("t1", "li.wei")
    changed = {"cardData": {"cardParamMap": {"title": "Other"}}}
    again = await client.show("t1", "li.wei", **changed)
    assert (again.status_code, again.json()["code"]) == (400, "param.cardAlreadyExist")
    emulator.repeated_card = "old"
    again = await client.show("t1", "li.wei", "wang.fang", **changed)
    assert again.json()["result"]["deliverResults"][0]["carrierId"] == (
        emulator.messages[0].query_key
    )
    assert [each.receiver for each in emulator.messages] == ["li.wei", "wang.fang"]
    assert emulator.cards["t1"].params["title"] == "Disk is full"


async def test_an_update_wipes_what_it_does_not_name_unless_it_is_by_key(
    client: Client, emulator: Emulator
) -> None:
    await client.show("t1", "li.wei")
    answer = await client.update("t1", status="approved")
    assert answer.json() == {"success": True, "result": True}
    assert emulator.cards["t1"].params == {"title": "Disk is full", "status": "approved"}
    await client.update("t1", by_key=False, status="closed")
    assert emulator.cards["t1"].params == {"status": "closed"}
    assert len(emulator.messages[0].updates) == 2


async def test_private_data_is_seen_by_one_person_only(client: Client, emulator: Emulator) -> None:
    private = {"li.wei": {"cardParamMap": {"show_actions": "false"}}}
    await client.show("t1", "li.wei", "wang.fang", privateData=private)
    card = emulator.cards["t1"]
    assert card.seen_by("li.wei")["show_actions"] == "false"
    assert "show_actions" not in card.seen_by("wang.fang")
    body: Json = {"outTrackId": "t1", "privateData": {"li.wei": {"cardParamMap": {"a": "1"}}}}
    options = {"updatePrivateDataByKey": True}
    await client.new("PUT", CARDS, {**body, "cardUpdateOptions": options})
    assert card.private["li.wei"] == {"show_actions": "false", "a": "1"}
    await client.new("PUT", CARDS, body)
    assert card.private["li.wei"] == {"a": "1"}
    assert card.params["title"] == "Disk is full"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "MissingoutTrackId"),
        ({"outTrackId": ""}, "param.outTrackIdEmpty"),
        ({"outTrackId": "t1"}, "param.cardDataAndPrivateDataBothEmpty"),
        (
            {"outTrackId": "t1", "cardData": {"cardParamMap": {}}},
            "param.cardDataAndPrivateDataBothEmpty",
        ),
        ({"outTrackId": "t1", "cardData": {"cardParamMap": {"a": 1}}}, "param.invalid"),
        ({"outTrackId": "t2", "cardData": {"cardParamMap": {"a": "1"}}}, "param.cardNotExist"),
    ],
)
async def test_a_wrong_update_is_refused(client: Client, body: Json, code: str) -> None:
    await client.show("t1", "li.wei")
    answer = await client.new("PUT", CARDS, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_the_card_of_another_app_is_not_there(client: Client, emulator: Emulator) -> None:
    await client.show("t1", "li.wei")
    emulator.add_app("dingother", "secret")
    await client.log_in("dingother", "secret")
    assert (await client.update("t1", status="x")).json()["code"] == "param.cardNotExist"


async def test_a_card_may_be_created_first_and_delivered_later(
    client: Client, emulator: Emulator
) -> None:
    body = client.card("t1", "li.wei", imRobotOpenSpaceModel=None)
    created = await client.new("POST", CARDS, body)
    assert created.json() == {"success": True, "result": "t1"}
    assert emulator.messages == []
    refused = await client.new("POST", f"{CARDS}/deliver", body)
    assert refused.json()["code"] == "param.openSpaceModelInvalid"
    model = {"supportForward": True}
    await client.new("PUT", f"{CARDS}/spaces", {"outTrackId": "t1", "imRobotOpenSpaceModel": model})
    answer = (await client.new("POST", f"{CARDS}/deliver", body)).json()
    assert [each["success"] for each in answer["result"]] == [True]
    assert len(emulator.messages) == 1


async def test_a_card_is_shown_to_a_group_and_by_unionid(
    client: Client, emulator: Emulator
) -> None:
    [group] = emulator.groups.values()
    union_id = emulator.people["li.wei"].union_id
    place = f"dtv1.card//IM_GROUP.{group.open_conversation_id};dtv1.card//IM_ROBOT.{union_id}"
    answer = await client.show(
        "t1",
        openSpaceId=f"{place};dtv1.card//IM_GROUP.cidx;dtv1.card//ONE_BOX.cidx",
        userIdType=2,
        imGroupOpenSpaceModel={"supportForward": False},
        imGroupOpenDeliverModel={"robotCode": client.robot_code},
        topOpenSpaceModel={"spaceType": "ONE_BOX"},
        topOpenDeliverModel={"expiredTimeMillis": 1},
    )
    results = answer.json()["result"]["deliverResults"]
    assert [each["success"] for each in results] == [True, True, False, False]
    assert [each.receiver for each in emulator.messages] == [group.open_conversation_id, "li.wei"]


async def test_a_template_must_be_published(client: Client, emulator: Emulator) -> None:
    emulator.templates[client.template_id].published = False
    refused = await client.show("t1", "li.wei")
    assert refused.json()["code"] == "param.templateUnpublished"


async def test_a_callback_address_is_registered_once_and_changed_by_force(
    client: Client, emulator: Emulator
) -> None:
    path = "/v1.0/card/callbacks/register"
    body = {"callbackRouteKey": "k", "callbackUrl": "https://a.example/cb", "apiSecret": "s"}
    first = await client.new("POST", path, body)
    stored = {"callbackUrl": "https://a.example/cb", "apiSecret": "s"}
    assert first.json() == {"success": True, "result": stored}
    other = {**body, "callbackUrl": "https://b.example/cb"}
    assert (await client.new("POST", path, other)).json()["result"] == stored
    emulator.repeated_route = "refuse"
    refused = await client.new("POST", path, other)
    assert (refused.status_code, refused.json()["code"]) == (500, "param.callbackRouteKeyExist")
    forced = (await client.new("POST", path, {**other, "forceUpdate": True})).json()
    assert forced["result"]["callbackUrl"] == "https://b.example/cb"
    wrong = await client.new("POST", path, {**body, "callbackUrl": "ftp://a"})
    assert wrong.json()["code"] == "param.invalid"
    shown = await client.show("t1", "li.wei", callbackType="HTTP", callbackRouteKey="k")
    assert shown.status_code == 200
