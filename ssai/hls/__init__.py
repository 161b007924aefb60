"""Playlists: a line model that gives back any text, and an interpretation on top.

Sections are those of draft-pantos-hls-rfc8216bis. Nothing here decides or rewrites; nothing here knows of breaks.
"""
