"""The door to OR-Tools: nothing else in Halftime imports it.

    lp    linear programs by GLOP
    cp    choices of yes and no by CP-SAT

Both take and give plain numbers and arrays, run in one thread with fixed seeds, and stop at deterministic limits.
"""
