"""Virtual viewers: many per process, each plays a live presentation through an edge as a player does and checks it.

Pure: what a player reads (``player``), when it reloads (``pace``), where its play head is (``head``), which pods it saw
(``pods``), what it counts (``tally``). Shells: the HTTP door (``client``), one viewer (``viewer``), many (``crowd``).
"""

from replay.viewers.client import Answer, Client, Outcome
from replay.viewers.clock import Clock, MonotonicClock
from replay.viewers.crowd import Crowd
from replay.viewers.head import Stall
from replay.viewers.pods import PodSeen
from replay.viewers.tally import Summary, Tally
from replay.viewers.viewer import Absence, Habits, Source, Viewer, edge_creative

__all__ = [
    "Absence",
    "Answer",
    "Client",
    "Clock",
    "Crowd",
    "Habits",
    "MonotonicClock",
    "Outcome",
    "PodSeen",
    "Source",
    "Stall",
    "Summary",
    "Tally",
    "Viewer",
    "edge_creative",
]
