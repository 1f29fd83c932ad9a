"""What all recipes share: the strict model and the kinds of values."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

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
Commitment = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
#: What a corpus may keep beside images and truth.
Keepsake = Literal["yields", "structures"]
Size = Annotated[int, Field(ge=1, le=1_000_000)]

_Law = Literal["uniform", "log-uniform", "normal", "choice"]


def _is_strength(value: Any) -> Any:
    """Say in one sentence what a strength is, rather than what each of its three forms would ask for."""
    is_law = isinstance(value, dict) and len(value) == 1 and set(value) <= set(get_args(_Law))
    numbers = next(iter(value.values())) if is_law else value if isinstance(value, (list, tuple)) and len(value) == 2 else (value,)
    if not isinstance(numbers, (list, tuple)) or any(isinstance(number, bool) or not isinstance(number, (int, float)) for number in numbers):
        raise ValueError(f"must be a number, a range [low, high], or one law with its numbers ({', '.join(get_args(_Law))})")
    # Behind a function pydantic no longer takes the lists of JSON for tuples.
    return {law: tuple(value[law]) for law in value} if is_law else tuple(value) if isinstance(value, list) else value


def _form_of_degradations(value: Any) -> str:
    return "strengths" if isinstance(value, dict) else "preset"


#: How strong a degradation is: a number, a range, or a law with its numbers; `synthfib.degradations.strengths` reads it.
Strength = Annotated[float | tuple[float, float] | dict[_Law, tuple[float, ...]], BeforeValidator(_is_strength)]
#: A preset by name, or strengths by degradation.
Degradations = Annotated[
    Annotated[Name, Tag("preset")] | Annotated[dict[Name, dict[str, Strength]], Tag("strengths")], Discriminator(_form_of_degradations)
]


class Strict(BaseModel):
    """No unknown keys, no conversions, no changes afterwards, only finite numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_by_name=True, serialize_by_alias=True)
