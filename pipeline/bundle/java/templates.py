"""What is written anew for each model: its rows, its answers and the README."""

DATE_IMPORT = "import java.time.temporal.Temporal;\n\n"

ROW = """\
package scorer;

{imports}/** One row: the raw columns of the training table; null is a missing value. */
public record Row(
{columns}) {{}}
"""

ANSWER = """\
package scorer;

import java.util.List;

/** A prediction; null where the row lacks a column without which there is none. */
public record Answer({label} label) {{
  static final Answer MISSING = new Answer(null);

  static Answer of(Object label, double[] scores, List<Object> labels) {{
    return new Answer(({label}) label);
  }}
}}
"""

ANSWER_WITH_SCORES = """\
package scorer;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A prediction, its score and those of all labels; null where the row lacks a column without which
 * there is none.
 */
public record Answer({label} label, Double score, Map<{label}, Double> scores) {{
  static final Answer MISSING = new Answer(null, null, null);

  static Answer of(Object label, double[] scores, List<Object> labels) {{
    Map<{label}, Double> named = new LinkedHashMap<>();
    for (int k = 0; k < scores.length; k++) named.put(({label}) labels.get(k), scores[k]);
    return new Answer(({label}) label, named.get(label), Collections.unmodifiableMap(named));
  }}
}}
"""

README = """\
# {name}: {model} for {target}, in Java

The model is one ONNX graph of {size} kB: raw columns in, predictions out. It needs Linux, a JDK of
17 or newer, a C compiler, and libonnxruntime, which `install.sh` takes out of the package for
Python on x86-64 and ARM64; with another one, set `ORT_LIB` to its path and leave that line out.

```sh
{lines}
```

`Verify` holds this machine against what the training proved: every cell of `feed_cases.tsv`, and
{rows} rows of `golden.tsv` in one batch and each alone. It prints what it found and ends with 5
where anything differs, with 3 where a file is not as it was written.

```java
import java.nio.file.Path;
import scorer.Row;
import scorer.Scorer;

public class Example {{
  public static void main(String[] arguments) throws Exception {{
    try (Scorer scorer = Scorer.open(Path.of("."))) {{
      System.out.println(scorer.predict(new Row(
{row}
    }}
  }}
}}
```

As `Example.java` it runs by `java -cp . Example.java`. Many rows are a list: of `Row`, of maps by
the columns' names, or of records of your own whose components are the columns, by their names or by
`@Column("...")`. What a cell may hold is in `manifest.json`, under `feed`; a `CellError` names row
and column of one that does not fit. Files are held against `SHA256SUMS` before the model is loaded.
"""
