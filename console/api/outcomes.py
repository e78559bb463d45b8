"""What diallers send back: laid where the signed door looks, which checks it as it checks every other."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from console.api.asked import CHINESE, Asked, Needs
from outreach.inbox import STATEMENT, arrivals_folder
from outreach.publish import publish_file
from sources.answers import SUFFIXES

router = APIRouter(tags=["diallers"])

PLACE = "/outcomes/"

LARGEST = 16 << 20
"""Bytes of a file; more come in several."""
_ENDS = tuple(f"{suffix}{further}" for suffix in SUFFIXES for further in ("", STATEMENT))


class Laid(BaseModel):
    """What waits at the door now. Whether it is taken in is decided when the night looks there."""

    file: str
    bytes: int


@router.put(
    f"{PLACE}{{file}}",
    summary="Hands in an outcome file, then its signed statement.",
    status_code=202,
    openapi_extra={
        CHINESE: "提交外呼结果文件，然后提交其签名声明。",
        "requestBody": {"required": True, "content": {"application/octet-stream": {}}},
    },
)
async def hand_in(
    request: Request,
    asked: Annotated[Asked, Depends(Needs(dialler=True))],
    file: Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", examples=["said.parquet"])],
) -> Laid:
    """Again under the same name it takes the place of what waits; the statement comes last."""
    if not file.endswith(_ENDS):
        raise HTTPException(400, f"outcome files end in {' or '.join(SUFFIXES)}, statements in {STATEMENT}")
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > LARGEST:
            raise HTTPException(413, f"longer than {LARGEST >> 20} MiB; hand it in as several files")
    place = arrivals_folder(asked.house.settings, asked.recipient) / file
    try:
        await run_in_threadpool(publish_file, place, [bytes(content)])
    except OSError:
        raise HTTPException(503, "the disk does not take it; hand it in again") from None
    return Laid(file=file, bytes=len(content))
