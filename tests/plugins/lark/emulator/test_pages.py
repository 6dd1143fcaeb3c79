import json

import httpx
import pytest

from gateway_lark.emulator import Emulator, Person
from gateway_lark.emulator.markdown import Scene, blocks, inline

from .conftest import Client, Json

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
SCENE = Scene(lambda value: f"name of {value}", lambda key: f"/i/{key}")


async def page(http: httpx.AsyncClient, path: str = "/people/li.wei") -> str:
    answer = await http.get(path)
    assert answer.status_code == 200
    return answer.text


def press_card(**more: object) -> Json:
    button = {
        "tag": "button",
        "text": {"tag": "plain_text", "content": "Approve"},
        "behaviors": [{"type": "callback", "value": {"act": "approve"}}],
        **more,
    }
    return {"schema": "2.0", "body": {"elements": [button]}}


async def test_people_are_listed_with_what_they_have_not_read(
    client: Client, http: httpx.AsyncClient, li_wei: Person, card: Json
) -> None:
    await client.send(li_wei, card)
    text = await page(http, "/")
    assert '<mark aria-label="1 unread">1</mark>' in text
    assert "Disk is full" in text
    await page(http)
    assert "<mark" not in await page(http, "/")


async def test_a_card_is_drawn_with_its_colour_and_texts(
    client: Client, http: httpx.AsyncClient, li_wei: Person, card: Json
) -> None:
    await client.send(li_wei, card)
    text = await page(http)
    assert '<header class="c-red">' in text
    assert "<strong>web-1</strong> is at 98 %" in text


async def test_what_people_write_is_inert_everywhere(
    client: Client, http: httpx.AsyncClient, emulator: Emulator, li_wei: Person
) -> None:
    evil = {"tag": "plain_text", "content": EVIL}
    emulator.add_person(EVIL, user_id="evil", email="<b>@x.y")
    card = {
        "schema": "2.0",
        "header": {"title": evil, "subtitle": evil},
        "body": {
            "elements": [
                {"tag": "markdown", "content": f"{EVIL} **{EVIL}** `{EVIL}`"},
                {"tag": "markdown", "content": f"[{EVIL}](javascript:1)"},
                {"tag": "markdown", "content": f"# {EVIL}\n> {EVIL}\n```\n{EVIL}\n```\n- {EVIL}"},
                {"tag": "markdown", "content": f"<font color='red\" onclick=\"x'>{EVIL}</font>"},
                {"tag": "div", "text": evil, "fields": [{"text": evil | {"tag": "lark_md"}}]},
                {"tag": "button", "text": evil, "confirm": {"title": evil, "text": evil},
                 "behaviors": [{"type": "callback", "value": {}}]},
            ]
        },
    }  # fmt: skip
    assert (await client.send(li_wei, card)).json()["code"] == 0
    assert (await client.send(li_wei, EVIL)).json()["code"] == 0
    for path in ("/", "/people/li.wei", "/people/evil"):
        text = await page(http, path)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert 'onclick="x' not in text
        assert 'href="javascript' not in text


async def test_the_page_has_a_strict_policy(http: httpx.AsyncClient) -> None:
    answer = await http.get("/")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in answer.headers["content-security-policy"]
    for name in ("page.css", "refresh.js"):
        assert (await http.get(f"/_emulator/static/{name}")).status_code == 200


async def test_a_press_is_kept_and_shown(
    client: Client, http: httpx.AsyncClient, emulator: Emulator, li_wei: Person
) -> None:
    await client.send(li_wei, press_card())
    [message] = emulator.messages
    path = f"/messages/{message.message_id}/press"
    answer = await http.post(path, data={"person": "li.wei", "button": "0"})
    assert answer.status_code == 303
    [press] = message.presses
    assert (press.operator, press.label, press.value) == ("li.wei", "Approve", {"act": "approve"})
    assert "Li Wei pressed <b>Approve</b> at 15 Jan 08:00" in await page(http)


