package main

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// devAccessFormat is the format of dev's access log: the common one of web servers, and
// the request's id.
const devAccessFormat = `$context.identity.sourceIp - - [$context.requestTime] "$context.httpMethod $context.path $context.protocol" ` +
	`$context.status $context.responseLength $context.requestId`

// logAccess gives dev's stage an access log where somebody named its file or its format,
// and takes it away when nobody does any more: a definition cannot have the settings of a
// stage.
func (d *developer) logAccess(ctx context.Context) error {
	c := d.server.config()
	_, said := c.given["access-log"]
	if _, also := c.given["access-log-format"]; also {
		said = true
	}
	format, _ := c.accessFormat() // checked when loaded
	if format == "" {
		format = devAccessFormat
	}
	if !said {
		format = ""
	}
	if format == d.logFormat {
		return nil
	}
	set := func(path, value string) wire.PatchOperation {
		return wire.PatchOperation{Op: new("replace"), Path: new("/accessLogSettings/" + path), Value: &value}
	}
	operations := []wire.PatchOperation{{Op: new("remove"), Path: new("/accessLogSettings")}}
	if said {
		operations = []wire.PatchOperation{
			set("format", format),
			set("destinationArn", "arn:aws:logs:"+d.who.Region+":"+d.who.Account+":log-group:gatehouse-dev"),
		}
	}
	_, err := d.server.control.UpdateStage(ctx, d.who, &wire.UpdateStageRequest{RestAPIID: d.api, StageName: d.stage, PatchOperations: operations})
	if err == nil {
		d.logFormat = format
	}
	return err
}
