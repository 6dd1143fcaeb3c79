import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, Field

from gateway.plugin import (
    Card,
    Check,
    ContentError,
    Context,
    CredentialError,
    DeliveryError,
    Identity,
    LoggedIn,
    Loss,
    Payload,
    Receipt,
    Recipient,
    UncertainError,
    hookimpl,
)
from gateway.testing import RULES, Marks, Subject, module, run
from gateway.testing.contract import Outcome, recordings

from .toys import HOST, Credential, Good, subject_of


class TellsItsSecret(Good):
    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        try:
            return await super().send(to, payload, key=key)
        except DeliveryError as error:
            secret = self.credential.secret.get_secret_value()
            raise CredentialError(f"{secret} was refused") from error


class LogsItsToken(Good):
    async def login(self) -> str:
        token = await super().login()
        self.context.log.info("logged in", token=token)
        return token


class LooksAtTheClock(Good):
    def render(self, card: Card) -> Payload:
        return {**super().render(card), "at": datetime.now().year}  # noqa: DTZ005 - the misdeed


class RendersTheDay(Good):
    def render(self, card: Card) -> Payload:
        return {**super().render(card), "day": self.context.clock.now().day}


class Mutates(Good):
    def render(self, card: Card) -> Payload:
        for action in card.actions:
            getattr(action, "value", {})["seen"] = True
        return super().render(card)


class RendersNoJson(Good):
    def render(self, card: Card) -> Payload:
        return {**super().render(card), "severity": {card.severity}}


class CallsEverybody(Good):
    def render(self, card: Card) -> Payload:
        return {"html": card.text.replace("<", "&lt;")[:5000]}


class TrustsMarkup(Good):
    def render(self, card: Card) -> Payload:
        return {"html": card.text.replace("@all", "")[:5000]}


class NeverMeasures(Good):
    def render(self, card: Card) -> Payload:
        return {"html": ""} if len(card.text) < 2000 else {"html": "x" * len(card.text)}


class AnswersTooFew(Good):
    async def send_batch(
        self, to: Sequence[Identity], payload: Payload, *, key: str
    ) -> Sequence[Receipt | DeliveryError]:
        answers = await super().send_batch(to, payload, key=key)
        return [each for each in answers if isinstance(each, Receipt)]


class FailsAllForOne(Good):
    async def resolve_many(
        self, recipients: Sequence[Recipient]
    ) -> Sequence[Identity | DeliveryError]:
        answers = await super().resolve_many(recipients)
        bad = [each for each in answers if isinstance(each, DeliveryError)]
        return bad * len(answers) if bad else answers


class ForgetsSome(Good):
    def lookups(self, recipients: Sequence[Recipient]) -> Sequence[Sequence[Recipient]]:
        return [recipients[1:]]


class Stumbles(Good):
    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        answer = await self.post("/send", {"to": to.id, "key": key})
        return Receipt(answer["id"])


class SwallowsErrors(Good):
    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        try:
            return await super().send(to, payload, key=key)
        except (DeliveryError, httpx.HTTPError):
            return Receipt("")


class CallsOutagesFinal(Good):
    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        try:
            return await super().send(to, payload, key=key)
        except httpx.HTTPError as error:
            raise CredentialError("something is wrong") from error


class ForgetsTheKey(Good):
    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        return await super().send(to, payload, key=str(time.perf_counter_ns()))


class GoesAbroad(Good):
    async def check(self) -> Sequence[Check]:
        await self.http.post("https://telemetry.example/used", json={})
        return await super().check()


class KeepsItsLock(Good):
    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        lock = self.__dict__.setdefault("lock", asyncio.Lock())
        await lock.acquire()
        receipt = await super().send(to, payload, key=key)
        lock.release()
        return receipt


