"""A whole event again: viewers, origin, market, faults; conformance; comparison of policies.

Belongs here: the origin simulator, the slow reference stitcher, virtual viewers, benchmarks of the edge under load.
Does not belong here: anything that the edge needs to serve.
"""
