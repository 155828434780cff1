"""Settings that nothing reads. There should be none: a key without effect is a false promise."""

import ast
from collections.abc import Iterator
from pathlib import Path

from config.keys import KEYS

READERS = ("main.py", "data", "models", "strategies", "trading", "ui", "utils")


def unread_keys(root: Path) -> tuple[str, ...]:
    """Names of the keys whose field no code under `root` reads, in the order of the table.

    A reading is `settings.ui.theme`, or `ui.theme` and `self._ui.theme` in a file that takes `ui`
    from the settings or names `UiSettings`. The same name on anything else does not count.
    """
    reads = {read for path in _sources(root) for read in _reads(path)}
    return tuple(key.name for key in KEYS if not reads & {
        (key.section, key.attribute), ("settings", key.attribute)})


def _sources(root: Path) -> Iterator[Path]:
    for name in READERS:
        found = [root / name] if name.endswith(".py") else sorted((root / name).rglob("*.py"))
        yield from (path for path in found if path.exists())


def _reads(path: Path) -> Iterator[tuple[str, str]]:
    """(section, field) of every reading in a file; the section is "settings" if not said."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    taken = {node.attr for node in attributes if _owner(node).endswith("settings")}
    named = {node.id.removesuffix("Settings").lower() for node in nodes
             if isinstance(node, ast.Name) and node.id.endswith("Settings")}
    for node in attributes:
        owner = _owner(node).lstrip("_")
        if owner in taken | named:
            yield owner, node.attr
        elif owner.endswith("settings"):
            yield "settings", node.attr


def _owner(node: ast.Attribute) -> str:
    """What stands before the last dot: `ui` of `store.settings.ui.theme`."""
    match node.value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
