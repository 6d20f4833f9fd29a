"""Tables from outside: a file of any format in, a checked frame of plain dtypes out."""
