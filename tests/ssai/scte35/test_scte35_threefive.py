"""Every recorded message, field by field, against what threefive 2.5.5 made of it.

It gives seconds for ticks, names for codes and identifiers as text. A recorded field without a counterpart here fails
the test.
"""

from ssai.scte35.jsonable import to_json
from ssai.scte35.upid import UpidType

THREEFIVE_SILENT = {
    "TypeError: 'bool' object is not subscriptable": 3,  # splice_command_length 0xFFF: it has no legacy length
    "TypeError: object of type 'bool' has no len()": 2,  # the section is cut short: an error here too
    "UnicodeDecodeError: 'utf-8' codec can't decode byte 0x89 in position 0: invalid start byte": 2,  # likewise
    "KeyError: 199": 1,  # a MID that names a reserved type: Table 22 reserves it, it does not forbid to read on
}
"""Where threefive gives no decode, and why ours may."""

THREEFIVE_UMID = {"segmentation_type_id", "segmentation_message", "segment_num", "segments_expected"}
"""Behind a UMID threefive is four bytes off: a UMID has 32 bytes (Table 22), it reads 28."""

THREEFIVE_FOREIGN = {"name", "provider_avail_id"}
"""It reads any descriptor of tag 0 as avail_descriptor, past its length; the identifier says whose tag it is (10.1)."""

THREEFIVE_SUB_SEGMENT = {"sub_segment_num", "sub_segments_expected"}
"""It shows the pair for every type that may have one, as 0, or as what the next descriptor begins with, where the
descriptor ends before it; descriptor_length says whether the pair is there (10.3.3.1)."""

THREEFIVE_UPID_NAMES = {
    UpidType.USER_DEFINED: "Heads Up! UPID 0x01 'User Defined' is deprecated. Use 0x0C 'MPU'.",
    UpidType.ISCI: "Heads Up! UPID 0x02 'ISCI' is Deprecated use 0x03 'AdID'.",
    UpidType.AD_ID: "AdID",
    UpidType.TI: "AiringID",
    UpidType.ATSC: "ATSC",
    UpidType.ADS: "ADS Info",
}
"""Names that are not those of Table 22; the rest are equal."""

THREEFIVE_COMMAND = {
    "command_length": lambda ours, _: ours["splice_command_length"],
    "command_type": lambda ours, _: ours["splice_command_type"],
    "name": lambda _, command: command["name"].replace("_", " ").title(),
    "time_specified_flag": lambda _, command: command["splice_time"]["time_specified_flag"],
    "pts_time": lambda _, command: command["splice_time"]["pts_time_seconds"],
    "break_auto_return": lambda _, command: command["break_duration"]["auto_return"],
    "break_duration": lambda _, command: command["break_duration"]["duration_seconds"],
}
NAMES = {"avail_descriptor": "Avail Descriptor", "DTMF_descriptor": "DTMF Descriptor"} | {
    "segmentation_descriptor": "Segmentation Descriptor"
}


def threefive_upid(mine):
    value = bytes.fromhex(mine["segmentation_upid"])
    match mine["segmentation_upid_type"]:
        case UpidType.MID:
            return [
                {
                    "upid_type": nested["segmentation_upid_type"],
                    "upid_type_name": threefive_upid_name(nested),
                    "upid_length": nested["segmentation_upid_length"],
                    "segmentation_upid": threefive_upid(nested),
                }
                for nested in mine["mid"]
            ]
        case UpidType.TI | UpidType.ISAN:
            # Leading zero bytes go, a leading zero digit stays.
            return "0x" + value.lstrip(b"\0").hex()
        case UpidType.EIDR:
            return "0x" + value.hex()
        case UpidType.UMID:
            return ".".join(value[k : k + 4].hex() for k in range(0, 28, 4))
        case UpidType.MPU:
            return {"format_identifier": value[:4].decode(), "private_data": "0x" + value[4:].hex()}
        case UpidType.ATSC:
            bits = int.from_bytes(value[2:4], "big")
            return {
                "TSID": int.from_bytes(value[:2], "big"),
                "reserved": bits >> 14,
                "end_of_day": bits >> 9 & 31,
                "unique_for": bits & 511,
                "content_id": value[4:].decode(),
            }
        case _:
            return value.decode("utf-8", "replace")


def threefive_upid_name(mine):
    return THREEFIVE_UPID_NAMES.get(mine["segmentation_upid_type"], mine["segmentation_upid_type_name"])


THREEFIVE_DESCRIPTOR = {
    "tag": lambda mine: mine["splice_descriptor_tag"],
    "identifier": lambda mine: mine["identifier_text"],
    "name": lambda mine: NAMES[mine["name"]],
    "dtmf_chars": lambda mine: list(mine["dtmf_chars"]),
    "segmentation_event_id": lambda mine: "0x" + mine["segmentation_event_id"].to_bytes(4, "big").lstrip(b"\0").hex(),
    "device_restrictions": lambda mine: mine["device_restrictions_name"].replace("None", "No Restrictions"),
    "segmentation_duration": lambda mine: mine["segmentation_duration_seconds"],
    "segmentation_message": lambda mine: mine["segmentation_type_name"],
    "segmentation_upid": threefive_upid,
    "segmentation_upid_type_name": threefive_upid_name,
    "private_data": lambda mine: bytes.fromhex(mine["private_bytes"]).decode(),
}


def test_every_field_of_threefive(messages, section_of):
    silent = {}
    fields = foreign = pairless = 0
    for message in messages:
        record = dict(message["threefive_2_5_5"])
        if "error" in record:
            silent[record["error"]] = silent.get(record["error"], 0) + 1
            continue
        ours = to_json(section_of(message))
        command, descriptors = record.pop("command"), record.pop("descriptors")
        assert record == {"pts_adjustment": ours["pts_adjustment_seconds"]}, message["base64"]
        for name, theirs in command.items():
            mine = ours["splice_command"]
            value = THREEFIVE_COMMAND[name](ours, mine) if name in THREEFIVE_COMMAND else mine[name]
            assert value == theirs, (name, message["base64"])
            fields += 1
        assert len(descriptors) == len(ours["splice_descriptors"])
        for theirs, mine in zip(descriptors, ours["splice_descriptors"], strict=True):
            agreed = set(theirs)
            if mine.get("segmentation_upid_type") == UpidType.UMID:
                agreed -= THREEFIVE_UMID
                assert message["agrees_threefive"] is False
            if mine["name"] == "private_descriptor" and mine["splice_descriptor_tag"] == 0:
                agreed -= THREEFIVE_FOREIGN
                foreign += 1
            if "sub_segment_num" in theirs and "sub_segment_num" not in mine:
                agreed -= THREEFIVE_SUB_SEGMENT
                pairless += 1
            for name in agreed:
                value = THREEFIVE_DESCRIPTOR[name](mine) if name in THREEFIVE_DESCRIPTOR else mine[name]
                assert value == theirs[name], (name, message["base64"])
                fields += 1
    assert silent == THREEFIVE_SILENT
    assert (foreign, pairless) == (1, 7)
    assert fields > 2000
