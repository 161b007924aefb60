"""One live channel: windows of all renditions, numbered channel versions, the origin and its poller.

Pure: window, version, advance, resolve, codec. Shells: origin (fetches), poller (the one leader's loop).
"""
