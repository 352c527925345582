"""``python -m payments serve|relay|migrate|replay|parked|config``."""

import sys

from chassis.cli import main
from payments.app import SERVICE

if __name__ == "__main__":
    sys.exit(main(SERVICE))
