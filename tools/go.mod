// The programs that make check and make release run, with requirements of their own:
// those of Gatehouse are what its binary and its tests need, and nothing else.
module github.com/gatehouse-gw/gatehouse/tools

go 1.26.0

tool honnef.co/go/tools/cmd/staticcheck

require golang.org/x/crypto/x509roots/fallback v0.0.0-20261030153154-30a33513ff6d

require (
	github.com/BurntSushi/toml v1.4.1-0.20240526193622-a339e1f7089c // indirect
	golang.org/x/exp/typeparams v0.0.0-20231108232855-2478ac86f678 // indirect
	golang.org/x/mod v0.41.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/tools v0.51.0 // indirect
	honnef.co/go/tools v0.8.2 // indirect
)
