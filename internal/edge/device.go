package edge

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A device is what CloudFront takes a viewer for. A tablet is mobile as well, as
// CloudFront says that some are.
type device struct{ desktop, mobile, smartTV, tablet bool }

// Words that a User-Agent has in lower case. CloudFront's own list is not public: these
// are the names by which the devices and their systems call themselves.
var (
	smartTVs = []string{"smart-tv", "smarttv", "smart tv", "googletv", "google tv", "android tv", "appletv", "apple tv", "hbbtv", "netcast",
		"web0s", "webos.tv", "roku", "crkey", "bravia", "viera", "aquosbrowser", " aft"}
	tablets = []string{"ipad", "tablet", "kindle", "silk/", "playbook", "nexus 7", "nexus 9", "nexus 10"}
	mobiles = []string{"mobile", "iphone", "ipod", "android", "dalvik", "windows phone", "blackberry", "bb10", "opera mini", "opera mobi", "symbian", "webos/"}
)

// deviceOf tells a device by its User-Agent. What says nothing of the kind is a desktop
// (recorded for curl and other programs).
func deviceOf(agent string) device {
	agent = strings.ToLower(agent)
	has := func(words []string) bool {
		for _, w := range words {
			if strings.Contains(agent, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has(smartTVs), strings.Contains(agent, "tizen") && strings.Contains(agent, "tv"):
		return device{smartTV: true}
	case has(tablets), strings.Contains(agent, "android") && !strings.Contains(agent, "mobile") && !strings.Contains(agent, "dalvik"):
		return device{mobile: true, tablet: true}
	case has(mobiles):
		return device{mobile: true}
	}
	return device{desktop: true}
}

// appendDevice appends what CloudFront takes the viewer of a User-Agent for.
func appendDevice(h httpmsg.Header, agent string) httpmsg.Header {
	is := deviceOf(agent)
	return append(h,
		httpmsg.Field{Name: "CloudFront-Is-Desktop-Viewer", Value: truth(is.desktop)},
		httpmsg.Field{Name: "CloudFront-Is-Mobile-Viewer", Value: truth(is.mobile)},
		httpmsg.Field{Name: "CloudFront-Is-SmartTV-Viewer", Value: truth(is.smartTV)},
		httpmsg.Field{Name: "CloudFront-Is-Tablet-Viewer", Value: truth(is.tablet)})
}

func truth(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
