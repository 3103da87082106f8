package snapshot

// The kinds of rows that the control plane publishes, each in the transaction
// that changes what it is made of. The ids of an API's rows are made by ServedID,
// those of what an account has in a region by OfAccount.
const (
	ServedDeployment        = "deployment"        // a Deployment
	ServedStage             = "stage"             // a Stage
	ServedAccount           = "account"           // an Account; ServedID of the account and the region
	ServedVPCLink           = "vpclink"           // a VPCLink
	ServedClientCertificate = "clientcertificate" // a ClientCertificate
	ServedAPIKey            = "apikey"            // an APIKey
	ServedUsagePlan         = "usageplan"         // a UsagePlan
	ServedUsagePlanKey      = "usageplankey"      // a UsagePlanKey; its id of the account is of PlanKeyID
	ServedDomainName        = "domainname"        // a DomainName; its id of the account is its Key
	ServedBasePathMapping   = "basepathmapping"   // a BasePathMapping; its id of the account is of MappingID
	ServedDomainCertificate = "domaincertificate" // a DomainCertificate; its id is that of the domain name's row
	ServedAccessAssociation = "accessassociation" // an AccessAssociation; its id of the account is of AssociationID
	ServedRoutingRule       = "routingrule"       // a RoutingRule; its id of the account is of RoutingRuleID
	ServedRole              = "role"              // a Role; its id is its ARN
	ServedManagedPolicy     = "managedpolicy"     // a ManagedPolicy; its id is its ARN
	ServedCertificate       = "certificate"       // a Certificate; its id is its ARN
	ServedFunction          = "function"          // a Function; its id is its ARN
	ServedIssued            = "issued"            // an Issued; its id is its name
	ServedChallenge         = "challenge"         // a Challenge; its id is its Key
)

// ServedID is the id of an API's, or of an account's, published row.
func ServedID(of, id string) string { return of + "/" + id }
