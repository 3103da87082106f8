package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// appendOTLPLogs appends lines as the JSON of OTLP's logs, a record each: its body is the
// line. When a line was made is in the line; what a record says is when it was sent.
func appendOTLPLogs(to, lines []byte, now time.Time) []byte {
	const begin = `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"gatehouse"}}]},` +
		`"scopeLogs":[{"scope":{"name":"gatehouse.access"},"logRecords":[`
	at := strconv.FormatInt(now.UnixNano(), 10)
	to = append(to, begin...)
	first := true
	for line := range bytes.Lines(lines) {
		if !first {
			to = append(to, ',')
		}
		first = false
		to = append(append(append(to, `{"observedTimeUnixNano":"`...), at...), `","severityNumber":9,"severityText":"INFO","body":{"stringValue":`...)
		to = append(appendJSONText(to, bytes.TrimSuffix(line, []byte{'\n'})), "}}"...)
	}
	return append(to, "]}]}]}"...)
}

// appendJSONText appends text as a JSON string; what is not UTF-8 in it is U+FFFD.
func appendJSONText(to, text []byte) []byte {
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte(string(utf8.RuneError)))
	}
	quoted, _ := json.Marshal(string(text)) // a string never fails
	return append(to, quoted...)
}

// rejectedRecords are the log records that an OTLP collector has not taken of a request.
type rejectedRecords int

// Error says how many they are.
func (n rejectedRecords) Error() string {
	return fmt.Sprintf("it takes all but %d log records of some", int(n))
}

// rejectedOTLPLogs is the error of an answer that takes some records and not others; nil
// where it takes all. An answer that is no JSON says nothing.
func rejectedOTLPLogs(answer []byte) error {
	var read struct {
		PartialSuccess struct {
			RejectedLogRecords json.Number
		}
	}
	if json.Unmarshal(answer, &read) != nil {
		return nil
	}
	if n, err := read.PartialSuccess.RejectedLogRecords.Int64(); err == nil && n > 0 {
		return rejectedRecords(min(n, math.MaxInt32))
	}
	return nil
}
