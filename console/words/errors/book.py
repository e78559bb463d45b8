"""What the strategy book, its checks, and switches refuse."""

from collections.abc import Mapping

BOOK: Mapping[str, str] = {
    "{}: no strategy of the book; did you mean {}?": "策略库中没有 {0}，是否指 {1}？",
    "{}: no strategy of the book; see longreach strategies list": "策略库中没有 {0}，请在策略列表中查找",
    "not live: {}; see longreach strategies list": "未上线：{0}",
    "{} is no name to act under; give one with --as or LONGREACH_ACTOR": "{0} 不能作为操作人姓名",
    "{}: there is no version {}; {} is the newest": "{0}：没有第 {1} 版，最新为第 {2} 版",
    "{}: there is no version {} to start from; {} is the newest": (
        "{0}：没有可供修改的第 {1} 版，最新为第 {2} 版"
    ),
    "{}: is in the book, at version {} by {}; say which version your text was made from (--base), or make it "
    "from a file of longreach strategies export": (
        "策略库中已有 {0}（第 {1} 版，{2} 编写）；请打开该策略修改，或换一个标识"
    ),
    "{}: is retired, which is final; give the document another name": "{0} 已下线，不可恢复；请换一个标识",
    "{}: your text was made from version {}, but since then came": (
        "{0}：您依据的是第 {1} 版，此后已有新版本："
    ),
    "version {} by {}, {}": "第 {0} 版，{1}，{2}",
    "version {} by {}, {}: {}": "第 {0} 版，{1}，{2}：{3}",
    "put both together on version {}, then import with --base {}": "请在第 {0} 版上合并两者，再保存",
    "{}: cannot {} what is {}; possible now: {}": "{0}：当前为{2:words}，不能{1:words}；现在可以：{3:words}",
    "{}: version {} was meant, but {} is how it stands; look at it again": (
        "{0}：所指为第 {1} 版，但当前为{2:words}；请重新查看"
    ),
    "{}: {} wrote or submitted version {} or one before it that never went live; somebody else must "
    "approve": ("{0}：{1} 编写或提交过第 {2} 版或此前未上线的版本，须由他人审批"),
    "to {} a strategy takes a reason; those who read the audit will ask": (
        "{0:words}策略须填写理由，审计时会用到"
    ),
    "{} would share {}; move one to other slots, or retire it": (
        "{0} 会共用 {1}；请将其一移到其他槽位，或下线"
    ),
    "this takes a reason; those who read the audit will ask": "请填写理由，审计时会用到",
    "{} is no channel; channels are {}": "没有渠道 {0}；渠道有：{1:words}",
    "{}: is stopped already": "{0:words}：已经停止",
    "{}: is not stopped": "{0:words}：并未停止",
    "the words hold what may be somebody's number or address, and nothing would ever remove it: leave it "
    "out, "
    "or name the customer by token": "文字中疑似含有个人号码或地址，且会永久保存：请删去，或改用客户令牌",
    "as version {} was": "内容同第 {0} 版",
    "copied from {}": "复制自 {0}",
    # Checks.
    "not submitted:": "未提交：",
    "give either files and folders, or names of the book; not both at once": "请只写文件，或只写策略标识",
    "{}: a folder; name one strategy document in it": "{0} 是文件夹，请指明其中一份策略文档",
    "{}: cannot be read ({})": "无法读取 {0}（{1}）",
    "ended on {}": "已于 {0} 结束",
    "ends on {}, too soon for {}": "{0} 结束，来不及走到 {1}",
    "{} are in no control group": "{0} 不在任何对照组中",
    "{} is wanted": "要求达到 {0}",
    "both worth {} yuan": "价值均为 {0} 元",
    "layer {}, slots {} to {}": "分层 {0} 的槽位 {1} 至 {2}",
    "{} customers show a lift of {} with probability {}": "{0} 位客户时，检出提升 {1} 的概率为 {2}",
    "worth {} against {} yuan": "价值 {0} 元，对方为 {1} 元",
    # Dry runs.
    "it is not in force on {} ({} to {}); figures are as if it were": (
        "{0} 不在有效期内（{1} 至 {2}），以下数字按有效计算"
    ),
    "ramp and layer let {} take part; figures are of as many, evenly chosen": (
        "放量与分层后有 {0} 的客户参与，以下数字按此比例均匀抽取"
    ),
    "it is switched off, so policy lets nobody through": "该策略已紧急停止，因此无人可联系",
    "no contacts were planned on {}, so nothing competes with it": "{0} 没有计划触达，因此没有竞争",
    "{} may choose customers for {} only": "特征 {0} 只能用于{1:words}的客户选择",
    # Experiments.
    "a lift of {} on a rate of {} is none, or leaves 0 to 1": "在比率 {1} 上提升 {0} 无意义，或超出 0 到 1",
    "{} customers show no lift at all; widen the rule or the holdout": (
        "{0} 位客户无法检出任何提升；请放宽规则或提高留出比例"
    ),
    "holdout ({}) and base rate ({}) must lie between 0 and 1": (
        "留出比例（{0}）与基准比率（{1}）须在 0 与 1 之间"
    ),
    "{}: nobody had been exposed to it by {}; there is nothing to read yet": (
        "{0}：截至 {1} 尚无客户进入，暂无结果"
    ),
    "no experiment has been read yet; after strategies are live, run longreach night --as-of DATE": (
        "尚无实验结果：策略上线后须运行一次夜间作业"
    ),
    "{} has no readouts; there are nights from {} to {}, or leave --as-of out": (
        "{0} 没有实验结果；有结果的日期为 {1} 至 {2}"
    ),
    "this takes a reason; those who read the review will ask": "请填写理由，复盘时会用到",
    "{}: the verdict is {}, not ship; see longreach experiments show {}. To ship it all the same, say "
    "--against-advice and give the reason": (
        "{0}：结论为“{1:words}”，并非推广；如仍要推广，请勾选“与建议相反”并填写理由"
    ),
    "{}: {} is not against the advice ({}); leave that out": (
        "{0}：“{1:words}”与建议（{2:words}）并不相反，请取消勾选"
    ),
}
