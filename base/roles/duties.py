"""The table of roles: what each may do and see. What is not in it is denied."""

from dataclasses import dataclass
from enum import Enum

from base.settings.roles import Role


class Action(Enum):
    """Something a person does that others must answer for, in words."""

    WRITE_STRATEGY = "write strategies into the book", "编写策略"
    SUBMIT_STRATEGY = "submit strategies for approval", "提交策略"
    APPROVE_STRATEGY = "approve what others wrote and submitted", "审批他人提交的策略"
    PUT_LIVE = "put approved strategies in force", "策略上线"
    REST_STRATEGY = "pause, resume and retire strategies", "暂停、恢复、下线策略"
    STOP = "stop a strategy, a channel or everything", "紧急停止"
    START = "let go on what was stopped", "解除停止"
    REVIEW = "decide what becomes of an experiment", "实验复盘"
    READ_CUSTOMER = "look at what is known of one customer, by token", "按令牌查看单个客户"
    EXPORT_HOLDOUT = "hand out the customer numbers of a holdout", "导出留出组客户号"
    RUN_NIGHT = "run the night's steps by hand", "手工运行夜间作业"
    APPROVE_RELEASE = "approve, hold back or withdraw a night's lists", "审批、扣留或撤回名单"
    ENTER_OPT_OUT = "enter and withdraw opt-outs", "登记与撤销退订"
    KEEP_CALLERS = "keep the register of numbers to call from", "维护主叫号码登记"
    KEEP_KEYS = "turn keys over and destroy them", "轮换与销毁密钥"
    LOOK_INTO_VAULT = "see a person's identity, with purpose and ticket", "凭用途与工单查看身份信息"
    ANSWER_PERSON = "find, hand out and erase what is kept of a person", "个人信息查询、导出、删除"
    KEEP_USERS = "let people into the console, and out of it", "管理工作台用户"
    READ_AUDIT = "read and verify the audit trail and the alerts", "查看与校验审计轨迹和告警"

    def __init__(self, english: str, chinese: str) -> None:
        self.english, self.chinese = english, chinese


class Field(Enum):
    """A kind of field somebody may see; the first five are the classifications of the lake's columns."""

    IDENTIFIER = "name, phone, ID number, customer number", "姓名、电话、证件号、客户号"
    TOKEN = "tokens of customers, numbers, contacts", "客户、号码、触达的令牌"
    QUASI = "what singles a person out with others: city, month of birth", "可间接识别的信息：城市、出生月份"
    SENSITIVE = "financial and behavioural facts of one person", "个人金融与行为信息"
    INTERNAL = "the house's own bookkeeping", "内部记录"
    MASKED = "masked names and phones", "脱敏后的姓名与电话"
    FIGURES = "counts of at least ten people, rates, readouts", "十人以上的统计与评估结果"
    TRAIL = "the audit trail and the alerts", "审计轨迹与告警"

    def __init__(self, english: str, chinese: str) -> None:
        self.english, self.chinese = english, chinese


# What an action puts before somebody's eyes; whoever takes it must be allowed to see that too.
SHOWS = {
    Action.READ_CUSTOMER: frozenset({Field.TOKEN, Field.QUASI, Field.SENSITIVE}),
    Action.EXPORT_HOLDOUT: frozenset({Field.IDENTIFIER}),
    Action.LOOK_INTO_VAULT: frozenset({Field.TOKEN, Field.IDENTIFIER}),
    Action.ANSWER_PERSON: frozenset(
        {Field.TOKEN, Field.IDENTIFIER, Field.QUASI, Field.SENSITIVE, Field.MASKED}
    ),
    Action.READ_AUDIT: frozenset({Field.TRAIL}),
}


@dataclass(frozen=True, kw_only=True)
class Duty:
    """A role: what it is there for, what it may do and see."""

    english: str
    chinese: str
    actions: frozenset[Action]
    fields: frozenset[Field]


# Everybody may pull the emergency brake. Nobody both writes and approves, or approves and runs the release;
# identities are for compliance alone.
DUTIES: dict[Role, Duty] = {
    "segment_manager": Duty(
        english="writes strategies for a segment and answers for what they say",
        chinese="客群经理：编写策略并对内容负责",
        actions=frozenset(
            {
                Action.WRITE_STRATEGY,
                Action.SUBMIT_STRATEGY,
                Action.PUT_LIVE,
                Action.REST_STRATEGY,
                Action.REVIEW,
                Action.STOP,
            }
        ),
        fields=frozenset({Field.FIGURES, Field.INTERNAL, Field.MASKED}),
    ),
    "data_scientist": Duty(
        english="studies what works, on tokens and figures",
        chinese="数据科学家：基于令牌与统计开展分析",
        actions=frozenset({Action.WRITE_STRATEGY, Action.REVIEW, Action.READ_CUSTOMER, Action.STOP}),
        fields=frozenset({Field.TOKEN, Field.QUASI, Field.SENSITIVE, Field.FIGURES, Field.INTERNAL}),
    ),
    "approver": Duty(
        english="approves strategies and lists that others made",
        chinese="审批人：审批他人的策略与名单",
        actions=frozenset({Action.APPROVE_STRATEGY, Action.PUT_LIVE, Action.APPROVE_RELEASE, Action.STOP}),
        fields=frozenset({Field.FIGURES, Field.INTERNAL, Field.MASKED}),
    ),
    "operator": Duty(
        english="runs the nights and keeps the house going",
        chinese="运营人员：运行夜间作业并维护系统",
        actions=frozenset(
            {
                Action.RUN_NIGHT,
                Action.STOP,
                Action.START,
                Action.ENTER_OPT_OUT,
                Action.KEEP_CALLERS,
                Action.KEEP_KEYS,
                Action.KEEP_USERS,
            }
        ),
        fields=frozenset({Field.FIGURES, Field.INTERNAL}),
    ),
    "compliance": Duty(
        english="answers to customers and the regulator; watches everybody else",
        chinese="合规人员：对客户与监管负责，监督其他角色",
        actions=frozenset(
            {
                Action.STOP,
                Action.START,
                Action.READ_CUSTOMER,
                Action.EXPORT_HOLDOUT,
                Action.ENTER_OPT_OUT,
                Action.LOOK_INTO_VAULT,
                Action.ANSWER_PERSON,
                Action.READ_AUDIT,
            }
        ),
        fields=frozenset(Field),
    ),
}
