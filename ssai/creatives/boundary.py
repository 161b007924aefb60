"""Where files become models: bounded reading, and pydantic's findings in one line of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ssai.creatives.errors import CreativeError

_Model = TypeVar("_Model", bound=BaseModel)


def read(path: Path, most: int) -> bytes:
    """The file's bytes, at most ``most`` of them. Raises ``CreativeError``."""
    try:
        with path.open("rb") as file:
            body = file.read(most + 1)
    except OSError as error:
        raise CreativeError(str(path), "a readable file", error.strerror or type(error).__name__) from error
    if len(body) > most:
        raise CreativeError(str(path), f"at most {most} bytes", "more")
    return body


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the system says against writing here becomes ``CreativeError``: no rights, no room, no such place."""
    try:
        yield
    except OSError as error:
        raise CreativeError(str(path), "a place to write", error.strerror or type(error).__name__) from error


def parse_json(model: type[_Model], path: Path, body: bytes) -> _Model:
    """A document in JSON as a model. Raises ``CreativeError`` naming file and field."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _refusal(path, error) from error


def parse_data(model: type[_Model], path: Path, data: object) -> _Model:
    """Parsed data (TOML) as a model. Raises ``CreativeError`` naming file and field."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: ValidationError) -> CreativeError:
    first = error.errors(include_url=False)[0]
    field = ""
    for step in first["loc"]:
        field += f"[{step}]" if isinstance(step, int) else f".{step}" if field else step
    where = f"{path}: {field}" if field else str(path)
    match first["type"]:
        case "missing":
            return CreativeError(where, "this field", "nothing")
        case "extra_forbidden":
            return CreativeError(where, "no such field", repr(first["input"]))
        case "json_invalid":
            return CreativeError(where, "JSON", first["msg"])
        case _:
            expected = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
            return CreativeError(where, expected, repr(first["input"]))
