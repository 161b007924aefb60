"""A book and a break become arrays: who may see what, what excludes what, what all share.

    prices       decimals become micros and microseconds; what an impression declares and reserves
    lineup       ads as sets of bits: who stands under which category, who is of which advertiser
    pairs        rules between two ads, as sets: all ads that may not stand with this one
    caps         caps as limits of creatives, campaigns and advertisers
    eligibility  rules of one ad in a break, with the reason against it
    cliques      pairs become few families: ads of which any two exclude each other are one
    families     families of a pod: separation, advertisers, exclusivity, caps, positions
    history      what viewers of each cohort have seen, counted by period
    targeting    whom an ad is for
    exclusives   event exclusivity, and whether two of them can hold together
    audience     cohorts as rows: values, masks, ad time
    contracts    roadblocks and guaranteed positions, and whether they can hold together
    narrowing    caps that leave a cohort fewer impressions than a pod could hold
    sharing      what all viewers share: budgets, goals, guarantees, shares
    viewing      how viewers leave, what ads and slate cost
    build        all of it

Each rule of ``planner.check`` has its counterpart here, called by the same name, and written without it.
"""
