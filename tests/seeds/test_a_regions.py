"""A19: the regions that an installation has (seeds 000, 001 and 004)."""

from tests.faults.stage import house


async def test_a19_a_region_that_is_not_here_is_refused_with_those_that_are(
    sqlite_url: str,
) -> None:
    regions = "cn-hangzhou, ap-northeast-1, ap-southeast-1"
    async with house(sqlite_url, regions=regions) as served:
        http = served.api.http
        made = await http.put("/v1/tenants/acme", json={"regions": ["ap-southeast-1"]})
        assert made.status_code == 201
        for reply in (
            await http.put("/v1/tenants/acme", json={"regions": ["cn-hangzhou", "mars"]}),
            await http.patch("/v1/tenants/acme", json={"regions": ["cn-hangzhou", "mars"]}),
        ):
            assert reply.status_code == 422
            [error] = reply.json()["errors"]
            assert error["loc"] == ["body", "regions", 1]
            assert "ap-northeast-1, ap-southeast-1, cn-hangzhou" in error["message"]


async def test_a19_without_a_table_any_region_may_be_named(sqlite_url: str) -> None:
    async with house(sqlite_url) as served:
        made = await served.api.http.put("/v1/tenants/acme", json={"regions": ["mars"]})
        assert made.json()["regions"] == ["mars"]
