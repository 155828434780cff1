"""The floors and habits of the house, held by its syntax trees. Nothing here imports our code."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "core": set(),
    "config": {"core"},
    "utils": {"core"},
    "data": {"core", "utils"},
    "strategies": {"core"},
    "models": {"core", "utils", "data"},
    "trading": {"core", "utils"},
    "ui": {"core", "config", "utils"},
}
# What of other people's may appear in a folder, by import name, beside the standard library.
HEAVY = {
    "core": set(),
    "config": {"pydantic", "pydantic_settings"},
    "utils": {"cryptography", "argon2", "pyotp", "keyring", "psutil", "prometheus_client"},
    "data": {"numpy", "pandas", "pyarrow", "apsw", "psycopg", "talib", "numba", "requests",
             "tenacity", "akshare"},
    "strategies": {"numpy", "pandas"},
    "models": {"torch", "onnxruntime", "onnx", "onnxscript", "sklearn", "lightgbm", "optuna",
               "safetensors", "numpy", "pandas", "scipy"},
    "trading": {"numpy"},
    "ui": {"PyQt6", "PyQt6Ads", "pyqtgraph", "numpy"},
}
# Allowed only inside a function, never while a module is being imported.
LATE_ONLY = {"pyqtgraph", "pandas", "akshare", "torch", "numba", "talib", "scipy", "pydantic",
             "pydantic_settings", "xtquant", "vnpy"}
# Libraries that only these modules may name, each with why; always inside a function.
ONE_ROOM = {
    "trading/qmt/child.py": ({"xtquant"}, "the process that owns the terminal's library"),
    "trading/vnpy_broker.py": ({"vnpy"}, "the values that cross to a gateway"),
    "trading/live_brokers.py": ({"vnpy"}, "starts the event engine that a gateway needs"),
}
LATE_EXCEPT = {
    "config/schema.py": "is itself imported late, when there is text to parse",
}
BANNED_EVERYWHERE = {"pickle", "cPickle", "joblib", "shelve", "marshal", "dill", "cloudpickle"}
PANELS_NEVER = {"threading", "sqlite3", "apsw", "requests", "socket", "time", "pandas", "torch",
                "subprocess", "multiprocessing", "concurrent"}
QT_NEVER = {"QTableWidget", "QSortFilterProxyModel"}
NOW = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
       ("time", "time"), ("time", "time_ns"), ("time", "localtime"), ("time", "gmtime")}

# The numeric places of core/ and trading/: a float there is not money. "file": names, with why.
FLOAT_ALLOWED = {
    "core/money.py": ({"from_float", "to_float"}, "the two crossings"),
    "core/types.py": ({"ReplayState"}, "speed of a replay"),
    "core/events.py": ({"SignalEvent"}, "a score, not money"),
    "core/ports.py": ({"ReplayControl"}, "speed of a replay"),
    "trading/statistics.py": ({"*"}, "ratios of the report"),
    "trading/qmt/child.py": ({"Trader", "Child", "_plain"}, "the vendor's prices are floats"),
    "trading/qmt/codes.py": ({"(module)"}, "names the kinds of the vendor's attributes"),
    "trading/var.py": ({"*"}, "statistics of returns; they leave it as a Decimal share"),
    "trading/risk_report.py": ({"*"}, "figures of var.py on their way to a table"),
    "trading/market_history.py": ({"*"}, "returns and volumes of past bars, for var.py"),
}
# Modules that nothing in the program imports, each with its reason.
STANDALONE = {
    "config/manual.py": "makes docs/settings.md: python -m config.manual",
    "utils/signing.py": "signs the journal once the desk manages keys; benchmarks and tests do",
    "core/network.py": "a contract that the online sources of a later version will ask",
    "data/generated/facts.py": "the acceptance table of the generated market, for its proof",
}

OURS = MAY_IMPORT.keys() | {"main"}
MODULES = sorted(p for folder in MAY_IMPORT for p in (ROOT / folder).rglob("*.py"))
CODE = [p for p in MODULES if p.name != "__init__.py"]
MAIN = ROOT / "main.py"


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def folder_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports(node: ast.AST) -> Iterator[str]:
    """Dotted names of every absolute import below a node; `from a import b` gives a and a.b."""
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom) and part.level == 0 and part.module:
            yield part.module
            yield from (f"{part.module}.{alias.name}" for alias in part.names)


def is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports_at_load(path: Path) -> Iterator[str]:
    """What an import of the module imports at once: nothing in functions or TYPE_CHECKING."""
    waiting: list[ast.AST] = list(tree(path).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports(node)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not (
            isinstance(node, ast.stmt) and is_for_types(node)
        ):
            waiting += ast.iter_child_nodes(node)


def tops(names: Iterator[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def module_name(path: Path) -> str:
    return short(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


BY_NAME = {module_name(path): path for path in [*MODULES, MAIN] if path.exists()}


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_a_folder_imports_only_the_floors_below_it(path: Path) -> None:
    found = tops(imports(tree(path))) & OURS

    assert found <= MAY_IMPORT[folder_of(path)] | {folder_of(path)}


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_a_folder_uses_only_the_libraries_of_its_floor(path: Path) -> None:
    foreign = tops(imports(tree(path))) - OURS - sys.stdlib_module_names - {"__future__"}

    rooms, _why = ONE_ROOM.get(short(path), (set(), ""))
    assert foreign <= HEAVY[folder_of(path)] | rooms
    assert "sqlite3" not in tops(imports(tree(path))), "apsw bundles a safe SQLite"


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_slow_libraries_are_imported_where_they_are_needed_not_at_load(path: Path) -> None:
    if short(path) in LATE_EXCEPT:
        return
    # data/ and models/ work with frames and kernels; nobody on the start path imports them so.
    late = LATE_ONLY - ({"pandas", "numba", "talib", "scipy"}
                        if folder_of(path) in ("models", "strategies") else set())

    assert tops(imports_at_load(path)) & late == set()


def test_main_imports_nothing_slow_at_load() -> None:
    slow = LATE_ONLY | {"PyQt6", "numpy", "apsw", "psutil", "prometheus_client", "cryptography",
                        "pyarrow", "requests"}

    assert tops(imports_at_load(MAIN)) & slow == set()


def cycles(edges: dict[str, set[str]]) -> list[tuple[str, ...]]:
    """Every group of modules that reach each other (Tarjan), and modules that import themselves."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[tuple[str, ...]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in edges[name]:
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            group = [stack.pop()]
            while group[-1] != name:
                group.append(stack.pop())
            if len(group) > 1 or name in edges[name]:
                found.append(tuple(sorted(group)))

    for name in edges:
        if name not in index:
            visit(name)
    return found


