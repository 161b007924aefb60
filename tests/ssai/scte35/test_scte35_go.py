"""The recorded messages, field by field, against what the tests of scte35-go expect of them.

A field that a Go literal omits has its zero value, or is nil where ours is absent.
"""

import base64

from ssai.scte35.jsonable import to_json
from ssai.scte35.segmentation import SegmentationType
from ssai.scte35.upid import UpidType

GO_DESCRIPTORS = {
    "AvailDescriptor": "avail_descriptor",
    "DTMFDescriptor": "DTMF_descriptor",
    "SegmentationDescriptor": "segmentation_descriptor",
    "PrivateDescriptor": "private_descriptor",
}
GO_UPIDS = {"SegmentationUPIDType" + name: UpidType[name] for name in ("TI", "ADI", "EIDR", "MPU", "ADS", "URI")}
GO_SEGMENTATION = {
    "SegmentationTypeProviderPOStart": SegmentationType.PROVIDER_PLACEMENT_OPPORTUNITY_START,
    "SegmentationTypeProviderPOEnd": SegmentationType.PROVIDER_PLACEMENT_OPPORTUNITY_END,
    "SegmentationTypeDistributorPOEnd": SegmentationType.DISTRIBUTOR_PLACEMENT_OPPORTUNITY_END,
    "SegmentationTypeProviderAdStart": SegmentationType.PROVIDER_ADVERTISEMENT_START,
    "SegmentationTypeProviderAdEnd": SegmentationType.PROVIDER_ADVERTISEMENT_END,
    "SegmentationTypeProgramStart": SegmentationType.PROGRAM_START,
    "SegmentationTypeProgramEnd": SegmentationType.PROGRAM_END,
    "SegmentationTypeProgramOverlapStart": SegmentationType.PROGRAM_OVERLAP_START,
    "SegmentationTypeProgramBlackoutOverride": SegmentationType.PROGRAM_BLACKOUT_OVERRIDE,
    "SegmentationTypeBreakStart": SegmentationType.BREAK_START,
    "SegmentationTypeBreakEnd": SegmentationType.BREAK_END,
}


def go_insert(mine):
    theirs = {
        "SpliceEventID": mine["splice_event_id"],
        "SpliceEventCancelIndicator": mine["splice_event_cancel_indicator"],
        "OutOfNetworkIndicator": mine["out_of_network_indicator"],
        "SpliceImmediateFlag": mine["splice_immediate_flag"],
        "UniqueProgramID": mine["unique_program_id"],
        "AvailNum": mine["avail_num"],
        "AvailsExpected": mine["avails_expected"],
        "BreakDuration": None,
        "Program": None,
    }
    if mine["duration_flag"]:
        duration = mine["break_duration"]
        theirs["BreakDuration"] = {"AutoReturn": duration["auto_return"], "Duration": duration["duration"]}
    if mine["program_splice_flag"]:
        theirs["Program"] = {"PTSTime": mine.get("splice_time", {}).get("pts_time", 0)}
    return theirs


def go_said(record):
    """A recorded literal with every omitted field at its zero, in the shape of ``go_insert``."""
    zero = {
        "SpliceEventID": 0,
        "SpliceEventCancelIndicator": False,
        "OutOfNetworkIndicator": False,
        "SpliceImmediateFlag": False,
        "UniqueProgramID": 0,
        "AvailNum": 0,
        "AvailsExpected": 0,
        "BreakDuration": None,
        "Program": None,
    }
    said = zero | {key: value for key, value in record.items() if key != "_"}
    if said["BreakDuration"] is not None:
        said["BreakDuration"] = {k: v for k, v in said["BreakDuration"].items() if k != "_"}
    if said["Program"] is not None:
        said["Program"] = {"PTSTime": go_pts(said["Program"])}
    return said


def go_pts(record):
    """PTSTime of a literal or of a constructor's argument; 0 where there is none."""
    if "args" in record:
        (pts_time,) = record["args"]
        return pts_time
    return record.get("SpliceTime", {}).get("PTSTime", 0)


def go_upid_matches(record, mine):
    if record.get("_") == "NewSegmentationUPID":
        kind, number = record["args"]
        return GO_UPIDS[kind] == mine["segmentation_upid_type"] and str(number) == mine["segmentation_upid_text"]
    kind = record["Type"] if isinstance(record["Type"], int) else GO_UPIDS[record["Type"]]
    value = bytes.fromhex(mine["segmentation_upid"])
    if kind == UpidType.MPU:
        assert record["Format"] == "SegmentationUPIDFormatBase64"
        expected = record["FormatIdentifier"].to_bytes(4, "big") + base64.b64decode(record["Value"])
        return kind == mine["segmentation_upid_type"] and value == expected
    if kind in {UpidType.TI, UpidType.EIDR}:
        return kind == mine["segmentation_upid_type"] and mine["segmentation_upid_text"] == record["Value"]
    return kind == mine["segmentation_upid_type"] and value.decode("latin-1") == record.get("Value", "")


