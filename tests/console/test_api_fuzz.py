"""The API asked in every way its own description allows, and in many that it does not: never a 500."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from tests.console.api_world import given as token_of
from tests.console.desk import ALL_ROUNDER, Desk

_FEW = settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_question_breaks_the_api(desk: Desk, mode: GenerationMode) -> None:
    dialler, person = token_of(desk, "fuzz", recipient="ai_dialler"), token_of(desk, ALL_ROUNDER)
    schema = schemathesis.openapi.from_url(f"{desk.address}/api/openapi.json")
    answered = set[int]()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        for_diallers = "diallers" in (operation.tags or ())
        answered |= _answers(operation.as_strategy(generation_mode=mode), dialler if for_diallers else person)
    assert 403 not in answered
    assert (200 if mode is GenerationMode.POSITIVE else 422) in answered


def _answers(cases: SearchStrategy[Case[Any]], kept: str) -> set[int]:
    """The codes that the questions were answered with, each of them none of a broken server."""
    answered = set[int]()

    @_FEW
    @given(case=cases)
    def asks(case: Case[Any]) -> None:
        shown = {"authorization": f"Bearer {kept}"}
        answered.add(case.call_and_validate(headers=shown, checks=[not_a_server_error]).status_code)

    asks()
    return answered
