"""Masks identifiers for people's eyes: what is not recognised for certain is masked whole.

Shapes follow JR/T 0171-2020 as read in the house rules. All functions take and give Arrow strings, as long as
the input; null and every unrecognised shape become ``WHOLE``. A masked value is never a key, nor anonymous.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

WHOLE = "***"

# Surnames of two characters: showing the first alone would show half a surname, which is rare enough to name
# a person. Sources: 百家姓 and those still in use.
_COMPOUND_SURNAMES = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|"
    "皇甫|宗政|濮阳|公冶|太叔|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|闾丘|"
    "子车|亓官|司寇|巫马|公西|颛孙|壤驷|公良|漆雕|乐正|宰父|谷梁|拓跋|夹谷|轩辕|令狐|"
    "段干|百里|呼延|东郭|南门|羊舌|微生|公户|公玉|公仪|梁丘|公仲|公上|公门|公山|公坚|"
    "左丘|公伯|西门|公祖|第五|公乘|贯丘|公皙|南荣|东里|东宫|仲长|子书|子桑|即墨|达奚|"
    "褚师|纳兰|完颜|叶赫|那拉|耶律|爱新|觉罗|钮祜|富察|瓜尔|贺兰|贺若|屈突"
)

_HAN = 3  # bytes of a Chinese character in UTF-8
_MOBILE = 11  # digits
_COMPOUND = np.array([[ord(one[0]), ord(one[1])] for one in _COMPOUND_SURNAMES.split("|")])
_COMPOUND_FIRST = np.isin(np.arange(0x10000), _COMPOUND[:, 0])
_NONE = np.zeros(1, np.int32)
_Bytes = npt.NDArray[np.uint8]
_Ends = npt.NDArray[np.int32]

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
    return _shown(names, _mask_names, width=_HAN + 2)


def mask_phone(phones: pa.Array | pa.ChunkedArray) -> pa.Array:
    """``13812345678`` -> ``138****5678``. Mainland mobiles of eleven digits; anything else whole."""
    return _shown(phones, _mask_mobiles, width=_MOBILE)


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


@njit(cache=True)
def _mask_mobiles(ends: _Ends, content: _Bytes, masked: _Bytes, places: _Ends) -> int:
    """Writes masks end to end, and of each row the place of its own, or that behind the last."""
    known = 0
    for row in range(len(places)):
        start = ends[row]
        good = ends[row + 1] - start == _MOBILE and content[start] == 49 and 51 <= content[start + 1] <= 57
        if good:
            for place in range(2, _MOBILE):
                good = good and 48 <= content[start + place] <= 57
        places[row] = known if good else -1
        if good:
            for place in range(_MOBILE):
                if place < 3 or place > 6:
                    masked[known, place] = content[start + place]
            known += 1
    for row in range(len(places)):
        if places[row] < 0:
            places[row] = known
    return known


@njit(cache=True)
def _mask_names(ends: _Ends, content: _Bytes, masked: _Bytes, places: _Ends) -> int:
    """As ``_mask_mobiles``."""
    known = 0
    for row in range(len(places)):
        start, length = ends[row], ends[row + 1] - ends[row]
        good = length in (2 * _HAN, 3 * _HAN)
        first = second = 0
        for at in range(0, length if good else 0, _HAN):
            lead = content[start + at]
            code = (lead & 15) << 12 | (content[start + at + 1] & 63) << 6 | content[start + at + 2] & 63
            good = good and lead >> 4 == 14 and 0x4E00 <= code <= 0x9FFF
            if at == 0:
                first = code
            elif at == _HAN:
                second = code
        if good and _COMPOUND_FIRST[first]:
            for one in range(len(_COMPOUND)):
                good = good and not (_COMPOUND[one, 0] == first and _COMPOUND[one, 1] == second)
        places[row] = known if good else -1
        if good:
            for place in range(_HAN):
                masked[known, place] = content[start + place]
            known += 1
    for row in range(len(places)):
        if places[row] < 0:
            places[row] = known
    return known


def _matches(text: pa.Array, pattern: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(text, pattern), False)


def _where(known: pa.Array, masked: pa.Array) -> pa.Array:
    return pc.if_else(known, masked, WHOLE)