class SwallowsCancellation(Good):
    async def call(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - as above
        try:
            return await super().call(path, **options)
        except asyncio.CancelledError:
            return httpx.Response(500)


class Stampedes(Good):
    async def login(self) -> str:
        self.token = asyncio.create_task(self.ask_for_token())
        return await self.token


class CallsWhenOpened(Good):
    def __init__(self, credential: Credential, context: Context) -> None:
        super().__init__(credential, context)
        with contextlib.suppress(StopIteration):
            context.http.get(HOST).send(None)  # as far as it gets without waiting


class DoubtsItself(Good):
    async def check(self) -> Sequence[Check]:
        return [Check("token", "Token", "missing", detail="there is none")]


class ChecksNothing(Good):
    async def check(self) -> Sequence[Check]:
        return []


class NeverGivesUp(Good):
    async def call(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - as above
        while True:
            try:
                return await super().call(path, **options)
            except httpx.TimeoutException:
                await self.context.clock.sleep(1)


class TriesTooOften(Good):
    async def call(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - as above
        for _ in range(9):
            with contextlib.suppress(httpx.TimeoutException):
                return await super().call(path, **options)
        raise httpx.ReadTimeout("no answer in time")


class Sleeps(Good):
    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        time.sleep(0.001)  # noqa: ASYNC251 - the misdeed
        return await super().send(to, payload, key=key)


class BringsItsOwnClient(Good):
    async def check(self) -> Sequence[Check]:
        with contextlib.suppress(httpx.HTTPError):
            async with httpx.AsyncClient(trust_env=False) as own:
                await own.get("http://127.0.0.1:9")
        return await super().check()


class RenamesItself(Good):
    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        self.credential.app = "another"
        return await super().send(to, payload, key=key)


class NamesNoPart(Good):
    def losses(self, card: Card) -> list[Loss]:
        return [*super().losses(card), Loss(("blocks", 99), "text", "There is no such block.")]


class ChangesItsMind(Good):
    def losses(self, card: Card) -> list[Loss]:
        self.asked = not getattr(self, "asked", False)
        return super().losses(card) if self.asked else []


class ConcealsItsLosses(Good):
    def losses(self, card: Card) -> list[Loss]:
        del card
        return []


class ShowsItsSecret(Good):
    def login_url(self, redirect_uri: str, state: str) -> str:
        secret = self.credential.secret.get_secret_value()
        return f"{super().login_url(redirect_uri, state)}&secret={secret}"


class LosesTheState(Good):
    def login_url(self, redirect_uri: str, state: str) -> str:
        return f"{HOST}/login?to={redirect_uri}&state={state}"


class CountsLogins(Good):
    count = 0

    def login_url(self, redirect_uri: str, state: str) -> str:
        self.count += 1
        return f"{super().login_url(redirect_uri, state)}&n={self.count}"


class DatesLogins(Good):
    def login_url(self, redirect_uri: str, state: str) -> str:
        return f"{super().login_url(redirect_uri, state)}&at={datetime.now(UTC).year}"


class HasNoPage(Good):
    def login_url(self, redirect_uri: str, state: str) -> str:
        return f"toy:login?{state}{redirect_uri}"


class BelievesAnyCode(Good):
    async def identify(self, code: str, redirect_uri: str) -> LoggedIn:
        return LoggedIn(Identity("li", "toy"))


class RepeatsTheCode(Good):
    async def identify(self, code: str, redirect_uri: str) -> LoggedIn:
        raise ContentError(f"no such code: {code}")


class BlamesThePlatform(Good):
    async def identify(self, code: str, redirect_uri: str) -> LoggedIn:
        raise UncertainError("no answer")


class LeavesTheProcess(Good):
    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        raise SystemExit(3)


class Undescribed(BaseModel):
    app: str
    secret: str = Field(description="Sounds secret, but is none.")


async def waits() -> list[object]:
    return []


BAD: list[tuple[str, Subject]] = [
    ("secrets-never-show", subject_of(TellsItsSecret)),
    ("secrets-never-show", subject_of(LogsItsToken)),
    ("render-is-pure", subject_of(LooksAtTheClock)),
    ("render-is-pure", subject_of(RendersTheDay)),
    ("render-is-pure", subject_of(Mutates)),
    ("render-is-pure", subject_of(RendersNoJson)),
    ("text-stays-text", subject_of(CallsEverybody)),
    ("text-stays-text", subject_of(TrustsMarkup)),
    ("size-is-measured", subject_of(NeverMeasures)),
    ("batches-answer-each", subject_of(AnswersTooFew)),
    ("lookups-answer-each", subject_of(FailsAllForOne)),
    ("lookups-answer-each", subject_of(ForgetsSome)),
    ("errors-are-from-the-table", subject_of(Stumbles)),
    ("failure-is-never-success", subject_of(SwallowsErrors)),
    ("outages-are-not-final", subject_of(CallsOutagesFinal)),
    ("key-is-passed-on", subject_of(ForgetsTheKey)),
    ("calls-stay-on-declared-hosts", subject_of(GoesAbroad)),
    ("calls-name-their-purpose", subject_of(GoesAbroad)),
    ("survives-cancellation", subject_of(KeepsItsLock)),
    ("survives-cancellation", subject_of(SwallowsCancellation)),
    ("one-token-for-all", subject_of(Stampedes)),
    ("opens", subject_of(CallsWhenOpened)),
    ("has-a-title", subject_of(title={"zh-CN": "玩具"})),
    ("has-a-chinese-title", subject_of(title="Toy")),
    ("declares-its-hosts", subject_of(hosts=frozenset({"https://Toy.example/"}))),
    ("describes-its-configuration", subject_of(credential=Undescribed)),
    ("seals-its-secrets", subject_of(credential=Undescribed)),
    ("refuses-bad-configuration", subject_of(credential=Undescribed)),
    ("hooks-return-at-once", subject_of(plugin=module(channel_types=hookimpl(waits)))),
    ("hooks-return-at-once", subject_of(plugin=module())),
    ("sends", subject_of(config={"app": "toy", "secret": "another"})),
    ("sends", subject_of(LeavesTheProcess)),
    ("errors-are-from-the-table", subject_of(LeavesTheProcess)),
    ("survives-cancellation", subject_of(LeavesTheProcess)),
    ("one-token-for-all", subject_of(LeavesTheProcess)),
    ("losses-are-told", subject_of(NamesNoPart)),
    ("losses-are-told", subject_of(ChangesItsMind)),
    ("losses-are-told", subject_of(ConcealsItsLosses, marks=lambda _: Marks(mentions=("li",)))),
    ("losses-are-told", subject_of(ConcealsItsLosses, marks=lambda _: Marks(buttons=("a",)))),
    ("login-is-an-address", subject_of(ShowsItsSecret)),
    ("login-is-an-address", subject_of(LosesTheState)),
    ("login-is-an-address", subject_of(CountsLogins)),
    ("login-is-an-address", subject_of(DatesLogins)),
    ("login-is-an-address", subject_of(HasNoPage)),
    ("refuses-made-up-codes", subject_of(BelievesAnyCode)),
    ("refuses-made-up-codes", subject_of(RepeatsTheCode)),
    ("refuses-made-up-codes", subject_of(BlamesThePlatform)),
    ("check-succeeds", subject_of(DoubtsItself)),
    ("check-succeeds", subject_of(ChecksNothing)),
    ("timeouts-end-the-call", subject_of(NeverGivesUp)),
    ("timeouts-end-the-call", subject_of(TriesTooOften)),
    ("never-blocks", subject_of(Sleeps)),
    ("never-blocks", subject_of(BringsItsOwnClient)),
    ("keeps-its-configuration", subject_of(RenamesItself)),
    ("matches-its-golden-files", subject_of(golden=Path(__file__).parent / "nowhere")),
    ("strangers-are-recipient-errors", subject_of(stranger=subject_of().recipients[0])),
]
RULES_BY_NAME = {rule.name: rule for rule in RULES}


async def test_a_good_plugin_keeps_every_rule(tmp_path: Path) -> None:
    subject = subject_of(golden=tmp_path)
    for path, text in recordings(subject).items():
        path.write_text(text, encoding="utf-8")
    report = await run(subject)
    assert report.ok, str(report)
    assert {each.outcome for each in report.verdicts} == {Outcome.PASSED}, str(report)


@pytest.mark.parametrize(("rule", "subject"), BAD)
async def test_a_bad_plugin_is_caught_by_the_rule_it_breaks(rule: str, subject: Subject) -> None:
    verdict = (await run(subject, [RULES_BY_NAME[rule]])).verdicts[0]
    assert verdict.outcome is Outcome.FAILED, verdict.why


def test_every_rule_has_caught_somebody() -> None:
    assert {rule for rule, _ in BAD} == {rule.name for rule in RULES}


@pytest.mark.parametrize(
    ("rule", "channel", "sentence"),
    [
        ("render-is-pure", LooksAtTheClock, "render calls datetime.now"),
        ("render-is-pure", Mutates, "render changes a card with everything"),
        ("batches-answer-each", AnswersTooFew, "send_batch answers 3 for 4"),
        ("errors-are-from-the-table", Stumbles, "send ends in KeyError after an empty object"),
        ("one-token-for-all", Stampedes, "64 sends at once ask for 64 tokens"),
        ("calls-stay-on-declared-hosts", GoesAbroad, "it calls telemetry.example"),
    ],
)
async def test_a_breach_says_what_happened(rule: str, channel: type[Good], sentence: str) -> None:
    verdict = (await run(subject_of(channel), [RULES_BY_NAME[rule]])).verdicts[0]
    assert sentence in verdict.why


async def test_what_a_subject_does_not_name_is_reported_as_not_verified() -> None:
    nothing: dict[str, Any] = dict.fromkeys(
        ("marks", "key_in", "is_token", "max_bytes", "plugin", "stranger")
    )
    report = await run(subject_of(**nothing))
    assert report.ok, str(report)
    skipped = {v.rule.name for v in report.verdicts if v.outcome is Outcome.NOT_APPLICABLE}
    assert skipped == {
        *("text-stays-text", "key-is-passed-on", "one-token-for-all", "size-is-measured"),
        *("hooks-return-at-once", "strangers-are-recipient-errors", "matches-its-golden-files"),
        "losses-are-told",
    }
    assert all(v.why for v in report.verdicts if v.rule.name in skipped)


async def test_without_a_far_end_every_rule_about_calls_is_not_verified() -> None:
    report = await run(subject_of(far_end=None, recipients=[]))
    assert report.ok, str(report)
    calls = {rule.name for rule in RULES if rule.calls}
    outcomes = {v.rule.name: v.outcome for v in report.verdicts}
    assert {outcomes[name] for name in calls} == {Outcome.NOT_APPLICABLE}
    assert outcomes["text-stays-text"] is Outcome.PASSED


async def test_what_is_rendered_differently_than_recorded_is_told_by_its_file(
    tmp_path: Path,
) -> None:
    recorded = recordings(subject_of(golden=tmp_path))
    for path, text in recorded.items():
        path.write_text(text, encoding="utf-8")
    verdict = (await run(subject_of(CallsEverybody, golden=tmp_path))).of(
        "matches-its-golden-files"
    )
    assert verdict.why.startswith("render no longer writes what is in toy.")


async def test_a_report_reads_as_text_and_a_recommendation_does_not_fail_it() -> None:
    report = await run(subject_of(title="Toy"))
    assert report.ok
    assert [verdict.rule.name for verdict in report.failed] == ["has-a-chinese-title"]
    assert report.of("sends").outcome is Outcome.PASSED
    assert "What to do: Give" in str(report)


async def test_a_subject_that_cannot_even_open_is_a_report_and_no_crash() -> None:
    report = await run(subject_of(config={"app": 4711}))
    assert not report.ok
    assert report.of("has-a-title").outcome is Outcome.PASSED
    assert "ValidationError" in report.of("sends").why


def test_each_rule_says_why_and_what_to_do() -> None:
    for rule in RULES:
        assert rule.reason.endswith("."), rule.name
        assert rule.fix.endswith("."), rule.name
    assert len(RULES_BY_NAME) == len(RULES)
