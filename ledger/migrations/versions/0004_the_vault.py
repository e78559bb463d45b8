"""The vault: a schema of its own, and the role that alone reads it"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APP, VAULT = "longreach_app", "longreach_vault"

TABLES = """
create table vault.masters (
    version text primary key,
    provider text not null,
    reference bytea not null,
    probe bytea not null,
    made_at timestamptz not null default now(),
    destroyed_at timestamptz
);
comment on table vault.masters is 'versions of the key above all others, which its provider keeps';
comment on column vault.masters.probe is 'known words sealed by it, to tell a wrong key';

create table vault.keys (
    use text not null check (use in ('token', 'digest', 'erased')),
    version text not null,
    algorithm text not null check (algorithm in ('sha256', 'sm3')),
    master text not null references vault.masters,
    wrapped bytea,
    made_at timestamptz not null default now(),
    destroyed_at timestamptz,
    primary key (use, version),
    check ((wrapped is null) = (destroyed_at is not null))
);

create table vault.persons (
    customer text primary key,
    master text not null references vault.masters,
    wrapped bytea not null
);
create index persons_by_master on vault.persons (master);
comment on column vault.persons.wrapped is 'the key of one person: deleted, the record is shredded';

create table vault.identities (
    customer text not null,
    since date not null,
    until date,
    digest bigint not null,
    number text,
    document text,
    record bytea not null,
    primary key (customer, since),
    check (until > since)
);
create index identities_by_number on vault.identities (number);
create index identities_by_document on vault.identities (document);
comment on column vault.identities.until is 'first day on which it no longer holds; null while it does';
comment on column vault.identities.number is 'token of the phone';
comment on column vault.identities.document is 'token of the ID number';

create table vault.deliveries (
    as_of date primary key,
    people bigint not null
);

create table vault.first_tokens (
    kind text not null,
    made bigint not null,
    token text not null,
    primary key (kind, made)
);
create index first_tokens_by_token on vault.first_tokens (token);
comment on table vault.first_tokens is
    'what the newest token key makes of a known value, and the token that it was given first';

create table vault.tombstones (
    digest bytea primary key,
    at timestamptz not null default now()
);
comment on table vault.tombstones is 'keyed digests of erased customer numbers, which may not come back';
"""


def upgrade() -> None:
    connection = op.get_bind()
    _ensure_roles(connection)
    _run(
        f"grant usage on schema public to {APP}",
        f"grant all on all tables in schema public to {APP}",
        f"grant all on all sequences in schema public to {APP}",
        f"alter default privileges in schema public grant all on tables to {APP}",
        f"alter default privileges in schema public grant all on sequences to {APP}",
    )
    # "if not exists" asks for the right to make schemas even where there is nothing to make.
    if not connection.execute(sa.text("select to_regnamespace('vault')")).scalar():
        _run(f"create schema vault authorization {VAULT}")
    _run(
        f"set local role {VAULT}",
        *TABLES.split(";\n"),
        "reset role",
    )


def downgrade() -> None:
    _run("drop schema vault cascade")  # the roles stay: they belong to the server, not to this database


def _ensure_roles(connection: sa.Connection) -> None:
    me = connection.execute(sa.text("select current_user")).scalar()
    for role in (APP, VAULT):
        if not connection.execute(sa.text("select to_regrole(:role)"), {"role": role}).scalar():
            _run(f"create role {role} nologin", f'grant {role} to "{me}"')


def _run(*statements: str) -> None:
    for statement in statements:
        if statement.strip():
            op.execute(statement)
