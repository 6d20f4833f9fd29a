using System;

namespace OnnxScorer {
  /// <summary>Names the column that a property holds, where it has not the column's own name.</summary>
  [AttributeUsage(AttributeTargets.Property)]
  public sealed class ColumnAttribute : Attribute {
    public ColumnAttribute(string name) { Name = name; }

    public string Name { get; }
  }
}
