package scorer

import (
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strconv"
	"time"
)

// Report is what `verify` prints.
type Report struct {
	Runtime string `json:"runtime"`
	Cells   struct {
		Count int      `json:"count"`
		Wrong [][3]any `json:"wrong"`
	} `json:"cells"`
	Rows struct {
		Count      int     `json:"count"`
		Flips      int     `json:"flips"`
		Error      float64 `json:"error"`
		GraphError float64 `json:"graph_error"`
	} `json:"rows"`
	Speed    *Speed `json:"speed,omitempty"`
	IsProven bool   `json:"-"`
}

// Speed is how long opening takes, one row, and 10,000 rows.
type Speed struct {
	Open  float64 `json:"open_ms"`
	Row   float64 `json:"row_us"`
	Batch float64 `json:"batch_ms"`
}

type answers struct {
	Label  []any       `json:"prediction_label"`
	Scores [][]float64 `json:"prediction_score"`
}

type golden struct {
	Tolerance float64
	Scale     float64
	Kinds     []string
	Inputs    map[string][]any
	Expected  answers
	Graph     struct {
		Tolerance float64
		Expected  answers
	}
}

// Replay holds this machine against feed_cases.json and golden.json.
func Replay(folder string, measures bool) (*Report, error) {
	scorer, err := Open(folder)
	if err != nil {
		return nil, err
	}
	defer scorer.Close()
	report := &Report{Runtime: fmt.Sprintf("onnxruntime %s in Go", scorer.session.version())}
	report.Cells.Wrong = [][3]any{}
	var golden golden
	if err := json.Unmarshal(scorer.files["golden.json"], &golden); err != nil {
		return nil, fmt.Errorf("golden.json: %w", err)
	}
	if err := scorer.replayCells(report); err != nil {
		return nil, err
	}
	rows := scorer.rowsOf(&golden)
	if err := scorer.replayRows(rows, &golden, report); err != nil {
		return nil, err
	}
	report.IsProven = len(report.Cells.Wrong) == 0 && report.Rows.Flips == 0 &&
		report.Rows.Error <= golden.Tolerance && report.Rows.GraphError <= golden.Graph.Tolerance
	if measures {
		report.Speed, err = scorer.measure(folder, rows)
	}
	return report, err
}

func (scorer *Scorer) replayCells(report *Report) error {
	var all struct {
		Columns []struct {
			Input    input
			Grammars []grammar
			Cases    [][2]any
		}
	}
	if err := json.Unmarshal(scorer.files["feed_cases.json"], &all); err != nil {
		return fmt.Errorf("feed_cases.json: %w", err)
	}
	for _, entry := range all.Columns {
		column, err := newColumn(entry.Input, &scorer.feed, entry.Grammars)
		if err != nil {
			return err
		}
		for _, pair := range entry.Cases {
			report.Cells.Count++
			value, expected := column.value(pair[0])
			if !isCase(value, expected, pair[1]) {
				report.Cells.Wrong = append(report.Cells.Wrong, [3]any{entry.Input.Name, pair[0], pair[1]})
			}
		}
	}
	return nil
}

func isCase(value any, refusal string, wanted any) bool {
	if _, isRefused := wanted.(map[string]any); isRefused || refusal != "" {
		return isRefused && refusal != ""
	}
	if nanoseconds, isDate := value.(int64); isDate {
		return wanted == strconv.FormatInt(nanoseconds, 10)
	}
	number, isNumber := value.(float64)
	if want, wantsNumber := wanted.(float64); isNumber && wantsNumber {
		return math.Float64bits(number) == math.Float64bits(want)
	}
	return isNumber && math.IsNaN(number) && wanted == nil || !isNumber && value == wanted
}

func (scorer *Scorer) rowsOf(golden *golden) [][]Cell {
	rows := make([][]Cell, len(golden.Kinds))
	for k := range rows {
		for _, column := range scorer.columns {
			rows[k] = append(rows[k], golden.Inputs[column.Name][k])
		}
	}
	return rows
}

// replayRows scores the golden rows in one batch, and each alone.
func (scorer *Scorer) replayRows(rows [][]Cell, golden *golden, report *Report) error {
	report.Rows.Count = len(rows)
	compare := func(labels any, scores []float64, place, row int) {
		report.Rows.Error = math.Max(report.Rows.Error, golden.Expected.errorOf(labels, scores, place, row, golden.Scale, &report.Rows.Flips))
		report.Rows.GraphError = math.Max(report.Rows.GraphError, golden.Graph.Expected.errorOf(labels, scores, place, row, golden.Scale, &report.Rows.Flips))
	}
	labels, scores, err := scorer.score(rows)
	for row := range rows {
		if err != nil {
			return err
		}
		compare(labels, scores, row, row)
	}
	for row := range rows {
		labels, scores, err := scorer.score(rows[row : row+1])
		if err != nil {
			return err
		}
		compare(labels, scores, 0, row)
	}
	return nil
}

// errorOf is the largest error of one row's answer at a place of the outputs; flips counts labels.
func (wanted *answers) errorOf(labels any, scores []float64, place, row int, scale float64, flips *int) float64 {
	label, want := labelAt(labels, place), wanted.Label[row]
	if !hasLabels {
		number, isNumber := want.(float64)
		if !isNumber {
			number = math.NaN()
		}
		return math.Min(distance(label.(float64), number)/math.Max(math.Abs(orZero(number)), scale), math.MaxFloat64)
	}
	if whole, isWhole := label.(int64); isWhole {
		label = float64(whole) // as JSON has it
	}
	if label != want {
		*flips++
	}
	largest := 0.0
	for k := range wanted.scoresOf(row) {
		count := len(wanted.Scores[row])
		largest = math.Max(largest, distance(scores[place*count+k], wanted.Scores[row][k]))
	}
	return largest
}

func (wanted *answers) scoresOf(row int) []float64 {
	if wanted.Scores == nil {
		return nil
	}
	return wanted.Scores[row]
}

// distance is largest where one of the two is missing, and the other is not.
func distance(got, want float64) float64 {
	switch {
	case math.IsNaN(got) && math.IsNaN(want) || got == want:
		return 0
	case math.IsNaN(got) || math.IsNaN(want):
		return math.MaxFloat64
	default:
		return math.Abs(got - want)
	}
}

func orZero(number float64) float64 {
	if math.IsNaN(number) {
		return 0
	}
	return number
}

func (scorer *Scorer) measure(folder string, rows [][]Cell) (*Speed, error) {
	start := time.Now()
	second, err := Open(folder)
	if err != nil {
		return nil, err
	}
	open := time.Since(start)
	second.Close()
	times := make([]float64, 1001)
	for k := range times {
		start, row := time.Now(), k%len(rows)
		if _, err := scorer.PredictCells(rows[row : row+1]); err != nil {
			return nil, err
		}
		times[k] = float64(time.Since(start).Nanoseconds()) / 1e3
	}
	sort.Float64s(times)
	many := make([][]Cell, 10_000)
	for k := range many {
		many[k] = rows[k%len(rows)]
	}
	start = time.Now()
	_, err = scorer.PredictCells(many)
	return &Speed{float64(open.Nanoseconds()) / 1e6, times[500], float64(time.Since(start).Nanoseconds()) / 1e6}, err
}
