"""Releases: from planned to acknowledged, what leaves frozen in the database"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Whoever moves a release, by whatever program, is bound by these.
_RULES = """
create function release_is_born() returns trigger language plpgsql as $$
begin
    if new.state <> 'planned' or new.attempt <> 0
        or num_nonnulls(new.rows, new.sha256, new.approver, new.tried_at) > 0 then
        raise exception 'release of % to %: it begins as planned and with nothing in it',
            new.as_of, new.recipient;
    end if;
    return new;
end $$;

create function release_moves_lawfully() returns trigger language plpgsql as $$
declare
    what text := format('release of %s to %s', old.as_of, old.recipient);
    freezes boolean := new.attempt = old.attempt + 1;
begin
    if (new.as_of, new.recipient, new.author) is distinct from (old.as_of, old.recipient, old.author) then
        raise exception '%: whose it is, and who made it, is never changed', what;
    end if;
    if (old.state, new.state) not in (
        ('planned', 'frozen'), ('frozen', 'frozen'), ('frozen', 'approved'), ('approved', 'approved'),
        ('approved', 'written'), ('written', 'delivered'), ('delivered', 'acknowledged'),
        ('planned', 'withdrawn'), ('frozen', 'withdrawn'), ('approved', 'withdrawn'),
        ('planned', 'expired'), ('frozen', 'expired'), ('approved', 'expired'), ('written', 'expired'),
        ('written', 'written')
    ) then
        raise exception '%: % does not follow %', what, new.state, old.state;
    end if;
    if freezes <> ((old.state, new.state) in
        (('planned', 'frozen'), ('frozen', 'frozen'), ('approved', 'approved'))) then
        raise exception '%: content is fixed by freezing, and by nothing else', what;
    end if;
    if not freezes and (new.attempt, new.rows, new.size, new.sha256) is distinct from
        (old.attempt, old.rows, old.size, old.sha256) then
        raise exception '%: what was frozen is not changed', what;
    end if;
    if freezes and new.rows >= old.rows then
        raise exception '%: frozen anew only to leave rows out', what;
    end if;
    if freezes and new.size is distinct from (
        select sum(octet_length(content)) from release_content
        where as_of = new.as_of and recipient = new.recipient and attempt = new.attempt and kind = 'sealed'
    ) then
        raise exception '%: its content is not whole', what;
    end if;
    if (old.state, new.state) = ('frozen', 'approved') then
        if lower(trim(new.approver)) = lower(trim(new.author)) then
            raise exception '%: % made it and cannot approve it', what, new.approver;
        end if;
    elsif new.approver is distinct from old.approver then
        raise exception '%: who approved it is not changed', what;
    end if;
    if (old.state, new.state) = ('written', 'written') then
        if num_nulls(old.tried_at, new.tried_at) <> 1 then
            raise exception '%: its first delivery is tried once', what;
        end if;
    elsif new.tried_at is distinct from old.tried_at then
        raise exception '%: when its delivery was tried is not changed', what;
    end if;
    if new.state = 'expired' and old.tried_at is not null then
        raise exception '%: it may have left, and counts as left', what;
    end if;
    if new.state = 'withdrawn' and coalesce(trim(new.reason), '') = '' then
        raise exception '%: withdrawing takes a reason', what;
    end if;
    new.at := now();
    return new;
end $$;

create function keep_release_move() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and (old.state, new.state) = ('written', 'written') then
        return null;
    end if;
    insert into release_moves (as_of, recipient, attempt, from_state, to_state, rows, actor, reason)
    values (
        new.as_of, new.recipient, new.attempt, case when tg_op = 'UPDATE' then old.state end, new.state,
        new.rows, new.actor, new.reason
    );
    return null;
end $$;

create function release_content_fits() returns trigger language plpgsql as $$
declare
    release releases;
begin
    if tg_op = 'INSERT' then
        select * into release from releases where as_of = new.as_of and recipient = new.recipient;
        if coalesce(new.attempt = release.attempt + 1, false)
            and release.state in ('planned', 'frozen', 'approved') then
            return new;
        end if;
        raise exception 'release of % to %: nothing is added to it any more', new.as_of, new.recipient;
    end if;
    select * into release from releases where as_of = old.as_of and recipient = old.recipient;
    if old.attempt < release.attempt or release.state in ('delivered', 'acknowledged', 'withdrawn', 'expired')
    then
        return old;
    end if;
    raise exception 'release of % to %: its content is still to be delivered', old.as_of, old.recipient;
