package valkey

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// A Target says where a server is, and who the client is there.
type Target struct {
	Addrs    []string // host:port; of Sentinels where Master is set, of a cluster where there are several
	Master   string   // the name under which Sentinels know the primary; "" without Sentinel
	TLS      bool
	User     string // "" is the server's default user
	Password string
	DB       int
}

const (
	defaultPort         = "6379"
	defaultSentinelPort = "26379"
	maxHosts            = 64
	maxDB               = 1 << 20
)

// forms is what errors say that a URL can be.
const forms = "redis://[USER:PASSWORD@]HOST[:PORT][/DB], several hosts with commas between for a cluster, redis+sentinel://[USER:PASSWORD@]HOST[:PORT],.../MASTER[/DB], or rediss for redis under TLS"

// Parse reads the URL of a server. Its errors never have the password in them, nor
// anything that stands where one could be.
func Parse(text string) (*Target, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	t := new(Target)
	var sentinel bool
	switch scheme {
	case "redis", "valkey":
	case "rediss", "valkeys":
		t.TLS = true
	case "redis+sentinel", "valkey+sentinel":
		sentinel = true
	case "rediss+sentinel", "valkeys+sentinel":
		t.TLS, sentinel = true, true
	default:
		ok = false
	}
	if !ok {
		return nil, errors.New("it is no URL such as " + forms)
	}
	hosts := rest
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		if err := t.setUser(rest[:at]); err != nil {
			return nil, err
		}
		hosts = rest[at+1:]
	}
	hosts, path, _ := strings.Cut(hosts, "/")
	if strings.ContainsAny(hosts+path, "?#") {
		return nil, errors.New("a URL of a Valkey server has no query: it is " + forms)
	}
	port := defaultPort
	if sentinel {
		port = defaultSentinelPort
		t.Master, path, _ = strings.Cut(path, "/")
		if t.Master == "" {
			return nil, errors.New("the name of the primary is missing: redis+sentinel://HOST[:PORT],.../MASTER")
		}
	}
	if err := t.setHosts(hosts, port); err != nil {
		return nil, err
	}
	return t, t.setDB(path)
}

// setUser reads USER:PASSWORD, whose escapes are those of URLs.
func (t *Target) setUser(text string) error {
	user, password, _ := strings.Cut(text, ":")
	var wrong, wrongToo error
	t.User, wrong = url.PathUnescape(user)
	t.Password, wrongToo = url.PathUnescape(password)
	if wrong != nil || wrongToo != nil {
		return errors.New("what stands before the @ has a % that begins no escape")
	}
	return nil
}

func (t *Target) setHosts(text, defaultPort string) error {
	for host := range strings.SplitSeq(text, ",") {
		if len(t.Addrs) == maxHosts {
			return fmt.Errorf("there are more than %d hosts", maxHosts)
		}
		name, port, err := net.SplitHostPort(host)
		if err != nil {
			name, port = strings.Trim(host, "[]"), defaultPort
		}
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 || name == "" || strings.ContainsAny(name, " \t\r\n/") {
			return fmt.Errorf("%.100q is no host with a port from 1 to 65535", host)
		}
		t.Addrs = append(t.Addrs, net.JoinHostPort(name, port))
	}
	return nil
}

func (t *Target) setDB(text string) error {
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxDB {
		return fmt.Errorf("%.100q is no number of a database", text)
	}
	if t.DB = n; n > 0 && t.Master == "" && len(t.Addrs) > 1 {
		return errors.New("a cluster has no database but 0")
	}
	return nil
}

// String names the server, without who the client is there.
func (t *Target) String() string {
	out := strings.Join(t.Addrs, ",")
	if t.Master != "" {
		out += "/" + t.Master
	}
	return out
}
