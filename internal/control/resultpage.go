package control

import (
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// resultsOf is how many results apigatewayv2 is asked for, which most of its listings
// take as a text; nil where nobody says. AWS's words for what is none are not known.
func resultsOf(max *string) (*int32, error) {
	if given(max) == nil {
		return nil, nil
	}
	n, err := strconv.ParseInt(*max, 10, 32)
	if err != nil || n < 1 {
		return nil, wire.BadRequest("Invalid maxResults parameter specified")
	}
	return new(int32(n)), nil
}
