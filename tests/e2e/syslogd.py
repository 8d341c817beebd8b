"""What syslog(3) is told in the namespaces of the tests, in a file."""

import re
import socket
import threading
from pathlib import Path

DEVICE = Path("/dev/log")


class Syslog:
    """Takes /dev/log, or what is to become one; one thread, which ends with the process or with
    stop()."""

    def __init__(self, file, device=DEVICE):
        self.file = Path(file)
        self._device = Path(device)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._thread = threading.Thread(target=self._write, daemon=True)

    def start(self):
        self._device.unlink(missing_ok=True)
        self._socket.bind(str(self._device))
        self._device.chmod(0o666)
        self.file.write_text("")
        self._thread.start()

    def _write(self):
        with self.file.open("a", buffering=1, errors="replace") as file:
            while message := self._socket.recv(65536):
                text = message.decode(errors="replace").rstrip("\n\0")
                file.write(re.sub(r"^<\d+>", "", text) + "\n")

    def stop(self):
        """After everything has been written that was said until now."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", str(self._device))
        self._thread.join(60)
        self._socket.close()
        self._device.unlink()
