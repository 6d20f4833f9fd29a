package scorer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// FileError is a file of the bundle that is not as it was written.
type FileError struct{ Name, Found string }

func (err *FileError) Error() string {
	return fmt.Sprintf("%s: %s; take the bundle again from where it was made", err.Name, err.Found)
}

// readFiles gives each file that SHA256SUMS names, as it was written.
func readFiles(folder string) (map[string][]byte, error) {
	sums, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS"))
	if err != nil {
		return nil, &FileError{"SHA256SUMS", err.Error()}
	}
	files := map[string][]byte{}
	for _, line := range strings.Split(strings.TrimRight(string(sums), "\n"), "\n") {
		expected, name, isPair := strings.Cut(line, "  ")
		if !isPair || len(expected) != hex.EncodedLen(sha256.Size) {
			return nil, &FileError{"SHA256SUMS", fmt.Sprintf("got the line %q, which is no sum", line)}
		}
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, &FileError{name, err.Error()}
		}
		digest := sha256.Sum256(content)
		if found := hex.EncodeToString(digest[:]); found != expected {
			return nil, &FileError{name, fmt.Sprintf("got sha256 %.12s…, expected %.12s…", found, expected)}
		}
		files[name] = content
	}
	for _, name := range []string{"model.onnx", "manifest.json", "golden.json", "feed_cases.json"} {
		if _, isNamed := files[name]; !isNamed {
			return nil, &FileError{name, "SHA256SUMS does not name it"}
		}
	}
	return files, nil
}
