"""docs/settings.md, made from the table of settings."""

from itertools import groupby

from config.keys import KEYS, Key
from core.settings_types import Settings

INTRODUCTION = """# Settings

Made from `config/keys.py` by `python -m config.manual > docs/settings.md`; a test keeps it current.

A value comes from the highest of these that sets it:

1. the command line, and what you change in the settings dialog;
2. `config.json` in the state folder, which holds only what you changed;
3. the environment: `TRADING_<SECTION>__<KEY>`, in the table below;
4. the program's default.

`python main.py --doctor` shows every value in force and where it came from. The state folder is
`--home`, else the environment's `TRADING_HOME`, else `~/.trading_graph`.

`config.json` has a section for each table below:

```json
{"ui": {"theme": "light"}, "trading": {"commission": "0.00025"}}
```

A number may be written with or without quotes and keeps the digits it was written with. A key
that is not known, of the wrong type or out of bounds stops the start with a message that names
it; the file is never changed by that.
"""


def manual() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for section, keys in groupby(KEYS, key=lambda key: key.section):
        parts += [f"## {section}\n", _section(tuple(keys))]
    return "\n".join(parts)


def _section(keys: tuple[Key, ...]) -> str:
    lines = ["| key | default | allowed | in force | what it does |",
             "| --- | --- | --- | --- | --- |"]
    lines += [_row(key) for key in keys]
    return "\n".join(lines) + "\n"


def _row(key: Key) -> str:
    default = key.text_of(key.value_in(Settings()))
    shown = f"`{default}`" if default else "empty"
    unit = f" {key.unit}" if key.unit else ""
    allowed = f"{key.kind.value}" + (f": {key.bounds}" if key.bounds else "")
    when = "after a restart" if key.needs_restart else "at once"
    return (f"| `{key.name}`<br>`{key.variable}` | {shown}{unit} | {allowed} | {when} "
            f"| {key.help_en}<br>{key.help_zh} |")


if __name__ == "__main__":
    import sys

    sys.stdout.write(manual())
