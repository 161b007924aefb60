"""The book: campaigns, creatives, breaks and audience as people write them.

    model          the fields, with their bounds
    forecast       those that say how many watch, when
    fields         what they have in common: bounds, forms of names, amounts and times
    text           a file's text, bounded
    document       text becomes plain values, bounded
    read           a TOML or JSON file becomes a book, or one error that names the place
    validation     what pydantic finds wrong, in the words of all other errors
    disagreement   a field that does not fit another
    agreement      what two or more fields must agree on
    timeline       the same of fields that speak of time: breaks, curves, what turned up
    audience       an audience that is split becomes cohorts
    scores         what campaigns say of traits, regions and devices becomes scores in cohorts
    campaigns_csv  campaigns from a spreadsheet
    columns        its columns
    cells          what stands in them
    leap           LEAP Forecast documents
    outline        a new event file from one
    override       values set from outside: what would be if
    taxonomy       the tree of categories, from a file in IAB's TSV layout
    metadata       what stands in for categories and advertisers that a creative does not state
    spots          which creatives show the same ad

Money becomes integer micros and time integer microseconds when the book becomes arrays, in ``planner.build``.
"""
