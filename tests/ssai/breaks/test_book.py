"""Signals become breaks: one table, a rule a row. Seconds of channel time; TD is 4 s, grace 6, longest 60."""

from dataclasses import replace

import pytest

from domain.units import SECOND, Microseconds
from ssai.breaks.book import MAX_BREAKS, MAX_INNER, BreakRules, Timed, apply
from ssai.breaks.record import Boundary, Break, BreakReason, BreakState, Mark
from ssai.cues.signal import Dialect, Signal, SignalKind

RULES = BreakRules(Microseconds(4 * SECOND), Microseconds(6 * SECOND), Microseconds(60 * SECOND))
OFF = replace(RULES, insertion=False)


def us(value):
    return None if value is None else Microseconds(round(value * SECOND))


def signal(kind, at, fields):
    fields = {name: us(value) if name in {"duration", "elapsed"} else value for name, value in fields.items()}
    return Timed(us(at), Signal(kind, Dialect.CUE, 0, **fields))


def out(at, duration=None, **fields):
    return signal(SignalKind.OUT, at, {"duration": duration, **fields})


def cont(place, elapsed, duration=None, **fields):
    at = place - (elapsed or 0)
    return signal(SignalKind.CONTINUE, at, {"elapsed": elapsed, "duration": duration, **fields})


def back(at, **fields):
    return signal(SignalKind.IN, at, fields)


def cancel(at, **fields):
    return signal(SignalKind.IN, at, {"cancelled": True, **fields})


def serve(at):
    """P of the version before is ``at`` from here on."""
    return ("serve", at)


def publish(start):
    """The start of the last break becomes known."""
    return ("publish", start)


def close(end):
    """The end of the last break becomes known."""
    return ("close", end)


def one(start, duration=None, **fields):
    return {"signalled": start, "duration": duration, "in_at": None, "dropped": False, **fields}


