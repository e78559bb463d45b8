"""What the parts of a strategy document are made of: frozen models, and words of closed or bounded kinds."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from lake.tables.words import CHANNELS, PRODUCTS, RESULTS


class Part(BaseModel):
    """A part of a document: never changed, without keys that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


def one_of(words: tuple[str, ...]) -> AfterValidator:
    """Lets only these words through."""

    def check(word: str) -> str:
        if word not in words:
            raise ValueError(f"{word!r} is none of {', '.join(words)}")
        return word

    return AfterValidator(check)


def _listed(given: Any) -> Any:
    """One word where a list of words belongs; each word once."""
    words = [given] if isinstance(given, str) else given
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        return words
    return tuple(dict.fromkeys(words))


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,48}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
Product = Annotated[str, one_of(PRODUCTS)]
Channel = Annotated[str, one_of(CHANNELS)]
Result = Annotated[str, one_of(RESULTS)]
Value = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Variables = Annotated[Mapping[str, Value], Field(max_length=20)]
TouchName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Results = Annotated[tuple[Result, ...], BeforeValidator(_listed)]
TouchNames = Annotated[tuple[TouchName, ...], BeforeValidator(_listed)]
Tags = Annotated[tuple[Line, ...], BeforeValidator(_listed)]
