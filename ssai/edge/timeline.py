"""The breaks of a channel as they stand, for pages and people: plain data, milliseconds since the Unix epoch."""

from __future__ import annotations

from typing import Any

from ssai.edge.worker import ChannelWorker
from ssai.sessions.token import Session


def timeline(worker: ChannelWorker, session: Session | None) -> dict[str, Any]:
    """Edge, breaks (planned, cut, state, reason), and with a session the items that this viewer gets in each."""
    version = worker.version
    if version is None:
        return {"number": 0, "breaks": []}
    lead = next(iter(version.windows.values()))
    plans = {plan.record.key: plan for plan in worker.plans(session)} if session is not None else {}

    def ms(instant: int | None) -> int | None:
        return None if instant is None else (instant - lead.skew) // 1000

    breaks = []
    for record in version.breaks:
        plan = plans.get(record.key)
        breaks.append(
            {
                "key": record.key,
                "id": record.id,
                "dialect": record.dialect,
                "state": record.state(version.least_edge),
                "reason": record.reason,
                "signalled": ms(record.signalled),
                "start": ms(record.start),
                "planned_end": ms(record.planned_end),
                "end": ms(record.end),
                "items": [
                    {"creative": item.creative, "index": item.index, "start": ms(item.start), "end": ms(item.end)}
                    for item in (plan.items if plan is not None else ())
                ],
            }
        )
    return {
        "number": version.number,
        "target_duration": version.target_duration // 1000,
        "edge": ms(version.least_edge),
        "head": ms(lead.head),
        "join": ms(session.join) if session is not None else None,
        "breaks": breaks,
    }
