"""What is said of people's requests: for what somebody is asked about, where something is kept, and why."""

from collections.abc import Mapping

from console.words import Said

PURPOSES: Mapping[str, Said] = {
    "person request": Said("The person asked for it", "客户本人要求"),
    "complaint": Said("A complaint", "客户投诉"),
    "authority request": Said("An authority asked for it", "监管或司法要求"),
    "incident": Said("An incident", "安全事件"),
}
"""By the purpose, as the vault knows it."""

NUMBERS: Mapping[str, Said] = {
    "phone": Said("Phone", "手机号"),
    "customer-no": Said("Customer number", "客户号"),
    "document": Said("ID number", "证件号"),
}
"""By what a person can be found."""

STORES: Mapping[str, Said] = {
    "lake": Said("table of the lake", "数据湖表"),
    "ledger": Said("table of the ledger", "台账表"),
    "outbox": Said("frozen list", "已冻结名单"),
    "inbox": Said("outcome file", "结果文件"),
    "copies": Said("copy made for the person", "为客户导出的副本"),
    "holdouts": Said("customer numbers of a holdout, to be written anew", "留出组客户号文件，须重新导出"),
    "vault": Said("vault", "身份库"),
}

_PROTECTS = Said("it protects the person from being contacted", "用于保护客户不再被联系")
_TRAIL = Said(
    "what was done is kept for good; it names a token only, which nobody can resolve any more",
    "操作留痕须永久保存，仅含无法还原的令牌",
)
_EVIDENCE = Said(
    "evidence of contacts made, masked and by tokens; the recipient erases its own copy",
    "触达证据，已脱敏且仅含令牌；接收方自行删除其副本",
)
_IN_USE = Said(
    "until the list expires, diallers are told by it not to call", "名单到期前用于通知外呼方不得再拨打"
)
STAYS: Mapping[tuple[str, str], Said] = {
    ("ledger", "opt_outs"): _PROTECTS,
    ("ledger", "opt_out_withdrawals"): Said("it says what an opt-out is worth", "说明退订是否有效"),
    ("ledger", "revocations"): _PROTECTS,
    ("ledger", "audit"): _TRAIL,
    ("ledger", "alerts"): _TRAIL,
    ("ledger", "released_contacts"): _IN_USE,
}
"""Why something stays when a person is erased, by store and name."""


def stays(store: str, name: str, *, english: str) -> Said:
    """Why what is kept there stays; the ``english`` reason where it has no words here yet."""
    return _EVIDENCE if store in ("outbox", "inbox") else STAYS.get((store, name), Said(english, english))
