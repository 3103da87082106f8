// Package keyfile reads files of API keys in AWS's format: comma-separated values
// under a line with the names of the columns. It is linear and bounded, and what a
// file says is a secret: errors do not repeat it.
package keyfile

import (
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Bounds of ours on a file. AWS lets an account have as many keys.
const (
	maxRecords = 10_000
	maxColumns = 64
)

// MaxPlans is how many usage plans a record can name. One that names more has one
// more than that.
const MaxPlans = 100

// A Record is one key of a file.
type Record struct {
	Name, Value, Description string
	Enabled                  bool
	Unclear                  bool     // whether it is enabled: the cell is neither true nor false, and Enabled is false
	Plans                    []string // ids
}

// Parse reads a file. The names of its columns may have any case and order; columns
// that have other names are ignored. A column that is not there, or a cell that is
// empty, is an empty text, or true. An error is a BadRequestException.
func Parse(body []byte) ([]Record, error) {
	if !utf8.Valid(body) {
		return nil, errFile("it is not UTF-8")
	}
	cells := cellReader{rest: strings.TrimPrefix(string(body), "\ufeff")}
	names, err := cells.line()
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(names))
	for i, name := range names {
		if name = strings.ToLower(name); name != "" {
			if _, twice := at[name]; !twice {
				at[name] = i
			}
		}
	}
	for _, required := range []string{"Key", "Name"} {
		if _, ok := at[strings.ToLower(required)]; !ok {
			return nil, wire.BadRequest("Missing required column '%s'", required)
		}
	}
	var records []Record
	for {
		line, err := cells.line()
		if err != nil || line == nil {
			return records, err
		}
		if len(records) == maxRecords {
			return nil, errFile("it has more than 10000 records")
		}
		records = append(records, readKeyRecord(at, line))
	}
}

func errFile(why string) error { return wire.BadRequest("Invalid API key file: %s", why) }

// readKeyRecord reads the cells of a line by the places of the columns.
func readKeyRecord(at map[string]int, line []string) Record {
	cell := func(column string) string {
		if i, ok := at[column]; ok && i < len(line) {
			return line[i]
		}
		return ""
	}
	r := Record{Name: cell("name"), Value: cell("key"), Description: cell("description")}
	enabled := cell("enabled")
	r.Enabled = enabled == "" || strings.EqualFold(enabled, "true")
	r.Unclear = !r.Enabled && !strings.EqualFold(enabled, "false")
	for id := range strings.SplitSeq(cell("usageplanids"), ",") {
		if id = strings.TrimSpace(id); id != "" && len(r.Plans) <= MaxPlans {
			r.Plans = append(r.Plans, id)
		}
	}
	return r
}

// A cellReader reads comma-separated values. A cell in quotation marks may hold
// commas and ends of lines, and the mark itself doubled. AWS's format has cells in
// apostrophes, too: one that begins with an apostrophe and has another before a
// comma or the end of its line. Blanks around cells do not count.
type cellReader struct{ rest string }

// line returns the cells of the next line that is not blank, nil for none.
func (r *cellReader) line() ([]string, error) {
	r.rest = strings.TrimLeft(r.rest, " \t\r\n")
	if r.rest == "" {
		return nil, nil
	}
	var cells []string
	for {
		if len(cells) == maxColumns {
			return nil, errFile("a line has more than 64 columns")
		}
		cell, err := r.cell()
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell)
		if !strings.HasPrefix(r.rest, ",") {
			r.rest = strings.TrimPrefix(strings.TrimPrefix(r.rest, "\r"), "\n")
			return cells, nil
		}
		r.rest = r.rest[1:]
	}
}

// cell reads up to the comma or the end of the line behind a cell.
func (r *cellReader) cell() (string, error) {
	r.rest = strings.TrimLeft(r.rest, " \t")
	if strings.HasPrefix(r.rest, `"`) {
		return r.quoted()
	}
	line := r.rest
	if end := strings.IndexByte(line, '\n'); end >= 0 {
		line = strings.TrimSuffix(line[:end], "\r")
	}
	if text, n := inApostrophes(line); n > 0 {
		r.rest = r.rest[n:]
		return text, nil
	}
	text, _, _ := strings.Cut(line, ",")
	r.rest = r.rest[len(text):]
	return strings.TrimRight(text, " \t"), nil
}

// inApostrophes returns what is between the apostrophes at the start of a line,
// and how long it is with them and the blanks behind; 0 for no such cell.
func inApostrophes(line string) (text string, n int) {
	if !strings.HasPrefix(line, "'") {
		return "", 0
	}
	for end := 1; ; end++ {
		next := strings.IndexByte(line[end:], '\'')
		if next < 0 {
			return "", 0
		}
		end += next
		behind := strings.TrimLeft(line[end+1:], " \t")
		if behind == "" || behind[0] == ',' {
			return line[1:end], len(line) - len(behind)
		}
	}
}

// quoted reads a cell in quotation marks.
func (r *cellReader) quoted() (string, error) {
	var text strings.Builder
	rest := r.rest[1:]
	for {
		part, behind, closed := strings.Cut(rest, `"`)
		if !closed {
			return "", errFile("a quotation mark is not closed")
		}
		text.WriteString(part)
		if !strings.HasPrefix(behind, `"`) {
			rest = strings.TrimLeft(behind, " \t")
			break
		}
		text.WriteByte('"')
		rest = behind[1:]
	}
	if rest != "" && rest[0] != ',' && rest[0] != '\n' && !strings.HasPrefix(rest, "\r\n") {
		return "", errFile("there is text behind a closing quotation mark")
	}
	r.rest = rest
	return text.String(), nil
}
