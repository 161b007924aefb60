"""The slow reference stitcher: every viewer's whole event as a plain list, from the channel's first segment on.

A playlist is a slice of that list and its numbers are positions in it: nothing is summed, folded or offset. It is what
the edge's arithmetic is held against, and therefore shares no code with it: only ``domain`` and the standard library.

    model     what goes in and what comes out
    breaks    one break, and what may still change of it
    timeline  the origin's history, what is exposed of it, where breaks start and end (rules 1 to 3 and 6 of the window)
    event     one viewer's list in one rendition, and the slice that shows (rules 4 and 5)
    stitcher  ``Reference``: viewers, numbers, and the proof that nothing published changes (rule 7)

The rules of the window stand in ``docs/architecture.md``.
"""

from replay.reference.breaks import Break
from replay.reference.model import Change, Entry, In, Out, Piece, Playlist, Rules
from replay.reference.stitcher import Reference
from replay.reference.timeline import Timeline

__all__ = ["Break", "Change", "Entry", "In", "Out", "Piece", "Playlist", "Reference", "Rules", "Timeline"]
