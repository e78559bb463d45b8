"""What is wrong with the document of a strategy, and with the sheet of a caller number."""

from collections.abc import Mapping

DOCUMENTS: Mapping[str, str] = {
    # As YAML.
    "longer than {} characters; a strategy is a page or two": "超过 {0} 个字符；一份策略只有一两页",
    "one file holds one strategy; split it": "一个文件只能有一份策略，请拆分",
    "a strategy is a list of 'key: value' lines; see docs/strategies.md": "策略由逐行的“键: 值”组成",
    "nested more than {} deep; a strategy is flatter than that": "嵌套超过 {0} 层；策略没有这么多层",
    "'*{}' refers to another part; {}": "“*{0}”引用了其他部分；{1:said}",
    "'&{}' marks a part for use elsewhere; {}": "“&{0}”是供别处引用的标记；{1:said}",
    "the tag {} does not belong in a strategy; {}": "策略中不能使用标记 {0}；{1:said}",
    "write it out, or put quotes around the text": "请直接写出，或给文字加引号",
    "a key is one word; lists belong after the ':'": "键只能是一个词；列表写在冒号之后",
    "the key {} was given before, in line {}; remove one": "键 {0} 在第 {1} 行已出现，请删除其一",
    "this is not YAML ({}); {}": "文档格式有误：{1:said}",
    "this is not YAML ({})": "文档格式有误",
    "it does not parse": "无法解析",
    "indent with spaces and write 'key: value'": "请用空格缩进，写成“键: 值”",
    "a full-width '：' stands where ': ' belongs": "此处是全角“：”，应为半角“: ”",
    "a full-width '“' opens no text here; use a plain quote or none": (
        "全角“不能作引号，请用半角引号或不用引号"
    ),
    "a tab stands where spaces belong": "此处是制表符，应为空格",
    "a text that begins with a brace needs quotes around it": "以花括号开头的文字须加引号",
    # Its keys and values.
    "unknown key {}; {}": "未知的项 {0}，{1:said}",
    "did you mean {}?": "是否指 {0}？",
    "known here: {}": "此处可用：{0}",
    "there are {}": "现有：{0}",
    "{} is missing; add it": "缺少 {0}，请补充",
    "and {} more mistakes": "另有 {0} 处错误",
    "{} is none of {}": "{0} 不在可选范围：{1}",
    "it holds what may be somebody's number or address; take it out 疑似含个人号码或地址": (
        "疑似含有个人号码或地址，请删除"
    ),
    "at_least is {}, but per_night only {}; lower one or raise the other": (
        "每晚至少 {0} 人，但每晚最多只有 {1} 人；请调整其一"
    ),
    "kind is {} but goal.product is {}; make them one": "产品为 {0}，目标产品却是 {1}；请改为一致",
    "the touches take {} days, but goal.window_days is {}; wait less or widen the window": (
        "触点共需 {0} 天，而目标天数只有 {1} 天；请缩短等待或延长目标天数"
    ),
    "the strategy ends ({}) before it starts ({})": "结束日期 {0} 早于开始日期 {1}",
    "{} waits for {}, but 'exits' ends the journey there; take it out of one of the two": (
        "{0} 等待的结果 {1} 会使旅程结束（见 exits）；请从其中一处删除"
    ),
    "the funnel has {} layers, but caps.per_customer is {}: the last would never be reached; raise the cap "
    "or shorten the funnel": (
        "触达流程有 {0} 层，而每位客户总联系次数上限为 {1}：到不了最后一层；请提高上限或缩短流程"
    ),
    "experiment.variants.{} has a script for {}, which is no touch of the funnel; there are: {}": (
        "话术组 {0} 为 {1} 写了话术，但流程中没有此触点；现有：{2}"
    ),
    "only people speak to the elderly, and {} is a machine; take it out, or move it to a touch by {} "
    "老年客户仅由人工联系": "老年客户仅由人工联系，而 {0} 不是人工渠道；请删除，或移到人工触点（{1}）",
    "the variants take {} of those not held out; leave at least {} for 'treatment'": (
        "各话术组占触达客户的 {0}；请至少为原方案留出 {1}"
    ),
    "the slots end ({}) before they start ({})": "槽位终点 {0} 小于起点 {1}",
    "it has no words of its own; give it scripts, or variables": "没有自己的话术；请填写话术或变量",
    # The links of the funnel.
    "{} opens the funnel, so it has no '{}'; remove it": "{0} 是首个触点，不能有“{1}”，请删除",
    "nothing leads to {}; name the touches before it in 'after', or leave that out": (
        "没有触点通向 {0}；请在 after 中写明前一触点，或省略 after"
    ),
    "{} needs 'when': the results of {} that lead on": "{0} 缺少 when：请写明 {1} 的哪些结果通向它",
    "{}: {} ends the journey; remove it from 'when'": "{0}：结果 {1} 会结束旅程，请从 when 中删除",
    "two touches are called {}; give each a name of its own": "有两个触点都叫 {0}，请分别命名",
    "{}: no touch is called {}; there are: {}": "{0}：没有名为 {1} 的触点；现有：{2}",
    "{} is a circle, nobody could ever leave it; take one 'after' out": (
        "{0} 构成循环，客户无法走出；请删除一个 after"
    ),
    "{} comes after {}, which stands below it; write touches in the order in which they come": (
        "{0} 接在 {1} 之后，但后者写在下面；请按先后顺序书写触点"
    ),
    "a funnel has at most {} layers; {} would come after the last": "触达流程最多 {0} 层；{1} 超出了最后一层",
    "{} and {} both come after {} on {}; only one of them can": (
        "{0} 与 {1} 都接在 {2} 的结果 {3} 之后；只能保留一个"
    ),
    # Scripts and variables.
    "{} is no name of a variable: letters, digits and _, a letter first, at most 30 变量名无效": (
        "{0} 不能作变量名：只用文字、数字和下划线，不以数字开头，最多 30 个字符"
    ),
    "the house itself fills {{}}; choose another name 与内置变量重名": "{{{0}}} 是内置变量，请换一个名称",
    "no script uses {{}}; use it or take it out 变量未被使用": "没有话术使用 {{{0}}}，请使用或删除",
    "a brace stands here, but only scripts are filled; take it out 只有话术可用变量": (
        "此处有花括号，但只有话术可用变量，请删除"
    ),
    "{{}} is no variable, of this strategy or of the house; {} 变量不存在": "变量 {{{0}}} 不存在，{1:said}",
    "the strategy has no variable {} that this could replace 变量不存在": "策略中没有可替换的变量 {0}",
    "no script of this arm uses {{}} 变量未被使用": "此话术组中没有话术使用 {{{0}}}",
    "{{}} holds {}, which may be part of a figure, and figures are the same for everybody; take it out "
    "数字不得分组不同": "{{{0}}} 含有 {1}，可能是数字的一部分；各组的数字必须相同，请删除",
    "a full-width {} stands here; write a plain one 请用半角花括号": "此处是全角 {0}，请用半角花括号",
    "the brace {} has no partner; close it, or write '{}' where a brace is meant 花括号不成对": (
        "花括号 {0} 不成对；请补齐，需要花括号本身时写作 {1}"
    ),
    "'{}' is no variable: between the braces stands a name alone, of letters, digits and _, without spaces "
    "变量名无效": "“{0}”不是变量：花括号之间只写名称，由文字、数字和下划线组成，不含空格",
    # What the form changes in it.
    "{} is no place in a strategy; open the page again": "{0} 不是策略中的位置，请重新打开页面",
    "it has {} variants already; take one out first": "已有 {0} 个话术组，请先删除一个",
    "{} was changed in the form and in the document; make them one": (
        "{0} 在表单和文档中都被修改且不一致，请统一"
    ),
    "the document is called {}, but this is the page of {}": "文档标识为 {0}，但本页是 {1}",
    "there is no funnel to add to; write 'funnel:' with a first touch": (
        "文档中没有触达流程，请先写“funnel:”和首个触点"
    ),
    "a funnel has at least one touch, and touch {} of {} stays": (
        "触达流程至少要有一个触点：第 {0} 个（共 {1} 个）不能删除"
    ),
    "there is no place for it; write it into the document": "文档中没有它的位置，请直接写入文档",
    "{} cannot be changed from here; change it in the document": "无法在表单中修改 {0}，请在文档中修改",
    # The sheet of a caller number.
    "channel {} takes no number; these do: {}": "渠道 {0:words} 不使用号码；使用号码的有：{1:words}",
    "purpose {} is no product; products are {}": "没有产品 {0}；产品有：{1}",
    "active_until lies before active_from": "末日早于首日",
}

