"""What kind of phone number somebody can be reached at, seen from mainland China."""

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import PhoneMetadata, PhoneNumberType

from base.errors import SettingsError

_HOME = "CN"
_KINDS = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "unknown",
}


def classify(phones: pa.Array) -> pa.Table:
    """Columns ``phone`` and ``kind``, one row a given phone.

    A mainland mobile is brought to its plain eleven digits, so that people who share it are seen to share it;
    others stay as delivered. Kinds: mobile, landline, overseas, unknown (not a number anywhere), none (null).
    """
    coded = pc.utf8_trim_whitespace(phones.cast(pa.string())).dictionary_encode()
    distinct = coded.dictionary
    plain = pc.match_substring_regex(distinct, f"^(?:{_mobile_pattern()})$")
    odd = distinct.filter(pc.invert(plain)).to_pylist()
    parsed = {text: _classify_one(text) for text in odd}
    # Most are plain mobiles; the library is asked about the others only.
    texts = [parsed.get(text, (text, "mobile")) for text in distinct.to_pylist()]
    phone = pa.array([text for text, _ in texts], pa.string()).take(coded.indices)
    kind = pa.array([kind for _, kind in texts], pa.string()).take(coded.indices)
    return pa.table({"phone": phone, "kind": pc.fill_null(kind, "none")})


def _classify_one(text: str) -> tuple[str | None, str]:
    if not text:
        return None, "none"
    try:
        number = phonenumbers.parse(text, _HOME)
    except phonenumbers.NumberParseException:
        return text, "unknown"
    if not phonenumbers.is_valid_number(number) or number.extension:
        return text, "unknown"
    if phonenumbers.region_code_for_number(number) != _HOME:
        return text, "overseas"
    kind = _KINDS.get(phonenumbers.number_type(number), "unknown")
    return (str(number.national_number) if kind == "mobile" else text), kind


def _mobile_pattern() -> str:
    plan = PhoneMetadata.metadata_for_region(_HOME)
    if plan is None or plan.mobile is None:
        raise SettingsError(f"phonenumbers carries no numbering plan of {_HOME}; install it anew")
    return str(plan.mobile.national_number_pattern)
