import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import scorer.Answer;
import scorer.Column;
import scorer.Scorer;

/** Scores records of its own, and prints what came of it; fails where the same cells in a map come to something else. */
public class Records {
  private record Own(@Column("body mass [kg]") Object mass, Object smoker, Object member, Object joined) {}

  private record Other(Double smoker) {}

  public static void main(String[] arguments) throws Exception {
    try (Scorer scorer = Scorer.open(Path.of("."))) {
      List<Object> cells = new ArrayList<>(Arrays.asList(null, Double.NaN, 1.5f, 0.1f, 7, 7L, "yes", "7", "a\0b", "\ud800", "NA", ""));
      cells.addAll(List.of(true, Optional.of(1), 'y', new BigDecimal("0.10"), new Date(0), LocalDate.EPOCH, 1e300, new Object[0]));
      for (Object cell : cells) {
        for (Own row : List.of(
            new Own(cell, "yes", true, null), new Own(1, cell, true, null), new Own(1, "", cell, null), new Own(1, "", 1, cell))) {
          check(scorer, row);
        }
      }
      ZonedDateTime moment = ZonedDateTime.of(1999, 12, 31, 23, 30, 0, 5, ZoneId.of("-02:30"));
      LocalDateTime utc = LocalDateTime.of(2000, 1, 1, 2, 0, 0, 5);
      for (Object date : List.of(moment, moment.toInstant(), moment.toOffsetDateTime(), utc, "2000-01-01T02:00:00.000000005Z")) {
        System.out.println(scorer.predict(new Own(0, "no", false, date)).label());
      }
      System.out.println(answer(() -> scorer.predict(new Other(1.0))));
      System.out.println(scorer.predict(List.of()));
    }
  }

  private static void check(Scorer scorer, Own row) {
    Map<String, Object> map = new HashMap<>();
    map.put("body mass [kg]", row.mass());
    map.put("smoker", row.smoker());
    map.put("member", row.member());
    map.put("joined", row.joined());
    String found = answer(() -> scorer.predict(row));
    String wanted = answer(() -> scorer.predict(map));
    if (!found.equals(wanted)) throw new IllegalStateException(row + ": " + found + ", expected " + wanted);
  }

  private static String answer(Supplier<Answer> ask) {
    try {
      return ask.get().toString();
    } catch (IllegalArgumentException err) {
      return err.getMessage();
    }
  }
}
