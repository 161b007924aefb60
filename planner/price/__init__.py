"""The best legal pod of each row of the audience at given prices, with a bound on what any pod could bring.

    port         what pricing answers
    states       the lengths that ads can add up to
    groups       ads of which a pod has at most one: the part of the rules that a dynamic program knows
    relaxed      the dynamic program, vectorised over rows: a bound, and a pod that may still break a rule
    branch       branching on broken rules until the pod is legal and the bound is its value
    sequence     branch and bound over ordered pods of one row: exact whatever the rules
    conflict     the same by CP-SAT, for wide conflict graphs and as oracle

What the dynamic program does not know (pairs, several categories, order) it relaxes, so that its bound stays a bound.
"""
