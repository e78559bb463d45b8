"""A submitted version may be sent back to its author, with a comment"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_BEFORE = """
create or replace function strategy_moves() returns trigger language plpgsql as $$
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

_RULES = """
create or replace function strategy_moves() returns trigger language plpgsql as $$
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
        or coalesce(
            same_pending and old.stage = 'submitted' and new.stage = 'draft' and new.sent_back_by is not null,
            false
        )
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
    op.add_column("strategies", sa.Column("sent_back_by", sa.String(), comment="who sent the draft back"))
    op.add_column("strategies", sa.Column("sent_back_why", sa.Text(), comment="what its author was told"))
    op.create_check_constraint(
        "sent_back_with_a_comment", "strategies", "(sent_back_by is null) = (sent_back_why is null)"
    )
    op.create_check_constraint(
        "what_was_sent_back_is_a_draft", "strategies", "sent_back_by is null or coalesce(stage, '') = 'draft'"
    )
    op.execute(_RULES)


def downgrade() -> None:
    op.execute(_BEFORE)
    op.drop_constraint("what_was_sent_back_is_a_draft", "strategies")
    op.drop_constraint("sent_back_with_a_comment", "strategies")
    op.drop_column("strategies", "sent_back_why")
    op.drop_column("strategies", "sent_back_by")
