"""What is written anew for each model: its rows, its answers and the README."""

ROW = """\
using System;

namespace OnnxScorer {{
  /// <summary>One row: the raw columns of the training table; null is a missing value.</summary>
  public sealed class Row {{
{columns}
  }}
}}
"""

ANSWER = """\
using System.Collections.Generic;

namespace OnnxScorer {{
  /// <summary>A prediction; null where a column is missing without which there is none.</summary>
  public sealed class Answer {{
    internal static readonly Answer Missing = new Answer();

    public {label} Label {{ get; private set; }}

    internal static Answer Of(object label, double[] scores, List<object> labels) {{
      return new Answer {{ Label = ({label})label }};
    }}

    public override string ToString() {{
      return "Answer[label=" + (Label == null ? "null" : Json.Write(Label)) + "]";
    }}
  }}
}}
"""

ANSWER_WITH_SCORES = """\
using System;
using System.Collections.Generic;
using System.Linq;

namespace OnnxScorer {{
  /// <summary>
  /// A prediction, its score and those of all labels; null where a column is missing without which
  /// there is none.
  /// </summary>
  public sealed class Answer {{
    internal static readonly Answer Missing = new Answer();

    public {label} Label {{ get; private set; }}
    public double? Score {{ get; private set; }}
    public IReadOnlyDictionary<{key}, double> Scores {{ get; private set; }}

    internal static Answer Of(object label, double[] scores, List<object> labels) {{
      var named = new Dictionary<{key}, double>();
      for (int k = 0; k < scores.Length; k++) named[({key})labels[k]] = scores[k];
      return new Answer {{ Label = ({key})label, Score = named[({key})label], Scores = named }};
    }}

    public override string ToString() {{
      if (Scores == null) return "Answer[label=null, score=null, scores=null]";
      var scores = Scores.Select(each => Show(each.Key) + "=" + Show(each.Value));
      string shown = Show(Label) + ", score=" + Show(Score);
      return "Answer[label=" + shown + ", scores={{" + string.Join(", ", scores) + "}}]";
    }}

    private static string Show(object value) {{
      return value is double ? Json.Write(value) : Convert.ToString(value, Json.Invariant);
    }}
  }}
}}
"""

README = """\
# {name}: {model} for {target}, in C#

The model is one ONNX graph of {size} kB: raw columns in, predictions out. It needs Linux, a C
compiler, Mono with `mcs`, and libonnxruntime, which `install.sh` takes out of the package for
Python on x86-64 and ARM64; with another one, set `ORT_LIB` to its path and leave that line out.
No package of NuGet is used. It is proven on Mono; on another .NET, let its own compiler build
`scorer/*.cs`, keep `libscorer.so` beside the result, and believe it when its `verify` ends with 0.

```sh
{lines}
```

That holds this machine against what the training proved: every cell of `feed_cases.tsv`, and
{rows} rows of `golden.tsv` in one batch and each alone. It prints what it found and ends with 5
where anything differs, with 3 where a file is not as it was written.

```csharp
using System;
using System.Globalization;
using OnnxScorer;

class Example {{
  static void Main() {{
    using (Scorer scorer = Scorer.Open(".")) {{
      Console.WriteLine(scorer.PredictOne(new Row {{
{row}
      }}));
    }}
  }}
}}
```

As `Example.cs` it runs by `mcs -r:scorer.exe Example.cs && mono Example.exe`. `Predict` takes many
rows: `Row`, dictionaries by the columns' names, or objects of your own whose properties are the
columns, by their names or by `[Column("...")]`. A date finer than the 100 nanoseconds of DateTime
can be given as text. What a cell may hold is in `manifest.json`, under `feed`; a `CellException`
names row and column of one that does not fit. Files are held against `SHA256SUMS` before the model
is loaded.
"""
