"""Everything that can go wrong, as types a caller can tell apart.

A message says what is wrong, where, and what to do. It never holds an identifier of a person.
"""


class LongreachError(Exception):
    """Base of all errors that Longreach raises on purpose; the command line shows it without a trace."""


class SettingsError(LongreachError):
    """A setting is missing or makes no sense."""


class DeclarationError(LongreachError):
    """Something declared in code (a table, feature, job, channel, policy rule) contradicts itself."""


class SourceError(LongreachError):
    """A delivered file is missing, unreadable, or not what was agreed."""


class QualityError(LongreachError):
    """Data broke a threshold; the night stops before anything leaves the house."""


class StoreError(LongreachError):
    """A table could not be read or written."""


class LedgerError(LongreachError):
    """PostgreSQL could not be started, reached or migrated."""


class StrategyError(LongreachError):
    """A strategy document does not parse or does not make sense."""


class BookError(LongreachError):
    """The strategy book does not allow what was asked of it."""


class ModelError(LongreachError):
    """A model could not be fitted, found or used."""


class ExperimentError(LongreachError):
    """An experiment's design or data does not allow the asked reading."""


class ArbitrationError(LongreachError):
    """What is to be decided tonight contradicts itself: a limit below zero, places that do not match."""


class VaultError(LongreachError):
    """Identities were asked for without the right, or could not be read."""


class ReleaseError(LongreachError):
    """A contact list must not or could not leave."""


class SealError(LongreachError):
    """A sealed file, or a signed statement, is not what it should be: changed, expired, another's."""


class DeliveryError(LongreachError):
    """A sealed list did not arrive, or its arrival is not confirmed; a later run tries again."""


class OptOutError(LongreachError):
    """An opt-out cannot be entered or withdrawn like this, or the revocation feed cannot be read."""


class CallerError(LongreachError):
    """The register of caller numbers does not allow what was asked of it."""


class RoleError(LongreachError):
    """Somebody asked for what no role of his allows."""


class ConsoleError(LongreachError):
    """Somebody at the console asked for something that cannot be done like this."""


class ProviderError(LongreachError):
    """The identity provider does not answer, or not as the standard says."""


class ScheduleError(LongreachError):
    """A scheduled run does not carry the business date it should work for."""
