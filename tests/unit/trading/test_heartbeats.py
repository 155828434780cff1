from pathlib import Path

import pytest

from trading.heartbeats import Heartbeats, Pulse, Source, beating


def test_beats_and_orders_are_seen_through_another_mapping(tmp_path: Path) -> None:
    path = tmp_path / "beats"
    with Heartbeats(path, create=True) as desk, Heartbeats(path, create=False) as watcher:
        assert watcher.pulse() == Pulse(ended=False, open_orders=0, beats={})
        desk.beat(Source.TRADING)
        beating(desk, Source.WINDOW)()
        beating(desk, Source.WINDOW)()
        desk.say_open_orders(7)
        assert watcher.pulse() == Pulse(
            ended=False, open_orders=7, beats={Source.TRADING: 1, Source.WINDOW: 2})
        desk.end()
        assert watcher.pulse().ended


def test_where_nobody_watches_a_beat_does_nothing() -> None:
    beating(None, Source.WINDOW)()


def test_another_file_is_not_mapped(tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(b"short")
    with pytest.raises(ValueError, match="mmap"):
        Heartbeats(path, create=False)
    path.write_bytes(b"root:x:0:0" * 100)
    with pytest.raises(ValueError, match="no file of heartbeats"):
        Heartbeats(path, create=False)
    with pytest.raises(OSError, match="nowhere"):
        Heartbeats(tmp_path / "nowhere" / "beats", create=True)
