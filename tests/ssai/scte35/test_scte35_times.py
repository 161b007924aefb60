"""pts_adjustment and the wrap of 33 bits."""

import pytest

from ssai.scte35.commands import InsertComponent, SpliceInsert, SpliceInsertCancel, SpliceNull, TimeSignal
from ssai.scte35.section import EncryptedPayload, SpliceInfoSection
from ssai.scte35.times import adjusted


@pytest.mark.parametrize(
    ("pts_time", "adjustment", "expected"),
    [(0, 0, 0), ((1 << 33) - 1, 1, 0), ((1 << 33) - 90_000, 180_000, 90_000), (7337557610, 5940, 7337563550)],
)
def test_adjustment_wraps_at_33_bits(pts_time, adjustment, expected):
    assert adjusted(pts_time, adjustment) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (TimeSignal(5), 15),
        (TimeSignal(None), None),
        (SpliceInsert(splice_event_id=1, out_of_network_indicator=True, pts_time=(1 << 33) - 1), 9),
        (SpliceInsert(splice_event_id=1, out_of_network_indicator=True, components=(InsertComponent(1, 7),)), 17),
        (SpliceInsert(splice_event_id=1, out_of_network_indicator=True, components=()), None),
        (SpliceInsertCancel(1), None),
        (SpliceNull(), None),
        (EncryptedPayload(0, bytes(8)), None),
    ],
)
def test_splice_time_is_adjusted(command, expected):
    assert SpliceInfoSection(splice_command=command, pts_adjustment=10).splice_time == expected
