"""What the lines of the audit trail say was done, and what their details are called."""

from collections.abc import Mapping

from console.words import Said
from console.words.errors import known
from console.words.errors.places import place_said
from console.words.nights import ACTORS, RECIPIENTS
from console.words.persons import PURPOSES

DEEDS: Mapping[str, Said] = {
    "signed in": Said("signed in", "登录"),
    "sign-in refused": Said("was refused at the door", "登录被拒绝"),
    "refused at the console": Said("was refused at the console", "操作被拒绝"),
    "console user added": Said("let somebody into the console", "新增工作台用户"),
    "console user removed": Said("let somebody in no more", "移除工作台用户"),
    "api token added": Said("gave a program a token", "发放接口令牌"),
    "api token revoked": Said("revoked a program's token", "撤销接口令牌"),
    "strategy imported": Said("wrote a version of a strategy", "写入策略版本"),
    "strategy submitted": Said("submitted a strategy", "提交策略"),
    "strategy sent back": Said("sent a strategy back", "退回策略"),
    "strategy approved": Said("approved a strategy", "批准策略"),
    "strategy went live": Said("put a strategy in force", "策略上线"),
    "strategy paused": Said("paused a strategy", "暂停策略"),
    "strategy resumed": Said("resumed a strategy", "恢复策略"),
    "strategy retired": Said("retired a strategy", "下线策略"),
    "strategy stopped": Said("stopped a strategy", "停止策略"),
    "strategy started": Said("let a strategy go on", "解除策略停止"),
    "channel stopped": Said("stopped a channel", "停止渠道"),
    "channel started": Said("let a channel go on", "解除渠道停止"),
    "all stopped": Said("stopped everything", "全部停止"),
    "all started": Said("let everything go on", "解除全部停止"),
    "night decided": Said("decided a night", "完成夜间决策"),
    "minimums lowered": Said("lowered minimums that did not fit", "下调无法满足的下限"),
    "list approved": Said("approved a list", "批准名单"),
    "list withdrawn": Said("withdrew a list", "撤回名单"),
    "lists released": Said("released the lists", "发放名单"),
    "outcome file taken": Said("handed in an outcome file", "接收结果文件"),
    "outcome file refused": Said("handed in an outcome file that was refused", "结果文件被拒绝"),
    "rows traced": Said("traced rows to their list", "查询名单来源"),
    "outcomes taken in": Said("took outcomes in", "回收触达结果"),
    "experiment reviewed": Said("decided about an experiment", "实验复盘"),
    "holdout exported": Said("handed out a holdout", "导出留出组"),
    "holdout handed out": Said("gave a program a holdout", "向程序提供留出组"),
    "retention applied": Said("deleted what was kept long enough", "清理到期数据"),
    "opted out": Said("entered an opt-out", "登记退订"),
    "opt-out withdrawn": Said("withdrew an opt-out", "撤销退订"),
    "caller registered": Said("registered a number to call from", "登记主叫号码"),
    "caller rests": Said("let a number rest", "停用主叫号码一段时间"),
    "caller retired": Said("retired a number", "注销主叫号码"),
    "customer looked at": Said("looked at one customer by token", "按令牌查看客户"),
    "vault.take": Said("took identities for a list", "为名单取用身份信息"),
    "vault.look": Said("saw one person unmasked", "查看单人完整信息"),
    "vault.find": Said("looked a person up by number", "按号码查找个人"),
    "vault.refused": Said("was refused at the vault", "被身份库拒绝"),
    "vault.erase": Said("destroyed a person's identity", "销毁个人身份信息"),
    "vault.lift": Said("let an erased customer come back", "允许已删除客户恢复"),
    "vault.rotated": Said("made a new key", "轮换密钥"),
    "vault.rewrapped": Said("moved people's keys to the new master key", "迁移个人密钥"),
    "vault.destroyed": Said("destroyed an old key", "销毁旧密钥"),
    "person.looked_for": Said("asked where a person's data are", "查询个人信息所在"),
    "person.handed_out": Said("handed a person's data out", "导出个人信息"),
    "person.erased": Said("erased a person", "删除个人信息"),
}
"""By the action as it is kept."""

