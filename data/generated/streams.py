"""Random numbers that are the same on every machine.

A stream is SHAKE-128 (FIPS 202) of the seed and a label, read as little-endian 16-bit numbers:
no generator state, no order of calls, no version of a library. What is made of them uses only
operations that IEEE 754 rounds correctly (+ - * / sqrt, comparisons) and integer sums, never
`exp`, `log`, `sum` of floats or a matrix product, whose last bit depends on the processor.
"""

import hashlib
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Small: TypeAlias = npt.NDArray[np.int32]
Flags: TypeAlias = npt.NDArray[np.uint8]
Bools: TypeAlias = npt.NDArray[np.bool_]
Words: TypeAlias = npt.NDArray[np.uint16]

LEVELS = 65_536
_GRID = 2.0**-20                   # table entries are multiples of it: hides a last-bit difference
_EXP_SCALE = 32.0                  # exp(x) = exp(x / 32)^32, by five squarings
_EXP_SQUARINGS = 5


def words(count: int, seed: int, *label: object) -> Words:
    """`count` independent numbers 0..65535 that belong to this seed and label."""
    name = "|".join(("market", str(seed), *map(str, label))).encode()
    return np.frombuffer(hashlib.shake_128(name).digest(2 * count), "<u2").astype(np.uint16)


def uniforms(count: int, seed: int, *label: object) -> Floats:
    """Numbers strictly between 0 and 1, on a grid of 1/65536."""
    return (words(count, seed, *label) + 0.5) / LEVELS


def normals(count: int, seed: int, *label: object) -> Floats:
    """Standard normal numbers, at most 4.3 in size."""
    picked: Floats = normal_table()[words(count, seed, *label)]
    return picked


def fat_tailed(count: int, seed: int, *label: object) -> Floats:
    """Symmetric numbers of unit variance with a kurtosis of about 5."""
    z = normals(count, seed, *label)
    return (z + _FAT_CUBE * z * z * z) / _FAT_SCALE


def exponentials(count: int, seed: int, *label: object) -> Floats:
    """-log(U): positive numbers of mean 1."""
    picked: Floats = exponential_table()[words(count, seed, *label)]
    return picked


# z + c z^3 of a normal z has variance 1 + 6c + 15c^2
_FAT_CUBE = 0.07
_FAT_SCALE = float(np.sqrt(1 + 6 * _FAT_CUBE + 15 * _FAT_CUBE**2))


def exp(x: Floats) -> Floats:
    """e^x for |x| < 15, to about 1e-11 at |x| < 1, from multiplications only."""
    y = x / _EXP_SCALE
    result = 1 + y * (1 + y / 2 * (1 + y / 3 * (1 + y / 4 * (1 + y / 5))))
    for _ in range(_EXP_SQUARINGS):
        result = result * result
    return result


@cache
def exponential_table() -> Floats:
    """-log of the 65,536 levels of a uniform number, on the grid."""
    return _frozen(-np.log((np.arange(LEVELS) + 0.5) / LEVELS))


@cache
def normal_table() -> Floats:
    """Quantiles of the standard normal at the 65,536 levels (Acklam's approximation, 1e-9)."""
    p = (np.arange(LEVELS // 2) + 0.5) / LEVELS
    lower = np.where(p < _TAIL, _tail_quantile(np.minimum(p, _TAIL)), _central_quantile(p))
    return _frozen(np.concatenate([lower, -lower[::-1]]))


_TAIL = 0.02425
_A = (-3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2,
      1.383577518672690e2, -3.066479806614716e1, 2.506628277459239)
_B = (-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2,
      6.680131188771972e1, -1.328068155288572e1, 1.0)
_C = (-7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838,
      -2.549732539343734, 4.374664141464968, 2.938163982698783)
_D = (7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996,
      3.754408661907416, 1.0)


def _polynomial(coefficients: tuple[float, ...], x: Floats) -> Floats:
    value = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


def _central_quantile(p: Floats) -> Floats:
    q = p - 0.5
    return q * _polynomial(_A, q * q) / _polynomial(_B, q * q)


def _tail_quantile(p: Floats) -> Floats:
    q = np.sqrt(-2 * np.log(p))
    return _polynomial(_C, q) / _polynomial(_D, q)


def _frozen(values: Floats) -> Floats:
    table: Floats = np.rint(values / _GRID) * _GRID
    table.setflags(write=False)
    return table
