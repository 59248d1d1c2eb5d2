# SPDX-License-Identifier: MIT
"""The yardstick: `mosquitto_sub` under the same load.

It prints two bytes per message into a file, so that neither a format nor a slow reader holds it up; the file's size counts the messages.
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from tests.perf.broker import BenchBroker
from tests.perf.processes import SocketMeter, wait_until
from tests.support.mosquitto import find_program

_BYTES_PER_MESSAGE = 2


class MosquittoSub:
    """A running mosquitto_sub; it ends with the `with` block.

    Attributes:
        meter: What it has read.
    """

    def __init__(
        self,
        broker: BenchBroker,
        *,
        scheme: str = "mqtt",
        version: str = "5",
        qos: int = 0,
        filter: str = "#",
    ) -> None:
        # It speaks no websockets: against a websocket client it is measured over plain TCP.
        port = broker.ports["mqtts" if scheme == "mqtts" else "mqtt"]
        protocol = {"5": "mqttv5", "3.1.1": "mqttv311"}[version]
        command = [find_program("mosquitto_sub"), "-h", broker.host, "-p", str(port), "-V", protocol]
        command += ["-q", str(qos), "-t", filter, "-F", "x"]
        if scheme == "mqtts":
            command += ["--cafile", str(broker.certificates.ca)]
        self._out = tempfile.NamedTemporaryFile(prefix="mosquitto_sub-")  # noqa: SIM115 – closed by __exit__
        self._process = subprocess.Popen(command, stdout=self._out)
        self.meter = SocketMeter((self._process.pid, port))
        self.connection = (self._process.pid, port)

    def wait_connected(self) -> None:
        """Waits until the broker has answered it; the subscription follows within a round trip."""
        wait_until(lambda: self.meter.consumed() > 0, "mosquitto_sub's connection", 10)

    def stop(self) -> int:
        """Ends it and returns how many messages it printed."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        return Path(self._out.name).stat().st_size // _BYTES_PER_MESSAGE

    def __enter__(self) -> MosquittoSub:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._out.close()
