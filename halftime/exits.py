"""Exit codes: which error ends the command line how."""

from __future__ import annotations

from typing import Final

OK: Final = 0
FAILED: Final = 1
"""Something that should have worked did not."""
BAD_INPUT: Final = 2
"""The arguments, or a file they name, cannot be used: one line on standard error says where."""
INTERRUPTED: Final = 130
"""Ctrl-C."""
