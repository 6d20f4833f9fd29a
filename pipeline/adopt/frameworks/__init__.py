"""The frameworks: one file each behind `Framework`, imported only when used."""
