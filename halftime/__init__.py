"""Command line, settings and wiring: the only place that knows every concrete class.

Belongs here: argument parsing, reading settings, building the edge from its parts, the demo.
Does not belong here: anything that another package could want.
"""
