"""A live HLS origin from one recorded clip: playlists, cues, faults, snapshots.

Pure: clip (once read), schedule, cues, playlist. Shells: server, record.
Belongs here: what a packager would publish at a given instant. Does not belong here: ads, viewers, stitching.
"""
