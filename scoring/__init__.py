"""How likely and how valuable: models served in process.

Belongs here: registry, routes, tiers of fall-back; ONNX Runtime behind one door module.
Does not belong here: which pod wins (planner) and what may be spent (pacing).
"""
