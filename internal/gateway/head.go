package gateway

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A form is what a connection says of an answer beside what the answer says.
type form struct {
	old     bool   // the client speaks HTTP/1.0
	date    string // what Date says
	length  int64  // what Content-Length says; below 0 for nothing
	chunked bool   // the body comes in chunks
	closing bool   // the connection ends behind it
}

// appendStatus appends a status line without its end.
func appendStatus(dst []byte, status int, old bool) []byte {
	version := "HTTP/1.1 "
	if old {
		version = "HTTP/1.0 "
	}
	dst = strconv.AppendInt(append(dst, version...), int64(status), 10)
	dst = append(dst, ' ')
	if reason := http.StatusText(status); reason != "" {
		return append(dst, reason...)
	}
	return strconv.AppendInt(append(dst, "status code "...), int64(status), 10)
}

// appendHead appends resp's status line and header, the empty line included. The lines
// keep their order and spelling.
func appendHead(dst []byte, resp *httpmsg.Response, f form) []byte {
	dst = appendStatus(dst, resp.Status, f.old)
	dst = append(append(dst, "\r\nDate: "...), f.date...)
	for i := range resp.Header {
		if f := &resp.Header[i]; !ownedByListener(f.Name) {
			dst = append(append(dst, "\r\n"...), f.Name...)
			dst = append(append(dst, ": "...), f.Value...)
		}
	}
	if f.length >= 0 {
		dst = append(dst, "\r\nContent-Length: "...)
		dst = strconv.AppendInt(dst, f.length, 10)
	}
	if f.chunked {
		dst = append(dst, "\r\nTransfer-Encoding: chunked"...)
	}
	if f.closing {
		return append(dst, "\r\nConnection: close\r\n\r\n"...)
	}
	return append(dst, "\r\nConnection: keep-alive\r\n\r\n"...)
}

// dates are the Date lines of answers, written once a second.
type dates struct {
	last atomic.Pointer[date]
}

type date struct {
	second int64 // of Unix time
	text   string
}

func (d *dates) at(now time.Time) string {
	second := now.Unix()
	last := d.last.Load()
	if last == nil || last.second != second {
		last = &date{second, now.UTC().Format(http.TimeFormat)}
		d.last.Store(last)
	}
	return last.text
}
