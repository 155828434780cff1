"""Seeded mutants of the order core: how many of them do the tests notice?

    python .ci/mutants.py [--count 300] [--seed 1] [--only NAME] [--again]

Mutations are made by cosmic-ray (MIT), which lives in a virtual environment of its own under
build/, so that it is no dependency of the program. Each mutant runs in a copy of the tree: first
against the tests of its module, then, if it lives, against the whole order core's. A survivor
must stand in .ci/survivors.json with the reason why it may live; results are kept, so that an
interrupted run goes on where it was.

Left out because they change nothing: `|` in annotations, `is` against `==` on enums and None,
and whatever stands in a logging call or a docstring.
"""

import argparse
import ast
import difflib
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tomllib
import venv
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "mutants"
SURVIVORS = ROOT / ".ci" / "survivors.json"
TARGETS = ("trading/oms.py", "trading/order_fsm.py", "trading/ledger.py", "trading/risk.py",
           "trading/risk_checks.py", "trading/access_checks.py", "trading/conduct_checks.py",
           "trading/limit_checks.py", "trading/market_checks.py", "trading/kill_switch.py")
COPIED = ("core", "config", "utils", "data", "strategies", "models", "trading", "ui", "tests",
          "main.py", "pyproject.toml", "docs", "README.md", ".ci")
WIDER = ("tests/unit/trading", "tests/contract", "tests/recovery", "tests/golden",
         "tests/integration", "tests/unit/data/test_order_store.py")
EQUAL = ("VariableInserter", "VariableReplacer", "BitOr", "Is_Eq", "Eq_Is", "IsNot_NotEq",
         "NotEq_IsNot", "Is_GtE", "Is_LtE")
WORKERS = 2
LONGEST_S = 420

Mutant = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="targets whose name contains this")
    parser.add_argument("--again", action="store_true", help="forget earlier results")
    parser.add_argument("--list", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.list:
        print(json.dumps(all_mutants(targets(asked.only))))
        return 0
    BUILD.mkdir(parents=True, exist_ok=True)
    found = made(asked.only)
    mutants = random.Random(asked.seed).sample(found, min(asked.count, len(found)))
    print(f"{len(mutants)} of {len(found)} mutants, seed {asked.seed}", flush=True)
    results = tried(mutants, again=asked.again)
    return told(mutants, results)


def targets(only: str) -> list[str]:
    more = sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("trading/risk_*.py"))
    return [name for name in dict.fromkeys((*TARGETS, *more)) if only in name]


# ---- making them (runs under the other environment) ----------------------------------------


def all_mutants(names: list[str]) -> list[Mutant]:
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    found = []
    for name in names:
        code = (ROOT / name).read_text("utf-8")
        dull = dull_lines(code)
        for operator in sorted(operator_names()):
            if any(part in operator for part in EQUAL):
                continue
            seen = set()
            for occurrence in range(400):
                after = mutate_code(code, get_operator(operator)(), occurrence)
                if after is None or after == code or after in seen:
                    break
                seen.add(after)
                line, diff = changed(code, after)
                if line not in dull and compiles(after):
                    found.append({"name": name, "operator": operator, "line": line,
                                  "diff": diff, "code": after, "id": fingerprint(name, diff)})
    return list({each["id"]: each for each in found}.values())