TABLE = {
    "a repeat changes nothing": ([[out(100, 30)], [out(100, 30)], [out(101.9, 30)]], [one(100, 30)]),
    "a start within half a TD is the same break": ([[out(100, 30)], [out(102, 30)]], [one(100, 30)]),
    "a start before it too": ([[out(100, 30)], [out(98, 30)]], [one(100, 30)]),
    "past half a TD it is a part of it": (
        [[out(100, 30, id="a")], [out(102.1, 10, id="b")]],
        [one(100, 30, inner=("b",))],
    ),
    "a later message updates the duration": ([[out(100, 30)], [out(100, 45)]], [one(100, 45)]),
    "and may shorten it": ([[out(100, 30)], [out(100, 20)]], [one(100, 20)]),
    "one without duration takes none away": ([[out(100, 30)], [out(100)]], [one(100, 30)]),
    "an unknown duration becomes known": ([[out(100)], [out(100, 30)]], [one(100, 30, ads_until=us(130))]),
    "also when it has opened, but no ad is cut then": (
        [[out(100)], publish(100), [out(100, 30)]],
        [one(100, 30, ads_until=None)],
    ),
    "before it opens a later message moves the end of its ads too": (
        [[out(100, 30)], [out(100, 45)]],
        [one(100, 45, ads_until=us(145))],
    ),
    "one that has opened is extended by another break": (
        [[out(100, 30, id="a")], publish(100), serve(110), [out(100, 45, id="a")]],
        [one(100, 30, id="a"), one(130, 15, id="a", extends="100000000", ads_until=us(145), floor=us(130))],
    ),
    "said again the extension is no news": (
        [[out(100, 30)], publish(100), [out(100, 45)], [out(100, 45)]],
        [one(100, 30), one(130, 15)],
    ),
    "an extension that has not begun just changes its length": (
        [[out(100, 30)], publish(100), [out(100, 45)], [out(100, 60)]],
        [one(100, 30), one(130, 30, ads_until=us(160))],
    ),
    "one that has begun is extended itself": (
        [[out(100, 30)], publish(100), [out(100, 45)], publish(130), [out(100, 60)]],
        [one(100, 30), one(130, 15, ads_until=us(145)), one(145, 15, extends="100000000")],
    ),
    "half a TD more is rounding, not an extension": (
        [[out(100, 30)], publish(100), [out(100, 32)]],
        [one(100, 32, ads_until=us(130))],
    ),
    "without auto return an extension ends the first part at its duration": (
        [[out(100, 30, auto_return=False)], publish(100), [out(100, 45, auto_return=False)]],
        [one(100, 30, auto_return=True), one(130, 15, auto_return=False)],
    ),
    "an IN before the extension begins withdraws it": (
        [[out(100, 30, id="a")], publish(100), [out(100, 45, id="a")], [back(120, id="a")]],
        [one(100, 30, id="a", in_at=us(120))],
    ),
    "an IN inside it ends it": (
        [[out(100, 30, id="a")], publish(100), [out(100, 45, id="a")], [back(140, id="a")]],
        [one(100, 30, id="a"), one(130, 15, id="a", in_at=us(140))],
    ),
    "after an IN nothing is extended": (
        [[out(100, 30)], publish(100), [back(120)], [out(100, 45)]],
        [one(100, 30, in_at=us(120))],
    ),
    "a length that was told before is an old one": (
        [[out(100, 30)], publish(100), [out(100, 45)], [out(100, 30)]],
        [one(100, 30), one(130, 15)],
    ),
    "a new length may be shorter": ([[out(100, 30)], publish(100), [out(100, 20)]], [one(100, 20)]),
    "a continuation rounds": ([[out(100, 12.6)], publish(100), [cont(104, 4, 13)]], [one(100, 12.6)]),
    "before it opens too": ([[out(100, 12.6), cont(104, 4, 12)]], [one(100, 12.6)]),
    "the outer of two that start together gives the break its name": (
        [[out(100, 15, id="a"), out(100, 60, id="b"), back(115, id="a")]],
        [one(100, 60, id="b", inner=("a",))],
    ),
    "by type rather than by length": (
        [[out(100, id="a", segmentation=0x30), out(100, 40, id="b", segmentation=0x22), back(115, id="a")]],
        [one(100, 40, id="b", segmentation=0x22, inner=("a",))],
    ),
    "what began before a break that has opened opens no more": (
        [[out(100, 30, id="a")], publish(100), serve(110), [out(95, 20, id="b")], [back(115, id="b")]],
        [one(100, 30, id="a", inner=("b",))],
    ),
    "but goes on after it": (
        [[out(100, 30, id="a")], publish(100), serve(110), [out(95, 60, id="b")]],
        [one(100, 30, id="a"), one(130, 25, id="b")],
    ),
    "a longer break around one that has opened goes on after it": (
        [[out(100, 30, id="a")], publish(100), [out(100, 60, id="b")]],
        [one(100, 30, id="a", inner=("b",)), one(130, 30, id="b")],
    ),
    "of two that start together the longer is the outer": (
        [[out(100, 60, id="a"), out(100, 15, id="b")]],
        [one(100, 60, id="a", inner=("b",))],
    ),
    "whichever comes first": ([[out(100, 15, id="b"), out(100, 60, id="a")]], [one(100, 60, id="a", inner=("b",))]),
    "the same id before it opens moves the break, its key stays": (
        [[out(100, 30, id="a")], serve(105), [out(110, 40, id="a")]],
        [one(110, 40, id="a", key="100000000", floor=us(110), ads_until=us(150))],
    ),
    "it does not move back to where it was": (
        [[out(100, 30, id="a")], [out(110, 40, id="a")], [out(110, 40, id="a"), out(100, 30, id="a")]],
        [one(110, 40, id="a")],
    ),
    "a continuation does not move it": (
        [[out(100, 30, id="a")], [cont(112, 2, 40, id="a")]],
        [one(100, 40, id="a")],
    ),
    "a break where one was moved from has a key of its own": (
        [[out(100, 30, id="a")], [out(150, 30, id="a")], [out(100, 20, id="b")]],
        [one(100, 20, id="b", key="100000000+"), one(150, 30, id="a", key="100000000")],
    ),
    "nested joins as a hint": ([[out(100, 60, id="a")], [out(115, 15, id="b")]], [one(100, 60, inner=("b",))]),
    "the end of the nested is not its own": (
        [[out(100, 60, id="a")], [out(115, 15, id="b")], [back(130, id="b")]],
        [one(100, 60)],
    ),
    "its own end is": (
        [[out(100, 60, id="a")], [out(115, 15, id="b")], [back(130, id="a")]],
        [one(100, 60, in_at=us(130))],
    ),
    "an end of another id is its own when nothing else is open": (
        [[out(100, 60, id="a")], [back(130, id="z")]],
        [one(100, 60, in_at=us(130))],
    ),
    "a typed end ends its own type": (
        [[out(100, 60, segmentation=0x34)], [back(130, segmentation=0x35)]],
        [one(100, 60, in_at=us(130))],
    ),
    "and no other": ([[out(100, 60, segmentation=0x34)], [back(130, segmentation=0x37)]], [one(100, 60)]),
    "an untyped end ends any": ([[out(100, 60, segmentation=0x34)], [back(130)]], [one(100, 60, in_at=us(130))]),
    "IN overrides a running duration": (
        [[out(100, 60)], [back(110)]],
        [one(100, 60, in_at=us(110), target=us(110), reason=BreakReason.ENDED_BY_IN)],
    ),
    "an IN in the future holds": (
        [[out(100, 60)], serve(104), [back(140)]],
        [one(100, 60, in_at=us(140), target=us(140))],
    ),
    "a late IN aims at what is served": (
        [[out(100, 60)], serve(118), [back(110)]],
        [one(100, 60, in_at=us(110), target=us(118))],
    ),
    "P is that of the reading: a repeat does not move it": (
        [[out(100, 60)], serve(118), [back(110)], serve(124), [back(110.05)]],
        [one(100, 60, in_at=us(110), target=us(118))],
    ),
    "another IN before the end is known replaces it": (
        [[out(100, 60)], [back(110)], serve(112), [back(120)]],
        [one(100, 60, in_at=us(120), target=us(120), ins=(us(110), us(120)))],
    ),
    "the first again, from a restart, changes nothing": (
        [[out(100, 60)], [back(110)], [back(120)], serve(122), [out(100, 60), back(110), back(120)]],
        [one(100, 60, in_at=us(120), target=us(120))],
    ),
    "an orphan IN is dropped": ([[back(110)]], []),
    "an IN before the start is an orphan": ([[out(100, 30)], [back(90)]], [one(100, 30)]),
    "an IN at the start is the end of what was before": ([[out(100, 30)], [back(100)]], [one(100, 30)]),
    "an IN after closing is dropped": (
        [[out(100, 30)], publish(100), close(130), [back(140)]],
        [one(100, 30, end=us(130))],
    ),
    "one inside a closed break too": ([[out(100, 30)], publish(100), close(130), [back(120)]], [one(100, 30)]),
    "an IN that names a closed break ends no other": (
        [[out(100, 30, id="a")], publish(100), close(130), [out(140, 60, id="b")], [back(150, id="a")]],
        [one(100, 30), one(140, 60)],
    ),
    "an OUT again after closing is dropped": (
        [[out(100, 30)], publish(100), close(130), [out(101, 30)]],
        [one(100, 30, end=us(130))],
    ),
    "a longer one after closing is a late extension": (
        [[out(100, 30)], publish(100), close(130), serve(134), [out(100, 90)]],
        [one(100, 30, end=us(130)), one(130, 60, floor=us(134))],
    ),
    "unless all of it has passed": (
        [[out(100, 30)], publish(100), close(130), serve(195), [out(100, 90)]],
        [one(100, 30, end=us(130))],
    ),
    "cancelled before publication it is withdrawn": ([[out(100, 30, id="a")], [cancel(96, id="a")]], []),
    "by its event too": ([[out(100, 30, event=7)], [cancel(96, event=7)]], []),
    "another one's cancellation leaves it": ([[out(100, 30, event=7)], [cancel(96, event=8)]], [one(100, 30)]),
    "a cancellation of nothing named leaves it": ([[out(100, 30)], [cancel(96)]], [one(100, 30)]),
    "read at one instant the cancellation comes after": ([[cancel(100, id="a"), out(100, 30, id="a")]], []),
    "cancelled after publication it ends": (
        [[out(100, 30, id="a")], publish(100), serve(112), [cancel(106, id="a")]],
        [one(100, 30, in_at=us(106), target=us(112))],
    ),
    "and a repeated cancellation does not move the end": (
        [[out(100, 30, id="a")], publish(100), serve(112), [cancel(106, id="a")], serve(116), [cancel(106, id="a")]],
        [one(100, 30, in_at=us(106), target=us(112))],
    ),
    "a continuation reconstructs the start": ([serve(108), [cont(108, 8, 30)]], [one(100, 30, floor=us(108))]),
    "and is a repeat where the break is known": ([[out(100, 30)], [cont(108, 8.3, 30)]], [one(100, 30)]),
    "its total extends the break": ([[out(100, 30)], [cont(108, 8, 45)]], [one(100, 45)]),
    "without elapsed it opens nothing": ([[cont(108, None)]], []),
    "past its total it tells of a break that is over": (
        [serve(104), [cont(108, 40, 30)]],
        [one(68, 30, floor=us(104))],
    ),
    "unknown duration goes on": ([[out(100)], [out(140)]], [one(100)]),
    "up to the longest": ([[out(100)], [out(160)]], [one(100), one(160)]),
    "unknown duration ends at its IN": ([[out(100)], [back(150)]], [one(100, in_at=us(150))]),
    "auto return unstated is on": ([[out(100, 30)]], [one(100, 30, auto_return=True)]),
    "without auto return the grace belongs to it": (
        [[out(100, 30, auto_return=False)], [out(134, 30)]],
        [one(100, 30, auto_return=False)],
    ),
    "and no more": ([[out(100, 30, auto_return=False)], [out(136, 30)]], [one(100, 30), one(136, 30)]),
    "with auto return the next one starts where it ends": (
        [[out(100, 30)], [out(130, 30)]],
        [one(100, 30), one(130, 30)],
    ),
    "back to back at one instant: IN before OUT": (
        [[out(100, 60)], [out(130, 30), back(130)]],
        [one(100, 60, in_at=us(130)), one(130, 30)],
    ),
    "a start a hair before the end is the next break": (
        [[out(100, 30)], [out(129.9, 30)]],
        [one(100, 30), one(129.9, 30)],
    ),
    "a start inside it is not": ([[out(100, 30)], [out(129.8, 30)]], [one(100, 30)]),
    "after an IN the rest of the plan is free": (
        [[out(100, 60)], [back(110)], [out(115, 30)]],
        [one(100, 60, in_at=us(110)), one(115, 30)],
    ),
    "a start read late waits for what was served": ([serve(108), [out(100, 30)]], [one(100, 30, floor=us(108))]),
    "an announced one does not": ([serve(88), [out(100, 30)]], [one(100, 30, floor=us(100))]),
    "an insertion point replaces nothing": (
        [[out(100, 0, insertion=True)]],
        [one(100, 0, dropped=True, reason=BreakReason.INSERTION_POINT)],
    ),
    "and holds no other break back": (
        [[out(100, 0, insertion=True)], [out(104, 30)]],
        [one(100, 0, dropped=True), one(104, 30)],
    ),
    "history before the window's head is left out": ([[out(10, 30)]], []),
    "what reaches into the window is not": ([[out(30, 30)]], [one(30, 30)]),
    "nor what has no known end": ([[out(10)]], [one(10)]),
    "records stand by start, however they were read": ([[out(200, 30)], [out(100, 30)]], [one(100, 30), one(200, 30)]),
    "an IN ends the latest that has begun, read in one go": (
        [[out(100, 60)], [out(50, 30), back(110)]],
        [one(50, 30), one(100, 60, in_at=us(110))],
    ),
}
HEAD = us(50)


