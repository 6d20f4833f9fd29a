"""A team's set-up, started for tests or by hand: `python -m tests.team.stack`."""
