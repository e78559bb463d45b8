"""The strategy book: versions that never change, and the rules of who may let them go live"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Whoever writes to the book, by whatever program, is bound by these.
_RULES = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%: what is written here is never changed nor removed', tg_table_name;
end $$;

create function next_version_only() returns trigger language plpgsql as $$
begin
    if new.version <> 1 + coalesce(
        (select max(version) from strategy_versions where name = new.name), 0
    ) then
        raise exception '% version %: versions follow one another without a gap', new.name, new.version;
    end if;
    return new;
end $$;

create function strategy_moves() returns trigger language plpgsql as $$
declare
    same_pending boolean := new.pending is not distinct from old.pending;
    same_running boolean := new.running is not distinct from old.running;
    moved_stage boolean := not same_pending or new.stage is distinct from old.stage;
    moved_state boolean := not same_running or new.state is distinct from old.state;
    goes_live boolean := coalesce(
        old.stage = 'approved' and new.running = old.pending and new.state = 'live' and new.pending is null,
        false
    );
    retires boolean := coalesce(new.state = 'retired', false) and same_running and new.pending is null;
begin
    if old.name <> new.name or old.state = 'retired' then
        raise exception '%: a retired strategy stays as it is, and none changes its name', old.name;
    end if;
    if moved_stage and not (
        goes_live
        or retires
        or coalesce(new.stage = 'draft' and new.pending > greatest(old.pending, old.running, 0), false)
        or coalesce(same_pending and old.stage = 'draft' and new.stage = 'submitted', false)
        or coalesce(same_pending and old.stage = 'submitted' and new.stage = 'approved', false)
    ) then
        raise exception '%: % does not follow % here', old.name, new.stage, old.stage;
    end if;
    if not moved_stage and (new.submitted_by, new.approved_by) is distinct from
        (old.submitted_by, old.approved_by) then
        raise exception '%: who submitted and who approved is not changed afterwards', old.name;
    end if;
    if moved_state and not (
        goes_live
        or retires
        or coalesce(same_running and old.state = 'live' and new.state = 'paused', false)
        or coalesce(same_running and old.state = 'paused' and new.state = 'live', false)
    ) then
        raise exception '%: % does not follow % here', old.name, new.state, old.state;
    end if;
    if new.stage = 'approved' and moved_stage and exists (
        select from strategy_versions
        where name = new.name
            and version > coalesce(old.running, 0)
            and version <= new.pending
            and lower(author) = lower(new.approved_by)
        union all
        select where lower(new.approved_by) = lower(old.submitted_by)
    ) then
        raise exception '%: % wrote or submitted this and cannot approve it', new.name, new.approved_by;
    end if;
    return new;
end $$;
"""


def upgrade() -> None:
    op.create_table(
        "strategies",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=True, comment="the version on its way to going live"),
        sa.Column(
            "stage", sa.String(), nullable=True, comment="of the pending version: draft, submitted, approved"
        ),
        sa.Column("submitted_by", sa.String(), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("running", sa.Integer(), nullable=True, comment="the version that went live last"),
        sa.Column(
            "state", sa.String(), nullable=True, comment="of the running version: live, paused, retired"
        ),
        sa.PrimaryKeyConstraint("name"),
        sa.CheckConstraint("stage in ('draft', 'submitted', 'approved')", name="stage_is_known"),
        sa.CheckConstraint("state in ('live', 'paused', 'retired')", name="state_is_known"),
        sa.CheckConstraint("(pending is null) = (stage is null)", name="what_is_pending_has_a_stage"),
        sa.CheckConstraint("running is null or state is not null", name="what_runs_has_a_state"),
        sa.CheckConstraint(
            "running is not null or coalesce(state, 'retired') = 'retired'", name="a_state_needs_a_version"
        ),
        sa.CheckConstraint(
            "(coalesce(stage, 'draft') <> 'draft') = (submitted_by is not null)", name="submitted_by_somebody"
        ),
        sa.CheckConstraint(
            "(coalesce(stage, '') = 'approved') = (approved_by is not null)", name="approved_by_somebody"
        ),
    )
    op.create_table(
        "strategy_versions",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="the document exactly as its author wrote it"),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["strategies.name"]),
        sa.PrimaryKeyConstraint("name", "version"),
        sa.CheckConstraint(
            "sha256 = encode(sha256(convert_to(text, 'UTF8')), 'hex')", name="digest_is_of_the_text"
        ),
    )
    op.create_table(
        "strategy_readings",
        sa.Column("sha256", sa.String(), nullable=False, comment="of the document's text"),
        sa.Column(
            "reader", sa.String(), nullable=False, comment="digest of the code and features that read it"
        ),
        sa.Column("document", sa.JSON(), nullable=False, comment="what it says"),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"], unique=False)
    op.execute(_RULES)
    for table in ("audit", "strategy_versions"):
        op.execute(
            f"create trigger never_changed before update or delete on {table} "
            "for each row execute function refuse_change()"
        )
    for table in ("audit", "strategy_versions", "strategies"):
        op.execute(
            f"create trigger never_emptied before truncate on {table} "
            "for each statement execute function refuse_change()"
        )
    op.execute(
        "create trigger no_gap before insert on strategy_versions "
        "for each row execute function next_version_only()"
    )
    op.execute(
        "create trigger lawful_moves before update on strategies "
        "for each row execute function strategy_moves()"
    )
    op.execute(
        "create trigger never_removed before delete on strategies "
        "for each row execute function refuse_change()"
    )
    op.execute(
        "create trigger born_empty before insert on strategies "
        "for each row when (num_nonnulls(new.pending, new.running, new.state) > 0) "
        "execute function refuse_change()"
    )


def downgrade() -> None:
    for table in ("audit", "strategy_versions"):
        for trigger in ("never_changed", "never_emptied"):
            op.execute(f"drop trigger {trigger} on {table}")
    op.drop_index(op.f("ix_audit_subject"), table_name="audit")
    op.drop_table("strategy_readings")
    op.drop_table("strategy_versions")
    op.drop_table("strategies")
    for function in ("strategy_moves", "next_version_only", "refuse_change"):
        op.execute(f"drop function {function}()")
