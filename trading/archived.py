"""Rows by key, of which those of days that are over are fetched when they are asked for."""

from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, TypeVar, cast

K = TypeVar("K")
V = TypeVar("V")


class ArchivedRows(dict[K, V]):
    """A dictionary whose own items are the live rows; the sealed ones follow on demand.

    Looking one up fetches that one and keeps nothing. Whoever walks through all of them gets
    all of them: they are taken in first, before the live ones, where they belong.
    `live` looks at what is in memory only.
    """

    def __init__(
        self, live: Mapping[K, V], *, fetch: Callable[[K], V | None],
        sealed: Callable[[], Mapping[K, V]],
    ) -> None:
        super().__init__(live)
        self._fetch, self._sealed = fetch, sealed
        self._whole = False
        self._taken: dict[K, None] = {}         # sealed keys that are in memory by now

    def __setitem__(self, key: K, value: V) -> None:
        """A row that changes is live from then on."""
        self._taken.pop(key, None)
        super().__setitem__(key, value)

    def __missing__(self, key: K) -> V:
        found = None if self._whole else self._fetch(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: K, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (
            not self._whole and self._fetch(cast(K, key)) is not None)

    def __iter__(self) -> Iterator[K]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __eq__(self, other: object) -> bool:
        self._take_all()
        return super().__eq__(other)

    __hash__ = None

    def keys(self) -> KeysView[K]:  # type: ignore[override]  # its own views are final
        self._take_all()
        return super().keys()

    def values(self) -> ValuesView[V]:  # type: ignore[override]
        self._take_all()
        return super().values()

    def items(self) -> ItemsView[K, V]:  # type: ignore[override]
        self._take_all()
        return super().items()

    def clear(self) -> None:
        self._whole, self._taken = True, {}
        super().clear()

    def live_keys(self) -> list[K]:
        """Keys of the rows that are not sealed, however much of the rest was asked for."""
        return [key for key in super().__iter__() if key not in self._taken]

    def _take_all(self) -> None:
        if self._whole:
            return
        self._whole = True
        live = dict(super().items())
        super().clear()
        super().update(self._sealed())
        self._taken = {key: None for key in super().__iter__() if key not in live}
        super().update(live)


def live_keys(rows: dict[K, V]) -> Iterable[K]:
    """Keys of the rows that are not sealed, without fetching any."""
    return rows.live_keys() if isinstance(rows, ArchivedRows) else rows.keys()


def live_values(rows: dict[K, V]) -> Iterable[V]:
    """The rows that are not sealed, without fetching any."""
    return [rows[key] for key in live_keys(rows)]
