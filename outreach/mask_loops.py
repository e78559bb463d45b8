"""The compiled loops behind masks of names and mobiles."""

import numpy as np
import numpy.typing as npt
from numba import njit

HAN = 3
"""Bytes of a Chinese character in UTF-8."""
MOBILE = 11
"""Digits."""

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

_COMPOUND = np.array([[ord(one[0]), ord(one[1])] for one in _COMPOUND_SURNAMES.split("|")])
_COMPOUND_FIRST = np.isin(np.arange(0x10000), _COMPOUND[:, 0])
_Bytes = npt.NDArray[np.uint8]
_Ends = npt.NDArray[np.int32]


@njit(cache=True)
def mask_mobiles(ends: _Ends, content: _Bytes, masked: _Bytes, places: _Ends) -> int:
    """Writes masks end to end, and of each row the place of its own, or that behind the last."""
    known = 0
    for row in range(len(places)):
        start = ends[row]
        good = ends[row + 1] - start == MOBILE and content[start] == 49 and 51 <= content[start + 1] <= 57
        if good:
            for place in range(2, MOBILE):
                good = good and 48 <= content[start + place] <= 57
        places[row] = known if good else -1
        if good:
            for place in range(MOBILE):
                if place < 3 or place > 6:
                    masked[known, place] = content[start + place]
            known += 1
    for row in range(len(places)):
        if places[row] < 0:
            places[row] = known
    return known


@njit(cache=True)
def mask_names(ends: _Ends, content: _Bytes, masked: _Bytes, places: _Ends) -> int:
    """As ``mask_mobiles``."""
    known = 0
    for row in range(len(places)):
        start, length = ends[row], ends[row + 1] - ends[row]
        good = length in (2 * HAN, 3 * HAN)
        first = second = 0
        for at in range(0, length if good else 0, HAN):
            lead = content[start + at]
            code = (lead & 15) << 12 | (content[start + at + 1] & 63) << 6 | content[start + at + 2] & 63
            good = good and lead >> 4 == 14 and 0x4E00 <= code <= 0x9FFF
            if at == 0:
                first = code
            elif at == HAN:
                second = code
        if good and _COMPOUND_FIRST[first]:
            for one in range(len(_COMPOUND)):
                good = good and not (_COMPOUND[one, 0] == first and _COMPOUND[one, 1] == second)
        places[row] = known if good else -1
        if good:
            for place in range(HAN):
                masked[known, place] = content[start + place]
            known += 1
    for row in range(len(places)):
        if places[row] < 0:
            places[row] = known
    return known
