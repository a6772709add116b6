"""A connection to PostgreSQL that is closed when the server stops responding."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg import Connection, OperationalError

if TYPE_CHECKING:
    from psycopg.abc import PQGen

Result = TypeVar("Result")

REPLY_TIMEOUT = 65.0
"""Seconds to wait for a response; a working server itself ends each statement earlier."""


class BoundedConnection(Connection[Any]):
    """A connection that is closed when a response takes longer than `reply_timeout` seconds.

    No timeout of the server, of TCP, or of libpq ends the wait for a server that is frozen, or whose disk is stuck.
    """

    reply_timeout = REPLY_TIMEOUT
    session = ""

    def wait(self, gen: PQGen[Result], *arguments: Any, **more: Any) -> Result:
        """Return the result of an exchange with the server; raises OperationalError when it takes too long."""
        return super().wait(self._end_in_time(gen), *arguments, **more)

    def _end_in_time(self, gen: PQGen[Result]) -> PQGen[Result]:
        """Run an exchange, and stop it after the timeout; psycopg reports 10 times a second that nothing has arrived."""
        deadline = time.monotonic() + self.reply_timeout
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() >= deadline:
                    self.close()
                    raise OperationalError(f"no response within {self.reply_timeout:g} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            result: Result = end.value
            return result
