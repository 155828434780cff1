"""docs/licences.md names every package that pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_dependency_stands_on_the_page() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"],
             *(line for extra in project["optional-dependencies"].values() for line in extra)]
    names = {re.split(r"[=\[]", line)[0] for line in asked}
    page = (ROOT / "docs" / "licences.md").read_text("utf-8")
    listed = {name.strip() for row in re.findall(r"^\| ([^|]+) \|", page, re.M)
              for name in row.split(",")}

    assert names - listed == set()


def test_every_direct_dependency_is_pinned_and_agrees_with_the_constraints() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    known = {line.strip().lower().replace("_", "-")
             for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()}

    assert [line for line in asked if line.lower().replace("_", "-") not in known] == []
