"""A client that is not ours: one whole dialogue each by swaks, on every way mail is judged."""

import subprocess

from waiting import until

RULES = """
rules:
  - name: ban
    when: { sender_domain: bad.example, helo: swaks.example }
    then: reject 550 5.7.1 "banned by swaks test"
"""


def swaks(port, sender):
    return subprocess.run(
        ["swaks", "--server", "127.0.0.1", "--port", str(port), "--helo", "swaks.example",
         "--from", sender, "--to", "swaks@box.example", "--header", "Subject: by swaks",
         "--body", "swaks-body"], capture_output=True, text=True, timeout=60,
        stdin=subprocess.DEVNULL)


def test_a_good_message_arrives(wire):
    daemon = wire.start(RULES)
    result = swaks(wire.port, "ann@good.example")
    assert result.returncode == 0, result.stdout
    assert "<-  250 2.0.0 " in result.stdout
    assert until(lambda: [text for text in wire.mta.delivered() if "swaks-body" in text])
    assert daemon.some_decided(sender="ann@good.example")["helo"] == "swaks.example"


def test_a_banned_one_is_told_why(wire):
    wire.start(RULES)
    result = swaks(wire.port, "eve@bad.example")
    assert result.returncode != 0
    _, answer = wire.refuses_sender(
        "550 5.7.1 banned by swaks test", "eve@bad.example", "swaks@box.example")
    assert f"<** {answer}" in result.stdout
