package control

import (
	"bytes"
	"regexp"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// stageVariable is a reference to a variable of the stage.
var stageVariable = regexp.MustCompile(`\$\{stageVariables\.([A-Za-z0-9_]+)\}`)

// maxUses bounds how many methods a refusal names.
const maxUses = 100

// vpcLinkUses lists the deployed methods that take a link, in AWS's form.
func (t *tx) vpcLinkUses(id string) ([]string, error) {
	var uses []string
	err := t.eachStage(func(t *tx, st *wire.Stage) error {
		if len(uses) >= maxUses {
			return nil
		}
		for _, r := range releasesOf(st) {
			src, err := t.sourceWith(r.deployment, `"VPC_LINK"`)
			if err != nil {
				return err
			}
			if src == nil {
				continue
			}
			for _, use := range src.usesOf(id, r.variables) {
				if use = t.api + ":" + use + ":" + *st.StageName; !slices.Contains(uses, use) {
					uses = append(uses, use)
				}
			}
		}
		return nil
	})
	return uses[:min(len(uses), maxUses)], err
}

// eachStage calls fn with every stage of the caller's account, each in the
// transaction about its API.
func (t *tx) eachStage(fn func(*tx, *wire.Stage) error) error {
	apis, err := t.ids(kindRestAPI, "")
	if err != nil {
		return err
	}
	for _, api := range apis {
		of := t.of(api)
		stages, err := list[wire.Stage](of, kindStage, "", 0)
		if err != nil {
			return err
		}
		for i := range stages {
			if err := fn(of, &stages[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// sourceWith reads what a deployment froze, nil when its document has none of the
// texts: most do not say what is looked for, and are not worth parsing.
func (t *tx) sourceWith(deployment string, texts ...string) (*source, error) {
	doc, err := t.Get(t.key(kindDeploymentSource, deployment))
	if err != nil || !slices.ContainsFunc(texts, func(text string) bool { return bytes.Contains(doc, []byte(text)) }) {
		return nil, err
	}
	if t.brief && len(doc) > briefSource {
		return nil, store.ErrTimeout
	}
	return decode[source](t, kindDeploymentSource, deployment, doc)
}

// usesOf lists the methods that take a link under a stage's variables, each as its
// verb and the id of its resource.
func (s *source) usesOf(link string, variables map[string]string) []string {
	var uses []string
	for i := range s.Resources {
		r := &s.Resources[i]
		for _, verb := range sortedKeys(r.ResourceMethods) {
			in := r.ResourceMethods[verb].MethodIntegration
			if text(in.ConnectionType) == "VPC_LINK" && withVariables(text(in.ConnectionID), variables) == link {
				uses = append(uses, verb+":"+*r.ID)
			}
		}
	}
	return uses
}

// withVariables is a text under a stage's variables.
func withVariables(text string, vars map[string]string) string {
	return stageVariable.ReplaceAllStringFunc(text, func(ref string) string {
		return vars[stageVariable.FindStringSubmatch(ref)[1]]
	})
}

// briefSource is how large a source may be to be decoded while others wait, in
// bytes: it takes some milliseconds.
const briefSource = 256 << 10
