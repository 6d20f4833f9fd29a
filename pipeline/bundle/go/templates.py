"""What is generated from a manifest for Go: typed rows, and the README."""

from __future__ import annotations

ROWS = """\
package scorer

{imports}// Row is one row: the raw columns of the training table.
type Row struct {{
{fields}
}}

func (row Row) cells() []Cell {{
	return []Cell{{
{cells}
	}}
}}

// Answer is zero but for IsAnswered where the row lacks a required column.
type Answer struct {{
	IsAnswered bool
	Label      {label}{scores}
}}

{labels}const hasLabels = {has_labels}

func answerOf(label any, scores []float64, row int) Answer {{
	answer := Answer{{IsAnswered: true, Label: label.({label})}}{take_scores}
	return answer
}}
"""

LABELS = """\
// Labels are the classes, in the order of an answer's Scores.
var Labels = []{label}{{{names}}}

"""

SCORES = """
	Score      float64   // of the label
	Scores     []float64 // in the order of Labels"""

TAKE_SCORES = """
	answer.Scores = scores[row*len(Labels) : (row+1)*len(Labels)]
	for place, name := range Labels {
		if name == answer.Label {
			answer.Score = answer.Scores[place]
		}
	}"""

README = """\
# {name}: {model} for {target}, for Go

The model is one ONNX graph of {size} kB: raw columns in, predictions out. It needs Go 1.19, a C
compiler for cgo, and libonnxruntime ({library} MB), which `install.sh` takes out of the package for
Python on x86-64 and ARM64 Linux; with another one, set `ORT_LIB` to its path and leave that line
out. No module of others is fetched.

```sh
{lines}
```

`verify` holds this machine against what the training proved: every cell of `feed_cases.json`, and
{rows} rows of `golden.json` in one batch and each alone. It prints what it found and ends with 5
where anything differs, with 3 where a file is not as it was written.

```go
package main

import (
{imports}

	"scorer"
)

func main() {{
	model, err := scorer.Open(".")
	if err != nil {{
		log.Fatal(err)
	}}
	defer model.Close()
	answers, err := model.Predict([]scorer.Row{{{{
{row}
	}}}})
	if err != nil {{
		log.Fatal(err)
	}}
	fmt.Println({values})
}}
```

As `example/main.go` it is run by

```sh
go run ./example
```

What a cell may hold is in `manifest.json`, under `feed`; `PredictCells` takes text where `Row` has
a number. Files are held against `SHA256SUMS` before the model is loaded. onnxruntime's telemetry is
switched off before the library is.
"""