def check_go_segmentation(record, mine, why):
    kind = record["SegmentationTypeID"]
    restrictions = record.get("DeliveryRestrictions")
    assert mine["segmentation_event_id"] == record["SegmentationEventID"], why
    assert mine["segmentation_event_cancel_indicator"] is False, why
    assert mine["segmentation_type_id"] == (kind if isinstance(kind, int) else GO_SEGMENTATION[kind]), why
    assert mine.get("segmentation_duration") == record.get("SegmentationDuration"), why
    assert mine["segment_num"] == record.get("SegmentNum", 0), why
    assert mine["segments_expected"] == record.get("SegmentsExpected", 0), why
    assert mine.get("sub_segment_num") == record.get("SubSegmentNum"), why
    assert mine.get("sub_segments_expected") == record.get("SubSegmentsExpected"), why
    assert mine["delivery_not_restricted_flag"] is (restrictions is None), why
    if restrictions is not None:
        assert mine["web_delivery_allowed_flag"] is restrictions.get("WebDeliveryAllowedFlag", False), why
        assert mine["no_regional_blackout_flag"] is restrictions.get("NoRegionalBlackoutFlag", False), why
        assert mine["archive_allowed_flag"] is restrictions.get("ArchiveAllowedFlag", False), why
        assert restrictions["DeviceRestrictions"] in {"DeviceRestrictionsNone", 3}, why
        assert mine["device_restrictions"] == 3, why
    upids = mine.get("mid", [mine])
    assert len(upids) == len(record["SegmentationUPIDs"]), why
    for theirs, ours in zip(record["SegmentationUPIDs"], upids, strict=True):
        assert go_upid_matches(theirs, ours), (theirs, ours, why)


def check_go_descriptor(record, mine, why):
    assert mine["name"] == GO_DESCRIPTORS[record["_"]], why
    match record["_"]:
        case "AvailDescriptor":
            assert mine["provider_avail_id"] == record["ProviderAvailID"], why
        case "DTMFDescriptor":
            assert (mine["preroll"], mine["dtmf_chars"]) == (record["Preroll"], record["DTMFChars"]), why
        case "PrivateDescriptor":
            assert mine["identifier"] == record["Identifier"], why
            assert list(bytes.fromhex(mine["private_bytes"])) == record["PrivateBytes"], why
        case _:
            check_go_segmentation(record, mine, why)


def check_go_command(record, mine, why):
    match record["_"]:
        case "SpliceNull":
            assert mine == {"name": "splice_null"}, why
        case "SpliceInsert":
            assert mine["name"] == "splice_insert", why
            assert go_insert(mine) == go_said(record), why
        case "TimeSignal" | "NewTimeSignal":
            assert mine["name"] == "time_signal", why
            assert mine["splice_time"]["pts_time"] == go_pts(record), why


def test_every_field_of_scte35_go(messages, section_of):
    compared = 0
    for message in messages:
        record = message.get("upstream_expected", {}).get("Comcast+scte35-go")
        if record is None:
            continue
        why = message["base64"]
        section = section_of(message)
        ours = to_json(section)
        assert set(record) <= {
            "_",
            "EncryptedPacket",
            "SpliceCommand",
            "SpliceDescriptors",
            "Tier",
            "SAPType",
            "PTSAdjustment",
        }
        assert ours["sap_type"] == {"SAPTypeNotSpecified": 3}.get(record["SAPType"], record["SAPType"]), why
        assert ours["tier"] == record["Tier"], why
        assert ours["pts_adjustment"] == record.get("PTSAdjustment", 0), why
        packet = record.get("EncryptedPacket", {})
        assert ours["cw_index"] == packet.get("CWIndex", 0), why
        assert packet.get("EncryptionAlgorithm", "EncryptionAlgorithmNone") == "EncryptionAlgorithmNone"
        assert (ours["encryption_algorithm"], ours["encrypted_packet"]) == (0, False), why
        assert section.legacy_command_length is message.get("upstream_legacy", {}).get("Comcast+scte35-go", False), why
        check_go_command(record["SpliceCommand"], ours["splice_command"], why)
        theirs = record.get("SpliceDescriptors", [])
        assert len(theirs) == len(ours["splice_descriptors"]), why
        for each, mine in zip(theirs, ours["splice_descriptors"], strict=True):
            check_go_descriptor(each, mine, why)
        compared += 1
    assert compared == 18
