"""The public test kit: a clock one can turn, and the contract suite every channel passes."""

from gateway.testing.clock import FakeClock

__all__ = ["FakeClock"]
