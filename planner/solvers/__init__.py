"""The door to OR-Tools: nothing else in Halftime imports it.

    lp      linear programs by GLOP, to the end
    pdlp    large linear programs by PDLP, roughly
    cp      choices of yes and no by CP-SAT

All take and give plain numbers and arrays, have fixed seeds and a fixed division of work, and stop at deterministic
limits.
"""
