using System.Collections.Generic;
using System.Numerics;
using System.Text;

namespace OnnxScorer {
  /// <summary>Reads model.tsv and its like: each line is a word and its fields, between tabs.</summary>
  internal static class Flat {
    internal static List<string[]> Read(byte[] utf8) {
      var lines = new List<string[]>();
      foreach (string line in new UTF8Encoding(false).GetString(utf8).Split('\n')) {
        if (line.Length == 0) continue;
        string[] fields = line.Split('\t');
        for (int k = 0; k < fields.Length; k++) fields[k] = Unescape(fields[k]);
        lines.Add(fields);
      }
      return lines;
    }

    private static string Unescape(string field) {
      if (field.IndexOf('\\') < 0) return field;
      var text = new StringBuilder();
      for (int k = 0; k < field.Length; k++) {
        char unit = field[k];
        if (unit == '\\') {
          unit = field[++k];
          unit = unit == 't' ? '\t' : unit == 'n' ? '\n' : unit == 'r' ? '\r' : unit == '0' ? '\0' : unit;
        }
        text.Append(unit);
      }
      return text.ToString();
    }

    /// <summary>A cell or a value: null, double, long or BigInteger, string, bool.</summary>
    internal static object Cell(string field) {
      string value = field.Substring(1);
      switch (field[0]) {
        case 'n': return Decimals.Read(value);
        case 'i':
          BigInteger whole = BigInteger.Parse(value, Json.Invariant);
          return whole >= long.MinValue && whole <= long.MaxValue ? (object)(long)whole : whole;
        case 's': return value;
        case 't': return true;
        case 'f': return false;
        default: return null;
      }
    }
  }
}
