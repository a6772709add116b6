"""The errors of a ledger in PostgreSQL."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from cxcall.ledger.errors import LastingLedgerError, LedgerError
from cxcall.ledger.postgres.postgres_schema import SCHEMA
from cxcall.runtime.secrets.known_secrets import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SERVER_AWAY = " whose server runs"
_RESTORE = f"; if tables were deleted, restore a backup of the schema `{SCHEMA}`"


@contextmanager
def explain_server_errors(
    name: str, other_error: Callable[[str, str], LedgerError] | None = None
) -> Iterator[None]:
    """Turn errors of the server and the network into a LedgerError; `other_error` makes that for an error of another kind."""
    import psycopg

    try:
        yield
    except psycopg.errors.LockNotAvailable:
        raise LedgerError(
            f"the ledger `{name}` is locked by another process",
            "wait until the other cxcall finishes, or stop it",
        ) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise LastingLedgerError(
            f"the ledger `{name}` cannot be used: {text_of(error)}",
            "ask the owner of the database to grant CREATE on the database (a queue also needs TEMPORARY), "
            f"or USAGE and CREATE on the schema `{SCHEMA}`, and all rights on its tables and sequences",
        ) from None
    except psycopg.errors.ReadOnlySqlTransaction as error:
        raise LedgerError(
            f"the ledger `{name}` cannot be written: {text_of(error)}",
            "use the address of the primary server, with `target_session_attrs=read-write` if there are several; "
            "on the primary server, check `default_transaction_read_only`",
        ) from None
    except psycopg.errors.DiskFull as error:
        raise LedgerError(
            f"the ledger `{name}` cannot be written: {text_of(error)}",
            "ask the administrator of the server to free disk space",
        ) from None
    except psycopg.errors.ProtocolViolation as error:  # from a connection pool, whatever its cause
        raise pool_error(name, text_of(error), _SERVER_AWAY) from None
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise LedgerError(
            f"the ledger `{name}` cannot be reached: {text_of(error)}",
            "start the server, or check host, port, user, and password in CXCALL_LEDGER",
        ) from None
    except (
        psycopg.errors.InvalidSqlStatementName,
        psycopg.errors.DuplicatePreparedStatement,
        psycopg.errors.UndefinedTable,
    ) as error:
        raise pool_error(name, text_of(error), _RESTORE) from None
    except psycopg.Error as error:
        raise (other_error or server_damage_error)(name, text_of(error)) from None


def pool_error(name: str, detail: str, more: str = "") -> LedgerError:
    """Return the error for a connection that a pool does not keep as a session; `more` is another thing to do.

    Only its text tells a pool in another mode, for which no wait helps, from one whose server is away.
    """
    is_away = more == _SERVER_AWAY and "pooling mode" not in detail
    kind = LedgerError if is_away else LastingLedgerError
    return kind(
        f"the ledger `{name}` cannot be used over this connection: {detail}",
        f"connect without a connection pool, or use a pool in session mode{more}",
    )


def server_damage_error(name: str, detail: str) -> LedgerError:
    """Return the error for a ledger with a damaged record."""
    return LastingLedgerError(
        f"the ledger `{name}` is damaged: {detail}",
        f"restore a backup of the schema `{SCHEMA}`; without one, check on the platform which calls were placed, rename "
        f"the schema, and run `cxcall history accept`",
    )


def text_of(error: Exception) -> str:
    """Return the first line of an error's text, without secrets; the next ones may quote a row."""
    lines = str(error).strip().splitlines()
    return redact(lines[0]) if lines else type(error).__name__
