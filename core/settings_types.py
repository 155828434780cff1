"""What the user may set, as frozen values. `config/` parses text into them; the defaults live here.

The file speaks in per cent where a person would; in here a share is a ratio (`_ratio`).
The key, bounds, unit and help of each field are the table in config/keys.py.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from core.types import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    max_history_days: int = 500              # how much daily history a chart loads
    truth_preserving_cleaning: bool = True   # the importer refuses a bad row, never repairs it
    calendar_file: Path | None = None        # sessions beyond the built-in calendar
    actions_file: Path | None = None         # announced corporate actions; they win over derived


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSettings:
    """The generated market: the same seed gives the same market, bit for bit."""

    seed: int = 20260101
    symbols: int = 320
    sessions: int = 1250
    speed: Decimal = Decimal("5")            # simulated seconds per wall second at start


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSettings:
    """Limits of the house. A ratio is of the account's equity unless it says otherwise."""

    quote_max_age_s: int = 60                # market time; an older price is not a fresh one
    max_position_ratio: Decimal = Decimal("0.20")
    max_sector_ratio: Decimal = Decimal("0.40")
    max_gross_ratio: Decimal = Decimal("1")
    max_names: int = 50                      # instruments held or being bought
    daily_loss_limit_cny: Decimal = Decimal("5000.00")
    max_drawdown_ratio: Decimal = Decimal("0.15")     # from the high-water mark
    var_confidence: Decimal = Decimal("0.95")         # of the value at risk of one day
    var_limit_ratio: Decimal = Decimal("0.05")
    max_order_notional_cny: Decimal = Decimal("1000000.00")
    max_volume_ratio: Decimal = Decimal("0.05")       # of the mean volume of 20 sessions
    max_price_deviation_ratio: Decimal = Decimal("0.02")  # of the newest price
    orders_per_second: int = 5
    orders_per_minute: int = 60
    orders_per_day: int = 2_000
    max_cancel_ratio: Decimal = Decimal("0.50")       # cancels of a day per order of it
    quick_cancels: int = 10                  # a day; a cancel within a second of its order
    loss_streak: int = 5                     # losing sales in a row that pause a strategy
    large_trades_cny: Decimal = Decimal("5000000.00")     # of one symbol within five minutes
    permissions: str = "STAR CHINEXT BSE ST"
    restricted_file: Path | None = None      # symbols that are not to be traded, one a line


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingSettings:
    mode: Mode = Mode.SIMULATION
    commission_ratio: Decimal = Decimal("0.0003")
    commission_min_cny: Decimal = Decimal("5.00")     # per order
    fees_all_in: bool = True                 # handling and regulatory fees are in the commission
    lot_size_shares: int = 100               # sizing multiple; can only enlarge the exchange's
    initial_cash_cny: Decimal = Decimal("1000000.00")
    volume_share_ratio: Decimal = Decimal("0.25")     # of a bar's volume the simulator may take
    send_deadline_s: int = 5                 # an order that waited longer is not sent any more
    ack_timeout_s: int = 10                  # without acknowledgement an order's fate is unknown
    dividend_tax: str = "desk"               # desk: not in backtests; always; never


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakersSettings:
    """Thresholds of circuit breakers that are no limits of single orders."""

    rapid_loss_ratio: Decimal = Decimal("0.02")       # of the account, within five minutes
    rejects: int = 5                         # of the broker, within a minute
    errors: int = 10                         # missing or unbookable answers, within a minute
    stale_data_s: int = 120                  # market time without a price of what is held
    clock_skew_s: Decimal = Decimal("2")
    market_halt_ratio: Decimal = Decimal("0.20")      # of the quoted instruments
    free_disk_mib: int = 512                 # the least room beside the ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoSettings:
    """The auto-trader. What a person chose at the desk later wins over `mode`."""

    mode: str = "manual"                     # manual, semi, auto
    approval_s: int = 120                    # in semi, a proposal waits so long
    budget_cny: Decimal = Decimal("100000.00")        # in the market at once, for each strategy
    model_budget_cny: Decimal = Decimal("100000.00")  # the same for each model
    position_cny: Decimal = Decimal("20000.00")       # of one purchase
    cooldown_min: int = 60                   # after an order, for the same source and symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """The broker of live trading. Passwords stand in the gateway's own file, never here."""

    kind: str = "none"                       # none, qmt, vnpy
    account: str = field(default="", repr=False)
    qmt_userdata: str = ""                   # the terminal's folder userdata_mini, on Windows
    vnpy_gateway: str = ""                   # its class: vnpy_xtp.XtpGateway
    vnpy_settings_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchdogSettings:
    """The process that acts when the window or the trading thread hangs."""

    silence_s: int = 15
    level: int = 3                           # the kill level it asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class UiSettings:
    language: str = "auto"                   # auto, zh, en
    theme: str = "dark"                      # dark, light
    red_up: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    enabled: bool = True
    port: int = 9090
    token: str = field(default="", repr=False)        # empty: /api/v1/dashboard stays closed


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSettings:
    level: str = "INFO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set, as it is in force now."""

    data: DataSettings = DataSettings()
    market: MarketSettings = MarketSettings()
    risk: RiskSettings = RiskSettings()
    trading: TradingSettings = TradingSettings()
    breakers: BreakersSettings = BreakersSettings()
    auto: AutoSettings = AutoSettings()
    broker: BrokerSettings = BrokerSettings()
    watchdog: WatchdogSettings = WatchdogSettings()
    ui: UiSettings = UiSettings()
    http: HttpSettings = HttpSettings()
    logging: LoggingSettings = LoggingSettings()
