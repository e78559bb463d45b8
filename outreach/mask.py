"""Masks identifiers for people's eyes: what is not recognised for certain is masked whole.

Shapes follow JR/T 0171-2020 as read in the house rules. All functions take and give Arrow strings, as long as
the input; null and every unrecognised shape become ``WHOLE``. A masked value is never a key, nor anonymous.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

WHOLE = "***"

_NONE = np.zeros(1, np.int32)

_ID_NUMBER = r"\A[1-9][0-9]{16}[0-9X]\z"
_CARD = r"\A[0-9]{16,19}\z"
_EMAIL = r"\A[A-Za-z0-9._+\-]{2,64}@(?:[A-Za-z0-9\-]+\.)+[A-Za-z]{2,}\z"
_DISTRICT = (
    r"\A((?:\p{Han}{2,7}(?:省|自治区))?\p{Han}{2,8}?(?:市|自治州|地区|盟)"
    r"\p{Han}{1,6}?(?:区|县|旗)).+\z"
)
_NO_DISTRICT = r"(?:小|社|园|校|厂|院|库|景|住宅|开发)区\z"


def mask_name(names: pa.Array | pa.ChunkedArray) -> pa.Array:
    """``张三丰`` -> ``张**``. Two or three Chinese characters with a surname of one; anything else whole."""
    # The loops load a compiler, which those who only look at lists need not hold.
    from outreach.mask_loops import HAN, mask_names

    return _shown(names, mask_names, width=HAN + 2)


def mask_phone(phones: pa.Array | pa.ChunkedArray) -> pa.Array:
    """``13812345678`` -> ``138****5678``. Mainland mobiles of eleven digits; anything else whole."""
    from outreach.mask_loops import MOBILE, mask_mobiles

    return _shown(phones, mask_mobiles, width=MOBILE)


def mask_id_number(numbers: pa.Array) -> pa.Array:
    """Resident identity number of 18: the first and the last character stay; anything else whole."""
    text = numbers.cast(pa.string())
    masked = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(text, 0, 1), pc.utf8_slice_codeunits(text, -1), "*" * 16
    )
    return _where(_matches(text, _ID_NUMBER), masked)


def mask_card(numbers: pa.Array) -> pa.Array:
    """Bank card of 16 to 19 digits: ``****`` and the last four; anything else whole."""
    text = numbers.cast(pa.string())
    masked = pc.binary_join_element_wise("****", pc.utf8_slice_codeunits(text, -4), "")
    return _where(_matches(text, _CARD), masked)


def mask_email(addresses: pa.Array) -> pa.Array:
    """``zhang@example.com`` -> ``z***@example.com``; a local part of one character, or no address, whole."""
    text = addresses.cast(pa.string())
    masked = pc.replace_substring_regex(text, pattern=r"\A(.)[^@]*@", replacement=r"\1***@")
    return _where(_matches(text, _EMAIL), masked)


def mask_address(addresses: pa.Array) -> pa.Array:
    """``北京市朝阳区建国路1号`` -> ``北京市朝阳区***``; without a city and a district in it, whole."""
    text = addresses.cast(pa.string())
    district = pc.replace_substring_regex(text, pattern=_DISTRICT, replacement=r"\1")
    known = pc.and_(_matches(text, _DISTRICT), pc.invert(_matches(district, _NO_DISTRICT)))
    return _where(known, pc.binary_join_element_wise(district, WHOLE, ""))


def _shown(values: pa.Array | pa.ChunkedArray, mask: Callable[..., int], *, width: int) -> pa.Array:
    """What ``mask`` writes of each value it recognises, ``width`` bytes, and ``WHOLE`` for all others."""
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    text = pc.fill_null(whole.cast(pa.string()), "")
    _, offsets, content = text.buffers()
    ends = np.frombuffer(offsets, np.int32)[text.offset : text.offset + len(text) + 1] if len(text) else _NONE
    masked = np.full((len(text), width), ord("*"), np.uint8)
    places = np.empty(len(text), np.int32)
    known = mask(ends, np.frombuffer(content or b"", np.uint8), masked, places)
    ends_masked = np.arange(known + 1, dtype=np.int32) * width
    shown = pa.StringArray.from_buffers(known, pa.py_buffer(ends_masked), pa.py_buffer(masked))
    if known == len(text):
        return shown
    return pa.concat_arrays([shown, pa.array([WHOLE])]).take(pa.array(places))


def _matches(text: pa.Array, pattern: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(text, pattern), False)


def _where(known: pa.Array, masked: pa.Array) -> pa.Array:
    return pc.if_else(known, masked, WHOLE)
