"""Identities for public data sets, whose people have none: right in form, made up, and marked so."""

import numpy as np
import pyarrow as pa

_SURNAMES = tuple("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗")
_GIVEN = tuple("芳娜敏静丽艳霞燕玲雪伟强磊军洋勇杰涛超刚辉健斌波鹏飞")
_MOBILE = (130, 135, 138, 139, 150, 158, 177, 180, 186, 189)


def made_up_identities(customer_nos: pa.Array, *, landline: np.ndarray, seed: int) -> pa.Table:
    """customer_no, name, phone, id_number and generated (always true).

    ``landline`` says who is reached on a fixed line. The same ``seed`` gives the same people.
    """
    rows = len(customer_nos)
    draw = np.random.default_rng(seed)
    name = np.char.add(
        draw.choice(_SURNAMES, rows), np.char.add(draw.choice(_GIVEN, rows), draw.choice(_GIVEN, rows))
    )
    tail = np.char.zfill(draw.integers(0, 10**8, rows).astype(str), 8)
    mobile = np.char.add(draw.choice(_MOBILE, rows).astype(str), tail)
    fixed = np.char.add("010-6", np.char.zfill(draw.integers(0, 10**7, rows).astype(str), 7))
    passport = np.char.add("EA", np.char.zfill(draw.integers(0, 10**7, rows).astype(str), 7))
    return pa.table(
        {
            "customer_no": customer_nos,
            "name": pa.array(name.tolist()),
            "phone": pa.array(np.where(landline, fixed, mobile).tolist()),
            "id_number": pa.array(passport.tolist()),
            "generated": pa.array(np.ones(rows, bool)),
        }
    )
