"""What all recipes share: the strict model and the kinds of values."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

NAME_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
REFERENCE_PATTERN = r"^(10\.\d{4,9}/|https?://)\S+$"
VERSION_PATTERN = r"^\d{1,6}\.\d{1,6}\.\d{1,6}$"

#: Lengths outside this range are taken for another unit (metres or micrometres instead of nanometres).
Length = Annotated[float, Field(ge=0.01, le=1e5)]
#: A depth or a standard deviation in nm.
LengthOrZero = Annotated[float, Field(ge=0, le=1e5)]
#: A volume fraction, or another share of a whole.
Fraction = Annotated[float, Field(gt=0, lt=1)]
#: Chance that a cut goes wrong.
Chance = Annotated[float, Field(ge=0, le=0.5)]
Energy = Annotated[float, Field(ge=0.5, le=10)]
Energies = Annotated[tuple[Energy, ...], Field(min_length=1)]
Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=80)]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Reference = Annotated[str, Field(pattern=REFERENCE_PATTERN, max_length=500)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Size = Annotated[int, Field(ge=1, le=1_000_000)]

#: How strong a degradation is: a number, a range, or a law with its numbers; `synthfib.degradations.strengths` reads it.
Strength = float | tuple[float, float] | dict[Literal["uniform", "log-uniform", "normal", "choice"], tuple[float, ...]]


class Strict(BaseModel):
    """No unknown keys, no conversions, no changes afterwards, only finite numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_by_name=True, serialize_by_alias=True)
