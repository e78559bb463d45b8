"""The closed vocabularies that tables, features, strategies and channels share."""

ASSET_CLASSES = (
    "demand",
    "time_deposit",
    "structured_deposit",
    "wealth",
    "fund",
    "insurance",
    "precious_metal",
    "bond",
    "trust",
)
PRODUCTS = ("deposit", "loan", "wealth", "fund", "card", "instalment", "mobile")
CHANNELS = ("push", "sms", "ai_call", "human_call")
# From the lightest to the gravest: where one contact comes back with several, the gravest stands.
RESULTS = (
    "not_delivered",
    "delivered",
    "opened",
    "no_answer",
    "hung_up",
    "heard_out",
    "interested",
    "converted",
    "refused",
    "complained",
)
# A word beside them in outcome files: no contact by any channel. Entered as an opt-out, kept as refused.
OPTED_OUT = "opted_out"
# What can come back from each channel: a message is not answered like a call, a call is not opened.
_FROM_MESSAGES = ("not_delivered", "delivered", "opened", "converted", "refused", "complained")
_FROM_CALLS = tuple(result for result in RESULTS if result not in ("delivered", "opened"))
RETURNS = {
    "push": _FROM_MESSAGES,
    "sms": _FROM_MESSAGES,
    "ai_call": _FROM_CALLS,
    "human_call": _FROM_CALLS,
}
SUPPRESSION_KINDS = (
    "opt_out",
    "do_not_disturb",
    "complaint_open",
    "litigation",
    "deceased",
    "staff",
    "refuses_automated_decisions",
    "no_personalisation",
)
# The arms that receive something, those held out by the strategy itself, and those held out above it.
TREATED = ("treatment", "treatment_b", "treatment_c", "treatment_d")
ARMS = (*TREATED, "control", "portfolio_holdout", "global_holdout")
# Of whom a readout speaks: all whose contact was chosen; all passed over for capacity too; all reached.
VIEWS = ("exposed", "entered", "contacted")
VERDICTS = ("ship", "stop", "continue", "broken")
FATES = ("contact", "held_out", "lower_value", "capacity", "strategy_limit")
RECIPIENTS = ("push_gateway", "sms_gateway", "ai_dialler", "human_desk")
