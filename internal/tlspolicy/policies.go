package tlspolicy

import (
	"crypto/tls"
	"slices"
)

// The suites of TLS 1.2 and below, as AWS's policies group them. Go has no suite of
// ECDHE with AES-256-CBC and SHA-384, and none of RSA with AES-256-CBC and SHA-256.
var (
	gcm = []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	}
	chacha = []uint16{tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256}
	cbc256 = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256}
	cbcSHA = []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	}
	plainRSA = []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384}
	rsaSHA   = []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA}

	aead = slices.Concat(gcm, chacha)
)

// The suites of TLS 1.3 that are approved for FIPS 140-3.
var fips13 = []uint16{tls.TLS_AES_128_GCM_SHA256, tls.TLS_AES_256_GCM_SHA384}

// The curves. AWS's pages do not list them: which names say PQ and FIPS decides, and
// those that say neither take no post-quantum ones, but for CloudFront's, all of which
// do (documented there), and the two that AWS had before.
var (
	classic  = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}
	nist     = []tls.CurveID{tls.CurveP256, tls.CurveP384, tls.CurveP521}
	hybrid   = []tls.CurveID{tls.X25519MLKEM768, tls.SecP256r1MLKEM768, tls.SecP384r1MLKEM1024}
	pq       = slices.Concat(hybrid, classic)
	pqOfFIPS = slices.Concat(hybrid, nist)
)

// policies are AWS's, of REST APIs and custom domain names (documented, November 2025).
var policies = []*Policy{
	{Name: "SecurityPolicy_TLS13_1_3_2025_09", min: tls.VersionTLS13, curves: classic},
	{Name: "SecurityPolicy_TLS13_1_3_FIPS_2025_09", min: tls.VersionTLS13, suites13: fips13, curves: nist},
	{Name: "SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09", min: tls.VersionTLS12, suites: gcm, suites13: fips13, curves: pqOfFIPS},
	// Which suites this one has is not documented: those of its twin without FIPS.
	{Name: "SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09", min: tls.VersionTLS12, suites: slices.Concat(gcm, cbc256, plainRSA), suites13: fips13, curves: pqOfFIPS},
	{Name: "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", min: tls.VersionTLS12, suites: gcm, curves: pq},
	{Name: "SecurityPolicy_TLS13_1_2_PQ_2025_09", min: tls.VersionTLS12, suites: slices.Concat(gcm, cbc256, plainRSA), curves: pq},
	{Name: "SecurityPolicy_TLS13_1_2_2021_06", min: tls.VersionTLS12, suites: slices.Concat(gcm, cbc256, plainRSA), curves: classic},
	{Name: "TLS_1_2", min: tls.VersionTLS12, suites: slices.Concat(gcm, cbc256, plainRSA)},
	{Name: "TLS_1_0", min: tls.VersionTLS10, suites: slices.Concat(gcm, cbc256, cbcSHA, plainRSA, rsaSHA)},

	{Name: "SecurityPolicy_TLS13_2025_EDGE", min: tls.VersionTLS13},
	{Name: "SecurityPolicy_TLS12_PFS_2025_EDGE", min: tls.VersionTLS12, suites: slices.Concat(gcm, chacha)},
	{Name: "SecurityPolicy_TLS12_2018_EDGE", min: tls.VersionTLS12, suites: slices.Concat(gcm, chacha, cbc256)},
}
