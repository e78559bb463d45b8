"""What a character stands for in a disguise: a digit, nothing at all, a gap, another character."""

import re
import unicodedata
from functools import cache

# Han numerals in everyday, banker's, radio and older forms. Unicode knows more scripts' digits by itself.
_HAN_DIGITS = {
    character: str(digit)
    for digit, characters in enumerate(
        (
            "〇零洞○◯",
            "一壹弌幺壱",
            "二贰貳弍两兩贰弐",
            "三叁參弎叄参",
            "四肆",
            "五伍",
            "六陆陸",
            "七柒拐漆",
            "八捌",
            "九玖勾",
        )
    )
    for character in characters
}
HAN_DIGITS = frozenset(_HAN_DIGITS)
_LIKE_LATIN = str.maketrans("АВСЕНІКМОРТХЅаеосрхіѕΑΒΕΗΙΚΜΝΟΡΤΧοχ", "ABCEHIKMOPTXSaeocpxisABEHIKMNOPTXox")
_UNSEEN = frozenset({"Mn", "Me", "Cf", "Cc", "Co", "Cs", "Cn"})
_LAST_OF_ID = re.compile(r"(?<=\d)[×✕✖╳☓](?!\d)")

BETWEEN = r"(?:[^\w%‰¥￥$€£]|_){1,4}"
"""What may stand between two digits of one number. Percent and currency signs end an amount instead."""
_INSIDE_NAME = r"[\s·・•‧∙.．_\-|/\\*~^`'+=﹒⋅—–]"
HAN_RUN = re.compile(rf"[\u3400-\u9fff](?:{_INSIDE_NAME}*[\u3400-\u9fff])*")
LATIN_RUN = re.compile(r"[a-z]+(?:[\s'.\-_·]{1,3}[a-z]+)*")
NOT_WORD = re.compile(r"[\W_]+")

