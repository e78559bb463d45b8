"""A strategy that is begun: a document that reads, with words in it for its author to write others over."""

from collections.abc import Mapping

from base.language import Language
from strategies.document import Strategy

OFFER: Mapping[Language, str] = {"zh": "请填写优惠内容", "en": "Write here what is offered."}
SCRIPT: Mapping[Language, str] = {"zh": "请填写话术", "en": "Write here what is said."}
TO_WRITE = frozenset((*OFFER.values(), *SCRIPT.values()))
"""What stands where its author has written nothing yet."""


def unwritten(strategy: Strategy) -> tuple[str, ...]:
    """The places of the document where the first words still stand; scripts begin with their opening."""
    variants = strategy.experiment.variants
    said = {("offer",): strategy.offer, **strategy.written_scripts()}
    said |= {("variables", name): words for name, words in strategy.variables.items()}
    for arm, variant in variants.items():
        said |= {
            ("experiment", "variants", arm, "variables", name): words
            for name, words in variant.variables.items()
        }
    return tuple(".".join(map(str, path)) for path, words in said.items() if words.endswith(tuple(TO_WRITE)))
