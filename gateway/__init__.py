"""A notification gateway: one POST, and the right people hear of it on their own platform."""

__version__ = "0.1.0"
