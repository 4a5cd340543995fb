"""`python -m slava.report OUTPUT`."""

import sys

from slava.report.write import main

sys.exit(main(sys.argv[1:]))
