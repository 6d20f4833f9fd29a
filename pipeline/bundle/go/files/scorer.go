// Package scorer scores rows with the model of this folder.
package scorer

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
)

// Scorer is one model, ready to predict; it may be used by several goroutines.
type Scorer struct {
	files   map[string][]byte
	feed    contract
	columns []*column
	// required is whether a row may be without an answer.
	required bool
	lock     sync.Mutex
	session  *session
}

// Open opens the bundle in a folder. Files are held against SHA256SUMS before anything is loaded;
// onnxruntime is the library that ORT_LIB names, else libonnxruntime.so of the folder.
func Open(folder string) (*Scorer, error) {
	files, err := readFiles(folder)
	if err != nil {
		return nil, err
	}
	var manifest struct {
		Inputs   []input
		Required []string
		Feed     contract
	}
	if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	scorer := &Scorer{files: files, feed: manifest.Feed, required: len(manifest.Required) > 0}
	for _, input := range manifest.Inputs {
		column, err := newColumn(input, &scorer.feed, manifest.Feed.Grammars[input.Name])
		if err != nil {
			return nil, err
		}
		scorer.columns = append(scorer.columns, column)
	}
	library := os.Getenv("ORT_LIB")
	if library == "" {
		library, err = filepath.Abs(filepath.Join(folder, "libonnxruntime.so"))
		if err != nil { // a name without a folder would be looked for among the system's
			return nil, err
		}
	}
	scorer.session, err = openSession(library, files["model.onnx"])
	return scorer, err
}

// Close gives back what onnxruntime holds.
func (scorer *Scorer) Close() {
	scorer.lock.Lock()
	defer scorer.lock.Unlock()
	scorer.session.close()
}

// Predict gives one answer for each row, or a *CellError that names row and column.
func (scorer *Scorer) Predict(rows []Row) ([]Answer, error) {
	cells := make([][]Cell, len(rows))
	for k, row := range rows {
		cells[k] = row.cells()
	}
	return scorer.PredictCells(cells)
}

// PredictCells does the same for cells of any type, each row in the order of the columns: a number
// may be text, as a file has it.
func (scorer *Scorer) PredictCells(rows [][]Cell) ([]Answer, error) {
	labels, scores, err := scorer.score(rows)
	if err != nil {
		return nil, err
	}
	answers := make([]Answer, len(rows))
	for row := range answers {
		if label := labelAt(labels, row); !scorer.lacks(label) {
			answers[row] = answerOf(label, scores, row)
		}
	}
	return answers, nil
}

// score gives the graph's own outputs; scores is nil where it has none.
func (scorer *Scorer) score(rows [][]Cell) (labels any, scores []float64, err error) {
	if len(rows) == 0 {
		return nil, nil, nil
	}
	for k, row := range rows {
		if len(row) != len(scorer.columns) {
			return nil, nil, fmt.Errorf("row %d: got %d cells, expected %d", k+1, len(row), len(scorer.columns))
		}
	}
	scorer.lock.Lock()
	defer scorer.lock.Unlock()
	for place, column := range scorer.columns {
		values, err := column.values(rows, place)
		if err == nil {
			err = scorer.session.set(column.Name, values)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if err := scorer.session.run(); err != nil {
		return nil, nil, err
	}
	scores, _ = scorer.session.output("prediction_score").([]float64)
	return scorer.session.output("prediction_label"), scores, nil
}

// values are the cells of one column as its tensor holds them.
func (column *column) values(rows [][]Cell, place int) (any, error) {
	numbers, texts, truths, dates := []float64{}, []string{}, []bool{}, []int64{}
	for k, row := range rows {
		value, expected := column.value(row[place])
		if expected != "" {
			return nil, &CellError{k + 1, column.Name, row[place], expected}
		}
		switch value := value.(type) {
		case float64:
			numbers = append(numbers, value)
		case string:
			texts = append(texts, value)
		case bool:
			truths = append(truths, value)
		case int64:
			dates = append(dates, value)
		}
	}
	return map[string]any{"number": numbers, "text": texts, "boolean": truths, "date": dates}[column.Kind], nil
}

// lacks is whether a label stands for none: its row is without a required column.
func (scorer *Scorer) lacks(label any) bool {
	number, isNumber := label.(float64)
	return scorer.required && (label == "" || label == int64(math.MinInt64) || isNumber && math.IsNaN(number))
}

func labelAt(labels any, row int) any {
	switch labels := labels.(type) {
	case []string:
		return labels[row]
	case []int64:
		return labels[row]
	default:
		return labels.([]float64)[row]
	}
}
