"""One pod for each seat: hard limits kept, chances stated, payments computed.

    draws        random numbers that depend on seed, seat and counter alone
    policy       how much chance a choice has: temperature, exploration
    choice       which pod of a menu a seat takes
    soft         which pod a seat takes that may also have the best of its own
    split        which seats of a homogeneous cohort take which pod of its plan
    propensity   the probability of what was chosen, as pod and as slot marginal
    tariff       what ads bid, the least they pay, what a unit of bid is worth to a viewer
    payment      what each placed ad pays
    prices       dual prices over a crowd of seats
    assign       pods for seats in order, hard limits kept
    plan         a crowd planned: prices, bound, pods, and what is proved by that

A menu is int16[M, P], pods filled up with ``NOTHING``; what a row may not have is not taken off the menu but has no
reduced value (NaN or minus infinity), so that a pod keeps its number and with it its draws.
"""
