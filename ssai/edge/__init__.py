"""The running edge: channel workers, the HTTP door, metrics, limits.

Belongs here: what holds state of a running process and what speaks HTTP. Does not belong here: rules and arithmetic.
"""
