"""Opt-outs that reach diallers, and the register of caller numbers"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A revocation takes its place at the very end of its transaction, one transaction after the other: whoever
# sees a place sees every earlier one, and nobody waits longer than a commit takes. A sequence alone would let
# a late commit slip in behind a reader; waiting for the oldest transaction would make opt-outs wait for a
# release. The lock is the audit chain's (7262): with one for both, no two commits wait for each other.
_RULES = """
create function revoke() returns trigger language plpgsql as $$
declare
    why text := tg_argv[0];
begin
    perform pg_advisory_xact_lock(7262);
    if tg_table_name = 'opt_outs' then
        insert into revocations (why, customer, number, channel)
        values (why, new.customer, new.number, new.channel);
    elsif tg_table_name = 'strategies' then
        insert into revocations (why, strategy, channel) values (why, new.name, 'all');
    elsif new.scope = 'strategy' then
        insert into revocations (why, strategy, channel) values (why, new.name, 'all');
    else
        insert into revocations (why, channel)
        values (why, case new.scope when 'channel' then new.name else 'all' end);
    end if;
    notify longreach_revocations;
    return null;
end $$;

create constraint trigger reaches_diallers after insert on opt_outs
    deferrable initially deferred for each row execute function revoke('opt_out');

create constraint trigger reaches_diallers after insert on switches
    deferrable initially deferred for each row when (new.stopped) execute function revoke('stopped');

create constraint trigger reaches_diallers after update on strategies
    deferrable initially deferred for each row
    when (new.state in ('paused', 'retired') and new.state is distinct from old.state)
    execute function revoke('stopped');

create function withdrawn_for_a_reason() returns trigger language plpgsql as $$
begin
    if exists (select from opt_outs where id = new.opt_out and derived_from is not null) then
        raise exception 'opt-out %: it stands for another one; withdraw that', new.opt_out;
    end if;
    return new;
end $$;

create trigger withdrawn_for_a_reason before insert on opt_out_withdrawals
    for each row execute function withdrawn_for_a_reason();

create function caller_keeps_its_class() returns trigger language plpgsql as $$
begin
    if (new.number, new.class, new.channel, new.generated)
        is distinct from (old.number, old.class, old.channel, old.generated) then
        raise exception '%: a caller number keeps its class and its channel; retire it', old.number;
    end if;
    if old.state = 'retired' and new.state <> 'retired' then
        raise exception '%: a retired caller number does not come back', old.number;
    end if;
    return new;
end $$;

create trigger caller_keeps_its_class before update on caller_numbers
    for each row execute function caller_keeps_its_class();

create function caller_within_its_limit() returns trigger language plpgsql as $$
declare
    caller caller_numbers;
    total bigint;
begin
    select * into caller from caller_numbers where number = new.number for no key update;
    select new.contacts + coalesce(sum(contacts), 0) into total from caller_uses
        where number = new.number and day = new.day and recipient <> new.recipient;
    if total > caller.daily_limit then
        raise exception '%: % contacts on % are over its limit of %',
            new.number, total, new.day, caller.daily_limit;
    end if;
    if caller.state = 'retired' or new.day < caller.active_from
        or new.day > coalesce(caller.active_until, new.day)
        or new.day <= coalesce(caller.rests_until, '-infinity')
    then
        raise exception '%: it may not be used on %', new.number, new.day;
    end if;
    return new;
end $$;

create trigger caller_within_its_limit before insert or update on caller_uses
    for each row execute function caller_within_its_limit();
