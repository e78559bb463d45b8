"""What is refused of nights, plans, lists and questions that take long."""

from collections.abc import Mapping

NIGHTS: Mapping[str, str] = {
    # Lists.
    "{} made the lists of {} and cannot approve them; ask another": (
        "{0} 制作了 {1} 的名单，不能审批；请由他人审批"
    ),
    "recipients are told who approved: {} may be somebody's number or address, or what limits are called; "
    "act "
    "under a person's name (--as)": "接收方会看到审批人：{0} 可能是个人号码或限额名称，请以本人姓名操作",
    "no list of {} waits for approval; longreach releases list shows where they stand": (
        "{0} 没有待审批的名单"
    ),
    "withdrawing takes a reason; those who read the audit will ask": "撤回名单须填写理由，审计时会用到",
    "no list of {} can be withdrawn: what is written may be with its recipient. A switch (longreach "
    "strategies "
    "stop) still reaches it through the feed of revocations": (
        "{0} 没有可撤回的名单：已写出的可能已到接收方。请使用紧急停止，通过撤销推送生效"
    ),
    "the rows of the list for {} of {} are not kept any more": "{1} 发给{0:words}的名单内容已不再保留",
    "the list for {} of {} was moved by somebody else meanwhile; run release again, it goes on from where "
    "the "
    "list is": "{1} 发给{0:words}的名单其间已被他人处理；请重新打开页面",
    # Which night.
    "no night is decided yet; run longreach night --as-of DATE first": "尚无已决策的夜间作业，请先运行一次",
    "{} is not decided; decided are {} nights from {} to {}: take one of them, or run longreach night "
    "--as-of {}": ("{0} 尚未决策；已决策 {1} 夜（{2} 至 {3}），请从中选择"),
    "the audit does not say with which strategies {} was decided; run longreach decide --as-of {} again": (
        "审计中没有 {0} 决策所用的策略，请重新决策该日"
    ),
    "no customer has a segment yet; run longreach night --as-of DATE first": "尚无客群，请先运行一次夜间作业",
    "{} has no segments; there are nights from {} to {}, or leave --as-of out": (
        "{0} 没有客群；有客群的日期为 {1} 至 {2}"
    ),
    "the plan of {} has no certificate: no strategy ran, or it was decided before there were any; while its "
    "lists are not released, longreach decide --as-of {} decides anew": (
        "{0} 的计划没有最优性证明：当晚没有策略运行，或决策早于此功能；名单发出前可重新决策"
    ),
    "job {} is already running in another process; wait for it to end": "步骤“{0:words}”正在运行，请等待结束",
    "another process exports or deletes people's data; wait for it to end": (
        "另一进程正在导出或删除个人数据，请等待结束"
    ),
    "ask again": "请重新提问",
    "the ledger did not answer; ask again in a moment": "数据库没有响应，请稍后重新提问",
    "no words": "没有说明",
    "no answer within {} seconds": "{0} 秒内没有结果",
    # What if.
    "what-if {}: there is no such limit tonight, so none can be raised or lowered; write the number that it "
    "becomes": "假设 {0}：今晚没有此项限制，不能增减；请直接写出新的数值",
    "what-if {} does not read; write it like {}": "假设 {0} 无法识别，请写成 {1}",
    "what-if {}: say what of {} changes: {}": "假设 {0}：请写明 {1} 的哪一项变化：{2}",
    "what-if {}: {} is counted; write a whole number": "假设 {0}：{1} 须为整数",
    "what-if: {} would have at_least {} and per_night {}; change the other one as well": (
        "假设：{0} 的每晚至少为 {1}，每晚最多为 {2}；请同时调整另一项"
    ),
    "what-if {}: the floor of {} would be {}; a share goes from 0 to 1, or from 0% to 100%": (
        "假设 {0}：{1} 的最低比例将为 {2}；比例应在 0 到 1（0% 到 100%）之间"
    ),
    "what-if {}: there is no {} {}; there is {}": "假设 {0}：没有 {2}；可用：{3}",
    "what-if {}: only capacity has hours; leave '@{}' out": (
        "假设 {0}：只有容量（capacity）可按小时设置，请去掉“@{1}”"
    ),
    "what-if {}: no such contact begins at {}; they begin {}": "假设 {0}：{1} 点没有此类触达",
    "what-if {}: {} is no amount; write 500 for what it becomes, +30 or -30 for what is added or taken, "
    "+20% or "
    "-20% for a share of it": (
        "假设 {0}：{1} 不是数量；改为某值写 500，增减写 +30 或 -30，按比例写 +20% 或 -20%"
    ),
    "what-if {}: {} is more than can be counted; write less": "假设 {0}：{1} 过大，请写小一些",
    "what-if {}: write +{} for as much more, or -{} for less": "假设 {0}：增加请写 +{1}，减少请写 -{2}",
    "{} cannot be made again: {} was {} that night and is {} by today's settings ({} limits differ); set "
    "them as "
    "they were, and ask again": (
        "{0} 的计划无法重算：限制 {1} 与当晚不同（共 {4} 项不同）；请恢复当时的设置后再问"
    ),
    "{} cannot be made again: the same candidates give another plan now, so nothing can be laid beside the "
    "stored one. The program was changed since that night, or settings of arbitration, floors or experiments "
    "were, or a night before it was decided anew. Ask of a night decided since, with --as-of; or, while its "
    "lists are not released, run longreach decide --as-of {} and ask again": (
        "{0} 的计划无法重算：同样的候选现在得出另一计划，无法与当晚比较。程序、设置或此前的夜间作业已有变化；"
        "请查询此后决策的夜间作业，或在名单发出前重新决策该日"
    ),
}