def run(steps, rules=RULES):
    breaks: tuple[Break, ...] = ()
    served = None
    for step in steps:
        match step:
            case ("serve", at):
                served = us(at)
            case ("publish", start):
                mark = Mark(us(start), {"v": Boundary(0, 0)})
                breaks = (*breaks[:-1], replace(breaks[-1], marks=(mark,)))
            case ("close", end):
                breaks = (*breaks[:-1], replace(breaks[-1], end=us(end)))
            case _:
                breaks = apply(breaks, step, rules, served, HEAD)
    return breaks


@pytest.mark.parametrize(("steps", "wanted"), TABLE.values(), ids=TABLE.keys())
def test_rule(steps, wanted):
    found = run(steps)
    assert len(found) == len(wanted)
    for record, fields in zip(found, wanted, strict=True):
        for name, value in fields.items():
            value = us(value) if name in {"signalled", "duration"} else value  # noqa: PLW2901  # the table has seconds
            assert getattr(record, name) == value, name


def test_switched_off():
    (record,) = run([[out(100, 30)]], OFF)
    assert (record.dropped, record.reason) == (True, BreakReason.SWITCHED_OFF)


def test_a_break_already_published_takes_no_new_start_from_its_id():
    """Encoders reuse ids: once open, only the start says what is meant."""
    first, second = run([[out(100, 30, id="a")], publish(100), [out(140, 40, id="a")]])
    assert (first.signalled, first.duration, second.signalled) == (us(100), us(30), us(140))


