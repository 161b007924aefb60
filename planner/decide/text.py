"""A plan as text: the same plan, the same bytes; and back, with one error that names the place."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from domain.errors import InputError
from planner.planfile import PlanFile

MAX_PLAN: Final = 256 * 1024 * 1024
"""Bytes of a plan file: a break of the largest book, with cohorts by pod, has about a quarter of it."""


def written(plan: PlanFile) -> str:
    """JSON with numbers for durations, fields in the schema's order, a newline at the end."""
    return json.dumps(plan.model_dump(by_alias=True), indent=2, default=_number, allow_nan=False) + "\n"


def read_plan(file: Path) -> PlanFile:
    """Read what ``written`` wrote; ``InputError`` names the file and the first field that is wrong."""
    try:
        with file.open("rb") as opened:
            body = opened.read(MAX_PLAN + 1)
    except OSError as error:
        raise InputError(str(file), "a readable plan", error.strerror or "an error") from error
    if len(body) > MAX_PLAN:
        raise InputError(str(file), f"at most {MAX_PLAN} bytes", "more")
    try:
        return PlanFile.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise InputError(f"{file}: {place}" if place else str(file), "a plan", first["msg"] + more) from error


def _number(value: object) -> int | float:
    """Decimals are written as numbers, whole ones without a point."""
    if not isinstance(value, Decimal):
        raise TypeError(type(value).__name__)
    return int(value) if value == int(value) else float(value)
