"""The account in one line: what it is worth, what is free, what today has brought."""

from PyQt6.QtWidgets import QHBoxLayout

from ui import formats
from ui.controls import Figure
from ui.panels.base import Panel
from ui.strings import Texts
from ui.theme import Look
from ui.tones import Tone
from ui.viewmodels import AccountView

SAMPLES = (
    ("equity", "99,999,999.99"), ("pnl_today", "+9,999,999.99 +99.99%"),
    ("pnl_total", "+9,999,999.99 +99.99%"), ("market_value", "99,999,999.99"),
    ("available", "99,999,999.99"), ("frozen", "9,999,999.99"),
    ("withdrawable", "99,999,999.99"),
)


class AccountBar(Panel):
    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("account", texts, look)
        self.figures = {
            id_: Figure(look, texts, f"account.{id_}", sample, flowing=True,
                        bold=id_ == "equity")
            for id_, sample in SAMPLES
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 3, 10, 3)
        row.setSpacing(10)
        for figure in self.figures.values():
            row.addWidget(figure)
        row.addStretch(1)
        self.retranslate()

    def show_view(self, view: AccountView) -> None:
        plain = {
            "equity": view.equity_cny, "market_value": view.market_value_cny,
            "available": view.available_cny, "frozen": view.reserved_cny,
            "withdrawable": view.withdrawable_cny,
        }
        for id_, value in plain.items():
            self.figures[id_].show_value(formats.money(value),
                                         Tone.FAINT if value is None else Tone.TEXT)
        for id_, gain, ratio in (
            ("pnl_today", view.pnl_today_cny, view.pnl_today_ratio),
            ("pnl_total", view.pnl_cny, view.pnl_ratio),
        ):
            text = formats.signed(gain)
            if gain is not None:
                text = f"{text} {formats.percent(ratio)}"
            self.figures[id_].show_value(text, formats.tone_of(gain))

    def retranslate(self) -> None:
        self.setAccessibleName(self.texts.tr("dock.account"))
        for figure in self.figures.values():
            figure.retranslate()
