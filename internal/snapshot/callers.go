package snapshot

// An APIKey is what a caller shows to be counted and bounded by the usage plans
// that it is in. The value is a secret: it is not for logs.
type APIKey struct {
	ID      string `json:"id"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Value   string `json:"value"`
	Enabled bool   `json:"enabled"`
}

// A UsagePlan says which stages the keys in it open, how often and how many times.
type UsagePlan struct {
	ID       string      `json:"id"`
	Account  string      `json:"account"`
	Region   string      `json:"region"`
	Stages   []PlanStage `json:"stages,omitempty"`
	Throttle *Throttle   `json:"throttle,omitempty"` // of each key over all stages of the plan; nil for none
	Quota    *Quota      `json:"quota,omitempty"`    // of each key over all stages of the plan; nil for none
}

// A PlanStage is a stage of a usage plan.
type PlanStage struct {
	APIID     string              `json:"apiId"`
	Stage     string              `json:"stage"`
	Throttles map[string]Throttle `json:"throttles,omitempty"` // of each key, by resource path and verb, such as "/pets/{id}/GET"
}

// A Throttle is a token bucket. A member that a caller did not set is nil.
type Throttle struct {
	RateLimit  *float64 `json:"rateLimit,omitempty"` // tokens a second
	BurstLimit *int32   `json:"burstLimit,omitempty"`
}

// A Quota is how many calls a key may make in a period.
type Quota struct {
	Limit  int32  `json:"limit"`
	Offset int32  `json:"offset,omitempty"` // calls that the first period has less
	Period string `json:"period"`           // DAY, WEEK or MONTH, in UTC
}

// A UsagePlanKey says that a key is in a usage plan.
type UsagePlanKey struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	PlanID  string `json:"planId"`
	KeyID   string `json:"keyId"`
}

// PlanKeyID is the id of a usage plan's key among all of an account.
func PlanKeyID(plan, key string) string { return plan + "/" + key }
