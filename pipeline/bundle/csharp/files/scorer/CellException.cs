using System;

namespace OnnxScorer {
  /// <summary>A cell that its column cannot hold; the first row is 1.</summary>
  public sealed class CellException : ArgumentException {
    private const int Shown = 60;

    internal CellException(string column, int row, object value, string expected)
        : base("row " + row + ", column " + Json.Write(column) + ": got " + Show(value) + ", expected " + expected) {
      Column = column;
      Row = row;
      Value = value;
      Expected = expected;
    }

    public string Column { get; }
    public int Row { get; }
    public object Value { get; }
    public string Expected { get; }

    private static string Show(object value) {
      string shown = value is string || value == null ? Json.Write(value) : Convert.ToString(value, Json.Invariant);
      return shown.Length > Shown ? shown.Substring(0, Shown) : shown;
    }
  }

  /// <summary>A cell does not fit its column; the message is what was expected.</summary>
  internal sealed class UnfitException : Exception {
    internal UnfitException(string expected) : base(expected) {}
  }
}
