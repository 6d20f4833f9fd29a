package scorer;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Map;

/** Dates as nanoseconds since 1970 in UTC. */
final class Dates {
  private static final long SECOND = 1_000_000_000L;
  private static final int NOON = 12;

  private Dates() {}

  /** The moment that the parts of a text are; the missing date where the calendar has none. */
  static long read(Map<String, String> parts, Contract contract) {
    int year = Integer.parseInt(parts.get("year"));
    int minute = number(parts, "minute");
    int second = number(parts, "second");
    int hour = number(parts, "hour");
    String half = parts.get("half");
    if (half != null) {
      if (hour < 1 || hour > NOON) return contract.missingDate;
      hour = hour % NOON + (half.equalsIgnoreCase("p") ? NOON : 0);
    }
    if (year < contract.firstYear || year > contract.lastYear || hour > 23 || minute > 59 || second > 59) {
      return contract.missingDate;
    }
    try {
      long days = LocalDate.of(year, number(parts, "month"), number(parts, "day")).toEpochDay();
      long seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - ahead(parts.get("zone"));
      String fraction = parts.getOrDefault("fraction", "");
      return seconds * SECOND + Long.parseLong((fraction + "000000000").substring(0, 9));
    } catch (DateTimeException err) {
      return contract.missingDate;
    }
  }

  /** The moment of a date of java.time, UTC where it has no zone; missing where nanoseconds cannot hold it. */
  static long convert(Object date, Contract contract) throws Unfit {
    try {
      Instant moment = toInstant(date);
      long seconds = moment.getEpochSecond();
      long nanos = moment.getNano();
      if (seconds < 0 && nanos > 0) { // so that no step is beyond what the result is
        seconds += 1;
        nanos -= SECOND;
      }
      return Math.addExact(Math.multiplyExact(seconds, SECOND), nanos);
    } catch (ArithmeticException | DateTimeException err) {
      return contract.missingDate;
    }
  }

  private static Instant toInstant(Object date) throws Unfit {
    if (date instanceof LocalDate day) return day.atStartOfDay(ZoneOffset.UTC).toInstant();
    if (date instanceof LocalDateTime local) return local.toInstant(ZoneOffset.UTC);
    if (date instanceof Instant instant) return instant;
    if (date instanceof OffsetDateTime offset) return offset.toInstant();
    if (date instanceof ZonedDateTime zoned) return zoned.toInstant();
    throw new Unfit("a date: text, or LocalDate, LocalDateTime, Instant, OffsetDateTime or ZonedDateTime");
  }

  private static int number(Map<String, String> parts, String name) {
    return Integer.parseInt(parts.getOrDefault(name, "0"));
  }

  /** Seconds that a zone is ahead of UTC. */
  private static long ahead(String zone) {
    if (zone == null || (zone.charAt(0) != '+' && zone.charAt(0) != '-')) return 0;
    String digits = (zone.substring(1).replace(":", "") + "00").substring(0, 4);
    long seconds = Long.parseLong(digits.substring(0, 2)) * 3600 + Long.parseLong(digits.substring(2)) * 60;
    return zone.charAt(0) == '-' ? -seconds : seconds;
  }
}
