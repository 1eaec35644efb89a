"""Serve one of the peers with waitress: `python -m bench.peers.wsgi MODULE PORT`.

One thread and connections that stay open: of gunicorn's workers (sync, gthread with one and with four threads) and
waitress with four, none was faster on one core.
"""

import logging
import sys
from importlib import import_module

import waitress

if __name__ == "__main__":
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    module, port = sys.argv[1:]
    waitress.serve(import_module(module).application, listen=f"127.0.0.1:{port}", threads=1, _quiet=True)
