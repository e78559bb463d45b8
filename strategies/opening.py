"""What every script must say first: which bank, what about, that it is an AI where it is, how to stop, how to
reach a human. An author who leaves it out gets it put in front."""

BANK = "远达银行"
SERVICE_NUMBER = "95500"

BY_PEOPLE = frozenset({"human_call"})
"""The channels on which a person speaks; of the others a script says that it is a machine."""

_ABOUT = {
    "deposit": "存款产品",
    "loan": "个人贷款",
    "wealth": "理财产品",
    "fund": "基金产品",
    "card": "银行卡权益",
    "instalment": "分期服务",
    "mobile": "手机银行",
}
_OPENINGS = {
    "push": "【{bank}】{about}营销信息（系统自动推送）。"
    "不想再收到，请在“消息设置”中关闭；人工客服请拨{number}。",
    "sms": "【{bank}】{about}营销信息（系统自动发送），拒收请回复R，人工客服请拨{number}。",
    "ai_call": "您好，这里是{bank}，想向您介绍{about}。我是AI语音助手，不是真人。"
    "您随时可以说“不需要”，我们就不再来电；说“转人工”，会由客户经理接听。",
    "human_call": "您好，我是{bank}的客户经理，来电想向您介绍{about}，本次为人工来电。"
    "您说“不需要”，我们就不再来电；也可以拨打{number}核实或另约人工服务。",
}


def opening(channel: str, *, kind: str) -> str:
    """The mandatory first words of a script about a product ``kind`` on ``channel``."""
    return _OPENINGS[channel].format(bank=BANK, about=_ABOUT[kind], number=SERVICE_NUMBER)


def opened(script: str, *, channel: str, kind: str) -> str:
    """``script`` with the mandatory opening in front, once."""
    first = opening(channel, kind=kind)
    return script if script.startswith(first) else f"{first}{script}"
