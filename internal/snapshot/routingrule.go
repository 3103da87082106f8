package snapshot

// A RoutingRule leads the requests of a custom domain name that fulfil all of its
// conditions to a stage.
type RoutingRule struct {
	Domain        string            `json:"domain"`
	Account       string            `json:"account"`
	Region        string            `json:"region"`
	ID            string            `json:"id"`
	Priority      int32             `json:"priority"`           // of a name's rules the lowest is asked first; no two have the same
	BasePath      string            `json:"basePath,omitempty"` // that paths begin with, without slashes around it; "" for any path
	Headers       []HeaderCondition `json:"headers,omitempty"`
	APIID         string            `json:"apiId"`
	Stage         string            `json:"stage"`
	StripBasePath bool              `json:"stripBasePath,omitempty"` // the stage gets what is behind the base path
}

// A HeaderCondition wants a header line of a name, without regard to case, whose value
// is as a glob says: a text that may have * for anything before and behind it.
type HeaderCondition struct {
	Name string `json:"name"`
	Glob string `json:"glob"`
}

// RoutingRuleID is the id of a routing rule among all of an account.
func RoutingRuleID(domain, id string) string { return domain + "/" + id }

// The routing modes of custom domain names, as apigateway calls them.
const (
	ByMappings          = "BASE_PATH_MAPPING_ONLY"
	ByRules             = "ROUTING_RULE_ONLY"
	ByRulesThenMappings = "ROUTING_RULE_THEN_BASE_PATH_MAPPING"
)