def test_breaks_are_bounded():
    steps = [[out(100 + 10 * k, 5) for k in range(MAX_BREAKS + 50)]]
    assert len(run(steps)) == MAX_BREAKS


def test_what_is_remembered_is_bounded():
    steps = [[out(100, 59, id="a")], *([out(103 + k / 100, 1, id=f"n{k}")] for k in range(2 * MAX_INNER))]
    (record,) = run(steps)
    assert len(record.inner) == MAX_INNER
    (record,) = run([[out(100)], *([back(110 + k)] for k in range(2 * MAX_INNER))])
    assert len(record.ins) == MAX_INNER + 1
    assert record.in_at == us(110 + 2 * MAX_INNER - 1)


STATES = [
    ({}, 90, BreakState.ANNOUNCED),
    ({"marks": (Mark(us(100), {}),)}, 110, BreakState.OPEN),
    ({"marks": (Mark(us(100), {}),)}, 130, BreakState.CLOSING),
    ({"marks": (Mark(us(100), {}),), "in_at": us(105)}, 110, BreakState.CLOSING),
    ({"end": us(130)}, 130, BreakState.CLOSED),
    ({"end": us(130), "folded": True}, 200, BreakState.FOLDED),
    ({"dropped": True, "folded": True}, 200, BreakState.DROPPED),
]


@pytest.mark.parametrize(("fields", "edge", "state"), STATES)
def test_state(fields, edge, state):
    (record,) = run([[out(100, 30)]])
    assert replace(record, **fields).state(us(edge)) is state
