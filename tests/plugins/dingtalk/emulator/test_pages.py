import json

import httpx
import pytest

from gateway_dingtalk.emulator import Emulator
from gateway_dingtalk.emulator.markdown import blocks, inline

from .conftest import Client, Json

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
CARD: Json = {
    "title": "Refund of 1,200 EUR",
    "markdown": "**Order** 4711",
    "status": "pending",
    "status_text": "Waiting for approval",
    "show_actions": "true",
    "primary_text": "Approve",
    "secondary_text": "Reject",
    "notice_id": "n-1",
    "detail_url": "https://x.example/?a=1&b=2",
    "detail_text": "Details",
    "footer": "asked by billing",
}


async def page(http: httpx.AsyncClient, path: str = "/people/li.wei") -> str:
    answer = await http.get(path)
    assert answer.status_code == 200
    return answer.text


async def show(client: Client, *users: str, **changes: str) -> None:
    data = {"cardParamMap": {**CARD, **changes}}
    track_id = f"t{len(client.emulator.cards)}"
    answer = await client.show(track_id, *(users or ("li.wei",)), cardData=data)
    assert answer.status_code == 200


async def test_people_are_listed_with_what_they_have_not_read(
    client: Client, http: httpx.AsyncClient
) -> None:
    await show(client)
    text = await page(http, "/")
    assert '<mark aria-label="1 unread">1</mark>' in text
    assert "Refund of 1,200 EUR" in text
    await page(http)
    assert "<mark" not in await page(http, "/")


async def test_a_card_is_drawn_from_the_variables_of_its_template(
    client: Client, http: httpx.AsyncClient
) -> None:
    await show(client)
    text = await page(http)
    for part in (
        "<strong>Order</strong> 4711",
        '<span class="status amber">Waiting for approval</span>',
        'value="primary">Approve</button>',
        'value="secondary">Reject</button>',
        'href="https://x.example/?a=1&amp;b=2"',
        "asked by billing",
    ):
        assert part in text


async def test_an_update_is_marked_and_a_wiped_card_looks_wiped(
    client: Client, http: httpx.AsyncClient
) -> None:
    await show(client)
    await client.update("t0", status="approved", status_text="Approved", show_actions="false")
    text = await page(http)
    assert '<span class="state">updated</span>' in text
    assert '<span class="status green">Approved</span>' in text
    assert "<button" not in text
    await client.update("t0", by_key=False, status="closed")
    text = await page(http)
    assert '<span class="state">updated 2' in text
    assert "The template's variables are empty." in text
    assert "Refund" not in text


async def test_what_people_write_is_inert_everywhere(
    client: Client, http: httpx.AsyncClient, emulator: Emulator
) -> None:
    [group] = emulator.groups.values()
    emulator.add_person(EVIL, "evil", email="<b>@x.y")
    markup = f"{EVIL} **{EVIL}** `{EVIL}` [{EVIL}](javascript:1)\n# {EVIL}\n> {EVIL}\n- {EVIL}"
    evil = {name: EVIL for name in CARD if name not in ("markdown", "show_actions")}
    await show(client, **evil, markdown=markup[:900], other=EVIL)
    said = {"title": EVIL, "text": markup, "singleTitle": EVIL, "singleURL": "javascript:1"}
    for key in ("sampleMarkdown", "sampleActionCard"):
        answer = await client.send("li.wei", msgKey=key, msgParam=json.dumps(said))
        assert answer.status_code == 200
    emulator.add_robot("r", group)
    for body in ({"msgtype": "text", "text": {"content": EVIL}},
                 {"msgtype": "markdown", "markdown": {"title": EVIL, "text": markup}}):  # fmt: skip
        await http.post("/robot/send?access_token=r", json=body)
    paths = ("/", "/people/li.wei", "/people/evil", f"/groups/{group.open_conversation_id}")
    for text in [await page(http, path) for path in paths]:
        assert "<script>alert" not in text
        assert "<img" not in text
        assert 'href="javascript' not in text


async def test_the_page_has_a_strict_policy(http: httpx.AsyncClient) -> None:
    answer = await http.get("/")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in answer.headers["content-security-policy"]
    for name in ("page.css", "refresh.js"):
        assert (await http.get(f"/_emulator/static/{name}")).status_code == 200


async def test_a_press_is_kept_and_shown(
    client: Client, http: httpx.AsyncClient, emulator: Emulator
) -> None:
    await show(client)
    [message] = emulator.messages
    path = f"/messages/{message.message_id}/press"
    answer = await http.post(path, data={"person": "li.wei", "button": "primary"})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/people/li.wei#{message.message_id}"
    [press] = message.presses
    assert (press.operator, press.label) == ("li.wei", "Approve")
    assert press.params == {"action": "primary", "notice_id": "n-1"}
    assert "Li Wei pressed <b>Approve</b> at 15 Jan 08:00" in await page(http)


@pytest.mark.parametrize(
    ("person", "button", "site", "status"),
    [
        ("nobody", "primary", "same-origin", 404),
        ("li.wei", "third", "same-origin", 404),
        ("li.wei", "", "same-origin", 404),
        ("li.wei", "primary", "cross-site", 403),
    ],
)
async def test_a_press_of_nothing_or_from_elsewhere_is_refused(
    client: Client, person: str, button: str, site: str, status: int
) -> None:
    await show(client)
    [message] = client.emulator.messages
    path = f"/messages/{message.message_id}/press"
    form, headers = {"person": person, "button": button}, {"sec-fetch-site": site}
    assert (await client.http.post(path, data=form, headers=headers)).status_code == status
    assert message.presses == []


