"""Breaks: the record of one, and how signals over many refreshes become records.

A break goes announced, open, closing, closed, folded. Its identity is its signalled start, fixed by the first signal.
Where a break's cuts fall on each rendition's grid is found in ``ssai.channel``, which knows the windows.
"""
