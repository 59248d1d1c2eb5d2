# SPDX-License-Identifier: MIT
"""``python -m mqtt_explorer.demo WORD …``: the processes behind the demo; nobody types this.

Words: ``guard BROKER [PROGRAM]``, ``amqtt PORT``, ``simulator PORT``. A frozen program gets them behind
`children.HIDDEN_ARGUMENT`, because there is no interpreter to say ``-m`` to.
"""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> int:
    """Runs one of the demo's processes and returns its exit status."""
    word, *rest = arguments
    # Imported here: each process loads only what it runs.
    if word == "guard":
        from mqtt_explorer.demo import guard

        return guard.main(rest)
    if word == "simulator":
        from mqtt_explorer.demo import simulator

        simulator.main(int(rest[0]))
    if word == "amqtt":
        from mqtt_explorer.demo import amqtt_broker

        return amqtt_broker.main(int(rest[0]))
    print(f"{word!r} is no process of the demo.", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
