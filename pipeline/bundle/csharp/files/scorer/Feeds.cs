using System;
using System.Collections.Generic;

namespace OnnxScorer {
  /// <summary>Builds the values of input tensors from cells.</summary>
  internal sealed class Feeds {
    private readonly Cells cells;

    internal Feeds(Contract contract) { cells = new Cells(contract); }

    /// <summary>One column: double[] of numbers, string[] of text, byte[] of booleans, long[] of dates.</summary>
    internal Array Build(Input input, IList<object> values) {
      switch (input.Kind) {
        case "number": return Fill(input, values, cells.ToNumber);
        case "text": return Fill(input, values, cells.ToText);
        case "boolean": return Fill(input, values, (cell, column) => (byte)(cells.ToBoolean(cell, column) ? 1 : 0));
        case "date": return Fill(input, values, cells.ToDate);
        default: throw new FormatException("model.tsv: got the kind " + input.Kind);
      }
    }

    private static T[] Fill<T>(Input input, IList<object> values, Func<object, Input, T> convert) {
      var data = new T[values.Count];
      for (int k = 0; k < data.Length; k++) {
        try {
          data[k] = convert(values[k], input);
        } catch (UnfitException unfit) {
          throw new CellException(input.Name, k + 1, values[k], unfit.Message);
        }
      }
      return data;
    }
  }
}
