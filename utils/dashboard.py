"""The desk as JSON for `/api/v1/dashboard`, and the page that shows it."""

import threading
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from core.events import QuoteEvent
from core.types import DeskSnapshot, Fill, Order, Origin, Position, Quote

MOST_ROWS = 200                    # the newest; a screen shows no more


class NewestQuotes:
    """The newest quote of each instrument, for a page that asks now and then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._quotes: dict[str, Quote] = {}

    def take(self, event: QuoteEvent) -> None:
        """Subscribe this to the bus."""
        with self._lock:
            self._quotes.update((quote.symbol, quote) for quote in event.quotes)

    def quotes(self) -> tuple[Quote, ...]:
        """By symbol."""
        with self._lock:
            return tuple(self._quotes[symbol] for symbol in sorted(self._quotes))


def dashboard(
    snapshot: DeskSnapshot,
    *,
    now_utc: datetime,
    mode: str,
    origin: Origin,
    quotes: Sequence[Quote] = (),
    equity_cny: Decimal | None = None,
    process: dict[str, float] | None = None,
) -> dict[str, object]:
    """Everything the page shows. Money is text in CNY, unknown is null, times are ISO 8601.

    The account's number is left out: the page may be on a shared screen.
    """
    account = snapshot.account
    return {
        "now": now_utc.isoformat(),
        "mode": mode,
        "origin": origin.value,
        "trading_day": account.trading_day.isoformat(),
        "kill_level": snapshot.kill_level.name,
        "journal_seq": snapshot.journal_seq,
        "account": {
            "cash_cny": _cny(account.cash_cny),
            "available_cny": _cny(account.available_cny),
            "reserved_cny": _cny(account.reserved_cny),
            "withdrawable_cny": _cny(account.withdrawable_cny),
            "equity_cny": _cny(equity_cny),
        },
        "positions": [_position(p) for p in snapshot.positions if p.held_shares][:MOST_ROWS],
        "orders": [_order(order) for order in reversed(snapshot.orders[-MOST_ROWS:])],
        "fills": [_fill(fill) for fill in reversed(snapshot.fills[-MOST_ROWS:])],
        "quotes": [_quote(quote) for quote in quotes[:MOST_ROWS]],
        "process": process or {},
    }


def _cny(value_cny: Decimal | None) -> str | None:
    return None if value_cny is None else str(value_cny)


def _position(position: Position) -> dict[str, object]:
    return {
        "symbol": position.symbol,
        "held_shares": position.held_shares,
        "sellable_shares": position.sellable_shares,
        "cost_cny": _cny(position.cost_cny),
        "realised_cny": _cny(position.realised_cny),
    }


def _order(order: Order) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "symbol": order.request.symbol,
        "side": order.request.side.value,
        "shares": order.request.shares,
        "limit_cny": _cny(order.request.limit_cny),
        "status": order.status.value,
        "filled_shares": order.filled_shares,
        "refused": [refusal.code for refusal in order.refusals],
    }


def _fill(fill: Fill) -> dict[str, object]:
    return {
        "order_id": fill.order_id,
        "symbol": fill.symbol,
        "side": fill.side.value,
        "shares": fill.shares,
        "price_cny": _cny(fill.price_cny),
        "fees_cny": _cny(fill.fees.total_cny),
        "ts": fill.ts_utc.isoformat(),
    }


def _quote(quote: Quote) -> dict[str, object]:
    return {
        "symbol": quote.symbol,
        "last_cny": _cny(quote.last_cny),
        "prev_close_cny": _cny(quote.prev_close_cny),
        "volume_shares": quote.volume_shares,
        "ts": quote.ts_utc.isoformat(),
    }


PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Trading Graph</title>
<meta name="viewport" content="width=device-width">
<style>
 body{background:#14181f;color:#d7dce4;font:14px/1.5 system-ui,sans-serif;margin:1.5rem}
 h1{font-size:1.2rem;margin:0}h2{font-size:1rem;margin:1.2rem 0 .3rem;color:#8fa3bf}
 table{border-collapse:collapse}th,td{padding:.15rem .8rem .15rem 0;text-align:right}
 th{color:#8fa3bf;font-weight:500}th:first-child,td:first-child{text-align:left}
 .label{color:#e0b050}.bad{color:#ff6b6b}
</style>
<h1>Trading Graph <span id="head" class="label"></span></h1>
<p id="state">Loading</p><main id="body"></main>
<script>
"use strict";
const REFRESH_MS = 2000, token = location.hash.slice(1);
const text = value => value === null ? "\\u2014" : Array.isArray(value) ? value.join(", ")
  : String(value);
function table(title, rows) {
  const part = document.createElement("section"), head = document.createElement("h2");
  head.textContent = title + " (" + rows.length + ")"; part.append(head);
  if (!rows.length) return part;
  const grid = document.createElement("table"), names = Object.keys(rows[0]);
  const line = (cells, kind) => { const row = grid.insertRow();
    for (const cell of cells) { const box = document.createElement(kind);
      box.textContent = cell; row.append(box); } };
  line(names, "th");
  for (const row of rows) line(names.map(name => text(row[name])), "td");
  part.append(grid); return part;
}
async function refresh() {
  const state = document.getElementById("state");
  try {
    const reply = await fetch("/api/v1/dashboard", {headers: {Authorization: "Bearer " + token}});
    if (reply.status === 401) throw new Error(
      "open the address that the program printed at its start, with the token behind #");
    if (!reply.ok) throw new Error("the program answered " + reply.status);
    const desk = await reply.json();
    document.getElementById("head").textContent = desk.mode + ", data: " + desk.origin;
    state.textContent = "Market time " + desk.now + ", trading day " + desk.trading_day
      + ", kill switch " + desk.kill_level + ", journal " + desk.journal_seq;
    state.className = "";
    document.getElementById("body").replaceChildren(
      table("Account", [desk.account]), table("Positions", desk.positions),
      table("Orders", desk.orders), table("Fills", desk.fills), table("Quotes", desk.quotes),
      table("Process", [desk.process]));
  } catch (error) { state.textContent = "No data: " + error.message; state.className = "bad"; }
  setTimeout(refresh, REFRESH_MS);
}
refresh();
</script></html>
"""
