package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// everyMethod is the key of the method settings for all methods that have none of their own.
const everyMethod = "*/*"

// idleSettings lists what stages set for methods without effect: AWS takes settings of
// methods that there are not, data traces without a log, caching without a cache or of
// streams, and a cache that no method uses. The methods of all stages have been added before.
func (u *inUse) idleSettings() (list []idleSetting) {
	for _, st := range u.stages {
		var ofMethods []idleSetting
		caching := false
		for _, key := range slices.Sorted(maps.Keys(st.MethodSettings)) {
			at := settingPlace(st, key)
			if why := u.unserved(st, key, at); why != "" {
				at.Setting, at.Why = "Stage.methodSettings", why
				ofMethods = append(ofMethods, at)
				continue
			}
			if m := st.MethodSettings[key]; m.DataTraceEnabled && m.LoggingLevel != "INFO" && m.LoggingLevel != "ERROR" {
				at.Setting, at.Value, at.Why = "Stage.methodSettings.dataTraceEnabled", "true", "nothing is logged without a loggingLevel of INFO or ERROR"
				ofMethods = append(ofMethods, at)
			}
			if !st.MethodSettings[key].CachingEnabled {
				continue
			}
			why := u.uncached(st, key, at)
			caching = caching || why == ""
			if why != "" {
				at.Setting, at.Value, at.Why = "Stage.methodSettings.cachingEnabled", "true", why
				ofMethods = append(ofMethods, at)
			}
		}
		if st.Cache != nil && !caching {
			list = append(list, idleSetting{
				Account: st.Account, Region: st.Region, API: st.APIID, Stage: st.Name, Setting: "Stage.cacheClusterEnabled", Value: "true",
				Why: "no setting has answers cached",
			})
		}
		list = append(list, ofMethods...)
	}
	return list
}

// unserved says why the settings of a method have no effect in a stage, "" where they have.
func (u *inUse) unserved(st *snapshot.Stage, key string, at idleSetting) string {
	switch {
	case key == everyMethod || u.methods[methodPlace(st.APIID, st.Name, at.Resource, at.Method)]:
		return ""
	case u.methods[methodPlace(st.APIID, st.Name, at.Resource, "ANY")]:
		return "ANY serves it, by its own settings"
	}
	return "the stage serves no such method"
}

// uncached says why a stage keeps no answer of a method whose settings cache it, "" where
// it may.
func (u *inUse) uncached(st *snapshot.Stage, key string, at idleSetting) string {
	switch {
	case st.Cache == nil:
		return "the stage has no cache: cacheClusterEnabled is false"
	case key != everyMethod && !u.buffered[methodPlace(st.APIID, st.Name, at.Resource, at.Method)]:
		return "its answers are streamed"
	}
	return ""
}

// settingPlace is the place of the settings that a stage has under a key.
func settingPlace(st *snapshot.Stage, key string) idleSetting {
	slash := strings.LastIndexByte(key, '/')
	return idleSetting{Account: st.Account, Region: st.Region, API: st.APIID, Stage: st.Name, Resource: key[:slash], Method: key[slash+1:]}
}
