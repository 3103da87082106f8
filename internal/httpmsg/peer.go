package httpmsg

// A Peer is who is at the other end of the connection that a request came by: the
// client, or a proxy before it. All requests of a connection share one, which never
// changes.
type Peer struct {
	Address  string // IP address, without a port
	Listener string // the name of the listener that accepted the connection

	// Unnamed is that the peer is a balancer of TCP which has not said whose connection it
	// passes on: what comes by it may be anybody's word, and is not a proxy's.
	Unnamed bool

	// VPCEndpoint is the one whose listener it was; nil for the others.
	VPCEndpoint *VPCEndpoint

	// TLSVersion and CipherSuite are what the peer and the listener agreed on, in
	// crypto/tls's numbers; 0 without TLS.
	TLSVersion, CipherSuite uint16
	ServerName              string // that the peer asked for in its handshake (SNI); "" for none

	// Certificates is the chain that the peer has shown, in DER, its own first; nil
	// for none. That it has the key of its own is sure. Whether anybody is to be
	// believed who signed it is the listener's to say.
	Certificates [][]byte
}

// A VPCEndpoint is a way by which calls of private APIs come. It never changes.
type VPCEndpoint struct {
	ID    string // such as vpce-0a1b2c3d
	VPC   string // such as vpc-0d1e2f3a
	Owner string // account whose access associations count alone; "" where those of all do
}

// A CustomDomain is the custom domain name by which a call comes, and what of it has
// led to the stage. It never changes.
type CustomDomain struct {
	EndpointTypes []string // EDGE, REGIONAL, or both; or PRIVATE
	Policy        any      // of a private domain name, as gateway.Options.DomainPolicy has made it ready; nil for a public one
	Strict        bool     // its endpointAccessMode is STRICT
	BasePath      string   // that has matched and that the path within the stage does not have, without slashes; "" for none
	RoutingRuleID string   // of the rule that led to the stage, "" where a base path mapping did
	StageInPath   bool     // the client named the stage behind the base path
	LowerHeaders  bool     // the names of its requests' headers are in lower case, however they were sent
	MutualTLS     bool     // only clients whose certificate its truststore takes may call
}

// A ClientCert is the certificate of a client that a truststore has taken, as
// templates, events and logs show it. It never changes.
type ClientCert struct {
	PEM                 string
	SubjectDN, IssuerDN string
	SerialNumber        string
	NotBefore, NotAfter string
}