end $$;
"""


def upgrade() -> None:
    op.execute("update releases set state = 'delivered'")  # those of before were laid down when entered
    for column in (
        sa.Column(
            "attempt",
            sa.Integer(),
            nullable=False,
            server_default="1",
            comment="how often its content was frozen",
        ),
        sa.Column("size", sa.BigInteger(), nullable=True, comment="bytes of the sealed file"),
        sa.Column("author", sa.String(), nullable=False, server_default="release job"),
        sa.Column("approver", sa.String(), nullable=True),
        sa.Column(
            "actor", sa.String(), nullable=False, server_default="release job", comment="who moved it last"
        ),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it was moved"),
        sa.Column("opt_outs_to", sa.BigInteger(), nullable=True, comment="last opt-out that was looked at"),
        sa.Column(
            "tried_at", sa.DateTime(timezone=True), nullable=True, comment="from when on it may have left"
        ),
    ):
        op.add_column("releases", column)
    for name in ("attempt", "author", "actor"):
        op.alter_column("releases", name, server_default=None)
    op.alter_column("releases", "rows", nullable=True)
    op.alter_column("releases", "sha256", nullable=True, comment="of the sealed file")
    op.create_check_constraint(
        "state_is_known",
        "releases",
        "state in ('planned', 'frozen', 'approved', 'written', 'delivered', 'acknowledged', 'withdrawn', "
        "'expired')",
    )
    op.create_check_constraint(
        "frozen_has_content", "releases", "attempt = 0 or (rows is not null and sha256 is not null)"
    )
    op.create_table(
        "release_content",
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="sealed: what leaves; rows, kin: masked"),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("as_of", "recipient", "attempt", "kind", "part"),
        sa.ForeignKeyConstraint(["as_of", "recipient"], ["releases.as_of", "releases.recipient"]),
    )
    # Compressed or sealed already: PostgreSQL need not try again.
    op.execute("alter table release_content alter column content set storage external")
    op.create_table(
        "release_moves",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_release_moves_as_of"), "release_moves", ["as_of"], unique=False)
    op.execute(_RULES)
    for name, event, table, function in _TRIGGERS:
        each = "statement" if event == "before truncate" else "row"
        op.execute(f"create trigger {name} {event} on {table} for each {each} execute function {function}()")
    op.execute(
        "create trigger by_moving_only before insert on release_moves "
        "for each row when (pg_trigger_depth() = 0) execute function refuse_change()"
    )


_TRIGGERS = (
    ("born_planned", "before insert", "releases", "release_is_born"),
    ("lawful_moves", "before update", "releases", "release_moves_lawfully"),
    ("kept_moves", "after insert or update", "releases", "keep_release_move"),
    ("never_removed", "before delete", "releases", "refuse_change"),
    ("never_emptied", "before truncate", "releases", "refuse_change"),
    ("never_changed", "before update", "release_content", "refuse_change"),
    ("fits_its_release", "before insert or delete", "release_content", "release_content_fits"),
    ("never_emptied", "before truncate", "release_content", "refuse_change"),
    ("never_changed", "before update or delete", "release_moves", "refuse_change"),
    ("never_emptied", "before truncate", "release_moves", "refuse_change"),
)


def downgrade() -> None:
    op.drop_table("release_moves")
    op.drop_table("release_content")
    for name, _, table, _ in _TRIGGERS:
        if table == "releases":
            op.execute(f"drop trigger {name} on {table}")
    for function in (
        "release_is_born",
        "release_moves_lawfully",
        "keep_release_move",
        "release_content_fits",
    ):
        op.execute(f"drop function {function}()")
    op.drop_constraint("frozen_has_content", "releases")
    op.drop_constraint("state_is_known", "releases")
    for name in ("tried_at", "opt_outs_to", "reason", "actor", "approver", "author", "size", "attempt"):
        op.drop_column("releases", name)
    op.execute("delete from releases where rows is null")
    op.alter_column("releases", "rows", nullable=False)
    op.alter_column("releases", "sha256", nullable=False, comment=None)
