using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Text.RegularExpressions;

namespace OnnxScorer {
  /// <summary>Converts one cell to what stands in the tensor, by the feed contract.</summary>
  internal sealed class Cells {
    private static readonly Regex Whole = new Regex(@"\A(-?[0-9]+)\.0+\z", RegexOptions.CultureInvariant);
    private readonly Contract contract;

    internal Cells(Contract contract) { this.contract = contract; }

    internal double ToNumber(object cell, Input input) {
      if (IsMissing(cell, input)) return double.NaN;
      double number;
      if (cell is bool) number = (bool)cell ? 1 : 0;
      else if (cell is string) number = ReadNumber((string)cell, input);
      else if (IsNumber(cell)) number = ToDouble(cell);
      else throw new UnfitException("a number");
      if (!(Math.Abs(number) <= contract.Limit)) throw new UnfitException("a finite number within \u00b13.4e38");
      return number;
    }

    private static double ReadNumber(string text, Input input) {
      Dictionary<string, string> parts = input.Read(text);
      if (parts == null) throw new UnfitException("a number");
      string digits, before, behind;
      if (!parts.TryGetValue("digits", out digits)) return Decimals.Read(parts[""]);
      if (!parts.TryGetValue("before", out before)) before = "";
      if (!parts.TryGetValue("behind", out behind)) behind = "";
      if (before.Length > 0 && behind.Length > 0) throw new UnfitException("a number");
      foreach (string mark in input.Thousands) digits = digits.Replace(mark, "");
      double number = Decimals.Read(digits.Replace(input.Decimal, "."));
      return before == "-" || behind == "-" ? -number : number;
    }

    internal string ToText(object cell, Input input) {
      if (IsMissing(cell, input)) return "";
      if (cell is string) return ReadText((string)cell, input);
      if (cell is bool) {
        string spelled = (bool)cell ? input.True : input.False;
        if (spelled.Length == 0) throw new UnfitException("text");
        return spelled;
      }
      if (!IsNumber(cell)) throw new UnfitException("text");
      double value = ToDouble(cell);
      if (double.IsInfinity(value)) throw new UnfitException("text");
      if (Math.Floor(value) != value) return Decimals.Write(value);
      if (!input.IsWhole) throw new UnfitException("text: leading zeros, which this column had in training, are lost in a number");
      return ToWhole(cell, value).ToString(Json.Invariant);
    }

    private static BigInteger ToWhole(object cell, double value) {
      if (cell is BigInteger) return (BigInteger)cell;
      return cell is double || cell is float ? new BigInteger(value) : new BigInteger(Convert.ToDecimal(cell, Json.Invariant));
    }

    private static bool IsNumber(object cell) {
      return cell is double || cell is float || cell is decimal || cell is BigInteger || cell is int || cell is long
          || cell is short || cell is sbyte || cell is byte || cell is ushort || cell is uint || cell is ulong;
    }

    private static double ToDouble(object cell) {
      return cell is BigInteger ? (double)(BigInteger)cell : Convert.ToDouble(cell, Json.Invariant);
    }

    private static string ReadText(string text, Input input) {
      CheckUnicode(text);
      Match whole = input.IsWhole ? Whole.Match(text) : Match.Empty;
      if (whole.Success && input.Categories.Contains(whole.Groups[1].Value) && !input.Categories.Contains(text)) {
        return whole.Groups[1].Value;
      }
      string word = text.ToLowerInvariant();
      if (word == "true" && input.True.Length > 0) return input.True;
      return word == "false" && input.False.Length > 0 ? input.False : text;
    }

    private static void CheckUnicode(string text) {
      for (int k = 0; k < text.Length; k++) {
        if (text[k] == '\0') throw new UnfitException("text without NUL, where other runtimes cut it off");
        if (!char.IsSurrogate(text[k])) continue;
        if (k + 1 == text.Length || !char.IsSurrogatePair(text[k], text[k + 1])) throw new UnfitException("text that UTF-8 can write");
        k++;
      }
    }

    internal bool ToBoolean(object cell, Input input) {
      if (IsMissing(cell, input)) throw new UnfitException("true or false, not a missing value");
      if (cell is bool) return (bool)cell;
      if (cell is string) {
        string word = ((string)cell).Trim(contract.Trimmed).ToLowerInvariant();
        if (contract.True.Contains(word)) return true;
        if (contract.False.Contains(word)) return false;
      } else if (IsNumber(cell)) {
        double number = ToDouble(cell);
        if (number == 0 || number == 1) return number == 1;
      }
      throw new UnfitException("true or false");
    }

    internal long ToDate(object cell, Input input) {
      if (IsMissing(cell, input)) return contract.MissingDate;
      if (!(cell is string)) return Dates.Convert(cell, contract);
      Dictionary<string, string> parts = input.Read((string)cell);
      if (parts == null) throw new UnfitException("a date");
      return Dates.Read(parts, contract);
    }

    private static bool IsMissing(object cell, Input input) {
      string text = cell as string;
      if (text != null) return text.Length == 0 || input.Missing.Contains(text);
      return cell == null || cell is DBNull || (cell is double && double.IsNaN((double)cell))
          || (cell is float && float.IsNaN((float)cell));
    }
  }
}
