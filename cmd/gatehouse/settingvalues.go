package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// The kinds of values that settings have. Each reads the same text from a flag, a
// variable of the environment and the configuration file; its errors say what the
// text should be, and leave the setting's name to the caller.

// errEmpty is that of a value that is given and empty, as by a variable of a shell
// that is not set: nobody can mean it.
var errEmpty = errors.New("is empty")

// A textValue is any text.
type textValue struct{ to *string }

func (v textValue) String() string { return text(v.to) }
func (v textValue) Type() string   { return "string" }
func (v textValue) Set(s string) error {
	if strings.TrimSpace(s) == "" {
		return errEmpty
	}
	*v.to = s
	return nil
}

// A switchValue is on or off.
type switchValue struct{ to *bool }

func (v switchValue) String() string { return fmt.Sprint(v.to != nil && *v.to) }
func (v switchValue) Type() string   { return "bool" }
func (v switchValue) Set(s string) error {
	switch strings.ToLower(s) {
	case "true", "yes", "on", "1":
		*v.to = true
	case "false", "no", "off", "0":
		*v.to = false
	case "":
		return errEmpty
	default:
		return fmt.Errorf("%q is neither true nor false", brief(s))
	}
	return nil
}

// A countValue is a whole number.
type countValue struct{ to *int }

func (v countValue) String() string {
	if v.to == nil {
		return "0"
	}
	return strconv.Itoa(*v.to)
}
func (v countValue) Type() string { return "int" }
func (v countValue) Set(s string) error {
	n, err := strconv.Atoi(s)
	switch {
	case s == "":
		return errEmpty
	case err != nil:
		return fmt.Errorf("%q is no whole number", brief(s))
	}
	*v.to = n
	return nil
}

// A timeValue is a time such as 2s.
type timeValue struct{ to *time.Duration }

func (v timeValue) String() string {
	if v.to == nil {
		return "0s"
	}
	return v.to.String()
}
func (v timeValue) Type() string { return "duration" }
func (v timeValue) Set(s string) error {
	d, err := time.ParseDuration(s)
	switch {
	case s == "":
		return errEmpty
	case err != nil:
		return fmt.Errorf("%q is no time such as 30s", brief(s))
	}
	*v.to = d
	return nil
}

// A sizeValue is a number of bytes, with or without a unit.
type sizeValue struct{ to *int64 }

func (v sizeValue) String() string {
	if v.to == nil {
		return "0"
	}
	return strconv.FormatInt(*v.to, 10)
}
func (v sizeValue) Type() string { return "size" }
func (v sizeValue) Set(s string) error {
	n, err := parseSize(s)
	if err != nil {
		return err
	}
	*v.to = n
	return nil
}

// sizeUnits are the units of sizes: those of 1000 and of 1024.
var sizeUnits = map[string]int64{
	"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
}

// parseSize reads a size such as 64MiB, 10 MB or 1048576.
func parseSize(s string) (int64, error) {
	if s == "" {
		return 0, errEmpty
	}
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit, ok := sizeUnits[strings.ToLower(strings.TrimSpace(s[len(digits):]))]
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n > math.MaxInt64/unit || n < math.MinInt64/unit {
		return 0, fmt.Errorf("%q is no size such as 64MiB, 100MB or 1048576 (bytes)", brief(s))
	}
	return n * unit, nil
}

// A listValue is a list of texts. A flag adds to it, and its commas divide.
type listValue struct {
	to    *[]string
	added *bool // the default has gone
}

func (v listValue) String() string {
	if v.to == nil {
		return ""
	}
	return strings.Join(*v.to, ",")
}
func (v listValue) Type() string { return "strings" }
func (v listValue) Set(s string) error {
	list := strings.Split(s, ",")
	if *v.added {
		list = slices.Concat(*v.to, list)
	}
	*v.added = true
	return v.Replace(list)
}

// Append, Replace and GetSlice implement pflag.SliceValue.
func (v listValue) Append(s string) error { return v.Replace(append(slices.Clone(*v.to), s)) }
func (v listValue) GetSlice() []string    { return *v.to }
func (v listValue) Replace(list []string) error {
	list = slices.Clone(list) // what a flag holds is read by each configuration that it is copied to
	for i, s := range list {
		if list[i] = strings.TrimSpace(s); list[i] == "" {
			return errors.New("has an empty member")
		}
	}
	*v.to = list
	return nil
}

// A pairsValue is a list of texts that may hold commas, such as NAME=VALUE. A flag adds
// one to it.
type pairsValue listValue

func (v pairsValue) String() string { return listValue(v).String() }
func (v pairsValue) Type() string   { return "name=value" }
func (v pairsValue) Set(s string) error {
	if !*v.added {
		*v.to, *v.added = nil, true
	}
	return v.Append(s)
}

// Append, Replace and GetSlice implement pflag.SliceValue.
func (v pairsValue) Append(s string) error       { return listValue(v).Append(s) }
func (v pairsValue) GetSlice() []string          { return *v.to }
func (v pairsValue) Replace(list []string) error { return listValue(v).Replace(list) }

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// brief is what an error repeats of what it was given.
func brief(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// declare makes a flag of a setting's value.
func declare(fs *pflag.FlagSet, name, usage string, v pflag.Value) {
	f := fs.VarPF(v, name, "", usage)
	if v.Type() == "bool" {
		f.NoOptDefVal = "true"
	}
}
