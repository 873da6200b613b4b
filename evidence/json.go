package evidence

import (
	"bufio"
	"encoding/json"
)

// jsonWriter writes a JSON document piece by piece, so that long lists need no memory. It keeps the first error.
type jsonWriter struct {
	w     *bufio.Writer
	depth int
	comma bool // something stands before in the object or array that is open
	err   error
}

func (j *jsonWriter) text(s string) {
	if _, err := j.w.WriteString(s); err != nil && j.err == nil {
		j.err = err
	}
}

// next puts what separates values, and the name of a field.
func (j *jsonWriter) next(name string) {
	if j.depth == 0 {
		j.text("{")
	} else {
		if j.comma {
			j.text(",")
		}
		j.text("\n")
	}
	for range j.depth {
		j.text(" ")
	}
	if name != "" {
		j.value(name)
		j.text(": ")
	}
}

func (j *jsonWriter) value(v any) {
	b, err := json.Marshal(v)
	if err != nil && j.err == nil {
		j.err = err
	}
	j.text(string(b))
}

// open begins an object or array, as a field or, without a name, as an element.
func (j *jsonWriter) open(name string, bracket byte) {
	j.next(name)
	j.text(string(bracket))
	j.depth++
	j.comma = false
}

func (j *jsonWriter) close(bracket byte) {
	j.depth--
	j.text("\n")
	for range j.depth {
		j.text(" ")
	}
	j.text(string(bracket))
	j.comma = true
}

func (j *jsonWriter) field(name string, v any) {
	j.next(name)
	j.value(v)
	j.comma = true
}

func (j *jsonWriter) element(v any) { j.field("", v) }

// list writes a field with an array, unless there is nothing to put into it.
func (j *jsonWriter) list(name string, fill func(each func(any)) error) {
	began := false
	err := fill(func(v any) {
		if !began {
			j.open(name, '[')
			began = true
		}
		j.element(v)
	})
	if began {
		j.close(']')
	}
	if err != nil && j.err == nil {
		j.err = err
	}
}

// end closes the document.
func (j *jsonWriter) end() error {
	j.text("}\n")
	if err := j.w.Flush(); err != nil && j.err == nil {
		j.err = err
	}
	return j.err
}