# The characters of names whose traditional and simplified forms differ; the rest of the script is not here.
TRADITIONAL = (
    "張陳劉楊趙黃吳孫馬鄭謝許韓馮鄧葉蘇呂盧蔣賈鄒龍萬嚴錢湯賀龔陸鍾鐘譚閆閻賴羅聶關歐陽諸慶國軍偉強傑濤剛"
    "輝飛凱銘鈞麗艷豔潔穎瑩蘭紅瑪寶貴鳳鵬雲愛華東衛學誌記誠詩語議護讓進達運遠連選遲鄰醫釋銀鋒錦鋼鎮鐵長門"
    "開間閔聞閣陰隊際雙雞離電靈靜韋頁順須項顏願顧風飯養餘館駿驗驚魚魯鮑鮮鳥鴻鶴麥黨齊齡瓊瓏瑋瑤環現產畢異"
    "當發盡監盤眾禮禎祿種稱穩窮競筆節範築簡籌紀約純紹終組結給絕統絲經綠維網緒線緣練縣總績織繼續罰義習聖聯"
    "聰聲職肅膚興舉舊艦藝莊榮薔薩藍蘆號蟲術裝裡製複見規視親覺觀訊計討訓託訪設證評詞試話該詳誼調談請諒論諾"
    "謀謙講謹識譯譽讚豐貝負財責貢貨買費貿資賓賢賣質贊贏躍車軒軟輕載輔輪輯輸轉農邊鄉釗釣鈴鈺鉄鉅錄鍵鏡鑒閃"
    "隨難韻響頌預頭額類飄馳騰鬆鬥岡島嶽師帥帶幾廣廠廳彌徑從復恆悅憶應懷戀戰戲戶撫擇擊據擁擴敵數斷於時晉曉"
    "曄書會朧條楓業極樂樓標樹橋機檢歡歲歷歸殺氣決沖沒況淚淨淵淺渾湧溫滄滅滿漢漣潤潯澤濟濱瀟灣為烏無煒煙煥"
    "熱熾燁燈營燦爭爾牆獅獎獨獻圓團園圖場執堅報塊塵壯壽夢夥奧奪奮妝娛婁婦媽嬌孌寧實寫審宮將專尋對導屆層屬"
    "嶺巖亞來侖侶俠倉個們倫側備傳債傷價儀億優儲兒兩冊剎創劃劇劍勁動務勝勞勢勳勵勸區協單嗎員問啟喬嘯嚮囂"
)
_TO_SIMPLIFIED = (
    "张陈刘杨赵黄吴孙马郑谢许韩冯邓叶苏吕卢蒋贾邹龙万严钱汤贺龚陆钟钟谭闫阎赖罗聂关欧阳诸庆国军伟强杰涛刚"
    "辉飞凯铭钧丽艳艳洁颖莹兰红玛宝贵凤鹏云爱华东卫学志记诚诗语议护让进达运远连选迟邻医释银锋锦钢镇铁长门"
    "开间闵闻阁阴队际双鸡离电灵静韦页顺须项颜愿顾风饭养余馆骏验惊鱼鲁鲍鲜鸟鸿鹤麦党齐龄琼珑玮瑶环现产毕异"
    "当发尽监盘众礼祯禄种称稳穷竞笔节范筑简筹纪约纯绍终组结给绝统丝经绿维网绪线缘练县总绩织继续罚义习圣联"
    "聪声职肃肤兴举旧舰艺庄荣蔷萨蓝芦号虫术装里制复见规视亲觉观讯计讨训托访设证评词试话该详谊调谈请谅论诺"
    "谋谦讲谨识译誉赞丰贝负财责贡货买费贸资宾贤卖质赞赢跃车轩软轻载辅轮辑输转农边乡钊钓铃钰铁钜录键镜鉴闪"
    "随难韵响颂预头额类飘驰腾松斗冈岛岳师帅带几广厂厅弥径从复恒悦忆应怀恋战戏户抚择击据拥扩敌数断于时晋晓"
    "晔书会胧条枫业极乐楼标树桥机检欢岁历归杀气决冲没况泪净渊浅浑涌温沧灭满汉涟润浔泽济滨潇湾为乌无炜烟焕"
    "热炽烨灯营灿争尔墙狮奖独献圆团园图场执坚报块尘壮寿梦伙奥夺奋妆娱娄妇妈娇娈宁实写审宫将专寻对导届层属"
    "岭岩亚来仑侣侠仓个们伦侧备传债伤价仪亿优储儿两册刹创划剧剑劲动务胜劳势勋励劝区协单吗员问启乔啸向嚣"
)
_SIMPLIFIED = str.maketrans(TRADITIONAL, _TO_SIMPLIFIED)


def digits_plain(text: str) -> str:
    """``text`` in capitals with every sign for a digit as that digit and without what nobody sees."""
    plain = "".join(map(_digit_or_self, _LAST_OF_ID.sub("X", text))).translate(_LIKE_LATIN)
    return _LAST_OF_ID.sub("X", plain).upper()


def letters_plain(text: str) -> str:
    """``text`` in small letters and simplified characters, without accents and what nobody sees."""
    return simplified("".join(map(_letter_or_self, text)).translate(_LIKE_LATIN)).casefold()


def simplified(text: str) -> str:
    """``text`` with the traditional characters of names as their simplified ones."""
    return text.translate(_SIMPLIFIED)


@cache
def _digit_or_self(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() or character in "\t\n\r" else ""
    if character in _HAN_DIGITS:
        return _HAN_DIGITS[character]
    value = unicodedata.numeric(character, -1.0)
    if unicodedata.category(character)[0] == "N" and 0 <= value <= 50 and value.is_integer():
        return str(int(value))
    return _letter_or_self(character)


@cache
def _letter_or_self(character: str) -> str:
    if unicodedata.category(character) in _UNSEEN and character not in "\t\n\r":
        return ""
    parts = unicodedata.normalize("NFKD", character)
    return "".join(part for part in parts if unicodedata.category(part) not in _UNSEEN)
