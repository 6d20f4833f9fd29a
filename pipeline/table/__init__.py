"""Tables from outside: a CSV or Parquet file in, a checked frame of plain dtypes out."""
