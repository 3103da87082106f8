package gateway

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// appendHead appends resp's status line and header as HTTP/1.1, the empty line
// included. The lines keep their order and spelling. A length below 0 is left out.
func appendHead(dst []byte, resp *httpmsg.Response, length int64, date string, closing bool) []byte {
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(resp.Status), 10)
	dst = append(dst, ' ')
	if reason := http.StatusText(resp.Status); reason != "" {
		dst = append(dst, reason...)
	} else {
		dst = strconv.AppendInt(append(dst, "status code "...), int64(resp.Status), 10)
	}
	dst = append(append(dst, "\r\nDate: "...), date...)
	for i := range resp.Header {
		if f := &resp.Header[i]; !ownedByListener(f.Name) {
			dst = append(append(dst, "\r\n"...), f.Name...)
			dst = append(append(dst, ": "...), f.Value...)
		}
	}
	if length >= 0 {
		dst = append(dst, "\r\nContent-Length: "...)
		dst = strconv.AppendInt(dst, length, 10)
	}
	if closing {
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
