"""Waiting for something outside, and telling how long it took."""

import socket
import threading
import time

# For what is sure to come: another process may have the processors for a while.
PATIENCE = 60


class Turns(threading.Thread):
    """How long this process had to wait for its turns: what the machine took from everybody."""

    PAUSE = 0.02
    USUAL = 0.03  # of lateness, with the processors at hand

    def __init__(self):
        super().__init__(daemon=True)
        self.waited = 0.0

    def run(self):
        while True:
            began = time.monotonic()
            time.sleep(self.PAUSE)
            late = time.monotonic() - began - self.PAUSE
            self.waited += late if late > self.USUAL else 0


TURNS = Turns()
TURNS.start()


class Seconds(float):
    """What something took; `own`: but for what this process had to wait for its turns. The first is
    for what must have taken some time, the other for what must not have taken more."""


def stopwatch():
    """A function that says the Seconds since this call."""
    began, waited = time.monotonic(), TURNS.waited

    def read():
        took = Seconds(time.monotonic() - began)
        time.sleep(2 * TURNS.PAUSE)  # so that a wait that ends just now is counted
        took.own = took - (TURNS.waited - waited)
        return took

    return read


def until(condition, seconds=PATIENCE, pause=0.02):
    """The first true value of `condition()`, or its last value when the time, our own, is over."""
    end, clock = time.monotonic() + seconds, stopwatch()
    while True:
        value = condition()
        if value or time.monotonic() > end and clock().own > seconds:
            return value
        time.sleep(pause)


def port_is_open(host, port):
    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False


def wait_for_port(host, port):
    assert until(lambda: port_is_open(host, port)), f"nothing listens on {host}:{port}"
