"""A health check for containers: `python -m ops.probe PORT PATH` exits 0 if the path answers 200."""

import sys
from http import HTTPStatus

from ops.ports import status_of

if __name__ == "__main__":
    sys.exit(0 if status_of(int(sys.argv[1]), sys.argv[2]) == HTTPStatus.OK else 1)
