package scorer;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What model.tsv says: what holds for every column, the labels, and the columns in their order. */
final class Contract {
  private static final String VERSION = "1";

  final Set<String> yes = new HashSet<>();
  final Set<String> no = new HashSet<>();
  final List<Object> labels = new ArrayList<>();
  final List<Input> inputs = new ArrayList<>();
  boolean isAlwaysAnswered = true;
  double limit;
  int firstYear;
  int lastYear;
  long missingDate;
  String trimmed = "";

  Contract(List<String[]> lines) {
    for (String[] line : lines) {
      switch (line[0]) {
        case "version" -> checkVersion(line[1]);
        case "limit" -> limit = Double.parseDouble(line[1]);
        case "years" -> {
          firstYear = Integer.parseInt(line[1]);
          lastYear = Integer.parseInt(line[2]);
        }
        case "missing_date" -> missingDate = Long.parseLong(line[1]);
        case "true" -> yes.addAll(List.of(line).subList(1, line.length));
        case "false" -> no.addAll(List.of(line).subList(1, line.length));
        case "trimmed" -> trimmed = line[1];
        case "label" -> labels.add(Flat.cell(line[1]));
        case "required" -> isAlwaysAnswered = false;
        case "column" -> inputs.add(new Input(line[1], line[2]));
        default -> inputs.get(inputs.size() - 1).add(line);
      }
    }
  }

  private static void checkVersion(String version) {
    if (!version.equals(VERSION)) {
      throw new IllegalArgumentException("model.tsv: got version " + version + " of the feed contract, expected " + VERSION);
    }
  }
}
