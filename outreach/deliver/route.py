"""Which transport goes to which recipient."""

from typing import assert_never

from base.settings import Settings
from base.settings.recipients import Folder, Https, Sftp
from outreach.deliver.folder import FolderTransport
from outreach.deliver.keys import answer_keys, recipient_of
from outreach.deliver.transport import Transport


def transport_of(name: str, *, settings: Settings) -> Transport:
    """The way to the recipient as settings have it; by default a folder of the outbox.

    Raises SettingsError where one of its keys cannot be read.
    """
    keys = answer_keys(settings, name)
    # What talks to servers is large; a house that lays lists into folders never loads it.
    way = recipient_of(settings, name).transport
    match way:
        case Folder():
            return FolderTransport(way.path or settings.outbox_folder / name, keys=keys)
        case Sftp():
            from outreach.deliver.sftp import SftpTransport

            return SftpTransport(way, keys=keys)
        case Https():
            from outreach.deliver.https import HttpsTransport

            return HttpsTransport(way, keys=keys)
        case _:
            assert_never(way)
