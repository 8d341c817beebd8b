"""Waiting for something outside, never longer than told."""

import socket
import time


def until(condition, seconds=5.0, pause=0.02):
    """The first true value of `condition()`, or its last value when the time is over."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(pause)


def port_is_open(host, port):
    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False


def wait_for_port(host, port, seconds=10):
    assert until(lambda: port_is_open(host, port), seconds), f"nothing listens on {host}:{port}"