def compiles(code: str) -> bool:
    """A mutant that cannot even be read would prove nothing by dying."""
    try:
        compile(code, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def dull_lines(code: str) -> set[int]:
    """Lines of docstrings, annotations alone, logging and imports."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(code)):
        text = ast.unparse(node) if isinstance(node, ast.Expr) else ""
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or text.startswith("log.") or isinstance(node, ast.Import | ast.ImportFrom):
            found |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def changed(before: str, after: str) -> tuple[int, str]:
    """The first line that differs, and the lines as `- old` and `+ new`."""
    old, new = before.splitlines(), after.splitlines()
    line = next((at for at, pair in enumerate(zip(old, new, strict=False), start=1)
                 if pair[0] != pair[1]), min(len(old), len(new)))
    diff = [text for text in difflib.unified_diff(old, new, n=0, lineterm="")
            if text[:1] in "+-" and text[:3] not in ("+++", "---")]
    return line, "\n".join(diff)


def fingerprint(name: str, diff: str) -> str:
    return hashlib.sha256(f"{name}\n{diff}".encode()).hexdigest()[:12]


def made(only: str) -> list[Mutant]:
    home = ROOT / "build" / "mutation-env"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        with (ROOT / "pyproject.toml").open("rb") as file:
            wanted = tomllib.load(file)["project"]["optional-dependencies"]["mutation"]
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    listed = subprocess.run([python, __file__, "--list", "--only", only], check=True,
                            capture_output=True, text=True).stdout
    found: list[Mutant] = json.loads(listed)
    return found


# ---- trying them ---------------------------------------------------------------------------


def tried(mutants: list[Mutant], *, again: bool) -> dict[str, str]:
    """Id -> killed or survived. Kept per state of code and tests."""
    kept = BUILD / f"results-{tests_hash()}.json"
    results: dict[str, str] = {}
    if kept.exists() and not again:
        results = json.loads(kept.read_text("utf-8"))
    copies: SimpleQueue[Path] = SimpleQueue()
    for number in range(WORKERS):
        copies.put(a_copy(number))

    def one(mutant: Mutant) -> None:
        if mutant["id"] in results:
            return
        copy = copies.get()
        try:
            results[mutant["id"]] = fate(mutant, copy)
        finally:
            copies.put(copy)
        print(f"{len(results):4} {results[mutant['id']]:9} {mutant['name']}:{mutant['line']} "
              f"{mutant['operator'].removeprefix('core/')}", flush=True)
        kept.write_text(json.dumps(results), "utf-8")

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(one, mutants))
    return results


def tests_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted([*ROOT.glob("tests/**/*.py"), *ROOT.glob("trading/**/*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def a_copy(number: int) -> Path:
    """A tree to break."""
    copy = BUILD / f"tree-{number}"
    shutil.rmtree(copy, ignore_errors=True)
    for part in COPIED:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            copy.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy / part)
    return copy


def fate(mutant: Mutant, copy: Path) -> str:
    file = copy / mutant["name"]
    before = file.read_text("utf-8")
    file.write_text(mutant["code"], "utf-8")
    try:
        own = f"tests/unit/{Path(mutant['name']).parent}/test_{Path(mutant['name']).name}"
        for tests in ((own,), WIDER):
            present = [test for test in tests if (copy / test).exists()]
            if present and not passes(present, copy):
                return "killed"
        return "survived"
    finally:
        file.write_text(before, "utf-8")


def passes(tests: list[str], copy: Path) -> bool:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONDONTWRITEBYTECODE": "1",
                   "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not proof and not shared",
               "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
    try:
        return subprocess.run(command, cwd=copy, env=environment, capture_output=True,
                              check=False, timeout=LONGEST_S).returncode == 0
    except subprocess.TimeoutExpired:
        return False                       # a mutant that hangs is noticed


def told(mutants: list[Mutant], results: dict[str, str]) -> int:
    reasons: dict[str, str] = (
        json.loads(SURVIVORS.read_text("utf-8")) if SURVIVORS.exists() else {})
    counts = Counter(results[mutant["id"]] for mutant in mutants)
    unexplained = 0
    for mutant in mutants:
        if results[mutant["id"]] == "survived":
            reason = reasons.get(mutant["id"], "")
            unexplained += not reason
            print(f"\n{mutant['id']} {mutant['name']}:{mutant['line']} {mutant['operator']}\n"
                  f"{mutant['diff']}\n  {reason or 'NO REASON GIVEN'}")
    print(f"{len(mutants)} mutants: {counts['killed']} killed, {counts['survived']} survived, "
          f"{unexplained} of them without a reason")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
