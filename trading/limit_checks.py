"""The house's limits on what the account may come to hold or lose. Pure checks of purchases.

A sale is never refused here: it only makes these figures smaller.
"""

from collections.abc import Callable
from decimal import Decimal

from core.types import OrderRequest, Refusal
from trading.risk_view import ExposureFigures, RiskView, is_buy, percent, refused, unjudged


def day_loss_is_bearable(request: OrderRequest, view: RiskView) -> Refusal | None:
    if not is_buy(request):
        return None
    loss_cny = None if view.exposure is None else view.exposure.day_loss_cny
    if loss_cny is None:
        return unjudged("DAY_LOSS", "equity")
    limit_cny = view.settings.daily_loss_limit_cny
    if loss_cny < limit_cny:
        return None
    return refused("DAY_LOSS", f"today's loss of {loss_cny} CNY has reached the limit of "
                   f"{limit_cny}; only sales until the next session", lost=loss_cny,
                   limit=limit_cny)


def drawdown_is_bearable(request: OrderRequest, view: RiskView) -> Refusal | None:
    if not is_buy(request):
        return None
    fallen = None if view.exposure is None else view.exposure.drawdown_ratio
    if fallen is None:
        return unjudged("DRAWDOWN", "equity")
    limit = view.settings.max_drawdown_ratio
    if fallen < limit:
        return None
    return refused("DRAWDOWN", f"the account is {percent(fallen)} % below its highest value, the "
                   f"limit is {percent(limit)} %; only sales until a person raises the limit",
                   is_pct=percent(fallen), limit_pct=percent(limit))


def position_is_small_enough(request: OrderRequest, view: RiskView) -> Refusal | None:
    return _share("CONCENTRATION", request, view, lambda figures: figures.position_ratio,
                  view.settings.max_position_ratio, f"of the account in {request.symbol}")


def sector_is_small_enough(request: OrderRequest, view: RiskView) -> Refusal | None:
    sector = "" if view.exposure is None else view.exposure.sector
    name = sector or "instruments of unknown industry"
    return _share("SECTOR", request, view, lambda figures: figures.sector_ratio,
                  view.settings.max_sector_ratio, f"of the account in {name}", sector=sector)


def gross_is_small_enough(request: OrderRequest, view: RiskView) -> Refusal | None:
    return _share("GROSS", request, view, lambda figures: figures.gross_ratio,
                  view.settings.max_gross_ratio, "of the account invested")


def names_are_few_enough(request: OrderRequest, view: RiskView) -> Refusal | None:
    if not is_buy(request):
        return None
    names = None if view.exposure is None else view.exposure.names
    if names is None:
        return unjudged("COUNT", "exposure")
    most = view.settings.max_names
    if names <= most:
        return None
    return refused("COUNT", f"it would be instrument number {names}, {most} are the most; sell "
                   f"one first", names=names, limit=most)


def value_at_risk_is_bearable(request: OrderRequest, view: RiskView) -> Refusal | None:
    """Two methods are asked and the worse one counts; see trading/var.py."""
    if not is_buy(request):
        return None
    ratio = None if view.exposure is None else view.exposure.var_ratio
    if ratio is None:
        return unjudged("VAR", "history")
    limit = view.settings.var_limit_ratio
    if ratio <= limit:
        return None
    return refused("VAR", f"the value at risk of a day would be {percent(ratio)} % of the account, "
                   f"the limit is {percent(limit)} %; buy less", is_pct=percent(ratio),
                   limit_pct=percent(limit))


def _share(
    code: str, request: OrderRequest, view: RiskView,
    of: Callable[[ExposureFigures], Decimal | None], limit: Decimal, what: str, **more: str,
) -> Refusal | None:
    """A share of equity after the order against its limit, the limit itself included."""
    if not is_buy(request):
        return None
    if view.exposure is None:
        return unjudged(code, "exposure")
    ratio = of(view.exposure)
    if ratio is None:
        return unjudged(code, "equity" if view.exposure.equity_cny is None else "cost")
    if ratio <= limit:
        return None
    return refused(code, f"there would be {percent(ratio)} % {what}, the limit is "
                   f"{percent(limit)} %; buy less", is_pct=percent(ratio),
                   limit_pct=percent(limit), symbol=request.symbol, **more)
