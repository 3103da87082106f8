package authz

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A PoolIssuer says who issues the tokens of user pools, in place of Cognito.
type PoolIssuer struct {
	ARN    string // of a pool, or a pattern in which * stands for any text
	Issuer string // the tokens' iss; "" is Cognito's own for the pool
	Keys   string // URL of the JWK Set; "" has it discovered at Issuer
	File   string // with the JWK Set, in place of an URL; "" for none

	file *keyFile
}

// A keyFile is the keys of a file, for Cognito's algorithms alone or for all.
type keyFile struct {
	name            string
	cognito, others atomic.Pointer[keySet]
}

func (f *keyFile) keys(cognito bool) *atomic.Pointer[keySet] {
	if cognito {
		return &f.cognito
	}
	return &f.others
}

// ParsePoolIssuer reads what is set for a pool: an issuer, keys=URL or keys=FILE, or both
// with a blank between them. In URLs {pool} and {region} stand for the pool's id and
// region.
func ParsePoolIssuer(arn, text string) (PoolIssuer, error) {
	in := PoolIssuer{ARN: arn}
	_, exact := snapshot.ParseUserPool(arn)
	if arn == "" || strings.ContainsAny(arn, " \t") || !exact && !strings.Contains(arn, "*") {
		return in, fmt.Errorf("%.200q: %w, nor a pattern with *", arn, errPoolARN)
	}
	issuer, keys, both := strings.Cut(strings.TrimSpace(text), " ")
	if !both && strings.HasPrefix(issuer, "keys=") {
		issuer, keys = "", issuer
	}
	keys, hasKeys := strings.CutPrefix(strings.TrimSpace(keys), "keys=")
	if both && !hasKeys || hasKeys && keys == "" || issuer == "" && !hasKeys {
		return in, fmt.Errorf("%.200q of %.200s is no issuer such as https://login.example.com/, nor keys=URL or keys=FILE behind one or alone", text, arn)
	}
	in.Issuer = issuer
	if issuer != "" {
		if u, err := parseURL(issuer); err != nil || u.RawQuery != "" {
			return in, fmt.Errorf("the issuer %.200q is no URL such as https://login.example.com/", issuer)
		}
	}
	if !strings.HasPrefix(keys, "http://") && !strings.HasPrefix(keys, "https://") {
		in.File = keys
		return in, nil
	}
	in.Keys = keys
	_, err := parseURL(keys)
	return in, err
}

// matches reports whether the ARN of an issuer, which may be a pattern, is that of a pool.
func (in *PoolIssuer) matches(arn string) bool {
	parts := strings.Split(in.ARN, "*")
	if len(parts) == 1 {
		return in.ARN == arn
	}
	rest, ok := strings.CutPrefix(arn, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return strings.HasSuffix(rest, parts[last])
}

// place is where the tokens of a pool come from, whose own issuer is Cognito's.
func (in *PoolIssuer) place(own string, variables *strings.Replacer) place {
	at := place{issuer: own, keysURL: variables.Replace(in.Keys), file: in.file}
	if in.Issuer != "" {
		at.issuer = variables.Replace(in.Issuer)
	}
	at.cognito = at.issuer == own
	return at
}

// KeyFiles are the files that pool issuers name, as they were read last. Pools that are
// bound to one see its keys change. They are not safe for concurrent use, but for the
// pools'.
type KeyFiles struct{ files map[string]*keyFile }

// Read reads the files of issuers and returns the issuers with them. read gets the
// content of a file. Where one cannot be read nothing changes, and the error says which;
// else the files have their new keys when commit is called.
func (f *KeyFiles) Read(issuers []PoolIssuer, read func(name string) ([]byte, error)) (with []PoolIssuer, commit func(), err error) {
	type keys struct{ cognito, others *keySet }
	files, fresh := make(map[string]*keyFile), make(map[string]keys)
	for _, in := range issuers {
		if in.File == "" {
			with = append(with, in)
			continue
		}
		if files[in.File] == nil {
			text, err := read(in.File)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", in.ARN, err)
			}
			var k keys
			if k.others, err = parseKeySet(text, nil); err != nil {
				return nil, nil, fmt.Errorf("%s: %s: %w", in.ARN, in.File, err)
			}
			if k.cognito, err = parseKeySet(text, cognitoAlgorithms); err != nil {
				k.cognito = new(keySet)
			}
			if files[in.File] = f.files[in.File]; files[in.File] == nil {
				files[in.File] = &keyFile{name: in.File}
			}
			fresh[in.File] = k
		}
		in.file = files[in.File]
		with = append(with, in)
	}
	return with, func() {
		for name, k := range fresh {
			files[name].cognito.Store(k.cognito)
			files[name].others.Store(k.others)
		}
		f.files = files
	}, nil
}
