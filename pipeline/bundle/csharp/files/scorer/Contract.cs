using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace OnnxScorer {
  /// <summary>One way to write the cells of a column: the pattern of a whole cell, and what its groups are.</summary>
  internal sealed class Grammar {
    private readonly Regex pattern;
    private readonly string trimmed;
    private readonly string[] groups;

    internal Grammar(string pattern, string trimmed, string[] groups) {
      // "$" would also match before a line feed at the end
      this.pattern = new Regex(@"\A(?:" + pattern + @")\z", RegexOptions.CultureInvariant);
      this.trimmed = trimmed;
      this.groups = groups;
    }

    /// <summary>The named parts of a text, and the trimmed text under ""; null where it is written otherwise.</summary>
    internal Dictionary<string, string> Read(string text) {
      string bare = text.Trim(trimmed.ToCharArray());
      if (trimmed.Length == 0) bare = text; // Trim without characters takes white space
      Match found = pattern.Match(bare);
      if (!found.Success) return null;
      var parts = new Dictionary<string, string> { { "", bare } };
      for (int k = 0; k < groups.Length; k++) {
        if (found.Groups[k + 1].Success) parts[groups[k]] = found.Groups[k + 1].Value;
      }
      return parts;
    }
  }

  /// <summary>One raw column of the model, and how its cells are written.</summary>
  internal sealed class Input {
    internal readonly string Name;
    internal readonly string Kind;
    internal readonly HashSet<string> Missing = new HashSet<string>(StringComparer.Ordinal);
    internal readonly HashSet<string> Categories = new HashSet<string>(StringComparer.Ordinal);
    internal readonly List<Grammar> Grammars = new List<Grammar>();
    internal string True = "";
    internal string False = "";
    internal bool IsWhole = true;
    internal string Decimal = ".";
    internal string[] Thousands = new string[0];

    internal Input(string name, string kind) {
      Name = name;
      Kind = kind;
    }

    /// <summary>Takes in one line of the column's block.</summary>
    internal void Add(string[] line) {
      string[] fields = line.Skip(1).ToArray();
      switch (line[0]) {
        case "missing": Missing.UnionWith(fields); break;
        case "categories": Categories.UnionWith(fields); break;
        case "thousands": Thousands = fields; break;
        case "decimal": Decimal = fields[0]; break;
        case "whole": IsWhole = fields[0] == "t"; break;
        case "words": True = fields[0]; False = fields[1]; break;
        case "grammar": Grammars.Add(new Grammar(fields[0], fields[1], fields.Skip(2).ToArray())); break;
        default: throw new FormatException("model.tsv: got " + line[0] + ", expected a line of a column");
      }
    }

    /// <summary>The parts of a text by the first grammar that it fits; null where it fits none.</summary>
    internal Dictionary<string, string> Read(string text) {
      return Grammars.Select(each => each.Read(text)).FirstOrDefault(parts => parts != null);
    }
  }

  /// <summary>What model.tsv says: what holds for every column, the labels, and the columns in their order.</summary>
  internal sealed class Contract {
    private const string Version = "1";
    internal readonly List<object> Labels = new List<object>();
    internal readonly List<Input> Inputs = new List<Input>();
    internal string[] True = new string[0];
    internal string[] False = new string[0];
    internal bool IsAlwaysAnswered = true;
    internal double Limit;
    internal int FirstYear;
    internal int LastYear;
    internal long MissingDate;
    internal char[] Trimmed = new char[0];

    internal Contract(List<string[]> lines) {
      foreach (string[] line in lines) Add(line);
    }

    private void Add(string[] line) {
      switch (line[0]) {
        case "version":
          if (line[1] != Version) throw new FormatException("model.tsv: got version " + line[1] + " of the feed contract, expected " + Version);
          break;
        case "limit": Limit = Decimals.Read(line[1]); break;
        case "years":
          FirstYear = int.Parse(line[1], Json.Invariant);
          LastYear = int.Parse(line[2], Json.Invariant);
          break;
        case "missing_date": MissingDate = long.Parse(line[1], Json.Invariant); break;
        case "true": True = line.Skip(1).ToArray(); break;
        case "false": False = line.Skip(1).ToArray(); break;
        case "trimmed": Trimmed = line[1].ToCharArray(); break;
        case "label": Labels.Add(Flat.Cell(line[1])); break;
        case "required": IsAlwaysAnswered = false; break;
        case "column": Inputs.Add(new Input(line[1], line[2])); break;
        default: Inputs[Inputs.Count - 1].Add(line); break;
      }
    }
  }
}
