"""From a book and one of its breaks to a plan file: every plausible duration planned, explained and checked.

    decide     the order of the work, and the last gate: the rules
    outcome    what one duration's planning gave
    payments   what campaigns reserve and pay
    delivery   what each campaign gets, and why it is short
    entry      one duration as the plan file has it
    left_out   why an ad is in no pod
    forced     the best pod that has a given ad, and the best that has not
    menu       pods kept ready: for viewers of whom nothing is known, and for breaks that grow
    money      amounts for people
    text       a plan as bytes

The decision itself is made by a planner; here stands what goes before and after it.
"""
