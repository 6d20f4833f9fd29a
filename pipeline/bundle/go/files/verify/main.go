// Command verify replays feed_cases.json and golden.json: verify [--measure] [FOLDER]. It prints one
// line of JSON; it ends with 5 where this machine answers otherwise, with 3 where a file is not as it
// was written.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"scorer"
)

func main() {
	folder, measures := ".", false
	for _, argument := range os.Args[1:] {
		if argument == "--measure" {
			measures = true
		} else {
			folder = argument
		}
	}
	report, err := scorer.Replay(folder, measures)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	text, err := json.Marshal(report)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(5)
	}
	fmt.Println(string(text))
	if !report.IsProven {
		os.Exit(5)
	}
}
