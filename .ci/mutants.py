"""Seeded mutants of the order core: how many of them do the tests notice?

    python .ci/mutants.py [--count 300] [--seed 1] [--only NAME] [--again]

Mutations are made by cosmic-ray (MIT), which lives in a virtual environment of its own under
build/, so that it is no dependency of the program. Each mutant runs in a copy of the tree, in
which the tests pass: first against the tests of its module, then, if it lives, against those of
the order core. A survivor must stand in .ci/survivors.json with the reason why it may live.

Results are kept, so that an interrupted run goes on where it was: a killed mutant stays killed
until its file changes, a survivor is tried again whenever a test changes. `--again` forgets all.

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
import subprocess
import sys
import tomllib
import venv
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tests.support.broken_trees import copy_of_tree, passes, passes_with  # noqa: E402

BUILD = ROOT / "build" / "mutants"
SURVIVORS = ROOT / ".ci" / "survivors.json"
TARGETS = tuple(f"trading/{name}.py" for name in (
    "oms", "order_fsm", "fill_checks", "ledger", "book", "lots", "entitlements", "risk",
    "risk_checks", "access_checks", "conduct_checks", "limit_checks", "market_checks",
    "risk_figures", "risk_view", "checks", "exposure", "conduct", "last_look", "kill_switch"))
WIDER = tuple(f"tests/unit/trading/test_{name}.py" for name in (
    "oms", "session", "recovery", "reconciler", "cases", "ledger", "book", "bookkeeper",
    "checkpoints", "ex_dates", "entitlements", "lots", "risk", "risk_checks", "risk_figures",
    "compliance", "exposure", "conduct", "kill_switch", "last_look", "executor", "flatten",
    "broker", "order_index", "dividend_tax", "surroundings", "breakers", "plan_refusals"))
EQUAL = ("VariableInserter", "VariableReplacer", "BitOr", "Is_Eq", "Eq_Is", "IsNot_NotEq",
         "NotEq_IsNot", "Is_GtE", "Is_LtE")
SIGNATURE = " /, "                 # a bare `*` between parameters that became a slash
WORKERS = 2

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
        print(json.dumps(drawn(targets(asked.only), asked.count, asked.seed)))
        return 0
    BUILD.mkdir(parents=True, exist_ok=True)
    places, mutants = made(asked.only, asked.count, asked.seed)
    print(f"{len(mutants)} mutants of {places} places, seed {asked.seed}", flush=True)
    results = tried(mutants, again=asked.again)
    return told(mutants, results)


def targets(only: str) -> list[str]:
    return [name for name in TARGETS if only in name]


# ---- making them (runs under the other environment) ----------------------------------------


def drawn(names: list[str], count: int, seed: int) -> tuple[int, list[Mutant]]:
    """How many places there are, and so many mutants of places drawn from them."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    codes = {name: (ROOT / name).read_text("utf-8") for name in names}
    places = [place for name, code in codes.items() for place in places_of(name, code)]
    random.Random(seed).shuffle(places)
    found: dict[str, Mutant] = {}
    for name, operator, occurrence in places:
        if len(found) == count:
            break
        code = codes[name]
        after = mutate_code(code, get_operator(operator)(), occurrence)
        if after is None or after == code or not compiles(after):
            continue
        line, diff = changed(code, after)
        if SIGNATURE in diff:
            continue
        own = fingerprint(name, diff)
        found[own] = {"name": name, "operator": operator, "line": line, "diff": diff,
                      "code": after, "id": own, "key": fingerprint(name, after)}
    return len(places), list(found.values())


def places_of(name: str, code: str) -> list[tuple[str, str, int]]:
    """(file, operator, occurrence) of everything that can be mutated and may matter."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    nodes, dull, found = list(ast_nodes(get_ast(code))), dull_lines(code), []
    for operator in sorted(operator_names()):
        if any(part in operator for part in EQUAL):
            continue
        made = get_operator(operator)()
        lines = [start[0] for node in nodes for start, _ in made.mutation_positions(node)]
        found += [(name, operator, occurrence) for occurrence, line in enumerate(lines)
                  if line not in dull]
    return found


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


def made(only: str, count: int, seed: int) -> tuple[int, list[Mutant]]:
    home = ROOT / "build" / "mutation-env"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        with (ROOT / "pyproject.toml").open("rb") as file:
            wanted = tomllib.load(file)["project"]["optional-dependencies"]["mutation"]
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    listed = subprocess.run(
        [python, __file__, "--list", "--only", only, "--count", str(count), "--seed", str(seed)],
        check=True, capture_output=True, text=True).stdout
    places, mutants = json.loads(listed)
    return places, mutants


# ---- trying them ---------------------------------------------------------------------------


def tried(mutants: list[Mutant], *, again: bool) -> dict[str, str]:
    """Id -> killed or survived."""
    kept = BUILD / "results.json"
    earlier: dict[str, str] = {}
    if kept.exists() and not again:
        earlier = json.loads(kept.read_text("utf-8"))
    tests, results = hash_of(ROOT.glob("tests/**/*.py")), {}
    for mutant in mutants:
        found = earlier.get(mutant["key"], "")
        if found in ("killed", f"survived {tests}"):
            results[mutant["id"]] = found.split()[0]
    todo = [mutant for mutant in mutants if mutant["id"] not in results]
    copies: SimpleQueue[Path] = SimpleQueue()
    for number in range(WORKERS if todo else 0):
        copies.put(a_copy(number))

    def one(mutant: Mutant) -> None:
        copy = copies.get()
        try:
            found = fate(mutant, copy)
        finally:
            copies.put(copy)
        results[mutant["id"]] = found
        earlier[mutant["key"]] = found if found == "killed" else f"{found} {tests}"
        print(f"{len(results):4} {found:9} {mutant['id']} {mutant['name']}:{mutant['line']} "
              f"{mutant['operator'].removeprefix('core/')}", flush=True)
        kept.write_text(json.dumps(earlier), "utf-8")

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(one, todo))
    return results


def hash_of(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def a_copy(number: int) -> Path:
    """A tree to break, in which everything passes that a mutant is tried against."""
    copy = copy_of_tree(BUILD / f"tree-{number}")
    tests = dict.fromkeys((*map(own_tests, TARGETS), *WIDER))
    if not passes([test for test in tests if (copy / test).exists()], copy, keep_bytecode=True):
        raise SystemExit("the tests fail without any mutant: nothing can be shown")
    return copy


def own_tests(name: str) -> str:
    return f"tests/unit/{Path(name).parent}/test_{Path(name).name}"


def fate(mutant: Mutant, copy: Path) -> str:
    own = own_tests(mutant["name"])
    groups = [[test for test in tests if (copy / test).exists()]
              for tests in ((own,), [each for each in WIDER if each != own])]
    lives = passes_with(copy, mutant["name"], mutant["code"], groups)
    return "survived" if lives else "killed"


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
