"""Bends an audit trail the way somebody would who owns the database: at random, on a fixed seed.

The clumsy way leaves the chain as it was; the careful way makes every hash after it anew, so that the chain
agrees with itself and only a checkpoint outside tells.
"""

import random
from collections.abc import Callable

from sqlalchemy import Connection, bindparam, text

_Attack = Callable[[Connection, random.Random, int], int]
_ATTACKS: dict[str, _Attack] = {}

_CHAIN_ANEW = """
do $$
declare
    one record;
    place bigint := {start} - 1;
    head bytea := coalesce(
        (select hash from audit_chain where number = {start} - 1), decode(repeat('00', 32), 'hex')
    );
begin
    update audit_chain set number = -number where number >= {start};
    for one in
        select chain.number, line from audit_chain chain, audit where line = audit.id and chain.number < 0
        order by chain.number desc
    loop
        place := place + 1;
        head := sha256(head || audit_content(place, (select audit from audit where id = one.line)));
        update audit_chain set number = place, hash = head where line = one.line;
    end loop;
    delete from audit_chain where number < 0;
end $$
"""


def bend(connection: Connection, rng: random.Random, *, lines: int) -> str:
    """Bends a trail of ``lines`` lines in one random way, within the open transaction; which way it was."""
    connection.execute(text("set local role none"))  # the owner
    connection.execute(text("set local session_replication_role = replica"))  # no trigger speaks any more
    way = rng.choice(sorted(_ATTACKS))
    first = _ATTACKS[way](connection, rng, lines)
    if rng.random() < 0.5 and way not in ("cut off", "inserted past the chain"):
        connection.exec_driver_sql(_CHAIN_ANEW.format(start=first))
        way = f"{way}, chained anew"
    return way


def _attack(way: str) -> Callable[[_Attack], _Attack]:
    def declare(function: _Attack) -> _Attack:
        _ATTACKS[way] = function
        return function

    return declare


@_attack("edited")
def _edit(connection: Connection, rng: random.Random, lines: int) -> int:
    number = rng.randint(1, lines)
    change = rng.choice(
        [
            "actor = actor || 'x'",
            "actor = case when actor = 'eve' then 'ada' else 'eve' end",
            "action = action || ' '",
            "subject = reverse(subject) || '1'",
            "at = at + interval '1 microsecond'",
            "at = at - interval '1 day'",
            "detail = replace(detail::text, ':', ': ')::json",
            "detail = '{}'::json",
        ]
    )
    _run(connection, f"update audit set {change} where id = {_LINE}", number=number)
    return number


@_attack("line removed")
def _remove_line(connection: Connection, rng: random.Random, lines: int) -> int:
    number = rng.randint(1, lines)
    _run(connection, f"delete from audit where id = {_LINE}", number=number)
    return number


@_attack("line and link removed")
def _remove_both(connection: Connection, rng: random.Random, lines: int) -> int:
    number = _remove_line(connection, rng, lines)
    _run(connection, "delete from audit_chain where number = :number", number=number)
    return number


@_attack("removed and moved up")
def _remove_and_close(connection: Connection, rng: random.Random, lines: int) -> int:
    number = _remove_both(connection, rng, lines)
    _run(connection, "update audit_chain set number = -number where number > :number", number=number)
    _run(connection, "update audit_chain set number = -number - 1 where number < 0")
    return number


@_attack("inserted past the chain")
def _insert_line(connection: Connection, _: random.Random, lines: int) -> int:
    _run(
        connection,
        "insert into audit (actor, action, subject, detail) values ('eve', 'vault.take', 'x', '{}')",
    )
    return lines


@_attack("inserted between")
def _insert_between(connection: Connection, rng: random.Random, lines: int) -> int:
    number = rng.randint(1, lines)
    _insert_line(connection, rng, lines)
    _run(connection, "update audit_chain set number = -number where number >= :number", number=number)
    _run(connection, "update audit_chain set number = 1 - number where number < 0")
    _run(
        connection,
        "insert into audit_chain select :number, max(id), sha256('made up'::bytea) from audit",
        number=number,
    )
    return number


@_attack("places swapped")
def _swap_places(connection: Connection, rng: random.Random, lines: int) -> int:
    one, other = sorted(rng.sample(range(1, lines + 1), 2))
    for number, place in ((one, 0), (other, one), (0, other)):
        _run(
            connection,
            "update audit_chain set number = :place where number = :number",
            number=number,
            place=place,
        )
    return one


@_attack("lines swapped")
def _swap_lines(connection: Connection, rng: random.Random, lines: int) -> int:
    one, other = sorted(rng.sample(range(1, lines + 1), 2))
    kept = {row.number: row.line for row in connection.execute(text("select number, line from audit_chain"))}
    for number, line in ((one, -1), (other, kept[one]), (one, kept[other])):
        _run(
            connection, "update audit_chain set line = :line where number = :number", number=number, line=line
        )
    return one


@_attack("cut off")
def _cut_off(connection: Connection, rng: random.Random, lines: int) -> int:
    number = rng.randint(1, lines)
    _run(
        connection,
        "delete from audit where id in (select line from audit_chain where number >= :number)",
        number=number,
    )
    if rng.random() < 0.8:
        _run(connection, "delete from audit_chain where number >= :number", number=number)
    return number


_LINE = "(select line from audit_chain where number = :number)"


def _run(connection: Connection, statement: str, **given: int) -> None:
    prepared = text(statement.replace("': '", "'\\: '").replace("':'", "'\\:'"))
    connection.execute(prepared.bindparams(*(bindparam(name) for name in given)), given)
