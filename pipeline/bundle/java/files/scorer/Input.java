package scorer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** One raw column of the model, and how its cells are written. */
final class Input {
  final String name;
  final String kind;
  final Set<String> missing = new HashSet<>();
  final Set<String> categories = new HashSet<>();
  final List<Grammar> grammars = new ArrayList<>();
  String yes = "";
  String no = "";
  boolean isWhole = true;
  String decimal = ".";
  List<String> thousands = List.of();

  Input(String name, String kind) {
    this.name = name;
    this.kind = kind;
  }

  /** Takes in one line of the column's block. */
  void add(String[] line) {
    List<String> fields = Arrays.asList(line).subList(1, line.length);
    switch (line[0]) {
      case "missing" -> missing.addAll(fields);
      case "categories" -> categories.addAll(fields);
      case "thousands" -> thousands = fields;
      case "decimal" -> decimal = line[1];
      case "whole" -> isWhole = line[1].equals("t");
      case "words" -> {
        yes = line[1];
        no = line[2];
      }
      case "grammar" -> grammars.add(new Grammar(Pattern.compile(line[1]), line[2], fields.subList(2, fields.size())));
      default -> throw new IllegalArgumentException("model.tsv: got " + line[0] + ", expected a line of a column");
    }
  }

  /** The parts of a text by the first grammar that it fits; null where it fits none. */
  Map<String, String> read(String text) {
    for (Grammar grammar : grammars) {
      Map<String, String> parts = grammar.read(text);
      if (parts != null) return parts;
    }
    return null;
  }
}
