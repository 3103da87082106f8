package authz

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
)

// Bounds on what the function of an authorizer answers.
const (
	// MaxAnswer is the longest answer, in bytes.
	MaxAnswer = 128 << 10
	// maxContext is the number of members that its context may have.
	maxContext = 256
	// maxAnswerDepth is deeper than a policy in an answer is.
	maxAnswerDepth = 16
)

// An Answer is what the function of a Lambda authorizer said of a caller. It never
// changes and is safe for concurrent use.
type Answer struct {
	PrincipalID string
	Context     []mapping.Param // its numbers and booleans as text; without principalId
	UsageKey    string          // usageIdentifierKey, "" for none
	Document    string          // the policy, as it was written

	policy *policy.Policy
}

// Policy is what the caller may do.
func (a *Answer) Policy() *policy.Policy { return a.policy }

// size is about how many bytes of memory the answer takes. What a policy is compiled to
// takes some times its text.
func (a *Answer) size() int {
	n := 512 + len(a.PrincipalID) + len(a.UsageKey) + 8*len(a.Document)
	for i := range a.Context {
		n += 32 + len(a.Context[i].Name) + len(a.Context[i].Value)
	}
	return n
}

// An AnswerError says why an answer cannot be used.
type AnswerError struct {
	Line   string // what AWS's execution logs say of it
	Reason string
}

// Error returns the reason.
func (e *AnswerError) Error() string { return e.Reason }

// The words of AWS's execution logs, in which a reader of JSON speaks (recorded).
const (
	badPolicy = "Could not parse policy"
	badJSON   = "Invalid JSON in response: "
)

// ReadAnswer reads what the function of an authorizer answered, strictly: what is not
// understood lets nobody in. The error is an *AnswerError.
//
// AWS's documentation wants a principalId. Calls of REQUEST authorizers pass without
// one (measured), so that only those of TOKEN authorizers fail, where AWS was seen to
// take an empty one (recorded).
func ReadAnswer(text []byte, token bool) (*Answer, error) {
	if len(text) > MaxAnswer {
		return nil, &AnswerError{badPolicy, fmt.Sprintf("the answer is longer than %d bytes", MaxAnswer)}
	}
	if !utf8.Valid(text) {
		return nil, &AnswerError{badJSON + "Invalid UTF-8", "the answer is not UTF-8"}
	}
	r := answerReader{Reader: jsontext.NewReader(text, maxAnswerDepth, 0), text: text}
	if kind, _ := r.Peek(); kind == jsontext.Null {
		return nil, &AnswerError{badPolicy, "the answer is null"}
	}
	if err := r.read(); err != nil {
		return nil, answerError(err)
	}
	switch {
	case r.answer.Document == "":
		return nil, &AnswerError{badPolicy, "the answer has no policyDocument"}
	case token && !slices.Contains(r.seen, "principalId"):
		return nil, &AnswerError{badPolicy, "the answer has no principalId"}
	}
	var err error
	if r.answer.policy, err = policy.Parse(r.answer.Document, policy.Options{Kind: policy.AuthorizerPolicy}); err != nil {
		return nil, &AnswerError{badPolicy, "policyDocument: " + err.Error()}
	}
	if err := r.answer.policy.CheckKeys(); err != nil {
		return nil, &AnswerError{badPolicy, "policyDocument: " + err.Error()}
	}
	return &r.answer, nil
}

// UsageKeyIn is the API key in what a function answered, as far as that can be read: a
// secret, whether or not it is an answer by the letter.
func UsageKeyIn(text []byte) string {
	r := answerReader{Reader: jsontext.NewReader(text[:min(len(text), MaxAnswer)], maxAnswerDepth, 0), text: text}
	_ = r.read()
	return r.answer.UsageKey
}

// answerError makes an *AnswerError of what a reader of JSON says.
func answerError(err error) error {
	if e, ok := errors.AsType[*AnswerError](err); ok {
		return e
	}
	return &AnswerError{badJSON + err.Error(), "the answer is not JSON: " + err.Error()}
}

// An answerReader reads one answer.
type answerReader struct {
	jsontext.Reader
	text   []byte
	answer Answer
	seen   []string // members
}

func (r *answerReader) read() error {
	err := r.Object(func(name []byte) error { return r.member(string(name)) })
	if err != nil {
		return err
	}
	return r.End()
}

// member reads one member of the answer.
func (r *answerReader) member(name string) (err error) {
	if slices.Contains(r.seen, name) {
		return &AnswerError{badJSON + "duplicate field", fmt.Sprintf("the answer has %.100q twice", name)}
	}
	kind, err := r.Peek()
	if err != nil {
		return err
	}
	if kind != jsontext.Null {
		r.seen = append(r.seen, name)
	}
	switch name {
	case "principalId":
		r.answer.PrincipalID, _, err = r.scalar("principalId", kind)
	case "usageIdentifierKey":
		r.answer.UsageKey, _, err = r.scalar("usageIdentifierKey", kind)
	case "policyDocument":
		start := r.Offset()
		if err = r.Skip(); kind != jsontext.Null {
			r.answer.Document = string(r.text[start:r.Offset()])
		}
	case "context":
		if kind == jsontext.Null {
			return r.Null()
		}
		return r.context()
	default:
		return &AnswerError{badJSON + fmt.Sprintf("Unrecognized field \"%.100s\" , not marked as ignorable", name),
			fmt.Sprintf("the answer has a member %.100q, and may have principalId, policyDocument, context and usageIdentifierKey", name)}
	}
	return err
}

// context reads the members of the answer's context. One that is null is none.
func (r *answerReader) context() error {
	return r.Object(func(name []byte) error {
		key := string(name)
		kind, err := r.Peek()
		if err != nil {
			return err
		}
		value, ok, err := r.scalar("context."+key, kind)
		switch {
		case err != nil:
			return err
		case !ok || key == "principalId": // that of the answer itself wins
			return nil
		case len(r.answer.Context) == maxContext:
			return &AnswerError{badPolicy, fmt.Sprintf("context has more than %d members", maxContext)}
		case slices.ContainsFunc(r.answer.Context, func(p mapping.Param) bool { return p.Name == key }):
			return &AnswerError{badJSON + "duplicate field", fmt.Sprintf("context has %.100q twice", key)}
		}
		r.answer.Context = append(r.answer.Context, mapping.Param{Name: key, Value: value})
		return nil
	})
}

// scalar reads text, or a number or boolean as it is written. ok is false for null.
func (r *answerReader) scalar(member string, kind jsontext.Kind) (text string, ok bool, err error) {
	switch kind {
	case jsontext.Null:
		return "", false, r.Null()
	case jsontext.String:
		text, err = r.Text()
		return text, true, err
	case jsontext.Number:
		number, err := r.Number()
		return string(number), true, err
	case jsontext.Bool:
		b, err := r.Bool()
		return strconv.FormatBool(b), true, err
	}
	start := "START_OBJECT"
	if kind == jsontext.Array {
		start = "START_ARRAY"
	}
	return "", false, &AnswerError{badJSON + "Can not deserialize instance of java.lang.String out of " + start + " token",
		fmt.Sprintf("%.100q is not text, a number or a boolean", member)}
}
