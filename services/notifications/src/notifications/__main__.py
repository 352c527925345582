"""``python -m notifications serve|relay|migrate|replay|parked|config``."""

import sys

from chassis.cli import main
from notifications.app import SERVICE

if __name__ == "__main__":
    sys.exit(main(SERVICE))
