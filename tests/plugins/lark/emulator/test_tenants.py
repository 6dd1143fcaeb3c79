from gateway_lark.emulator import Emulator

from .conftest import Client


async def test_the_bot_stands_beside_code_and_msg(client: Client, emulator: Emulator) -> None:
    answer = (await client.ask("GET", "bot/v3/info")).json()
    assert answer["bot"]["activate_status"] == 2
    assert answer["bot"]["open_id"].startswith("ou_")
    assert "data" not in answer
    emulator.apps[client.app_id].bot_active = False
    assert (await client.ask("GET", "bot/v3/info")).json()["bot"]["activate_status"] == 3


async def test_the_organisation_is_named(client: Client) -> None:
    tenant = (await client.ask("GET", "tenant/v2/tenant/query")).json()["data"]["tenant"]
    assert tenant["name"] == client.config["organization"]
    assert tenant["display_id"].startswith("F")


async def test_the_application_tells_its_status_version_and_scopes(
    client: Client, emulator: Emulator
) -> None:
    path = "application/v6/applications/me"
    app = (await client.ask("GET", path, lang="en_us")).json()["data"]["app"]
    assert app["app_id"] == client.app_id
    assert app["status"] == 1
    assert app["online_version_id"].startswith("oav_")
    assert "im:message" in {each["scope"] for each in app["scopes"]}
    own = f"application/v6/applications/{client.app_id}"
    assert (await client.ask("GET", own, lang="en_us")).json()["data"]["app"] == app


async def test_the_language_is_required_and_other_apps_are_not_told(
    client: Client, emulator: Emulator
) -> None:
    emulator.add_app("cli_other", "s")
    base = "application/v6/applications"
    assert (await client.ask("GET", f"{base}/me")).json()["code"] == 99992402
    for app_id, code in (("cli_other", 210508), ("cli_unknown", 210503)):
        answer = await client.ask("GET", f"{base}/{app_id}", lang="en_us")
        assert answer.json()["code"] == code


async def test_scopes_tell_what_is_granted_some_without_their_prefix(
    client: Client, emulator: Emulator
) -> None:
    emulator.apps[client.app_id].scopes.remove("im:resource")
    rows = (await client.ask("GET", "application/v6/scopes")).json()["data"]["scopes"]
    granted = {row["scope_name"]: row["grant_status"] for row in rows}
    assert granted["im:message"] == 1
    assert granted["im:resource"] == 2
    assert granted["user.phone:readonly"] == 1


async def test_pending_scopes_are_applied_for_once(client: Client, emulator: Emulator) -> None:
    path = "application/v6/scopes/apply"
    assert (await client.ask("POST", path)).json()["code"] == 212002
    emulator.apps[client.app_id].unpublished.add("im:whatever")
    codes = [(await client.ask("POST", path)).json()["code"] for _ in range(2)]
    assert codes == [0, 212004]
