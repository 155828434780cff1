"""Invented company names: two characters of fantasy and what the company does.

None of them is the name of a listed company; a test compares them with the real list.
"""

from typing import NamedTuple

from core.types import Board


class Name(NamedTuple):
    text: str                      # 澜川电气
    pinyin: str                    # LCDQ
    industry: str


class Industry(NamedTuple):
    name: str
    endings: tuple[tuple[str, str], ...]       # characters, pinyin initials
    boards: frozenset[Board]


_ANY = frozenset({Board.MAIN, Board.CHINEXT, Board.STAR, Board.BSE})
_GROWTH = frozenset({Board.MAIN, Board.CHINEXT, Board.STAR})
_MAIN = frozenset({Board.MAIN})
_PLAIN = frozenset({Board.MAIN, Board.CHINEXT, Board.BSE})

INDUSTRIES = (
    Industry("电力设备", (("电气", "DQ"), ("新能", "XN")), _ANY),
    Industry("半导体", (("微电", "WD"), ("芯片", "XP")), _GROWTH),
    Industry("软件服务", (("软件", "RJ"), ("数科", "SK")), _ANY),
    Industry("医药生物", (("药业", "YY"), ("生物", "SW")), _ANY),
    Industry("医疗器械", (("医疗", "YL"), ("医械", "YX")), _ANY),
    Industry("食品饮料", (("食品", "SP"), ("酒业", "JY")), _PLAIN),
    Industry("家用电器", (("家电", "JD"), ("智家", "ZJ")), _MAIN),
    Industry("汽车零部件", (("汽配", "QP"), ("车业", "CY")), _PLAIN),
    Industry("机械设备", (("重工", "ZG"), ("精机", "JJ")), _ANY),
    Industry("化工", (("化学", "HX"), ("新材", "XC")), _ANY),
    Industry("有色金属", (("矿业", "KY"), ("铜业", "TY")), _MAIN),
    Industry("钢铁", (("特钢", "TG"), ("钢业", "GY")), _MAIN),
    Industry("建筑材料", (("建材", "JC"), ("水泥", "SN")), _PLAIN),
    Industry("房地产", (("置业", "ZY"), ("地产", "DC")), _MAIN),
    Industry("银行", (("银行", "YH"),), _MAIN),
    Industry("证券", (("证券", "ZQ"),), _MAIN),
    Industry("公用事业", (("电力", "DL"), ("水务", "SW")), _MAIN),
    Industry("交通运输", (("物流", "WL"), ("港口", "GK")), _MAIN),
    Industry("商贸零售", (("百货", "BH"), ("商业", "SY")), _MAIN),
    Industry("通信设备", (("通信", "TX"), ("光电", "GD")), _ANY),
    Industry("文化传媒", (("传媒", "CM"), ("影业", "YY")), _PLAIN),
    Industry("国防军工", (("航科", "HK"), ("防务", "FW")), _GROWTH),
)
FUND_INDUSTRY = "基金"

_FIRST = (
    ("澜", "L"), ("岚", "L"), ("沧", "C"), ("屿", "Y"), ("霁", "J"), ("珩", "H"), ("砺", "L"),
    ("翊", "Y"), ("峤", "Q"), ("煦", "X"), ("穗", "S"), ("璟", "J"), ("昱", "Y"), ("皓", "H"),
    ("嵘", "R"), ("琅", "L"), ("朔", "S"), ("砚", "Y"), ("臻", "Z"), ("澄", "C"), ("翎", "L"),
    ("槿", "J"), ("沅", "Y"),
)
_SECOND = (
    ("川", "C"), ("岳", "Y"), ("泽", "Z"), ("原", "Y"), ("峰", "F"), ("汇", "H"), ("程", "C"),
    ("桥", "Q"), ("野", "Y"), ("驰", "C"), ("铭", "M"), ("宁", "N"), ("图", "T"), ("拓", "T"),
    ("越", "Y"), ("诺", "N"), ("石", "S"), ("江", "J"),
)
_FUNDS = (
    ("宽基", "KJ"), ("成长", "CZ"), ("红利", "HL"), ("创业板", "CYB"), ("黄金", "HJ"),
    ("医药", "YY"), ("芯片", "XP"), ("价值", "JZ"),
)
_STRIDE = 17           # coprime to the 414 pairs: neighbours in the list share no character


def company(number: int, board: Board) -> Name:
    """The name of company `number` (0 ... 413); no two share their first two characters."""
    fitting = [industry for industry in INDUSTRIES if board in industry.boards]
    industry = fitting[number * 5 % len(fitting)]
    ending, initials = industry.endings[number // len(fitting) % len(industry.endings)]
    text, pinyin = _pair(number)
    return Name(text + ending, pinyin + initials, industry.name)


def fund(number: int, pair: int) -> Name:
    """The name of exchange-traded fund `number`, whose manager is name pair `pair`."""
    theme, initials = _FUNDS[number % len(_FUNDS)]
    text, pinyin = _pair(pair)
    return Name(f"{text}{theme}ETF", f"{pinyin}{initials}ETF", FUND_INDUSTRY)


def fund_theme(number: int) -> str:
    return _FUNDS[number % len(_FUNDS)][0]


def _pair(number: int) -> tuple[str, str]:
    place = number * _STRIDE % (len(_FIRST) * len(_SECOND))
    first, second = _FIRST[place % len(_FIRST)], _SECOND[place // len(_FIRST)]
    return first[0] + second[0], first[1] + second[1]