def edges_of(at_load: bool) -> dict[str, set[str]]:
    """Our modules and what of ours they import, at load only or anywhere."""
    return {
        name: {other for other in (imports_at_load(path) if at_load else imports(tree(path)))
               if other in BY_NAME and BY_NAME[other].name != "__init__.py"} - {name}
        for name, path in BY_NAME.items()
    }


def test_no_modules_import_each_other_at_load() -> None:
    assert cycles(edges_of(at_load=True)) == []


def test_no_modules_import_each_other_even_lazily() -> None:
    assert cycles(edges_of(at_load=False)) == []


def test_the_search_for_cycles_finds_one() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [("a", "b", "c")]


@pytest.mark.parametrize("path", [*CODE, *([MAIN] if MAIN.exists() else [])], ids=short)
def test_only_the_clock_knows_what_time_it_is(path: Path) -> None:
    if short(path) == "core/clock.py":
        return
    calls = {
        (ast.unparse(node.value).split(".")[-1], node.attr)
        for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)
    }

    assert calls & NOW == set()
    assert {f"{a}.{b}" for a, b in NOW} & set(imports(tree(path))) == set()


def floats(path: Path) -> list[str]:
    """Where a file of money says float: `name:line`, by its outermost function or class."""
    found = []
    for outer in tree(path).body:
        name = getattr(outer, "name", "(module)")
        for node in ast.walk(outer):
            match node:
                case ast.Constant(value=float()) | ast.Name(id="float"):
                    found.append(f"{name}:{node.lineno}")
    return found


@pytest.mark.parametrize(
    "path", [p for p in CODE if folder_of(p) in ("core", "trading")], ids=short)
def test_money_code_holds_no_float(path: Path) -> None:
    allowed, _ = FLOAT_ALLOWED.get(short(path), (set[str](), ""))
    if "*" in allowed:
        return

    assert [place for place in floats(path) if place.split(":")[0] not in allowed] == []


@pytest.mark.parametrize("path", [*MODULES, *([MAIN] if MAIN.exists() else [])], ids=short)
def test_nothing_is_pickled(path: Path) -> None:
    assert tops(imports(tree(path))) & BANNED_EVERYWHERE == set()


@pytest.mark.parametrize("path", [p for p in CODE if "ui/panels" in short(p)], ids=short)
def test_a_panel_holds_no_thread_no_database_and_no_clock(path: Path) -> None:
    assert tops(imports(tree(path))) & PANELS_NEVER == set()


@pytest.mark.parametrize("path", [p for p in CODE if folder_of(p) == "ui"], ids=short)
def test_live_tables_use_no_item_widgets_and_no_sort_proxy(path: Path) -> None:
    names = {part.id for part in ast.walk(tree(path)) if isinstance(part, ast.Name)}
    names |= {name.split(".")[-1] for name in imports(tree(path))}

    assert names & QT_NEVER == set()


