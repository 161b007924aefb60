"""The demo: everything that ``halftime demo`` shows, made on the spot.

Belongs here: rendering its media, starting its origin and its edge.
Does not belong here: anything that a real event needs.
"""
