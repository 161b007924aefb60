"""One unit of data that breaks each rule of one cohort's viewers."""

from planner.problem import Rule
from tests.planner.check.books import Case

ACME, BOLT, COLD = "campaigns/acme", "campaigns/bolt", "campaigns/cold"
HOME, SEEN = "cohorts/home", "cohorts/home/seen"
NO_ADVERTISERS = {"separation/advertisers": False}


def seen(creative: str, ago: str, times: int = 1) -> dict[str, object]:
    return {"creative": creative, "ago": ago, "times": times}


def capped(of: str, per: str, limit: int) -> list[dict[str, object]]:
    return [{"of": of, "per": per, "limit": limit}]


CASES = [
    Case(
        Rule.TARGETING,
        "one of the traits",
        f"{BOLT}/targeting",
        {"traits": ["news", "sport"]},
        {"traits": ["news"]},
        says="bolt-15 is for news",
    ),
    Case(
        Rule.TARGETING,
        "every trait",
        f"{HOME}/traits",
        ["sport", "family"],
        ["sport"],
        given={f"{BOLT}/targeting": {"every_trait": ["sport", "family"]}},
        says="bolt-15 is for family alone",
    ),
    Case(
        Rule.TARGETING,
        "an unwanted trait",
        f"{HOME}/traits",
        ["sport"],
        ["sport", "child"],
        given={f"{COLD}/targeting": {"not_traits": ["child"]}},
        says="cold-15 is not for child",
    ),
    Case(
        Rule.TARGETING,
        "a region",
        f"{HOME}/region",
        "north",
        "south",
        given={f"{BOLT}/targeting": {"regions": ["north", "west"]}},
        says="bolt-15 is for north or west, not for region south",
    ),
    Case(
        Rule.TARGETING,
        "an unknown device",
        f"{HOME}/device",
        "tv",
        "",
        given={f"{BOLT}/targeting": {"devices": ["tv"]}},
        says="not for device unknown",
    ),
    *(
        Case(
            Rule.CAP,
            f"{of}, two seen and one more",
            f"{ACME}/caps",
            capped(of, "lifetime", 3),
            capped(of, "lifetime", 2),
            given={SEEN: [seen("acme-30", "90000", 2)]},
            says=f"2 impressions of {of} {name} seen and 1 more, its cap per lifetime is 2",
        )
        for of, name in (("creative", "acme-30"), ("campaign", "acme"), ("advertiser", "Acme"))
    ),
    *(
        Case(
            Rule.CAP,
            f"a second within the {per}",
            SEEN,
            [seen("acme-15", first)],
            [seen("acme-15", last)],
            given={f"{ACME}/caps": capped("campaign", per, 1)},
        )
        for per, first, last in (("hour", "3600", "3599.999999"), ("day", "86400", "86399"), ("event", "2701", "2700"))
    ),
    Case(
        Rule.CAP,
        "the book's",
        "caps",
        capped("creative", "event", 2),
        capped("creative", "event", 1),
        given={SEEN: [seen("bolt-15", "60")]},
    ),
    Case(
        Rule.CAP,
        "of other campaigns of the advertiser",
        f"{BOLT}/advertiser",
        "Bolt",
        "Acme",
        pod=("acme-30",),
        given={f"{ACME}/caps": capped("advertiser", "event", 1), SEEN: [seen("bolt-15", "60")]},
    ),
    Case(
        Rule.CAP,
        "by ads of the pod alone",
        f"{ACME}/caps",
        capped("campaign", "day", 2),
        capped("campaign", "day", 1),
        pod=("acme-30", "acme-15"),
        given=NO_ADVERTISERS,
    ),
    Case(
        Rule.CAP,
        "the same ad under another id",
        "creatives/cold-15/universal_ad_id",
        "AD-2",
        "AD-1",
        given={
            "creatives/bolt-15/universal_ad_id": "ad-1",
            f"{COLD}/caps": capped("creative", "event", 1),
            SEEN: [seen("cold-15", "60")],
        },
        pod=("bolt-15",),
        says="1 impressions of creative bolt-15 seen and 1 more",
    ),
    Case(
        Rule.REPEATS,
        "the same ad under another id",
        "creatives/cold-15/universal_ad_id",
        "AD-2",
        "AD-1",
        given={
            "creatives/bolt-15/universal_ad_id": "ad-1",
            "viewing/maximum_repeats": 2,
            SEEN: [seen("cold-15", "60"), seen("bolt-15", "90")],
        },
        pod=("bolt-15",),
        says="bolt-15 was seen 2 times and stands in it 1 times",
    ),
    Case(
        Rule.REPEATS,
        "one more",
        "viewing/maximum_repeats",
        3,
        2,
        given={SEEN: [seen("bolt-15", "60", 2)]},
        says="bolt-15 was seen 2 times and stands in it 1 times, at most 2 are allowed",
    ),
    Case(
        Rule.REPEATS,
        "before the event",
        SEEN,
        [seen("bolt-15", "2701")],
        [seen("bolt-15", "2700")],
        given={"viewing/maximum_repeats": 1},
    ),
    Case(
        Rule.SEPARATION_GAP,
        "a category",
        SEEN,
        [seen("cold-15", "600")],
        [seen("cold-15", "599.999999")],
        pod=("bolt-15",),
        given={
            "viewing/separation_gap": "600",
            "separation/categories": ["Alcohol"],
            "creatives/bolt-15/categories": ["Wine"],
        },
        says="cold-15 was seen 599.999999 s ago, less than 600 s: cold-15 and bolt-15 both stand under Alcohol",
    ),
    Case(
        Rule.SEPARATION_GAP,
        "the last of many views",
        SEEN,
        [seen("cold-15", "900"), seen("cold-15", "600")],
        [seen("cold-15", "900"), seen("cold-15", "599")],
        given={"viewing/separation_gap": "600"},
        says="cold-15 was seen 599 s ago",
    ),
    Case(
        Rule.SEPARATION_GAP,
        "an advertiser",
        "separation/advertisers",
        False,
        True,
        given={"viewing/separation_gap": "600", SEEN: [seen("acme-15", "1")]},
    ),
    Case(
        Rule.AD_LOAD,
        "an hour's seconds",
        "viewing/maximum_ad_seconds_per_hour",
        "75",
        "74.999999",
        given={SEEN: [seen("acme-15", "600"), seen("acme-15", "3600")]},
        says="15.000000 s of ads seen and 60.000000 s more, at most 74.999999 s per hour",
    ),
    Case(
        Rule.AD_LOAD,
        "the event's seconds",
        SEEN,
        [seen("acme-15", "600", 2)],
        [seen("acme-15", "600", 3)],
        given={"viewing/maximum_ad_seconds": "90"},
    ),
    Case(Rule.AD_LOAD, "the empty pod", "pod", (), ("bolt-15",), given={"viewing/maximum_ad_seconds": "0"}),
    Case(
        Rule.ROADBLOCK,
        "for whom it reaches",
        f"{ACME}/targeting",
        {"traits": ["news"]},
        {"traits": ["sport"]},
        pod=("bolt-15",),
        given={f"{ACME}/roadblock": True},
        says="bolt-15 stands in it, and these viewers see ads of acme alone",
    ),
    Case(
        Rule.ROADBLOCK,
        "another's ad beside its own",
        "pod",
        ("acme-30",),
        ("acme-30", "bolt-15"),
        given={f"{ACME}/roadblock": True},
    ),
    Case(
        Rule.ROADBLOCK,
        "not where its cap is used up",
        f"{ACME}/caps",
        capped("campaign", "event", 1),
        capped("campaign", "event", 2),
        pod=("bolt-15",),
        given={f"{ACME}/roadblock": True, SEEN: [seen("acme-30", "60")]},
    ),
    Case(
        Rule.ROADBLOCK,
        "not where the break forbids its ads",
        "breaks/half/forbidden",
        ["Autos"],
        ["Electric cars"],
        pod=("bolt-15",),
        given={f"{ACME}/roadblock": True},
    ),
    Case(
        Rule.ROADBLOCK,
        "not where its ads are longer than the break",
        "breaks/half/durations",
        [{"seconds": "14.999999"}],
        [{"seconds": "15"}],
        pod=("bolt-10",),
        given={
            f"{ACME}/roadblock": True,
            "creatives/bolt-10": {"campaign": "bolt", "duration": "10", "categories": ["Food"]},
        },
    ),
    Case(
        Rule.GUARANTEED_POSITION,
        "first",
        "pod",
        ("acme-30", "bolt-15"),
        ("bolt-15", "acme-30"),
        given={f"{ACME}/position": "first", f"{ACME}/position_guaranteed": True},
        says="bolt-15 stands first, which is guaranteed to acme for these viewers",
    ),
    Case(
        Rule.GUARANTEED_POSITION,
        "last",
        f"{COLD}/position",
        "last",
        "first",
        given={f"{COLD}/position_guaranteed": True},
    ),
    Case(
        Rule.GUARANTEED_POSITION,
        "not in its pods either",
        f"{ACME}/position_guaranteed",
        False,
        True,
        pod=("bolt-15",),
        given={f"{ACME}/position": "first"},
    ),
    Case(
        Rule.GUARANTEED_POSITION,
        "the empty pod",
        "pod",
        (),
        ("bolt-15",),
        given={f"{ACME}/position": "first", f"{ACME}/position_guaranteed": True},
    ),
    Case(Rule.STATED, "an unknown creative", "pod", ("acme-30",), ("acme-31",)),
]
