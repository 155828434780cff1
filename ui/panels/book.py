"""The five-level book: click a price to put it into the ticket."""

from collections.abc import Sequence

from PyQt6.QtCore import QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy

from core.types import OrderSide, Quote
from ui import formats
from ui.panels.base import Panel
from ui.strings import Texts
from ui.theme import TEXT_PX, Look, blend, sized
from ui.tones import Tone
from ui.viewmodels import BOOK_DEPTH, BookLine, QuoteRow, book_lines

ROW_MIN_PX, ROW_MAX_PX, PAD_PX = 16, 26, 8
LINES = 2 * BOOK_DEPTH
TOP_PX = 3
BAR_SHARE = 0.28          # how strongly a volume bar stands out from the panel
BAR_MOST = 0.40           # of the width, for the largest size
PRICE_AT = 0.56           # of the width: the right edge of the prices
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class BookPanel(Panel):
    """Ten lines around the last price, painted; Up, Down and Enter do what a click does."""

    price_chosen = pyqtSignal(object)      # Decimal

    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("book", texts, look)
        self._quote: Quote | None = None
        self._row: QuoteRow | None = None
        self.lines: Sequence[BookLine] = book_lines(None)
        self._at: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(self.minimumSizeHint().height())     # the docks heed only this
        self.retranslate()

    def show_quote(self, quote: Quote | None, row: QuoteRow) -> None:
        self._quote, self._row = quote, row
        self.lines = book_lines(quote)
        self.update()

    def retranslate(self) -> None:
        self.setAccessibleName(self.texts.tr("dock.book"))
        self.setToolTip(self.texts.tr("tip.book"))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, (LINES + 1) * 20)

    def minimumSizeHint(self) -> QSize:
        return QSize(190, (LINES + 1) * ROW_MIN_PX + TOP_PX)

    def row_px(self) -> int:
        return max(ROW_MIN_PX, min(ROW_MAX_PX, (self.height() - TOP_PX) // (LINES + 1)))

    def line_rect(self, at: int) -> QRect:
        """Where line `at` stands; the last price takes one row between asks and bids."""
        row = at if at < BOOK_DEPTH else at + 1
        return QRect(0, TOP_PX + row * self.row_px(), self.width(), self.row_px())

    def choose(self, at: int) -> None:
        line = self.lines[at]
        if line.price_cny is not None:
            self.price_chosen.emit(line.price_cny)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        for at in range(LINES):
            if self.line_rect(at).contains(event.position().toPoint()):
                self._at = at
                self.choose(at)
        self.update()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        key = event.key() if event is not None else None
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            start = BOOK_DEPTH if self._at is None else self._at
            step = -1 if key == Qt.Key.Key_Up else 1
            self._at = min(max(start + step, 0), LINES - 1)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            if self._at is not None:
                self.choose(self._at)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        self._at = None
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _: QPaintEvent | None) -> None:
        painter = QPainter(self)
        for at, line in enumerate(self.lines):
            self._paint_line(painter, self.line_rect(at), line, current=at == self._at)
        self._paint_last(painter)
        painter.end()

    def _paint_line(
        self, painter: QPainter, rect: QRect, line: BookLine, *, current: bool
    ) -> None:
        theme = self.look.theme
        ask = line.side is OrderSide.SELL
        if current:
            painter.fillRect(rect, QColor(theme.selection))
        if line.shares:
            colour = theme.sell if ask else theme.buy
            width = round(rect.width() * BAR_MOST * line.ratio)
            painter.fillRect(rect.right() - width, rect.y() + 1, width, rect.height() - 2,
                             blend(colour, theme.panel, BAR_SHARE))
        inner = rect.adjusted(PAD_PX, 0, -PAD_PX, 0)
        painter.setPen(QColor(theme.muted))
        painter.drawText(inner, LEFT, self.label(line))
        painter.setPen(QColor(theme.tone(self._tone(line))))
        middle = QRect(inner.x(), inner.y(), round(inner.width() * PRICE_AT), inner.height())
        painter.drawText(middle, RIGHT, self.price_text(line))
        painter.setPen(QColor(theme.text if line.shares else theme.faint))
        painter.drawText(inner, RIGHT, formats.volume(line.shares, self.texts.units))

    def _paint_last(self, painter: QPainter) -> None:
        theme, row = self.look.theme, self._row
        rect = self.line_rect(BOOK_DEPTH).translated(0, -self.row_px())
        painter.fillRect(rect, QColor(theme.raised))
        if row is None:
            return
        tone = formats.tone_of(row.change_cny)
        inner = rect.adjusted(PAD_PX, 0, -PAD_PX, 0)
        painter.setPen(QColor(theme.muted))
        painter.drawText(inner, LEFT, self.texts.tr("col.last"))
        painter.setPen(QColor(theme.tone(tone)))
        plain = painter.font()
        painter.setFont(sized(plain, TEXT_PX + 1, bold=True))
        middle = QRect(inner.x(), inner.y(), round(inner.width() * PRICE_AT), inner.height())
        painter.drawText(middle, RIGHT, formats.price(row.last_cny, row.decimals))
        painter.setFont(plain)
        painter.drawText(inner, RIGHT, formats.percent(row.change_ratio))

    def label(self, line: BookLine) -> str:
        side = "ask" if line.side is OrderSide.SELL else "bid"
        return self.texts.tr(f"book.{side}", rank=self.texts.rank(line.rank))

    def price_text(self, line: BookLine) -> str:
        return formats.price(line.price_cny, self._row.decimals if self._row else 2)

    def _tone(self, line: BookLine) -> Tone:
        if line.price_cny is None or self._row is None:
            return Tone.FAINT
        return formats.tone_of(self._row.against_close(line.price_cny))
