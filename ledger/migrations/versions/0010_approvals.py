"""Signed approvals: who let which bytes go, told to their recipient"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APP = "longreach_app"

# A list that was approved before this gets its approval signed when it goes on: no key is at hand here.
_RULES = r"""
create function one_name(name text) returns text language sql immutable as $$
    select lower(btrim(regexp_replace(normalize(name, NFKC), '\s+', ' ', 'g')))
$$;

create function release_approval_fits() returns trigger language plpgsql as $$
declare
    release releases;
begin
    select * into release from releases where as_of = new.as_of and recipient = new.recipient;
    if coalesce(release.state in ('approved', 'written'), false)
        and (release.attempt, release.sha256, release.author, release.approver)
            is not distinct from (new.attempt, new.sha256, new.author, new.approver) then
        return new;
    end if;
    raise exception 'release of % to %: this is no approval of what was approved', new.as_of, new.recipient;
end $$;

create function release_is_approved_by_another() returns trigger language plpgsql as $$
begin
    if one_name(new.author) = one_name(new.approver) or exists (
        select from release_moves where as_of = new.as_of and to_state = 'frozen'
        and one_name(actor) = one_name(new.approver)
    ) then
        raise exception 'release of % to %: % made or froze lists of that night and cannot approve them',
            new.as_of, new.recipient, new.approver;
    end if;
    return new;
end $$;

create function release_leaves_approved() returns trigger language plpgsql as $$
begin
    if not exists (
        select from release_approvals where as_of = new.as_of and recipient = new.recipient
        and attempt = new.attempt and sha256 = new.sha256
    ) then
        raise exception 'release of % to %: there is no signed approval of its bytes',
            new.as_of, new.recipient;
    end if;
    return new;
end $$;

create trigger approved_by_another before update on releases for each row
when (old.state = 'frozen' and new.state = 'approved') execute function release_is_approved_by_another();

create trigger leaves_approved before update on releases for each row
when (old.state = 'approved' and new.state = 'written') execute function release_leaves_approved();

create trigger fits_its_release before insert on release_approvals
for each row execute function release_approval_fits();

create trigger never_changed before update or delete on release_approvals
for each row execute function refuse_change();

create trigger never_emptied before truncate on release_approvals
for each statement execute function refuse_change();
"""


def upgrade() -> None:
    op.add_column(
        "releases",
        sa.Column(
            "limits",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="those it was within, if no person approved it",
        ),
    )
    op.create_table(
        "release_approvals",
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False, comment="of the sealed file"),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("approver", sa.String(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_attempt", sa.Integer(), nullable=False, comment="the one that was looked at"),
        sa.Column(
            "limits",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="those it was within, if no person approved it",
        ),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="signed, as it leaves"),
        sa.PrimaryKeyConstraint("as_of", "recipient", "attempt"),
        sa.ForeignKeyConstraint(["as_of", "recipient"], ["releases.as_of", "releases.recipient"]),
    )
    op.execute(_RULES)
    op.execute(f"revoke update, delete, truncate on release_approvals from {APP}")


def downgrade() -> None:
    for name in ("approved_by_another", "leaves_approved"):
        op.execute(f"drop trigger {name} on releases")
    op.drop_table("release_approvals")
    op.drop_column("releases", "limits")
    for name in ("release_approval_fits", "release_is_approved_by_another", "release_leaves_approved"):
        op.execute(f"drop function {name}()")
    op.execute("drop function one_name(text)")