@pytest.mark.parametrize("path", CODE, ids=short)
def test_only_main_prints(path: Path) -> None:
    calls = [node.lineno for node in ast.walk(tree(path))
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
             and node.func.id == "print"]

    assert calls == []


@pytest.mark.parametrize("path", CODE, ids=short)
def test_every_module_has_its_test_file(path: Path) -> None:
    mirror = ROOT / "tests" / "unit" / path.relative_to(ROOT).with_name(f"test_{path.name}")

    assert mirror.exists(), f"{short(mirror)} is missing"


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_nothing_changeable_hangs_on_a_module(path: Path) -> None:
    """A module-level name in lower case that is assigned is state that nobody handed in."""
    names = [
        target.id
        for node in tree(path).body if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and not target.id.lstrip("_")[:1].isupper()
    ]

    assert set(names) <= {"log", "__all__"}
    assert not any(isinstance(node, ast.Global) for node in ast.walk(tree(path)))


def test_every_module_is_reached_from_main() -> None:
    edges, seen, waiting = edges_of(at_load=False), set[str](), ["main"]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += edges[name]
    reached = {short(BY_NAME[name]) for name in seen}

    assert [short(path) for path in CODE
            if short(path) not in reached and short(path) not in STANDALONE] == []


def test_every_command_stands_in_the_readme_and_every_option_in_a_page() -> None:
    words = ROOT / "config" / "command_line.py"
    options = set(re.findall(r'"(--[a-z][a-z-]+)"', words.read_text("utf-8")))
    commands = {name for function in tree(words).body
                if isinstance(function, ast.FunctionDef) and function.name == "_add_commands"
                for name in re.findall(r"'(--[a-z][a-z-]+)'", ast.unparse(function))}
    readme = (ROOT / "README.md").read_text("utf-8")
    pages = readme + "".join(p.read_text("utf-8") for p in (ROOT / "docs").glob("*.md"))

    assert len(commands) > 5
    assert sorted(name for name in commands if name not in readme) == []
    assert sorted(name for name in options if name not in pages) == []


def test_every_setting_is_read_by_some_code() -> None:
    from config.dead_keys import unread_keys

    assert unread_keys(ROOT) == ()


def test_the_version_is_said_once() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    assert version

    assert f"## {version[1]}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


RUN_MAIN = """
import runpy, sys
slow, arguments = set(sys.argv[1].split(",")), sys.argv[2:]
sys.argv = ["main.py", *arguments]
status = 0
try:
    runpy.run_path("main.py", run_name="__main__")
except SystemExit as end:
    status = end.code
loaded = sorted(slow & sys.modules.keys())
sys.exit(f"these were loaded: {loaded}" if loaded else status)
"""


def run_main(home: Path, slow: set[str], *arguments: str) -> None:
    """Run a command in a process of its own; it must succeed and load nothing slow."""
    done = subprocess.run(
        [sys.executable, "-c", RUN_MAIN, ",".join(slow), "--home", str(home), *arguments],
        cwd=ROOT, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, capture_output=True,
        text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr[-2000:]


def test_the_first_paint_comes_without_the_slow_libraries(tmp_path: Path) -> None:
    picture = tmp_path / "desk.png"
    run_main(tmp_path / "home",
             {"torch", "pandas", "akshare", "scipy", "talib", "numba", "pyqtgraph"},
             "--screenshot", str(picture), "--size", "1366x768")

    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize("arguments", [["--version"], ["--health", "--json"]])
def test_commands_without_a_window_import_neither_qt_nor_torch(
    tmp_path: Path, arguments: list[str]
) -> None:
    slow = {"PyQt6", "torch", "pandas", "pydantic", "pyarrow"}
    run_main(tmp_path / "home", slow, *arguments)


PAGES = ("docs/architecture.md", "CONTRIBUTING.md", "README.md", "docs/settings.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    folders = "|".join([*MAY_IMPORT, "docs", "tests", "benchmarks"])
    named = set(re.findall(rf"(?<![\w/])((?:{folders})/[\w/.-]*\w\.(?:py|md|json|png))", text))
    own = {"strategies/enabled.json"}      # also the name of the user's file in the state folder

    assert sorted(name for name in named - own if not (ROOT / name).exists()) == []


def test_what_is_excepted_here_is_still_there() -> None:
    excepted = [*LATE_EXCEPT, *ONE_ROOM, *FLOAT_ALLOWED, *STANDALONE]

    assert sorted(name for name in excepted if not (ROOT / name).exists()) == []


def test_main_says_the_version_of_the_project() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    said = re.search(r'^VERSION = "(.+)"', MAIN.read_text("utf-8"), re.M)

    assert version
    assert said
    assert version[1] == said[1]
