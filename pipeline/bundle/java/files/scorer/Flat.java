package scorer;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads model.tsv and its like: each line is a word and its fields, between tabs. */
final class Flat {
  private Flat() {}

  static List<String[]> read(byte[] utf8) {
    List<String[]> lines = new ArrayList<>();
    for (String line : new String(utf8, StandardCharsets.UTF_8).split("\n")) {
      String[] fields = line.split("\t", -1);
      for (int k = 0; k < fields.length; k++) fields[k] = unescape(fields[k]);
      lines.add(fields);
    }
    return lines;
  }

  private static String unescape(String field) {
    if (field.indexOf('\\') < 0) return field;
    StringBuilder out = new StringBuilder();
    for (int k = 0; k < field.length(); k++) {
      char unit = field.charAt(k);
      if (unit != '\\') {
        out.append(unit);
        continue;
      }
      switch (field.charAt(++k)) {
        case 't' -> out.append('\t');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case '0' -> out.append('\0');
        default -> out.append(field.charAt(k));
      }
    }
    return out.toString();
  }

  /** A cell or a value: null, Double, Long or BigInteger, String, Boolean. */
  static Object cell(String field) {
    String value = field.substring(1);
    return switch (field.charAt(0)) {
      case 'n' -> Double.valueOf(value);
      case 'i' -> integer(new BigInteger(value));
      case 's' -> value;
      case 't' -> true;
      case 'f' -> false;
      default -> null;
    };
  }

  private static Object integer(BigInteger value) {
    return value.bitLength() < Long.SIZE ? (Object) value.longValueExact() : value;
  }
}
