"""Which pods are legal, what they are worth, who gets which.

Belongs here: rules, pricing, column generation, certificates; OR-Tools behind one door module.
Does not belong here: viewers' sessions, playlists, budgets already spent.
"""
