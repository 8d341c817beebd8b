"""What docs/control.md says, said without posternctl: HTTP over the daemon's unix socket."""

import http.client
import json
import socket

from waiting import until


class ControlError(Exception):
    """The daemon's own word for it; `status` is that of HTTP."""

    def __init__(self, status, text):
        super().__init__(f"{status} {text}")
        self.status = status


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Control:
    """One connection for each question, as `posternctl` and `curl` do."""

    def __init__(self, path, timeout=60):
        self.path = path
        self._timeout = timeout

    def ask(self, method, path, body=None):
        connection = UnixConnection(self.path, self._timeout)
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body))
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status >= 400:
            raise ControlError(response.status, answer["error"])
        return answer

    def status(self):
        return self.ask("GET", "/v1/status")

    def reload(self, **body):
        """What the reload came to, as in `reload.last` of the status."""
        return self.ask("POST", "/v1/reload", body or None)

    def answers(self):
        try:
            return bool(self.status())
        except OSError:
            return False

    # -- reloads ----------------------------------------------------------------------------------

    def generation(self):
        return self.status()["generation"]

    def looks(self):
        """How often files were taken or refused since the start."""
        reload = self.status()["reload"]
        return reload["done"] + reload["refused"]

    def next_look(self, looks):
        """`reload.last` once there were more than that many, however they were called for."""
        found = until(lambda: self._last_after(looks), pause=0.01)
        assert found, f"no reload: {self.status()['reload']}"
        return found

    def _last_after(self, looks):
        reload = self.status()["reload"]
        return reload["last"] if reload["done"] + reload["refused"] > looks else None
