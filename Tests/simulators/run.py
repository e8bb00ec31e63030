#!/usr/bin/env python3
"""Simulates Soke, Opus, OpenAI Images and YouTube on loopback; see README.md.

Prints one JSON line when it listens, and ends when its standard input does.
"""

import argparse
import json
import os
import sys
import threading

from server import Server
from world import World


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--keep", action="store_true", help="go on when standard input ends")
    options = parser.parse_args()

    world = World()
    server = Server(world, port=options.port)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    print(json.dumps({"event": "listening", "url": server.url}), flush=True)
    try:
        if options.keep:
            threading.Event().wait()
        while os.read(sys.stdin.fileno(), 4096):
            pass
    except (KeyboardInterrupt, OSError):
        pass
    server.socket.close()
    # Threads of open connections must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
