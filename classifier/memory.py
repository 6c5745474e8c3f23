"""How much memory a step takes at its peak."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # proc(5): resets VmHWM


def reset_peak() -> None:
    """Starts the measure anew where the system can (Linux); elsewhere the peak is that of the whole run."""
    try:
        _CLEAR.write_text(RESET_PEAK)
    except OSError:
        return


def peak_megabytes() -> float:
    """The most memory the process has held since the last reset, in megabytes."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        lines = []
    kilobytes = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)
    if kilobytes is None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        kilobytes = peak // 1024 if sys.platform == "darwin" else peak
    return kilobytes / 1024
