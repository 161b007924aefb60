"""A plan of a break or of a whole event as text: the same plan, the same bytes; and back, with one error that names
the place.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.errors import InputError
from planner.eventfile import EventFile
from planner.planfile import PlanFile

MAX_PLAN: Final = 256 * 1024 * 1024
"""Bytes of a plan file: a break of the largest book, with cohorts by pod, has about a quarter of it."""
MAX_SECONDS: Final = 10**9
"""Of an event plan: an exponent alone can ask for more digits than there is memory."""
MAX_COUNT: Final = 10**18
"""Micros or impressions in an event plan: far above any, and floating point still divides it."""
_PLACES: Final = 18

_File = TypeVar("_File", PlanFile, EventFile)
_NAMES: Final[dict[type[BaseModel], str]] = {PlanFile: "a plan of a break", EventFile: "a plan of a whole event"}


class _Outline(BaseModel):
    """What tells the two apart; all else is passed over."""

    event: Any = None
    levels: Any = None
    breaks: Any = None

    model_config = ConfigDict(extra="ignore")


def written(plan: PlanFile | EventFile) -> str:
    """JSON with numbers for durations, fields in the schema's order, a newline at the end."""
    return json.dumps(plan.model_dump(by_alias=True), indent=2, default=_number, allow_nan=False) + "\n"


def read_plan(file: Path) -> PlanFile:
    """Read what ``written`` wrote of a break; ``InputError`` names the file and the first field that is wrong."""
    return _parsed(PlanFile, file, _body(file))


def read_event_plan(file: Path) -> EventFile:
    """Read what ``written`` wrote of an event; ``InputError`` names the file and the first field that is wrong."""
    return _of_event(file, _body(file))


def read_any_plan(file: Path) -> PlanFile | EventFile:
    """Read either; what the file has inside says which. ``InputError`` as for both."""
    body = _body(file)
    return _of_event(file, body) if _kind(body) is EventFile else _parsed(PlanFile, file, body)


def _body(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            body = opened.read(MAX_PLAN + 1)
    except OSError as error:
        raise InputError(str(file), "a readable plan", error.strerror or "an error") from error
    if len(body) > MAX_PLAN:
        raise InputError(str(file), f"at most {MAX_PLAN} bytes", "more")
    return body


def _kind(body: bytes) -> type[PlanFile | EventFile] | None:
    """What it is meant for; None if it is neither, or no JSON."""
    try:
        found = _Outline.model_validate_json(body).model_fields_set
    except ValidationError:
        return None
    if found & {"event", "levels"}:
        return EventFile
    return PlanFile if found else None


def _parsed(model: type[_File], file: Path, body: bytes) -> _File:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        kind = _kind(body)
        if kind not in {model, None}:
            raise InputError(str(file), _NAMES[model], _NAMES[kind]) from error
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise InputError(f"{file}: {place}" if place else str(file), "a plan", first["msg"] + more) from error


def _of_event(file: Path, body: bytes) -> EventFile:
    plan = _parsed(EventFile, file, body)
    for place, expected in _beyond(plan.model_dump(), ()):
        raise InputError(f"{file}: {'.'.join(place)}", expected, "another number")
    return plan


def _beyond(value: object, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Numbers that nothing could be worked out from or printed, each with its place and what is expected there."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _beyond(each, (*place, str(key)))
    elif isinstance(value, tuple):
        for number, each in enumerate(value):
            yield from _beyond(each, (*place, str(number)))
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield place, "a finite number"
    elif isinstance(value, int):
        if abs(value) > MAX_COUNT:
            yield place, f"at most {MAX_COUNT}"
    elif isinstance(value, Decimal) and (
        # Not abs(), which works the number out.
        value.copy_abs() > MAX_SECONDS or int(value.as_tuple().exponent) < -_PLACES
    ):
        yield place, f"at most {MAX_SECONDS} s, in at most {_PLACES} places"


def _number(value: object) -> int | float:
    """Decimals are written as numbers, whole ones without a point."""
    if not isinstance(value, Decimal):
        raise TypeError(type(value).__name__)
    return int(value) if value == int(value) else float(value)
