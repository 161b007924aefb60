"""Caps that leave a cohort fewer impressions of a campaign or advertiser than a pod could hold.

A family has one limit for all rows, while a cap of an hour, a day, the event or a lifetime leaves each row its own
number. A row that has fewer impressions left than a pod could hold of the ads keeps as many ads as impressions: the
most valuable, those of a guaranteed position first. So no pod breaks the cap; pods of the ads that are given up are
lost to this row, and the bound of a plan speaks of the others. Where a pod holds one of the ads at most, as it does by
separation of advertisers, nothing is given up.
"""

from __future__ import annotations

import numpy as np

from planner.build.audience import Audience, remaining
from planner.build.cliques import Cliques
from planner.build.lineup import bits
from planner.problem import Flags, Integers, Required, Values


def narrow(
    audience: Audience,
    cliques: Cliques,
    allowed: Flags,
    values: Values,
    required: Integers,
    sets: tuple[tuple[Required, ...], ...],
) -> None:
    """Take from ``allowed`` bool[R, J] what caps do not leave; ``required`` int64[R] is an index into ``sets``."""
    wanted = [{ad for each in chosen for ad in each.members} for chosen in sets]
    for of, name, rows, left in remaining(audience):
        ads = audience.ads(of, name)
        short = (left > 0) & (left < cliques.most_of(bits(ads)))
        for row, count in zip(rows[short].tolist(), left[short].tolist(), strict=True):
            mine = [ad for ad in ads if allowed[row, ad]]
            if count < cliques.most_of(bits(mine)):
                first = wanted[int(required[row])]
                order = sorted(mine, key=lambda ad: (ad not in first, -float(values[row, ad]), ad))
                allowed[row, np.array(order[count:], dtype=np.int64)] = False
