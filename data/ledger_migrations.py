"""The steps of ledger.db, each applied once and whole. A step is never edited, only followed."""

MIGRATIONS = (
    """
    CREATE TABLE journal (
        seq          INTEGER PRIMARY KEY CHECK (seq > 0),
        trading_day  TEXT NOT NULL,
        ts_utc       TEXT NOT NULL,
        kind         TEXT NOT NULL,
        payload      TEXT NOT NULL,
        prev_hash    TEXT NOT NULL CHECK (length(prev_hash) = 64),
        hash         TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)) STRICT;
    CREATE TRIGGER journal_keeps BEFORE UPDATE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER journal_stays BEFORE DELETE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TABLE orders (
        order_id        INTEGER PRIMARY KEY,
        symbol          TEXT NOT NULL,
        side            TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
        shares          INTEGER NOT NULL CHECK (shares > 0),
        limit_e4        INTEGER CHECK (limit_e4 > 0),
        limit_text      TEXT,
        type            TEXT NOT NULL,
        created_utc     TEXT NOT NULL,
        tag             TEXT NOT NULL,
        key             TEXT NOT NULL,
        source          TEXT NOT NULL,
        trading_day     TEXT NOT NULL,
        status          TEXT NOT NULL,
        broker_id       TEXT NOT NULL,
        filled_shares   INTEGER NOT NULL CHECK (filled_shares BETWEEN 0 AND shares),
        amount_e4       INTEGER NOT NULL,
        commission_e4   INTEGER NOT NULL,
        stamp_duty_e4   INTEGER NOT NULL,
        transfer_fee_e4 INTEGER NOT NULL,
        handling_e4     INTEGER NOT NULL,
        regulatory_e4   INTEGER NOT NULL,
        refusals        TEXT NOT NULL,
        updated_utc     TEXT) STRICT;
    CREATE INDEX orders_by_day ON orders (trading_day);
    CREATE UNIQUE INDEX orders_by_key ON orders (key) WHERE key <> '' AND status <> 'DENIED';
    CREATE TABLE fills (
        fill_no         INTEGER PRIMARY KEY,
        trading_day     TEXT NOT NULL,
        broker          TEXT NOT NULL,
        trade_id        TEXT NOT NULL,
        order_id        INTEGER NOT NULL REFERENCES orders (order_id),
        symbol          TEXT NOT NULL,
        side            TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
        shares          INTEGER NOT NULL CHECK (shares > 0),
        price_e4        INTEGER NOT NULL CHECK (price_e4 > 0),
        ts_utc          TEXT NOT NULL,
        commission_e4   INTEGER NOT NULL,
        stamp_duty_e4   INTEGER NOT NULL,
        transfer_fee_e4 INTEGER NOT NULL,
        handling_e4     INTEGER NOT NULL,
        regulatory_e4   INTEGER NOT NULL,
        tag             TEXT NOT NULL,
        UNIQUE (trading_day, broker, trade_id, order_id)) STRICT;
    CREATE TABLE positions (
        symbol              TEXT PRIMARY KEY,
        held_shares         INTEGER NOT NULL CHECK (held_shares >= 0),
        bought_today_shares INTEGER NOT NULL CHECK (bought_today_shares >= 0),
        on_sale_shares      INTEGER NOT NULL CHECK (on_sale_shares >= 0),
        cost_e4             INTEGER NOT NULL,
        realised_e4         INTEGER NOT NULL,
        t0                  INTEGER NOT NULL CHECK (t0 IN (0, 1))) STRICT;
    CREATE TABLE account (
        row_no          INTEGER PRIMARY KEY CHECK (row_no = 1),
        account_id      TEXT NOT NULL,
        cash_e4         INTEGER NOT NULL,
        reserved_e4     INTEGER NOT NULL CHECK (reserved_e4 >= 0),
        withdrawable_e4 INTEGER NOT NULL,
        initial_e4      INTEGER NOT NULL,
        trading_day     TEXT NOT NULL) STRICT;
    CREATE TABLE risk_state (
        row_no          INTEGER PRIMARY KEY CHECK (row_no = 1),
        kill_level      INTEGER NOT NULL CHECK (kill_level BETWEEN 0 AND 4)) STRICT;
    INSERT INTO risk_state VALUES (1, 0);
    """,
    """
    ALTER TABLE orders ADD COLUMN plan_id INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE orders ADD COLUMN override TEXT NOT NULL DEFAULT '';
    CREATE TABLE desk_state (
        kind            TEXT NOT NULL,
        key             TEXT NOT NULL,
        value           TEXT NOT NULL,
        PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID;
    """,
    # Several accounts, lots and what is receivable. What older rows did not hold is made afresh
    # from the journal: `outdated` until then.
    """
    CREATE TABLE accounts (
        account_id      TEXT PRIMARY KEY,
        cash_e4         INTEGER NOT NULL,
        reserved_e4     INTEGER NOT NULL CHECK (reserved_e4 >= 0),
        withdrawable_e4 INTEGER NOT NULL,
        initial_e4      INTEGER NOT NULL,
        trading_day     TEXT NOT NULL,
        origin          TEXT,
        proceeds_e4     INTEGER NOT NULL,
        receivables     TEXT NOT NULL,
        rights          TEXT NOT NULL,
        left_utc        TEXT) STRICT;
    INSERT INTO accounts SELECT account_id, cash_e4, reserved_e4, withdrawable_e4, initial_e4,
        trading_day, CASE WHEN account_id IN ('generated', 'imported', 'online')
        THEN account_id END, 0, '[]', '[]', NULL FROM account;
    CREATE TABLE desk (
        row_no          INTEGER PRIMARY KEY CHECK (row_no = 1),
        active          TEXT REFERENCES accounts (account_id) DEFERRABLE INITIALLY DEFERRED,
        last_order_id   INTEGER NOT NULL,
        outdated        INTEGER NOT NULL CHECK (outdated IN (0, 1))) STRICT;
    INSERT INTO desk VALUES (1, (SELECT account_id FROM account), 0,
        (SELECT count(*) > 0 FROM account));
    DROP TABLE account;
    ALTER TABLE orders ADD COLUMN account_id TEXT NOT NULL DEFAULT '';
    ALTER TABLE orders ADD COLUMN reserved_e4 INTEGER NOT NULL DEFAULT 0 CHECK (reserved_e4 >= 0);
    UPDATE orders SET account_id = (SELECT active FROM desk);
    DROP INDEX orders_by_key;
    CREATE UNIQUE INDEX orders_by_key ON orders (account_id, key)
        WHERE key <> '' AND status <> 'DENIED';
    CREATE TABLE fills_by_account (
        fill_no         INTEGER PRIMARY KEY,
        account_id      TEXT NOT NULL,
        trading_day     TEXT NOT NULL,
        broker          TEXT NOT NULL,
        trade_id        TEXT NOT NULL,
        order_id        INTEGER NOT NULL REFERENCES orders (order_id),
        symbol          TEXT NOT NULL,
        side            TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
        shares          INTEGER NOT NULL CHECK (shares > 0),
        price_e4        INTEGER NOT NULL CHECK (price_e4 > 0),
        ts_utc          TEXT NOT NULL,
        commission_e4   INTEGER NOT NULL,
        stamp_duty_e4   INTEGER NOT NULL,
        transfer_fee_e4 INTEGER NOT NULL,
        handling_e4     INTEGER NOT NULL,
        regulatory_e4   INTEGER NOT NULL,
        tag             TEXT NOT NULL) STRICT;
    INSERT INTO fills_by_account SELECT fill_no, (SELECT active FROM desk), trading_day, broker,
        trade_id, order_id, symbol, side, shares, price_e4, ts_utc, commission_e4, stamp_duty_e4,
        transfer_fee_e4, handling_e4, regulatory_e4, tag FROM fills;
    DROP TABLE fills;
    ALTER TABLE fills_by_account RENAME TO fills;
    CREATE UNIQUE INDEX fills_once ON fills (account_id, trading_day, broker, trade_id, order_id);
    CREATE TABLE positions_by_account (
        account_id          TEXT NOT NULL,
        symbol              TEXT NOT NULL,
        held_shares         INTEGER NOT NULL CHECK (held_shares >= 0),
        bought_today_shares INTEGER NOT NULL CHECK (bought_today_shares >= 0),
        on_sale_shares      INTEGER NOT NULL CHECK (on_sale_shares >= 0),
        cost_e4             INTEGER NOT NULL,
        realised_e4         INTEGER NOT NULL,
        t0                  INTEGER NOT NULL CHECK (t0 IN (0, 1)),
        realised_open_e4    INTEGER NOT NULL,
        fees_e4             INTEGER NOT NULL,
        dividend_e4         INTEGER NOT NULL,
        dividend_tax_e4     INTEGER NOT NULL,
        lots                TEXT NOT NULL,
        dividends           TEXT NOT NULL,
        PRIMARY KEY (account_id, symbol)) STRICT, WITHOUT ROWID;
    INSERT INTO positions_by_account SELECT (SELECT active FROM desk), symbol, held_shares,
        bought_today_shares, on_sale_shares, cost_e4, realised_e4, t0, 0, 0, 0, 0, '[]', '[]'
        FROM positions;
    DROP TABLE positions;
    ALTER TABLE positions_by_account RENAME TO positions;
    """,
    # Signatures; checkpoints; the hash chain makes hashes unique without an index.
    """
    DROP TRIGGER journal_keeps;
    DROP TRIGGER journal_stays;
    ALTER TABLE journal RENAME TO journal_before;
    CREATE TABLE journal (
        seq          INTEGER PRIMARY KEY CHECK (seq > 0),
        trading_day  TEXT NOT NULL,
        ts_utc       TEXT NOT NULL,
        kind         TEXT NOT NULL,
        payload      TEXT NOT NULL,
        prev_hash    TEXT NOT NULL CHECK (length(prev_hash) = 64),
        hash         TEXT NOT NULL CHECK (length(hash) = 64),
        signature    TEXT NOT NULL DEFAULT '') STRICT;
    INSERT INTO journal SELECT *, '' FROM journal_before;
    DROP TABLE journal_before;
    CREATE TRIGGER journal_keeps BEFORE UPDATE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER journal_stays BEFORE DELETE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TABLE checkpoint (
        seq          INTEGER PRIMARY KEY CHECK (seq > 0),
        digest       TEXT NOT NULL CHECK (length(digest) = 64),
        content      BLOB NOT NULL) STRICT;
    """,
    # Nothing asks for the orders of a day often enough to pay for an index at every order.
    "DROP INDEX orders_by_day",
)
