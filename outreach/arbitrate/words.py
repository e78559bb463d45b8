"""What people read of a limit that has no room left."""

from outreach.arbitrate.declared import Limit

_CAPACITY = ("channel", "hour", "budget", "skill", "ahead")
_HALF_A_FEN = 0.005  # what is less shows as no money


def fate_of(limit: Limit) -> str:
    """The fate of a contact for which this limit has no room."""
    return "capacity" if limit.kind in _CAPACITY else "strategy_limit"


def full(limit: Limit, *, price: float) -> str:
    """Why a contact was passed over for this limit; ``price``: CNY that one more whole unit is worth."""
    if price <= 0:
        return f"{_is_full(limit)}; what there was went to higher values"
    worth = "less than one fen" if price < _HALF_A_FEN else f"{price:,.2f} yuan"
    return f"{_is_full(limit)}; one more {_one(limit)} would be worth {worth}"


def _is_full(limit: Limit) -> str:
    of, most = limit.of, f"{limit.high / 1000:,.0f}"
    at = "" if limit.hour is None else f" at {limit.hour}:00"
    return {
        "channel": f"{of} carries {most} a night",
        "hour": f"{of} carries {most}{at}",
        "budget": f"{of} may cost {most} yuan a night",
        "skill": f"agents for {of} take {most} calls{at or ' a night'}",
        "ahead": f"{of} has room for no more than {limit.high / 1000:,.1f} calls that may follow "
        f"{limit.days} days later",
        "strategy": f"{of} may contact {most} a night",
        "spend": f"{of} may cost {most} yuan a night",
        "begin": f"{of} may begin {most} more journeys",
    }[limit.kind]


def _one(limit: Limit) -> str:
    return {"budget": "yuan", "spend": "yuan", "ahead": "call", "begin": "journey"}.get(limit.kind, "contact")
