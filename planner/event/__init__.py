"""The breaks of a whole event planned together: goals and budgets over all of them, caps over all that viewers attend.

    night     the event as arrays: scenes, what all viewers share, how far caps reach
    forecast  who is there at which break, and how many breaks a viewer attends
    stage     from a book and a forecast to a night

A scene is one break at one of its durations, with the probability that it comes so. A cohort's evening is what it sees
over all scenes: the columns of the event's linear program are evenings.
"""
