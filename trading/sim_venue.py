"""Delays and rejections of the simulated exchange, from a seed: the same order fares the same."""

import random
from datetime import date, timedelta

from trading.matching import FillPolicy

_PARTS = 1_000_000          # the grain of a ratio


class Venue:
    """How a request fares on its way. With the default policy: at once, and never rejected."""

    def __init__(self, policy: FillPolicy) -> None:
        low, high = policy.latency_ms
        if not 0 <= low <= high:
            raise ValueError(f"latency_ms must rise from 0, was {policy.latency_ms}")
        if not 0 <= policy.reject_ratio <= 1:
            raise ValueError(f"reject_ratio must be from 0 to 1, was {policy.reject_ratio}")
        self._latency_ms, self._seed = policy.latency_ms, policy.seed
        self._rejects = int(policy.reject_ratio * _PARTS)

    def delay(self, day: date, order_id: int, what: str) -> timedelta:
        """How long the order's request (`what`: "place", "cancel") takes to the exchange."""
        low, high = self._latency_ms
        if not high:
            return timedelta(0)
        return timedelta(milliseconds=self._draw(day, order_id, what).randint(low, high))

    def rejects(self, day: date, order_id: int) -> bool:
        return self._rejects > 0 and (
            self._draw(day, order_id, "reject").randrange(_PARTS) < self._rejects)

    def _draw(self, day: date, order_id: int, what: str) -> random.Random:
        return random.Random(f"{self._seed}/{day}/{order_id}/{what}")
