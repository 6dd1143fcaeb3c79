"""`gateway notify` posts what it is told, and says how it ended."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.request import NotifyRequest
from tests.gateway.cli.conftest import Run
from tests.gateway.cli.toy_gateway import Answer, ToyGateway

KEY = "gwk_test"


def delivery(state: str, reason: str | None = None) -> dict[str, Any]:
    return {
        "id": "dlv_1",
        "recipient": "user:li.wei",
        "channel": "lark",
        "state": state,
        "reason": reason,
    }


def ended(toy: ToyGateway, *states: str) -> None:
    """Let the one delivery pass through these states."""
    pages: list[Answer] = [
        (200, {"items": [delivery(state)], "next_cursor": None}) for state in states
    ]
    toy.answers["/v1/deliveries"] = pages
    toy.answers["/v1/notifications/ntf_1"] = [(200, {"id": "ntf_1", "status": "completed"})]


@pytest.fixture(autouse=True)
def accepting(toy: ToyGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_URL", toy.url)
    monkeypatch.setenv("GATEWAY_KEY", KEY)
    accepted = {"id": "ntf_1", "status": "accepted", "deliveries": [delivery("queued")]}
    toy.answers["/notify"] = [(202, accepted)]


def test_options_become_a_body_that_the_gateway_takes(run: Run, toy: ToyGateway) -> None:
    arguments = ["--to", "user:li.wei", "--to", "email:a@ex.com", "--to", "mobile:+6581234567"]
    arguments += ["--title", "Hi", "--text", "**Hello**", "--type", "t.new", "--severity", "info"]
    told = run("notify", *arguments, "--channel", "lark", "--tenant", "acme")
    assert told.code == 0
    (path, key, body), *_ = toy.asked
    assert (path, key) == ("/notify", f"Bearer {KEY}")
    request = NotifyRequest.model_validate(body)
    assert len(request.to) == 3
    assert request.routing.channels == ("lark",)


def test_options_are_laid_over_the_file(run: Run, toy: ToyGateway, folder: Path) -> None:
    body = {"type": "t", "card": {"title": "Old", "severity": "info"}, "priority": "high"}
    (folder / "body.json").write_text(json.dumps(body))
    run("notify", "--file", "body.json", "--title", "New")
    posted = toy.asked[0][2]
    assert posted["card"] == {"title": "New", "severity": "info"}
    assert (posted["type"], posted["priority"]) == ("t", "high")


def test_a_person_reads_what_became_of_each_delivery(run: Run) -> None:
    told = run("notify", "--to", "user:li.wei", "--title", "Hi")
    assert "ntf_1" in told.out
    assert "queued" in told.out


def test_waiting_follows_the_delivery_to_its_end(run: Run, toy: ToyGateway) -> None:
    ended(toy, "queued", "sent")
    told = run("notify", "--to", "user:li.wei", "--title", "Hi", "--wait", "--json")
    assert told.code == 0
    assert told.json["deliveries"][0]["state"] == "sent"


@pytest.mark.parametrize("state", ["failed", "expired", "suppressed", "canceled"])
def test_a_lost_delivery_is_an_exit_code(run: Run, toy: ToyGateway, state: str) -> None:
    ended(toy, state)
    assert run("notify", "--to", "user:li.wei", "--title", "Hi", "--wait").code == 1


def test_what_is_still_held_when_time_is_up_is_an_exit_code(run: Run, toy: ToyGateway) -> None:
    ended(toy, "held")
    told = run("notify", "--to", "user:x", "--title", "Hi", "--wait", "--timeout", "0", "--json")
    assert (told.code, told.json["deliveries"][0]["state"]) == (1, "held")


def test_a_notification_for_nobody_is_an_exit_code(run: Run, toy: ToyGateway) -> None:
    toy.answers["/v1/deliveries"] = [(200, {"items": [], "next_cursor": None})]
    suppressed = {"id": "ntf_1", "status": "suppressed", "reason": "no_recipients"}
    toy.answers["/v1/notifications/ntf_1"] = [(200, suppressed)]
    told = run("notify", "--title", "Hi", "--wait")
    assert told.code == 1
    assert "no_recipients" in told.out


def test_every_page_of_deliveries_is_followed(run: Run, toy: ToyGateway) -> None:
    ended(toy, "sent")
    pages = toy.answers["/v1/deliveries"]
    pages.insert(0, (200, {"items": [delivery("sent")], "next_cursor": "more"}))
    told = run("notify", "--to", "user:x", "--title", "Hi", "--wait", "--json")
    assert len(told.json["deliveries"]) == 2


def test_a_refusal_is_told_in_the_gateways_words(run: Run, toy: ToyGateway) -> None:
    errors = [{"loc": ["to", 0, "user"], "message": "no spaces", "type": "x"}]
    problem = {"detail": "Some fields are not valid.", "code": "validation_failed"}
    toy.answers["/notify"] = [(422, {**problem, "errors": errors})]
    told = run("notify", "--to", "user:x", "--title", "Hi")
    assert told.code == 1
    assert "to.0.user: no spaces" in told.err
    assert "[validation_failed]" in told.err


def test_an_answer_that_is_not_a_gateways_is_told(run: Run, toy: ToyGateway) -> None:
    toy.answers["/notify"] = [(404, {"oh": "no"})]
    assert "answered 404" in run("notify", "--title", "Hi").err


def test_a_gateway_that_is_not_there_is_one_sentence(run: Run) -> None:
    told = run("notify", "--title", "Hi", "--url", "http://127.0.0.1:1")
    assert told.code == 1
    assert "No gateway answers at http://127.0.0.1:1" in told.err
    assert told.err.count("\n") == 1


def test_an_address_without_a_scheme_is_told(run: Run) -> None:
    told = run("notify", "--title", "Hi", "--url", "localhost")
    assert (told.code, "is no address" in told.err) == (2, True)


@pytest.mark.parametrize("to", ["li.wei", "fax:1", "user:"])
def test_a_recipient_of_no_known_form_is_told(run: Run, to: str) -> None:
    told = run("notify", "--to", to, "--title", "Hi")
    assert told.code == 2
    assert "user:…" in told.err


@pytest.mark.parametrize("text", ["not json", "[1]"])
def test_a_file_that_holds_no_body_is_told(run: Run, folder: Path, text: str) -> None:
    (folder / "body.json").write_text(text)
    assert run("notify", "--file", "body.json").code == 2
    assert run("notify", "--file", "nowhere.json").code == 2


def test_without_a_key_it_does_not_even_try(
    run: Run, toy: ToyGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GATEWAY_KEY")
    assert run("notify", "--title", "Hi").code == 2
    assert toy.asked == []
