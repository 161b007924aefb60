"""Creatives as files: the catalogue, and how a source is conditioned to a channel's ladder.

Belongs here: reading and writing the catalogue, the ladder, running ffmpeg, cutting, loudness, the slate.
Does not belong here: which creative plays (decide), how a segment appears in a playlist (stitch), the demo's media.
A shell: it touches files and runs processes; nothing on a playlist's path imports it.
"""
