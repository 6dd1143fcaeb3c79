"""HTTP: one file per resource, no decisions."""

from gateway.api.app import create_api
from gateway.api.parts import Parts
from gateway.changes import Changes

__all__ = ["Changes", "Parts", "create_api"]
