"""All benchmarks: python tests/bench. Each file can also run alone; none asserts anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

for name in ("commands.py", "lines.py", "contract.py", "har.py", "batch.py"):
    subprocess.run([sys.executable, str(Path(__file__).with_name(name))], check=True)
