"""What all commands share: options, logging, progress on a terminal."""
