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
ARMS = ("treatment", "control", "global_holdout")
FATES = ("contact", "held_out", "lower_value", "capacity", "strategy_limit")
RECIPIENTS = ("push_gateway", "sms_gateway", "ai_dialler", "human_desk")