OF_TYPES: Mapping[str, str] = {
    "Input should be less than or equal to {}": "不能大于 {0}",
    "Input should be greater than or equal to {}": "不能小于 {0}",
    "Input should be greater than {}": "必须大于 {0}",
    "Input should be less than {}": "必须小于 {0}",
    "Input should be a valid integer": "应为整数",
    "Input should be a valid integer, got a number with a fractional part": "应为整数，不能有小数",
    "Input should be a valid integer, unable to parse string as an integer": "应为整数",
    "Unable to parse input string as an integer, exceeded maximum size": "数字过大",
    "Input should be a valid number": "应为数字",
    "Input should be a valid number, unable to parse string as a number": "应为数字",
    "Input should be a finite number": "应为有限的数字",
    "Input should be a valid date": "应为日期，例如 2026-07-01",
    "Input should be a valid date in the format YYYY-MM-DD, {}": "应为日期，例如 2026-07-01",
    "Input should be a valid date or datetime, {}": "应为日期，例如 2026-07-01",
    "Datetimes provided to dates should have zero time - e.g. be exact dates": "应为日期，不含时间",
    "Input should be a valid string": "应为文字，不能为空",
    "Input should be a valid dictionary": "此处应为若干“键: 值”",
    "Input should be a valid mapping, error: {}": "此处应为若干“键: 值”",
    "Input should be a valid dictionary or instance of {}": "此处应为若干“键: 值”",
    "Input should be a valid tuple": "此处应为列表",
    "Input should be a valid list": "此处应为列表",
    "String should have at least 1 character": "不能为空",
    "String should have at most {} characters": "不能超过 {0} 个字符",
    "String should match pattern {}": "只能使用小写字母、数字和下划线，以字母开头，3 到 49 个字符",
    "String should match pattern '^[0-9]{3,20}$'": "只能是 3 到 20 位数字",
    "Tuple should have at least {} item after validation, not {}": "至少要有 {0} 项",
    "Tuple should have at most {} items after validation, not {}": "最多 {0} 项，现有 {1} 项",
    "Dictionary should have at most {} items after validation, not {}": "最多 {0} 项，现有 {1} 项",
    "Input should be 'marketing' or 'service'": "应为 marketing（营销）或 service（服务）",
    "Field required": "必填",
    "{}; a full-width {} stands in it, write a plain {}": "{0:said}；其中有全角 {1}，请改为半角 {2}",
}
"""What pydantic says of values of the wrong type or size."""
