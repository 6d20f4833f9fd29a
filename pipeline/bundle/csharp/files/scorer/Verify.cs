using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;

namespace OnnxScorer {
  /// <summary>
  /// Replays feed_cases.tsv and golden.tsv. Ends with 5 where this runtime answers otherwise, with 3 where a file is
  /// not as it was written. With --measure it adds how fast it is.
  /// </summary>
  internal sealed class Verify {
    private const int OneRowTurns = 500;
    private const int Batch = 10000;
    private static readonly Map Refused = new Map { { "refused", true } };
    private readonly Scorer scorer;
    private readonly List<object> rows = new List<object>();
    private readonly List<object[]> expected = new List<object[]>();
    private readonly List<object[]> graph = new List<object[]>();
    private double tolerance;
    private double graphTolerance;
    private double scale;
    private int flips;

    private sealed class Map : Dictionary<string, object> {}

    private Verify(Scorer scorer, List<string[]> golden) {
      this.scorer = scorer;
      foreach (string[] line in golden) {
        switch (line[0]) {
          case "tolerance": tolerance = Decimals.Read(line[1]); break;
          case "graph_tolerance": graphTolerance = Decimals.Read(line[1]); break;
          case "scale": scale = Decimals.Read(line[1]); break;
          case "cells": rows.Add(Row(Fields(line))); break;
          case "expected": expected.Add(Fields(line)); break;
          default: graph.Add(Fields(line)); break;
        }
      }
    }

    private static int Main(string[] arguments) {
      Stopwatch watch = Stopwatch.StartNew();
      try {
        Dictionary<string, byte[]> files = Checksums.Read("");
        using (var scorer = new Scorer("", files)) {
          double opened = watch.Elapsed.TotalMilliseconds;
          return Prove(scorer, files, arguments.Contains("--measure"), opened);
        }
      } catch (IOException err) {
        Console.Error.WriteLine(err.Message);
        return 3;
      }
    }

    private static int Prove(Scorer scorer, Dictionary<string, byte[]> files, bool isMeasured, double opened) {
      var verify = new Verify(scorer, Flat.Read(files["golden.tsv"]));
      var wrong = new List<object>();
      int count = ReplayCells(Flat.Read(files["feed_cases.tsv"]), scorer.Contract, wrong);
      var found = new Map {
        { "runtime", Runtime() + ", onnxruntime " + scorer.Model.Version },
        { "cells", new Map { { "count", count }, { "wrong", wrong } } },
      };
      bool isProven = verify.ReplayRows(found) && wrong.Count == 0;
      if (isMeasured) found["speed"] = verify.Measure(opened);
      Console.WriteLine(Json.Write(found));
      return isProven ? 0 : 5;
    }

    private static string Runtime() {
      Type mono = Type.GetType("Mono.Runtime");
      if (mono == null) return ".NET " + Environment.Version;
      MethodInfo name = mono.GetMethod("GetDisplayName", BindingFlags.NonPublic | BindingFlags.Static);
      return "Mono " + ((string)name.Invoke(null, null)).Split(' ')[0];
    }

    private static object[] Fields(string[] line) { return line.Skip(1).Select(Flat.Cell).ToArray(); }

    private Map Row(object[] cells) {
      var row = new Map();
      for (int k = 0; k < cells.Length; k++) row[scorer.Contract.Inputs[k].Name] = cells[k];
      return row;
    }

    /// <summary>Every case: the value in the tensor, or the refusal.</summary>
    private static int ReplayCells(List<string[]> lines, Contract contract, List<object> wrong) {
      var feeds = new Feeds(contract);
      Input input = null;
      int count = 0;
      foreach (string[] line in lines) {
        if (line[0] == "column") input = new Input(line[1], line[2]);
        else if (line[0] != "case") input.Add(line);
        else {
          object cell = Flat.Cell(line[1]);
          object value = line[2] == "!" ? Refused : Flat.Cell(line[2]);
          if (!IsSame(Build(feeds, input, cell), value)) wrong.Add(new[] { input.Name, cell, value });
          count++;
        }
      }
      return count;
    }

    private static object Build(Feeds feeds, Input input, object cell) {
      try {
        object value = feeds.Build(input, new[] { cell }).GetValue(0);
        if (value is byte) return (byte)value == 1;
        return value is double && double.IsNaN((double)value) ? null : value;
      } catch (CellException) {
        return Refused;
      }
    }

    private static bool IsSame(object found, object wanted) {
      if (!(found is double && wanted is double)) return Equals(found, wanted);
      return BitConverter.DoubleToInt64Bits((double)found) == BitConverter.DoubleToInt64Bits((double)wanted);
    }

    /// <summary>Golden rows in one batch and each alone, against PyCaret's answers and the graph's own.</summary>
    private bool ReplayRows(Map found) {
      Outputs batch = scorer.Run(rows);
      double error = 0, graphError = 0;
      for (int k = 0; k < rows.Count; k++) {
        Outputs alone = scorer.Run(new[] { rows[k] });
        error = Math.Max(error, Math.Max(Compare(batch, k, expected[k]), Compare(alone, 0, expected[k])));
        graphError = Math.Max(graphError, Math.Max(Compare(batch, k, graph[k]), Compare(alone, 0, graph[k])));
      }
      found["rows"] = new Map { { "count", rows.Count }, { "flips", flips }, { "error", error }, { "graph_error", graphError } };
      return flips == 0 && error <= tolerance && graphError <= graphTolerance;
    }

    private double Compare(Outputs outputs, int place, object[] wanted) {
      object label = outputs.Labels[place];
      if (scorer.Contract.Labels.Count == 0) {
        double number = (double)(wanted[0] ?? double.NaN);
        return Difference((double)label, number, Math.Max(Math.Abs(number), scale));
      }
      if (!label.Equals(wanted[0])) flips++;
      double error = 0;
      for (int k = 1; k < wanted.Length; k++) {
        error = Math.Max(error, Difference(outputs.Scores[place][k - 1], (double)(wanted[k] ?? double.NaN), 1));
      }
      return error;
    }

    /// <summary>An answer that is no number is infinitely wrong, but where none is expected.</summary>
    private static double Difference(double found, double wanted, double unit) {
      if (!double.IsNaN(found) && !double.IsNaN(wanted)) return Math.Abs(found - wanted) / unit;
      return double.IsNaN(found) && double.IsNaN(wanted) ? 0 : double.PositiveInfinity;
    }

    /// <summary>Milliseconds to open, microseconds for one row (median), milliseconds for 10,000, from cells to answers.</summary>
    private Map Measure(double opened) {
      object[] batch = Enumerable.Range(0, Batch).Select(k => rows[k % rows.Count]).ToArray();
      double[] times = Enumerable.Range(0, OneRowTurns).Select(k => Time(new[] { batch[k] })).OrderBy(each => each).ToArray();
      Time(batch);
      return new Map { { "open_ms", opened }, { "row_us", times[OneRowTurns / 2] * 1000 }, { "batch_ms", Time(batch) } };
    }

    private double Time(object[] table) {
      Stopwatch watch = Stopwatch.StartNew();
      scorer.Predict(table);
      return watch.Elapsed.TotalMilliseconds;
    }
  }
}
