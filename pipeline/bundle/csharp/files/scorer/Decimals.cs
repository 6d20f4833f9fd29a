using System;
using System.Numerics;

namespace OnnxScorer {
  /// <summary>Reads and writes numbers as the training did, exactly: Mono rounds wrongly from the 16th digit on.</summary>
  internal static class Decimals {
    private const int MostDigits = 17;
    private const int MostPlain = 4;
    private const int MostExact = 15;
    private const int MostPower = 22;
    private const int MostRead = 800; // no tie between two doubles has more digits
    private const int Beyond = 400; // of an exponent: all doubles
    private const int Fraction = 52;
    private const int Smallest = 1074;

    /// <summary>The double nearest to a decimal, half to even; infinite beyond all doubles.</summary>
    internal static double Read(string text) {
      string bare = text.Trim(' ', '\t');
      bool isNegative = bare[0] == '-';
      int end = bare.IndexOfAny(new[] { 'e', 'E' });
      string written = (end < 0 ? bare : bare.Substring(0, end)).TrimStart('+', '-');
      long power = end < 0 ? 0 : ReadPower(bare.Substring(end + 1));
      int point = written.IndexOf('.');
      string digits = written.Replace(".", "");
      power -= point < 0 ? 0 : digits.Length - point;
      double number = Read(digits.TrimStart('0'), power);
      return isNegative ? -number : number;
    }

    private static long ReadPower(string text) {
      string digits = text.TrimStart('+', '-').TrimStart('0').PadLeft(1, '0');
      long power = digits.Length > MostExact ? long.MaxValue / 2 : long.Parse(digits, Json.Invariant);
      return text[0] == '-' ? -power : power;
    }

    private static double Read(string digits, long power) {
      if (digits.Length == 0 || power + digits.Length < -Beyond) return 0;
      if (power + digits.Length > Beyond) return double.PositiveInfinity;
      int exponent = (int)power;
      if (digits.Length <= MostExact && Math.Abs(exponent) <= MostPower) {
        double whole = long.Parse(digits, Json.Invariant), ten = 1;
        for (int k = Math.Abs(exponent); k > 0; k--) ten *= 10;
        return exponent < 0 ? whole / ten : whole * ten; // both exact, rounded once
      }
      if (digits.Length > MostRead) {
        exponent += digits.Length - MostRead - 1;
        digits = digits.Substring(0, MostRead) + (digits.Substring(MostRead).Trim('0').Length > 0 ? "1" : "0");
      }
      BigInteger numerator = BigInteger.Parse(digits, Json.Invariant) * BigInteger.Pow(10, Math.Max(exponent, 0));
      return Divide(numerator, BigInteger.Pow(10, Math.Max(-exponent, 0)));
    }

    /// <summary>The double nearest to a fraction.</summary>
    private static double Divide(BigInteger numerator, BigInteger denominator) {
      int shift = Math.Min(Smallest, Fraction + 1 - CountBits(numerator) + CountBits(denominator));
      BigInteger rest, found = Shift(numerator, denominator, shift, out rest);
      if (CountBits(found) > Fraction + 1) found = Shift(numerator, denominator, --shift, out rest);
      int half = (rest * 2).CompareTo(shift < 0 ? denominator << -shift : denominator);
      long bits = (long)found + (half > 0 || (half == 0 && !found.IsEven) ? 1 : 0);
      if (bits == 1L << (Fraction + 1)) {
        bits >>= 1;
        shift--;
      }
      if (bits < 1L << Fraction) return BitConverter.Int64BitsToDouble(bits);
      long exponent = Smallest + 1 - shift;
      if (exponent >= 2047) return double.PositiveInfinity;
      return BitConverter.Int64BitsToDouble((exponent << Fraction) | (bits & ((1L << Fraction) - 1)));
    }

    private static BigInteger Shift(BigInteger numerator, BigInteger denominator, int shift, out BigInteger rest) {
      return BigInteger.DivRem(shift > 0 ? numerator << shift : numerator, shift < 0 ? denominator << -shift : denominator, out rest);
    }

    private static int CountBits(BigInteger number) {
      byte[] bytes = number.ToByteArray();
      int count = 8 * (bytes.Length - 1);
      for (int last = bytes[bytes.Length - 1]; last > 0; last >>= 1) count++;
      return count;
    }

    /// <summary>The shortest decimal of a fraction that reads as the same double, nearest to it among those.</summary>
    internal static string Write(double value) {
      string sign = value < 0 ? "-" : "";
      int exponent; // of the first digit
      string digits = Shorten(Math.Abs(value), out exponent);
      if (exponent >= 0) return sign + digits.Substring(0, exponent + 1) + "." + digits.Substring(exponent + 1);
      if (-exponent <= MostPlain) return sign + "0." + new string('0', -exponent - 1) + digits;
      string fraction = digits.Length > 1 ? "." + digits.Substring(1) : "";
      return sign + digits[0] + fraction + "e-" + (-exponent).ToString("00", Json.Invariant);
    }

    private static string Shorten(double value, out int exponent) {
      long bits = BitConverter.DoubleToInt64Bits(value);
      int power = Math.Max((int)(bits >> Fraction), 1) - Smallest - 1;
      BigInteger whole = (bits & ((1L << Fraction) - 1)) | (bits >> Fraction == 0 ? 0 : 1L << Fraction);
      int first = (int)Math.Floor(Math.Log10(value)); // or one beside it
      for (int count = 1; count <= MostDigits + 1; count++) {
        int last = first - count + 1;
        BigInteger numerator = whole * BigInteger.Pow(2, Math.Max(power, 0)) * BigInteger.Pow(10, Math.Max(-last, 0));
        BigInteger denominator = BigInteger.Pow(2, Math.Max(-power, 0)) * BigInteger.Pow(10, Math.Max(last, 0));
        BigInteger rest, below = BigInteger.DivRem(numerator, denominator, out rest);
        int half = (rest * 2).CompareTo(denominator);
        bool isUp = half > 0 || (half == 0 && !below.IsEven);
        // below a power of two doubles are closer: there the next decimal outwards may read back alone
        foreach (BigInteger candidate in isUp ? new[] { below + 1 } : new[] { below, below + 1 }) {
          string digits = candidate.ToString(Json.Invariant);
          if (Read(digits.TrimStart('0'), last) != value) continue;
          exponent = last + digits.Length - 1;
          return digits.TrimEnd('0');
        }
      }
      throw new ArithmeticException("cannot write a double in " + MostDigits + " digits");
    }
  }
}
