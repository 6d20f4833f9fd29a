package scorer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One model, ready to predict. May be shared by threads, which it serves one after another. */
public final class Scorer implements AutoCloseable {
  final Contract contract;
  final Model model;
  private final Feeds feeds;
  private final Rows rows;

  Scorer(Path folder, Map<String, byte[]> files) throws IOException {
    contract = new Contract(Flat.read(files.get("model.tsv")));
    feeds = new Feeds(contract);
    rows = new Rows(contract.inputs);
    model = new Model(folder, files.get("model.onnx"));
  }

  /** Opens the bundle in a folder. Throws IOException where a file is not as it was written; it is named. */
  public static Scorer open(Path folder) throws IOException {
    return new Scorer(folder, Checksums.read(folder));
  }

  /**
   * One answer per row. A row is a record whose components are the model's columns, by their names or by
   * {@link Column}, such as {@link Row}; or a map of cells by the columns' names. Throws CellError where a
   * column cannot hold a cell, IllegalArgumentException where a row has other columns.
   */
  public List<Answer> predict(List<?> table) {
    if (table.isEmpty()) return List.of();
    Outputs outputs = run(table);
    List<Answer> answers = new ArrayList<>(table.size());
    for (int k = 0; k < table.size(); k++) {
      Object label = outputs.labels()[k];
      boolean isAnswered = contract.isAlwaysAnswered || !isMissing(label);
      double[] scores = outputs.scores() == null ? null : outputs.scores()[k];
      answers.add(isAnswered ? Answer.of(label, scores, contract.labels) : Answer.MISSING);
    }
    return answers;
  }

  public Answer predict(Record row) {
    return predict(List.of(row)).get(0);
  }

  public Answer predict(Map<String, ?> row) {
    return predict(List.of(row)).get(0);
  }

  /** The graph's own answers. */
  Outputs run(List<?> table) {
    Map<String, List<Object>> cells = rows.toColumns(table);
    Map<String, Object> columns = new LinkedHashMap<>();
    for (Input input : contract.inputs) columns.put(input.name, feeds.build(input, cells.get(input.name)));
    return model.run(columns);
  }

  private static boolean isMissing(Object label) {
    return label.equals("") || label.equals(Long.MIN_VALUE) || label.equals(Double.NaN);
  }

  @Override
  public void close() {
    model.close();
  }
}
