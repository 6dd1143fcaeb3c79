"""What tests of the setup guide look at."""

from typing import Any

import httpx

TYPES = (
    *("lark", "feishu", "dingtalk", "dingtalk-exclusive"),
    *("lark-robot", "feishu-robot", "dingtalk-robot", "webhook"),
)
APPLICATIONS = ("lark", "feishu", "dingtalk", "dingtalk-exclusive")
Guide = dict[str, Any]


async def guide_of(http: httpx.AsyncClient, path: str, **query: str) -> Guide:
    """Return the guide of a channel or of a channel type."""
    reply = await http.get(f"{path}/setup-guide", params=query)
    assert reply.status_code == 200, reply.text
    guide: Guide = reply.json()
    return guide


def step(guide: Guide, id_: str) -> Guide:
    """Return one step."""
    (found,) = [one for one in guide["steps"] if one["id"] == id_]
    return dict(found)


def words(guide: Guide) -> str:
    """Return everything that a guide says."""
    blocks = [f"{b['label']} {b['value']}" for one in guide["steps"] for b in one["blocks"]]
    steps = [f"{one['title']}\n{one['body']}" for one in guide["steps"]]
    return "\n".join([guide["performer"], *steps, *blocks])


def scopes(guide: Guide) -> list[str]:
    """Name the permissions of a guide."""
    return [one["scope"] for one in guide["scopes"]]
