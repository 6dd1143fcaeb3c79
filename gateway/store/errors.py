"""What can go wrong with the store as a whole."""


class StoreUnavailableError(Exception):
    """The database is locked, full, unreachable or closed; nothing was written. Try again."""


class StoreLockedError(Exception):
    """Another process already works on this SQLite file."""
