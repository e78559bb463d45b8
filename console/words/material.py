"""What recipients are given of a contact, in both languages; the English is the declaration's own."""

from collections.abc import Mapping

from console.words import Said
from outreach.channels.channel import MATERIAL

_CHINESE = {
    "contact": "触达令牌：随结果一并返回。",
    "address": "连接令牌：接收方凭此接通，仅限本次触达。",
    "masked_name": "仅显示姓，其余以星号代替。",
    "masked_phone": "前三位与后四位，仅供目视，不作匹配。",
    "hour": "计划触达的整点（银行所在地时间）。",
    "strategy": "策略名称。",
    "step": "触达流程中的第几次触达，从 1 起。",
    "reason": "触达事由：策略标题。",
    "offer": "所提供的产品或权益。",
    "text": "话术：短信、脚本或谈话要点。",
    "variables": "JSON：话术中各 {变量} 的取值；个人信息最多到姓。",
    "seconds": "计划时长（秒）。",
    "pace": "老年客户为慢速，其余为正常。",
    "caller": "银行自有的主叫号码；接收方自有号码时为空。",
    "number": "客户手机号，明文。",
    "expires_at": "该行的使用期限，银行所在地时间（含时区）。",
}

MATERIAL_WORDS: Mapping[str, Said] = {name: Said(words, _CHINESE[name]) for name, words in MATERIAL.items()}
