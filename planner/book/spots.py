"""Which creatives show the same ad: those that have the same id in a registry of ads.

An ad may come into a book more than once, by two campaigns or in two encodings; a viewer who sees both has seen one ad
twice.
"""

from __future__ import annotations

from planner.book.model import Book


def spots(book: Book) -> dict[str, str]:
    """By creative, the ad that it shows, called by the first creative of the book that shows it.

    Ids in a registry are compared without case and without blanks around them; where there is none, a creative shows an
    ad of its own.
    """
    first: dict[str, str] = {}
    found = {}
    for creative in book.creatives:
        registered = creative.universal_ad_id.strip().casefold()
        found[creative.id] = first.setdefault(registered, creative.id) if registered else creative.id
    return found
