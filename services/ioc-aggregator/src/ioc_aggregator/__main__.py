"""``python -m ioc_aggregator serve|relay|migrate|replay|parked|config|rebuild``."""

import sys

from chassis.cli import main
from ioc_aggregator.app import SERVICE

if __name__ == "__main__":
    sys.exit(main(SERVICE))
