"""All benchmarks: python tests/bench. Each file here runs by itself, too; none asserts anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

for name in ("commands.py", "lines.py", "contract.py", "har.py", "batch.py", "campaign.py"):
    subprocess.run([sys.executable, str(Path(__file__).with_name(name))], check=True)
