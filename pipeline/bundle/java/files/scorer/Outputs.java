package scorer;

/** What the graph answers: a label for each row, and its scores where it gives probabilities. */
record Outputs(Object[] labels, double[][] scores) {}
