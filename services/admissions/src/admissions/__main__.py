"""``python -m admissions serve|relay|migrate|replay|parked|config``."""

import sys

from chassis.cli import main
from admissions.app import SERVICE

if __name__ == "__main__":
    sys.exit(main(SERVICE))
