"""A client that is not ours: one whole dialogue each by swaks."""

import subprocess

from mta import STOCK

RULES = """
rules:
  - name: ban
    when: { sender_domain: bad.example, helo: swaks.example }
    then: reject 550 5.7.1 "banned by swaks test"
"""


def swaks(sender):
    return subprocess.run(
        ["swaks", "--server", "127.0.0.1", "--port", str(STOCK), "--helo", "swaks.example",
         "--from", sender, "--to", "swaks@box.example", "--header", "Subject: by swaks",
         "--body", "swaks-body"], capture_output=True, text=True, timeout=30,
        stdin=subprocess.DEVNULL)


def test_a_good_message_arrives(postfix, gate):
    daemon = gate(RULES)
    result = swaks("ann@good.example")
    assert result.returncode == 0, result.stdout
    assert "<-  250 2.0.0 Ok: queued as" in result.stdout
    postfix.logged("to=<swaks@box.example>.*status=sent")
    assert [text for text in postfix.delivered() if "swaks-body" in text]
    assert daemon.decided(sender="ann@good.example")["helo"] == "swaks.example"


def test_a_banned_one_is_told_why(postfix, gate):
    gate(RULES)
    result = swaks("eve@bad.example")
    assert result.returncode != 0
    assert ("<** 550 5.7.1 <swaks@box.example>: Recipient address rejected: banned by swaks test"
            in result.stdout)
