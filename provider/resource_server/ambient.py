"""The kit's clock: the only file here that asks the machine for the time of day.

A verifier takes another, so that a test states a time. The provider has a page of its own for
this; the kit imports nothing of it.
"""

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Returns seconds since the epoch, UTC."""

system_clock: Clock = time.time
