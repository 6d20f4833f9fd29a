package scorer;

import java.util.List;
import java.util.Map;

/** Writes JSON in ASCII. */
final class Json {
  private Json() {}

  static String write(Object value) {
    StringBuilder out = new StringBuilder();
    add(value, out);
    return out.toString();
  }

  private static void add(Object value, StringBuilder out) {
    if (value instanceof Map<?, ?> map) {
      addAll(map.entrySet(), '{', '}', out);
    } else if (value instanceof Map.Entry<?, ?> entry) {
      add(String.valueOf(entry.getKey()), out);
      out.append(": ");
      add(entry.getValue(), out);
    } else if (value instanceof List<?> list) {
      addAll(list, '[', ']', out);
    } else if (value instanceof String text) {
      addText(text, out);
    } else {
      boolean isNumber = !(value instanceof Double number) || Double.isFinite(number);
      out.append(isNumber ? value : "null");
    }
  }

  private static void addAll(Iterable<?> values, char open, char close, StringBuilder out) {
    out.append(open);
    String between = "";
    for (Object each : values) {
      out.append(between);
      add(each, out);
      between = ", ";
    }
    out.append(close);
  }

  private static void addText(String text, StringBuilder out) {
    out.append('"');
    for (char unit : text.toCharArray()) {
      if (unit == '"' || unit == '\\') out.append('\\').append(unit);
      else if (unit < ' ' || unit > '~') out.append(String.format("\\u%04x", (int) unit));
      else out.append(unit);
    }
    out.append('"');
  }
}
