using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace OnnxScorer {
  /// <summary>Writes JSON in ASCII.</summary>
  internal static class Json {
    internal static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    internal static string Write(object value) {
      if (value == null) return "null";
      if (value is string) return Quote((string)value);
      if (value is bool) return (bool)value ? "true" : "false";
      if (value is double) return WriteNumber((double)value);
      var parts = new List<string>();
      var map = value as IEnumerable<KeyValuePair<string, object>>;
      if (map != null) {
        foreach (var each in map) parts.Add(Quote(each.Key) + ": " + Write(each.Value));
        return "{" + string.Join(", ", parts) + "}";
      }
      var list = value as IEnumerable;
      if (list == null) return Convert.ToString(value, Invariant);
      foreach (object each in list) parts.Add(Write(each));
      return "[" + string.Join(", ", parts) + "]";
    }

    private static string WriteNumber(double number) {
      return double.IsNaN(number) || double.IsInfinity(number) ? "null" : number.ToString("R", Invariant);
    }

    private static string Quote(string text) {
      var quoted = new StringBuilder("\"");
      foreach (char unit in text) {
        if (unit == '"' || unit == '\\') quoted.Append('\\').Append(unit);
        else if (unit < ' ' || unit > '~') quoted.Append("\\u").Append(((int)unit).ToString("x4", Invariant));
        else quoted.Append(unit);
      }
      return quoted.Append('"').ToString();
    }
  }
}
