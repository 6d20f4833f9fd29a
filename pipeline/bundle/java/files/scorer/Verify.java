package scorer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Replays feed_cases.tsv and golden.tsv. Ends with 5 where this runtime answers otherwise, with 3 where a file
 * is not as it was written. With --measure it adds how fast it is.
 */
public final class Verify {
  private static final Object REFUSED = Map.of("refused", true);
  private static final int ONE_ROW_TURNS = 500;
  private static final int BATCH = 10_000;

  private final Scorer scorer;
  private final List<Map<String, Object>> rows = new ArrayList<>();
  private final List<Object[]> expected = new ArrayList<>();
  private final List<Object[]> graph = new ArrayList<>();
  private double tolerance;
  private double graphTolerance;
  private double scale;
  private int flips;

  private Verify(Scorer scorer, List<String[]> golden) {
    this.scorer = scorer;
    for (String[] line : golden) {
      switch (line[0]) {
        case "tolerance" -> tolerance = Double.parseDouble(line[1]);
        case "graph_tolerance" -> graphTolerance = Double.parseDouble(line[1]);
        case "scale" -> scale = Double.parseDouble(line[1]);
        case "cells" -> rows.add(row(fields(line)));
        case "expected" -> expected.add(fields(line));
        default -> graph.add(fields(line));
      }
    }
  }

  public static void main(String[] arguments) {
    Path folder = Path.of("");
    long started = System.nanoTime();
    try {
      Map<String, byte[]> files = Checksums.read(folder);
      System.exit(run(new Scorer(folder, files), files, arguments, started));
    } catch (IOException err) {
      System.err.println(err.getMessage());
      System.exit(3);
    }
  }

  private static int run(Scorer opened, Map<String, byte[]> files, String[] arguments, long started) {
    double milliseconds = (System.nanoTime() - started) / 1e6;
    try (Scorer scorer = opened) {
      Verify verify = new Verify(scorer, Flat.read(files.get("golden.tsv")));
      List<Object> wrong = new ArrayList<>();
      int count = replayCells(Flat.read(files.get("feed_cases.tsv")), scorer.contract, wrong);
      Map<String, Object> found = new LinkedHashMap<>();
      found.put("runtime", "Java " + System.getProperty("java.version") + ", onnxruntime " + scorer.model.version());
      found.put("cells", ordered("count", count, "wrong", wrong));
      boolean isProven = verify.replayRows(found) && wrong.isEmpty();
      if (List.of(arguments).contains("--measure")) found.put("speed", verify.measure(milliseconds));
      System.out.println(Json.write(found));
      return isProven ? 0 : 5;
    }
  }

  private static Map<String, Object> ordered(Object... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int k = 0; k < pairs.length; k += 2) map.put((String) pairs[k], pairs[k + 1]);
    return map;
  }

  private static Object[] fields(String[] line) {
    return Arrays.stream(line).skip(1).map(Flat::cell).toArray();
  }

  private Map<String, Object> row(Object[] cells) {
    Map<String, Object> row = new LinkedHashMap<>();
    for (int k = 0; k < cells.length; k++) row.put(scorer.contract.inputs.get(k).name, cells[k]);
    return row;
  }

  /** Every case: the value in the tensor, or the refusal. */
  private static int replayCells(List<String[]> lines, Contract contract, List<Object> wrong) {
    Feeds feeds = new Feeds(contract);
    Input input = null;
    int count = 0;
    for (String[] line : lines) {
      if (line[0].equals("column")) input = new Input(line[1], line[2]);
      else if (!line[0].equals("case")) input.add(line);
      else {
        Object cell = Flat.cell(line[1]);
        Object value = line[2].equals("!") ? REFUSED : Flat.cell(line[2]);
        if (!Objects.equals(build(feeds, input, cell), value)) wrong.add(Arrays.asList(input.name, cell, value));
        count++;
      }
    }
    return count;
  }

  private static Object build(Feeds feeds, Input input, Object cell) {
    try {
      Object data = feeds.build(input, Collections.singletonList(cell));
      if (data instanceof double[] numbers) return Double.isNaN(numbers[0]) ? null : numbers[0];
      if (data instanceof long[] dates) return dates[0];
      return data instanceof byte[] truth ? (Object) (truth[0] == 1) : ((String[]) data)[0];
    } catch (CellError err) {
      return REFUSED;
    }
  }

  /** Golden rows in one batch and each alone, against PyCaret's answers and the graph's own; whether all is as proven. */
  private boolean replayRows(Map<String, Object> found) {
    Outputs batch = scorer.run(rows);
    double error = 0;
    double graphError = 0;
    for (int k = 0; k < rows.size(); k++) {
      Outputs alone = scorer.run(List.of(rows.get(k)));
      error = Math.max(error, Math.max(compare(batch, k, expected.get(k)), compare(alone, 0, expected.get(k))));
      graphError = Math.max(graphError, Math.max(compare(batch, k, graph.get(k)), compare(alone, 0, graph.get(k))));
    }
    found.put("rows", ordered("count", rows.size(), "flips", flips, "error", error, "graph_error", graphError));
    return flips == 0 && error <= tolerance && graphError <= graphTolerance;
  }

  private double compare(Outputs outputs, int place, Object[] wanted) {
    Object label = outputs.labels()[place];
    if (scorer.contract.labels.isEmpty()) {
      double number = wanted[0] == null ? Double.NaN : (Double) wanted[0];
      return difference((Double) label, number, Math.max(Math.abs(number), scale));
    }
    if (!label.equals(wanted[0])) flips++;
    double error = 0;
    for (int k = 1; k < wanted.length; k++) {
      double score = wanted[k] == null ? Double.NaN : (Double) wanted[k];
      error = Math.max(error, difference(outputs.scores()[place][k - 1], score, 1));
    }
    return error;
  }

  /** An answer that is no number is infinitely wrong, but where none is expected. */
  private static double difference(double found, double wanted, double unit) {
    if (Double.isNaN(found) || Double.isNaN(wanted)) {
      return Double.isNaN(found) && Double.isNaN(wanted) ? 0 : Double.POSITIVE_INFINITY;
    }
    return Math.abs(found - wanted) / unit;
  }

  /** Milliseconds to open, microseconds for one row (median), milliseconds for 10,000, from cells to answers. */
  private Map<String, Object> measure(double opened) {
    List<Map<String, Object>> batch = new ArrayList<>();
    for (int k = 0; k < BATCH; k++) batch.add(rows.get(k % rows.size()));
    double[] times = new double[ONE_ROW_TURNS];
    for (int k = 0; k < times.length; k++) times[k] = time(batch.subList(k, k + 1));
    Arrays.sort(times);
    time(batch);
    return ordered("open_ms", opened, "row_us", times[times.length / 2] * 1e3, "batch_ms", time(batch));
  }

  private double time(List<?> table) {
    long start = System.nanoTime();
    scorer.predict(table);
    return (System.nanoTime() - start) / 1e6;
  }
}