DETAILS: Mapping[str, Said] = {
    "about": Said("about", "事由"),
    "accounts": Said("accounts", "账户数"),
    "action": Said("what was asked for", "所请求的操作"),
    "as_of": Said("business date", "业务日期"),
    "asked": Said("asked for", "请求"),
    "channel": Said("channel", "渠道"),
    "class": Said("class", "类别"),
    "before": Said("before", "此前"),
    "closed": Said("name closed", "已锁定"),
    "contacts": Said("contacts", "触达数"),
    "covers": Said("covers", "覆盖范围"),
    "customers": Said("customers asked for", "请求客户数"),
    "dropped": Said("held back", "未发放"),
    "full": Said("unmasked", "未脱敏"),
    "keys": Said("keys", "密钥数"),
    "lists": Said("lists", "名单"),
    "note": Said("note", "说明"),
    "opt_out": Said("opt-out", "退订编号"),
    "outcomes": Said("outcomes", "结果数"),
    "places": Said("places", "存放处"),
    "purpose": Said("purpose", "用途"),
    "reason": Said("reason", "理由"),
    "recipient": Said("recipient", "接收方"),
    "refused": Said("refused", "拒收"),
    "rests_until": Said("rests until", "停用至"),
    "rows": Said("rows", "行数"),
    "sha256": Said("SHA-256", "摘要 SHA-256"),
    "source": Said("said by way of", "来源"),
    "stands_for": Said("stands for opt-out", "对应退订"),
    "state": Said("state", "状态"),
    "ticket": Said("ticket", "工单"),
    "token": Said("token", "接口令牌"),
    "unreadable": Said("unreadable", "无法读取"),
    "version": Said("version", "版本"),
    "versions": Said("versions", "版本"),
    "why": Said("why", "原因"),
}
"""By the name as it is kept."""


_SHOWN = 5


def worth(name: str, value: object) -> Said:
    """What a detail says, in words; of what holds many things the first few, and how many more there are."""
    if value is None or value in ({}, [], ""):
        return Said("–", "–")
    if isinstance(value, bool):
        return Said("yes", "是") if value else Said("no", "否")
    if isinstance(value, dict):
        return _some([_own(str(key)).then(_own(str(one))) for key, one in value.items()])
    if isinstance(value, list):
        return _some([_own(str(one)) for one in value])
    if name == "reason":
        # Somebody's own words stay as they were written.
        return own(str(value))
    words = PURPOSES if name == "purpose" else RECIPIENTS if name == "recipient" else {}
    return words.get(str(value)) or _own(str(value))


def own(name: str) -> Said:
    """Who acted, or on what, where it is the house itself; a name of somebody else stands for itself."""
    return ACTORS.get(name, Said(name, name))


def concerned(name: str) -> Said:
    """What an alert or a line of the trail concerns; somebody's name or token stands for itself."""
    return Said(name, place_said(name))


def _own(words: str) -> Said:
    """A word or a sentence of the house; what somebody wrote stands for itself."""
    found = ACTORS.get(words) or known(words)
    return found or Said(words, place_said(words))


def _some(every: list[Said]) -> Said:
    few, more = every[:_SHOWN], len(every) - _SHOWN
    english, chinese = ", ".join(one.english for one in few), "、".join(one.chinese for one in few)
    if more <= 0:
        return Said(english, chinese)
    return Said(f"{english} and {more:,} more", f"{chinese} 等 {len(every):,} 项")


def did(action: str) -> Said:
    """What was done, in words; an action that has none yet stands for itself."""
    return DEEDS.get(action, Said(action, action))


def detail(name: str) -> Said:
    """What a detail is called; one that has no words yet stands for itself."""
    return DETAILS.get(name, Said(name, name))
