"""Sums by key over integer arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def sum_by_key(keys: Sequence[np.ndarray], values: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the distinct keys, ascending by the first column first, and the sums of `values` over each.

    All arrays have one entry a row. Keys whose sums are all zero are left out.
    """
    order = np.lexsort(tuple(reversed(keys)))
    keys = [np.asarray(column, dtype=np.int64)[order] for column in keys]
    if not len(order):
        return list(keys), [np.asarray(column, dtype=np.int64) for column in values]
    is_first = np.zeros(len(order), dtype=bool)
    is_first[0] = True
    for column in keys:
        is_first[1:] |= column[1:] != column[:-1]
    starts = np.flatnonzero(is_first)
    sums = [np.add.reduceat(np.asarray(column, dtype=np.int64)[order], starts) for column in values]
    keep = np.any([column != 0 for column in sums], axis=0)
    return [column[starts][keep] for column in keys], [column[keep] for column in sums]
