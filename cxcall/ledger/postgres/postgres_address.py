"""Read the address of a ledger in PostgreSQL; a part that may be a password is never shown."""

from __future__ import annotations

import os

from cxcall.ledger.errors import LedgerError
from cxcall.runtime.secrets.known_secrets import remember_secrets

_VARIABLES = {"host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "dbname": "PGDATABASE"}


def read_address(url: str) -> tuple[dict[str, str], str]:
    """Return the parameters of a connection, and its address without a password; raises LedgerError.

    Parameters that the URL lacks come from PG* variables, a service file, or a password file, as in every program
    that uses libpq.
    """
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise LedgerError(
            "CXCALL_LEDGER names a PostgreSQL database, but the PostgreSQL client library is not installed",
            "install it: `pip install 'cxcall[postgres]'`",
        ) from None
    try:
        parameters = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.Error:
        raise LedgerError(
            "CXCALL_LEDGER is not a valid address",
            "write `postgresql://HOST:PORT/DATABASE?user=NAME`; a password can be in PGPASSWORD or a password file",
        ) from None
    # A password with a separator in it was split: a part of it is in another parameter.
    if any("@" in parameters.get(name, "") for name in ("host", "port", "dbname")):
        raise LedgerError(
            "CXCALL_LEDGER is not a valid address: a character of its user or password is not percent-encoded",
            "write `@` as `%40`, `/` as `%2F`, `:` as `%3A`, and `?` as `%3F`; or keep the password in PGPASSWORD or a password file",
        )
    if not all(port.isdecimal() or not port for port in parameters.get("port", "").split(",")):
        raise LedgerError(
            "CXCALL_LEDGER is not a valid address: its port is not a number",
            "write `postgresql://HOST:PORT/DATABASE?user=NAME`; if it has a password, write `/` in it as `%2F`, and `:` as `%3A`",
        )
    if "password" in parameters:
        remember_secrets(parameters["password"])
    return parameters, _address(parameters)


def _address(parameters: dict[str, str]) -> str:
    """Return an address that no other database has, wherever its parameters come from; of several hosts, the first one.

    A parameter that a service supplies is represented by the name of the service.
    """
    service = parameters.get("service") or os.environ.get("PGSERVICE", "")
    is_whole = parameters.get("host") and parameters.get("dbname")
    options = {"service": service if not is_whole else ""}
    found = dict(parameters)
    if not options["service"]:
        for name, variable in _VARIABLES.items():
            found[name] = found.get(name) or os.environ.get(variable, "")
    user = f"{found['user']}@" if "user" in found else ""
    host = found.get("host", "").partition(",")[0]
    port = f":{found['port']}" if found.get("port") else ""
    if host.startswith("/"):
        options |= {"host": host, "port": found.get("port", "")}
        host = port = ""
    elif not host:
        options["hostaddr"] = found.get("hostaddr", "")
    query = "&".join(f"{name}={value}" for name, value in options.items() if value)
    return f"postgresql://{user}{host}{port}/{found.get('dbname', '')}{query and f'?{query}'}"
