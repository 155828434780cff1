"""A form for a parent, conditional or staged order, drawn from the table of its parameters."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFormLayout, QLabel, QLineEdit, QWidget

from core.desk_types import PlanKind, PlanSpec
from core.plan_params import PLAN_PARAMS, ParamKind, PlanParam
from core.types import OrderSide
from ui.controls import FlatCombo, Segment, ToneLabel
from ui.dialogs import BaseDialog
from ui.strings import Texts
from ui.tones import Tone

FIELD_PX = 190
LONGEST = 16


class PlanDialog(BaseDialog):
    """Asks for everything the chosen kind needs. Bounds and rules are the trading core's."""

    placed = pyqtSignal(object)            # PlanSpec

    def __init__(
        self, texts: Texts, symbol: str, title: str, shares: int, parent: QWidget | None
    ) -> None:
        super().__init__(texts, texts.tr("plan_form.title"), parent)
        self._symbol = symbol
        self.kinds = FlatCombo()
        for kind in PLAN_PARAMS:
            self.kinds.addItem(texts.tr(f"plan.{kind.value}"), kind)
        self.side = Segment(texts, "side", [side.value for side in OrderSide])
        self.shares = self._edit(str(shares), texts.tr("col.shares"))
        self.fields: dict[str, QLineEdit | FlatCombo] = {}
        self.problem = ToneLabel(Tone.WARN)
        self.problem.setWordWrap(True)
        self.column.addWidget(QLabel(f"{title}  {symbol}"))
        always = _form()
        always.addRow(texts.tr("col.plan_kind"), self.kinds)
        always.addRow(texts.tr("col.side"), self.side)
        always.addRow(texts.tr("col.shares"), self.shares)
        self.column.addLayout(always)
        self._params = QWidget()           # the rows of the chosen kind, made anew for each
        self.column.addWidget(self._params)
        self.column.addWidget(self.problem)
        self.add_button("dialog.cancel", self.reject)
        self.ok = self.add_button("plan_form.place", self._place, act="buy")
        self.kinds.currentIndexChanged.connect(lambda _: self._draw())
        self._draw()
        self.finish()

    @property
    def kind(self) -> PlanKind:
        kind = self.kinds.currentData()
        assert isinstance(kind, PlanKind)  # nothing else was added
        return kind

    def spec(self) -> PlanSpec:
        """As it stands in the form. ValueError: the number of shares is none."""
        params = {name: self._text(field) for name, field in self.fields.items()}
        return PlanSpec(
            kind=self.kind, symbol=self._symbol, side=OrderSide(self.side.chosen),
            shares=int(self.shares.text()),
            params={name: text for name, text in params.items() if text})

    def _draw(self) -> None:
        """The rows of the chosen kind. What has been typed for a like-named one stays."""
        typed = {name: self._text(field) for name, field in self.fields.items()}
        drawn, form = QWidget(), _form()
        drawn.setLayout(form)
        self.fields = {}
        for param in PLAN_PARAMS[self.kind]:
            field = self._field(param, typed.get(param.name, ""))
            self.fields[param.name] = field
            form.addRow(self._label(param), field)
        self.column.replaceWidget(self._params, drawn)
        self._params.hide()
        self._params.deleteLater()
        self._params = drawn
        self.problem.show_text("")

    def _label(self, param: PlanParam) -> QLabel:
        unit = f" ({param.unit})" if param.unit else ""
        star = " *" if param.default is None else ""
        label = QLabel(self.texts.tr(f"plan_param.{param.name}") + unit + star)
        label.setToolTip(self._help(param))
        return label

    def _help(self, param: PlanParam) -> str:
        return param.help_zh if self.texts.language == "zh" else param.help_en

    def _field(self, param: PlanParam, typed: str) -> QLineEdit | FlatCombo:
        if param.kind is ParamKind.CHOICE:
            combo = FlatCombo()
            for choice in param.choices:
                combo.addItem(self.texts.tr(f"plan_choice.{choice}"), choice)
            combo.setCurrentIndex(max(0, combo.findData(typed or param.default)))
            combo.setToolTip(self._help(param))
            return combo
        edit = self._edit(typed or param.default or "", self._help(param))
        if param.kind is ParamKind.TIME:
            edit.setPlaceholderText("HH:MM")
        if param.kind is ParamKind.DAY:
            edit.setPlaceholderText("YYYY-MM-DD")
        return edit

    def _edit(self, text: str, tip: str) -> QLineEdit:
        edit = QLineEdit(text)
        edit.setMaxLength(LONGEST)
        edit.setMinimumWidth(FIELD_PX)
        edit.setToolTip(tip)
        edit.setAccessibleName(tip)
        return edit

    def _text(self, field: QLineEdit | FlatCombo) -> str:
        if isinstance(field, FlatCombo):
            return str(field.currentData())
        return field.text().strip()

    def _place(self) -> None:
        """What is missing is said here; what is out of bounds, the core says."""
        missing = [self.texts.tr(f"plan_param.{param.name}") for param in PLAN_PARAMS[self.kind]
                   if param.default is None and not self._text(self.fields[param.name])]
        try:
            spec = self.spec()
        except ValueError:
            missing.append(self.texts.tr("col.shares"))
        if missing:
            self.problem.show_text(self.texts.tr("plan_form.missing", names=", ".join(missing)))
            return
        self.placed.emit(spec)
        self.accept()


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setVerticalSpacing(6)
    return form
