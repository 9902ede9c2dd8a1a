# SPDX-License-Identifier: MIT
"""row_server.py MILLISECONDS: work.py for exec --persistent."""

import sys

from rankpool_worker import serve
from work import Work

serve(Work(sys.argv[1]))
