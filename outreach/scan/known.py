"""The identifiers of the people on a list, in the forms the scan compares."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from base.disguises.characters import TRADITIONAL, letters_plain
from outreach.scan.sieve import Pairs, pairs_of

MOBILE = r"\A1[3-9][0-9]{9}\z"
SHORTEST_NUMBER = 8
SHORTEST_CODE = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """The identifiers of the people on a list.

    ``codes``: phone, identity and customer numbers as digits and capitals, each once. ``mobiles``: the mobile
    numbers among them. ``names``: small letters and simplified characters, without gaps. ``openings`` and
    ``sizes``: with which two characters names begin, how long they are. ``pairs``: the sieve's picture of
    the names.
    """

    codes: pa.StringArray
    mobiles: pa.StringArray
    names: frozenset[str]
    openings: frozenset[str]
    sizes: tuple[int, ...]
    pairs: Pairs

    @classmethod
    def of(cls, identities: pa.Table) -> "Known":
        """From columns customer_no, name, phone and id_number. A short plain number is not searched for."""
        plain = {name: _code(identities[name]) for name in ("customer_no", "phone", "id_number")}
        phone = pc.replace_substring_regex(plain["phone"], r"\A(?:00)?86(1[3-9][0-9]{9})\z", r"\1")
        codes = pa.concat_arrays([plain["customer_no"], phone, plain["id_number"]]).unique()
        long = pc.greater_equal(pc.binary_length(codes), SHORTEST_NUMBER)
        lettered = pc.and_(
            pc.greater_equal(pc.binary_length(codes), SHORTEST_CODE),
            pc.match_substring_regex(codes, "[A-Z]"),
        )
        names = _names(identities["name"])
        return cls(
            codes=codes.filter(pc.or_(long, lettered)),
            mobiles=phone.filter(pc.match_substring_regex(phone, MOBILE)).unique(),
            names=frozenset(names.to_pylist()),
            openings=frozenset(pc.utf8_slice_codeunits(names, 0, 2).unique().to_pylist()),
            sizes=tuple(sorted(pc.utf8_length(names).unique().to_pylist())),
            pairs=pairs_of(names),
        )

    def among(self, candidates: pa.StringArray) -> frozenset[str]:
        """Which of ``candidates`` are codes of somebody on the list."""
        if not len(candidates):
            return frozenset()
        return frozenset(self.codes.filter(pc.is_in(self.codes, value_set=candidates)).to_pylist())


def _code(values: pa.ChunkedArray) -> pa.StringArray:
    text = values.drop_null().combine_chunks().cast(pa.string()).unique()
    plain = pc.match_substring_regex(text, r"\A[0-9A-Z]*\z")
    return pc.if_else(plain, text, pc.replace_substring_regex(pc.utf8_upper(text), r"[^0-9A-Z]", ""))


def _names(values: pa.ChunkedArray) -> pa.StringArray:
    """Each name once, as ``letters_plain`` gives it and without gaps; one character alone is none."""
    names = values.drop_null().combine_chunks().cast(pa.string()).unique()
    everyday = pc.match_substring_regex(
        names, rf"\A[^\x{{0}}-\x{{33ff}}\x{{a000}}-\x{{10ffff}}{TRADITIONAL}]+\z"
    )
    others = names.filter(pc.invert(everyday)).to_pylist()
    plain = pa.array(["".join(filter(str.isalnum, letters_plain(name))) for name in others], pa.string())
    found = pa.concat_arrays([names.filter(everyday), plain]).unique()
    return found.filter(pc.greater(pc.utf8_length(found), 1))
