"""A Redis or Valkey server for a shared store, and what stands before it and makes it slow."""

import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

from waiting import until

PRODUCT = "redis" if shutil.which("redis-server") else "valkey"


class RedisServer:
    """On a unix socket in `home`, which everybody may use."""

    def __init__(self, home):
        self.home = Path(home)
        self.data = self.home / "data"
        self.socket = self.home / "redis.sock"
        self.process = None

    def start(self):
        self.data.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [f"{PRODUCT}-server", "--port", "0", "--unixsocket", self.socket, "--unixsocketperm",
             "777", "--dir", self.data, "--save", "3600 1", "--logfile", self.home / "redis.log"],
            stdin=subprocess.DEVNULL)
        assert until(lambda: self.says("PING") == "PONG")

    def says(self, *words):
        done = subprocess.run([f"{PRODUCT}-cli", "-s", self.socket, *words], capture_output=True,
                              text=True, errors="replace", timeout=60)
        return done.stdout.strip()

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait(60)
            self.process = None


class SlowWay:
    """A socket before the server's; what the server says comes `delay` seconds late."""

    def __init__(self, path, server):
        self.delay = 0
        self._server = server
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        path.chmod(0o777)
        self._socket.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            one = self._socket.accept()[0]
            other = socket.socket(socket.AF_UNIX)
            try:
                other.connect(str(self._server))
            except OSError:
                one.close()
                continue
            for ends in ((one, other, lambda: 0), (other, one, lambda: self.delay)):
                threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    @staticmethod
    def _pass_on(source, to, delay):
        try:
            while part := source.recv(65536):
                time.sleep(delay())
                to.sendall(part)
        except OSError:
            pass
        for end in (source, to):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
