package mapping

import "testing"

func TestGatewayTemplate(t *testing.T) {
	failed := newScope()
	failed.Context.Error = ContextError{Message: `say "no"`, HasMessage: true, ResponseType: "UNAUTHORIZED"}
	silent := newScope()
	tests := map[string]struct {
		scope      *Scope
		text, want string
	}{
		"default":          {failed, `{"message":$context.error.messageString}`, `{"message":"say \"no\""}`},
		"no message":       {silent, `{"message":$context.error.messageString}`, `{"message":null}`},
		"raw message":      {failed, `<$context.error.message.>`, `<say "no".>`},
		"type":             {failed, `"$context.error.responseType"`, `"UNAUTHORIZED"`},
		"braces":           {failed, `${context.stage}x${stageVariables.env}`, `prodxdev`},
		"request":          {failed, `$method.request.header.X-A,$method.request.path.id,$method.request.querystring.b`, `last,a/b,c`},
		"without a dollar": {failed, `[method.request.header.X-A] xmethod.request.path.id`, `[last] xmethod.request.path.id`},
		"unknown":          {failed, `[$context.nope.x][$stageVariables.none]`, `[][]`},
		"not a reference":  {failed, `$5 $ctx.a $context ${context.stage $input.body #if(1) method.request.body`, `$5 $ctx.a $context ${context.stage $input.body #if(1) method.request.body`},
		"empty":            {failed, ``, ``},
		"authorizer":       {failed, `$context.authorizer.role`, `admin`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseGatewayTemplate(tt.text).Append(nil, tt.scope)
			if err != nil || string(got) != tt.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
}

func FuzzGatewayTemplate(f *testing.F) {
	f.Add("${context.error.messageString} $stageVariables.a.")
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = ParseGatewayTemplate(text).Append(nil, newScope())
	})
}