@pytest.mark.parametrize(
    ("person", "button", "site", "status"),
    [
        ("nobody", "0", "same-origin", 404),
        ("li.wei", "7", "same-origin", 404),
        ("li.wei", "x", "same-origin", 404),
        ("li.wei", "0", "cross-site", 403),
    ],
)
async def test_a_press_of_nothing_or_from_elsewhere_is_refused(
    client: Client, person: str, button: str, site: str, status: int
) -> None:
    await client.send(client.emulator.people["li.wei"], press_card())
    [message] = client.emulator.messages
    path = f"/messages/{message.message_id}/press"
    form, headers = {"person": person, "button": button}, {"sec-fetch-site": site}
    assert (await client.http.post(path, data=form, headers=headers)).status_code == status
    assert message.presses == []


async def test_buttons_open_links_ask_first_or_press(
    client: Client, http: httpx.AsyncClient, li_wei: Person
) -> None:
    link = [{"type": "open_url", "default_url": "https://x.example/?a=1&b=2"}]
    sure = {
        "title": {"tag": "plain_text", "content": "Really?"},
        "text": {"tag": "plain_text", "content": "!"},
    }
    await client.send(li_wei, press_card(behaviors=link))
    await client.send(li_wei, press_card(confirm=sure, type="danger"))
    await client.send(li_wei, press_card(behaviors=[]))
    text = await page(http)
    assert 'href="https://x.example/?a=1&amp;b=2"' in text
    assert "<b>Really?</b>" in text
    assert '<button class="button default" type="button" disabled>' in text


async def test_updates_recalls_and_urgency_are_shown(
    client: Client, http: httpx.AsyncClient, emulator: Emulator, li_wei: Person, card: Json
) -> None:
    for _ in range(2):
        await client.send(li_wei, card)
    first, second = emulator.messages
    await client.ask("PATCH", f"im/v1/messages/{first.message_id}", {"content": json.dumps(card)})
    first.urgent.add("li.wei")
    second.recalled = True
    text = await page(http)
    assert '<span class="state">edited</span>' in text
    assert '<span class="state alarm">Urgent</span>' in text
    assert "This message was recalled." in text


async def test_a_reader_sees_a_language_of_theirs(
    client: Client, http: httpx.AsyncClient, emulator: Emulator
) -> None:
    texts = {"en_us": "Good morning", "zh_cn": "早上好"}
    element = {"tag": "markdown", "content": "?", "i18n_content": texts}
    for name in ("li.wei", "arjun.nair"):
        await client.send(emulator.people[name], {"schema": "2.0", "body": {"elements": [element]}})
    assert "早上好" in await page(http)
    assert "Good morning" in await page(http, "/people/arjun.nair")


async def test_every_element_has_a_picture(
    client: Client, http: httpx.AsyncClient, emulator: Emulator, li_wei: Person
) -> None:
    md = {"tag": "markdown", "content": "inside"}
    title = {"tag": "plain_text", "content": "More"}
    column = {"tag": "column", "width": "weighted", "weight": 2, "elements": [md]}
    new = [
        {"tag": "column_set", "columns": [column, {"tag": "column", "width": "auto"}]},
        {"tag": "collapsible_panel", "header": {"title": title}, "elements": [md]},
        {"tag": "form", "name": "f", "elements": [md]},
        {"tag": "input", "name": "i"},
        {"tag": "hr"},
    ]
    old = [
        {
            "tag": "div",
            "text": title,
            "extra": {"tag": "button", "text": title, "url": "https://x.y"},
        },
        {"tag": "action", "actions": [{"tag": "button", "text": title, "value": "v"}]},
        {"tag": "note", "elements": [title]},
    ]
    for card in ({"schema": "2.0", "body": {"elements": new}}, {"elements": old}):
        assert (await client.send(li_wei, card)).json()["code"] == 0
    text = await page(http)
    for part in (
        'class="column w2"',
        'class="column wauto"',
        "<details",
        'class="note"',
        ">input<",
    ):
        assert part in text


