package scorer;

/** A cell that its column cannot hold. */
public final class CellError extends IllegalArgumentException {
  private static final int SHOWN = 60;

  /** Place of the row among those given; the first is 1. */
  public final int row;
  public final String column;
  public final transient Object value;
  public final String expected;

  CellError(String column, int row, Object value, String expected) {
    super("row " + row + ", column " + Json.write(column) + ": got " + show(value) + ", expected " + expected);
    this.row = row;
    this.column = column;
    this.value = value;
    this.expected = expected;
  }

  private static String show(Object value) {
    String shown = value instanceof String text ? Json.write(text) : String.valueOf(value);
    return shown.length() > SHOWN ? shown.substring(0, SHOWN) : shown;
  }
}
