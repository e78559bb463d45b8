"""Masks identifiers for people's eyes: what is not recognised for certain is masked whole.

Shapes follow JR/T 0171-2020 as read in the house rules. All functions take and give Arrow strings, as long as
the input; null and every unrecognised shape become ``WHOLE``. A masked value is never a key, nor anonymous.
"""

import pyarrow as pa
import pyarrow.compute as pc

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

_NAME = r"\A[\x{4e00}-\x{9fff}]{2,3}\z"
_COMPOUND = rf"\A(?:{_COMPOUND_SURNAMES})"
_MOBILE = r"\A1[3-9][0-9]{9}\z"
_ID_NUMBER = r"\A[1-9][0-9]{16}[0-9X]\z"
_CARD = r"\A[0-9]{16,19}\z"
_EMAIL = r"\A[A-Za-z0-9._+\-]{2,64}@(?:[A-Za-z0-9\-]+\.)+[A-Za-z]{2,}\z"
_DISTRICT = (
    r"\A((?:\p{Han}{2,7}(?:省|自治区))?\p{Han}{2,8}?(?:市|自治州|地区|盟)"
    r"\p{Han}{1,6}?(?:区|县|旗)).+\z"
)
_NO_DISTRICT = r"(?:小|社|园|校|厂|院|库|景|住宅|开发)区\z"


def mask_name(names: pa.Array) -> pa.Array:
    """``张三丰`` -> ``张**``. Two or three Chinese characters with a surname of one; anything else whole."""
    text = names.cast(pa.string())
    known = pc.and_(_matches(text, _NAME), pc.invert(_matches(text, _COMPOUND)))
    return _where(known, pc.binary_join_element_wise(pc.utf8_slice_codeunits(text, 0, 1), "**", ""))


def mask_phone(phones: pa.Array) -> pa.Array:
    """``13812345678`` -> ``138****5678``. Mainland mobiles of eleven digits; anything else whole."""
    text = phones.cast(pa.string())
    masked = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(text, 0, 3), pc.utf8_slice_codeunits(text, -4), "****"
    )
    return _where(_matches(text, _MOBILE), masked)


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


def _matches(text: pa.Array, pattern: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(text, pattern), False)


def _where(known: pa.Array, masked: pa.Array) -> pa.Array:
    return pc.if_else(known, masked, WHOLE)
