"""Stage 4: compares the graph with PyCaret, on the table's rows and on hostile ones."""
