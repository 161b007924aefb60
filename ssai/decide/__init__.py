"""Which pod a seat gets in a break: the port ``Decisions`` and its implementations.

Decisions are asked once per (seat, break), pinned in the store, and only looked up afterwards.
"""
