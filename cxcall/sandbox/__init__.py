"""The embedded API server: it answers as the platform would, and rings nobody."""

from __future__ import annotations

from cxcall.sandbox.record import Received
from cxcall.sandbox.server import Sandbox, start

__all__ = ["Received", "Sandbox", "start"]
