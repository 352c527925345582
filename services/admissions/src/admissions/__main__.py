"""``python -m admissions serve|relay|migrate|replay|parked|config``."""

import sys

from admissions.app import SERVICE
from chassis.cli import main

if __name__ == "__main__":
    sys.exit(main(SERVICE))
