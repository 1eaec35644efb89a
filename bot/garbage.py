"""What Python's search for garbage goes through while the bot is at work."""

import gc


def set_started_aside() -> None:
    """Have the collector of garbage leave alone for good what is there now: libraries, tables, routes, compiled code.

    Otherwise each of its long searches goes through all of that too, and holds the loop for some 40 ms.
    """
    gc.collect()
    gc.freeze()
    # Its long search waits until a quarter as many objects are new as there were after the last one. That one counted
    # what is aside now, so garbage would pile up to a quarter of the libraries first; this one counts anew.
    gc.collect()
