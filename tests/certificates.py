"""TLS certificates of the day, made by the `openssl` command: good, for another name, expired."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = """
[ca]
default_ca = day
[day]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature, keyCertSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[req]
distinguished_name = name
[name]
"""
DATES = {
    "good": ("20200101000000Z", "21200101000000Z"),
    "expired": ("20200101000000Z", "20200102000000Z"),
}


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate and its key, in one file; as trusted as a bundle makes it."""

    path: Path

    def context(self) -> ssl.SSLContext:
        """Return the context of a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context


def make_certificate(folder: Path, name: str = "good", hosts: str = "IP:127.0.0.1") -> Certificate:
    """Make a certificate for `hosts` with the dates of that name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.txt").touch()
    (folder / "openssl.cnf").write_text(CONFIGURATION.format(folder=folder), "utf-8")
    key, wanted, made = folder / "key.pem", folder / "wanted.pem", folder / "made.pem"
    _openssl(
        *("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-subj", "/CN=cxcall test", "-addext", f"subjectAltName={hosts}"),
        *("-config", folder / "openssl.cnf", "-keyout", key, "-out", wanted),
    )
    start, end = DATES[name]
    _openssl(
        *("ca", "-batch", "-selfsign", "-notext", "-startdate", start, "-enddate", end),
        *("-config", folder / "openssl.cnf", "-keyfile", key, "-in", wanted, "-out", made),
    )
    both = folder / "certificate.pem"
    both.write_text(made.read_text("utf-8") + key.read_text("utf-8"), "utf-8")
    return Certificate(both)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)
