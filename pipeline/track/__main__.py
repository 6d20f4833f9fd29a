"""Logs an artifact folder again: `python -m pipeline.track PATH`."""

import sys

from pipeline.track.mlflow_run import main

if __name__ == "__main__":
    sys.exit(main())
