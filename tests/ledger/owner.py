"""The owner of the ledger's tables, who alone may do what their triggers refuse."""

from sqlalchemy import Connection, text


def as_owner(connection: Connection) -> None:
    """Until the transaction ends the connection acts as its login, the owner, and no trigger speaks."""
    connection.execute(text("set local role none"))
    connection.execute(text("set local session_replication_role = replica"))
