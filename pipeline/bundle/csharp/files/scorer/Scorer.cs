using System;
using System.Collections.Generic;
using System.Linq;

namespace OnnxScorer {
  /// <summary>One model, ready to predict. May be shared by threads, which it serves one after another.</summary>
  public sealed class Scorer : IDisposable {
    internal readonly Contract Contract;
    internal readonly Model Model;
    private readonly Feeds feeds;
    private readonly Rows rows;

    internal Scorer(string folder, Dictionary<string, byte[]> files) {
      Contract = new Contract(Flat.Read(files["model.tsv"]));
      feeds = new Feeds(Contract);
      rows = new Rows(Contract.Inputs);
      Model = new Model(folder, files["model.onnx"]);
    }

    /// <summary>Opens the bundle in a folder; an IOException names a file that is not as it was written.</summary>
    public static Scorer Open(string folder) { return new Scorer(folder, Checksums.Read(folder)); }

    /// <summary>
    /// One answer per row. A row is an object with a property for each of the model's columns, by its name or by
    /// ColumnAttribute, such as Row; or a dictionary of cells by the columns' names. Throws CellException where a
    /// column cannot hold a cell, ArgumentException where a row has other columns.
    /// </summary>
    public List<Answer> Predict(IEnumerable<object> table) {
      object[] all = table.ToArray();
      var answers = new List<Answer>(all.Length);
      if (all.Length == 0) return answers;
      Outputs outputs = Run(all);
      for (int k = 0; k < all.Length; k++) {
        bool isAnswered = Contract.IsAlwaysAnswered || !IsMissing(outputs.Labels[k]);
        double[] scores = outputs.Scores == null ? null : outputs.Scores[k];
        answers.Add(isAnswered ? Answer.Of(outputs.Labels[k], scores, Contract.Labels) : Answer.Missing);
      }
      return answers;
    }

    public Answer PredictOne(object row) { return Predict(new[] { row })[0]; }

    /// <summary>The graph's own answers.</summary>
    internal Outputs Run(IEnumerable<object> table) {
      Dictionary<string, List<object>> cells = rows.ToColumns(table);
      return Model.Run(Contract.Inputs.ToDictionary(input => input.Name, input => feeds.Build(input, cells[input.Name])));
    }

    private static bool IsMissing(object label) {
      return label.Equals("") || label.Equals(long.MinValue) || label.Equals(double.NaN);
    }

    public void Dispose() { Model.Dispose(); }
  }
}
