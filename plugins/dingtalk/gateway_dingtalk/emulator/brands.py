"""What differs between the two editions of one platform, as values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Brand:
    """One edition's values; nothing else in the emulator depends on the edition.

    `calls_a_month` is None where a contract decides. `enterprise_accounts` is whether the ready
    people are accounts of the organisation's own, found by login id or with the search flag.
    """

    name: str
    title: str
    salt: str
    organization: str
    calls_a_second: int
    calls_a_month: int | None
    enterprise_accounts: bool = False
    asks_for_agent: bool = True


BRANDS = {
    "dingtalk": Brand("dingtalk", "DingTalk", "dingtalk", "Yunfan Logistics", 20, 5_000),
    "dingtalk-exclusive": Brand(
        "dingtalk-exclusive",
        "Exclusive DingTalk",
        "exclusive",
        "Harbour Group",
        60,
        None,
        enterprise_accounts=True,
        asks_for_agent=False,
    ),
}
