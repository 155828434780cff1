"""How fast bars are imported: python benchmarks/import_bars.py [FILE ...] [--rows N]

Without files it makes a canonical CSV and a Parquet file of N rows (default 1,200,000; give
10000000 to see that memory stays bounded). Prints rows a second through validation and storage,
the second import of the same file, and the peak memory of the process.
"""

import argparse
import platform
import resource
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as arrow_parquet

from benchmarks.storage import bars, code
from core.calendar import exchange_calendar
from core.clock import SystemClock
from data.database import MarketDatabase
from data.importer import import_bars

DAYS = 2_500


def made_files(folder: Path, rows: int) -> list[Path]:
    """The same seeded bars as Parquet and as CSV, written in pieces of 400 symbols."""
    schema = pa.schema([("symbol", pa.string()), ("ts", pa.date32()), *(
        (name, pa.float64()) for name in ("open", "high", "low", "close", "volume", "amount"))])
    paths = [folder / "made.parquet", folder / "made.csv"]
    symbols = max(1, rows // DAYS)
    with (arrow_parquet.ParquetWriter(paths[0], schema) as parquet,
          arrow_csv.CSVWriter(paths[1], schema) as text):
        for first in range(0, symbols, 400):
            table = bars(min(400, symbols - first), DAYS)
            names = [code(first + n) for n in range(len(table.symbols))]
            batch = pa.table([
                pa.array(names).take(pa.array([n for n in range(len(names)) for _ in range(DAYS)])),
                pa.array(table.ts_s.astype("datetime64[s]").astype("datetime64[D]")),
                *(pa.array(getattr(table, name)) for name in (
                    "open_cny", "high_cny", "low_cny", "close_cny", "volume_shares", "amount_cny")),
            ], schema=schema)
            parquet.write_table(batch)
            text.write_table(batch)
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rows", type=int, default=1_200_000)
    given = parser.parse_args()
    clock, calendar = SystemClock(), exchange_calendar()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        files = given.files or made_files(Path(folder), given.rows)
        for path in files:
            database = MarketDatabase(Path(folder) / f"{path.name}.db", clock, calendar)
            for what in ("first", "again"):
                report = import_bars(database, [path], clock=clock, calendar=calendar)
                print(f"{path.name:<24}{what:<7}{report.rows_read:>12,} rows "
                      f"{report.seconds:>8.2f} s "
                      f"{report.rows_read / report.seconds:>12,.0f} rows/s "
                      f"stored {report.rows_stored:,} known {report.rows_known:,} "
                      f"refused {dict(report.reasons)} doubts {dict(report.doubts)}")
            database.close()
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak_mib:,.0f} MiB (the files made here included)")


if __name__ == "__main__":
    main()
