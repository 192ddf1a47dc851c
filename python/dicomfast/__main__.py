"""`python -m dicomfast`."""

import sys

from dicomfast.cli import main

sys.exit(main())
