"""The breaks of a whole event planned together: goals and budgets over all of them, caps over all that viewers attend.

From a book to arrays:

    night        the event as arrays: scenes, what all viewers share, how far caps reach
    forecast     who is there at which break: levels, curves, revisions, or what really turned up
    attendance   how much viewers can see who do not attend every break
    coming       the breaks that still come, and what the viewers of each cohort can see over some of them
    past         what viewers had seen before them
    reach        how often viewers can see what caps count, over several breaks
    report       a file that tells what was delivered so far
    delivered    the same, as the book's breaks and creatives
    remaining    what deliveries leave of limits
    stage        from a book and a forecast to a night

From arrays to a plan:

    answer       what is planned for a night, and how good it certainly is
    acts         scenes that are alike, planned as one
    asking       the best pods at given prices: quick, or in order where that is in doubt
    scaling      linear programs brought to the order of one
    fluid        ads poured like water: near the right prices, without pods
    sample       a night of some of its cohorts, which find prices first where they are many
    opening      the prices that planning begins at: from a sample of cohorts, then from all
    bounds       what no plan of a cohort exceeds at given prices, and the pods that are the best there
    pods         the pods known for every cohort
    formulation  the linear program of who sees which of them, within what all share
    program      it solved, for what to show and for better prices
    kept         a rough answer brought within its limits
    outcome      the program's answer becomes who sees what, and what that is worth
    plan         a night planned, with a bound
    handover     a plan of one night as the beginning of another's

From a plan to what is told:

    figures      impressions, seconds, values and prices by scene, campaign and pod
    shortfall    why a campaign gets less than it was promised, or may have
    tell         the plans for all audiences become the file of the event
    why          what keeps a campaign's ads out of a break, or of the event
    why_rules    rules that do, and the fields behind them
    why_market   what an ad's place costs at the plan's prices
    why_limits   limits that are used up
    why_cause    a cause, and what to set so that it is gone
    why_answer   what became of a campaign, for people and for machines
    avails       whether a campaign can still be booked, and at whose cost
    play         a night played break by break, whatever decides
    policies     what others do with an event, to measure a plan against

A scene is one break at one of its durations, with the probability that it comes so.
"""
