"""Which pods are legal, what they are worth, who gets which.

Belongs here: rules, pricing, column generation, certificates; OR-Tools behind one door module.
Does not belong here: viewers' sessions, playlists, budgets already spent.

    book       campaigns, creatives, breaks and audience as people write them (TOML, JSON), parsed and bounded
    check      every rule without a solver: one pod, one viewer's history, one plan; the specification
    build      a book and a break become arrays: who may see what, what excludes what, what all share
    problem    those arrays
    worth      what an ordered pod is worth to a row of the audience
    legal      whether a pod is legal by the arrays alone
    price      the best legal pod of each row at given prices, with a bound
    solvers    the door to OR-Tools
    port       what a planner is, and when it stops
    plan       what a planner answers: portions of seats, prices, how far from the best they can be
    master     the planner by prices: column generation over cohorts, tiers, guarantees
    greedy     the planner that takes ads by value per second
    baselines  what others do, to measure against
    filling    what greedy planners have in common: pods filled an ad at a time
    ledger     what shared limits still allow, for planners that serve one row after the other
    account    portions of seats as an answer, with a bound that costs next to nothing
    seats      one pod for each seat, hard limits kept; choice, propensities, payments
    decide     from book and break to a plan file: planned, explained, paid, checked
    planfile   a plan as it is written to a file and read again
    event      the breaks of a whole event planned together, by forecast; why they are as they are
    eventfile  an event's plan as it is written to a file and read again

A rule exists twice: in ``check`` for people and as specification, in ``build`` for the solvers; tests hold the two
together. The way of a break through these rooms is told in ``docs/architecture.md``.
"""
