"""The look: colour tokens, the palette and style sheet made from them, and the fonts.

A colour has a meaning or is not used. Rise and fall colour prices, and buying and selling follow
them; the accent marks what is selected or has the focus; warn marks what needs a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PyQt6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PyQt6.QtWidgets import QApplication

from ui.tones import Tone

# Chinese first, because a face without Chinese draws boxes for half of the desk.
FAMILIES = (
    "Microsoft YaHei UI", "PingFang SC", "Noto Sans CJK SC", "Source Han Sans SC",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "Droid Sans Fallback",
)
LATIN = ("Segoe UI", "DejaVu Sans")
TEXT_PX, SMALL_PX, LARGE_PX, LAST_PX = 13, 12, 17, 23


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by meaning, as #rrggbb."""

    name: str
    window: str      # between the panels
    panel: str       # what tables and forms stand on
    raised: str      # headers, buttons
    hover: str
    field: str       # where one types
    line: str
    text: str
    muted: str       # captions
    faint: str       # what is there but does not matter now
    accent: str
    on_accent: str
    selection: str
    rise: str
    fall: str
    flat: str
    warn: str
    danger: str
    dark: bool
    red_up: bool = True

    def tone(self, tone: Tone) -> str:
        colour: str = getattr(self, tone.value)
        return colour

    @property
    def buy(self) -> str:
        return self.rise

    @property
    def sell(self) -> str:
        return self.fall


DARK = Theme(
    name="dark", dark=True,
    window="#0a0d12", panel="#12161f", raised="#1b212c", hover="#242c3a", field="#0c1017",
    line="#2a3140", text="#dce1e9", muted="#929dad", faint="#5f6b7c",
    accent="#4b8ef5", on_accent="#ffffff", selection="#1b2f4d",
    rise="#f0484f", fall="#1fae72", flat="#c3cad5", warn="#e8a33d", danger="#ff6b61",
)
LIGHT = Theme(
    name="light", dark=False,
    window="#dfe3e8", panel="#ffffff", raised="#f1f3f6", hover="#e5e9ef", field="#ffffff",
    line="#d3d9e0", text="#171c23", muted="#566170", faint="#929cab",
    accent="#1d66d6", on_accent="#ffffff", selection="#d8e7fd",
    rise="#d9262e", fall="#0a8f57", flat="#3d4652", warn="#a86a00", danger="#c62f26",
)
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


def theme_of(name: str, *, red_up: bool) -> Theme:
    """The named theme; unknown names get the dark one. Red rises unless `red_up` is off."""
    theme = THEMES.get(name, DARK)
    return theme if red_up else replace(
        theme, rise=theme.fall, fall=theme.rise, red_up=False)


def blend(over: str, under: str, share: float) -> QColor:
    """`share` of one colour over another, opaque: cheaper to paint than transparency."""
    top, base = QColor(over), QColor(under)
    return QColor(
        round(top.red() * share + base.red() * (1 - share)),
        round(top.green() * share + base.green() * (1 - share)),
        round(top.blue() * share + base.blue() * (1 - share)))


def families(present: Sequence[str]) -> list[str]:
    """The faces to use, best first: a Chinese one that is there, then Latin fall-backs."""
    there = set(present)
    return [name for name in (*FAMILIES, *LATIN) if name in there]


def has_chinese(present: Sequence[str]) -> bool:
    return any(name in FAMILIES for name in families(present))


def base_font(present: Sequence[str], pixels: int = TEXT_PX) -> QFont:
    """The desk's face, with figures of one width so that columns of numbers stand straight."""
    font = QFont()
    if chosen := families(present):
        font.setFamilies(chosen)
    font.setPixelSize(pixels)
    font.setFeature(QFont.Tag("tnum"), 1)
    font.setHintingPreference(QFont.HintingPreference.PreferFullHinting)
    return font


def sized(font: QFont, pixels: int, *, bold: bool = False) -> QFont:
    """The same face in another size."""
    other = QFont(font)
    other.setPixelSize(pixels)
    other.setBold(bold)
    return other


def palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.panel, role.WindowText: theme.text, role.Base: theme.field,
        role.AlternateBase: theme.raised, role.Text: theme.text, role.Button: theme.raised,
        role.ButtonText: theme.text, role.BrightText: theme.danger, role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent, role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text, role.PlaceholderText: theme.faint, role.Link: theme.accent,
        role.Mid: theme.line, role.Dark: theme.window, role.Shadow: theme.window,
        role.Light: theme.hover, role.Midlight: theme.hover,
    }
    made = QPalette()
    for which, colour in colours.items():
        made.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.faint))
    return made


def style_sheet(theme: Theme) -> str:
    """Only what the palette cannot say: flat edges, dense headers, docks, the trade buttons."""
    t = theme
    return f"""
QMainWindow, QWidget#desk {{ background: {t.window}; }}
QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; padding: 3px; }}
QMenuBar {{ background: {t.window}; color: {t.text}; padding: 0 2px; }}
QMenuBar::item {{ padding: 4px 9px; background: transparent; }}
QMenuBar::item:selected {{ background: {t.hover}; }}
QMenu {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; padding: 3px; }}
QMenu::item {{ padding: 4px 22px 4px 22px; }}
QMenu::item:selected {{ background: {t.accent}; color: {t.on_accent}; }}
QMenu::item:disabled {{ color: {t.faint}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 3px 6px; }}
QStatusBar {{ background: {t.window}; color: {t.muted}; }}
QStatusBar::item {{ border: none; }}
QLineEdit {{ background: {t.field}; color: {t.text}; border: 1px solid {t.line};
    border-radius: 2px; padding: 1px 5px; selection-background-color: {t.accent}; }}
QLineEdit:focus {{ border-color: {t.accent}; }}
QLineEdit[wrong="true"] {{ border-color: {t.warn}; }}
QPushButton {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line};
    border-radius: 2px; padding: 2px 8px; }}
QPushButton:hover {{ background: {t.hover}; }}
QPushButton:focus {{ border-color: {t.accent}; }}
QPushButton:checked {{ background: {t.selection}; border-color: {t.accent}; }}
QPushButton:disabled {{ color: {t.faint}; background: {t.panel}; }}
QPushButton[flat="true"] {{ background: transparent; border: 1px solid transparent;
    color: {t.muted}; padding: 1px 7px; }}
QPushButton[flat="true"]:hover {{ color: {t.text}; background: {t.hover}; }}
QPushButton[flat="true"]:focus {{ border-color: {t.accent}; }}
QPushButton[flat="true"]:checked {{ color: {t.text}; background: {t.selection}; }}
QPushButton[act="buy"] {{ background: {t.buy}; color: #ffffff; border-color: {t.buy};
    font-weight: bold; }}
QPushButton[act="sell"] {{ background: {t.sell}; color: #ffffff; border-color: {t.sell};
    font-weight: bold; }}
QPushButton[act="buy"]:disabled, QPushButton[act="sell"]:disabled {{ background: {t.raised};
    color: {t.faint}; border-color: {t.line}; font-weight: normal; }}
QPushButton[act="buy"]:focus, QPushButton[act="sell"]:focus {{ border-color: {t.text}; }}
QPushButton[act="danger"] {{ color: {t.danger}; border-color: {t.danger}; }}
QPushButton[act="danger"]:checked {{ background: {t.danger}; color: {t.window};
    font-weight: bold; }}
QDialog {{ border: 1px solid {t.line}; }}
QCheckBox::indicator {{ width: 13px; height: 13px; border: 1px solid {t.muted};
    border-radius: 2px; background: {t.field}; }}
QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent}; }}
QTableView {{ background: {t.panel}; color: {t.text}; border: none; outline: 0;
    gridline-color: {t.panel}; }}
QHeaderView {{ background: {t.panel}; border: none; }}
QHeaderView::section {{ background: {t.panel}; color: {t.muted}; border: none;
    border-bottom: 1px solid {t.line}; padding: 0 6px; }}
QHeaderView::section:hover {{ color: {t.text}; background: {t.hover}; }}
QTableCornerButton::section {{ background: {t.panel}; border: none; }}
QScrollBar:vertical {{ background: {t.panel}; width: 9px; margin: 0; }}
QScrollBar:horizontal {{ background: {t.panel}; height: 9px; margin: 0; }}
QScrollBar::handle {{ background: {t.hover}; border-radius: 3px; margin: 1px; }}
QScrollBar::handle:vertical {{ min-height: 24px; }}
QScrollBar::handle:horizontal {{ min-width: 24px; }}
QScrollBar::handle:hover {{ background: {t.faint}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QAbstractScrollArea::corner {{ background: {t.panel}; border: none; }}
QScrollArea {{ background: {t.panel}; border: none; }}
QProgressBar {{ background: {t.field}; border: 1px solid {t.line}; border-radius: 2px; }}
QProgressBar::chunk {{ background: {t.accent}; }}
QWidget[panel="true"] {{ background: {t.panel}; }}
QFrame[rule="true"] {{ background: {t.line}; border: none; }}
QWidget#status {{ background: {t.window}; }}
QLabel[tone="muted"] {{ color: {t.muted}; }}
QLabel[tone="faint"] {{ color: {t.faint}; }}
QLabel[tone="rise"] {{ color: {t.rise}; }}
QLabel[tone="fall"] {{ color: {t.fall}; }}
QLabel[tone="flat"] {{ color: {t.flat}; }}
QLabel[tone="warn"] {{ color: {t.warn}; }}
QLabel[tone="danger"] {{ color: {t.danger}; }}
QLabel[tone="accent"] {{ color: {t.accent}; }}
QLabel[badge="true"] {{ border: 1px solid {t.line}; border-radius: 2px; padding: 0 5px; }}
QLabel[badge="true"][tone="warn"] {{ border-color: {t.warn}; }}
QLabel[badge="true"][tone="danger"] {{ border-color: {t.danger}; }}
QLabel[badge="true"][tone="accent"] {{ border-color: {t.accent}; }}
ads--CDockContainerWidget {{ background: {t.window}; border: none; }}
ads--CDockSplitter::handle {{ background: {t.window}; }}
ads--CDockSplitter::handle:hover {{ background: {t.accent}; }}
ads--CDockAreaWidget {{ background: {t.panel}; border: none; }}
ads--CDockAreaTitleBar {{ background: {t.raised}; border: none; padding: 0; }}
ads--CDockAreaTabBar {{ background: transparent; border: none; }}
ads--CDockWidgetTab {{ background: transparent; border: none; padding: 2px 4px; }}
ads--CDockWidgetTab[activeTab="true"] {{ background: {t.panel};
    border-top: 2px solid {t.accent}; }}
ads--CDockWidgetTab QLabel {{ color: {t.muted}; }}
ads--CDockWidgetTab[activeTab="true"] QLabel {{ color: {t.text}; }}
ads--CDockWidget {{ background: {t.panel}; border: none; }}
ads--CFloatingDockContainer {{ background: {t.window}; }}
"""


def apply(app: QApplication, theme: Theme) -> None:
    """Dress the whole application; may be called again at any time."""
    sheet = style_sheet(theme)
    if app.styleSheet() != sheet:       # the same again would polish every widget anew
        app.setPalette(palette(theme))
        app.setStyleSheet(sheet)


def prepare(app: QApplication) -> bool:
    """Style and face, once at start. False: no Chinese face is installed."""
    if not app.styleSheet():            # dressed already: a second window of one process
        app.setStyle("Fusion")
    present = QFontDatabase.families()
    app.setFont(base_font(present))
    return has_chinese(present)


class Look:
    """The theme in force. Painters ask it each time, so a switch needs only a repaint."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme

    def colour(self, tone: Tone) -> QColor:
        return QColor(self.theme.tone(tone))
