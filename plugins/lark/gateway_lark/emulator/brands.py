"""What differs between the two brands: hosts, and the salt of every identifier."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Brand:
    """One brand's values; nothing else in the emulator depends on the brand."""

    name: str
    title: str
    open_host: str
    salt: str
    organization: str

    def scope_link(self, app_id: str, scopes: str) -> str:
        """Return the console page on which an administrator adds the scopes."""
        return f"{self.open_host}/app/{app_id}/auth?q={scopes}&op_from=openapi"

    def document_link(self, page: str) -> str:
        """Return the address of a documentation page of this brand."""
        return f"{self.open_host}/document/{page}"


BRANDS = {
    "lark": Brand("lark", "Lark", "https://open.larksuite.com", "lark", "Merlion Trading"),
    "feishu": Brand("feishu", "Feishu", "https://open.feishu.cn", "feishu", "青石科技"),
}
