package scorer

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Cell is what a table holds: nil, float64, int, int64, bool, string or time.Time. NaN, the empty
// text, the zero time and the words in manifest.json are missing, as nil is.
type Cell any

// CellError is a cell that its column cannot hold.
type CellError struct {
	Row      int // 1-based
	Column   string
	Value    Cell
	Expected string
}

func (err *CellError) Error() string {
	shown := fmt.Sprintf("%#v", err.Value)
	return fmt.Sprintf("row %d, column %q: got %.60s, expected %s", err.Row, err.Column, shown, err.Expected)
}

// The parts of manifest.json by which cells are read.
type contract struct {
	Version int
	Number  struct{ Limit string }
	Boolean struct {
		True, False []string
		Trimmed     string
	}
	Date struct {
		Years   [2]int
		Missing string
	}
	Grammars map[string][]grammar
}

type grammar struct {
	Pattern string
	Groups  []string
	Trimmed string
}

type input struct {
	Name  string
	Kind  string
	Cells struct {
		Missing     []string
		True, False string
		Whole       bool
		Decimal     string
		Thousands   []string
	}
	Known struct{ Categories []string }
}

// column reads the cells of one input.
type column struct {
	input
	contract   *contract
	grammars   []grammar
	patterns   []*regexp.Regexp
	missing    map[string]bool
	categories map[string]bool
	limit      float64
	nat        int64
}

func newColumn(input input, contract *contract, grammars []grammar) (*column, error) {
	if contract.Version != 1 {
		return nil, fmt.Errorf("manifest.json: got a feed contract of version %d, expected 1", contract.Version)
	}
	column := &column{input: input, contract: contract, grammars: grammars}
	column.missing, column.categories = setOf(input.Cells.Missing), setOf(input.Known.Categories)
	for _, grammar := range grammars {
		pattern, err := regexp.Compile(`\A(?:` + grammar.Pattern + `)\z`)
		if err != nil {
			return nil, fmt.Errorf("manifest.json: column %q: %w", input.Name, err)
		}
		column.patterns = append(column.patterns, pattern)
	}
	var err error
	if column.limit, err = strconv.ParseFloat(contract.Number.Limit, 64); err != nil {
		return nil, fmt.Errorf("manifest.json: the limit of numbers: %w", err)
	}
	column.nat, err = strconv.ParseInt(contract.Date.Missing, 10, 64)
	return column, err
}

func setOf(words []string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, word := range words {
		set[word] = true
	}
	return set
}

// value is the cell as the column's tensor holds it, float64, string, bool or int64, or what was
// expected instead.
func (column *column) value(cell Cell) (value any, expected string) {
	cell = plain(cell)
	switch column.Kind {
	case "number":
		return column.number(cell)
	case "text":
		return column.text(cell)
	case "boolean":
		return column.boolean(cell)
	default:
		return column.date(cell)
	}
}

// plain is a cell as nil, float64, int64, bool, string or time.Time.
func plain(cell Cell) Cell {
	switch cell := cell.(type) {
	case int:
		return int64(cell)
	case float32:
		return plain(float64(cell))
	case float64:
		if math.IsNaN(cell) {
			return nil
		}
	case time.Time:
		if cell.IsZero() {
			return nil
		}
	}
	return cell
}

func (column *column) lacks(cell Cell) bool {
	text, isText := cell.(string)
	return cell == nil || isText && (text == "" || column.missing[text])
}

// parts are the named groups of the first grammar that a whole text fits, and the trimmed text.
func (column *column) parts(text string) (parts map[string]string, bare string) {
	for place, pattern := range column.patterns {
		grammar := column.grammars[place]
		bare = strings.Trim(text, grammar.Trimmed)
		if found := pattern.FindStringSubmatch(bare); found != nil {
			parts = make(map[string]string, len(grammar.Groups))
			for group, name := range grammar.Groups {
				parts[name] = found[group+1]
			}
			return parts, bare
		}
	}
	return nil, ""
}

