"""``python -m gradebook serve|relay|migrate|replay|parked|config``."""

import sys

from chassis.cli import main
from gradebook.app import SERVICE

if __name__ == "__main__":
    sys.exit(main(SERVICE))
