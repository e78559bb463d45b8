"""What is refused where people's identities, opt-outs, numbers and roles are concerned."""

from collections.abc import Mapping

PEOPLE: Mapping[str, str] = {
    "{} may not {}: {} has the role {}, this takes {}; roles are given in the settings (roles)": (
        "{0} 无权{1:words}：其角色为{3:words}，此操作需要{4:words}；角色在配置中分配"
    ),
    "{} may not {}: {} has no role, this takes {}; roles are given in the settings (roles)": (
        "{0} 无权{1:words}：没有角色，此操作需要{3:words}；角色在配置中分配"
    ),
    # Opt-outs.
    "this is no phone number; type it as it is dialled": "这不是电话号码，请按拨打时的号码输入",
    "the bank never delivered anybody of this {}, and it is on no list; was it typed well?": (
        "银行数据与名单中都没有此{0:words}，请核对输入"
    ),
    "{} is no channel; there are {}, and all of them: all": "没有渠道 {0}；渠道有：{1:words}，或全部渠道",
    "say how the opt-out came in, such as hotline, branch or letter": "请填写退订来源，例如热线、网点或信函",
    "an opt-out is of a customer or of a number; nobody was named": "请写明退订的客户或号码",
    "only the customer withdraws an opt-out: say how it was asked for, and why": (
        "只有客户本人可以撤销退订：请填写来源与原因"
    ),
    "there is no opt-out {}; longreach opt-outs list shows them": "没有编号为 {0} 的退订，请查看下方列表",
    "opt-out {} stands for {}; withdraw that one": "退订 {0} 由退订 {1} 派生，请撤销后者",
    "opt-out {} was withdrawn before": "退订 {0} 此前已撤销",
    # Numbers to call from.
    "{}: no number in use is called this; longreach callers list shows them": (
        "没有在用号码 {0}，请查看登记列表"
    ),
    "there is no number to register": "没有要登记的号码",
    "{}: is registered already; a number is registered once": "{0} 已登记，每个号码只登记一次",
    # The vault.
    "vault: {} is no purpose identities are given for; there are: {}": (
        "身份库：“{0:words}”不是可取用身份信息的用途；可用：{1:words}"
    ),
    "vault: {} receives nothing for purpose {}; there are: {}": (
        "身份库：用途“{1:words}”不向“{0:words}”提供信息；可用：{2:words}"
    ),
    "vault: {} is no purpose somebody is shown for; there are: {}": (
        "身份库：“{0:words}”不是查看个人信息的用途；可用：{1:words}"
    ),
    "vault: nobody is shown without a ticket; say in whose matter, such as CASE-1024: letters and digits, no "
    "number of a person": "身份库：查看个人信息须有工单号，例如 CASE-1024（字母与数字，不得是个人号码）",
    "vault: that is the token of nobody who was a customer on {}": "身份库：{0} 的客户中没有此令牌",
    "vault: no identities of {} are kept; run ingest for that date first": (
        "身份库：没有 {0} 的身份信息，请先运行该日的数据接收"
    ),
    "vault: the record of {} since {} was changed; run ingest for that date again": (
        "身份库：{0} 自 {1} 起的记录被改动，请重新运行该日的数据接收"
    ),
    "nobody is named: give the tokens that longreach person find tells": "未指明客户，请先查找",
    "{} is not empty; name a new folder, which one person's data fill": "文件夹 {0} 不为空，请使用新文件夹",
    "{}: {}; name another folder": "{0}：{1}；请使用其他文件夹",
    "{}: not written ({})": "未能写入 {0}（{1}）",
    "that looks like a number of the customer's on {}: customers go by their tokens here; {}": (
        "这像是客户的号码：此处仅使用客户令牌"
    ),
    "no such customer on {}: customers go by their tokens here; {}": "{0} 没有此客户：此处仅使用客户令牌",
    # The audit trail.
    "a checkpoint saw {} lines; only {} are there": "检查点记载有 {0} 行，现只有 {1} 行",
    "after it comes {}: lines are missing": "其后直接是第 {0} 行：中间有缺失",
    "its hash is there, the line is not": "哈希仍在，记录已不在",
    "its hash is of another text": "哈希与内容不符",
    "the chain agrees with itself, but not with the checkpoint at {}: some line since the checkpoint before "
    "was changed, and every hash after it made again": (
        "链条自身一致，但与第 {0} 行的检查点不符：上一检查点之后有记录被改动，且其后的哈希全部重算过"
    ),
    "{} lines are in the trail and not in the chain, first id {}": "有 {0} 行不在链条中，首个编号为 {1}",
    "what belongs here stands at {}": "应在此处的记录位于第 {0} 行",
    "the lines after it were moved up one place": "其后的记录都前移了一位",
    "{}: its last line is no checkpoint; take the torn line out, and verify the audit": (
        "{0} 的末行不是检查点；请删除残缺的末行，再校验审计轨迹"
    ),
    "{}: is no checkpoint signed here: the file was changed. Verify against a copy from elsewhere with "
    "--checkpoints": "{0} 不是本系统签名的检查点：文件被改动。请用别处保存的副本校验",
    "the audit trail contradicts its checkpoint at line {}; it was changed, or this is another database: "
    "longreach audit verify says where": (
        "审计轨迹与第 {0} 行的检查点矛盾：轨迹被改动，或数据库不对；请校验以定位"
    ),
    "{}: the checkpoints are gone, though there were some; bring them back, or verify against a copy from "
    "elsewhere with --checkpoints": "{0}：原有的检查点已不在；请恢复，或用别处保存的副本校验",
    "{}: is no public key of checkpoints ({}); restore its copy": "{0} 不是检查点的公钥（{1}）；请从副本恢复",
}
