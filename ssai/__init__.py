"""The edge: HLS in, breaks, decisions fanned out, stitched HLS out.

Belongs here: playlists, SCTE-35, break detection, the stitching arithmetic, viewers, creatives as files, the store.
Pure rooms (no clock, no I/O): hls, scte35, cues, breaks, channel (but its origin and poller), stitch, decide, sessions.
Shells: channel.origin, channel.poller, creatives, store, edge.
Does not belong here: which ad is worth what (planner, scoring, pacing) and which concrete class is used (halftime).
"""
