"""Log the findings about a run as a whole, which the command prints, for a program."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cxcall.findings import finding
from cxcall.findings.finding import Severity
from cxcall.phone.number_masking import mask_text
from cxcall.runtime.secrets.known_secrets import redact

if TYPE_CHECKING:
    from cxcall.findings.finding import Finding

_logger = logging.getLogger("cxcall")


def log_notices() -> None:
    """Log each notice of this process from now on, once, to the logger `cxcall`."""
    finding.on_notice = _log


def _log(notice: Finding) -> None:
    level = logging.INFO if notice.severity is Severity.NOTE else logging.WARNING
    text = "; ".join(filter(None, (notice.message, notice.why, notice.fix)))
    _logger.log(level, "%s", mask_text(redact(text)))
