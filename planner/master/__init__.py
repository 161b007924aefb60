"""Prices and shares: who of the audience gets which pods, with a bound on what any plan could earn.

    turn        what is maximised while one priority tier has its turn, and the bound that prices give
    pool        the columns seen so far: a row of the audience and a pod it may see
    ascent      prices moved towards what is asked and what there is, before any linear program
    restricted  the linear program over some of the columns
    whole       shares become whole seats; hard limits are kept exactly, what is left over is sold
    generation  the planner: columns from pricing, prices from the linear program, until the stop

What it needs from elsewhere is a ``planner.price.port.Pricing``: any that is right gives a right bound.
"""
