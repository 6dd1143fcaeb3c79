from dataclasses import replace

from gateway.store import Store
from gateway.store.rules import RuleRow, delete_rule, list_rules, put_rule, read_rule
from gateway.store.topics import (
    TopicRow,
    delete_topic,
    list_topics,
    put_topic,
    read_topic,
    read_topics,
)

RULE = RuleRow(
    tenant="acme",
    name="dms",
    enabled=True,
    match={"type": "ticket.*", "n": [1, True]},
    channels=["lark"],
    recipients=["user:li", {"topic": "dba"}],
    user_window_seconds=None,
    mobile_only=False,
    created=1,
    updated=1,
)
TOPIC = TopicRow("acme", "dba", ["user:li", {"email": "a@x.example"}], 1, 1)


async def test_a_rule_comes_back_as_it_was_put_and_keeps_its_age(store: Store) -> None:
    await store.write(lambda c: put_rule(c, RULE))
    later = replace(RULE, enabled=False, user_window_seconds=0, created=9, updated=9)
    await store.write(lambda c: put_rule(c, later))
    found = await store.read(lambda c: read_rule(c, "acme", "dms"))
    assert found == replace(later, created=1)
    assert await store.read(lambda c: read_rule(c, "other", "dms")) is None


async def test_rules_are_listed_by_name_page_by_page_and_by_tenant(store: Store) -> None:
    rows = [replace(RULE, name=name) for name in ("c", "a", "b")]
    await store.write(lambda c: [put_rule(c, row) for row in rows])
    await store.write(lambda c: put_rule(c, replace(RULE, tenant="other", name="z")))
    found = await store.read(lambda c: list_rules(c, "acme", after="a", limit=1))
    assert [row.name for row in found] == ["b"]
    assert await store.write(lambda c: delete_rule(c, "acme", "b"))
    assert not await store.write(lambda c: delete_rule(c, "acme", "b"))
    left = await store.read(lambda c: list_rules(c, "acme"))
    assert [row.name for row in left] == ["a", "c"]


async def test_topics_come_back_as_they_were_put(store: Store) -> None:
    await store.write(lambda c: put_topic(c, TOPIC))
    await store.write(lambda c: put_topic(c, replace(TOPIC, members=[], created=9)))
    assert await store.read(lambda c: read_topic(c, "acme", "dba")) == replace(TOPIC, members=[])
    found = await store.read(lambda c: read_topics(c, "acme", ["dba", "none"]))
    assert list(found) == ["dba"]
    assert await store.read(lambda c: list_topics(c, "other")) == []
    assert await store.write(lambda c: delete_topic(c, "acme", "dba"))
    assert await store.read(lambda c: list_topics(c, "acme")) == []
