package truststore

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"slices"
	"strings"
	"time"
)

// A Text is a certificate as templates, events and logs show it.
type Text struct {
	PEM                 string
	Subject, Issuer     string // distinguished names, in the order of the certificate (seen in an event)
	Serial              string
	NotBefore, NotAfter string // such as "May 28 12:30:02 2019 GMT" (documented)
}

// TextOf words a certificate.
func TextOf(cert *x509.Certificate) Text {
	return Text{
		PEM:     string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})),
		Subject: dn(cert.RawSubject), Issuer: dn(cert.RawIssuer), Serial: serial(cert),
		NotBefore: stamp(cert.NotBefore), NotAfter: stamp(cert.NotAfter),
	}
}

// dn is a distinguished name as it is in the certificate: pkix prints the last part
// first.
func dn(raw []byte) string {
	var names pkix.RDNSequence
	if _, err := asn1.Unmarshal(raw, &names); err != nil {
		return ""
	}
	slices.Reverse(names)
	return names.String()
}

// serial is a serial number as OpenSSL prints it, by which AWS's two examples are: a
// small one in decimal, others as bytes in hexadecimal with colons between them.
func serial(cert *x509.Certificate) string {
	n := cert.SerialNumber
	if n.IsInt64() {
		return n.String()
	}
	text := hex.EncodeToString(n.Bytes())
	var out strings.Builder
	if n.Sign() < 0 {
		out.WriteByte('-')
	}
	for i := 0; i < len(text); i += 2 {
		if i > 0 {
			out.WriteByte(':')
		}
		out.WriteString(text[i : i+2])
	}
	return out.String()
}

func stamp(t time.Time) string { return t.UTC().Format("Jan _2 15:04:05 2006") + " GMT" }
