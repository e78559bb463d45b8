"""What steps, their states, lists and who receives them are called."""

from collections.abc import Mapping
from typing import Any

from console.words import Said
from jobs.nights import Step

STEPS: Mapping[str, Said] = {
    "ingest": Said("Take in the data", "接收数据"),
    "features": Said("Work out features", "计算特征"),
    "segments": Said("Cut segments", "划分客群"),
    "decide": Said("Decide who is contacted", "决定触达对象"),
    "release": Said("Release the lists", "发放名单"),
    "learn": Said("Learn from outcomes", "回收与学习结果"),
    "report": Said("Write the report", "生成报告"),
    "retention": Said("Delete what has been kept long enough", "清理到期数据"),
}
"""A night's steps, in order."""

RUN_STATES: Mapping[str, Said] = {
    "done": Said("done", "已完成"),
    "running": Said("running", "运行中"),
    "failed": Said("failed", "失败"),
    "broken_off": Said("broken off", "已中断"),
    "partly": Said("not all steps have run", "部分步骤未运行"),
}
"""Of a step's run, or of a night."""

LIST_STATES: Mapping[str, Said] = {
    "planned": Said("planned", "已计划"),
    "frozen": Said("fixed, waits for approval", "已冻结，待审批"),
    "approved": Said("approved", "已批准"),
    "written": Said("written, about to leave", "已写出，待送达"),
    "delivered": Said("delivered", "已送达"),
    "acknowledged": Said("receipt confirmed", "已签收"),
    "withdrawn": Said("withdrawn", "已撤回"),
    "expired": Said("expired", "已过期"),
}

RECIPIENTS: Mapping[str, Said] = {
    "push_gateway": Said("App push gateway", "APP 推送网关"),
    "sms_gateway": Said("Text message gateway", "短信网关"),
    "ai_dialler": Said("AI dialler", "AI 外呼"),
    "human_desk": Said("Human desk", "人工坐席"),
}

ACTORS: Mapping[str, Said] = {
    "release job": Said("the night itself", "夜间作业"),
    "limits of settings": Said("the bank's own limits", "银行设定的限额"),
    "within the limits": Said("within the limits", "在限额之内"),
}
"""Who moves lists, and why, where no person does."""


def said(words: Mapping[str, Said], name: str) -> Said:
    """What it is called; a name that has no words yet stands for itself."""
    return words.get(name, Said(name, name))


def outcome(run: Any, now: Step | None) -> tuple[str, Said]:
    """What became of a run (job, as_of, status). ``now``: the step that runs, for a run that was killed says
    for ever that it does."""
    lost = run.status == "running" and (now is None or (now.job, now.as_of) != (run.job, run.as_of))
    state = "broken_off" if lost else run.status
    return state, said(RUN_STATES, state)
