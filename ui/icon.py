"""The program's icon, drawn: two candles in the colours of the theme."""

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPixmap

from ui.theme import Theme

SIZE_PX = 64


def app_icon(theme: Theme) -> QIcon:
    pixmap = QPixmap(SIZE_PX, SIZE_PX)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.fillRect(QRect(4, 4, 56, 56), QColor(theme.panel))
    for left, top, height, wick, colour in ((15, 24, 22, 34, theme.fall),
                                            (37, 16, 26, 38, theme.rise)):
        painter.fillRect(QRect(left + 5, top - 6, 2, wick), QColor(colour))
        painter.fillRect(QRect(left, top, 12, height), QColor(colour))
    painter.end()
    return QIcon(pixmap)
