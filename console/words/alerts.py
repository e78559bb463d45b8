"""What alerts rest on, in both languages."""

from collections.abc import Mapping

from console.words import Said

BENDS: Mapping[str, Said] = {
    "edited": Said("edited", "被修改"),
    "removed": Said("removed", "被删除"),
    "inserted": Said("inserted", "被插入"),
    "re-ordered": Said("re-ordered", "被调换顺序"),
    "cut off": Said("cut off", "被截断"),
    "written anew": Said("written anew", "被整体重写"),
}
"""How the audit trail is not as it was written."""

DETAILS: Mapping[str, Said] = {
    "rows": Said("rows", "行数"),
    "from": Said("told from", "告警起点"),
    "hour": Said("hour", "时段"),
    "looks": Said("looks", "查看次数"),
    "minutes": Said("within minutes", "分钟内"),
    "usual": Said("usual", "通常"),
    "seen": Said("tonight", "本夜"),
    "seconds": Said("seconds", "秒"),
    "why": Said("why", "原因"),
    "bend": Said("what is wrong", "异常"),
    "intact_to": Said("intact up to line", "完好至第几行"),
    "channel": Said("channel", "渠道"),
    "seen_by": Said("seen by", "出现于"),
    "where": Said("where", "位置"),
    "at": Said("at", "时间"),
    "late": Said("after it expired", "过期后"),
}
