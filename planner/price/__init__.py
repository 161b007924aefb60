"""The best legal pod of each row of the audience at given prices, with a bound on what any pod could bring.

    port         what pricing answers
    pricing      pricing as planners use it: the dynamic program, and exact search for what it leaves in doubt
    threads      a pricing on several cores
    states       the lengths that ads can add up to
    groups       ads of which a pod has at most one: the part of the rules that a dynamic program knows
    time_prices  order relaxed: what an ad may be worth at best, wherever it stands
    relaxed      the dynamic program, vectorised over rows: a bound, and a pod that may still break a rule
    order        a set of ads as an ordered pod
    branch       branching on broken rules until the pod is legal and the bound is its value
    ground       rules and worth as plain numbers and bitmasks, for one row at a time
    viewer       pricing row by row
    potential    what the rest of a pod can bring at most, at a price of time
    sequence     branch and bound over ordered pods of one row: exact whatever the rules
    conflict     the same by CP-SAT, for wide conflict graphs and as oracle

What the dynamic program does not know (pairs, several categories, order) it relaxes, so that its bound stays a bound.
"""
