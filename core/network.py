"""What kind of line the machine has, decided from probe results that are handed in.

Nothing is probed here. The answer is honest: where the probes cannot tell, it is UNKNOWN, and
a line on which nothing answers is OFFLINE, not a VPN.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class NetworkEnv(Enum):
    DIRECT = "direct"      # the domestic sources answer, sites blocked in China do not
    VPN = "vpn"            # blocked sites answer: a VPN, or a line outside mainland China
    OFFLINE = "offline"    # everything was asked and nothing answered
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Probe:
    """One attempt to reach a host."""

    host: str
    domestic: bool             # True: a quote source in China; False: a site blocked there
    reached: bool | None       # None: not tried, or no answer yet


def get_network_env(probes: Iterable[Probe]) -> NetworkEnv:
    """The kind of line. One host that answers proves its side; silence needs every host."""
    known = tuple(probes)
    domestic = _side(p.reached for p in known if p.domestic)
    foreign = _side(p.reached for p in known if not p.domestic)
    return _DECISION.get((domestic, foreign), NetworkEnv.UNKNOWN)


# (domestic, foreign): True answers, False all silent. A pair with None, not known, is UNKNOWN.
_DECISION: dict[tuple[bool | None, bool | None], NetworkEnv] = {
    (True, False): NetworkEnv.DIRECT,
    (True, True): NetworkEnv.VPN,
    (False, True): NetworkEnv.VPN,
    (False, False): NetworkEnv.OFFLINE,
}


def _side(outcomes: Iterable[bool | None]) -> bool | None:
    asked = tuple(outcomes)
    if any(asked):
        return True
    return False if asked and None not in asked else None
