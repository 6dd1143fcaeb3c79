import pytest

from gateway_lark.emulator import Emulator, Person

from .conftest import Client, Json


def new_card(*elements: Json, **more: object) -> Json:
    return {"schema": "2.0", "body": {"elements": list(elements)}, **more}


def button(**more: object) -> Json:
    return {"tag": "button", "text": {"tag": "plain_text", "content": "Go"}, **more}


MD = {"tag": "markdown", "content": "hi"}


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"schema": "2.0"},
        new_card(MD, {"tag": "hr"}, button(type="danger_filled", width="fill")),
        new_card({"tag": "column_set", "columns": [{"tag": "column", "elements": [MD]}]}),
        new_card(button(behaviors=[{"type": "callback", "value": {"a": 1}}])),
        new_card(button(behaviors=[{"type": "open_url", "default_url": "https://x.example"}])),
        new_card(MD, config={"update_multi": True, "width_mode": "fill", "locales": ["en_us"]}),
        new_card({"tag": "markdown", "content": "x", "i18n_content": {"zh_cn": "你好"}}),
        {"elements": [MD], "unknown": 1, "config": {"wide_screen_mode": True}},
        {"elements": [{"tag": "action", "actions": [button(url="https://x.example")]}]},
        {"elements": [{"tag": "note", "elements": [{"tag": "plain_text", "content": "n"}]}]},
        {"i18n_elements": {"zh_cn": [MD], "en_us": [MD]}},
    ],
)
async def test_a_good_card_is_accepted(client: Client, li_wei: Person, card: Json) -> None:
    answer = (await client.send(li_wei, card)).json()
    assert answer["code"] == 0, answer["msg"]


PLAIN = {"tag": "plain_text", "content": "x"}
NO_IMAGE = {"tag": "img", "img_key": "img_v3_x", "alt": PLAIN}
BAD: list[tuple[int, Json]] = [
    (200621, new_card(surprise=1)),
    (200621, new_card(MD | {"surprise": 1})),
    (200621, new_card({"tag": "surprise"})),
    (200621, new_card({"tag": "markdown"})),
    (200621, new_card({"tag": "markdown", "content": 1})),
    (200621, {"schema": "2.0", "elements": [MD]}),
    (200621, {"schema": "3.0"}),
    (200621, new_card(header={"title": PLAIN, "template": "pink"})),
    (200621, {"schema": "2.0", "header": {"template": "red"}}),
    (200621, new_card(button(type="huge"))),
    (200621, new_card(button(behaviors=[{"type": "callback", "value": "text"}]))),
    (200621, new_card(button(behaviors=[{"type": "open_url", "default_url": "javascript:1"}]))),
    (200621, new_card(button(confirm={"title": {"tag": "plain_text", "content": "Sure?"}}))),
    (200621, new_card(card_link={"pc_url": "https://x.example"})),
    (200621, new_card({"tag": "markdown", "content": "x", "i18n_content": {"klingon": "Qapla"}})),
    (200621, {"elements": [button(url="https://x.example")]}),
    (200861, new_card({"tag": "note", "elements": []})),
    (200861, new_card({"tag": "action", "actions": []})),
    (300301, new_card(MD | {"element_id": "a"}, MD | {"element_id": "a"})),
    (300301, new_card(MD | {"element_id": "1a"})),
    (300302, new_card(config={"update_multi": False})),
    (11310, new_card(*[MD] * 201)),
    (200570, new_card(NO_IMAGE)),
    (200570, new_card({"tag": "markdown", "content": "![x](img_v3_x)"})),
    (100290, new_card({"tag": "markdown", "content": "<at id=ou_nobody></at>"})),
    (100290, new_card({"tag": "markdown", "content": "<at id=all></at>"})),
    (100290, new_card({"tag": "markdown", "content": "<at user_id=li.wei></at>"})),
    (100290, new_card({"tag": "markdown", "content": "<at email=nobody@x.y></at>"})),
    (200380, {"type": "template", "data": {"template_id": "AAqx"}}),
    (200740, {"type": "card", "data": {"card_id": "1"}}),
]  # fmt: skip


@pytest.mark.parametrize(("sub", "card"), BAD)
async def test_a_bad_card_is_refused_with_its_sub_code(
    client: Client, li_wei: Person, sub: int, card: Json
) -> None:
    answer = await client.send(li_wei, card)
    assert (answer.status_code, answer.json()["code"]) == (400, 230099)
    assert f"ErrCode: {sub};" in answer.json()["msg"]


async def test_the_refusal_names_the_place(client: Client, li_wei: Person) -> None:
    card = new_card(MD, MD, {"tag": "note", "elements": []})
    answer = (await client.send(li_wei, card)).json()
    assert "ErrPath: ROOT -> body -> elements -> [2](tag: note);" in answer["msg"]


async def test_people_of_the_tenant_can_be_mentioned(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    open_id = emulator.open_id(client.app_id, li_wei)
    said = f"<at id={open_id}></at> <at ids={open_id},li.wei></at> <at email={li_wei.email}></at>"
    answer = await client.send(li_wei, new_card({"tag": "markdown", "content": said}))
    assert answer.json()["code"] == 0


async def test_an_open_id_of_another_app_cannot_be_mentioned(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    emulator.add_app("cli_other", "s")
    said = f"<at id={emulator.open_id('cli_other', li_wei)}></at>"
    answer = await client.send(li_wei, new_card({"tag": "markdown", "content": said}))
    assert "ErrCode: 100290;" in answer.json()["msg"]


async def test_a_template_is_filled_with_its_variables(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    emulator.add_template("AAqx", new_card({"tag": "markdown", "content": "Hi ${name}"}))
    data = {"template_id": "AAqx", "template_variable": {"name": 'Li "Wei"'}}
    await client.send(li_wei, {"type": "template", "data": data})
    shown = emulator.messages[0].card
    assert shown == new_card({"tag": "markdown", "content": 'Hi Li "Wei"'})


async def test_a_card_nested_too_deeply_is_refused_not_crashed_on(
    client: Client, li_wei: Person
) -> None:
    text = '{"a":' * 5000 + "1" + "}" * 5000
    answer = await client.send(li_wei, msg_type="interactive", content=text)
    assert answer.json()["code"] in (230025, 230099)
    columns: Json = MD
    for _ in range(120):
        columns = {"tag": "column_set", "columns": [{"tag": "column", "elements": [columns]}]}
    for card in (new_card(columns), {"elements": [columns]}):
        answer = await client.send(li_wei, card)
        assert answer.json()["code"] == 230099
