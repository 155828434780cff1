"""The order ticket: what, which side, at which price, how much, and at once what it would cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
)

from core.types import OrderPreview, OrderSide, OrderType
from ui import formats
from ui.controls import CONTROL_PX, Figure, FlatCombo, Stepper, SymbolSearch, ToneLabel, name
from ui.panels.base import Panel
from ui.strings import Texts
from ui.theme import Look
from ui.tones import Tone
from ui.viewmodels import (
    Draft,
    QuoteRow,
    draft_of,
    fraction_of_buy,
    fraction_of_sell,
    least_shares,
    share_step,
    stepped,
    tick_of,
    ticket_view,
)
from ui.workers import timer

PARTS = (1, 2, 3, 4)
LINE_PX = 20                   # one line of the reason is always in view
SETTLE_MS = 60                 # typing pauses this long before a preview is asked for
SIDE_PX, SUBMIT_PX = 26, 30
# The parts of the fees stand in the tip of their sum, and in the confirmation.
COSTS = (("amount", "9,999,999.99"), ("fees", "99,999.99"), ("cash", "9,999,999.99"),
         ("cash_after", "99,999,999.99"))
FEES = ("commission", "stamp_duty", "transfer_fee", "other_fees")
# What the account would look like afterwards: a field of OrderPreview for each.
WHAT_IF = (("position", "position_ratio"), ("sector", "sector_ratio"), ("gross", "gross_ratio"),
           ("var", "var_after_ratio"))


@dataclass(frozen=True, slots=True)
class TypeChoice:
    """A kind of order the exchange takes for this instrument today."""

    type: OrderType
    priced: bool               # carries a limit, be it only a protective one


LIMIT_ONLY = (TypeChoice(OrderType.LIMIT, True),)


class TicketPanel(Panel):
    symbol_asked = pyqtSignal(str)
    draft_changed = pyqtSignal(object)     # Draft, or None while it is not complete
    submit_asked = pyqtSignal(object)      # Draft

    def __init__(self, texts: Texts, look: Look, lot_shares: int) -> None:
        super().__init__("ticket", texts, look)
        self._lot_shares = lot_shares
        self._row: QuoteRow | None = None
        self._types: Sequence[TypeChoice] = LIMIT_ONLY
        self._preview: OrderPreview | None = None
        self.side = OrderSide.BUY
        self._touched = False      # the user has set the price of this instrument
        self._seeded = False       # a price of today stood in it once
        self.buy, self.sell, self.submit = QPushButton(), QPushButton(), QPushButton()
        self.search, self.title = SymbolSearch(texts, "ticket.symbol"), ToneLabel()
        self.price, self.shares = Stepper(texts, "ticket.price"), Stepper(texts, "ticket.shares")
        self.types = FlatCombo()
        self.down, self.up = QPushButton(), QPushButton()
        self.parts = {part: QPushButton() for part in PARTS}
        self.most, self.captions = ToneLabel(Tone.MUTED), self._captions()
        self.costs = {id_: Figure(look, texts, f"cost.{id_}", sample) for id_, sample in COSTS}
        self.what_if = {id_: Figure(look, texts, f"whatif.{id_}", "100.00%") for id_, _ in WHAT_IF}
        self.problem = ToneLabel(Tone.WARN)
        self._settle = timer(self, SETTLE_MS, self._tell, once=True)
        self._lay_out()
        self._wire()
        self.retranslate()
        self.setMinimumHeight(self.minimumSizeHint().height())     # the docks heed only this
        self.set_side(OrderSide.BUY)

    # ---- what it is told -------------------------------------------------------------------

    def show_instrument(self, row: QuoteRow, types: Sequence[TypeChoice]) -> None:
        """Another instrument: its price, its least size, its kinds of order."""
        self._row, self._types, self._preview = row, types or LIMIT_ONLY, None
        self._touched, self._seeded = False, row.live
        self.title.show_text(row.name)
        self.search.setText(row.symbol)
        self.types.clear()
        self._name_types()
        self.price.show_number("" if row.last_cny is None else self._priced(row.last_cny))
        self.shares.show_number(str(least_shares(row.board)))
        self._show_band()
        self._show_costs()
        self._changed()

    def update_row(self, row: QuoteRow) -> None:
        """A newer quote. An old close or the first of today may set a price nobody has touched."""
        before, self._row = self._row, row
        if before is None or (before.limit_up_cny, before.limit_down_cny) != (
                row.limit_up_cny, row.limit_down_cny):
            self._show_band()
        first = not self.price.edit.text() or (row.live and not self._seeded)
        if first and not self._touched and row.last_cny is not None:
            self._seeded = row.live
            self.price.show_number(self._priced(row.last_cny))
            self._changed()

    def ask_again(self) -> None:
        """The same draft may have another answer now; what is shown stays until it comes."""
        self._settle.start()

    def set_lot(self, lot_shares: int) -> None:
        """The house's sizing multiple; it can only enlarge the exchange's step."""
        self._lot_shares = lot_shares

    def set_side(self, side: OrderSide) -> None:
        self.side = side
        buying = side is OrderSide.BUY
        (self.buy if buying else self.sell).setChecked(True)
        self.buy.setProperty("act", "buy" if buying else "")
        self.sell.setProperty("act", "" if buying else "sell")
        self.submit.setProperty("act", "buy" if buying else "sell")
        style = self.style()
        for button in (self.buy, self.sell, self.submit):
            if style is not None:
                style.unpolish(button)
                style.polish(button)
        self._name_submit()
        self._changed()

    def set_price(self, price_cny: Decimal) -> None:
        self._touched = True
        self.price.show_number(self._priced(price_cny))
        self._changed()

    def set_shares(self, shares: int) -> None:
        self.shares.show_number(str(shares))
        self._changed()

    def show_preview(self, preview: OrderPreview) -> None:
        """What the draft would cost and why it would be refused; an older draft's is dropped."""
        if self.draft() != draft_of(preview.request):
            return
        self._preview = preview
        self._show_costs()
        self._show_problems([self.texts.refusal(r) for r in preview.refusals])

    def show_problem(self, text: str) -> None:
        self._preview = None
        self._show_costs()
        self._show_problems([text])

    def draft(self) -> Draft | None:
        """What stands in the ticket; None while a part of it is missing or not a number."""
        if self._row is None:
            return None
        choice, price, shares = self._choice(), self.price.number(), self._shares()
        if shares is None or (choice.priced and (price is None or price <= 0)):
            return None
        return Draft(symbol=self._row.symbol, side=self.side, type=choice.type, shares=shares,
                     limit_cny=price if choice.priced else None)

    def retranslate(self) -> None:
        texts = self.texts
        for key, label in self.captions.items():
            label.show_text(texts.tr(key))
        name(self.buy, texts, "ticket.buy")
        name(self.sell, texts, "ticket.sell")
        for part, button in self.parts.items():
            button.setText(texts.tr("ticket.whole") if part == 1 else f"1/{part}")
            button.setAccessibleName(texts.tr("ticket.part", part=part))
            button.setToolTip(texts.tr("ticket.part", part=part))
        for stepper in (self.price, self.shares):
            stepper.retranslate()
        for figure in (*self.costs.values(), *self.what_if.values()):
            figure.retranslate()
        self.search.retranslate()
        self.types.setAccessibleName(texts.tr("ticket.type"))
        self.types.setToolTip(texts.tr("tip.ticket.type"))
        self.setAccessibleName(texts.tr("dock.ticket"))
        self._name_types()
        self._name_submit()
        self._show_band()
        if self._preview is not None:
            self.show_preview(self._preview)
        else:
            self._show_costs()

    # ---- how it is built -------------------------------------------------------------------

    def _captions(self) -> dict[str, ToneLabel]:
        keys = ("ticket.code", "ticket.price", "ticket.type", "ticket.shares")
        return {key: ToneLabel(Tone.MUTED) for key in keys}

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 3)
        column.setSpacing(4)
        column.addLayout(self._side_row())
        column.addLayout(self._entry_grid())
        line = QFrame()
        line.setProperty("rule", True)
        line.setFixedHeight(1)
        column.addWidget(line)
        column.addLayout(self._cost_grid())
        self.submit.setFixedHeight(SUBMIT_PX)
        column.addWidget(self.submit)
        column.addWidget(self._problem_area(), 1)

    def _side_row(self) -> QHBoxLayout:
        group, row = QButtonGroup(self), QHBoxLayout()
        row.setSpacing(4)
        for button in (self.buy, self.sell):
            button.setCheckable(True)
            button.setFixedHeight(SIDE_PX)
            group.addButton(button)
            row.addWidget(button, 1)
        return row

    def _entry_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        code = QHBoxLayout()
        code.setSpacing(6)
        self.search.setFixedWidth(100)
        code.addWidget(self.search)
        code.addWidget(self.title, 1)
        band, sizes = QHBoxLayout(), QHBoxLayout()
        for row, widgets in ((band, (self.down, self.up)), (sizes, tuple(self.parts.values()))):
            row.setSpacing(3)
            for button in widgets:
                button.setProperty("flat", True)
                button.setFixedHeight(CONTROL_PX - 3)
                row.addWidget(button, 1)
        self.types.setFixedHeight(CONTROL_PX)
        for at, key in enumerate(self.captions):
            grid.addWidget(self.captions[key], (0, 1, 3, 4)[at], 0)
        grid.addLayout(code, 0, 1)
        grid.addWidget(self.price, 1, 1)
        grid.addLayout(band, 2, 1)
        grid.addWidget(self.types, 3, 1)
        grid.addWidget(self.shares, 4, 1)
        grid.addLayout(sizes, 5, 1)
        self.most.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.most, 6, 0, 1, 2)
        return grid

    def _cost_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(1)
        for at, pair in enumerate(zip(self.costs.values(), self.what_if.values(), strict=True)):
            for column, figure in enumerate(pair):
                grid.addWidget(figure, at, column)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _problem_area(self) -> QScrollArea:
        self.problem.setWordWrap(True)
        self.problem.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumHeight(LINE_PX)
        area.setWidget(self.problem)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return area

    def _wire(self) -> None:
        self.buy.clicked.connect(lambda: self.set_side(OrderSide.BUY))
        self.sell.clicked.connect(lambda: self.set_side(OrderSide.SELL))
        self.search.found.connect(self.symbol_asked)
        self.price.stepped.connect(self._step_price)
        self.shares.stepped.connect(self._step_size)
        self.price.edited.connect(self._price_edited)
        self.shares.edited.connect(lambda _: self._changed())
        for stepper in (self.price, self.shares):
            stepper.edit.returnPressed.connect(self._submit)
        self.types.activated.connect(lambda _: self._changed())
        self.down.clicked.connect(lambda: self._take_limit(up=False))
        self.up.clicked.connect(lambda: self._take_limit(up=True))
        for part, button in self.parts.items():
            button.clicked.connect(lambda _, parts=part: self._take_part(parts))
        self.submit.clicked.connect(self._submit)

    # ---- what the user does ----------------------------------------------------------------

    def _changed(self) -> None:
        """Something in the ticket is different: judge it here, ask the desk a moment later."""
        choice, price = self._choice(), self.price.number()
        self.price.setEnabled(choice.priced)
        self.price.mark_wrong(choice.priced and (price is None or price <= 0))
        self.shares.mark_wrong(self._shares() is None)
        self._preview = None
        self.submit.setEnabled(self.draft() is not None)
        self._settle.start()

    def _tell(self) -> None:
        draft = self.draft()
        if draft is None and self._row is not None:
            self.show_problem(self.texts.tr("ticket.incomplete"))
        self.draft_changed.emit(draft)

    def _submit(self) -> None:
        draft = self.draft()
        if draft is not None:
            self.submit_asked.emit(draft)

    def _price_edited(self, _: str) -> None:
        self._touched = True
        self._changed()

    def _step_price(self, steps: int) -> None:
        row = self._row
        if row is None:
            return
        start = self.price.number() or row.last_cny or row.prev_close_cny
        if start is not None:
            band = (row.limit_down_cny, row.limit_up_cny)
            self.set_price(stepped(start, steps, tick_of(row.board), band))

    def _step_size(self, steps: int) -> None:
        if self._row is not None:
            least = least_shares(self._row.board)
            step = share_step(self._row.board, self._lot_shares)
            self.set_shares(max((self._shares() or 0) + steps * step, least))

    def _take_limit(self, *, up: bool) -> None:
        if self._row is not None:
            price = self._row.limit_up_cny if up else self._row.limit_down_cny
            if price is not None:
                self.set_price(price)

    def _take_part(self, parts: int) -> None:
        preview, row = self._preview, self._row
        if preview is None or row is None:
            return
        if self.side is OrderSide.BUY:
            shares = fraction_of_buy(preview.max_buy_shares, parts, row.board, self._lot_shares)
        else:
            shares = fraction_of_sell(preview.sellable_shares, parts, row.board)
        if shares:
            self.set_shares(shares)

    # ---- what it shows ---------------------------------------------------------------------

    def _shares(self) -> int | None:
        number = self.shares.number()
        if number is None or number <= 0 or number != number.to_integral_value():
            return None
        return int(number)

    def _choice(self) -> TypeChoice:
        return self._types[max(self.types.currentIndex(), 0)]

    def _priced(self, price_cny: Decimal) -> str:
        return formats.price(price_cny, self._row.decimals if self._row else 2)

    def _show_band(self) -> None:
        row, tr = self._row, self.texts.tr
        limits = ((self.down, "ticket.down", row.limit_down_cny if row else None),
                  (self.up, "ticket.up", row.limit_up_cny if row else None))
        for button, key, price in limits:
            text = tr(key, price=formats.UNKNOWN if price is None else self._priced(price))
            button.setText(text)
            button.setAccessibleName(text)
            button.setToolTip(tr("tip.ticket.band"))
            button.setEnabled(price is not None)

    def _show_costs(self) -> None:
        preview = self._preview
        self._show_most()
        if preview is None:
            for figure in (*self.costs.values(), *self.what_if.values()):
                figure.show_value(formats.UNKNOWN, Tone.FAINT)
            return
        for id_, field in WHAT_IF:
            ratio: Decimal | None = getattr(preview, field)
            self.what_if[id_].show_value(formats.plain_percent(ratio),
                                         Tone.FAINT if ratio is None else Tone.TEXT)
        view = ticket_view(preview)
        for id_, _ in COSTS:
            value: Decimal | None = getattr(view, f"{id_}_cny")
            tone = Tone.FAINT if value is None else Tone.TEXT
            short = id_ == "cash_after" and value is not None and value < 0
            self.costs[id_].show_value(formats.money(value), Tone.DANGER if short else tone)
        self.costs["fees"].setToolTip("\n".join(
            f"{self.texts.tr(f'cost.{part}')} {formats.money(getattr(view, f'{part}_cny'))}"
            for part in FEES))

    def _show_most(self) -> None:
        preview, tr = self._preview, self.texts.tr
        if preview is None:
            text = tr("ticket.most", buy=formats.UNKNOWN, sell=formats.UNKNOWN)
        else:
            text = tr("ticket.most", buy=formats.shares(preview.max_buy_shares),
                      sell=formats.shares(preview.sellable_shares))
        self.most.show_text(text)
        self.most.setToolTip(tr("tip.ticket.most"))

    def _show_problems(self, texts: Sequence[str]) -> None:
        self.problem.show_text("\n".join(texts))
        self.problem.setAccessibleName("\n".join(texts))
        self.problem.setToolTip("\n".join(texts))

    def _name_submit(self) -> None:
        side = "buy" if self.side is OrderSide.BUY else "sell"
        name(self.submit, self.texts, f"ticket.submit.{side}")

    def _name_types(self) -> None:
        at = max(self.types.currentIndex(), 0)
        self.types.clear()
        self.types.addItems([self.texts.tr(f"type.{c.type.value}") for c in self._types])
        self.types.setCurrentIndex(min(at, len(self._types) - 1))
