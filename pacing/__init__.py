"""What may still be spent and who has seen what.

Belongs here: budgets, caps, ledger, forecast; Redis behind one door module.
Does not belong here: values of ads (scoring) and legality of pods (planner).
"""
