package scorer

/*
#cgo CFLAGS: -std=c11
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "score.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// session scores tensors with onnxruntime.
type session struct {
	model   *C.score_model
	inputs  map[string]C.int
	outputs map[string]C.int
}

func openSession(library string, model []byte) (*session, error) {
	path := C.CString(library)
	defer C.free(unsafe.Pointer(path))
	opened := &session{inputs: map[string]C.int{}, outputs: map[string]C.int{}}
	opened.model = C.score_open(path, unsafe.Pointer(&model[0]), C.size_t(len(model)))
	if err := opened.failure(); err != nil {
		opened.close()
		return nil, err
	}
	for k := C.int(0); k < C.score_inputs(opened.model); k++ {
		opened.inputs[C.GoString(C.score_input_name(opened.model, k))] = k
	}
	for k := C.int(0); k < C.score_outputs(opened.model); k++ {
		opened.outputs[C.GoString(C.score_output_name(opened.model, k))] = k
	}
	return opened, nil
}

func (session *session) close() {
	C.score_close(session.model)
	session.model = nil
}

func (session *session) version() string { return C.GoString(C.score_version(session.model)) }

func (session *session) failure() error {
	if text := C.GoString(C.score_error(session.model)); text != "" {
		return errors.New(text)
	}
	return nil
}

// set hands over a column: []float64, []int64, []bool or []string, at least one row.
func (session *session) set(name string, values any) error {
	input, isInput := session.inputs[name]
	if !isInput {
		return fmt.Errorf("the graph has no input %q", name)
	}
	switch values := values.(type) {
	case []float64:
		C.score_set(session.model, input, C.int64_t(len(values)), unsafe.Pointer(&values[0]), nil)
	case []int64:
		C.score_set(session.model, input, C.int64_t(len(values)), unsafe.Pointer(&values[0]), nil)
	case []bool:
		C.score_set(session.model, input, C.int64_t(len(values)), unsafe.Pointer(&values[0]), nil)
	case []string:
		bytes, offsets := []byte{}, make([]C.int64_t, 1, len(values)+1)
		for _, value := range values {
			bytes = append(bytes, value...)
			offsets = append(offsets, C.int64_t(len(bytes)))
		}
		bytes = append(bytes, 0) // an address even where all are empty
		C.score_set(session.model, input, C.int64_t(len(values)), unsafe.Pointer(&bytes[0]), &offsets[0])
	}
	return session.failure()
}

func (session *session) run() error {
	C.score_run(session.model)
	return session.failure()
}

// output copies the answers of the last run: []float64, []int64 or []string of rows times columns.
func (session *session) output(name string) any {
	place, isOutput := session.outputs[name]
	if !isOutput {
		return nil
	}
	count := int(C.score_rows(session.model) * C.score_width(session.model, place))
	data := C.score_data(session.model, place)
	switch C.score_output_kind(session.model, place) {
	case C.SCORE_NUMBER:
		return append([]float64(nil), unsafe.Slice((*float64)(data), count)...)
	case C.SCORE_INTEGER:
		return append([]int64(nil), unsafe.Slice((*int64)(data), count)...)
	default:
		offsets := unsafe.Slice((*int64)(unsafe.Pointer(C.score_offsets(session.model, place))), count+1)
		all := C.GoStringN((*C.char)(data), C.int(offsets[count]))
		texts := make([]string, count)
		for k := range texts {
			texts[k] = all[offsets[k]:offsets[k+1]]
		}
		return texts
	}
}
