"""What is wrong with a rule or a document, in Chinese as well."""

from console.words.errors import in_both as slip_said

__all__ = ["slip_said"]
