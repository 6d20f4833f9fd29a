package scorer;

import java.util.List;

/** Builds the values of input tensors from cells. */
final class Feeds {
  private final Cells cells;

  Feeds(Contract contract) {
    cells = new Cells(contract);
  }

  /** One column: double[] of numbers, String[] of text, byte[] of booleans, long[] of dates. */
  Object build(Input input, List<?> values) {
    return switch (input.kind) {
      case "number" -> fill(input, values, new double[values.size()], (data, k, cell) -> data[k] = cells.number(cell, input));
      case "text" -> fill(input, values, new String[values.size()], (data, k, cell) -> data[k] = cells.text(cell, input));
      case "boolean" -> fill(input, values, new byte[values.size()], (data, k, cell) -> data[k] = (byte) (cells.truth(cell, input) ? 1 : 0));
      case "date" -> fill(input, values, new long[values.size()], (data, k, cell) -> data[k] = cells.date(cell, input));
      default -> throw new IllegalArgumentException("model.tsv: got the kind " + input.kind);
    };
  }

  private interface Step<T> {
    void convert(T data, int place, Object cell) throws Unfit;
  }

  private static <T> T fill(Input input, List<?> values, T data, Step<T> step) {
    int place = 0;
    for (Object cell : values) {
      try {
        step.convert(data, place, cell);
      } catch (Unfit err) {
        throw new CellError(input.name, place + 1, cell, err.getMessage());
      }
      place++;
    }
    return data;
  }
}
