"""MLflow's registry: versions of models, their aliases, the champion."""
