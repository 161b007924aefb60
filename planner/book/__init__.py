"""The book: campaigns, creatives, breaks and audience as people write them.

    model      the fields, with their bounds
    text       a file's text, bounded
    document   text becomes plain values, bounded
    read       a TOML or JSON file becomes a book, or one error that names the place
    agreement  what two or more fields must agree on
    taxonomy   the tree of categories, from a file in IAB's TSV layout
    metadata   what stands in for categories and advertisers that a creative does not state
    spots      which creatives show the same ad

Money becomes integer micros and time integer microseconds when the book becomes arrays, in ``planner.build``.
"""
