package scorer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One way to write the cells of a column: the pattern of a whole cell, and what its groups are. */
record Grammar(Pattern pattern, String trimmed, List<String> groups) {
  /** The named parts of a text, and the trimmed text under ""; null where it is written otherwise. */
  Map<String, String> read(String text) {
    String bare = strip(text, trimmed);
    Matcher found = pattern.matcher(bare);
    if (!found.matches()) return null;
    Map<String, String> parts = new HashMap<>();
    parts.put("", bare);
    for (int k = 0; k < groups.size(); k++) {
      if (found.group(k + 1) != null) parts.put(groups.get(k), found.group(k + 1));
    }
    return parts;
  }

  /** What String.strip and String.trim take away is not what the contract says. */
  static String strip(String text, String characters) {
    int start = 0;
    int end = text.length();
    while (start < end && characters.indexOf(text.charAt(start)) >= 0) start++;
    while (end > start && characters.indexOf(text.charAt(end - 1)) >= 0) end--;
    return text.substring(start, end);
  }
}
