"""The nouns that two or more packages share.

Belongs here: units, the error tree, reason codes, break, pod and creative as plain data.
Does not belong here: I/O, clocks, random numbers, anything outside the standard library.
"""
