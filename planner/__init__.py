"""Which pods are legal, what they are worth, who gets which.

Belongs here: rules, pricing, column generation, certificates; OR-Tools behind one door module.
Does not belong here: viewers' sessions, playlists, budgets already spent.

    book       campaigns, creatives, breaks and audience as people write them (TOML, JSON), parsed and bounded
    check      every rule without a solver: one pod, one viewer's history, one plan; the specification
    build      a book and a break become arrays: who may see what, what excludes what, what all share
    problem    those arrays
    worth      what an ordered pod is worth to a row of the audience
    price      the best legal pod of each row at given prices, with a bound
    master     prices and shares: column generation over cohorts, tiers, guarantees
    seats      one pod for each seat, hard limits kept; choice, propensities, payments
    solvers    the door to OR-Tools
    plan       what was decided, what it earns, how far from the best it can be, what was left out and why
    port       what a planner is, and when it stops
    planfile   a plan as it is written to a file and read again

A rule exists twice: in ``check`` for people and as specification, in ``build`` for the solvers; tests hold the two
together.
"""
