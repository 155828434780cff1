"""The long proofs, one process each, resumable, with how long each takes.

    python .ci/proof.py [--again] [NAME ...]

A proof that passed is skipped until a source file changes; `--again` runs it anyhow. At the end
stand the shares of unit, integration and end-to-end tests and the coverage of the quick suite.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DONE = ROOT / "build" / "proof.json"
CODE = ("core", "config", "utils", "data", "strategies", "models", "trading", "ui", "tests")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
# The test folders of each share; what is in neither list is an integration test.
UNIT, END_TO_END = ("unit", "golden", "support"), ("recovery", "proof", "oracle")


def code_hash() -> str:
    """A change of any source file makes earlier proofs void."""
    digest = hashlib.sha256()
    files = [ROOT / "main.py", *(path for part in CODE for path in (ROOT / part).rglob("*.py"))]
    for path in sorted(path for path in files if path.exists()):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def collected(marker: str) -> list[str]:
    """Test functions by node id, parameters folded together."""
    listing = subprocess.run([*PYTEST, "--collect-only", "-m", marker], cwd=ROOT, text=True,
                             capture_output=True, check=False).stdout
    ids = re.findall(r"^(tests/\S+::[^\[\n]+)", listing, re.MULTILINE)
    return list(dict.fromkeys(ids))


def read_done() -> dict[str, dict[str, object]]:
    try:
        found: dict[str, dict[str, object]] = json.loads(DONE.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def run_proof(test: str, earlier: dict[str, object], code: str, again: bool) -> bool:
    """True if it holds; keeps the result in `earlier`."""
    if earlier.get("code") == code and not again:
        print(f"holds      {test} ({earlier['seconds']} s, shown before)", flush=True)
        return True
    about = f"about {earlier['seconds']} s" if "seconds" in earlier else "duration not yet known"
    print(f"running    {test} ({about})", flush=True)
    start = time.monotonic()
    status = subprocess.run([*PYTEST, "-rs", "-m", "proof", test], cwd=ROOT, check=False).returncode
    seconds = round(time.monotonic() - start)
    print(f"{'HOLDS' if status == 0 else 'FAILED':<10} {test} ({seconds} s)", flush=True)
    earlier.clear()
    earlier.update({"seconds": seconds} | ({"code": code} if status == 0 else {}))
    return status == 0


def shares() -> str:
    """Unit, integration and end-to-end tests of the whole suite, in per cent (aim 70/25/5)."""
    folders = [test.split("/")[1] for test in collected("proof or not proof")]
    total = max(1, len(folders))
    unit = sum(folder in UNIT for folder in folders)
    far = sum(folder in END_TO_END for folder in folders)
    parts = (unit, len(folders) - unit - far, far)
    return "tests: " + ", ".join(
        f"{name} {count} ({100 * count / total:.0f} %)"
        for name, count in zip(("unit", "integration", "end to end"), parts, strict=True)
    )


def coverage() -> str:
    """Line and branch coverage of the quick suite; about as long as `make test`, twice."""
    where = ROOT / "build" / ".coverage"
    run = (sys.executable, "-m", "coverage", "run", f"--data-file={where}", "-m", "pytest", "-q",
           "-m", "not proof")
    status = subprocess.run(run, cwd=ROOT, check=False, capture_output=True).returncode
    report = subprocess.run(
        (sys.executable, "-m", "coverage", "report", f"--data-file={where}", "--format=total"),
        cwd=ROOT, check=False, capture_output=True, text=True).stdout.strip()
    return f"coverage of the quick suite: {report or 'not known'} %" + (
        "" if status == 0 else " (and the suite FAILED: see `make test`)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--again", action="store_true", help="run what has passed before, too")
    parser.add_argument("names", nargs="*", help="only proofs whose id contains one of these")
    asked = parser.parse_args()
    DONE.parent.mkdir(exist_ok=True)
    done, code = read_done(), code_hash()
    tests = [test for test in collected("proof")
             if not asked.names or any(name in test for name in asked.names)]
    failed = 0
    for test in tests:
        held = run_proof(test, done.setdefault(test, {}), code, asked.again)
        failed += not held
        DONE.write_text(json.dumps(done, indent=1), "utf-8")
    print(f"{len(tests) - failed} of {len(tests)} proofs hold")
    if not asked.names:
        print(shares())
        print(coverage())
    return 1 if failed else 0


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.exit(main())
