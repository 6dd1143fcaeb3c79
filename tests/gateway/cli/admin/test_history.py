"""`gateway explain` and `gateway deliveries` tell what became of a notification."""

from tests.gateway.cli.conftest import Run


def test_a_notification_is_explained_and_its_deliveries_listed(run: Run, acme: str) -> None:
    run("user", "set", "li.wei")
    posted = run("notify", "--tenant", acme, "--to", "user:li.wei", "--title", "Hi", "--json").json
    name = posted["notification"]["id"]
    told = run("explain", name)
    assert name in told.out
    assert "user:li.wei on no channel" in told.out
    assert run("explain", name, "--json").json["notification"] == name
    assert run("deliveries", "--notification", name, "--json").json[0]["recipient"] == "user:li.wei"
    assert "user:li.wei" in run("deliveries", "--state", "suppressed").out
    assert run("deliveries", "--state", "nonsense").code == 1