async def test_link_buttons_open_and_dingtalks_own_links_open_their_page(
    client: Client, http: httpx.AsyncClient
) -> None:
    inner = "dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fx.example%2F&pc_slide=false"
    said = {
        "title": "t",
        "text": "x",
        "buttonTitle1": "Yes",
        "buttonUrl1": "https://yes.example",
        "buttonTitle2": "No",
        "buttonUrl2": inner,
    }
    param = json.dumps(said)
    await client.send("li.wei", msgKey="sampleActionCard6", msgParam=param)
    pairs = {
        f"action{what}{n}": f"https://{n}.example" for what in ("Title", "URL") for n in (1, 2)
    }
    param = json.dumps({"title": "t", "text": "x", **pairs})
    await client.send("li.wei", msgKey="sampleActionCard2", msgParam=param)
    text = await page(http)
    assert 'class="links across"' in text
    for part in ('href="https://yes.example"', 'href="https://x.example/"', "https://2.example"):
        assert part in text


async def test_other_kinds_of_messages_are_drawn(
    client: Client, http: httpx.AsyncClient, emulator: Emulator
) -> None:
    content = {
        "head": {"bgcolor": "FFBBBBBB", "text": "x"},
        "message_url": "https://oa.example",
        "body": {"title": "Leave", "form": [{"key": "Days:", "value": "3"}], "author": "Ada"},
        "status_bar": {"status_value": "Open", "status_bg": "0xFF78C06E"},
    }
    agent_id = emulator.apps[client.robot_code].agent_id
    path = "/topapi/message/corpconversation/asyncsend_v2"
    msg = {"msgtype": "oa", "oa": content}
    sent = await client.old(path, agent_id=agent_id, userid_list="li.wei", msg=msg)
    assert sent["errcode"] == 0
    ding = {"robotCode": client.robot_code, "remindType": 1, "content": "wake up"}
    await client.new("POST", "/v1.0/robot/ding/send", {**ding, "receiverUserIdList": ["li.wei"]})
    image = json.dumps({"photoURL": "https://x.example/a.png"})
    await client.send("li.wei", msgKey="sampleImageMsg", msgParam=image)
    link = {"text": "x", "title": "t", "picUrl": "", "messageUrl": "https://link.example"}
    await client.send("li.wei", msgKey="sampleLink", msgParam=json.dumps(link))
    text = await page(http)
    for part in ("Days:", "https://oa.example", "wake up", "Work notice", "sampleImageMsg",
                 "https://link.example", '<span class="status blue">Open</span>'):  # fmt: skip
        assert part in text


async def test_a_group_has_a_page_and_a_recalled_message_says_so(
    client: Client, http: httpx.AsyncClient, emulator: Emulator
) -> None:
    [group] = emulator.groups.values()
    emulator.add_robot("r", group)
    row = {"title": "Release notes", "messageURL": "https://x.example", "picURL": "https://x.y"}
    await http.post(
        "/robot/send?access_token=r", json={"msgtype": "feedCard", "feedCard": {"links": [row]}}
    )
    path = f"/groups/{group.open_conversation_id}"
    assert "Release notes" in await page(http, path)
    emulator.messages[0].recalled = True
    assert "This message was recalled." in await page(http, path)
    for path in ("/people/nobody", "/groups/cidx", "/messages/x", "/_emulator/nothing"):
        assert (await http.get(path)).status_code == 404


async def test_many_people_are_found_by_search(http: httpx.AsyncClient, emulator: Emulator) -> None:
    emulator.add_people(10_000)
    assert "and 9,906 more" in await page(http, "/")
    assert 'href="/people/p9999"' in await page(http, "/?q=P9999@")


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("**b** *i*", "<strong>b</strong> <em>i</em>"),
        ("&lt;b&gt; \\*x\\*", "&lt;b&gt; *x*"),
        ("<font color='red'>x</font>", '<span class="ink-red">x</span>'),
        ("<font colorTokenV2=common_blue1_color>x</font>", '<span class="ink-blue">x</span>'),
        ("<font size=3>x</font>", '<span class="ink-plain">x</span>'),
        ("<a atId=li.wei>@Li</a>", '<span class="at">@Li</span>'),
        ("`a<b`", "<code>a&lt;b</code>"),
        ("a\nb<br>c", "a<br>b<br>c"),
        ("![alt](https://x.example/i.png)", '<span class="picture">alt</span>'),
        ("[x](javascript:1)", "x"),
        ("[x](dingtalk://dingtalkclient/action/openapp)", "x"),
        (
            "[y](https://x.example)",
            '<a href="https://x.example" target="_blank" rel="noopener noreferrer">y</a>',
        ),
    ],
)
def test_a_run_of_text_is_drawn(text: str, drawn: str) -> None:
    assert str(inline(text)) == drawn


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("# Title", '<p class="h1">Title</p>'),
        ("> one\n> two", "<blockquote><p>one<br>two</p></blockquote>"),
        ("```sh\na < b\n```", "<pre><code>a &lt; b</code></pre>"),
        ("***", "<hr>"),
        ("a  \nb\n\nc", "<p>a<br>b</p><p>c</p>"),
        (
            "- a\n  1. b",
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
    assert str(blocks(text)) == drawn
