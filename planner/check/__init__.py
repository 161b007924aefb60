"""Every rule without a solver: the specification that every plan passes before use.

    violation   what is wrong, where, with a code
    facts       what the rules ask of a book, looked up once
    pairs       rules between two ads
    alone       rules of one ad in a break
    pod         rules of an ordered pod, and all of the above for it
    contracts   roadblocks and guaranteed positions
    history     rules of what one cohort's viewers have seen, and whom an ad is for
    value       what an ad declares and reserves, what a pod is worth
    shared      what all viewers share: budgets, goals, shares, shortfalls
    stated      what a plan says of a break follows from its pods
    left_out    every ad stands somewhere, or has a reason
    menu        pods kept ready
    plan        all of it for a plan

A pod is an ordered list of creatives; the empty pod breaks no rule. *Under* a node: the creative's categories, with all
their ancestors, hold it. Creatives without categories stand under every node where the book's policy leaves a doubt
(``Identity.doubtful``), and under none where it is lenient. Two ads are *of different advertisers* if both are known
and differ, or if one is not known and doubtful.

====================== ==== ============================================================================================
rule                   of   statement
====================== ==== ============================================================================================
``duration``           pod  the creatives' durations add up to at most the break's
``minimum_fill``       pod  ... and to at least ``break.minimum_fill``
``maximum_ads``        pod  at most ``break.maximum_ads`` creatives
``repeat``             pod  no creative stands twice, nor two that show the same ad
``separation``         pair not both under a node of ``book.separation``, nor of one of their campaigns' ``separation``
``advertiser``         pair where ``book.separation.advertisers``: not of the same advertiser, unless a cap of the
                            advertiser per break says how many; an unknown advertiser in doubt is the same as any
``avoid``              pair no tag of the one that the other's campaign avoids, if of different advertisers
``exclusivity``        pair "pod": not of another campaign; "category": not of a different advertiser and under the node
``position``           pod  an ad with a position request stands there; the only ad stands first and last
``cap_break``          pod  caps per break, what stands before counted
``forbidden``          ad   not under a category that the break forbids
``metadata``           ad   categories known, or not in doubt, where the break forbids any
``before``             ad   no pair rule broken with what stands before, nor there itself, nor a cap used up by it
``floor``              ad   declared value per thousand >= ``break.floor`` times the creative's seconds
``codecs``             ad   all of them among the break's, if it names any
``deal``               ad   the campaign's is among the break's, if it names any
``flight``             ad   the break begins in [start, end); without ``book.start`` a flight is kept only if lenient
``break_kind``         ad   targeted, or no kinds are
``event_exclusivity``  ad   not under the category of another campaign with event exclusivity, if of a different
                            advertiser
``targeting``          ad   one of ``traits``, all of ``every_trait``, none of ``not_traits``, region, device
``cap``                pod  by hour, day, event and lifetime: impressions seen and in the pod <= limit
``repeats``            pod  times seen in the event and in the pod <= ``maximum_repeats``
``separation_gap``     ad   no ``separation`` or ``advertiser`` conflict with one seen less than the gap ago
``ad_load``            pod  seconds of ads seen in the hour, and in the event, and in the pod, <= maximum
``roadblock``          pod  only the campaign's ads, for a cohort that it reaches
``guaranteed_position`` pod one of the campaign's ads in the position, for a cohort that it reaches
``seats``              plan cohorts', pods' and the break's seats agree, and the shares with them
``budget``             plan reserved micros of the campaign <= budget; every placed ad counts in full
``goal``               plan impressions of the campaign <= goal
``share``              plan impressions of the campaign <= maximum share of the break's impressions
``stated``             plan names exist; value, gap, fill, delivery and reasons are as recomputed; every creative stands
                            in a pod or is left out, with a reason that holds
====================== ==== ============================================================================================

Creatives with the same ``universal_ad_id`` are one ad: caps of a creative, ``repeats``, ``before`` and the cost of
repeats count them together, and the smallest cap of any of them holds.

A cap of the book holds for every creative, campaign or advertiser; a campaign's for its creatives, itself, or the
advertisers of its creatives, whichever campaign's ads these show. An ad of an unknown advertiser counts in no
advertiser's cap. Periods: hour ``ago`` < 3600 s, day < 86400 s, event ``ago`` <= ``break.at``, lifetime always. What
stands before counts in caps per break only. A campaign *reaches* a cohort if one of its creatives alone breaks no rule
of an ad in this break at this duration, nor a cap, repeat, gap, load or targeting rule of the cohort. Event exclusivity
holds in every break, whether or not its campaign has ads there. Budgets, goals and shares hold for each duration of
a break by itself: the durations are alternatives.

A node that a campaign separates binds its ads that stand under the node: against each other, and against all others
there. Positions are those of the planned pod: what stands before takes none.

Sources: the sections "Deciding a break" of the design, ``planner.worth`` for values, OpenRTB 2.6 for positions
(``slotinpod``).
"""
