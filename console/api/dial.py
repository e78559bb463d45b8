"""What a dialler asks as it dials: whether an address may still be used."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from console.api.asked import CHINESE, Asked, Needs
from outreach.revocations.app import ask

router = APIRouter(tags=["diallers"])


class Use(BaseModel):
    """Whether an address may be used now. ``why``: where it may not; ``unknown`` is what is not on the
    recipient's lists, or has expired."""

    address: str
    may_be_used: bool
    why: str | None


@router.get(
    "/opt-outs/check",
    summary="May this address be used now? Where no answer comes, do not call.",
    openapi_extra={CHINESE: "此号码现在可以呼叫吗？没有应答时请勿呼叫。"},
)
def check(
    asked: Annotated[Asked, Depends(Needs(dialler=True))],
    address: Annotated[
        str, Query(pattern=r"^[!-~]{1,64}$", description="As it stands on the list.", examples=["d-1f8a"])
    ],
) -> Use:
    """The feed's own check, for the recipient whose token asks."""
    why = ask(asked.house.ledger, asked.recipient, address, asked.house.clock())
    return Use(address=address, may_be_used=why is None, why=why)
