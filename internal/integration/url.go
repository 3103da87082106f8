package integration

// URL returns the scheme and authority that requests name, such as
// https://example.com:8443. An upstream's own addresses are not in it.
func (ep *Endpoint) URL() string {
	if ep.key.secure {
		return "https://" + ep.authority
	}
	return "http://" + ep.authority
}
