from pathlib import Path

from config.keys import KEYS
from config.manual import manual

ROOT = Path(__file__).parents[3]


def test_the_page_in_docs_is_current() -> None:
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == manual()


def test_every_key_and_its_variable_stand_in_the_manual() -> None:
    page = manual()

    assert [key.name for key in KEYS
            if f"`{key.name}`" not in page or f"`{key.variable}`" not in page] == []


def test_a_secret_has_no_default_to_show() -> None:
    assert "`http.token`<br>`TRADING_HTTP__TOKEN` | empty" in manual()
