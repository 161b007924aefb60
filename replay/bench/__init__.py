"""What the edge and the planner cost, measured against plain baselines in the same run; ``python -m replay.bench``.

    figures   what a benchmark answers, as a table and as JSON
    event     the synthetic live event that the edge's benchmarks run on: origin, catalogue, pods
    filled    a channel worker with that event behind it and thousands of seats taken
    servers   the processes that answer: the edge as ``halftime serve`` runs it, and two servers of a constant body
    load      the process that asks: as many keep-alive connections as told, one request in flight on each
    expected  what each sampled body must be, byte for byte, computed with the reference stitcher
    stitch, refresh, dvr, memory, latency    the edge's benchmarks
    hard_book  a break for a million seats with values and histories of their own; ``binding``: what bites in it
    books      random books of three kinds, in cohorts
    planner_hard, planner_master, planner_seats, planner_value, planner_scaling, planner_event    the planner's

How each is measured stands in ``docs/benchmarks.md``.
"""
