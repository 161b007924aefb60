"""What fields of a book have in common: bounds, and the forms of names, amounts and times."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

MAX_CAMPAIGNS: Final = 10_000
MAX_CREATIVES: Final = 20_000
MAX_COHORTS: Final = 20_000
MAX_BREAKS: Final = 1_000
MAX_PATH: Final = 1_000
"""Characters of a file's name."""
MAX_SEATS: Final = 100_000_000
"""More viewers than any live event has had: a cohort above this is a typing error."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
Names = Annotated[tuple[Name, ...], Field(max_length=1_000)]
Money = Annotated[Decimal, Field(ge=0, le=10**12, max_digits=24, decimal_places=6)]
"""An amount of the book's currency; six places are micros."""
Seconds = Annotated[Decimal, Field(gt=0, le=3_600, decimal_places=6)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=10**12)]


class Model(BaseModel):
    """Strict about names: an unknown field is a typing error, not an extension."""

    model_config = ConfigDict(frozen=True, extra="forbid")