"""
# So that a new house can be tried, on public data of the last century too. The first number of the bank's own
# retires these.
_MADE_UP = """
insert into caller_numbers (number, class, channel, purposes, daily_limit, active_from, generated)
select prefix || to_char(place, 'FM0000'), 'marketing', channel, '{}', daily_limit, '1900-01-01', true
from (values
    ('ai_call', '950009', 100, 5000), ('human_call', '950008', 40, 2500), ('sms', '10690', 10, 500000)
) as made_up (channel, prefix, numbers, daily_limit), generate_series(1, numbers) as place
"""
_KEPT = ("opt_outs", "opt_out_withdrawals", "revocations")


def upgrade() -> None:
    for name, comment in (
        ("source", "how it came in: hotline, branch, outcome, ..."),
        ("actor", "who entered it"),
        ("reason", None),
    ):
        op.add_column(
            "opt_outs",
            sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False, comment=comment),
        )
    op.add_column(
        "opt_outs",
        sa.Column(
            "derived_from",
            sa.BigInteger(),
            nullable=True,
            comment="the opt-out of the same person's other account that it stands for",
        ),
    )
    op.create_foreign_key("derived_from_one", "opt_outs", "opt_outs", ["derived_from"], ["id"])
    op.create_index("ix_opt_outs_customer", "opt_outs", ["customer"], unique=False)
    op.create_check_constraint("somebody_opts_out", "opt_outs", "num_nonnulls(customer, number) > 0")
    op.create_table(
        "opt_out_withdrawals",
        sa.Column("opt_out", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="how the customer asked for it"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("opt_out"),
        sa.ForeignKeyConstraint(["opt_out"], ["opt_outs.id"]),
        sa.CheckConstraint("trim(reason) <> ''", name="a_withdrawal_has_a_reason"),
    )
    op.create_table(
        "revocations",
        sa.Column("place", sa.BigInteger(), sa.Identity(), nullable=False, comment="in order of commits"),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("why", sa.Text(), nullable=False, comment="opt_out, stopped or withdrawn"),
        sa.Column("customer", sa.Text(), nullable=True, comment="token"),
        sa.Column("number", sa.Text(), nullable=True, comment="token; binds everybody who shares it"),
        sa.Column("channel", sa.Text(), nullable=False, comment="a channel, or 'all'"),
        sa.Column("strategy", sa.Text(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True, comment="of a list withdrawn after it left"),
        sa.Column("recipient", sa.Text(), nullable=True, comment="of that list"),
        sa.PrimaryKeyConstraint("place"),
    )
    op.create_table(
        "released_lists",
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False, comment="the last revocation it has heeded"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("recipient", "as_of"),
    )
    op.create_table(
        "released_contacts",
        sa.Column("contact", sa.Text(collation="C"), nullable=False),
        sa.Column("address", sa.Text(collation="C"), nullable=False),
        sa.Column("customer", sa.Text(collation="C"), nullable=True, comment="token; none of a canary"),
        sa.Column("number", sa.Text(collation="C"), nullable=True, comment="token"),
        sa.Column("strategy", sa.Text(collation="C"), nullable=False),
        sa.Column("channel", sa.Text(collation="C"), nullable=False),
        sa.Column("caller", sa.Text(collation="C"), nullable=True, comment="number it is made from"),
        sa.Column("recipient", sa.Text(collation="C"), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("recipient", "as_of", "contact"),
    )
    for column in ("address", "customer", "number"):
        op.create_index(f"ix_released_contacts_{column}", "released_contacts", [column], unique=False)
    op.create_table(
        "caller_numbers",
        sa.Column("number", sa.Text(), nullable=False, comment="the bank's own, as customers see it"),
        sa.Column("class", sa.Text(), nullable=False, comment="what the operator registered it for"),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purposes", sa.ARRAY(sa.Text()), nullable=False, comment="products; none: all of them"),
        sa.Column("daily_limit", sa.Integer(), nullable=False, comment="contacts a day"),
        sa.Column("active_from", sa.Date(), nullable=False),
        sa.Column("active_until", sa.Date(), nullable=True),
        sa.Column("rests_until", sa.Date(), nullable=True, comment="last day of its rest"),
        sa.Column("state", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("generated", sa.Boolean(), nullable=False, comment="made up: nobody owns it"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("number", "class", name="a_number_has_one_class"),
        sa.CheckConstraint("class in ('marketing', 'service')", name="class_is_known"),
        sa.CheckConstraint("state in ('active', 'retired')", name="caller_state_is_known"),
        sa.CheckConstraint("daily_limit > 0", name="a_caller_has_a_limit"),
        sa.CheckConstraint("number ~ '^[0-9]{3,20}$'", name="a_caller_is_digits"),
    )
    op.create_table(
        "caller_uses",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False, comment="who makes these contacts"),
        sa.Column("class", sa.Text(), nullable=False, comment="of the contacts, and so of the number"),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", "day", "recipient"),
        sa.ForeignKeyConstraint(
            ["number", "class"], ["caller_numbers.number", "caller_numbers.class"], name="of_the_right_class"
        ),
    )
    op.execute(_RULES)
    op.execute(_MADE_UP)
    for table in _KEPT:
        op.execute(
            f"create trigger never_changed before update or delete on {table} "
            "for each row execute function refuse_change()"
        )
        op.execute(
            f"create trigger never_emptied before truncate on {table} "
            "for each statement execute function refuse_change()"
        )


def downgrade() -> None:
    for table in ("opt_outs", "switches", "strategies"):
        op.execute(f"drop trigger reaches_diallers on {table}")
    for trigger in ("never_changed", "never_emptied"):
        op.execute(f"drop trigger {trigger} on opt_outs")
    for table in (
        "caller_uses",
        "caller_numbers",
        "released_contacts",
        "released_lists",
        "revocations",
        "opt_out_withdrawals",
    ):
        op.drop_table(table)
    op.drop_index("ix_opt_outs_customer", "opt_outs")
    op.drop_constraint("somebody_opts_out", "opt_outs")
    for column in ("derived_from", "reason", "actor", "source"):
        op.drop_column("opt_outs", column)
    for function in (
        "caller_within_its_limit",
        "caller_keeps_its_class",
        "withdrawn_for_a_reason",
        "revoke",
    ):
        op.execute(f"drop function {function}()")
