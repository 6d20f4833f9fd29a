using System;
using System.Collections.Generic;

namespace OnnxScorer {
  /// <summary>Dates as nanoseconds since 1970 in UTC.</summary>
  internal static class Dates {
    private const long Second = 1000000000;
    private const long Tick = 100;
    private const int Noon = 12;
    private static readonly DateTime Epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>The moment that the parts of a text are; the missing date where the calendar has none.</summary>
    internal static long Read(Dictionary<string, string> parts, Contract contract) {
      int year = Number(parts, "year"), month = Number(parts, "month"), day = Number(parts, "day");
      int hour = Number(parts, "hour"), minute = Number(parts, "minute"), second = Number(parts, "second");
      string half;
      if (parts.TryGetValue("half", out half) && half.Length > 0) {
        if (hour < 1 || hour > Noon) return contract.MissingDate;
        hour = hour % Noon + (half == "p" || half == "P" ? Noon : 0);
      }
      bool isDay = year >= contract.FirstYear && year <= contract.LastYear && month >= 1 && month <= 12
          && day >= 1 && day <= DateTime.DaysInMonth(year, month);
      if (!isDay || hour > 23 || minute > 59 || second > 59) return contract.MissingDate;
      long days = (new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc) - Epoch).Days;
      long seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - Ahead(parts);
      string fraction;
      if (!parts.TryGetValue("fraction", out fraction)) fraction = "";
      return seconds * Second + long.Parse(fraction.PadRight(9, '0'), Json.Invariant);
    }

    /// <summary>The moment of a date, UTC where it has no zone; missing where nanoseconds cannot hold it.</summary>
    internal static long Convert(object date, Contract contract) {
      DateTime moment;
      if (date is DateTimeOffset) moment = ((DateTimeOffset)date).UtcDateTime;
      else if (date is DateTime) moment = (DateTime)date;
      else throw new UnfitException("a date: text, DateTime or DateTimeOffset");
      if (moment.Kind == DateTimeKind.Local) moment = moment.ToUniversalTime();
      try {
        return checked((moment.Ticks - Epoch.Ticks) * Tick);
      } catch (OverflowException) {
        return contract.MissingDate;
      }
    }

    private static int Number(Dictionary<string, string> parts, string name) {
      string digits;
      return parts.TryGetValue(name, out digits) ? int.Parse(digits, Json.Invariant) : 0;
    }

    /// <summary>Seconds that a zone is ahead of UTC.</summary>
    private static long Ahead(Dictionary<string, string> parts) {
      string zone;
      if (!parts.TryGetValue("zone", out zone) || (zone[0] != '+' && zone[0] != '-')) return 0;
      string digits = zone.Substring(1).Replace(":", "").PadRight(4, '0');
      long seconds = long.Parse(digits.Substring(0, 2), Json.Invariant) * 3600 + long.Parse(digits.Substring(2), Json.Invariant) * 60;
      return zone[0] == '-' ? -seconds : seconds;
    }
  }
}
