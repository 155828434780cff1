"""Between the safety, plan and auto-trader panels and the services behind them."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from core.desk_types import Autonomy, FlattenPlan, PlanSpec
from core.ports import Services
from core.types import KillLevel
from ui.bridge import Bridge
from ui.market_desk import Panels
from ui.strings import Texts
from ui.workers import Mailbox, land, timer

LOOK_MS = 1_000
SOON_MS = 50
PERSON = "the person at the desk"


class SafetyDesk(QObject):
    """Shows the newest published state, and carries a person's acts to the trading thread."""

    notice = pyqtSignal(str, str)
    reason_asked = pyqtSignal(str, object, object)     # text key, fields, call with the reason

    def __init__(
        self, services: Services, panels: Panels, texts: Texts, mailbox: Mailbox, bridge: Bridge
    ) -> None:
        super().__init__()
        self._services, self._panels = services, panels
        self._texts, self._mailbox = texts, mailbox
        self._looks = timer(self, LOOK_MS, self.refresh)
        self._soon = timer(self, SOON_MS, self.refresh, once=True)
        self._wire(bridge)

    def _wire(self, bridge: Bridge) -> None:
        bridge.order.connect(lambda _: self._refresh_soon())
        bridge.fill.connect(lambda _: self._refresh_soon())
        bridge.notice.connect(lambda *_: self._refresh_soon())
        bridge.kill.connect(lambda *_: self._refresh_soon())
        safety, plans, auto = self._panels.safety, self._panels.plans, self._panels.auto
        safety.level_asked.connect(self._ask_level)
        safety.rearm_asked.connect(self._ask_rearm)
        safety.close_asked.connect(self._ask_close)
        safety.plan_asked.connect(self.work_out)
        plans.stop_asked.connect(self._stop_plan)
        auto.level_asked.connect(self._ask_autonomy)
        auto.approve_asked.connect(self._approve)
        auto.decline_asked.connect(self._decline)

    def start(self) -> None:
        self._panels.safety.show_label(self._services.broker_label)
        self.refresh()
        self._looks.start()

    def stop(self) -> None:
        self._looks.stop()
        self._soon.stop()

    def refresh(self) -> None:
        """Never waits: the desks publish what they show."""
        services, panels = self._services, self._panels
        panels.safety.show_level(services.trading.snapshot().kill_level)
        if services.safety is not None:
            panels.safety.show_state(services.safety.breakers(), services.safety.cases(),
                                     services.safety.blockers())
        if services.plans is not None:
            panels.plans.show_plans(services.plans.plans())
        if services.auto is not None:
            panels.auto.show_level(services.auto.autonomy())
            panels.auto.show_proposals(services.auto.proposals())

    def _refresh_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    # ---- safety ----------------------------------------------------------------------------

    def block(self) -> None:
        """The hot key: everything stops now, without a question."""
        self._set_level(KillLevel.BLOCK, "hot key")

    def _ask_level(self, level: KillLevel) -> None:
        if level > self._services.trading.snapshot().kill_level:
            self._set_level(level, "by hand at the desk")      # stricter needs no question
            return
        word = self._texts.tr(f"safety.level.{level.name}")
        self.reason_asked.emit("reason.level", {"level": word},
                               lambda reason: self._set_level(level, reason))

    def _set_level(self, level: KillLevel, reason: str) -> None:
        self._land(self._services.trading.set_kill(level, reason))

    def _ask_rearm(self, name: str) -> None:
        safety = self._services.safety
        if safety is not None:
            self.reason_asked.emit("reason.rearm", {"name": name}, lambda reason: self._land(
                safety.rearm(name, by=PERSON, reason=reason)))

    def _ask_close(self, case_id: int) -> None:
        safety = self._services.safety
        if safety is not None:
            self.reason_asked.emit("reason.close", {"case": case_id}, lambda reason: self._land(
                safety.close_case(case_id, by=PERSON, reason=reason)))

    def work_out(self) -> None:
        """Ask for the flatten plan; nothing is cancelled or sold by asking."""
        if self._services.safety is not None:
            self._land(self._services.safety.flatten_plan(), self._show_flatten)

    def _show_flatten(self, plan: FlattenPlan) -> None:
        self._panels.safety.show_plan(plan)

    # ---- plans and the auto-trader ---------------------------------------------------------

    def place_plan(self, spec: PlanSpec) -> None:
        if self._services.plans is not None:
            self._land(self._services.plans.place(spec))

    def _stop_plan(self, plan_id: int) -> None:
        if self._services.plans is not None:
            self._land(self._services.plans.stop(plan_id, reason=PERSON))

    def _ask_autonomy(self, level: Autonomy) -> None:
        auto = self._services.auto
        if auto is None:
            return
        if level is Autonomy.MANUAL:
            self._land(auto.set_autonomy(level, by=PERSON, reason="switched at the desk"))
            return
        word = self._texts.tr(f"auto.level.{level.value}")
        self.reason_asked.emit("reason.auto", {"level": word}, lambda reason: self._land(
            auto.set_autonomy(level, by=PERSON, reason=reason)))

    def _approve(self, proposal_id: int) -> None:
        if self._services.auto is not None:
            self._land(self._services.auto.approve(proposal_id, by=PERSON))

    def _decline(self, proposal_id: int) -> None:
        if self._services.auto is not None:
            self._land(self._services.auto.decline(
                proposal_id, by=PERSON, reason="declined at the desk"))

    def _land(self, future: "Future[Any]", then: Callable[[Any], None] | None = None) -> None:
        def done(result: Any) -> None:
            if then is not None:
                then(result)
            self.refresh()

        land(future, self._mailbox, done, lambda why: self.notice.emit(
            "ERROR", self._texts.tr("notice.job_failed", why=why)))