async def test_plain_messages_are_shown(
    client: Client, http: httpx.AsyncClient, emulator: Emulator, li_wei: Person
) -> None:
    post = {
        "en_us": {
            "title": "Weekly",
            "content": [
                [
                    {"tag": "text", "text": "see "},
                    {"tag": "a", "text": "this", "href": "https://x.example"},
                    {"tag": "at", "user_id": emulator.open_id(client.app_id, li_wei)},
                ],
                [{"tag": "md", "text": "**bold**"}],
            ],
        }
    }
    await client.send(li_wei, msg_type="post", content=json.dumps(post))
    await client.send(li_wei, 'hi <at user_id="li.wei">x</at>')
    text = await page(http)
    for part in ("Weekly", 'href="https://x.example"', "@Li Wei", "<strong>bold</strong>"):
        assert part in text


async def test_a_group_has_a_page_and_unknown_ones_do_not(
    client: Client, http: httpx.AsyncClient, emulator: Emulator
) -> None:
    group = next(each for each in emulator.chats.values() if not each.private)
    body = {"receive_id": group.chat_id, "msg_type": "text", "content": '{"text":"hello group"}'}
    await client.ask("POST", "im/v1/messages", body, receive_id_type="chat_id")
    assert "hello group" in await page(http, f"/chats/{group.chat_id}")
    for path in ("/people/nobody", "/chats/oc_x", "/_emulator/images/x", "/nowhere"):
        assert (await http.get(path)).status_code == 404


async def test_many_people_are_found_by_search(http: httpx.AsyncClient, emulator: Emulator) -> None:
    emulator.add_people(10_000)
    assert "and 9,906 more" in await page(http, "/")
    assert 'href="/people/p9999"' in await page(http, "/?q=P9999@")


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("**b** *i* ~~s~~", "<strong>b</strong> <em>i</em> <s>s</s>"),
        ("&#42;x&#42; &#60;at id=all&#62;", "*x* &lt;at id=all&gt;"),
        ("<at id=ou_x></at>", '<span class="at">@name of ou_x</span>'),
        ("<font color='red'>x</font>", '<span class="ink c-red">x</span>'),
        ("<text_tag color='blue'>x</text_tag>", '<span class="tag c-blue">x</span>'),
        ("`a&#42;`", "<code>a*</code>"),
        ("a\nb<br>c", "a<br>b<br>c"),
        ("![alt](img_v3_x)", '<img src="/i/img_v3_x" alt="alt">'),
        ("[x](javascript:1)", "x"),
        ("<raw>**x**</raw>", "**x**"),
        (
            "<local_datetime millisecond='1800000000000'></local_datetime>",
            '<time datetime="2027-01-15T08:00:00+00:00">2027-01-15 08:00 UTC</time>',
        ),
        ("<local_datetime millisecond='x'>y</local_datetime>", "y"),
        (
            "<link url='https://x.example'>y</link>",
            '<a href="https://x.example" target="_blank" rel="noopener noreferrer">y</a>',
        ),
    ],
)
def test_a_run_of_text_is_drawn(text: str, drawn: str) -> None:
    assert str(inline(text, SCENE)) == drawn


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("# Title", '<p class="h1">Title</p>'),
        ("> one\n> two", "<blockquote>one<br>two</blockquote>"),
        ("```sh\na < b\n```", "<pre><code>a &lt; b</code></pre>"),
        ("---", "<hr>"),
        ("a\n\nb", "<p>a</p><p>b</p>"),
        (
            "- a\n    1. b",
            (
                '<ul class="list"><li class="d0"><i>•</i><span>a</span></li>'
                '<li class="d1"><i>1.</i><span>b</span></li></ul>'
            ),
        ),
        (
            "|a|b|\n|-|-|\n|c|d|",
            "<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>",
        ),
    ],
)
def test_a_block_is_drawn(text: str, drawn: str) -> None:
    assert str(blocks(text, SCENE)) == drawn


def test_json_1_knows_no_headings_or_quotes() -> None:
    assert str(blocks("# Title\n> x", SCENE, new=False)) == "<p># Title<br>&gt; x</p>"
