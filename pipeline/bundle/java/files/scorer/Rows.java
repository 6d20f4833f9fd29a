package scorer;

import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Takes rows apart: maps by the columns' names, and records of any class. */
final class Rows {
  private final Set<String> names = new HashSet<>();
  private final Map<Class<?>, Map<String, Method>> known = new ConcurrentHashMap<>();

  Rows(List<Input> inputs) {
    for (Input input : inputs) names.add(input.name);
  }

  /** The cells of every column, by its name; each row has exactly the model's columns. */
  Map<String, List<Object>> toColumns(List<?> rows) {
    Map<String, List<Object>> columns = new LinkedHashMap<>();
    for (String name : names) columns.put(name, new ArrayList<>(rows.size()));
    int place = 0;
    for (Object row : rows) {
      place++;
      Map<?, ?> cells = row instanceof Map<?, ?> map ? map : read(row, place);
      check(cells.keySet(), "row " + place);
      columns.forEach((name, column) -> column.add(cells.get(name)));
    }
    return columns;
  }

  private void check(Set<?> given, String where) {
    for (Object name : given) {
      if (!names.contains(name)) {
        throw new IllegalArgumentException(where + ": got the column " + Json.write(String.valueOf(name)) + ", which the model does not take");
      }
    }
    for (String name : names) {
      if (!given.contains(name)) throw new IllegalArgumentException(where + ": the column " + Json.write(name) + " is missing");
    }
  }

  private Map<String, Object> read(Object row, int place) {
    if (!(row instanceof Record)) {
      String found = row == null ? "null" : row.getClass().getName();
      throw new IllegalArgumentException("row " + place + ": got " + found + ", expected a record or a map");
    }
    Map<String, Object> cells = new LinkedHashMap<>();
    known.computeIfAbsent(row.getClass(), Rows::describe).forEach((name, accessor) -> {
      try {
        cells.put(name, accessor.invoke(row));
      } catch (ReflectiveOperationException err) {
        throw new IllegalArgumentException("cannot read " + accessor, err);
      }
    });
    return cells;
  }

  private static Map<String, Method> describe(Class<?> type) {
    Map<String, Method> accessors = new LinkedHashMap<>();
    for (RecordComponent component : type.getRecordComponents()) {
      Column column = component.getAnnotation(Column.class);
      String name = column == null ? component.getName() : column.value();
      component.getAccessor().setAccessible(true);
      if (accessors.put(name, component.getAccessor()) != null) {
        throw new IllegalArgumentException(type.getName() + ": two components hold the column " + Json.write(name));
      }
    }
    return accessors;
  }
}
