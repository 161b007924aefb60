"""Ctrl-C while planning: real signals to real processes."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from halftime.interrupt import interruptible

HEAD = """
import signal, sys, time
import numpy as np
from halftime.interrupt import interruptible
# A test run in the background of a shell would pass on that Ctrl-C is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
ROUNDS = """
with interruptible() as interruption:
    print("ready", flush=True)
    while not interruption.interrupted:
        np.sort(np.random.default_rng(1).random(300_000))
print("best so far", flush=True)
"""
STUBBORN = """
try:
    with interruptible() as interruption:
        print("ready", flush=True)
        while True:
            time.sleep(0.01)
            if interruption.interrupted:
                print("heard", flush=True)
                time.sleep(60)
except KeyboardInterrupt:
    print("at once", flush=True)
    sys.exit(130)
"""
SOLVING = """
from planner.solvers.cp import Choices, Row, choose
rng = np.random.default_rng(1)
gains = rng.integers(1, 100, 200).tolist()
rows = [Row(list(range(200)), rng.integers(1, 50, 200).tolist(), None, 400) for _ in range(12)]
with interruptible() as interruption:
    answers = [choose(Choices(gains, rows), effort=0.3)]
    print("ready", flush=True)
    while not interruption.interrupted:
        answers.append(choose(Choices(gains, rows), effort=0.3))
print(len(set(answers)), flush=True)
"""
AFTERWARDS = """
with interruptible():
    pass
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("as before", flush=True)
"""
IGNORED = """
signal.signal(signal.SIGINT, signal.SIG_IGN)
with interruptible() as interruption:
    print("ready", flush=True)
    time.sleep(1.0)
    print(interruption.interrupted, flush=True)
"""


@contextmanager
def running(program: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has said it is ready; gone at the end."""
    child = subprocess.Popen(
        [sys.executable, "-c", HEAD + program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout.readline() == "ready\n", child.stderr.read()
        yield child
    finally:
        child.kill()
        child.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_ends_with_what_there_is(number):
    with running(ROUNDS) as child:
        child.send_signal(number)
        assert child.communicate(timeout=30) == ("best so far\n", "")
        assert child.returncode == 0


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_ends_at_once(second):
    with running(STUBBORN) as child:
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "heard\n"
        child.send_signal(second)
        assert child.communicate(timeout=30) == ("at once\n", "")
        assert child.returncode == 130


@pytest.mark.parametrize("seconds", [0.0, 0.2])
def test_a_solver_at_work_neither_swallows_the_signal_nor_answers_otherwise_nor_ends_the_process(seconds):
    with running(SOLVING) as child:
        time.sleep(seconds)
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=30) == ("1\n", "")
        assert child.returncode == 0


def test_afterwards_a_signal_does_what_it_did():
    with running(AFTERWARDS) as child:
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=30) == ("as before\n", "")


def test_a_signal_that_is_ignored_stays_so():
    with running(IGNORED) as child:
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=30) == ("False\n", "")


def test_handlers_are_those_of_before_even_after_an_error():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    def fail() -> None:
        with interruptible() as interruption:
            assert signal.getsignal(signal.SIGTERM) is interruption
            raise ValueError("planning")

    with pytest.raises(ValueError, match="planning"):
        fail()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_another_thread_changes_nothing():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def plan() -> None:
        with interruptible() as interruption:
            seen.append((signal.getsignal(signal.SIGINT), interruption.interrupted))

    thread = threading.Thread(target=plan)
    thread.start()
    thread.join()
    assert seen == [(before, False)]
