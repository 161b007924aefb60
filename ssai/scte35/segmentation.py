"""What a segmentation descriptor may announce (SCTE 35, 10.3.3.1, Tables 21 and 23)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class SegmentationType(IntEnum):
    """segmentation_type_id; values not named here are reserved."""

    NOT_INDICATED = 0x00
    CONTENT_IDENTIFICATION = 0x01
    PRIVATE = 0x02
    PROGRAM_START = 0x10
    PROGRAM_END = 0x11
    PROGRAM_EARLY_TERMINATION = 0x12
    PROGRAM_BREAKAWAY = 0x13
    PROGRAM_RESUMPTION = 0x14
    PROGRAM_RUNOVER_PLANNED = 0x15
    PROGRAM_RUNOVER_UNPLANNED = 0x16
    PROGRAM_OVERLAP_START = 0x17
    PROGRAM_BLACKOUT_OVERRIDE = 0x18
    PROGRAM_JOIN = 0x19
    PROGRAM_IMMEDIATE_RESUMPTION = 0x1A
    CHAPTER_START = 0x20
    CHAPTER_END = 0x21
    BREAK_START = 0x22
    BREAK_END = 0x23
    OPENING_CREDIT_START = 0x24
    OPENING_CREDIT_END = 0x25
    CLOSING_CREDIT_START = 0x26
    CLOSING_CREDIT_END = 0x27
    PROVIDER_ADVERTISEMENT_START = 0x30
    PROVIDER_ADVERTISEMENT_END = 0x31
    DISTRIBUTOR_ADVERTISEMENT_START = 0x32
    DISTRIBUTOR_ADVERTISEMENT_END = 0x33
    PROVIDER_PLACEMENT_OPPORTUNITY_START = 0x34
    PROVIDER_PLACEMENT_OPPORTUNITY_END = 0x35
    DISTRIBUTOR_PLACEMENT_OPPORTUNITY_START = 0x36
    DISTRIBUTOR_PLACEMENT_OPPORTUNITY_END = 0x37
    PROVIDER_OVERLAY_PLACEMENT_OPPORTUNITY_START = 0x38
    PROVIDER_OVERLAY_PLACEMENT_OPPORTUNITY_END = 0x39
    DISTRIBUTOR_OVERLAY_PLACEMENT_OPPORTUNITY_START = 0x3A
    DISTRIBUTOR_OVERLAY_PLACEMENT_OPPORTUNITY_END = 0x3B
    PROVIDER_PROMO_START = 0x3C
    PROVIDER_PROMO_END = 0x3D
    DISTRIBUTOR_PROMO_START = 0x3E
    DISTRIBUTOR_PROMO_END = 0x3F
    UNSCHEDULED_EVENT_START = 0x40
    UNSCHEDULED_EVENT_END = 0x41
    ALTERNATE_CONTENT_OPPORTUNITY_START = 0x42
    ALTERNATE_CONTENT_OPPORTUNITY_END = 0x43
    PROVIDER_AD_BLOCK_START = 0x44
    PROVIDER_AD_BLOCK_END = 0x45
    DISTRIBUTOR_AD_BLOCK_START = 0x46
    DISTRIBUTOR_AD_BLOCK_END = 0x47
    NETWORK_START = 0x50
    NETWORK_END = 0x51

    @property
    def title(self) -> str:
        """The name in Table 23, such as "Provider Placement Opportunity Start"."""
        return self.name.replace("_", " ").title()


_TITLES: Final = {member.value: member.title for member in SegmentationType}


def type_name(segmentation_type_id: int) -> str:
    """The name in Table 23, "Reserved" for a value without one."""
    return _TITLES.get(segmentation_type_id, "Reserved")


class DeviceRestrictions(IntEnum):
    """device_restrictions: which group of devices, defined elsewhere, may not have the segment."""

    GROUP_0 = 0
    GROUP_1 = 1
    GROUP_2 = 2
    NONE = 3

    @property
    def title(self) -> str:
        """The name in Table 21."""
        return "None" if self is DeviceRestrictions.NONE else f"Restrict Group {self.value}"
