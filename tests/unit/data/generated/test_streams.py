import hashlib
from collections.abc import Callable

import numpy as np
import pytest

from data.generated.streams import (
    Floats,
    exp,
    exponential_table,
    exponentials,
    fat_tailed,
    normal_table,
    normals,
    uniforms,
    words,
)


def test_a_stream_is_shake_128_of_its_seed_and_label() -> None:
    expected = hashlib.shake_128(b"market|7|path|605801.SH").digest(6)

    assert words(3, 7, "path", "605801.SH").tolist() == list(np.frombuffer(expected, "<u2"))


def test_streams_of_different_labels_and_seeds_differ() -> None:
    streams = {words(8, 1, "a").tobytes(), words(8, 2, "a").tobytes(), words(8, 1, "b").tobytes(),
               words(8, 1, "a", "b").tobytes()}

    assert len(streams) == 4


def test_a_longer_stream_begins_with_the_shorter_one() -> None:
    assert words(100, 1, "a")[:10].tolist() == words(10, 1, "a").tolist()


@pytest.mark.parametrize(
    ("table", "sha256"),
    [
        (normal_table, "002cf8d304ae46a51c794076947710bf3b127d61db358515433206157042e595"),
        (exponential_table, "f0c886ca18e9d2e4b1e876bce6de19d8f40ea98225c024409837063016649d14"),
    ],
)
def test_the_tables_are_the_same_bits_on_every_machine(
    table: Callable[[], Floats], sha256: str
) -> None:
    assert hashlib.sha256(table().tobytes()).hexdigest() == sha256


def test_normal_numbers_have_the_quantiles_of_the_normal_distribution() -> None:
    table = normal_table()

    assert table[65_536 // 2 - 1] == -table[65_536 // 2]
    assert np.interp(0.975, (np.arange(65_536) + 0.5) / 65_536, table) == pytest.approx(
        1.959964, abs=1e-4)
    assert float((table**2).mean()) == pytest.approx(1.0, abs=2e-3)


def test_fat_tailed_numbers_have_unit_variance_and_more_kurtosis_than_normal_ones() -> None:
    z = fat_tailed(200_000, 1, "z")

    assert float((z**2).mean()) == pytest.approx(1.0, abs=0.02)
    assert float((z**4).mean()) == pytest.approx(5.2, abs=0.5)


def test_uniform_and_exponential_numbers_have_their_means() -> None:
    u = uniforms(100_000, 1, "u")

    assert 0 < u.min() < u.max() < 1
    assert float(u.mean()) == pytest.approx(0.5, abs=0.01)
    assert float(exponentials(100_000, 1, "e").mean()) == pytest.approx(1.0, abs=0.02)
    assert float(normals(100_000, 1, "n").std()) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("x", [-3.0, -0.1, 0.0, 0.02, 1.0, 2.5])
def test_exp_agrees_with_the_library(x: float) -> None:
    assert float(exp(np.array([x]))[0]) == pytest.approx(float(np.exp(x)), rel=1e-7)
