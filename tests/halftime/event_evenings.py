"""Plans of evenings, made up by seed: as large, as small and as odd as pages must stand."""

from collections import defaultdict
from decimal import Decimal

import numpy as np

from halftime.event_page.view import Spot
from planner.eventfile import (
    AllotmentFile,
    Band,
    BaselineFile,
    CampaignFile,
    CapFile,
    Ended,
    EventBreakFile,
    EventFile,
    Level,
    LevelFile,
    ShortReason,
)
from planner.planfile import PodFile

HOSTILE = (
    "</script><b>bold</b>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(2)>',
    "'; --> ]]> &lt;",
    "javascript:alert(3)",
    "\u202etxt.exe\u2028\x00\x1b[2J",
    "</title></style><i>out</i>",
    "قناة الرياضة",
    "🏟️ " + "long name without a space".replace(" ", "") * 7,
)
_FIRST = ("Alder", "Brisk", "Copper", "Dune", "Ember", "Fjord", "Gale", "Harbour", "Ivory", "Juniper")
_SECOND = ("Motors", "Mobile", "Bank", "Brewery", "Airways", "Foods", "Insurance", "Sports", "Energy", "Pictures")
_PARTS = (("pre-match", 0, 6), ("first-half", 2400, 4), ("half-time", 5000, 9), ("second-half", 6300, 5))
_LATE = (("stoppage", 9000, 2), ("post-match", 9700, 6), ("extra-time", 10600, 4), ("penalties", 12300, 4))
_REASONS = (ShortReason.CAP, ShortReason.VIEWERS, ShortReason.PRICE, ShortReason.BUDGET)


def band(value, spread=0.12):
    return Band(point=value, low=value * (1 - spread), surge=value * (1 + 1.6 * spread))


def _breaks(rng, count):
    """Id, kind, at, duration, probability; in clusters as a match has them."""
    rows = []
    for part, start, number in (*_PARTS, *_LATE):
        chance = {"extra-time": 0.3, "penalties": 0.15, "stoppage": 0.6}.get(part, 1.0)
        at = start
        for index in range(number):
            length = int(rng.choice((30, 60, 60, 90, 90, 120)))
            rows.append((f"{part}-{index + 1}", "unplanned" if chance < 1 else "planned", at, length, chance))
            at += length + int(rng.integers(30, 420 if "half" in part and part != "half-time" else 120))
    return rows[:count]


def evening(seed=1, breaks=40, campaigns=100, *, over=0, ended=Ended.CLOSE, currency="USD", names=()):
    """A match, its plan and its spots; ``names`` take the place of the first campaigns', breaks' and creatives' own."""
    rng = np.random.default_rng(seed)
    ids = [f"{_FIRST[i % 10].lower()}-{_SECOND[(i // 10 + i) % 10].lower()}" for i in range(campaigns)]
    ids[: len(names)] = names[:campaigns]
    advertisers = [f"{_FIRST[i % 10]} {_SECOND[(i // 10 + i) % 10]}" for i in range(campaigns)]
    weights = rng.pareto(1.6, campaigns) + 0.15
    spots = {
        f"{one}-{index}": Spot(one, Decimal(int(rng.choice((10, 15, 20, 30, 30))))) for one in ids for index in (1, 2)
    }
    of = defaultdict(list)
    for creative, spot in spots.items():
        of[spot.campaign].append(creative)
    entries = [
        _break(rng, row, ids, weights / weights.sum(), spots, of, number < over, names, number)
        for number, row in enumerate(_breaks(rng, breaks))
    ]
    rows = [_campaign(rng, one, advertisers[i], entries, over, i) for i, one in enumerate(ids)]
    value = sum(each.value.point * each.probability for each in entries if not each.over)
    fill = float(np.mean([each.fill for each in entries if not each.over] or [0.0]))
    impressions = sum(row.expected.point for row in rows)
    viewers = sum(each.viewers.point * each.probability for each in entries)
    return EventFile(
        event=names[0] if names else "Cup final, Saturday night",
        currency=currency,
        seed=seed,
        certificate="upper_bound is what no plan of these breaks for this audience can exceed.",
        levels=tuple(
            LevelFile(
                level=level,
                viewers=viewers * scale,
                value=int(value * scale),
                upper_bound=int(value * scale * 1.0042),
                gap=0.0042,
                gross=int(value * scale * 1.01),
                fill=min(1.0, fill),
                impressions=impressions * scale,
                ended=ended if level == Level.POINT else Ended.CLOSE,
            )
            for level, scale in ((Level.POINT, 1.0), (Level.LOW, 0.87), (Level.SURGE, 1.18))
        ),
        breaks=tuple(entries),
        campaigns=tuple(rows),
        prices=_prices(rng, rows),
        caps=tuple(
            CapFile(name=f"{one}: 3 per event", cohorts=int(rng.integers(1, 2000)), price=900.0 * i + 40.0)
            for i, one in enumerate(ids[3:20:2])
        ),
        baselines=tuple(
            BaselineFile(
                policy=policy,
                value=int(value * part),
                fill=fill * part**0.4,
                impressions=impressions * part,
                short=gone,
            )
            for policy, part, gone in (("greedy", 0.91, 3e5), ("first_come", 0.74, 2.1e6), ("even_pacing", 0.82, 1.2e6))
        ),
    ), spots


