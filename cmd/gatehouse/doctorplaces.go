package main

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// usedPlaces are the keys of lambda-functions and aws-endpoints that lead a call of a
// deployed stage somewhere.
type usedPlaces struct {
	aws                 *integration.AWS
	functions, services map[string]bool
}

func newUsedPlaces(aws *integration.AWS) *usedPlaces {
	return &usedPlaces{aws, make(map[string]bool), make(map[string]bool)}
}

// add notes what the methods of a deployment call under a stage's variables.
func (u *usedPlaces) add(d *snapshot.Deployment, variables map[string]string) {
	var pairs []string
	for name, value := range variables {
		pairs = append(pairs, "${stageVariables."+name+"}", value)
	}
	replace := strings.NewReplacer(pairs...)
	for _, r := range d.Resources {
		for _, m := range r.Methods {
			if in := &m.Integration; in.Type == "AWS" || in.Type == "AWS_PROXY" {
				u.note(replace.Replace(in.URI), in.Credentials != "")
			}
		}
	}
}

// note notes what one integration calls. Its role is assumed at STS.
func (u *usedPlaces) note(uri string, role bool) {
	at, err := integration.ParseServiceURI(uri)
	if err != nil {
		return // a finding of the stage
	}
	if s, err := u.aws.Resolve(uri); err == nil && s.Key != "" {
		u.functions[s.Key] = true
		return
	}
	u.services[at.Service] = true
	if role {
		u.services["sts"] = true
	}
}

// idle lists the keys that no deployed stage uses: those that are spelled wrong are
// among them.
func (u *usedPlaces) idle() []idleSetting {
	functions, services := u.aws.Places()
	var list []idleSetting
	for _, key := range functions {
		if !u.functions[key] {
			list = append(list, idleSetting{Setting: "lambda-functions", Value: key, Why: "no deployed route calls a function for which it is the nearest key"})
		}
	}
	for _, key := range services {
		if !u.services[key] {
			list = append(list, idleSetting{Setting: "aws-endpoints", Value: key, Why: "no deployed route calls this service"})
		}
	}
	return list
}
