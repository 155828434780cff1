"""What a start costs: settings, `--version`, `--health`, the window's first frame, a picture.

    python benchmarks/start.py [--repeat 7]

Every run is a fresh process. The first start of a home makes things that later ones find, so it
has its own row. Wall time, CPU time and peak memory; the picture includes writing the file.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOAD = ("from pathlib import Path; from config.settings import load_settings; "
        "load_settings(Path('/nonexistent'), {}, %s)")
# The desktop as `python main.py` opens it, ended by its first painted frame.
FIRST_FRAME = """
import sys, main
from pathlib import Path
from PyQt6.QtWidgets import QApplication
import ui.app
run = ui.app.run_desktop
def until_painted(*given, workers, **named):
    return run(*given, workers=(), on_ready=QApplication.quit, **named)
ui.app.run_desktop = until_painted
main.main(["--home", sys.argv[1]])
heavy = {"torch", "pandas", "akshare", "scipy", "talib", "numba", "pyqtgraph"} & set(sys.modules)
sys.exit(f"loaded before the first frame: {heavy}" if heavy else 0)
"""
Sample = tuple[float, float, float]        # wall s, CPU s, peak MB


def one_run(arguments: Sequence[str]) -> Sample:
    """Run a process to its end and see what it cost."""
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)       # an installed program has its bytecode
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environ,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{said.decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def row(name: str, samples: Sequence[Sample]) -> str:
    walls, cpus, peaks = zip(*samples, strict=True)
    return (f"{name:<34} {statistics.median(walls):7.3f}  {min(walls):.3f}-{max(walls):.3f}  "
            f"{statistics.median(cpus):7.3f}  {max(peaks):7.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What a start costs")
    parser.add_argument("--repeat", type=int, default=7)
    repeat = parser.parse_args().repeat
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"{repeat} runs, load {os.getloadavg()[0]:.1f}")
    print(f"{'':<34} {'wall s':>7}  {'spread':<11}  {'CPU s':>7}  {'peak MB':>7}")
    print(row("python -c pass", [one_run(["-c", "pass"]) for _ in range(repeat)]))
    for name, overrides in (("settings, all defaults", "{}"),
                            ("settings, one changed", "{'ui.theme': 'light'}")):
        print(row(name, [one_run(["-c", LOAD % overrides]) for _ in range(repeat)]))
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "--version": ["main.py", "--version"],
            "--health": ["main.py", "--home", f"{folder}/home", "--health", "--json"],
            "first painted frame": ["-c", FIRST_FRAME, f"{folder}/home"],
            "--screenshot 1366x768": ["main.py", "--home", f"{folder}/home", "--screenshot",
                                      f"{folder}/desk.png", "--size", "1366x768"],
        }
        for name, arguments in commands.items():
            print(row(f"{name}, first", [one_run(arguments)]))
            print(row(name, [one_run(arguments) for _ in range(repeat)]))


if __name__ == "__main__":
    main()
