"""A folder of documents as the live book of a ledger."""

from pathlib import Path

from ledger.database import Ledger
from strategies.book import standings
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, read_files


def make_live(ledger: Ledger, folder: Path = OWN_BOOK) -> None:
    """Puts every document of the folder live, whatever version the book holds."""
    with ledger.engine.connect() as connection:
        bases = {name: standing.newest for name, standing in standings(connection).items()}
    put_live(ledger, read_files([folder]), bases=bases)