func (column *column) number(cell Cell) (any, string) {
	if column.lacks(cell) {
		return math.NaN(), ""
	}
	number := 0.0
	switch cell := cell.(type) {
	case float64:
		number = cell
	case int64:
		number = float64(cell)
	case bool:
		if cell {
			number = 1
		}
	case string:
		var isNumber bool
		if number, isNumber = column.parse(cell); !isNumber {
			return nil, "a number"
		}
	default:
		return nil, "a number"
	}
	if math.Abs(number) > column.limit {
		return nil, "a finite number within ±3.4e38"
	}
	return number, ""
}

func (column *column) parse(text string) (float64, bool) {
	parts, bare := column.parts(text)
	if parts == nil || parts["before"] != "" && parts["behind"] != "" {
		return 0, false
	}
	digits, hasGroups := parts["digits"]
	if !hasGroups {
		digits = strings.Trim(bare, " \t")
	}
	for _, mark := range column.Cells.Thousands {
		digits = strings.ReplaceAll(digits, mark, "")
	}
	// The grammar leaves no error but a number that is too large, which is infinite then.
	number, _ := strconv.ParseFloat(strings.ReplaceAll(digits, column.Cells.Decimal, "."), 64)
	if parts["before"] == "-" || parts["behind"] == "-" {
		number = -number
	}
	return number, true
}

func (column *column) text(cell Cell) (any, string) {
	if column.lacks(cell) {
		return "", ""
	}
	switch cell := cell.(type) {
	case bool:
		word := column.Cells.False
		if cell {
			word = column.Cells.True
		}
		return word, unless(word != "", "text")
	case int64:
		return strconv.FormatInt(cell, 10), unless(column.Cells.Whole, codes)
	case float64:
		if cell == math.Trunc(cell) && !math.IsInf(cell, 0) {
			return strconv.FormatFloat(cell+0, 'f', 0, 64), unless(column.Cells.Whole, codes)
		}
		return decimal(cell), unless(!math.IsInf(cell, 0), "text")
	case string:
		return column.spell(cell)
	default:
		return nil, "text"
	}
}

const codes = "text: leading zeros, which this column had in training, are lost in a number"

func unless(isFine bool, expected string) string {
	if isFine {
		return ""
	}
	return expected
}

// decimal is the shortest one that reads as the same number, with an exponent below 1e-4.
func decimal(number float64) string {
	if math.Abs(number) < 1e-4 {
		return strconv.FormatFloat(number, 'e', -1, 64)
	}
	return strconv.FormatFloat(number, 'f', -1, 64)
}

var whole = regexp.MustCompile(`\A(-?[0-9]+)\.0+\z`)

func (column *column) spell(text string) (any, string) {
	if strings.ContainsRune(text, 0) {
		return nil, "text without NUL, where other runtimes cut it off"
	}
	if !utf8.ValidString(text) {
		return nil, "text that is UTF-8"
	}
	if found := whole.FindStringSubmatch(text); found != nil && column.Cells.Whole {
		if column.categories[found[1]] && !column.categories[text] {
			return found[1], ""
		}
	}
	switch word := strings.ToLower(text); {
	case word == "true" && column.Cells.True != "":
		return column.Cells.True, ""
	case word == "false" && column.Cells.False != "":
		return column.Cells.False, ""
	}
	return text, ""
}

func (column *column) boolean(cell Cell) (any, string) {
	if column.lacks(cell) {
		return nil, "true or false, not a missing value"
	}
	rules := column.contract.Boolean
	switch cell := cell.(type) {
	case bool:
		return cell, ""
	case int64:
		return cell == 1, unless(cell == 0 || cell == 1, "true or false")
	case float64:
		return cell == 1, unless(cell == 0 || cell == 1, "true or false")
	case string:
		word := strings.ToLower(strings.Trim(cell, rules.Trimmed))
		isTrue := setOf(rules.True)[word]
		return isTrue, unless(isTrue || setOf(rules.False)[word], "true or false")
	default:
		return nil, "true or false"
	}
}