def _break(rng, row, ids, weights, spots, of, gone, names, number):
    name, kind, at, length, chance = row
    viewers = float(rng.uniform(0.6, 1.0)) * 1e6 * (1.2 if "half-time" in name else 1.0)
    if gone:
        return EventBreakFile(
            id=name,
            kind=kind,
            at=Decimal(at),
            duration=Decimal(length),
            probability=1.0,
            over=True,
            viewers=band(viewers, 0),
            value=band(0.0, 0),
            fill=0.93,
        )
    pods, share = [], 0.92
    for _ in range(12):
        left, chosen = length, []
        for one in rng.choice(len(ids), size=min(8, len(ids)), replace=False, p=weights):
            creative = of[ids[one]][int(rng.integers(2))]
            if spots[creative].seconds <= left:
                chosen.append(creative)
                left -= int(spots[creative].seconds)
        part = share * float(rng.uniform(0.1, 0.4))
        share -= part
        pods.append((tuple(chosen), part, (length - left) / length))
    pods.sort(key=lambda pod: -pod[1])
    fill = sum(part * full for _, part, full in pods) / sum(part for _, part, _ in pods)
    bought = sorted(rng.choice(len(ids), size=min(len(ids), 30), replace=False, p=weights).tolist())
    total = viewers * fill * length / 24
    parts = weights[bought] / weights[bought].sum()
    return EventBreakFile(
        id=names[number] if number < len(names) else name,
        kind=kind,
        at=Decimal(at),
        duration=Decimal(length),
        probability=chance,
        viewers=band(viewers),
        value=band(total * 17_000.0),
        fill=fill,
        pods=tuple(
            PodFile(creatives=made, share=part, seats=int(viewers * part), value=int(viewers * part * full * 6e4))
            for made, part, full in pods
        ),
        others=max(0.0, 1 - sum(part for _, part, _ in pods)),
        allotments=tuple(
            AllotmentFile(
                campaign=ids[one],
                expected=band(total * float(part), float(rng.uniform(0.02, 0.25))),
                price=float(rng.gamma(2.0, 7_000.0)),
            )
            for one, part in zip(bought, parts, strict=True)
        ),
    )


def _campaign(rng, one, advertiser, entries, over, index):
    delivered = int(rng.uniform(1e4, 4e5)) * bool(over)
    sums = {
        level: delivered
        + sum(
            getattr(part.expected, level) * each.probability
            for each in entries
            for part in each.allotments
            if part.campaign == one
        )
        for level in ("point", "low", "surge")
    }
    point = sums["point"]
    promised = int(point * rng.uniform(0.8, 1.12)) // 1000 * 1000 + 1000 if index % 6 == 2 else None
    short = {level: max(0.0, promised - sums[level]) if promised else 0.0 for level in sums}
    reason = _REASONS[index % 4] if short["point"] > 0 else (ShortReason.BUDGET if index % 3 else ShortReason.PRICE)
    return CampaignFile(
        campaign=one,
        advertiser=advertiser,
        goal=int(point * rng.uniform(1.0, 2.4)) // 1000 * 1000 + 1000 if index % 2 else None,
        budget=int(point * 18_000 / 1e6) * 10**6 + 10**9 if index % 3 else None,
        guarantee=promised,
        expected=Band(**sums),
        reserved=Band(**{level: value * 18_000 for level, value in sums.items()}),
        short=Band(**short),
        reason=reason,
        detail="3 per event and viewer leave 512,000 of 3.1 M possible impressions" if short["point"] > 0 else "",
        price=float(rng.normal(4_000, 5_000)),
        delivered=delivered,
    )


def _prices(rng, rows):
    found = {}
    for row in rows:
        if row.budget is not None:
            found[f"budget {row.campaign}"] = max(0.0, float(rng.normal(0.1, 0.3)))
        if row.goal is not None:
            found[f"goal {row.campaign}"] = max(0.0, float(rng.normal(1_000, 4_000)))
        if row.guarantee is not None:
            found[f"guarantee {row.campaign}"] = max(0.0, float(rng.normal(3_000, 6_000)))
    return found


def changed(plan, factor=1.2):
    """``plan`` after a what-if that moves every third campaign."""
    moved = [
        each.model_copy(update={"expected": Band(**{key: value * factor for key, value in each.expected})})
        if i % 3 == 0
        else each
        for i, each in enumerate(plan.campaigns)
    ]
    levels = [
        each.model_copy(update={"value": int(each.value * 1.02), "upper_bound": int(each.upper_bound * 1.02)})
        for each in plan.levels
    ]
    return plan.model_copy(update={"campaigns": tuple(moved), "levels": tuple(levels)})


def empty():
    """Nothing booked, nothing forecast."""
    return EventFile(event="empty", currency="EUR", levels=(), breaks=(), campaigns=())


def unwatched():
    """A break without viewers: nothing to divide by anywhere."""
    none = Band(point=0, low=0, surge=0)
    return EventFile(
        event="unwatched",
        currency="EUR",
        levels=tuple(
            LevelFile(
                level=level,
                viewers=0,
                value=0,
                upper_bound=0,
                gap=None,
                gross=0,
                fill=0,
                impressions=0,
                ended=Ended.CLOSE,
            )
            for level in Level
        ),
        breaks=(
            EventBreakFile(
                id="only",
                kind="planned",
                at=Decimal(0),
                duration=Decimal(60),
                probability=1,
                viewers=none,
                value=none,
                fill=0,
                pods=(PodFile(creatives=(), share=1),),
                allotments=(AllotmentFile(campaign="acme", expected=none, price=0),),
            ),
        ),
        campaigns=(
            CampaignFile(
                campaign="acme",
                goal=0,
                budget=0,
                guarantee=1_000,
                expected=none,
                reserved=none,
                short=Band(point=1_000, low=1_000, surge=1_000),
                reason=ShortReason.NO_VIEWERS,
            ),
        ),
        prices={"guarantee acme": 0.0},
        baselines=(BaselineFile(policy="greedy", value=0, fill=0, impressions=0, short=1_000),),
    )
