"""The page of an event's plan: one HTML file that needs nothing else, to read on a screen and on paper.

    page        the whole of it: head, policy, sections in order
    view        what all sections know
    markup      elements whose text cannot become markup
    words       figures as people read them, codes as sentences
    chart       scales, axes and frames of drawings
    marks       which campaigns have a colour and a letter
    tables      tables with captions, headings and keys to sort by
    headline    how planning ended, the figures, what to look at first
    difference  what a what-if changes
    evening     the breaks on a time axis
    running     the breaks one by one, with their pods
    delivery    each campaign's impressions over the breaks
    curves      those impressions as figures
    earnings    what each break is worth
    prices      what more of a limit would be worth, what a thousand impressions cost where
    rivals      the plan beside other policies
    shortfalls  promises not kept, and caps that bind
    campaigns   every campaign in one table

Pure: an ``EventFile`` goes in, text comes out. Names in it are anyone's.
"""
