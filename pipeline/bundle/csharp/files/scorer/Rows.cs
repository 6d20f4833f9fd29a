using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;

namespace OnnxScorer {
  /// <summary>Takes rows apart: dictionaries by the columns' names, and objects with a property for each column.</summary>
  internal sealed class Rows {
    private readonly HashSet<string> names;

    internal Rows(IEnumerable<Input> inputs) {
      names = new HashSet<string>(inputs.Select(each => each.Name), StringComparer.Ordinal);
    }

    /// <summary>The cells of every column, by its name; each row has exactly the model's columns.</summary>
    internal Dictionary<string, List<object>> ToColumns(IEnumerable<object> rows) {
      Dictionary<string, List<object>> columns = names.ToDictionary(name => name, name => new List<object>());
      int place = 0;
      foreach (object row in rows) {
        place++;
        IDictionary<string, object> cells = row as IDictionary<string, object> ?? Read(row, place);
        Check(cells.Keys, "row " + place);
        foreach (var column in columns) column.Value.Add(cells[column.Key]);
      }
      return columns;
    }

    private void Check(ICollection<string> given, string where) {
      foreach (string name in given) {
        if (!names.Contains(name)) throw new ArgumentException(where + ": got the column " + Json.Write(name) + ", which the model does not take");
      }
      foreach (string name in names) {
        if (!given.Contains(name)) throw new ArgumentException(where + ": the column " + Json.Write(name) + " is missing");
      }
    }

    private static Dictionary<string, object> Read(object row, int place) {
      if (row == null) throw new ArgumentException("row " + place + ": got null, expected an object or a dictionary");
      var cells = new Dictionary<string, object>(StringComparer.Ordinal);
      foreach (PropertyInfo property in row.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)) {
        if (property.GetIndexParameters().Length > 0) continue;
        var column = property.GetCustomAttribute<ColumnAttribute>();
        cells.Add(column == null ? property.Name : column.Name, property.GetValue(row));
      }
      return cells;
    }
  }
}
