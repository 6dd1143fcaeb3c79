"""HTTP: one file per resource, no decisions."""

from gateway.api.app import create_api
from gateway.api.parts import Changes, Parts

__all__ = ["Changes", "Parts", "create_api"]
