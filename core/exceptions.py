"""Every error this program raises on purpose, as one tree."""


class TradingError(Exception):
    """Says what went wrong, why, and what the reader can do about it.

    TradingError
    ├── ConfigError      a setting is wrong; the user can fix it
    ├── DataError        a source, a file or a stored row cannot be trusted
    ├── OrderError       an order cannot take the asked step
    ├── RiskError        a limit refused it
    └── SecurityError    a right, a key or the audit chain is missing or broken

    The program's own bugs are not TradingErrors: they reach the log with a traceback.
    """

    def __init__(self, what: str, *, why: str, remedy: str) -> None:
        super().__init__(f"{what}: {why}. {remedy}")
        self.what, self.why, self.remedy = what, why, remedy


class ConfigError(TradingError): ...


class DataError(TradingError): ...


class OrderError(TradingError): ...


class RiskError(TradingError): ...


class SecurityError(TradingError): ...
